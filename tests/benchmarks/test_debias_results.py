"""The runs behind docs/results/debias.md: their order, recipes and shared audits, and a page that mixes no devices."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import debias_page, debias_results, debias_runs_page
from benchmarks.debias_results import CASES, Place, finished, queue, recipe_of, run_all
from speechfair.debias.judging import contest
from speechfair.debias.judging.contest import share_audits
from speechfair.debias.method import load_method


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("case", CASES)
def test_every_case_is_a_recipe_that_can_be_used_and_is_told_of(
    case: str, device: str, tmp_path: Path
) -> None:
    recipe = recipe_of(case, 7, Place(tmp_path, device))
    load_method(recipe.method).check(recipe)
    assert recipe.seed == 7
    assert debias_page.ABOUT[case]
    if device == "cpu" and not case.startswith(("router", "exact")):
        assert recipe.recognizer.options == {"window": 10, "threads": 1}
    else:
        assert recipe.recognizer.family == "whisper"  # CTranslate2's CUDA libraries are not asked for
        assert recipe.recognizer.options == {"window": "exact" if case.startswith("exact") else 10}


def test_finished_runs_keep_their_recipes() -> None:
    """What `accent_augment` meant when its runs were made."""
    recipe = recipe_of("accent_augment", 0)
    assert recipe.method.options == {"speeds": [0.9, 1.0, 1.1], "noise": 0.3, "telephone": 0.2}
    assert recipe.recognizer.options == {"window": 10, "threads": 1}
    assert recipe_of("spec_augment", 0).method.options["spec_augment"] == {}


def test_what_is_averaged_is_trained_before() -> None:
    order = queue(list(reversed(CASES)), [3, 0, 3])
    assert len(order) == len(set(order)) == 2 * len(CASES)
    for seed in (0, 3):
        at = {case: order.index((case, seed)) for case in CASES}
        assert at["erm"] < at["average"]
        assert at["replay"] < at["replay-average"]
        assert max(at["group_dro"], at["balanced"], at["erm"]) < min(at["soup"], at["group_dro-average"])


def test_finished_runs_of_any_seed_and_no_others(tmp_path: Path) -> None:
    for name in ("erm-12", "erm-2", "erm-lora-2", "erm-window-30-1", "erm-x", "stranger-0"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "debias.json").touch()
    (tmp_path / "erm-3").mkdir()
    assert list(finished(tmp_path)) == ["erm-2", "erm-12", "erm-lora-2", "erm-window-30-1"]


def test_one_run_that_fails_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = []

    def once(case: str, seed: int, place: Place) -> None:
        seen.append(case)
        if case == "jtt":
            raise RuntimeError("a fault")

    monkeypatch.setattr(debias_results, "run_one", once)
    assert run_all([("erm", 0), ("jtt", 0), ("erase", 0)], Place(tmp_path)) == ["jtt-0"]
    assert seen == ["erm", "jtt", "erase"]
    assert "a fault" in capsys.readouterr().err


def test_a_run_takes_audits_of_its_own_kind_and_trains_where_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared: list[str] = []
    places: list[bool] = []

    class Result:
        verdict = "no harm"

    def debias(recipe: Any, out: Path, *, say: Any, on_cpu: bool) -> Result:
        places.append(on_cpu)
        return Result()

    for name in ("erm-0", "replay-0", "router-erm-0"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "debias.json").touch()
    monkeypatch.setattr(debias_results, "debias", debias)
    monkeypatch.setattr(debias_results, "share_audits", lambda done, out: shared.append(done.name))
    place = Place(tmp_path, "cuda", before=tmp_path / "elsewhere")
    for case in ("erm", "jtt", "replay", "router"):
        debias_results.run_one(case, 1, place)
    assert shared == ["erm-0", "erm-0", "replay-0", "router-erm-0"]
    assert places == [False] * 4
    debias_results.run_one("erm", 1, Place(tmp_path / "empty", before=tmp_path / "elsewhere"))
    debias_results.run_one("router", 1, Place(tmp_path / "empty", before=tmp_path / "elsewhere"))
    assert shared[4:] == ["elsewhere"], "of another kind none are taken"
    assert places[4:] == [True] * 2


def test_shared_audits_appear_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done, new, other = (tmp_path / name for name in ("erm-0", "new-0", "other-0"))
    (done / "before" / "target").mkdir(parents=True)
    for name in ("audit.json", ".lock"):
        (done / "before" / "target" / name).write_text(name)

    def copying(then: Any) -> SimpleNamespace:
        def copytree(source: Path, target: Path, **options: Any) -> None:
            shutil.copytree(source, target, **options)
            then()

        return SimpleNamespace(
            copytree=copytree, rmtree=shutil.rmtree, ignore_patterns=shutil.ignore_patterns
        )

    def killed() -> None:
        assert not (new / "before").exists(), "nobody sees it half written"
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(contest, "shutil", copying(killed))
        with pytest.raises(KeyboardInterrupt):
            share_audits(done, new)
    assert not (new / "before").exists()
    share_audits(done, new)
    assert [path.name for path in (new / "before" / "target").iterdir()] == ["audit.json"]
    monkeypatch.setattr(
        contest, "shutil", copying(lambda: shutil.copytree(done / "before", other / "before"))
    )
    share_audits(done, other)
    assert (other / "before" / "target" / "audit.json").read_text() == "audit.json"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["erm-0", "new-0", "other-0"]


def test_what_the_methods_found_is_told() -> None:
    leak = {"accuracy": 0.6, "chance": 0.5, "p": 0.04, "reason": None}
    curve = [
        {"settings": {}, "development": {"worst": 0.4}},
        {"settings": {"beam_size": 5}, "development": {"worst": 0.3}},
    ]
    mixed = [{"shares": {"f": 0.5, "m": 0.5}, "development": {"worst": 0.25}}]
    said = debias_runs_page._finish({"recognizer_options": {"beam_size": 5}, "curve": curve})
    assert said == [
        "Decoded with {'beam_size': 5} (worst development group by setting: as it was: 40.0; {'beam_size': 5}: 30.0)."
    ]
    said = debias_runs_page._finish(
        {
            "shares": {"f": 0.5, "m": 0.5},
            "routed": {"f": 0.2, "m": None},
            "curve": mixed,
            "router": {"balanced_accuracy": 0.75, "chance": 0.5},
        }
    )
    assert said[0].startswith(
        "Adapters mixed: f 0.50, m 0.50 (worst development group by mixture: f 0.50, m 0.50: 25.0)."
    )
    assert said[0].endswith("its own adapter alone: f 20.0, m –.")
    assert "75%" in said[1]
    (line,) = debias_runs_page._finish(
        {"leakage_before": leak, "leakage_after": {**leak, "accuracy": None, "reason": "few"}}
    )
    assert "by 60% (chance 50%, p 0.04) before, none: few after" in line
    assert debias_runs_page._finish({}) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seeds", "-1"], "'-1'"),
        (["--seeds", "one"], "is no seed"),
        (["--set", "steps=2"], "folder of their own with --runs"),
        (["--device", "tpu"], "invalid choice"),
    ],
)
def test_words_that_cannot_be(
    words: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["debias_results", *words])
    with pytest.raises(SystemExit):
        debias_results.main()
    assert said.strip("'") in capsys.readouterr().err
