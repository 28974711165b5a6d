"""Which utterances are asked for, as the address of a page says it: search, filters, order and page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from speechfair.errors import InputError
from speechfair.registry import did_you_mean
from speechfair.viewing.utterance_table import SEARCHED, group_column, lower_column

if TYPE_CHECKING:
    import polars as pl

__all__ = ["KINDS", "SORTS", "Kind", "UtteranceQuery", "matching_rows"]

Kind = Literal[
    "all",
    "errors",
    "correct",
    "substitutions",
    "deletions",
    "insertions",
    "failed",
    "runaway",
    "redone",
    "excluded",
    "lost",
    "won",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
SORTS = (
    "row",
    "id",
    "speaker",
    "errors",
    "rate",
    "substitutions",
    "deletions",
    "insertions",
    "reference_length",
    "duration_s",
    "tokens_per_s",
    "confidence",
    "change",
)
_AXIS = "axis."


@dataclass(frozen=True)
class UtteranceQuery:
    """What is asked for.

    Parameters
    ----------
    text : is part of the id, the speaker, the reference or the hypothesis, whatever the case; empty is no condition.
    groups : group by axis; all must hold.
    kind : of errors; ``lost`` and ``won`` need a run to compare with.
    confidence_low, confidence_high : limits, both included; rows without a confidence then do not match.
    sort, descending : order; what is undefined comes last, and ties stay in the order of the manifest.
    """

    text: str = ""
    groups: tuple[tuple[str, str], ...] = field(default=())
    speaker: str | None = None
    kind: Kind = "all"
    confidence_low: float | None = None
    confidence_high: float | None = None
    sort: str = "errors"
    descending: bool = True

    @classmethod
    def parse(cls, asked: Mapping[str, str]) -> UtteranceQuery:
        """From the parameters of an address; `InputError` names one that cannot be used."""
        known = {"q", "speaker", "kind", "cmin", "cmax", "sort", "order"}
        for name in asked:
            if name not in known and not name.startswith(_AXIS):
                raise InputError(f"unknown parameter {name!r}; {did_you_mean(name, sorted(known))}")
        kind, sort = asked.get("kind", "all"), asked.get("sort", "errors")
        order = asked.get("order", "desc")
        for name, value, choices in (
            ("kind", kind, KINDS),
            ("sort", sort, SORTS),
            ("order", order, ("asc", "desc")),
        ):
            if value not in choices:
                raise InputError(f"{name} is {value!r}; {did_you_mean(value, list(choices))}")
        groups = tuple((n.removeprefix(_AXIS), v) for n, v in asked.items() if n.startswith(_AXIS))
        return cls(
            text=asked.get("q", ""),
            groups=tuple(sorted(groups)),
            speaker=asked.get("speaker"),
            kind=kind,  # type: ignore[arg-type]
            confidence_low=_number(asked, "cmin"),
            confidence_high=_number(asked, "cmax"),
            sort=sort,
            descending=order == "desc",
        )


def _number(asked: Mapping[str, str], name: str) -> float | None:
    text = asked.get(name)
    if text is None or text == "":
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{name} is {text!r}, not a number")
    return value


def matching_rows(table: pl.DataFrame, query: UtteranceQuery) -> pl.Series:
    """The row numbers that match, in the order asked for.

    Parameters
    ----------
    table : see `utterance_table`; for ``lost``, ``won`` and the order ``change`` also with a column ``change``
        (errors here minus errors in the other run).

    Raises
    ------
    InputError
        An axis is not one of the table's, or there is no run to compare with.
    """
    import polars as pl

    if (query.kind in ("lost", "won") or query.sort == "change") and "change" not in table.columns:
        raise InputError("utterances won and lost need a second run to compare with")
    rows = table.lazy()
    for condition in _conditions(table, query):
        rows = rows.filter(condition)
    key = pl.col(query.sort).cast(pl.String) if query.sort == "speaker" else pl.col(query.sort)
    found = rows.select("row", key.alias("key")).collect()
    return found.sort("key", descending=query.descending, nulls_last=True, maintain_order=True)["row"]


def _conditions(table: pl.DataFrame, query: UtteranceQuery) -> Iterable[pl.Expr]:
    """Cheap conditions first, so that the search reads few texts."""
    import polars as pl

    for axis, value in query.groups:
        if group_column(axis) not in table.columns:
            known = [name.removeprefix("group:") for name in table.columns if name.startswith("group:")]
            raise InputError(f"the run has no axis {axis!r}; {did_you_mean(axis, known)}")
        yield pl.col(group_column(axis)).cast(pl.String) == value
    if query.kind != "excluded" and (query.groups or query.kind != "all"):
        yield ~pl.col("excluded")
    kind = query.kind
    if kind == "errors":
        yield pl.col("errors") > 0
    elif kind == "correct":
        yield pl.col("errors") == 0
    elif kind in ("substitutions", "deletions", "insertions"):
        yield pl.col(kind) > 0
    elif kind in ("failed", "runaway", "redone", "excluded"):
        yield pl.col(kind)
    elif kind in ("lost", "won"):
        yield pl.col("change") > 0 if kind == "lost" else pl.col("change") < 0
    if query.speaker is not None:
        yield pl.col("speaker").cast(pl.String) == query.speaker
    if query.confidence_low is not None:
        yield pl.col("confidence") >= query.confidence_low
    if query.confidence_high is not None:
        yield pl.col("confidence") <= query.confidence_high
    if query.text:
        wanted = query.text.lower()
        columns = (pl.col(lower_column(table, name)).cast(pl.String) for name in SEARCHED)
        found = [column.str.contains(wanted, literal=True).fill_null(False) for column in columns]
        yield pl.any_horizontal(found)
