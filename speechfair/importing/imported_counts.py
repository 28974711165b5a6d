"""Counts that were made elsewhere, from the columns of a table: errors or an error rate, and the reference words.

Nothing is guessed. What is no count, or contradicts another column, is refused with file, row and column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from speechfair.errors import CorpusError, InputError
from speechfair.importing.cell_values import cells_of, numbers_in, place_of, refuse_two_meanings
from speechfair.importing.columns import column_there
from speechfair.importing.imported import ImportedTable
from speechfair.metrics.error_counts import KINDS

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CountColumns", "RateUnit", "columns_in", "count_columns", "counts_of"]

RateUnit = Literal["percent", "fraction"]
_RATE = "an error rate"
_LARGEST = 2**53  # whole numbers beyond it are not exact as floating-point numbers


@dataclass(frozen=True)
class CountColumns:
    """Where one system's counts are.

    Parameters
    ----------
    words : column of the number of reference words (or characters).
    errors : one column of errors, or three: substitutions, deletions, insertions; empty where there is a rate alone.
    rate : column of the error rate, in `unit`; checked against `errors` where both are given.
    """

    words: str
    errors: tuple[str, ...] = ()
    rate: str | None = None
    unit: RateUnit | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that is read."""
        return (self.words, *self.errors, *([self.rate] if self.rate is not None else []))


_WORDS = ("words", "n_words", "num_words", "word_count", "reference_words", "reference_length", "ref_length")
_ERRORS = ("errors", "n_errors", "num_errors", "error_count", "word_errors", "edits")


def count_columns(columns: Sequence[str]) -> CountColumns | None:
    """The columns of errors and words of a table, by usual names; None where one of the two is not there.

    >>> count_columns(["speaker", "Words", "errors"])
    CountColumns(words='Words', errors=('errors',), rate=None, unit=None)
    """
    plain = {name.strip().casefold().replace(" ", "_"): name for name in columns}
    words = [plain[name] for name in _WORDS if name in plain]
    errors = [plain[name] for name in _ERRORS if name in plain]
    kinds = [plain[name] for name in KINDS if name in plain]
    found = errors[:1] or (kinds if len(kinds) == len(KINDS) else [])
    return CountColumns(words[0], tuple(found)) if words and found else None


def counts_of(table: ImportedTable, columns: CountColumns) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The counts of every row, and what must be said about them.

    Returns
    -------
    The columns of `speechfair.running.counted_elsewhere.counts_schema`; kinds are null where they are not given.

    Raises
    ------
    InputError
        A column is not there, or the unit of a rate is not named.
    CorpusError
        A cell is missing or no count, or the rate is not that of the errors; the message names the row.
    """
    import polars as pl

    columns = columns_in(table, columns)
    words = _whole(table, columns.words, "the number of words")
    said: list[str] = []
    kinds = [pl.Series(name, [None] * len(words), dtype=pl.Int64) for name in KINDS]
    if columns.errors:
        parts = [_whole(table, name, "the number of errors") for name in columns.errors]
        if len(parts) == len(KINDS):
            kinds = [part.rename(name) for part, name in zip(parts, KINDS, strict=True)]
        errors = parts[0] if len(parts) == 1 else parts[0] + parts[1] + parts[2]
        _check_kinds(table, columns, kinds, words)
    if columns.rate is not None:
        rates, half = _rates(table, columns)
        within = words * half * 1.01 + 1e-6
        wrong = rates.filter(rates > 0)
        if columns.unit == "fraction" and len(wrong) and bool((wrong > 1).all()):
            said.append(
                f"every rate above 0 in column {columns.rate!r} is above 1, which is 100 %: are they in percent?"
            )
        if not columns.errors:
            errors = (rates * words).round().cast(pl.Int64)
            said.append(_rounded(float((words * half).max() or 0)))  # type: ignore[arg-type]
            within += 0.5
        _check_agreement(table, columns, errors, words, rates, within)
    return pl.DataFrame([*kinds, errors.rename("errors"), words.rename("reference_length")]), tuple(said)


def columns_in(table: ImportedTable, columns: CountColumns) -> CountColumns:
    """`columns` under their names in `table`, whose case may differ; `InputError` as for `counts_of`."""
    columns = replace(
        columns,
        words=column_there(columns.words, table, "number of words"),
        errors=tuple(column_there(name, table, "errors") for name in columns.errors),
        rate=None if columns.rate is None else column_there(columns.rate, table, "error rate"),
    )
    if len(columns.errors) not in (0, 1, len(KINDS)):
        raise InputError(
            f"{', '.join(columns.errors)}: name one column of errors, or three, in the order substitutions, deletions, "
            "insertions"
        )
    if not columns.errors and columns.rate is None:
        raise InputError("name a column of errors or of error rates for every system")
    if columns.rate is not None and columns.unit is None:
        raise InputError(
            f"{table.name}, column {columns.rate!r}: is 1 an error rate of 1 % or of 100 %? Say so with --rate-in "
            "percent or --rate-in fraction"
        )
    return columns


def _numbers(
    table: ImportedTable, column: str, what: str, *, percent: bool = False
) -> tuple[pl.Series, pl.Series]:
    """The cells of a column as numbers and as text. Missing, negative and other values are refused.

    A percent sign is one of the unit, so it may stand only where the column is in `percent`.
    """

    text = cells_of(table, column)
    if percent:
        text = text.str.strip_suffix("%").str.strip_chars_end()
    signed = text.str.ends_with("%").fill_null(False)
    if signed.any():
        wanted = f"{what} as a fraction" if what == _RATE else what
        hint = "say --rate-in percent" if what == _RATE else "give counts, or import rates with --error-rate"
        raise CorpusError(
            f"{table.name}, {place_of(table, signed)}, column {column!r}: {text.filter(signed)[0]!r} is a percentage, "
            f"not {wanted}; {hint}"
        )
    if text.is_null().any():
        raise CorpusError(
            f"{table.name}, {place_of(table, text.is_null())}, column {column!r}: {what} is missing "
            f"({text.null_count()} rows); fill it in, or take the row out of the table"
        )
    if what != _RATE:  # no error rate is in the thousands
        refuse_two_meanings(table, column, text, what)
    values = numbers_in(text)
    bad = ~(values.is_finite() & (values >= 0)).fill_null(False)
    if bad.any():
        raise CorpusError(
            f"{table.name}, {place_of(table, bad)}, column {column!r}: {text.filter(bad)[0]!r} is not {what}; it must "
            "be a number that is not negative"
        )
    return values, text


def _whole(table: ImportedTable, column: str, what: str) -> pl.Series:
    import polars as pl

    values, text = _numbers(table, column, what)
    thousands = text.str.contains(r"^\d{1,3}(\.\d{3})+$")
    if thousands.any():
        raise CorpusError(
            f"{table.name}, {place_of(table, thousands)}, column {column!r}: {text.filter(thousands)[0]!r} may be a "
            "whole number with a mark of thousands, or a fraction; write whole numbers without a point"
        )
    bad = (values % 1 != 0) | (values > _LARGEST)
    if bad.any():
        raise CorpusError(
            f"{table.name}, {place_of(table, bad)}, column {column!r}: {text.filter(bad)[0]!r} is not {what}; it must "
            "be a whole number"
        )
    return values.cast(pl.Int64)


def _rates(table: ImportedTable, columns: CountColumns) -> tuple[pl.Series, float]:
    """Rates as fractions, and half a unit of the last digit that any of them has."""
    import polars as pl

    assert columns.rate is not None
    percent = columns.unit == "percent"
    values, text = _numbers(table, columns.rate, _RATE, percent=percent)
    decimals = text.str.extract(r"[.,](\d*)", 1).str.len_chars().fill_null(0).cast(pl.Int64)
    exponents = text.str.extract(r"(?i)e([+-]?\d+)$", 1).str.strip_prefix("+").cast(pl.Int64, strict=False)
    digits = max([0, *(decimals - exponents.fill_null(0)).to_list()])
    half = 0.5 * 10.0**-digits
    per = 100.0 if percent else 1.0
    return (values / per).cast(pl.Float64), half / per


def _check_kinds(
    table: ImportedTable, columns: CountColumns, kinds: Sequence[pl.Series], words: pl.Series
) -> None:
    """Substituted and deleted words are words of the reference, so there are no more of them."""
    beyond = ((kinds[0] + kinds[1]) > words).fill_null(False)
    if beyond.any():
        row = int(beyond.arg_true()[0])
        raise CorpusError(
            f"{table.name}, {place_of(table, beyond)}: {kinds[0][row]} substitutions ({columns.errors[0]}) and "
            f"{kinds[1][row]} deletions ({columns.errors[1]}) are more than the {words[row]} words; are the columns in "
            "the order substitutions, deletions, insertions?"
        )


def _rounded(off: float) -> str:
    line = "errors are rate times words, rounded to whole numbers"
    return line if off <= 0.5 else f"{line}; for the digits of the rates a row may be off by {off:.0f} errors"


def _check_agreement(
    table: ImportedTable,
    columns: CountColumns,
    errors: pl.Series,
    words: pl.Series,
    rates: pl.Series,
    within: pl.Series,
) -> None:
    """Errors are rate times words, up to the digits of the rates; without words there is no rate but 0."""
    far = ((rates * words - errors).abs() > within) | ((words == 0) & (rates > 0))
    if not far.any():
        return
    row = int(far.arg_true()[0])
    unit, per = (" %", 100) if columns.unit == "percent" else ("", 1)
    raise CorpusError(
        f"{table.name}, {place_of(table, far)}: {errors[row]} errors in {words[row]} words are not an error rate of "
        f"{rates[row] * per:g}{unit} (column {columns.rate!r}), in {int(far.sum())} of {len(far)} rows; correct the "
        "column that is wrong, or give another --rate-in"
    )
