"""A gate's result as Markdown, for the summary of a pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from speechfair.gating.gate_words import compared, in_words, remarks
from speechfair.messages.translation import ENGLISH, Translator
from speechfair.result_table import Column, Table
from speechfair.result_table import markdown as literal
from speechfair.wording import count, precise_interval

if TYPE_CHECKING:
    from speechfair.gating.gate_result import Comparison, GateResult

__all__ = ["escaped", "markdown", "markdown_of_error"]

_MARKS = {"pass": "✅", "fail": "❌", "undetermined": "❔", "error": "⛔"}
_LINKS = re.compile(r"([:!])")
_CALLS = re.compile(r"([@#])")


def markdown(result: GateResult, tell: Translator = ENGLISH) -> str:
    """A heading with the verdict, a table with a row per comparison, worst first, and the notes.

    Names come from a corpus and from a file: they are escaped, and call nobody by ``@``.
    """
    result, order = in_words(result, tell), list(_MARKS)
    worst_first = {"fail": 0, "error": 1, "undetermined": 2, "pass": 3}
    counts = ", ".join(f"{result.counts[kind]} {tell(kind)}" for kind in order)  # type: ignore[index]
    run, criteria = result.run, result.criteria
    basis = tell(
        "{counts}. Model {model} on {corpus}; criteria {file} (sha256 {digest}…), frozen {frozen}, evaluation began "
        "{began}.",
        counts=counts,
        model=escaped(str(run.model)),
        corpus=escaped(run.corpus),
        file=escaped(criteria.file),
        digest=criteria.sha256[:16],
        frozen=_time(criteria.frozen, tell),
        began=_time(criteria.evaluated, tell),
    )
    lines = [
        f"## speechfair gate: {_mark(result.verdict, tell)}",
        "",
        basis,
        "",
        _table(sorted(result.comparisons, key=lambda c: worst_first[c.verdict]), tell),
        *(
            f"- {_mark(each.verdict, tell)} {escaped(tell(each.name.replace('_', ' ')))}: {escaped(each.reason)}"
            for each in result.requirements
        ),
        *(f"- {escaped(note)}" for note in result.notes),
    ]
    return "\n".join(lines) + "\n"


def markdown_of_error(message: str, tell: Translator = ENGLISH) -> str:
    """The summary of a gate that could not be held at all."""
    return f"## speechfair gate: {_mark('error', tell)}\n\n{escaped(message)}\n"


def escaped(text: str) -> str:
    r"""`text` as Markdown shows it literally: no markup, no HTML, no table cell, nobody called.

    >>> escaped("a|b *c* <d>")
    'a\\|b \\*c\\* \\<d\\>'
    """
    return _CALLS.sub("\\1\u200b", _LINKS.sub(r"\\\1", literal(text)))


def _mark(verdict: str, tell: Translator) -> str:
    return f"{_MARKS[verdict]} {tell(verdict)}"


def _table(comparisons: Sequence[Comparison], tell: Translator) -> str:
    columns = (
        Column("verdict", tell("verdict")),
        Column("criterion", tell("criterion")),
        Column("group", tell("group")),
        Column("estimate", tell("estimate"), "number"),
        Column("limit", tell("limit"), "number"),
        Column("speakers", tell("speakers"), "number"),
        Column("reason", tell("reason")),
    )
    return Table("", columns, tuple(_row(one, tell) for one in comparisons)).to_markdown(escaped)


def _row(comparison: Comparison, tell: Translator) -> tuple[str, ...]:
    speakers = count(comparison.n_speakers)
    if comparison.n_reference_speakers is not None:
        speakers += f" / {comparison.n_reference_speakers}"
    return (
        _mark(comparison.verdict, tell),
        f"{comparison.criterion} ({comparison.metric}, {comparison.axis})",
        compared(comparison),
        tell(precise_interval(comparison.estimate)),
        f"{comparison.limit:g}",
        speakers,
        "; ".join(remarks(comparison, tell)),
    )


def _time(text: str | None, tell: Translator) -> str:
    return escaped(text) if text else tell("at no recorded time")
