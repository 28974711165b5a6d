"""The charts of a probe's page: static SVG in colours of the page, drawn as in `figures`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from speechfair.auditing.audit_table import axis_title
from speechfair.charts.drawing import FONT, framed, label_px
from speechfair.messages.translation import ENGLISH, Translator
from speechfair.metrics.error_counts import rate_name
from speechfair.probes.sections import LANGUAGES
from speechfair.wording import percent

if TYPE_CHECKING:
    from markupsafe import Markup

    from speechfair.probes.results import GroupGrounding
    from speechfair.probes.strength.probe_strength import LanguageStrength, StrengthResult

__all__ = ["Chart", "dose_chart", "level_chart"]

_PANEL = 150
_STEP = 26
_COLUMNS = 4
_NARROW, _NARROWEST = 330, 120
"""Width of a drawing on a narrow screen, and the least of a panel in it beside long labels."""
_SIDES = 22
_ROOM = 44
"""For the numbers of an axis."""
_LINE = 15
"""Letters of a label's line on a narrow screen."""
_LABEL_LETTERS = 30


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its title, and what its marks mean in words; `narrow` has one panel below the other."""

    title: str
    legend: str
    svg: Markup
    narrow: Markup


def level_chart(groups: Sequence[GroupGrounding], tell: Translator = ENGLISH) -> Chart | None:
    """Share of right answers of each group in one panel per level, the text control next to it; `tell` words it."""
    if not groups:
        return None
    labels: dict[str, str] = {}
    for group in groups:
        name = tell.group(group.axis, group.value)
        label = name if len(name) <= _LABEL_LETTERS else f"{name[: _LABEL_LETTERS - 10]}…{name[-9:]}"
        while label in labels.values():
            label += "\u200b"
        labels[group.value] = label
    names = list(labels.values())
    levels = sorted({(level.level, level.name) for group in groups for level in group.levels})

    def panels(*, narrow: bool) -> list[dict[str, Any]]:
        return [
            _panel(f"L{level} {tell(name)}", _rows(groups, labels, level), names, first=narrow or number == 0)
            for number, (level, name) in enumerate(levels)
        ]

    described = "; ".join(
        f"{labels[group.value]}: " + ", ".join(f"L{v.level} {percent(v.audio.value)} %" for v in group.levels)
        for group in groups
    )
    title = f"Right answers by {axis_title(groups[0].axis)}"
    legend = "Dot: asked of the audio, with its interval. Diamond: asked of the transcript. Distance: the modality gap."
    spec = {"hconcat": panels(narrow=False), "spacing": 14}
    return _chart(spec, panels(narrow=True), tell(title), tell(legend), described, names)


def dose_chart(result: StrengthResult, tell: Translator = ENGLISH) -> Chart | None:
    """The error rate by strength, one panel for each first language; `tell` words it."""
    if not result.languages:
        return None
    rate = rate_name(result.tokens)
    tops = [dose.rate.value or 0.0 for one in result.languages for dose in one.doses]
    highs = [dose.rate.high or 0.0 for one in result.languages for dose in one.doses]
    # One interval that is absurdly wide must not press all curves to the floor.
    top = 1.04 * max(min(2 * max(tops), max(highs)), *tops, 0.01)
    # the page stretches a drawing to its own width, so few panels must be wide ones
    width = 900 // min(len(result.languages), _COLUMNS) - 40

    def panels(*, narrow: bool) -> list[dict[str, Any]]:
        return [
            _dose_panel(one, top, tell(rate) if narrow or number % _COLUMNS == 0 else None, width, tell)
            for number, one in enumerate(result.languages)
        ]

    described = "; ".join(
        f"{tell.group(LANGUAGES, one.first_language)}: "
        + ", ".join(f"{d.strength:g} {percent(d.rate.value)} %" for d in one.doses)
        for one in result.languages
    )
    legend = "Dots: measured, joined by lines. Band: interval. Dashed: twice the rate at strength 0."
    spec = {"concat": panels(narrow=False), "columns": _COLUMNS, "spacing": 16}
    what = tell(f"{rate} by accent strength")
    return _chart(spec, panels(narrow=True), what, tell(legend), described)


def _dose_panel(
    one: LanguageStrength, top: float, title: str | None, width: int, tell: Translator
) -> dict[str, Any]:
    rows = [
        {
            "strength": dose.strength,
            "rate": dose.rate.value,
            "low": dose.rate.value if dose.rate.low is None else dose.rate.low,
            "high": dose.rate.value if dose.rate.high is None else min(top, dose.rate.high),
        }
        for dose in one.doses
    ]
    x = {
        "field": "strength",
        "type": "quantitative",
        "scale": {"domain": [0, max(1.0, *(dose.strength for dose in one.doses))]},
        "axis": {"title": tell("strength"), "values": [0, 0.25, 0.5, 0.75, 1.0], "format": ".2~f"},
    }
    y: dict[str, Any] = {
        "type": "quantitative",
        "scale": {"domain": [0, top], "nice": False, "clamp": True},
        "axis": {"title": title, "format": ".0%", "tickCount": 5},
    }
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "area", "color": "var(--interval)", "opacity": 0.55},
            "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "line", "color": "var(--dot)", "strokeWidth": 2.5},
            "encoding": {"x": x, "y": {"field": "rate", **y}},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1, "color": "var(--dot)"},
            "encoding": {"x": x, "y": {"field": "rate", **y}},
        },
    ]
    base = one.doses[0].rate.value
    if base and 2 * base <= top:
        mark = {"type": "rule", "strokeDash": [5, 4], "strokeWidth": 1.5, "color": "var(--rule)"}
        layers.append({"data": {"values": [{}]}, "mark": mark, "encoding": {"y": {"datum": 2 * base, **y}}})
    name = {
        "text": tell.group(LANGUAGES, one.first_language),
        "anchor": "start",
        "color": "var(--ink)",
        "font": FONT,
    }
    return {
        "title": {**name, "fontSize": 13},
        "width": width,
        "height": 170,
        "data": {"values": rows},
        "layer": layers,
    }


def _rows(groups: Sequence[GroupGrounding], labels: dict[str, str], level: int) -> list[dict[str, Any]]:
    return [
        {
            "label": labels[group.value],
            "value": found.audio.value,
            "low": found.audio.value if found.audio.low is None else found.audio.low,
            "high": found.audio.value if found.audio.high is None else found.audio.high,
            "text": found.text.value,
        }
        for group in groups
        for found in group.levels
        if found.level == level
    ]


def _panel(title: str, rows: list[dict[str, Any]], order: list[str], *, first: bool) -> dict[str, Any]:
    x = {
        "type": "quantitative",
        "scale": {"domain": [0, 1.04], "nice": False},
        "axis": {"title": None, "format": ".0%", "values": [0, 0.5, 1.0]},
    }
    axis: dict[str, Any] | None = {"title": None, "ticks": False, "labelLimit": 600, "labelPadding": 10}
    y = {"field": "label", "type": "nominal", "sort": order, "axis": axis if first else None}
    ink: dict[str, Any] = {"opacity": 1, "strokeWidth": 2}
    return {
        "title": {"text": title, "anchor": "start", "color": "var(--ink)", "font": FONT, "fontSize": 13},
        "width": _PANEL,
        "height": {"step": _STEP},
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 5, "strokeCap": "round", "color": "var(--interval)"},
                "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "shape": "diamond", "size": 80, "stroke": "var(--rule)", **ink},
                "encoding": {"y": y, "x": {"field": "text", **x}},
            },
            {
                "mark": {
                    "type": "point",
                    "shape": "circle",
                    "size": 70,
                    "filled": True,
                    "color": "var(--dot)",
                    **ink,
                },
                "encoding": {"y": y, "x": {"field": "value", **x}},
            },
        ],
    }


def _chart(
    spec: dict[str, Any],
    panels: Sequence[dict[str, Any]],
    title: str,
    legend: str,
    described: str,
    labels: Sequence[str] = (),
) -> Chart:
    """The chart of `spec`, and that of its `panels`, each with axes of its own, for a narrow screen.

    Parameters
    ----------
    labels : of the rows, where the panels have any.
    """
    from markupsafe import Markup

    room = max(map(label_px, labels)) + 24 if labels else _ROOM
    lines = [part for label in labels for part in (label[:_LINE], label[_LINE:])]
    less = max(map(label_px, lines)) + 24 if labels else _ROOM
    width = max(_NARROWEST, _NARROW - less - _SIDES)
    stacked = {"vconcat": [_as_wide(panel, width) for panel in panels], "spacing": 18}
    wide, narrow = framed(_drawn(spec, room), title, described), _drawn(stacked, less)
    return Chart(title, legend, Markup(wide), Markup(framed(narrow, title, described, narrow=True)))


def _as_wide(panel: dict[str, Any], width: int) -> dict[str, Any]:
    """A panel of another width, long labels of its rows in two lines."""
    if "vconcat" in panel:
        return {**panel, "vconcat": [_as_wide(one, width) for one in panel["vconcat"]]}
    layers = [{**layer, "encoding": _in_lines(layer["encoding"])} for layer in panel["layer"]]
    return {**panel, "width": width, "layer": layers}


def _in_lines(encoding: dict[str, Any]) -> dict[str, Any]:
    y = encoding.get("y", {})
    if y.get("type") != "nominal" or not y.get("axis"):
        return encoding
    label = "datum.label"
    lines = f"length({label}) > {_LINE} ? [slice({label}, 0, {_LINE}), slice({label}, {_LINE})] : {label}"
    return {**encoding, "y": {**y, "axis": {**y["axis"], "labelExpr": lines}}}


def _drawn(spec: dict[str, Any], room: int) -> str:
    import vl_convert

    text = {"labelColor": "var(--ink)", "titleColor": "var(--soft)", "labelFont": FONT, "titleFont": FONT}
    whole = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "background": None,
        "padding": {"left": 2, "right": _SIDES - 2, "top": 6, "bottom": 4},
        "config": {
            "aria": False,
            "view": {"stroke": None},
            "axis": {
                **text,
                "labelFontSize": 12.5,
                "titleFontSize": 12.5,
                "titleFontWeight": "normal",
                "gridColor": "var(--grid)",
                "domainColor": "var(--grid)",
                "tickColor": "var(--grid)",
            },
            "axisY": {"domain": False, "grid": False, "minExtent": room, "maxExtent": room},
            "legend": text,
        },
        **spec,
    }
    return str(vl_convert.vegalite_to_svg(whole))
