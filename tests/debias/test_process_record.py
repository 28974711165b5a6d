"""The training record of a finished run says which choice was made, from what, and by whose word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from speechfair.debias.process_record import training_record
from speechfair.process.training_evidence import TrainingRecord

WORDS = "N. N., the holder, allowed training by us on 2026-01-31"


def record_of(folder: Path, method: str, finish: dict[str, Any], **options: Any) -> TrainingRecord:
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
        "train": [],
    }
    run = {
        "started": "2026-01-01T00:00:00Z", "recipe": asked, "base_digest": "2" * 64, "trained": made,
        "training_manifests": [],
    }  # fmt: skip
    checks = [{"step": 1, "eval_worst": 0.1, "eval_macro": 0.1, "eval_group/x": 0.1}]
    training = {"development_digest": "3" * 64, "history": checks, "kept_step": 1, "finish": finish}
    (folder / "debias.yaml").write_text(yaml.safe_dump(run))
    (folder / "training" / "training.json").write_text(json.dumps(training))
    return training_record(folder, trainer="kei", commit="abcdef0")


def tried(worst: float, **label: Any) -> dict[str, Any]:
    return {**label, "development": {"groups": {"x": worst, "y": 0.1}, "macro": worst, "worst": worst}}


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


def test_models_teacher_and_side_corpora_are_on_record(tmp_path: Path) -> None:
    source = {"corpus": "theirs", "permission": WORDS}
    teacher = {"name": "big", "sha256": "5" * 64}
    record = record_of(tmp_path, "self_train", {"merged": ["4" * 64], "teacher": teacher}, source=[source])
    assert record.averaged == ["4" * 64]
    assert record.teacher is not None
    assert record.teacher.model_dump() == teacher
    assert record.permissions == {"theirs": WORDS}
    assert [one["corpus"] for one in record.training_sources] == ["theirs"]
