"""The one table: whatever a cell says, each rendering keeps rows, columns and numbers, and lets no text act."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speechfair.errors import InputError
from speechfair.result_table import Column, Noted, Table
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


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
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
        r"\s+", "", re.sub(r"\d+\.\d|\[[^]]*\]|\b12\b", "", out.getvalue()).replace(NOTHING, "")
    )
    assert all(name.replace(" ", "") in squeezed for name in names)
    assert ("not shown" in out.getvalue()) == (width < 50)


def test_terminal_control_is_not_passed_on() -> None:
    assert "\x1b" not in str(table_of("a\x1b[31mb"))


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(InputError, match="row 1: 1 cells for 4 columns"):
        Table("t", COLUMNS, (("x",),))


def test_reasons_become_footnotes_once_each() -> None:
    def lacking(reason: str) -> Estimate:
        return Estimate(0.2, None, None, 0.95, 9, 1, "none", reason)

    columns = (Column("group", "group"), Column("rate", "WER %", "percent"), Column("verdict", "verdict"))
    rows = (
        ("x", lacking("one speaker"), "pass"),
        ("y", lacking("one speaker"), Noted("FAIL", "too many errors")),
        ("z", Estimate(None, None, None, 0.95, 0, 0, "none", "no words"), None),
    )
    table = Table("", columns, rows)
    assert [row[1] for row in table.texts] == ["20.0 [–]¹", "20.0 [–]¹", "–³"]
    assert table.texts[1][2] == "FAIL²"
    assert table.footnotes == ["¹ one speaker", "² too many errors", "³ no words"]
    assert all(note in str(table) for note in table.footnotes)
    assert all(note in table._repr_html_() for note in table.footnotes)
    assert table.to_polars()["verdict"].to_list() == ["pass", "FAIL", None]


def test_all_columns_are_shown_in_the_width_that_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from speechfair.cli.output import show_table

    def shown(width: int) -> str:
        monkeypatch.setenv("COLUMNS", str(width))
        show_table(table_of("cmn", "a group with a name that is rather long"))
        return capsys.readouterr().out

    named = re.search(r"COLUMNS=([0-9]+)", shown(30).replace("\n", " "))
    assert named is not None
    enough = int(named[1])
    assert "not shown" not in shown(enough)
    assert max(map(len, shown(enough).splitlines())) <= enough
    assert "not shown" in shown(enough - 1)


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(names=st.lists(TEXTS, min_size=2, max_size=3, unique=True), width=st.integers(20, 140))
def test_no_line_is_wider_than_the_terminal_and_no_cell_is_cut(names: list[str], width: int) -> None:
    from rich.cells import cell_len
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=width, no_color=True).print(table_of(*names))
    assert max(cell_len(line.rstrip()) for line in out.getvalue().split("\n")) <= width
    assert "…" not in out.getvalue().replace("…", "", sum(name.count("…") for name in names))
