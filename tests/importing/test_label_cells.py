"""The labels of a table are those of each of its cells."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.corpora.rows import LabelColumn
from speechfair.importing.label_cells import label_lists, label_of

CELLS = st.sampled_from([None, "", " ", "zulu", "isizulu", "zulu, hausa", "unknown", "N/A", " igbo "])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=9))
def test_labels_are_those_of_each_cell(rows: list[tuple[str | None, str | None]]) -> None:
    frame = pl.DataFrame(rows, schema={"a": pl.String, "labels": pl.String}, orient="row")
    columns = {
        "accent": LabelColumn(column="a", map={"isizulu": "zulu"}, separator=","),
        "labels": LabelColumn(column="labels"),
    }
    expected = []
    for cells in rows:
        found = []
        for cell, (axis, column) in zip(cells, columns.items(), strict=True):
            value = label_of(cell.strip(), column) if cell and cell.strip() else None
            if value is not None:
                found.append({"axis": axis, "value": value, "source": column.source})
        expected.append(found)
    assert label_lists(frame, columns).to_list() == expected
