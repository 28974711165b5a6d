"""The table words what the result holds, everywhere it is shown, and nothing else."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from speechfair.errors import InputError
from speechfair.wording import NOTHING, interval, p_value, percent
from tests.reporting.samples import ALL, HOSTILE, digits, speechocean


@pytest.mark.parametrize("name", sorted(ALL))
def test_text_holds_every_group_and_its_numbers(name: str) -> None:
    result = ALL[name]()
    text = str(result.table())
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert f"{result.totals.n_in} in = {result.totals.scored} scored" in text
    for group in result.groups:
        assert percent(group.rate.value) in text
        if limits := interval(group.rate, "percent"):
            assert limits in text


@pytest.mark.parametrize("width", [40, 80, 120, 200])
@pytest.mark.parametrize("name", sorted(ALL))
def test_no_number_is_cut_on_any_console(name: str, width: int) -> None:
    result = ALL[name]()
    console = Console(file=io.StringIO(), width=width, no_color=True, highlight=False)
    console.print(result.table())
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for group in result.groups:
        assert percent(group.rate.value) in text
        assert (interval(group.rate, "percent") or NOTHING) in text


@pytest.mark.parametrize("name", sorted(ALL))
def test_rows_are_the_groups(name: str) -> None:
    result = ALL[name]()
    table = result.table()
    assert len(table.rows) == 1 + len(result.groups)
    assert table.rows[0]["axis"] == "overall"
    json.dumps(table.rows)
    frame = table.to_polars()
    assert frame.height == len(table.rows)
    assert frame.schema["rate"] == "Float64" or str(frame.schema["rate"]) == "Float64"


def test_the_worst_group_comes_first() -> None:
    rates = [row["rate"] for row in digits().table().rows[1:]]
    assert rates == sorted(rates, reverse=True)


def test_reasons_stand_below_the_table() -> None:
    text = str(digits().table())
    assert "fewer than 5 speakers (1): no interval" in text
    assert NOTHING in text


def test_redone_and_runaway_are_shown_where_there_are_any() -> None:
    assert "runaway" in str(speechocean().table())
    assert "redone" not in str(digits().table())


def test_notebooks_get_escaped_html() -> None:
    shown = ALL["hostile"]().table()._repr_html_()
    assert "<script" not in shown
    assert HOSTILE.partition("\x1b")[0] not in shown


@pytest.mark.parametrize(("value", "words"), [(0.0, "p < 0.001"), (0.05, "p = 0.050"), (1.0, "p = 1.00")])
def test_a_p_value_is_never_written_as_0(value: float, words: str) -> None:
    assert p_value(value) == words


@pytest.mark.parametrize("name", ALL)
def test_a_result_shows_itself_and_gives_its_groups_by_name(name: str) -> None:
    result = ALL[name]()
    assert "\n" not in repr(result)
    assert len(repr(result)) < 400
    assert str(result) == str(result.table())
    assert result._repr_html_() == result.table()._repr_html_()
    for group in result.groups:
        assert result[group.axis][group.value] is group
    assert result.to_polars().height == len(result.groups) + 1
    with pytest.raises(InputError, match="no axis 'nothing'"):
        result["nothing"]


def test_failed_rows_are_named_with_their_reasons() -> None:
    from speechfair.auditing.result import ReasonCount

    failed = [
        ReasonCount(reason=f"reason {n}", n=6 - n, examples=["a", "b", "c", "d"][: 6 - n]) for n in range(5)
    ]
    text = str(speechocean().model_copy(update={"failed": failed}).table())
    assert "Failed: a, b, c and 3 more: reason 0" in text
    assert "Failed: a, b, c and 1 more: reason 2" in text
    assert "Failed for other reasons: 5;" in text
