"""The training record of a finished run says which choice was made, from what, and by whose word."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from speechfair.debias.method import debias_methods, load_method
from speechfair.debias.process_record import ending_of, training_record
from speechfair.debias.recipe import Margin, MethodChoice
from speechfair.debias.training.selection import protected_limit
from speechfair.debias.training.trainer import best_step
from speechfair.process.training_evidence import Selection, TrainingRecord
from speechfair.store import file_digest

WORDS = "N. N., the holder, allowed training by us on 2026-01-31"


CHECKS = [{"step": 1, "eval_worst": 0.1, "eval_macro": 0.1, "eval_group/x": 0.1}]


def record_of(
    folder: Path,
    method: str,
    finish: dict[str, Any],
    *,
    checks: list[dict[str, Any]] = CHECKS,
    kept: int = 1,
    before: dict[str, Any] | None = None,
    protected: list[dict[str, Any]] | None = None,
    manifests: list[str] | None = None,
    **options: Any,
) -> TrainingRecord:
    (folder / "training").mkdir()
    made = {
        "ended": "2026-01-01T01:00:00Z",
        "output_sha256": "1" * 64,
        "environment": {"torch": "2"},
        "hardware": "CPU",
    }
    asked = {
        "model": "bundled:m",
        "method": {"name": method, "options": options},
        "seed": 0,
        "patience": 2,
        "margin": {"relative": 0.1, "absolute": 0.01},
        "train": [{"corpus": "ours"}],
        "dev": {"share": 0.2, **({"protected": protected} if protected else {})},
    }
    run = {
        "started": "2026-01-01T00:00:00Z", "recipe": asked, "base_digest": "2" * 64, "trained": made,
        "training_manifests": manifests or ["a" * 64],
    }  # fmt: skip
    training = {
        "development_digest": "3" * 64, "history": checks, "kept_step": kept, "finish": finish,
        "development_before": before or {},
    }  # fmt: skip
    (folder / "debias.yaml").write_text(yaml.safe_dump(run))
    (folder / "training" / "training.json").write_text(json.dumps(training))
    return training_record(folder, trainer="kei", commit="abcdef0")


def tried(worst: float, protected: float | None = None, **label: Any) -> dict[str, Any]:
    rates = {"groups": {"x": worst, "y": 0.1}, "macro": worst, "worst": worst}
    return {**label, "development": rates if protected is None else {**rates, "protected": protected}}


@pytest.mark.parametrize(
    ("method", "finish", "names"),
    [
        ("merge", {"kept": {"checks": 4, "scale": 1.0},
                   "curve": [tried(0.5, checks=2, scale=1.0), tried(0.3, checks=4, scale=1.0)]},
         ["checks 2, scale 1.0", "checks 4, scale 1.0"]),
        ("average", {"share": 0.25, "curve": [tried(0.3, share=0.5), tried(0.3, share=0.25)]},
         ["share 0.25", "share 0.5"]),
        ("self_train", {"strength": 0.5, "curve": [tried(0.4, strength=0.0), tried(0.2, strength=0.5)]},
         ["strength 0.0", "strength 0.5"]),
        ("decode", {"recognizer_options": {"beam_size": 5},
                    "curve": [tried(0.4, settings={}), tried(0.2, settings={"beam_size": 5})]},
         ["settings {}", 'settings {"beam_size": 5}']),
    ],
)  # fmt: skip
def test_the_choice_on_record_is_the_one_that_was_made(
    tmp_path: Path, method: str, finish: dict[str, Any], names: list[str]
) -> None:
    choice = record_of(tmp_path, method, finish).selection
    assert choice is not None
    assert [one.name for one in choice.candidates] == names
    assert choice.chosen == choice.by_rule()


def checked(step: int, worst: float, protected: float) -> dict[str, Any]:
    rates = {"eval_worst": worst, "eval_macro": worst, "eval_group/x": worst, "eval_protected": protected}
    return {"step": step, **rates}


def test_a_choice_that_spares_the_protected_speakers_follows_its_rule(tmp_path: Path) -> None:
    before, finish = {"protected": 0.10}, {"share": 0.5}
    finish["curve"] = [tried(0.4, 0.10, share=0.0), tried(0.3, 0.11, share=0.5), tried(0.2, 0.12, share=1.0)]  # type: ignore[assignment]
    choice = record_of(tmp_path, "average", finish, before=before).selection
    assert choice is not None
    assert choice.protected_limit == pytest.approx(0.11)
    assert choice.protected_before == 0.10
    assert choice.by_rule() == choice.chosen == "share 0.5"
    # the best worst group alone would be another candidate, and is not what was asked for
    assert choice.model_copy(update={"protected_limit": None}).by_rule() == "share 1.0"


def test_decoding_settings_are_limited_by_the_recipes_own_setting(tmp_path: Path) -> None:
    curve = [tried(0.4, 0.20, settings={}), tried(0.3, 0.22, settings={"beam_size": 5})]
    finish = {"recognizer_options": {"beam_size": 5}, "curve": curve}
    choice = record_of(tmp_path, "decode", finish, before={"protected": 0.10}).selection
    assert choice is not None
    assert choice.protected_before == 0.20
    assert choice.by_rule() == choice.chosen == 'settings {"beam_size": 5}'


@given(
    rates=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=6),
    before=st.integers(0, 40),
)
@settings(max_examples=60, deadline=None)
def test_the_check_chooses_what_the_training_chose(rates: list[tuple[int, int]], before: int) -> None:
    margin = Margin()
    limit = protected_limit({"protected": before / 40}, margin)
    checks = [checked(10 * (n + 1), worst / 40, guard / 40) for n, (worst, guard) in enumerate(rates)]
    kept = best_step(checks, limit)
    assert kept is not None
    with TemporaryDirectory() as folder:
        choice = record_of(
            Path(folder), "erm", {}, checks=checks, kept=kept, before={"protected": before / 40}
        ).selection
    assert choice is not None
    assert choice.by_rule() == choice.chosen


def test_a_limit_needs_the_rates_that_it_limits() -> None:
    candidate = {"name": "a", "overall": 0.1, "groups": {"x": 0.1}}
    choice = {
        "rule": "lowest_worst_group", "development_manifest_sha256": "0" * 64, "candidates": [candidate],
        "protected_limit": 0.1, "chosen": "a", "chosen_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    with pytest.raises(ValidationError, match="no rate of the protected speakers"):
        Selection.model_validate(choice)


def test_every_corpus_that_a_run_read_has_its_digest_on_record(tmp_path: Path) -> None:
    record = record_of(
        tmp_path, "anchor", {}, protected=[{"corpus": "guarded"}], speech=[{"corpus": "others"}],
        manifests=["a" * 64, "b" * 64, "c" * 64, "d" * 64],
    )  # fmt: skip
    digests = {name: digest[0] for name, digest in record.data.items()}
    assert digests == {
        "training-0": "a", "protected-0": "b", "speech-0": "c", "made-0": "d", "development": "3",
    }  # fmt: skip
    assert record.unnamed_data == []
    assert [*record.trained_on] == ["training-0", "speech-0"]
    fewer = record.model_copy(update={"data": {"training-0": "a" * 64}})
    assert fewer.unnamed_data == ["protected-0 (corpus guarded)", "speech-0 (corpus others)"]
    ending = ending_of(tmp_path)
    assert ending["training_data"] == {n: d for n, d in record.data.items() if n != "development"}
    assert ending["debias_yaml_sha256"] == file_digest(tmp_path / "debias.yaml")


@pytest.mark.parametrize("name", debias_methods().names())
def test_side_corpora_of_every_method_are_seen(name: str) -> None:
    """An option that holds training corpora is one of `side_sources`, so that its rows are listed and compared."""
    fields = debias_methods().load(name).Options.model_fields
    options = {
        key: [{"corpus": "librispeech"}]
        for key, field in fields.items()
        if "TrainingSource" in str(field.annotation)
    }
    if options:
        method = load_method(MethodChoice(name=name, options=options))
        assert len(method.side_sources()) == len(options)


def test_models_teacher_and_side_corpora_are_on_record(tmp_path: Path) -> None:
    source = {"corpus": "theirs", "permission": WORDS}
    teacher = {"name": "big", "sha256": "5" * 64}
    record = record_of(tmp_path, "self_train", {"merged": ["4" * 64], "teacher": teacher}, source=[source])
    assert record.averaged == ["4" * 64]
    assert record.teacher is not None
    assert record.teacher.model_dump() == teacher
    assert record.permissions == {"theirs": WORDS}
    assert [one["corpus"] for one in record.trained_on.values()] == ["ours", "theirs"]
