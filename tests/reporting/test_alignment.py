"""The alignment that a person reads holds both texts whole, and as many edits as were counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechfair.metrics import count_errors
from speechfair.reporting.alignment import align

TEXTS = st.lists(st.sampled_from(["one", "two", "three", "four"]), max_size=8).map(" ".join)


@given(reference=TEXTS, hypothesis=TEXTS)
def test_nothing_is_lost(reference: str, hypothesis: str) -> None:
    pieces = align(reference, hypothesis)
    assert " ".join(p.reference for p in pieces if p.reference) == reference
    assert " ".join(p.hypothesis for p in pieces if p.hypothesis) == hypothesis
    assert all(p.reference == p.hypothesis for p in pieces if p.kind == "equal")


@given(reference=TEXTS.filter(bool), hypothesis=TEXTS)
def test_it_shows_as_many_edits_as_are_counted(reference: str, hypothesis: str) -> None:
    counted = count_errors([reference], [hypothesis]).row(0, named=True)
    edits = sum(
        max(len(p.reference.split()), len(p.hypothesis.split()))
        for p in align(reference, hypothesis)
        if p.kind != "equal"
    )
    assert edits == counted["substitutions"] + counted["deletions"] + counted["insertions"]


@pytest.mark.parametrize("hypothesis", ["", "関西"])
def test_characters_are_compared_one_by_one(hypothesis: str) -> None:
    pieces = align("関西弁", hypothesis, "characters")
    assert "".join(p.reference for p in pieces).replace(" ", "") == "関西弁"
    assert pieces[-1].kind == "delete"
