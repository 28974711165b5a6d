"""The one table: whatever a cell says, each rendering keeps rows, columns and numbers, and lets no text act."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.errors import InputError
from speechfair.result_table import Column, Table
from speechfair.types import Estimate
from speechfair.wording import NOTHING

TEXTS = st.text(max_size=30)
COLUMNS = (
    Column("group", "group"),
    Column("n", "speakers", "count", priority=2),
    Column("rate", "WER %", "percent"),
    Column("ratio", "ratio", "ratio", priority=1),
)
RATE = Estimate(0.2, 0.1, 0.3, 0.95, 90, 9, "t")


def table_of(*names: str) -> Table:
    return Table("By accent", COLUMNS, tuple((name, 12, RATE, None) for name in names), ("a note",))


@settings(max_examples=60)
@given(names=st.lists(TEXTS, min_size=1, max_size=4))
def test_no_text_breaks_out_of_its_cell(names: list[str]) -> None:
    table = table_of(*names)
    rows = [line for line in table.to_markdown().splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {len(COLUMNS) + 1}
    assert len(rows) == len(names) + 2
    html = table._repr_html_()
    assert html.count("<td") == len(names) * len(COLUMNS)
    assert "<script" not in html
    assert table.to_latex().count(r" \\") == len(names) + 1
    back = list(csv.reader(io.StringIO(table.to_csv(), newline="")))
    assert [len(line) for line in back] == [6] * (len(names) + 1)


@given(text=TEXTS)
def test_no_text_is_a_formula_in_a_spreadsheet(text: str) -> None:
    cell = next(csv.reader(io.StringIO(table_of(text).to_csv().partition("\n")[2], newline="")))[0]
    if cell.lstrip().startswith(("=", "+", "-", "@")):
        float(cell)  # a number does no harm


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", " =1"])
def test_formulas_get_an_apostrophe(text: str) -> None:
    assert table_of(text).to_csv().splitlines()[1].startswith(("'", "\"'"))


def test_frames_hold_numbers() -> None:
    frame = table_of("cmn", "hin").to_polars()
    assert frame["rate"].to_list() == [0.2, 0.2]
    assert frame["rate_high"].to_list() == [0.3, 0.3]
    assert frame["ratio"].to_list() == [None, None]


@pytest.mark.parametrize("width", [24, 30, 40, 60, 110])
def test_columns_go_before_names_are_cut(width: int) -> None:
    from rich.console import Console

    names = ["a long name of a group, one", "a long name of a group, two"]
    out = io.StringIO()
    Console(file=out, width=width, no_color=True).print(table_of(*names))
    squeezed = re.sub(
        r"\s+", "", re.sub(r"\d+\.\d \[[^]]*\]|\b12\b", "", out.getvalue()).replace(NOTHING, "")
    )
    assert all(name.replace(" ", "") in squeezed for name in names)
    assert ("not shown" in out.getvalue()) == (width < 50)


def test_terminal_control_is_not_passed_on() -> None:
    assert "\x1b" not in str(table_of("a\x1b[31mb"))


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(InputError, match="row 1: 1 cells for 4 columns"):
        Table("t", COLUMNS, (("x",),))
