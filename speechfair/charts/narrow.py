"""The same charts for a screen that is held in one hand: one column, each label above its row.

Drawn without a library, since a page has one of each chart and a library call costs more than the rest of the page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from speechfair.charts.drawing import framed

__all__ = ["narrow_bars", "narrow_dots"]

_WIDTH = 348
_STEP = 46
_LEFT, _RIGHT = 4.0, 344.0
_AXIS = 38
_FEWEST_PX = 52


def narrow_dots(
    rows: Sequence[dict[str, Any]],
    rule: float | None,
    scale: dict[str, Any],
    title: str,
    described: str,
    ticks: Callable[[float], str],
    axis_title: str,
    *,
    values: Sequence[float] | None = None,
    points: Sequence[dict[str, Any]] = (),
) -> str:
    """The chart of `drawing.dots`.

    Parameters
    ----------
    rows : as there; with ``overall``, an upright stroke stands there.
    ticks : the text of a tick.
    values : where ticks may stand; None chooses round numbers.
    """
    place = _Place(scale)
    drawn = [_axis(place, len(rows), values, ticks, axis_title)]
    if rule is not None and place.holds(rule):
        x, bottom = place(rule), _STEP * len(rows)
        drawn.append(
            f'<path d="M{x:.1f},4V{bottom}" stroke="var(--rule)" stroke-width="1.5" stroke-dasharray="5 4"/>'
        )
    for number, row in enumerate(rows):
        y = _STEP * number + 33
        drawn += [
            f'<circle cx="{place(one["value"]):.1f}" cy="{y + 5 * one.get("shift", 0):.1f}" r="2" '
            'fill="var(--rule)" fill-opacity=".45"/>'
            for one in points
            if one["label"] == row["label"]
        ]
        drawn += [_labels(row["label"], row["text"], y), *_estimate(row, place, y)]
    return _whole(drawn, len(rows), title, described)


def narrow_bars(
    rows: Sequence[tuple[str, Sequence[tuple[str, float]]]],
    title: str,
    described: str,
    ticks: Callable[[float], str],
    axis_title: str,
) -> str:
    """Stacked bars: of each row its label, and the kind (a colour of the page) and length of its parts."""
    longest = max(sum(length for _, length in parts) for _, parts in rows) or 0.05
    place = _Place({"domain": [0, longest * 1.02]})
    drawn = [_axis(place, len(rows), None, ticks, axis_title)]
    for number, (label, parts) in enumerate(rows):
        y, start = _STEP * number + 33, 0.0
        drawn.append(_labels(label, ticks(sum(length for _, length in parts)), y))
        for kind, length in parts:
            left, right = place(start), place(start + length)
            size = f'width="{max(0.0, right - left):.1f}" height="15"'
            drawn.append(f'<rect x="{left:.1f}" y="{y - 7}" {size} fill="var(--{kind})"/>')
            start += length
    return _whole(drawn, len(rows), title, described)


class _Place:
    """From a value to its place in pixels."""

    def __init__(self, scale: dict[str, Any]) -> None:
        self.low, self.high = scale["domain"]
        self.log = scale.get("type") == "log"

    def __call__(self, value: float) -> float:
        value = min(max(value, self.low), self.high)
        low, high, at = (
            (math.log(v) for v in (self.low, self.high, value)) if self.log else (self.low, self.high, value)
        )
        return _LEFT + (_RIGHT - _LEFT) * (at - low) / (high - low)

    def holds(self, value: float) -> bool:
        return bool(self.low <= value <= self.high)

    def ticks(self) -> list[float]:
        rough = (self.high - self.low) / 4
        step = 10.0 ** math.floor(math.log10(rough))
        step *= next(factor for factor in (1, 2, 5, 10) if factor * step >= rough)
        first = math.ceil(self.low / step)
        return [number * step for number in range(first, math.floor(self.high / step) + 1)]


def _axis(
    place: _Place, n_rows: int, values: Sequence[float] | None, worded: Callable[[float], str], title: str
) -> str:
    bottom, drawn, last = _STEP * n_rows + 4, list[str](), -math.inf
    for value in place.ticks() if values is None else [v for v in values if place.holds(v)]:
        x = place(value)
        if x - last < _FEWEST_PX and last > -math.inf:
            continue
        last = x
        side = "start" if x < 20 else "end" if x > _WIDTH - 24 else "middle"
        drawn.append(
            f'<path d="M{x:.1f},4V{bottom}" stroke="var(--grid)"/>'
            f'<text x="{x:.1f}" y="{bottom + 14}" font-size="12" text-anchor="{side}">{escape(worded(value))}</text>'
        )
    name = f'<text x="{_LEFT}" y="{bottom + 31}" font-size="12" fill="var(--soft)">{escape(title)}</text>'
    return "".join(drawn) + name


def _labels(label: str, text: str, y: float) -> str:
    return (
        f'<text x="{_LEFT}" y="{y - 15}" font-size="12.5">{escape(label)}</text>'
        f'<text x="{_RIGHT}" y="{y - 15}" font-size="12.5" font-weight="600" text-anchor="end">{escape(text)}</text>'
    )


def _estimate(row: dict[str, Any], place: _Place, y: float) -> list[str]:
    x, drawn = place(row["value"]), []
    if row["kind"] != "none":
        drawn.append(
            f'<path d="M{place(row["low"]):.1f},{y}H{place(row["high"]):.1f}" stroke="var(--interval)" '
            'stroke-width="5" stroke-linecap="round"/>'
        )
    if "all_low" in row:
        left, right = place(row["all_low"]), place(row["all_high"])
        drawn.append(f'<path d="M{left:.1f},{y}H{right:.1f}" stroke="var(--dot)" stroke-width="1.5"/>')
    if row.get("overall") is not None:
        at = place(row["overall"])
        drawn.append(f'<path d="M{at:.1f},{y - 8}v16" stroke="var(--rule)" stroke-width="3"/>')
    fill = "var(--dot)" if row["kind"] == "interval" else "var(--card)"
    shape = (
        f'<path d="M{x:.1f},{y - 6.5}l6.5,6.5l-6.5,6.5l-6.5,-6.5z"'
        if row["kind"] == "reference"
        else f'<circle cx="{x:.1f}" cy="{y}" r="5.5"'
    )
    return [*drawn, f'{shape} fill="{fill}" stroke="var(--dot)" stroke-width="2"/>']


def _whole(drawn: Sequence[str], n_rows: int, title: str, described: str) -> str:
    height = _STEP * n_rows + _AXIS
    head = f'<svg viewBox="0 0 {_WIDTH} {height}">'
    body = f'<g font-family="inherit" fill="var(--ink)">{"".join(drawn)}</g></svg>'
    return framed(head + body, title, described, narrow=True)
