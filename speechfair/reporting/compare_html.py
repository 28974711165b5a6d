"""The page of a comparison: one HTML file without script and without network. It only words and draws the `Comparison`.

Charts are drawn as in `figures`: static SVG, in colours of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.auditing.audit_table import axis_title
from speechfair.charts.drawing import dots, svg
from speechfair.comparing.comparison_table import margin_words, matching_words, metric_changes_of
from speechfair.metrics.error_counts import rate_name
from speechfair.reporting.pages import markup, render
from speechfair.store import write_atomically
from speechfair.wording import points, printable

if TYPE_CHECKING:
    from speechfair.comparing.comparison import Comparison, GroupChange

__all__ = ["change_chart", "write_comparison"]

_LABEL_LETTERS = 34
_LEAST_SPAN = 0.02


def write_comparison(comparison: Comparison, path: Path) -> Path:
    """Write the page of `comparison` to `path` and return it.

    Raises
    ------
    StorageError : the file cannot be written; a file that was there before is intact.
    """
    axes = [
        (axis, comparison.groups_of(axis.axis), markup(change_chart(comparison.groups_of(axis.axis))))
        for axis in comparison.axes
    ]
    page = render(
        "compare.html.jinja",
        r=comparison,
        axes=axes,
        margins=margin_words(comparison),
        metrics=metric_changes_of(comparison),
        matching=matching_words(comparison),
        rate=rate_name(comparison.tokens),
    )
    write_atomically(path, page)
    return path


def change_chart(groups: Sequence[GroupChange]) -> str | None:
    """Change of each group's rate with its interval, 0 marked; None where no group has one.

    Parameters
    ----------
    groups : of one axis, in the order of display.
    """
    shown = [
        (group, group.difference)
        for group in groups
        if group.difference and group.difference.value is not None
    ]
    if not shown:
        return None
    # One interval that is absurdly wide must not squeeze all others into a corner.
    most = max(_LEAST_SPAN, *(3 * abs(change.value or 0.0) for _, change in shown))
    reach = [min(most, max(-most, v)) for _, d in shown for v in (d.value, d.low, d.high) if v is not None]
    bottom, top = min(-_LEAST_SPAN / 4, *reach), max(_LEAST_SPAN / 4, *reach)
    rows: list[dict[str, Any]] = []
    for group, change in shown:
        low = change.value if change.low is None else max(change.low, bottom)
        high = change.value if change.high is None else min(change.high, top)
        cut = (change.low or 0.0) < bottom or (change.high or 0.0) > top
        words = f"{points(change.value)} · {group.no_harm.verdict}" + (" (goes on)" if cut else "")
        rows.append(
            {"label": _label(group, [row["label"] for row in rows]), "value": change.value, "low": low, "high": high,
             "text": words, "kind": "none" if change.low is None else "reference" if group.is_reference else "interval"}
        )  # fmt: skip
    span = top - bottom
    scale = {"domain": [bottom - 0.03 * span, top + 0.22 * span], "nice": False}
    axis = {"labelExpr": "datum.value == 0 ? '0' : format(100 * datum.value, '+.3~g')", "tickCount": 6}
    described = "; ".join(f"{row['label']}: {row['text']}" for row in rows)
    title = f"Change of the error rate by {axis_title(groups[0].axis)}"
    return svg(dots(rows, 0.0, scale, axis, "change of the error rate, percentage points"), title, described)


def _label(group: GroupChange, taken: Sequence[str]) -> str:
    """Name and speakers, no two alike, since equal labels would share a row."""
    name = printable(group.value)
    if len(name) > _LABEL_LETTERS:
        name = f"{name[: _LABEL_LETTERS - 10]}…{name[-9:]}"
    label = f"{name} · {'1 speaker' if group.n_speakers == 1 else f'{group.n_speakers} speakers'}"
    while label in taken:
        label += "\u200b"
    return label
