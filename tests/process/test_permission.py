"""A permission to train on what a licence forbids: in the record, on the card, and for a person to look at."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from speechfair.process.checks.data import _card
from speechfair.process.export.model_card import _permissions
from speechfair.process.training_evidence import TrainingRecord

WORDS = "N. N. | the holder | allowed training on 2026-01-31"


def record(**settings: Any) -> TrainingRecord:
    now = "2026-02-01T00:00:00Z"
    return TrainingRecord(
        id="t1", outcome="completed", started=now, ended=now, trainer="tom", commit="abcdef0", method="erm",
        settings={"steps": 1, **settings}, seed=0, data={"training": "0" * 64}, base=None,
        versions={"torch": "2"}, hardware="one CPU", output_sha256="1" * 64,
    )  # fmt: skip


def test_it_is_read_from_the_settings_of_the_record() -> None:
    sources = [{"corpus": "ijas", "permission": WORDS}, {"corpus": "librispeech"}]
    assert record(train=sources).permissions == {"ijas": WORDS}
    assert record().permissions == {}
    assert record(train="a folder").permissions == {}


def test_the_model_card_says_it_and_says_nothing_without_one() -> None:
    given: Any = SimpleNamespace(training=[record(train=[{"corpus": "ijas", "permission": WORDS}])])
    (line, blank) = _permissions(given)
    assert line.startswith(
        "Trained on ijas with its holder's permission, in the words of training record t1: N. N."
    )
    assert "\\|" in line, "words cannot break a table"
    assert blank == ""
    none: Any = SimpleNamespace(training=[record()])
    assert _permissions(none) == []


def test_the_check_of_use_fails_without_one_and_asks_a_person_with_one() -> None:
    assert [status for status, _ in _card("ijas", "training", [])] == ["fail"]
    assert [status for status, _ in _card("ijas", "training", [WORDS])] == ["not_assessed"]
    assert _card("librispeech", "training", []) == []
