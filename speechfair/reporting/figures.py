"""Charts as inline SVG, rendered by Vega-Lite: rates with intervals per group, and kinds of error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from speechfair.auditing.result import AuditResult, Group

__all__ = ["rate_chart"]

_ACCENT = "#1f5fa8"
_REFERENCE = "#6b6b6b"


def rate_chart(result: AuditResult, axis: str) -> str:
    """SVG of the groups' rates in percent, with intervals where there are any; the reference's rate as a rule."""
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(_specification(result, axis))
    return svg[svg.index("<svg") :]


def _specification(result: AuditResult, axis: str) -> dict[str, Any]:
    groups = [group for group in result.groups_of(axis) if group.rate.value is not None]
    unit = "word" if result.tokens == "words" else "character"
    values = [_point(group) for group in groups]
    reference = next((100 * (g.rate.value or 0.0) for g in groups if g.is_reference), None)
    shared = {
        "y": {"field": "group", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 320}}
    }
    colour = {
        "field": "reference",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": [False, True], "range": [_ACCENT, _REFERENCE]},
    }
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rule", "strokeWidth": 3},
            "transform": [{"filter": "isValid(datum.low)"}],
            "encoding": {
                **shared,
                "x": {"field": "low", "type": "quantitative"},
                "x2": {"field": "high"},
                "color": colour,
            },
        },
        {
            "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1},
            "encoding": {
                **shared,
                "x": {
                    "field": "rate",
                    "type": "quantitative",
                    "title": f"{unit} error rate, %",
                    "scale": {"zero": True},
                },
                "color": colour,
            },
        },
    ]
    if reference is not None:
        layers.insert(
            0,
            {
                "data": {"values": [{"x": reference}]},
                "mark": {"type": "rule", "strokeDash": [4, 4], "color": _REFERENCE},
                "encoding": {"x": {"field": "x", "type": "quantitative"}},
            },
        )
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": values},
        "width": 560,
        "padding": {"left": 16, "right": 16, "top": 8, "bottom": 8},
        "height": {"step": 34},
        "background": None,
        "config": {
            "font": "sans-serif",
            "axis": {
                "labelFontSize": 13,
                "titleFontSize": 13,
                "titleFontWeight": "normal",
                "gridColor": "#8883",
            },
            "view": {"stroke": None},
        },
        "layer": layers,
    }


def _point(group: Group) -> dict[str, Any]:
    speakers = f"{group.n_speakers} speaker{'' if group.n_speakers == 1 else 's'}"
    return {
        "group": f"{group.value} ({speakers})",
        "rate": 100 * (group.rate.value or 0.0),
        "low": None if group.rate.low is None else 100 * group.rate.low,
        "high": None if group.rate.high is None else 100 * group.rate.high,
        "reference": group.is_reference,
    }
