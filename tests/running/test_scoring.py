"""Groups of an axis are those of each row's labels."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.metrics import count_errors
from speechfair.running.scoring import add_axis, score_table
from speechfair.running.scoring_choice import Counting, Scoring
from speechfair.text import load_normalizer

LABELS = st.none() | st.lists(
    st.fixed_dictionaries(
        {
            "axis": st.sampled_from(["a", "b", "language"]),
            "value": st.sampled_from("xy"),
            "source": st.sampled_from(["corpus", "inferred"]),
        }
    ),
    max_size=3,
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(LABELS, st.sampled_from([None, "eng"])), max_size=5),
    st.sampled_from(["a", "a+b", "language+a", "c"]),
)
def test_groups_and_sources_are_those_of_each_rows_labels(rows: list[Any], axis: str) -> None:
    kind = pl.List(pl.Struct({"axis": pl.String, "value": pl.String, "source": pl.String}))
    labels = pl.Series([row[0] for row in rows], dtype=kind)
    scores = pl.DataFrame(
        {"labels": labels, "language": pl.Series([row[1] for row in rows], dtype=pl.String)}
    )
    expected = []
    for listed, language in rows:
        known = {} if language is None else {"language": (language, "corpus")}
        known |= {label["axis"]: (label["value"], label["source"]) for label in listed or []}
        parts = [known.get(part) for part in axis.split("+")]
        value = "+".join(part[0] if part else "unknown" for part in parts)
        expected.append((value, "+".join(sorted({part[1] for part in parts if part}))))
    assert add_axis(scores, axis).select("group", "source").rows() == expected


@pytest.mark.parametrize("recorded", [True, False])
def test_only_an_import_that_recorded_it_takes_rows_out_as_not_asked(recorded: bool) -> None:
    labels = pl.List(pl.Struct({"axis": pl.String, "value": pl.String, "source": pl.String}))
    nothing = {"language": None, "speaker": None, "labels": None, "duration_s": None, "excluded": None}
    kinds = dict.fromkeys(("language", "speaker", "excluded"), pl.String) | {"labels": labels}
    manifest = pl.DataFrame([{"id": "a", "text": "one two"} | nothing], schema_overrides=kinds)
    failure = {"utterance_id": "a", "text": None, "error": "not asked: 503", "rejected": None, "seconds": 0.0}
    hypotheses = pl.DataFrame([failure], schema_overrides={"text": pl.String})
    scoring = Scoring({"und": Counting(load_normalizer("basic"), "words")}, annotations={})
    row = score_table(manifest, hypotheses, scoring, not_asked=recorded).row(0, named=True)
    assert (row["failed"], row["deletions"]) == ((False, None) if recorded else (True, 2))


TEXTS = st.sampled_from([None, "", "Yes, it is", "it is", "3 cats", "我要 check", "um"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from(["eng", "cmn", None]), st.booleans()), max_size=8))
def test_scores_are_those_of_each_row_alone(rows: list[Any]) -> None:
    """Distinct texts are normalised once, in their row's language; the table is as if each row were alone."""
    english, basic = load_normalizer("english"), load_normalizer("basic")
    counting = {
        "eng": Counting(english, "words"),
        "cmn": Counting(basic, "mixed"),
        "und": Counting(basic, "words"),
    }
    scoring = Scoring(counting, annotations={})
    ids = [f"u{n}" for n in range(len(rows))]
    manifest = pl.DataFrame(
        {
            "id": ids, "text": [row[0] for row in rows], "language": [row[2] for row in rows], "speaker": None,
            "labels": None, "duration_s": None, "excluded": ["no speaker" if row[3] else None for row in rows],
        },
        schema_overrides=dict.fromkeys(("id", "text", "language", "speaker", "excluded"), pl.String),
    )  # fmt: skip
    failed = [None if row[1] is not None else "no answer" for row in rows]
    hypotheses = pl.DataFrame(
        {
            "utterance_id": ids,
            "text": [row[1] for row in rows],
            "error": failed,
            "rejected": None,
            "seconds": 0.5,
        },
        schema_overrides={"text": pl.String, "error": pl.String, "utterance_id": pl.String},
    )
    table = score_table(manifest, hypotheses, scoring)
    for row, scored in zip(rows, table.iter_rows(named=True), strict=True):
        text, heard, language, excluded = row
        said = None if text is None else scoring.normalise(text, language, hypothesis=False)
        got = "" if heard is None else scoring.normalise(heard, language, hypothesis=True)
        assert (scored["reference"], scored["hypothesis"]) == (said, got)
        assert (scored["excluded"] is None) == (not excluded and bool(said))
        counts = [scored[name] for name in ("substitutions", "deletions", "insertions", "reference_length")]
        if scored["excluded"] is None:
            assert counts == list(
                count_errors([said], [got], tokens=scoring.counting(language).tokens).row(0)
            )
        else:
            assert counts == [None] * 4
            assert excluded or "reference" in scored["excluded"]
