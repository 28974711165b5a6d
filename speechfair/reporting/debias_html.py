"""The page of a debiasing run: who gained and who lost, what was trained, how it was chosen. No script, no network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.charts.drawing import dots, svg
from speechfair.charts.narrow import narrow_dots
from speechfair.debias.debias_tables import change_table
from speechfair.debias.method import debias_methods
from speechfair.reporting.pages import markup, render
from speechfair.result_table import Column, Table
from speechfair.store import write_atomically
from speechfair.wording import count, given_percent, interval, points, worded

if TYPE_CHECKING:
    from speechfair.debias.judging.before_after import DebiasResult, GroupChange
    from speechfair.debias.recipe import DebiasRecipe

__all__ = ["change_chart", "write_debias"]

_VERDICTS = {
    "no harm": "No group got worse by more than the margin.",
    "harm": "At least one group got worse by more than the margin.",
    "undetermined": "It is not shown that no group got worse by more than the margin.",
}


def write_debias(result: DebiasResult, recipe: DebiasRecipe, path: Path) -> Path:
    """Write the page of a run to `path` and return it.

    Raises
    ------
    StorageError : the file cannot be written; a file that was there before is intact.
    """
    method = debias_methods().load(recipe.method.name)
    names = dict.fromkeys(group.evaluation for group in result.groups)
    page = render(
        "debias.html.jinja",
        r=result,
        recipe=recipe,
        method=method,
        said=_VERDICTS[result.verdict],
        evaluations=[(name, *_charts(result, name)) for name in names],
        changes=change_table(result),
        data=_data_table(result),
        development=_development_table(result),
        facts=_facts(result, recipe),
        level=given_percent(recipe.level),
    )
    write_atomically(path, page)
    return path


def _charts(result: DebiasResult, evaluation: str) -> tuple[Any, Any]:
    shown = [group for group in result.groups if group.evaluation == evaluation]
    return markup(change_chart(shown)), markup(change_chart(shown, narrow=True))


def change_chart(groups: list[GroupChange], *, narrow: bool = False) -> str | None:
    """The paired change of each group in points, with its interval; None where no change is known."""
    rows = []
    for group in groups:
        change = group.change
        if change.value is None:
            continue
        low, high = (change.value if end is None else end for end in (change.low, change.high))
        rows.append(
            {
                "label": _label(group),
                "value": change.value,
                "low": low,
                "high": high,
                "end": high,
                "text": f"{points(change.value)} {interval(change, 'points') or ''}".strip(),
                "kind": "none" if change.low is None else "reference" if group.protected else "interval",
            }
        )
    if not rows:
        return None
    ends = [0.0, *(float(row[end]) for row in rows for end in ("low", "high"))]  # type: ignore[arg-type]
    spread = max(max(ends) - min(ends), 0.01)
    scale = {"domain": [min(ends) - 0.05 * spread, max(ends) + 0.05 * spread], "nice": False, "zero": False}
    what, title = "change of the word error rate in points; left of 0 is better", "Change by group"
    described = "; ".join(f"{row['label']}: {row['text']}" for row in rows)
    if narrow:
        return narrow_dots(rows, 0.0, scale, title, described, lambda v: worded(v, "points", 0), what)
    axis = {"labelExpr": "datum.value == 0 ? '0' : format(100 * datum.value, '+.3~g')", "tickCount": 6}
    return svg(dots(rows, 0.0, scale, axis, what), title, described)


def _label(group: GroupChange) -> str:
    name = group.group if group.axis is None else f"{group.axis}: {group.group}"
    return f"{name[:38]}{' (protected)' if group.protected else ''}"


def _data_table(result: DebiasResult) -> Table:
    columns = (
        Column("group", "group"),
        Column("train_utterances", "utterances", "count"),
        Column("train_speakers", "speakers", "count"),
        Column("train_hours", "hours", "number"),
        Column("dev_utterances", "utterances of the development set", "count"),
        Column("dev_speakers", "speakers of the development set", "count"),
    )
    rows = tuple(tuple(row[column.name] for column in columns) for row in result.data)
    notes = tuple(f"left out: {count(number, 'row')}, {why}" for why, number in result.unused.items())
    return Table("Training and development speakers", columns, rows, notes)


def _development_table(result: DebiasResult) -> Table:
    """Rates before, of every candidate, and after, by group."""
    record = result.training
    before, after = record["development_before"], record["development_after"]
    candidates = [(_candidate(point), point["development"]) for point in record["finish"].get("curve", [])]
    groups = sorted(before["groups"])
    guarded = "protected" in before
    columns = [
        Column("what", "weights or decoding"),
        *(Column(f"g{n}", name, "percent") for n, name in enumerate(groups)),
    ]
    columns += [Column("macro", "mean", "percent")] + (
        [Column("protected", "protected", "percent")] if guarded else []
    )
    rows = tuple(
        (
            name,
            *(rates["groups"].get(group) for group in groups),
            rates["macro"],
            *([rates.get("protected")] if guarded else []),
        )
        for name, rates in [("before", before), *candidates, ("after", after)]
    )
    notes = (
        f"chosen by: {record.get('chosen_by') or 'nothing to choose from'}",
        "greedy, unless decoding is tried",
    )
    return Table("Word error rates of the development speakers, in %", tuple(columns), rows, notes)


def _candidate(point: dict[str, Any]) -> str:
    """What tells a candidate from the others, in words."""
    parts = []
    for name, value in point.items():
        if name == "development":
            continue
        if isinstance(value, dict):
            value = ", ".join(f"{key} {part}" for key, part in value.items()) or "as it was"
        parts.append(f"{name} {value}")
    return "; ".join(parts)


def _facts(result: DebiasResult, recipe: DebiasRecipe) -> list[tuple[str, str]]:
    """The training in figures."""
    record = result.training
    facts = [
        ("Base model", recipe.model.rsplit("/", 1)[-1]),
        ("Groups", f"by {recipe.axis}: {', '.join(record['groups'])}"),
        ("Options of the method", _words(recipe.method.options) or "none"),
    ]
    if "steps" in record:
        facts += [
            (
                "Steps",
                f"{record['steps']} of {recipe.batch} utterances; the weights of step {record['kept_step']}",
            ),
            ("Learning rate", f"{recipe.learning_rate:g}"),
            ("Window", f"{record['window_s']:g} s"),
        ]
    facts += [(name.replace("_", " ").capitalize(), _words(value)) for name, value in record["finish"].items()
              if name not in ("curve", "recognizer_options", "note") and value not in (None, {}, [])]  # fmt: skip
    facts.append(("Seed", str(recipe.seed)))
    if "seconds" in record:
        where = f" ({record['device']})" if record.get("device") else ""
        facts.append(("Time", f"{record['seconds'] / 60:.1f} minutes of training{where}"))
    return facts


def _words(value: Any) -> str:
    """Nested settings on one line, without where files lie."""
    if isinstance(value, dict):
        return "; ".join(
            f"{name.replace('_', ' ')} {_words(part)}" for name, part in value.items() if name != "root"
        )
    if isinstance(value, (list, tuple)):
        return ", ".join(_words(part) for part in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value).rsplit("/", 1)[-1]
