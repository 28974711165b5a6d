"""Readers of what others hand in: process folders, evidence of tools, records of training, questions, models, rules.

For `benchmarks.fuzz_readers`, which damages their files.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from speechfair.models import load_model, load_speech_llm
from speechfair.probes import load_question_set
from speechfair.process.catalogue import load_catalogue
from speechfair.process.importers import read_evidence
from speechfair.process.ledger import Ledger
from speechfair.process.measurement import read_measurement
from speechfair.process.project_verify import verify_process
from speechfair.process.status import read_state
from speechfair.process.training_evidence import read_training
from speechfair.strict_yaml import read_model
from speechfair.synthesis.accent_rules import RuleBook
from tests.models import tiny, tiny_chat
from tests.probes.questions.set_trees import TREES
from tests.process import project
from tests.process.test_catalogue import NEW, overlay
from tests.process.test_importers import MADE

__all__ = ["evidence_readers"]

Make = Callable[[Path], Callable[[], Any]]
PACKAGE = Path(__file__).parents[1] / "speechfair"


def evidence_readers() -> dict[str, Make]:
    """How each reader's good files are made, by its name."""
    return {
        **_of_processes(),
        **{
            f"evidence of {name}": _of_tool(name)
            for name, (importer, *_) in MADE.items()
            if importer != "git"
        },
        **{f"questions {name}": _of_questions(name) for name in TREES},
        "model ctc": lambda place: _loaded(f"ctc:{tiny.ctc_folder(place)}"),
        "model text-llm": _text_llm,
        "accent rules": _rules,
        "catalogue": _catalogue,
    }


def _of_processes() -> dict[str, Make]:
    """A whole collected project, whose runs stay as they are, and single files of it."""
    built: list[Path] = []

    def process(place: Path) -> Path:
        if not built:
            built.append(project.build(place.parent / "a whole project"))
        return project.light(built[0], place)

    def folder(place: Path) -> Callable[[], Any]:
        found = process(place)
        return lambda: (read_state(found), verify_process(found))

    def ledger(place: Path) -> Callable[[], Any]:
        for name in ("ledger.jsonl", "ledger.head"):
            shutil.copy(PACKAGE.parent / "tests" / "fixtures" / "ledger" / name, place)
        return lambda: Ledger(place).read()

    def training(place: Path) -> Callable[[], Any]:
        process(place / "p")
        shutil.copy(place / "p" / "training" / "training.json", place)
        shutil.rmtree(place / "p")
        return lambda: read_training(place / "training.json")

    def measurement(place: Path) -> Callable[[], Any]:
        path = MADE["measurement"][1](place / "m")
        return lambda: read_measurement(path)

    return {
        "process folder": folder,
        "process ledger": ledger,
        "training record": training,
        "measurement": measurement,
    }


def _of_tool(name: str) -> Make:
    def make(place: Path) -> Callable[[], Any]:
        importer, made, *_ = MADE[name]
        os.environ.setdefault(
            "MLFLOW_ALLOW_FILE_STORE", "true"
        )  # which MLflow itself no longer writes by default
        path = made(place / "tool")
        return lambda: read_evidence(importer, path)

    return make


def _of_questions(name: str) -> Make:
    def make(place: Path) -> Callable[[], Any]:
        tree = TREES[name](place)
        return lambda: list(load_question_set(name, tree.root, **tree.options))

    return make


def _loaded(name: str) -> Callable[[], Any]:
    return lambda: load_model(name, device="cpu")


def _text_llm(place: Path) -> Callable[[], Any]:
    tiny_chat.text_llm(place)
    return lambda: load_speech_llm(f"text-llm:{place}", device="cpu")


def _rules(place: Path) -> Callable[[], Any]:
    shutil.copy(next((PACKAGE.parent / "corpora").rglob("rules.yaml")), place / "a.yaml")
    return lambda: read_model(place / "a.yaml", RuleBook)


def _catalogue(place: Path) -> Callable[[], Any]:
    path = overlay(place, NEW, "{id: AF-4.3, aifl: 1}")
    return lambda: load_catalogue([path])
