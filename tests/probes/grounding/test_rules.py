"""The rule-based answerer: right about every verbatim transcript, and nothing but the transcript decides."""

from __future__ import annotations

from collections import Counter

from speechfair.probes.grounding.grammar import scenes
from speechfair.probes.grounding.rules import UNKNOWN, answer_by_rules
from speechfair.probes.items import Form, prompt_of
from speechfair.probes.reading import read

SCENES = scenes(250, seed=9)


def outcomes(form: Form, change: dict[str, str] | None = None) -> Counter[str]:
    counted: Counter[str] = Counter()
    for scene in SCENES:
        text = str(scene.text)
        for old, new in (change or {}).items():
            text = text.replace(old, new)
        for item in scene.items:
            reply = answer_by_rules(text, prompt_of(scene.id, item, form, 0))
            counted[read(reply, scene.id, item, form, 0).outcome] += 1
    return counted


def test_it_is_right_about_verbatim_transcripts_in_both_forms() -> None:
    assert outcomes("choice") == {"right": sum(len(scene.items) for scene in SCENES)}
    assert set(outcomes("open")) == {"right"}


def test_it_hears_nothing_in_an_empty_transcript() -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for scene in SCENES:
        for item in scene.items:
            reply = answer_by_rules("", prompt_of(scene.id, item, "choice", 0))
            counted[item.kind, read(reply, scene.id, item, "choice", 0).outcome] += 1
    right = {kind for kind, outcome in counted if outcome == "right"}
    assert right == {"absence", "unstated"}, "without words only what was not said can be right"


def test_what_was_misheard_is_answered_wrong() -> None:
    days = {"Monday": "Sunday", "Tuesday": "Thursday", "Wednesday": "Friday", "Saturday": "Sunday"}
    assert outcomes("choice", days)["wrong"] > 50


def test_another_question_is_not_answered() -> None:
    assert answer_by_rules("Anna bought two bags.", "Who are you?") == UNKNOWN
    assert answer_by_rules("Anna bought two bags.", "") == UNKNOWN
