"""A gate's result as Markdown, for the summary of a pull request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from speechfair.wording import NOTHING, printable

if TYPE_CHECKING:
    from speechfair.gating.gate_result import Comparison, GateResult

__all__ = ["escaped", "estimate_words", "markdown", "markdown_of_error"]

_MARKS = {"pass": "✅ pass", "fail": "❌ fail", "undetermined": "❔ undetermined", "error": "⛔ error"}
_HEAD = (
    "| verdict | criterion | group | estimate | limit | speakers | reason |",
    "| --- | --- | --- | --- | --- | --- | --- |",
)
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~&:!])")
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
        *_HEAD,
        *(_row(c) for c in sorted(result.comparisons, key=lambda c: worst_first[c.verdict])),
        "",
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
    return _CALLS.sub("\\1\u200b", _SPECIAL.sub(r"\\\1", printable(text)))


def estimate_words(comparison: Comparison) -> str:
    """The estimate and its interval, such as ``1.083 [0.97, 1.204]``; a dash where there is none."""
    estimate = comparison.estimate
    if estimate is None or estimate.value is None:
        return NOTHING
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.4g} (no interval)"
    return f"{estimate.value:.4g} [{estimate.low:.4g}, {estimate.high:.4g}]"


def _row(comparison: Comparison) -> str:
    group = escaped(comparison.group)
    if comparison.reference is not None:
        group += f" / {escaped(comparison.reference)}"
    speakers = NOTHING if comparison.n_speakers is None else str(comparison.n_speakers)
    if comparison.n_reference_speakers is not None:
        speakers += f" / {comparison.n_reference_speakers}"
    reason = escaped(comparison.reason)
    if comparison.more_speakers is not None:
        reason += (
            f"; {comparison.more_speakers} more speakers {escaped(comparison.more_speakers_reason or '')}"
        )
    cells = [
        _MARKS[comparison.verdict],
        f"{escaped(comparison.criterion)} ({escaped(comparison.metric)}, {escaped(comparison.axis)})",
        group,
        escaped(estimate_words(comparison)),
        f"{comparison.limit:g}",
        speakers,
        reason,
    ]
    return "| " + " | ".join(cells) + " |"


def _time(text: str | None) -> str:
    return escaped(text) if text else "at no recorded time"
