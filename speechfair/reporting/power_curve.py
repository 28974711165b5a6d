"""The picture of a plan: power over speakers per group, with the band that a pilot's uncertainty leaves.

It draws what the `Plan` holds and computes nothing.
"""

from __future__ import annotations

import math
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError
from speechfair.store import write_atomically
from speechfair.wording import given_percent, percent

if TYPE_CHECKING:
    from speechfair.exploring.planning import Plan

__all__ = ["power_curve", "write_power_curve"]

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
_INK, _SOFT, _GRID, _LINE, _BAND = "#1f2328", "#57606a", "#d8dee4", "#1f5fa8", "#1f5fa8"
_WIDTH, _HEIGHT = 620, 340


def power_curve(plan: Plan) -> str:
    """The curve as an ``<svg>`` document with a title and a description."""
    import vl_convert

    drawn = str(vl_convert.vegalite_to_svg(_spec(plan)))
    title, described = _title(plan), _described(plan)
    return re.sub(
        r"^<svg([^>]*)>",
        lambda m: f'<svg{m[1]} role="img"><title>{escape(title)}</title><desc>{escape(described)}</desc>',
        drawn,
        count=1,
    )


def write_power_curve(plan: Plan, path: Path) -> None:
    """Write the curve as ``.svg`` or ``.png``; another ending is an `InputError`."""
    kind = path.suffix.lower()
    if kind == ".svg":
        write_atomically(path, power_curve(plan).encode())
    elif kind == ".png":
        import vl_convert

        write_atomically(path, vl_convert.vegalite_to_png(_spec(plan), scale=2))
    else:
        raise InputError(f"{path}: the picture is written as .svg or .png; choose such a name")


def _title(plan: Plan) -> str:
    return f"Power to find a {plan.what} of {plan.ratio:g}" + (
        f" against the limit {plan.limit:g}" if plan.limit != 1 else ""
    )


def _described(plan: Plan) -> str:
    points = "; ".join(f"{p.speakers} speakers: {percent(p.power, sign=True)}" for p in plan.curve[::5])
    needed = (
        f"{plan.speakers} speakers per group reach {given_percent(plan.power)}"
        if plan.speakers
        else plan.reason
    )
    return f"{needed}. {points}"


def _subtitle(plan: Plan) -> str:
    people = plan.population
    text = (
        f"reference rate {percent(people.rate, sign=True)}, speakers vary by {people.variation:.2f}, "
        f"{people.words_per_speaker:.0f} {plan.trial} each, level {given_percent(plan.level)}"
    )
    if plan.texts is not None:
        text += f"; for other texts than the {plan.texts.count} too"
    return f"{text}; band: the pilot's uncertainty" if plan.curve[0].low is not None else text


def _spec(plan: Plan) -> dict[str, Any]:
    values = [{"speakers": p.speakers, "power": p.power, "low": p.low, "high": p.high} for p in plan.curve]
    first, last = plan.curve[0].speakers, plan.curve[-1].speakers
    ticks = [n for n in _TICKS if first <= n <= last]
    x: dict[str, Any] = {
        "type": "quantitative",
        "scale": {"type": "log", "domain": [first, last], "nice": False},
        "axis": {"title": _axis_title(plan), "values": ticks, "format": ",d"},
    }
    y: dict[str, Any] = {
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": {"title": "power", "format": ".0%", "tickCount": 6},
    }
    layers: list[dict[str, Any]] = []
    if plan.curve[0].low is not None:
        layers.append(
            {
                "mark": {"type": "area", "color": _BAND, "opacity": 0.18},
                "encoding": {
                    "x": {"field": "speakers", **x},
                    "y": {"field": "low", **y},
                    "y2": {"field": "high"},
                },
            }
        )
    layers.append(_rule("y", {"datum": plan.power, **y}))
    if plan.speakers is not None:
        layers.append(_rule("x", {"datum": plan.speakers, **x}))
    layers.append(
        {
            "mark": {"type": "line", "color": _LINE, "strokeWidth": 2.5},
            "encoding": {"x": {"field": "speakers", **x}, "y": {"field": "power", **y}},
        }
    )
    if plan.speakers is not None:
        layers += _answer(plan, x, y)
    axis = {"labelFont": _FONT, "titleFont": _FONT, "labelFontSize": 12, "titleFontSize": 13}
    colours = {"labelColor": _INK, "titleColor": _SOFT, "gridColor": _GRID, "domainColor": _GRID}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": _WIDTH,
        "height": _HEIGHT,
        "background": "white",
        "padding": 14,
        "title": {
            "text": _title(plan),
            "subtitle": _subtitle(plan),
            "anchor": "start",
            "offset": 14,
            "font": _FONT,
            "subtitleFont": _FONT,
            "fontSize": 16,
            "subtitleFontSize": 12.5,
            "color": _INK,
            "subtitleColor": _SOFT,
        },
        "data": {"values": values},
        "layer": layers,
        "config": {
            "view": {"stroke": None},
            "axis": {**axis, **colours, "tickColor": _GRID, "titleFontWeight": "normal", "titlePadding": 10},
        },
    }


_TICKS = (5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)


def _axis_title(plan: Plan) -> str:
    if plan.reference_speakers is None:
        return "speakers per group (log scale)"
    return f"speakers in the group, with {plan.reference_speakers} of the reference (log scale)"


# A layer with a datum of its own is drawn once for every row of its data.
_ONCE: dict[str, Any] = {"data": {"values": [{}]}}


def _rule(channel: str, where: dict[str, Any]) -> dict[str, Any]:
    mark = {"type": "rule", "strokeDash": [5, 4], "strokeWidth": 1.2, "color": _SOFT}
    return {**_ONCE, "mark": mark, "encoding": {channel: where}}


def _answer(plan: Plan, x: dict[str, Any], y: dict[str, Any]) -> list[dict[str, Any]]:
    """The needed number as a dot with its words, on the side where there is room."""
    assert plan.speakers is not None
    place = {"x": {"datum": plan.speakers, **x}, "y": {"datum": plan.power, **y}}
    first, last = plan.curve[0].speakers, plan.curve[-1].speakers
    left = math.log(plan.speakers / first) > 0.5 * math.log(last / first)
    dot = {"type": "point", "size": 110, "filled": True, "color": _LINE, "opacity": 1}
    words = {
        "type": "text",
        "align": "right" if left else "left",
        "dx": -10 if left else 10,
        "dy": -12 if left else 16,
        "font": _FONT,
        "fontSize": 13,
        "fontWeight": 600,
        "color": _INK,
    }
    text = {"value": f"{plan.speakers:,} speakers for {given_percent(plan.power)}"}
    return [
        {**_ONCE, "mark": dot, "encoding": place},
        {**_ONCE, "mark": words, "encoding": {**place, "text": text}},
    ]
