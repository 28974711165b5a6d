"""Which brackets hold events, which hold speech, by the usual rule and by a card's."""

from __future__ import annotations

import pytest

from speechfair.corpora.card import load_card
from speechfair.text.annotations import MARKERS, annotations_in, without_events


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("[laughter] so", "so"),
        ("so [I went] there", "so I went there"),
        ("<unk> yes </s>", "yes"),
        ("<|en|><|0.00|>yes<|4.20|>", "yes"),
        ("(()) yes", "yes"),
        ("(( maybe )) yes", "maybe yes"),
        ("{laugh} {D well } yes", "D well yes"),
        ("*coughs* yes *really*", "yes really"),
        ("\u266a la la \u266a", "la la"),
        ("\u266a\u266a", ""),
        ("(upbeat music) yes", "yes"),
        ("[BLANK_AUDIO]", ""),
        ("[00:00:00.000 --> 00:00:04.200] yes", "yes"),
        ("(555) 123", "555 123"),
        ("(pause 0.35) yes", "yes"),
        ("yes [unclosed", "yes [unclosed"),
        ("and/or 1/2", "and/or 1/2"),
        ("\u3010笑\u3011", "笑"),
    ],
)
def test_the_usual_rule(text: str, kept: str) -> None:
    assert " ".join(without_events(text).split()) == kept


@pytest.mark.parametrize("marker", sorted(MARKERS))
def test_a_card_can_keep_or_leave_out_every_marker(marker: str) -> None:
    written = {
        "angle": "<laugh>", "asterisk": "*laugh*", "curly": "{laugh}", "double_round": "((laugh))",
        "music": "\u266a laugh",
        "round": "(laugh)", "slash": "/laugh/", "square": "[laugh]",
    }[marker]  # fmt: skip
    assert without_events(written, {marker: "speech"}).split() == ["laugh"]  # type: ignore[dict-item]
    assert without_events(written.replace("laugh", "hello"), {marker: "event"}).split() == []  # type: ignore[dict-item]


def test_coraals_overlapped_speech_is_speech() -> None:
    card = load_card("coraal")
    text = "My mother, <laugh> she [stayed on] /they/ (pause 0.35) [laughter]"
    assert without_events(text, card.annotations).split() == [
        "My",
        "mother,",
        "she",
        "stayed",
        "on",
        "they",
        "laughter",
    ]


def test_what_is_found_is_counted() -> None:
    found = list(annotations_in("[laughter] yes (I did) ((maybe)) <unk>"))
    assert sorted(found) == [
        ("angle", "unk", True),
        ("double_round", "maybe", False),
        ("round", "I did", False),
        ("square", "laughter", True),
    ]
