"""How every chart is drawn: Vega-Lite, rendered to SVG here, so that no page needs a chart library.

(The Vega runtime compiles its expressions with ``new Function``, which the pages' content policy forbids; a static
drawing also prints, and needs no script.) Colours are CSS variables of the page, so charts follow light and dark. What
the marks stand for is decided by the rooms that draw.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from html import escape
from typing import Any

__all__ = ["FONT", "apart", "dots", "framed", "label_px", "rows_axis", "svg"]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK JP', sans-serif"
_TAG, _ROLE = re.compile(r"<[a-z][^<>]*>"), re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')
_WIDTH = 820
_STEP = 34
_LETTER_PX = 8.2
"""Width of a letter at 13 px in a wide system font; the renderer does not know the font a reader has."""


def dots(
    rows: Sequence[dict[str, Any]],
    rule: float | None,
    scale: dict[str, Any],
    axis: dict[str, Any],
    title: str,
    *,
    points: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """The specification of a chart with one row for each estimate: a dot on its interval, and its text.

    Parameters
    ----------
    rows : of each estimate ``label``, ``value``, ``low``, ``high``, ``end`` (where its text begins), ``text`` and
        ``kind`` (``reference``, ``interval`` or ``none``); ``all_low`` and ``all_high`` of a second
        interval where there is one.
    rule : where an upright dashed line stands.
    scale, axis : of x, as Vega-Lite takes them.
    points : small dots behind the intervals: ``label``, ``value`` and ``shift`` (up or down, -1 to 1) each.
    """
    x: dict[str, Any] = {"type": "quantitative", "scale": scale, "axis": {"title": title, **axis}}
    y = rows_axis(rows)
    layers = [_rule(rule, x)] if rule is not None else []
    if points:
        layers.append(
            {
                "data": {"values": list(points)},
                "mark": {"type": "circle", "size": 16, "opacity": 0.45, "color": "var(--rule)"},
                "encoding": {"y": y, "x": {"field": "value", **x}, "yOffset": _shift()},
            }
        )
    layers.append(_bar(y, x, "low", "high", strokeWidth=5, strokeCap="round", color="var(--interval)"))
    if any("all_low" in row for row in rows):
        layers.append(_bar(y, x, "all_low", "all_high", strokeWidth=1.5, color="var(--dot)"))
    layers.append(_estimates(y, x))
    mark = {"type": "text", "align": "left", "dx": 13, "fontSize": 13, "fontWeight": 600}
    at = {"datum": scale["domain"][1]} if points else {"field": "end"}
    layers.append({"mark": mark, "encoding": _worded(y, {**at, **x}, "text")})
    return {"data": {"values": list(rows)}, "layer": layers, "usermeta": {"texts_beyond": bool(points)}}


def _rule(at: float, x: dict[str, Any]) -> dict[str, Any]:
    mark = {"type": "rule", "strokeDash": [5, 4], "strokeWidth": 1.5, "color": "var(--rule)"}
    return {"mark": mark, "encoding": {"x": {"datum": at, **x}}}


def _bar(y: dict[str, Any], x: dict[str, Any], low: str, high: str, **style: Any) -> dict[str, Any]:
    return {
        "mark": {"type": "rule", **style},
        "encoding": {"y": y, "x": {"field": low, **x}, "x2": {"field": high}},
    }


def _estimates(y: dict[str, Any], x: dict[str, Any]) -> dict[str, Any]:
    kinds = ["reference", "interval", "none"]

    def by_kind(values: list[str]) -> dict[str, Any]:
        scale = {"domain": kinds, "range": values}
        return {"field": "kind", "type": "nominal", "legend": None, "scale": scale}

    return {
        "mark": {"type": "point", "size": 110, "opacity": 1, "strokeWidth": 2, "stroke": "var(--dot)"},
        "encoding": {
            "y": y,
            "x": {"field": "value", **x},
            "shape": by_kind(["diamond", "circle", "circle"]),
            "fill": by_kind(["var(--card)", "var(--dot)", "var(--card)"]),
        },
    }


def _shift() -> dict[str, Any]:
    middle = 0.4 * _STEP  # of the band that a row has
    scale = {"domain": [-1, 1], "range": [middle - _STEP / 5, middle + _STEP / 5]}
    return {"field": "shift", "type": "quantitative", "scale": scale}


def _worded(y: dict[str, Any], x: dict[str, Any], field: str) -> dict[str, Any]:
    return {"y": y, "x": x, "text": {"field": field, "type": "nominal"}}


def rows_axis(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The encoding of y: one row for each label, in the order of `rows`."""
    return {
        "field": "label",
        "type": "nominal",
        "sort": list(dict.fromkeys(row["label"] for row in rows)),
        "axis": {"title": None, "labelLimit": 2 * _WIDTH, "labelPadding": 12, "ticks": False},
    }


def apart(ticks: Sequence[float], span: float) -> list[float]:
    """The ticks that do not touch each other; 1 always stays."""
    kept = [1.0]
    for tick in sorted(ticks, key=lambda t: abs(math.log(t))):
        if all(abs(math.log(tick / other)) > 0.09 * span for other in kept):
            kept.append(tick)
    return sorted(kept)


def label_px(label: str) -> int:
    """How wide a label is at most, in pixels."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in label)
    return round((len(label) + 0.75 * wide) * _LETTER_PX)


def svg(spec: dict[str, Any], title: str, described: str) -> str:
    """Draw a specification of rows; see `dots`.

    Parameters
    ----------
    title, described : name and content for screen readers.
    """
    import vl_convert

    rows = spec["data"]["values"]
    # Room for the labels is counted here, so that all charts of an axis stand under each other.
    room = max(label_px(str(row["label"])) for row in rows) + 24
    # Words next to the last mark reach over the plot's edge.
    longest = round(max(len(str(row["text"])) for row in rows) * _LETTER_PX)
    beyond = spec.get("usermeta", {}).get("texts_beyond", False)
    # The renderer counts them in a font that may be narrower than the reader's.
    right = round(1.35 * longest) + 16 if beyond else max(20, longest - 50)
    text = {"labelColor": "var(--ink)", "titleColor": "var(--soft)", "labelFont": FONT, "titleFont": FONT}
    whole = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": max(_WIDTH - room - right, 240),
        "height": {"step": _STEP, "for": "position"},
        "background": None,
        "padding": {"left": 2, "right": round(0.35 * longest) if beyond else right, "top": 6, "bottom": 4},
        "config": {
            "aria": False,
            "view": {"stroke": None},
            "text": {"font": FONT, "color": "var(--ink)"},
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
    return framed(str(vl_convert.vegalite_to_svg(whole)), title, described)


def framed(drawn: str, title: str, described: str, *, narrow: bool = False) -> str:
    """Name the drawing for screen readers; size it by its box; drop the namespaces that HTML does not need."""
    found = re.match(r"<svg[^>]*?viewBox=\"0 0 ([\d.]+) ([\d.]+)\"[^>]*>", drawn)
    assert found, "the renderer's SVG has no viewBox"
    width, height = found.groups()
    kind = "chart narrow" if narrow else "chart"
    head = (
        f'<svg class="{kind}" role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"<title>{escape(title)}</title><desc>{escape(described)}</desc>"
    )
    # The drawing as a whole has a name; single marks that claim a role of their own would each need one.
    inner = _TAG.sub(lambda tag: _ROLE.sub("", tag[0]), drawn[found.end() :])
    return head + inner
