"""The charts of the confidence page: reliability, rejection curves and thresholds, drawn as in `probe_figures`.

They draw what the `ConfidenceReport` holds and compute nothing but the shares of a group's words per bin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from speechfair.charts.drawing import FONT
from speechfair.messages.translation import ENGLISH, Translator
from speechfair.reporting.probe_figures import Chart, _chart
from speechfair.wording import given_percent, percent

if TYPE_CHECKING:
    from speechfair.exploring.confidence import GroupConfidence, Selection

__all__ = ["rejection_chart", "reliability_chart", "short_names", "threshold_chart"]

_COLUMNS = 3
_WIDTH = 900
_LABEL_LETTERS = 30
_ONCE: dict[str, Any] = {"data": {"values": [{}]}}
"""A layer with a datum of its own is drawn once for every row of its data."""


def short_names(groups: Sequence[GroupConfidence], tell: Translator = ENGLISH) -> list[str]:
    """The groups' names, cut to fit a label and no two alike."""
    names: list[str] = []
    for group in groups:
        name = tell("all speakers") if group.axis == "overall" else tell.group(group.axis, group.value)
        if len(name) > _LABEL_LETTERS:
            name = f"{name[: _LABEL_LETTERS - 10]}…{name[-9:]}"
        while name in names:
            name += "\u200b"
        names.append(name)
    return names


def reliability_chart(
    groups: Sequence[GroupConfidence], tokens: str, tell: Translator = ENGLISH
) -> Chart | None:
    """What was claimed against what was right, one panel for each group, with the count of each bin under it."""
    shown = [group for group in groups if group.reliability]
    if not shown:
        return None
    names = short_names(shown, tell)
    width = _panel_width(len(shown))
    # a range in which no group has anything would only press the rest together
    left = min(min(one.low for one in group.reliability) for group in shown)

    def panels(*, narrow: bool) -> list[dict[str, Any]]:
        return [
            _reliability_panel(
                group, name, tell(tokens), width, left, tell, first=narrow or index % _COLUMNS == 0
            )
            for index, (group, name) in enumerate(zip(shown, names, strict=True))
        ]

    described = "; ".join(
        f"{name}: "
        + ", ".join(
            tell(
                "claimed {claimed} %, right {right} % of {n} {tokens}",
                claimed=percent(one.confidence),
                right=percent(one.accuracy),
                n=one.words,
                tokens=tell(tokens),
            )
            for one in group.reliability
        )
        for group, name in zip(shown, names, strict=True)
    )
    legend = tell.said(
        "Dot: utterances of like confidence. Dashed: claimed equals right; a dot below it claims too much. "
        "Bars: {tokens} in the bin.",
        tokens=tell(tokens),
    )
    spec = {"concat": panels(narrow=False), "columns": _COLUMNS, "spacing": 24}
    what = tell.said("What was claimed and what was right")
    return _chart(spec, panels(narrow=True), what, legend, described)


def rejection_chart(
    groups: Sequence[GroupConfidence], target: float, tokens: str, tell: Translator = ENGLISH
) -> Chart | None:
    """Error among the most confident against the share of words they hold, one panel for each group."""
    shown = [group for group in groups if any(_rate(point) is not None for point in group.curve)]
    if not shown:
        return None
    names = short_names(shown, tell)
    points = [point.error_rate for group in shown for point in group.curve if point.error_rate is not None]
    values = [point.value or 0.0 for point in points]
    # One interval that is absurdly wide must not press all curves to the floor.
    top = 1.04 * max(min(2 * max(values), max(point.high or 0.0 for point in points)), *values, target, 0.01)
    width = _panel_width(len(shown))

    def panels(*, narrow: bool) -> list[dict[str, Any]]:
        return [
            _rejection_panel(
                group, name, target, top, width, tell(tokens), tell, first=narrow or index % _COLUMNS == 0
            )
            for index, (group, name) in enumerate(zip(shown, names, strict=True))
        ]

    described = "; ".join(
        f"{name}: "
        + ", ".join(
            tell("{rate} % errors among {share}", rate=percent(_rate(p)), share=given_percent(p.coverage))
            for p in group.curve
        )
        for group, name in zip(shown, names, strict=True)
    )
    legend = tell.said("Line: error among what is accepted. Band: its interval. Dashed: the wanted error.")
    spec = {"concat": panels(narrow=False), "columns": _COLUMNS, "spacing": 24}
    what = tell.said("What rejecting the unsure buys")
    return _chart(spec, panels(narrow=True), what, legend, described)


def threshold_chart(
    groups: Sequence[GroupConfidence], target: float, tell: Translator = ENGLISH
) -> Chart | None:
    """Own thresholds (dots) next to one for all (diamonds): error among what is accepted, and how much that is."""
    if not any(group.usual or group.own for group in groups):
        return None
    names = short_names(groups, tell)
    error, share = [], []
    for group, name in zip(groups, names, strict=True):
        for kind, found in (("own", group.own), ("one for all", group.usual)):
            if found is None:
                continue
            error.append(_mark(name, kind, found.error_rate))
            share.append(_mark(name, kind, found.coverage))
    highs = [row["high"] for row in error if row["high"] is not None]
    # One interval that is absurdly wide must not press all marks to the left.
    top = 1.06 * max(
        min(3 * target, max(highs, default=0.0)), target, *(row["value"] or 0.0 for row in error), 0.01
    )

    def panels(*, narrow: bool) -> list[dict[str, Any]]:
        return [
            _threshold_panel(tell("Errors among what is accepted"), error, names, top, target, first=True),
            _threshold_panel(tell("Share that is accepted"), share, names, 1.02, None, first=narrow),
        ]

    described = "; ".join(
        f"{name}: {tell(kind)}, {_described(found, tell)}"
        for group, name in zip(groups, names, strict=True)
        for kind, found in (("own threshold", group.own), ("one threshold for all", group.usual))
    )
    legend = tell.said(
        "Dot: the group's own threshold, on speakers it was not chosen on. Diamond: one threshold for all. "
        "Dashed: the wanted error."
    )
    spec, what = {"hconcat": panels(narrow=False), "spacing": 24}, tell.said("Own thresholds and one for all")
    return _chart(spec, panels(narrow=True), what, legend, described, names)


def _described(found: Selection | None, tell: Translator) -> str:
    if found is None:
        return tell("none found")
    error, share = percent(found.error_rate.value), percent(found.coverage.value)
    return tell("{rate} % errors among the {share} % accepted", rate=error, share=share)


def _rate(point: Any) -> float | None:
    return None if point.error_rate is None else point.error_rate.value


def _panel_width(count: int) -> int:
    """The page stretches a drawing to its own width, so few panels must be wide ones."""
    return _WIDTH // max(2, min(count, _COLUMNS)) - 70


def _title(name: str) -> dict[str, Any]:
    return {"text": name, "anchor": "start", "color": "var(--ink)", "font": FONT, "fontSize": 13}


def _reliability_panel(
    group: GroupConfidence, name: str, tokens: str, width: int, left: float, tell: Translator, *, first: bool
) -> dict[str, Any]:
    rows = [
        {"low": one.low, "high": one.high, "middle": (one.low + one.high) / 2, "words": one.words,
         "claimed": one.confidence, "right": one.accuracy, "text": f"{one.words:,}"}
        for one in group.reliability
    ]  # fmt: skip
    scale = {"domain": [left, 1], "nice": False}
    ticks = [round(0.1 * n, 1) for n in range(round(10 * left), 11) if left >= 0.5 or n % 2 == 0]
    x: dict[str, Any] = {"type": "quantitative", "scale": scale}
    y: dict[str, Any] = {
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": {"title": tell("{tokens} right", tokens=tokens) if first else None, "format": ".0%",
                 "values": [0, 0.25, 0.5, 0.75, 1]},
    }  # fmt: skip
    bare = {**x, "axis": {"title": None, "labels": False, "ticks": False, "values": ticks, "grid": True}}
    diagonal = {
        "data": {"values": [{"a": left}, {"a": 1}]},
        "mark": {"type": "line", "strokeDash": [5, 4], "strokeWidth": 1.5, "color": "var(--rule)"},
        "encoding": {"x": {"field": "a", **bare}, "y": {"field": "a", **y}},
    }
    place = {"x": {"field": "claimed", **bare}, "y": {"field": "right", **y}}
    line = {"mark": {"type": "line", "color": "var(--dot)", "strokeWidth": 1.5}, "encoding": place}
    dots = {
        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1, "color": "var(--dot)"},
        "encoding": place,
    }
    above = {"width": width, "height": 190, "layer": [diagonal, line, dots], "title": _title(name)}
    most = max(one.words for one in group.reliability)
    counted = {
        **x,
        "axis": {"title": tell("confidence"), "values": ticks, "format": ".0%", "labelFlush": False},
    }
    height = {"type": "quantitative", "scale": {"domain": [0, 1.45 * most], "nice": False}, "axis": None}
    bars = {
        "mark": {"type": "rect", "color": "var(--interval)", "stroke": "var(--card)", "strokeWidth": 1.5},
        "encoding": {
            "x": {"field": "low", **counted}, "x2": {"field": "high"}, "y": {"field": "words", **height},
            "y2": {"datum": 0},
        },
    }  # fmt: skip
    words = {
        "mark": {"type": "text", "dy": -8, "fontSize": 11, "color": "var(--soft)", "font": FONT},
        "encoding": {
            "x": {"field": "middle", **counted}, "y": {"field": "words", **height}, "text": {"field": "text"},
        },
    }  # fmt: skip
    below = {"width": width, "height": 56, "layer": [bars, words]}
    return {"vconcat": [above, below], "spacing": 4, "data": {"values": rows}, "bounds": "full"}


def _rejection_panel(
    group: GroupConfidence,
    name: str,
    target: float,
    top: float,
    width: int,
    tokens: str,
    tell: Translator,
    *,
    first: bool,
) -> dict[str, Any]:
    rows = []
    for point in group.curve:
        found = point.error_rate
        if found is None or found.value is None:
            continue
        known = found.low is not None and found.high is not None
        rows.append(
            {
                "coverage": point.coverage,
                "rate": found.value,
                "low": found.low if known else found.value,
                "high": min(top, found.high or 0.0) if known else found.value,
            }
        )
    x = {
        "field": "coverage",
        "type": "quantitative",
        "scale": {"domain": [1, 0.5], "nice": False},
        "axis": {
            "title": tell("share of the {tokens} accepted", tokens=tokens),
            "format": ".0%",
            "values": [1, 0.9, 0.8, 0.7, 0.6, 0.5],
            "labelExpr": "round(10 * datum.value) % 2 ? '' : datum.label",
            "labelFlush": False,
        },
    }
    y: dict[str, Any] = {
        "type": "quantitative",
        "scale": {"domain": [0, top], "nice": False, "clamp": True},
        "axis": {"title": tell("errors") if first else None, "format": ".0%", "tickCount": 5},
    }
    layers = [
        {
            "mark": {"type": "area", "color": "var(--interval)", "opacity": 0.55},
            "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}},
        },
        {
            **_ONCE,
            "mark": {"type": "rule", "strokeDash": [5, 4], "strokeWidth": 1.5, "color": "var(--rule)"},
            "encoding": {"y": {"datum": target, **y}},
        },
        {
            "mark": {"type": "line", "color": "var(--dot)", "strokeWidth": 2.5},
            "encoding": {"x": x, "y": {"field": "rate", **y}},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 50, "opacity": 1, "color": "var(--dot)"},
            "encoding": {"x": x, "y": {"field": "rate", **y}},
        },
    ]
    return {
        "title": _title(name),
        "width": width,
        "height": 190,
        "data": {"values": rows},
        "layer": layers,
    }


def _mark(name: str, kind: str, estimate: Any) -> dict[str, Any]:
    known = estimate.low is not None and estimate.high is not None
    return {
        "label": name,
        "kind": kind,
        "value": estimate.value,
        "low": estimate.low if known else None,
        "high": estimate.high if known else None,
    }


def _threshold_panel(
    title: str, rows: list[dict[str, Any]], order: list[str], top: float, rule: float | None, *, first: bool
) -> dict[str, Any]:
    x: dict[str, Any] = {
        "type": "quantitative",
        "scale": {"domain": [0, top], "nice": False, "clamp": True},
        "axis": {"title": None, "format": ".0%", "tickCount": 6, "grid": True},
    }
    axis: dict[str, Any] | None = {"title": None, "ticks": False, "labelLimit": 600, "labelPadding": 10}
    y: dict[str, Any] = {"field": "label", "type": "nominal", "sort": order, "scale": {"domain": order}}
    y["axis"] = axis if first else None
    layers: list[dict[str, Any]] = []
    if rule is not None:
        mark = {"type": "rule", "strokeDash": [5, 4], "strokeWidth": 1.5, "color": "var(--rule)"}
        layers.append({**_ONCE, "mark": mark, "encoding": {"x": {"datum": rule, **x}}})
    # the two marks of a group stand above each other, so that their intervals do not hide one another
    for kind, shape, fill, up in (
        ("own", "circle", "var(--dot)", -8),
        ("one for all", "diamond", "var(--card)", 8),
    ):
        mine = [row for row in rows if row["kind"] == kind and row["value"] is not None]
        stick = {"type": "rule", "strokeWidth": 4, "strokeCap": "round", "color": "var(--interval)"}
        point = {
            "type": "point",
            "shape": shape,
            "size": 80,
            "opacity": 1,
            "strokeWidth": 2,
            "stroke": "var(--dot)",
        }
        layers += [
            {
                "data": {"values": [row for row in mine if row["low"] is not None]},
                "mark": {**stick, "yOffset": up, "y2Offset": up},
                "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}},
            },
            {
                "data": {"values": mine},
                "mark": {**point, "fill": fill, "yOffset": up},
                "encoding": {"y": y, "x": {"field": "value", **x}},
            },
        ]
    return {"title": _title(title), "width": 330, "height": {"step": 44}, "layer": layers}
