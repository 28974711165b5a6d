"""A gate's result as Markdown, for the summary of a pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from speechfair.gating.gate_result import above_limit
from speechfair.result_table import Column, Table
from speechfair.result_table import markdown as literal
from speechfair.wording import count, precise_interval

if TYPE_CHECKING:
    from speechfair.gating.gate_result import Comparison, GateResult

__all__ = ["escaped", "markdown", "markdown_of_error"]

_MARKS = {"pass": "✅ pass", "fail": "❌ fail", "undetermined": "❔ undetermined", "error": "⛔ error"}
_LINKS = re.compile(r"([:!])")
_CALLS = re.compile(r"([@#])")


def markdown(result: GateResult) -> str:
    """A heading with the verdict, a table with a row per comparison, worst first, and the notes.

    Names come from a corpus and from a file: they are escaped, and call nobody by ``@``.
    """
    order = list(_MARKS)
    worst_first = {"fail": 0, "error": 1, "undetermined": 2, "pass": 3}
    counts = ", ".join(f"{result.counts[kind]} {kind}" for kind in order)  # type: ignore[index]
    run, criteria = result.run, result.criteria
    lines = [
        f"## speechfair gate: {_MARKS[result.verdict]}",
        "",
        f"{counts}. Model {escaped(str(run.model))} on {escaped(run.corpus)}; criteria {escaped(criteria.file)} "
        f"(sha256 {criteria.sha256[:16]}…), frozen {_time(criteria.frozen)}, evaluation began "
        f"{_time(criteria.evaluated)}.",
        "",
        _table(sorted(result.comparisons, key=lambda c: worst_first[c.verdict])),
        *(
            f"- {_MARKS[each.verdict]} {escaped(each.name.replace('_', ' '))}: {escaped(each.reason)}"
            for each in result.requirements
        ),
        *(f"- {escaped(note)}" for note in result.notes),
    ]
    return "\n".join(lines) + "\n"


def markdown_of_error(message: str) -> str:
    """The summary of a gate that could not be held at all."""
    return f"## speechfair gate: {_MARKS['error']}\n\n{escaped(message)}\n"


def escaped(text: str) -> str:
    r"""`text` as Markdown shows it literally: no markup, no HTML, no table cell, nobody called.

    >>> escaped("a|b *c* <d>")
    'a\\|b \\*c\\* \\<d\\>'
    """
    return _CALLS.sub("\\1\u200b", _LINKS.sub(r"\\\1", literal(text)))


def _table(comparisons: Sequence[Comparison]) -> str:
    columns = (
        Column("verdict", "verdict"),
        Column("criterion", "criterion"),
        Column("group", "group"),
        Column("estimate", "estimate", "number"),
        Column("limit", "limit", "number"),
        Column("speakers", "speakers", "number"),
        Column("reason", "reason"),
    )
    return Table("", columns, tuple(map(_row, comparisons))).to_markdown(escaped)


def _row(comparison: Comparison) -> tuple[str, ...]:
    group, speakers, reason = comparison.group, count(comparison.n_speakers), comparison.reason
    if comparison.reference is not None:
        group += f" / {comparison.reference}"
    if comparison.n_reference_speakers is not None:
        speakers += f" / {comparison.n_reference_speakers}"
    if comparison.more_speakers is not None:
        reason += f"; {comparison.more_speakers} more speakers {comparison.more_speakers_reason or ''}"
    if comparison.probability_above is not None:
        reason += f"; {above_limit(comparison)}"
    return (
        _MARKS[comparison.verdict],
        f"{comparison.criterion} ({comparison.metric}, {comparison.axis})",
        group,
        precise_interval(comparison.estimate),
        f"{comparison.limit:g}",
        speakers,
        reason,
    )


def _time(text: str | None) -> str:
    return escaped(text) if text else "at no recorded time"
