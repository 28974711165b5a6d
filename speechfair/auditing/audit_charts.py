"""The charts of an audit: rates, ratios and kinds of error by group. They draw what the `AuditResult` holds.

A difference that colour shows is also shown by shape or words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from speechfair.auditing.audit_table import axis_names, worst_first
from speechfair.charts.drawing import apart, dots, rows_axis, svg
from speechfair.charts.figure import Figure
from speechfair.charts.narrow import narrow_bars, narrow_dots
from speechfair.messages.translation import ENGLISH, Translator
from speechfair.metrics.error_counts import rate_title
from speechfair.wording import count, percent, printable, times, worded

if TYPE_CHECKING:
    from speechfair.auditing.audit_record import AuditRecord, Group
    from speechfair.types import Estimate

__all__ = [
    "axis_figures",
    "composition_chart",
    "figures_of",
    "file_name",
    "plot",
    "rate_chart",
    "ratio_chart",
]

_LABEL_LETTERS = 34
_NARROW_LETTERS = 24
_RATIO_TICKS = (
    *(0.02, 0.05, 0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 15.0, 20.0),
    *(30.0, 50.0, 100.0),
)
_KINDS = ("substitutions", "deletions", "insertions")
_RATIO_SPAN = (0.1, 10.0)
_FIRST_RASTER, _MOST_POINTS = 250, 1_500


def figures_of(
    result: AuditRecord, speakers: Mapping[str, Mapping[str, Sequence[float]]] | None = None
) -> list[Figure]:
    """All charts of an audit, axis by axis.

    Parameters
    ----------
    speakers : rates of the speakers by axis and group; each is a dot in the chart of the rates.
    """
    return [
        figure
        for axis in axis_names(result)
        for figure in axis_figures(
            worst_first(result, axis), rate_title(result.tokens), (speakers or {}).get(axis)
        )
    ]


def plot(
    result: AuditRecord,
    axis: str | None,
    kind: str,
    speakers: Callable[[str], Mapping[str, Sequence[float]]] | None = None,
) -> Figure:
    """One chart of one axis; None is the first axis. `speakers` gives the rates of an axis; see `AuditResult.plot`."""
    from speechfair.errors import InputError
    from speechfair.registry import did_you_mean

    known = axis_names(result)
    if axis is None and known:
        axis = known[0]
    if axis not in known:
        raise InputError(f"the audit has no axis {axis!r}; {did_you_mean(str(axis), known)}")
    assert axis is not None
    dots_of = speakers(axis) if speakers is not None and kind == "rates" else None
    drawn = axis_figures(worst_first(result, axis), rate_title(result.tokens), dots_of)
    found = next((one for one in drawn if one.name.endswith(f"-{kind}")), None)
    if found is None:
        names = ", ".join(one.name for one in drawn) or "none"
        raise InputError(f"there is no chart {kind!r} of {axis!r} to draw; those that can be drawn: {names}")
    return found


def axis_figures(
    groups: Sequence[Group],
    rate_name: str,
    speakers: Mapping[str, Sequence[float]] | None = None,
    tell: Translator = ENGLISH,
) -> list[Figure]:
    """The charts of one axis that can be drawn: ``…-rates``, ``…-ratios`` and ``…-kinds``.

    Parameters
    ----------
    tell : into the language of the charts.
    """
    if not groups:
        return []
    charts: dict[str, Callable[[bool], str | None]] = {
        "rates": lambda narrow: rate_chart(groups, rate_name, speakers, narrow=narrow, tell=tell),
        "ratios": lambda narrow: ratio_chart(groups, rate_name, narrow=narrow, tell=tell),
        "kinds": lambda narrow: composition_chart(groups, rate_name, narrow=narrow, tell=tell),
    }
    return [
        Figure(f"{file_name(groups[0].axis)}-{kind}", wide, draw(True) or "")
        for kind, draw in charts.items()
        if (wide := draw(False)) is not None
    ]


def file_name(axis: str) -> str:
    """The name of an axis as part of a file's name."""
    return "".join(c if c.isalnum() or c in "_+-" else "_" for c in printable(axis))[:80]


def rate_chart(
    groups: Sequence[Group],
    rate_name: str,
    speakers: Mapping[str, Sequence[float]] | None = None,
    *,
    narrow: bool = False,
    tell: Translator = ENGLISH,
) -> str | None:
    """Error rate of each group as a dot with its interval, the reference group's rate as a vertical rule.

    Parameters
    ----------
    groups : of one axis, in the order of display.
    rate_name : such as ``word error rate``.
    speakers : rates of the speakers by group; each is a dot behind the interval.
    narrow : for a narrow screen.
    tell : into the language of the chart.

    Returns
    -------
    str or None
        An ``<svg>`` element; None where no group has a rate.
    """
    shown = [g for g in groups if g.rate.value is not None]
    if not shown:
        return None
    top = _top(shown, speakers or {})
    labels = _labels(shown, narrow, tell)
    rows = [
        _dot(label, g, g.rate, (0.0, top), f"{tell(percent(g.rate.value))} %", tell)
        for label, g in zip(labels, shown, strict=True)
    ]
    reference = next((g.rate.value for g in shown if g.is_reference), None)
    title = _by(rate_name, groups, tell)
    described = "; ".join(f"{row['label']}: {row['text']}" for row in rows)
    points = _points(labels, shown, speakers or {}, top)
    room = 1.02 if narrow or points else 1.14
    scale = {"domain": [0, top * room], "nice": False, "zero": True}
    if narrow:
        return narrow_dots(
            rows, reference, scale, title, described, _in_percent(top), tell(rate_name), points=points
        )
    axis = {"format": ".0%" if top >= 0.1 else ".1%", "tickCount": 6}
    return svg(dots(rows, reference, scale, axis, tell(rate_name), points=points), title, described)


def ratio_chart(
    groups: Sequence[Group], rate_name: str, *, narrow: bool = False, tell: Translator = ENGLISH
) -> str | None:
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
    labels = _labels([g for g, _ in shown], narrow, tell)
    rows = [
        _dot(label, g, r, (low, high), tell(times(r.value)), tell)
        for label, (g, r) in zip(labels, shown, strict=True)
    ]
    for row, (group, _) in zip(rows, shown, strict=True):
        together = group.ratio_simultaneous
        if together is not None and together.low is not None and together.high is not None:
            row |= {"all_low": max(together.low, low), "all_high": min(together.high, high)}
            row["end"] = row["all_high"]
    margin = (high / low) ** (0.02 if narrow else 0.16)
    scale = {"type": "log", "domain": [low / 1.05, high * margin], "nice": False}
    ticks = [t for t in _RATIO_TICKS if low / 1.05 <= t <= high * margin]
    reference = next((tell.group(g.axis, g.value) for g in groups if g.is_reference), tell("reference"))
    title = f"{_by(f'ratio of {rate_name}s', groups, tell)}; 1: {reference}"
    described = "; ".join(f"{row['label']}: {row['text']}" for row in rows)
    what = tell("times the reference group's rate")
    if narrow:
        return narrow_dots(rows, 1.0, scale, title, described, "{:g}".format, what, values=ticks)
    axis = {"values": apart(ticks, math.log(high * margin * 1.05 / low)), "format": "~g"}
    return svg(dots(rows, 1.0, scale, axis, what), title, described)


def composition_chart(
    groups: Sequence[Group], rate_name: str, *, narrow: bool = False, tell: Translator = ENGLISH
) -> str | None:
    """Substitutions, deletions and insertions per reference token, stacked, one bar per group; None if not known."""
    shown = [g for g in groups if g.reference_length and g.substitutions is not None]
    if not shown:
        return None
    labels = _labels(shown, narrow, tell)
    what = tell("{rate}, by kind of error", rate=tell(rate_name))
    described = "; ".join(f"{label}: {_counts(g, tell)}" for label, g in zip(labels, shown, strict=True))
    title = _by("kinds of error", groups, tell)
    parts = [[(kind, getattr(g, kind) / g.reference_length) for kind in _KINDS] for g in shown]
    longest = max(sum(share for _, share in part) for part in parts) or 0.05
    if narrow:
        return narrow_bars(
            list(zip(labels, parts, strict=True)), title, described, _in_percent(longest), what
        )
    return svg(_bars(labels, parts, longest, what), title, described)


def _by(what: str, groups: Sequence[Group], tell: Translator) -> str:
    """The title of a chart: what it shows, by the axis of the groups."""
    title = tell("{what} by {axis}", what=tell(what), axis=tell.axis(groups[0].axis))
    return f"{title[:1].upper()}{title[1:]}"


def _counts(group: Group, tell: Translator) -> str:
    return tell(
        "{s} substitutions, {d} deletions, {i} insertions in {n} reference tokens",
        s=group.substitutions,
        d=group.deletions,
        i=group.insertions,
        n=group.reference_length,
    )


def _bars(
    labels: Sequence[str], parts: Sequence[Sequence[tuple[str, float]]], longest: float, what: str
) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    for label, part in zip(labels, parts, strict=True):
        start = 0.0
        for kind, share in part:
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
            "title": what,
            "format": ".0%" if longest >= 0.1 else ".1%",
            "tickCount": 6,
        },
    }
    bars = {
        "mark": {"type": "bar", "size": 20, "stroke": "var(--card)", "strokeWidth": 1.5},
        "encoding": {
            "y": rows_axis(rows),
            "x": {"field": "from", **x},
            "x2": {"field": "to"},
            "color": {"field": "kind", "type": "nominal", "scale": colours, "legend": None},
        },
    }
    words = {
        "mark": {"type": "text", "fontSize": 12, "fontWeight": 600},
        "encoding": {
            "y": rows_axis(rows),
            "x": {"field": "middle", **x},
            "text": {"field": "text", "type": "nominal"},
            "color": {"field": "kind", "type": "nominal", "scale": on_bars, "legend": None},
        },
    }
    return {
        "data": {"values": rows},
        "layer": [bars, words],
        "resolve": {"scale": {"color": "independent"}},
    }


def _top(groups: Sequence[Group], speakers: Mapping[str, Sequence[float]]) -> float:
    """The end of the axis: one interval or speaker far away must not squeeze all others into a corner."""
    rates = [g.rate.value or 0.0 for g in groups]
    most = 2.5 * max(rates) or 0.05
    reach = [g.rate.high or 0.0 for g in groups]
    reach += [rate for g in groups for rate in speakers.get(g.value, ())]
    return max(min(most, max(reach, default=most) or most), *rates) * 1.02


def _in_percent(top: float) -> Callable[[float], str]:
    """How ticks are worded: whole percents where the axis is long."""
    decimals = 0 if top >= 0.1 else 1
    return lambda value: f"{worded(value, 'percent', decimals)} %"


def _points(
    labels: Sequence[str],
    groups: Sequence[Group],
    speakers: Mapping[str, Sequence[float]],
    top: float,
) -> list[dict[str, Any]]:
    """Rates of the speakers, those beyond the chart at its edge; dots that would hide each other are one."""
    raster = _FIRST_RASTER
    while True:
        found = [
            {"label": label, "value": round(place * top / raster, 6), "shift": (number % 5 - 2) / 2}
            for label, group in zip(labels, groups, strict=True)
            for number, place in enumerate(
                sorted({round(raster * min(rate, top) / top) for rate in speakers.get(group.value, ())})
            )
        ]
        if len(found) <= _MOST_POINTS or raster < 40:
            return found
        raster //= 2


def _labels(groups: Sequence[Group], narrow: bool, tell: Translator) -> list[str]:
    """Name and speakers of each group, cut to fit and no two alike, since equal labels would share a row."""
    most = _NARROW_LETTERS if narrow else _LABEL_LETTERS
    labels: list[str] = []
    for group in groups:
        name = tell.group(group.axis, group.value)
        if len(name) > most:
            # Long labels often differ at their end only, and the renderer would cut the speakers off.
            name = f"{name[: most - 10]}…{name[-9:]}"
        # The name is isolated: one that is written from right to left must not draw the number into it.
        label = f"\u2068{name}\u2069 · {tell(count(group.n_speakers, 'speaker'))}"
        while label in labels:
            label += "\u200b"
        labels.append(label)
    return labels


def _without(low: float | None) -> str:
    return "no interval" if low is None else f"at least {low:.2f}, no upper limit"


def _dot(
    label: str, group: Group, estimate: Estimate, span: tuple[float, float], text: str, tell: Translator
) -> dict[str, Any]:
    assert estimate.value is not None
    bottom, top = span
    low, high = estimate.low, estimate.high
    has_interval = low is not None and high is not None
    cut = has_interval and high is not None and high > top
    return {
        "label": label,
        "value": estimate.value,
        "low": max(low, bottom) if low is not None and has_interval else estimate.value,
        "high": min(high, top) if high is not None and has_interval else estimate.value,
        "end": min(high, top) if high is not None and has_interval else estimate.value,
        "text": text
        + (f" {tell('(goes on)')} →" if cut else "")
        + ("" if has_interval else f"  {tell(_without(low))}"),
        "kind": "reference" if group.is_reference else "interval" if has_interval else "none",
    }
