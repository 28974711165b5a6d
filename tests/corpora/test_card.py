"""Corpus cards: strict, with a licence, and an error that says where."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from speechfair.corpora import card as module
from speechfair.corpora.card import load_card
from speechfair.errors import InputError

GOOD = """\
name: villages
title: two villages
version: "1"
citation: nobody
licence: {id: CC0-1.0, text: no rights reserved, uses: [evaluation]}
languages: [eng]
axes:
  region: {source: corpus, values: [north, south]}
reference: {region: north}
layout: VILLAGE/*.wav
access: free
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(module, "data_folder", lambda name: tmp_path)
    load_card.cache_clear()
    yield tmp_path
    load_card.cache_clear()


def test_a_good_card(folder: Path) -> None:
    (folder / "villages.yaml").write_text(GOOD)
    card = load_card("villages")
    assert card.licence.uses == ["evaluation"]
    assert card.tokens == "words"
    assert card.axes["region"].source == "corpus"


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("title:", "titel:", ["line 2", "'titel'", "did you mean 'title'"]),
        ("name: villages", "name: towns", ["'towns'", "must be 'villages'"]),
        ("uses: [evaluation]", "uses: [fun]", ["line 5", "licence.uses.0", "'evaluation'"]),
        (", uses: [evaluation]", "", ["licence.uses", "missing"]),
        ("id: CC0-1.0, ", "", ["licence.id", "missing"]),
        ("[eng]", "[en]", ["line 6", "languages.0"]),
        ("[eng]", "[English]", ["line 6", "languages.0"]),
        ("[eng]", "[]", ["line 6", "languages"]),
        ("source: corpus", "source: hearsay", ["line 8", "axes.region.source", "self_reported"]),
        ("{region: north}", "{accent: north}", ["'accent'", "not among axes"]),
        ("{region: north}", "{region: west}", ["'west'", "not among the axis's values"]),
        ("access: free\n", "", ["'access' is missing"]),
    ],
)
def test_bad_cards(folder: Path, old: str, new: str, parts: list[str]) -> None:
    assert old in GOOD
    path = folder / "villages.yaml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load_card("villages")
    for part in [str(path), *parts]:
        assert part in str(caught.value), str(caught.value)


def test_no_card(folder: Path) -> None:
    with pytest.raises(InputError, match="no card for the corpus 'villages'"):
        load_card("villages")
