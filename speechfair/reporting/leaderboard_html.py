"""The page of a leaderboard: one HTML file without script and without network. It only words and draws the record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.charts.drawing import dots, svg
from speechfair.charts.narrow import narrow_dots
from speechfair.comparing.leaderboard_table import groups_words, ranks, ranks_words
from speechfair.messages.group_names import with_names
from speechfair.messages.translation import ENGLISH, Language, Translator
from speechfair.metrics.error_counts import rate_name, rate_title
from speechfair.reporting.pages import markup, render
from speechfair.store import write_atomically
from speechfair.wording import given_percent, percent, printable, worded

if TYPE_CHECKING:
    from speechfair.comparing.leaderboard import Leaderboard
    from speechfair.comparing.leaderboard_record import LeaderboardAxis

__all__ = ["leaderboard_chart", "write_leaderboard"]

_NAME_LETTERS, _GROUP_LETTERS = 40, 24
_NARROW_NAME_LETTERS, _NARROW_GROUP_LETTERS = 25, 14
"""Both stand on one line of a narrow chart."""


def write_leaderboard(board: Leaderboard, path: Path, language: Language = "en") -> Path:
    """Write the page of `board` in a language to `path` and return it.

    Raises
    ------
    StorageError : the file cannot be written; a file that was there before is intact.
    """
    tell, models = Translator(language), {model.name: model for model in board.models}
    axes = [
        {
            "axis": axis,
            "chart": markup(leaderboard_chart(board, axis, tell=tell)),
            "narrow": markup(leaderboard_chart(board, axis, narrow=True, tell=tell)),
            "words": groups_words(axis, tell.group),
            "rows": [(one, models[one.model]) for one in axis.standings],
            "said": _findings(axis),
        }
        for axis in board.axes
    ]
    pairs = [
        (axis.axis, group)
        for axis in board.axes
        for group in [*(one.group for one in axis.groups), *(one.group for one in axis.left_out)]
    ]
    page = render(
        "leaderboard.html.jinja",
        tell=tell,
        filters={"ranks": ranks},
        r=board,
        title=board.title,
        axes=axes,
        about=ranks_words(board),
        notes=[with_names(note, pairs, tell) for note in board.notes],
        rate=rate_name(board.tokens),
        rate_name=tell(rate_title(board.tokens)),
        level=f"{given_percent(board.level)}",
    )
    write_atomically(path, page)
    return path


def leaderboard_chart(
    board: Leaderboard, axis: LeaderboardAxis, *, narrow: bool = False, tell: Translator = ENGLISH
) -> str | None:
    """Worst-group rate of each model with its interval, and its overall rate as a stroke; None without ranks."""
    overall = {model.name: model.overall.estimate.value for model in board.models}
    shown = [one for one in axis.standings if one.worst.estimate.value is not None]
    if not shown:
        return None
    values = [one.worst.estimate.value or 0.0 for one in shown]
    top = max(values) * 1.02
    top = max(top, min(2 * top, max(one.worst.estimate.high or 0.0 for one in shown) * 1.02)) or 0.05
    rows: list[dict[str, Any]] = []
    most, most_of_group = (
        (_NARROW_NAME_LETTERS, _NARROW_GROUP_LETTERS) if narrow else (_NAME_LETTERS, _GROUP_LETTERS)
    )
    for one in shown:
        rate, group = one.worst.estimate, _label(tell.group(axis.axis, one.worst_group), [], most_of_group)
        low = rate.value if rate.low is None else rate.low
        high = rate.value if rate.high is None else min(rate.high, top)
        goes_on = " →" if rate.high is not None and rate.high > top else ""
        rows.append(
            {
                "label": _label(one.model, [row["label"] for row in rows], most),
                "value": rate.value,
                "low": low,
                "high": high,
                "end": high,
                "overall": overall[one.model],
                "text": f"{tell(percent(rate.value))} %{goes_on} · {group}",
                "kind": "none" if rate.low is None else "interval",
            }
        )
    scale = {"domain": [0, top * 1.05], "nice": False, "zero": True}
    what = tell("{rate} of the worst group", rate=tell(rate_title(board.tokens)))
    title = tell("Models by the rate of their worst group, by {axis}", axis=tell.axis(axis.axis))
    described = "; ".join(
        f"{row['label']}: {row['text']}, {tell('overall')} {percent(row['overall'])} %" for row in rows
    )
    if narrow:
        return narrow_dots(
            rows, None, scale, title, described, lambda v: f"{worded(v, 'percent', 0)} %", what
        )
    ticks = {"format": ".0%" if top >= 0.1 else ".1%", "tickCount": 6}
    spec = dots(rows, None, scale, ticks, what)
    spec["layer"].append(_strokes(spec["layer"][-1]["encoding"]))
    return svg(spec, title, described)


def _strokes(encoding: dict[str, Any]) -> dict[str, Any]:
    """The overall rates, one upright stroke a row."""
    x = {**encoding["x"], "field": "overall"}
    mark = {"type": "tick", "thickness": 3, "size": 18, "color": "var(--rule)"}
    return {"mark": mark, "encoding": {"y": encoding["y"], "x": x}}


def _label(name: str, taken: list[str], most: int) -> str:
    text = printable(name)
    if len(text) > most:
        text = f"{text[: most - 1 - most // 3]}…{text[-(most // 3) :]}"
    while text in taken:
        text += "\u200b"
    return text


def _findings(axis: LeaderboardAxis) -> list[str]:
    """Who leads, in one sentence for each figure that the axis ranks."""
    said = []
    for what, scores in (
        ("worst-group rate", [(one.model, one.worst) for one in axis.standings]),
        ("gap", [(one.model, one.gap) for one in axis.standings]),
    ):
        if not scores:
            continue
        first = [printable(name) for name, score in scores if score.rank_from == 1]
        if len(first) == 1:
            said.append(f"By {what}, {first[0]} is the best.")
        elif len(first) == len(scores):
            said.append(f"By {what}, no model is shown to be better than all others: any may be the best.")
        else:
            said.append(
                f"By {what}, {len(first)} of {len(scores)} models may be the best: {', '.join(first)}."
            )
    return said
