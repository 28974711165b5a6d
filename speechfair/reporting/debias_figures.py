"""The picture of several debiasing methods: worst group against protected group, and the curve of weight averaging."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.store import write_atomically

if TYPE_CHECKING:
    from speechfair.debias.judging.method_table import MethodTable

__all__ = ["method_chart", "write_method_chart"]

MOST_NAMED = 8
"""With more points than this their names would lie on each other: a legend names the recipes, a number the seed."""


def write_method_chart(table: MethodTable, path: Path) -> Path:
    """Write the picture as a static SVG file and return its path."""
    write_atomically(path, method_chart(table).encode())
    return path


def method_chart(table: MethodTable) -> str:
    """Each run as a point: lower and further left is better. Beside it the sweep of averaging, if there is one."""
    import vl_convert

    panels = [_pareto(table)]
    if table.sweep:
        panels.append(_sweep(table))
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "background": "white",
        "config": {"font": "sans-serif", "axis": {"labelFontSize": 12, "titleFontSize": 12}},
        "hconcat": panels,
        "resolve": {"scale": {"color": "independent", "shape": "independent"}},
    }
    return str(vl_convert.vegalite_to_svg(spec))


def _pareto(table: MethodTable) -> dict[str, Any]:
    other = f"WER of {table.protected} (%)" if table.protected else "mean of groups, WER (%)"
    points = [_point("before", table.before, table.protected)]
    for row in table.rows:
        points += [_point(row.name, seed, table.protected) for seed in row.seeds]
    points = [point for point in points if point]
    crowded = len(points) > MOST_NAMED
    legend = {"title": "recipe (number: seed)"} if crowded else None
    scale = {"zero": False, "padding": 20}
    place = {
        "x": {"field": "x", "type": "quantitative", "title": other, "scale": scale},
        "y": {
            "field": "y",
            "type": "quantitative",
            "title": f"WER of the worst {table.axis} group (%)",
            "scale": scale,
        },
    }
    return {
        "width": 420,
        "height": 340,
        "title": "one point for each seed; lower left is better",
        "data": {"values": points},
        "layer": [
            {
                "mark": {"type": "point", "filled": True, "size": 70},
                "encoding": {
                    **place,
                    "color": {
                        "field": "name",
                        "type": "nominal",
                        "legend": legend,
                        "scale": {"scheme": "tableau20"},
                    },
                    "shape": {"field": "name", "type": "nominal", "legend": legend},
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 8, "fontSize": 12},
                "encoding": {**place, "text": {"field": "seed" if crowded else "label"}},
            },
        ],
    }


def _point(name: str, figures: Any, protected: str | None) -> dict[str, Any]:
    x = figures.protected if protected else figures.macro
    if x is None or figures.worst is None:
        return {}
    seed = "" if name == "before" else str(figures.seed)
    return {
        "name": name,
        "seed": seed,
        "label": f"{name} {seed}".rstrip(),
        "x": 100 * x,
        "y": 100 * figures.worst,
    }


def _sweep(table: MethodTable) -> dict[str, Any]:
    values = [
        {"run": run, "share": point["share"], "rate": 100 * point[what], "what": words}
        for run, curve in table.sweep.items()
        for point in curve
        for what, words in (("macro", "mean of groups"), ("worst", "worst group"))
    ]
    return {
        "width": 300,
        "height": 340,
        "title": {
            "text": "averaging, on the development speakers",
            "subtitle": "solid: mean of groups, dashed: worst group",
        },
        "data": {"values": values},
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "share", "type": "quantitative", "title": "share of the fine-tuned weights"},
            "y": {"field": "rate", "type": "quantitative", "title": "WER (%)", "scale": {"zero": False}},
            "color": {"field": "run", "type": "nominal", "title": "run"},
            "strokeDash": {"field": "what", "type": "nominal", "legend": None},
        },
    }
