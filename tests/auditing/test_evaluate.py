"""`evaluate` takes what people have in memory and gives the audit of an import; `word_errors` gives the counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import speechfair
from speechfair.errors import InputError

REFERENCES = ["red green blue", "small big old", None, "hat"] * 6
HYPOTHESES = ["red green blue", "small pig old", "x", None] * 6
ACCENTS = ["x", "y", None, "x"] * 6
SPEAKERS = [f"s{n}" for n in range(24)]

KINDS: list[Callable[[list[Any]], Any]] = [
    list,
    tuple,
    lambda cells: np.array(cells, dtype=object),
    pl.Series,
    pd.Series,
    lambda cells: pd.Series(cells, dtype="string"),
]


@pytest.mark.parametrize("kind", KINDS, ids=["list", "tuple", "numpy", "polars", "pandas", "pandas-string"])
def test_every_kind_of_column_gives_the_same_result(kind: Callable[[list[Any]], Any]) -> None:
    result = speechfair.evaluate(
        kind(REFERENCES), kind(HYPOTHESES), groups={"accent": kind(ACCENTS)}, speakers=kind(SPEAKERS)
    )
    totals = result.totals
    assert (totals.n_in, totals.scored, totals.failed, totals.excluded) == (24, 12, 6, 6)
    assert {g.value: (g.substitutions, g.deletions) for g in result.groups} == {"y": (6, 0), "x": (0, 6)}
    assert result.overall.rate.value == pytest.approx(12 / 42)


def test_a_kept_folder_verifies(tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = speechfair.evaluate(REFERENCES, HYPOTHESES, {"accent": ACCENTS}, speakers=SPEAKERS, out=out)
    assert speechfair.verify(out).ok
    assert (out / "audit.json").read_text() == result.to_json()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["a"], ["a", "b"]), r"hypotheses: 2 values for 1 references"),
        ((["a"], "a"), r"hypotheses is one text"),
        (([], []), r"not one"),
        (([3], ["a"]), r"references, row 0: 3 is not a text"),
        ((["a"], ["a"], {"accent": ["x", "y"]}), r"groups\['accent'\]: 2 values"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        speechfair.evaluate(*arguments)


TEXTS = st.lists(st.text("ab c", max_size=12), min_size=1, max_size=8)


@given(TEXTS, st.randoms())
@settings(max_examples=50, deadline=None)
def test_word_errors_are_those_of_jiwer(references: list[str], random: Any) -> None:
    hypotheses = random.sample(references, len(references))
    found = speechfair.word_errors(references, hypotheses, normalizer="verbatim")
    references, hypotheses = ([" ".join(text.split()) for text in side] for side in (references, hypotheses))
    known = jiwer.process_words(references, hypotheses)
    assert found.errors == known.substitutions + known.deletions + known.insertions
    assert found.reference_length == sum(len(text.split()) for text in references)


def test_word_errors_refuse_what_is_no_text() -> None:
    with pytest.raises(InputError, match="hypotheses, row 1: None is not a text"):
        speechfair.word_errors(["a", "b"], ["a", None])  # type: ignore[list-item]
