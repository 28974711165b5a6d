"""Groups of an axis are those of each row's labels."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.running.scoring import add_axis

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
