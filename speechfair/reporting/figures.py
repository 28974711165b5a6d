"""The charts of the page: Vega-Lite drawings, rendered to SVG here, so that the page needs no chart library.

(The Vega runtime compiles its expressions with ``new Function``, which the page's content policy forbids; a static
drawing also prints, and needs no script.) Colours are CSS variables of the page, so charts follow light and dark.
A difference that colour shows is also shown by shape or words.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from speechfair.auditing.audit_table import axis_title
from speechfair.wording import percent, printable, times

if TYPE_CHECKING:
    from speechfair.auditing.result import Group
    from speechfair.types import Estimate

__all__ = ["composition_chart", "rate_chart", "ratio_chart"]

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK JP', sans-serif"
_WIDTH = 820
_STEP = 34
_LABEL_LETTERS = 34
_LETTER_PX = 8.2
"""Width of a letter at 13 px in a wide system font; the renderer does not know the font a reader has."""
_RATIO_TICKS = (
    0.02,
    0.05,
    0.1,
    0.2,
    0.33,
    0.5,
    0.67,
    0.8,
    1.0,
    1.25,
    1.5,
    2.0,
    3.0,
    4.0,
    6.0,
    10.0,
    15.0,
    20.0,
    30.0,
    50.0,
    100.0,
)
_KINDS = ("substitutions", "deletions", "insertions")
_RATIO_SPAN = (0.1, 10.0)


def rate_chart(groups: Sequence[Group], rate_name: str) -> str | None:
    """Error rate of each group as a dot with its interval, the reference group's rate as a vertical rule.

    Parameters
    ----------
    groups : of one axis, in the order of display.
    rate_name : such as ``word error rate``.

    Returns
    -------
    str or None
        An ``<svg>`` element; None where no group has a rate.
    """
    shown = [g for g in groups if g.rate.value is not None]
    if not shown:
        return None
    # One interval that is absurdly wide must not squeeze all others into a corner.
    top = 2.5 * max(g.rate.value or 0.0 for g in shown) or 0.05
    top = min(top, max((g.rate.high or 0.0) for g in shown) or top)
    top = max(top, *(g.rate.value or 0.0 for g in shown)) * 1.02
    rows = [
        _dot(label, g, g.rate, 0.0, top, f"{percent(g.rate.value)} %")
        for label, g in zip(_labels(shown), shown, strict=True)
    ]
    reference = next((g.rate.value for g in shown if g.is_reference), None)
    scale = {"domain": [0, top * 1.14], "nice": False, "zero": True}
    axis = {"format": ".0%" if top >= 0.1 else ".1%", "tickCount": 6}
    title = f"{rate_name[0].upper()}{rate_name[1:]} by {axis_title(groups[0].axis)}"
    described = "; ".join(f"{row['label']}: {row['text']}" for row in rows)
    return _svg(_dots(rows, reference, scale, axis, rate_name), title, described)


def ratio_chart(groups: Sequence[Group], rate_name: str) -> str | None:
    """Ratio of each group's rate to the reference's, on a logarithmic axis with 1 marked.

    A ratio of 0 (a group without any error) has no place on this axis; it stands in the table.
    """
    shown = [(g, g.ratio) for g in groups if g.ratio is not None and g.ratio.value]
    if not shown:
        return None
    drawn = [r for g, r in shown] + [
        g.ratio_simultaneous for g, _ in shown if g.ratio_simultaneous is not None
    ]
    known = [v for r in drawn for v in (r.value, r.low, r.high) if v]
    # One interval that is absurdly wide must not squeeze all others into a corner.
    values = [r.value or 1.0 for _, r in shown]
    low = max(min(0.8, *known), min(_RATIO_SPAN[0], min(values) / 2.5))
    high = min(max(1.25, *known), max(_RATIO_SPAN[1], max(values) * 2.5))
    labels = _labels([g for g, _ in shown])
    rows = [_dot(label, g, r, low, high, times(r.value)) for label, (g, r) in zip(labels, shown, strict=True)]
    for row, (group, _) in zip(rows, shown, strict=True):
        together = group.ratio_simultaneous
        if together is not None and together.low is not None and together.high is not None:
            row |= {"all_low": max(together.low, low), "all_high": min(together.high, high)}
            row["end"] = row["all_high"]
    margin = (high / low) ** 0.16
    scale = {"type": "log", "domain": [low / 1.05, high * margin], "nice": False}
    ticks = [t for t in _RATIO_TICKS if low / 1.05 <= t <= high * margin]
    axis = {"values": _apart(ticks, math.log(high * margin * 1.05 / low)), "format": "~g"}
    reference = next((g.value for g in groups if g.is_reference), "the reference")
    title = f"Ratio of {rate_name}s by {axis_title(groups[0].axis)}; 1 is {printable(reference)}"
    described = "; ".join(f"{row['label']}: {row['text']}" for row in rows)
    return _svg(_dots(rows, 1.0, scale, axis, "times the reference group's rate"), title, described)


def composition_chart(groups: Sequence[Group], rate_name: str) -> str | None:
    """Substitutions, deletions and insertions per reference token, stacked, one bar per group."""
    shown = [g for g in groups if g.reference_length]
    if not shown:
        return None
    rows: list[dict[str, Any]] = []
    longest = max((g.substitutions + g.deletions + g.insertions) / g.reference_length for g in shown) or 0.05
    labels = _labels(shown)
    for label, group in zip(labels, shown, strict=True):
        start = 0.0
        for kind in _KINDS:
            share = getattr(group, kind) / group.reference_length
            text = percent(share) if share > 0.07 * longest else ""
            rows.append(
                {"label": label, "kind": kind, "from": start, "to": start + share, "text": text}
                | {"middle": start + share / 2}
            )
            start += share
    colours = {"domain": list(_KINDS), "range": [f"var(--{kind})" for kind in _KINDS]}
    on_bars = {"domain": list(_KINDS), "range": [f"var(--on-{kind})" for kind in _KINDS]}
    x = {
        "type": "quantitative",
        "scale": {"domain": [0, longest * 1.02], "nice": False},
        "axis": {
            "title": f"{rate_name}, by kind of error",
            "format": ".0%" if longest >= 0.1 else ".1%",
            "tickCount": 6,
        },
    }
    bars = {
        "mark": {"type": "bar", "size": 20, "stroke": "var(--card)", "strokeWidth": 1.5},
        "encoding": {
            "y": _rows_axis(rows),
            "x": {"field": "from", **x},
            "x2": {"field": "to"},
            "color": {"field": "kind", "type": "nominal", "scale": colours, "legend": None},
        },
    }
    words = {
        "mark": {"type": "text", "fontSize": 12, "fontWeight": 600},
        "encoding": {
            "y": _rows_axis(rows),
            "x": {"field": "middle", **x},
            "text": {"field": "text", "type": "nominal"},
            "color": {"field": "kind", "type": "nominal", "scale": on_bars, "legend": None},
        },
    }
    described = "; ".join(
        f"{label}: {g.substitutions} substitutions, {g.deletions} deletions, {g.insertions} insertions "
        f"in {g.reference_length} reference tokens"
        for label, g in zip(labels, shown, strict=True)
    )
    title = f"Kinds of error by {axis_title(groups[0].axis)}"
    spec = {
        "data": {"values": rows},
        "layer": [bars, words],
        "resolve": {"scale": {"color": "independent"}},
    }
    return _svg(spec, title, described)


def _labels(groups: Sequence[Group]) -> list[str]:
    """Name and speakers of each group, cut to fit and no two alike, since equal labels would share a row."""
    labels: list[str] = []
    for group in groups:
        name = printable(group.value)
        if len(name) > _LABEL_LETTERS:
            # Long labels often differ at their end only, and the renderer would cut the speakers off.
            name = f"{name[: _LABEL_LETTERS - 10]}…{name[-9:]}"
        label = f"{name} · {'1 speaker' if group.n_speakers == 1 else f'{group.n_speakers} speakers'}"
        while label in labels:
            label += "\u200b"
        labels.append(label)
    return labels


def _without(low: float | None) -> str:
    return "  no interval" if low is None else f"  at least {low:.2f}, no upper limit"


def _dot(
    label: str, group: Group, estimate: Estimate, bottom: float, top: float, text: str
) -> dict[str, Any]:
    assert estimate.value is not None
    low, high = estimate.low, estimate.high
    has_interval = low is not None and high is not None
    cut = has_interval and high is not None and high > top
    return {
        "label": label,
        "value": estimate.value,
        "low": max(low, bottom) if low is not None and has_interval else estimate.value,
        "high": min(high, top) if high is not None and has_interval else estimate.value,
        "end": min(high, top) if high is not None and has_interval else estimate.value,
        "text": text + (" (goes on) →" if cut else "") + ("" if has_interval else _without(low)),
        "kind": "reference" if group.is_reference else "interval" if has_interval else "none",
    }


def _dots(
    rows: Sequence[dict[str, Any]],
    rule: float | None,
    scale: dict[str, Any],
    axis: dict[str, Any],
    title: str,
) -> dict[str, Any]:
    x: dict[str, Any] = {"type": "quantitative", "scale": scale, "axis": {"title": title, **axis}}
    y = _rows_axis(rows)
    layers: list[dict[str, Any]] = []
    if rule is not None:
        layers.append(
            {
                "mark": {"type": "rule", "strokeDash": [5, 4], "strokeWidth": 1.5, "color": "var(--rule)"},
                "encoding": {"x": {"datum": rule, **x}},
            }
        )
    layers.append(
        {
            "mark": {"type": "rule", "strokeWidth": 5, "strokeCap": "round", "color": "var(--interval)"},
            "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}},
        }
    )
    if any("all_low" in row for row in rows):
        layers.append(
            {
                "mark": {"type": "rule", "strokeWidth": 1.5, "color": "var(--dot)"},
                "encoding": {"y": y, "x": {"field": "all_low", **x}, "x2": {"field": "all_high"}},
            }
        )
    kinds = ["reference", "interval", "none"]
    layers.append(
        {
            "mark": {"type": "point", "size": 110, "opacity": 1, "strokeWidth": 2, "stroke": "var(--dot)"},
            "encoding": {
                "y": y,
                "x": {"field": "value", **x},
                "shape": {
                    "field": "kind",
                    "type": "nominal",
                    "legend": None,
                    "scale": {"domain": kinds, "range": ["diamond", "circle", "circle"]},
                },
                "fill": {
                    "field": "kind",
                    "type": "nominal",
                    "legend": None,
                    "scale": {"domain": kinds, "range": ["var(--card)", "var(--dot)", "var(--card)"]},
                },
            },
        }
    )
    layers.append(
        {
            "mark": {"type": "text", "align": "left", "dx": 13, "fontSize": 13, "fontWeight": 600},
            "encoding": {
                "y": y,
                "x": {"field": "end", **x},
                "text": {"field": "text", "type": "nominal"},
            },
        }
    )
    return {"data": {"values": list(rows)}, "layer": layers}


def _rows_axis(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "field": "label",
        "type": "nominal",
        "sort": list(dict.fromkeys(row["label"] for row in rows)),
        "axis": {"title": None, "labelLimit": 2 * _WIDTH, "labelPadding": 12, "ticks": False},
    }


def _apart(ticks: Sequence[float], span: float) -> list[float]:
    """The ticks that do not touch each other; 1 always stays."""
    kept = [1.0]
    for tick in sorted(ticks, key=lambda t: abs(math.log(t))):
        if all(abs(math.log(tick / other)) > 0.09 * span for other in kept):
            kept.append(tick)
    return sorted(kept)


def _label_px(label: str) -> int:
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in label)
    return round((len(label) + 0.75 * wide) * _LETTER_PX)


def _svg(spec: dict[str, Any], title: str, described: str) -> str:
    import vl_convert

    # Room for the labels is counted here, so that all charts of an axis stand under each other.
    room = max(_label_px(str(row["label"])) for row in spec["data"]["values"]) + 24
    # Words beside the last mark reach over the plot's edge.
    right = max(20, round(max(len(str(row["text"])) for row in spec["data"]["values"]) * _LETTER_PX) - 50)
    text = {"labelColor": "var(--ink)", "titleColor": "var(--soft)", "labelFont": _FONT, "titleFont": _FONT}
    whole = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": max(_WIDTH - room - right, 240),
        "height": {"step": _STEP},
        "background": None,
        "padding": {"left": 2, "right": right, "top": 6, "bottom": 4},
        "config": {
            "aria": False,
            "view": {"stroke": None},
            "text": {"font": _FONT, "color": "var(--ink)"},
            "axis": {
                **text,
                "labelFontSize": 13,
                "titleFontSize": 12.5,
                "titleFontWeight": "normal",
                "titlePadding": 10,
                "gridColor": "var(--grid)",
                "domainColor": "var(--grid)",
                "tickColor": "var(--grid)",
            },
            "axisY": {"domain": False, "grid": False, "minExtent": room, "maxExtent": room},
        },
        **spec,
    }
    drawn = str(vl_convert.vegalite_to_svg(whole))
    return _framed(drawn, title, described)


def _framed(drawn: str, title: str, described: str) -> str:
    """Name the drawing for screen readers; size it by its box; drop the namespaces that HTML does not need."""
    found = re.match(r"<svg[^>]*?viewBox=\"0 0 ([\d.]+) ([\d.]+)\"[^>]*>", drawn)
    assert found, "the renderer's SVG has no viewBox"
    width, height = found.groups()
    head = (
        f'<svg class="chart" role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"<title>{escape(title)}</title><desc>{escape(described)}</desc>"
    )
    return head + drawn[found.end() :]
