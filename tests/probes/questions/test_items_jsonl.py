"""A set of one's own: every line is asked or named, and lines about one recording agree."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from speechfair.errors import CorpusError, InputError
from speechfair.probes import load_question_set
from speechfair.types import Exclusion, Utterance
from tests.support import write_tone


def write_items(folder: Path, *lines: dict[str, Any] | str) -> Path:
    write_tone(folder / "a.wav", 0.05)
    write_tone(folder / "b.wav", 0.05)
    text = "\n".join(
        line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines
    )
    (folder / "items.jsonl").write_text(text + "\n", encoding="utf-8")
    return folder


GOOD: dict[str, Any] = {
    "audio": "a.wav",
    "question": "Which drink?",
    "options": ["tea", "coffee"],
    "answer": "tea",
}


def test_a_full_line_becomes_a_question_with_labels_and_voice(tmp_path: Path) -> None:
    full = GOOD | {
        "id": "q1",
        "item": "drink",
        "kind": "order",
        "voice": "v1",
        "labels": {"accent": "irish"},
        "transcript": "a tea please",
        "language": "eng",
    }
    other = {
        "audio": "a.wav",
        "question": "Polite?",
        "answer": "yes",
        "voice": "v1",
        "labels": {"accent": "irish"},
    }
    found = load_question_set("items", write_items(tmp_path, full, other | {"transcript": "a tea please"}))
    (said,) = found.rows
    assert isinstance(said, Utterance)
    assert (said.id, said.speaker, said.text, said.labels[0].value) == (
        "a.wav",
        "v1",
        "a tea please",
        "irish",
    )
    first, second = found.questions["a.wav"]
    assert (first.id, first.item, first.kind, first.answers, first.expects) == (
        "q1",
        "drink",
        "order",
        ("tea",),
        "answer",
    )
    assert (second.id, second.item, second.options) == ("line 2", "line 2", ())


BAD = [
    ("{", "not JSON"),
    ("[1]", "a JSON list"),
    (GOOD | {"adio": "x"}, "unknown key 'adio'; did you mean 'audio'"),
    ({"question": "?"}, "the key 'audio' is missing"),
    (GOOD | {"audio": "absent.wav"}, "no audio file 'absent.wav'"),
    (GOOD | {"audio": "../a.wav"}, "leads out of"),
    (GOOD | {"answer": "milk"}, "'milk' is not one of the options"),
    (GOOD | {"answer": ["tea", "coffee"]}, "not one of the options"),
    (GOOD | {"options": ["tea", "tea"]}, "options must be at least two, and differ"),
    (GOOD | {"options": ["tea"]}, "at least two"),
    (GOOD | {"options": [str(n) for n in range(9)], "answer": "1"}, "at most 8"),
    (GOOD | {"answer": None}, "there is no answer"),
    (GOOD | {"answer": 3}, "answer"),
    (GOOD | {"expects": "refusal"}, "expects a refusal"),
    (GOOD | {"start_s": 2.0, "end_s": 1.0}, "end_s 1.0 is not after"),
    (GOOD | {"id": "q"}, "the id 'q' was given before, at items.jsonl, line 1"),
    (
        GOOD | {"item": "i", "question": "How many?"},
        "the item 'i' asks something else at items.jsonl, line 1",
    ),
]


@pytest.mark.parametrize(("line", "reason"), BAD, ids=[reason[:20] for _, reason in BAD])
def test_a_bad_line_is_excluded_and_named(tmp_path: Path, line: Any, reason: str) -> None:
    found = load_question_set("items", write_items(tmp_path, GOOD | {"id": "q", "item": "i"}, line))
    (bad,) = found.exclusions
    assert (bad.id if bad.id != "q" else "line 2", bad.where) == ("line 2", "items.jsonl, line 2")
    assert reason in bad.reason
    assert sum(len(group) for group in found.questions.values()) == 1


def test_a_set_without_a_usable_line_and_lines_that_disagree_are_errors(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="line 1: not JSON"):
        load_question_set("items", write_items(tmp_path, "{"))
    with pytest.raises(CorpusError, match=r"line 2: the voice.*line 1"):
        load_question_set("items", write_items(tmp_path, GOOD | {"voice": "v1"}, GOOD | {"voice": "v2"}))
    with pytest.raises(InputError, match="did you mean 'items'"):
        load_question_set("item", tmp_path)
    with pytest.raises(InputError, match="did you mean 'card'"):
        load_question_set("items", tmp_path, cards="x")


def test_stretches_of_one_file_are_recordings_of_their_own(tmp_path: Path) -> None:
    lines = [GOOD | {"start_s": 0.0, "end_s": 0.02, "voice": "v1"}, GOOD | {"start_s": 0.02, "voice": "v2"}]
    found = load_question_set("items", write_items(tmp_path, *lines))
    assert list(found.questions) == ["a.wav#0.0-0.02", "a.wav#0.02-"]
    assert not any(isinstance(row, Exclusion) for row in found)


def test_a_card_of_ones_own_states_licence_and_label_sources(tmp_path: Path) -> None:
    card = tmp_path / "card.yaml"
    card.write_text(
        "name: orders\ntitle: Orders\nversion: '1'\ncitation: none\n"
        "licence: {id: Apache-2.0, text: free with notice, uses: [evaluation]}\nlanguages: [eng]\n"
        "axes: {accent: {source: self_reported}}\nreference: {accent: us}\nlayout: x\naccess: x\ntraps: [a trap]\n",
        encoding="utf-8",
    )
    folder = write_items(tmp_path, GOOD | {"labels": {"accent": "us"}})
    found = load_question_set("items", folder, card=str(card))
    assert (found.name, found.card.licence.id) == ("orders", "Apache-2.0")
    assert found.questions["a.wav"][0].labels[0].source == "self_reported"


@pytest.mark.parametrize(
    ("card", "rows", "expected"),
    [
        (None, (None, None), None),
        (None, ("recorded", None), None),
        (None, ("recorded", "recorded"), "recorded"),
        (None, ("synthetic", None), "synthetic"),
        ("recorded", (None, "augmented"), "augmented"),
        ("recorded", (None, None), "recorded"),
    ],
)
def test_the_origin_of_the_speech_is_the_least_real_that_is_stated(
    tmp_path: Path, card: str | None, rows: tuple[str | None, ...], expected: str | None
) -> None:
    lines = [
        GOOD | {"audio": audio} | ({"labels": {"speech": origin}} if origin else {})
        for audio, origin in zip(("a.wav", "b.wav"), rows, strict=True)
    ]
    found = load_question_set("items", write_items(tmp_path, *lines))
    stated = replace(found, card=found.card.model_copy(update={"speech": card}))
    assert stated.speech == expected
