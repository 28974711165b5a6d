"""The page of a comparison: one HTML file without script and without network. It only words and draws the `Comparison`.

Charts are drawn as in `figures`: static SVG, in colours of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.charts.drawing import dots, svg
from speechfair.charts.narrow import narrow_dots
from speechfair.comparing.comparison_table import margin_words, matching_words, metric_changes_of
from speechfair.messages.group_names import with_names
from speechfair.messages.translation import ENGLISH, Language, Translator
from speechfair.metrics.error_counts import rate_name
from speechfair.reporting.pages import markup, render
from speechfair.store import write_atomically
from speechfair.wording import count, given_percent, points

if TYPE_CHECKING:
    from speechfair.comparing.comparison import Comparison, GroupChange

__all__ = ["change_chart", "write_comparison"]

_LABEL_LETTERS, _NARROW_LETTERS = 34, 20
_LEAST_SPAN = 0.02


def write_comparison(comparison: Comparison, path: Path, language: Language = "en") -> Path:
    """Write the page of `comparison` in a language to `path` and return it.

    Raises
    ------
    StorageError : the file cannot be written; a file that was there before is intact.
    """
    tell = Translator(language)
    axes = [
        (
            axis,
            comparison.groups_of(axis.axis),
            [
                markup(change_chart(comparison.groups_of(axis.axis), tell, narrow=narrow))
                for narrow in (False, True)
            ],
        )
        for axis in comparison.axes
    ]
    pairs = [(group.axis, group.value) for group in comparison.groups]
    page = render(
        "compare.html.jinja",
        tell=tell,
        filters={"with_names": partial(with_names, pairs=pairs, tell=tell)},
        level=given_percent(comparison.level),
        r=comparison,
        axes=axes,
        margins=margin_words(comparison),
        metrics=metric_changes_of(comparison),
        matching=matching_words(comparison),
        rate=rate_name(comparison.tokens),
    )
    write_atomically(path, page)
    return path


def change_chart(
    groups: Sequence[GroupChange], tell: Translator = ENGLISH, *, narrow: bool = False
) -> str | None:
    """Change of each group's rate with its interval, 0 marked; None where no group has one.

    Parameters
    ----------
    groups : of one axis, in the order of display.
    tell : into the language of the chart.
    narrow : for a narrow screen.
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
        words = f"{tell(points(change.value))} · {tell(group.no_harm.verdict)}"
        words += f" {tell('(goes on)')}" if cut else ""
        label = _label(
            group, [row["label"] for row in rows], tell, _NARROW_LETTERS if narrow else _LABEL_LETTERS
        )
        rows.append(
            {"label": label, "value": change.value, "low": low, "high": high, "end": high, "text": words,
             "kind": "none" if change.low is None else "reference" if group.is_reference else "interval"}
        )  # fmt: skip
    span = top - bottom
    scale = {"domain": [bottom - 0.03 * span, top + 0.22 * span], "nice": False}
    axis = {"labelExpr": "datum.value == 0 ? '0' : format(100 * datum.value, '+.3~g')", "tickCount": 6}
    described = "; ".join(f"{row['label']}: {row['text']}" for row in rows)
    what = tell("Change of the error rate")
    title = tell("{what} by {axis}", what=what, axis=tell.axis(groups[0].axis))
    unit = tell("change of the error rate, percentage points")
    if narrow:
        scale = {"domain": [bottom - 0.03 * span, top + 0.03 * span]}
        return narrow_dots(rows, 0.0, scale, title, described, _in_points, unit)
    return svg(dots(rows, 0.0, scale, axis, unit), title, described)


def _in_points(value: float) -> str:
    return f"{100 * value:+.3g}" if abs(value) > 1e-9 else "0"


def _label(group: GroupChange, taken: Sequence[str], tell: Translator, most: int) -> str:
    """Name and speakers, no two alike, since equal labels would share a row."""
    name = tell.group(group.axis, group.value)
    if len(name) > most:
        name = f"{name[: most - 10]}…{name[-9:]}"
    label = f"\u2068{name}\u2069 · {tell(count(group.n_speakers, 'speaker'))}"
    while label in taken:
        label += "\u200b"
    return label
