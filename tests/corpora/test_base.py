"""Labels as a card says, and the counts of what no map knows."""

from __future__ import annotations

import pytest

from speechfair.corpora.base import Labeller
from speechfair.corpora.card import Card
from speechfair.types import Label

CARD = Card.model_validate(
    {
        "name": "x",
        "title": "x",
        "version": "1",
        "citation": "x",
        "licence": {"id": "x", "text": "as you like", "uses": []},
        "languages": ["eng"],
        "axes": {
            "gender": {
                "source": "corpus",
                "values": ["female", "male"],
                "map": {"F": "female", "?": "unknown"},
            },
            "accent": {"source": "self_reported", "map": {"isizulu": "zulu"}},
        },
        "layout": "x",
        "access": "x",
    }
)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("F", "female"),
        ("f", "female"),
        ("Female", "female"),
        (" male ", "male"),
        ("?", None),
        ("", None),
        (None, None),
    ],
)
def test_a_closed_axis(raw: str | None, value: str | None) -> None:
    label = Labeller(CARD)
    assert label(gender=raw) == ((Label("gender", value, "corpus"),) if value else ())
    assert not label.unmatched


def test_what_a_closed_axis_does_not_know_is_counted_and_gives_no_label() -> None:
    label = Labeller(CARD)
    for _ in range(3):
        assert label(gender="woman", accent="Woman") == (Label("accent", "Woman", "self_reported"),)
    assert label.unmatched == {("gender", "woman"): 3}


def test_an_open_axis_keeps_what_its_map_does_not_know() -> None:
    label = Labeller(CARD)
    assert [each.value for raw in ("isiZulu", "zulu", "twi") for each in label(accent=raw)] == [
        "zulu",
        "zulu",
        "twi",
    ]


def test_an_axis_that_the_card_lacks_is_a_mistake_of_the_loader() -> None:
    with pytest.raises(KeyError):
        Labeller(CARD)(height="tall")
