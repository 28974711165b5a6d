"""The page of a debiasing run: who gained and who lost, what was trained, how it was chosen. No script, no network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.charts.drawing import dots, svg
from speechfair.charts.narrow import narrow_dots
from speechfair.debias.debias_tables import change_table
from speechfair.debias.method import debias_methods
from speechfair.messages.group_names import with_names
from speechfair.messages.translation import ENGLISH, Language, Translated, Translator
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


def write_debias(result: DebiasResult, recipe: DebiasRecipe, path: Path, language: Language = "en") -> Path:
    """Write the page of a run in a language to `path` and return it.

    Raises
    ------
    StorageError : the file cannot be written; a file that was there before is intact.
    """
    method, tell = debias_methods().load(recipe.method.name), Translator(language)
    names = dict.fromkeys(group.evaluation for group in result.groups)
    groups = [(group.axis, group.group) for group in result.groups if group.axis]
    groups += [(recipe.axis, group) for group in result.training["groups"]]
    page = render(
        "debias.html.jinja",
        tell=tell,
        filters={"setting": _setting},
        r=result,
        recipe=recipe,
        method=method,
        said=_VERDICTS[result.verdict],
        summary=method.summary[:1].upper() + method.summary[1:],
        reasons=[with_names(reason, groups, tell) for reason in result.reasons],
        notes=[with_names(note, groups, tell) for note in result.notes],
        evaluations=[(name, *_charts(result, name, tell)) for name in names],
        changes=change_table(result, tell),
        data=_data_table(result, recipe.axis, tell),
        development=_development_table(result, recipe.axis, tell),
        facts=_facts(result, recipe, tell),
        options=_options(result),
        level=given_percent(recipe.level),
    )
    write_atomically(path, page)
    return path


def _charts(result: DebiasResult, evaluation: str, tell: Translator) -> tuple[Any, Any]:
    shown = [group for group in result.groups if group.evaluation == evaluation]
    return markup(change_chart(shown, tell)), markup(change_chart(shown, tell, narrow=True))


def change_chart(
    groups: list[GroupChange], tell: Translator = ENGLISH, *, narrow: bool = False
) -> str | None:
    """The paired change of each group in points, with its interval; None where no change is known."""
    rows: list[dict[str, Any]] = []
    for group in groups:
        change = group.change
        if change.value is None:
            continue
        low, high = (change.value if end is None else end for end in (change.low, change.high))
        rows.append(
            {
                "label": _label(group, [row["label"] for row in rows], tell),
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
    ends = [0.0, *(float(row[end]) for row in rows for end in ("low", "high"))]
    spread = max(max(ends) - min(ends), 0.01)
    scale = {"domain": [min(ends) - 0.05 * spread, max(ends) + 0.05 * spread], "nice": False, "zero": False}
    what = tell("change of the word error rate in points; left of 0 is better")
    title, described = tell("Change by group"), "; ".join(f"{row['label']}: {row['text']}" for row in rows)
    if narrow:
        return narrow_dots(rows, 0.0, scale, title, described, lambda v: worded(v, "points", 0), what)
    axis = {"labelExpr": "datum.value == 0 ? '0' : format(100 * datum.value, '+.3~g')", "tickCount": 6}
    return svg(dots(rows, 0.0, scale, axis, what), title, described)


def _label(group: GroupChange, taken: list[str], tell: Translator) -> str:
    name = (
        tell(group.group)
        if group.axis is None
        else f"{tell.axis(group.axis)}: {tell.group(group.axis, group.group)}"
    )
    label = name[:38] + (f" ({tell('protected')})" if group.protected else "")
    while label in taken:
        label += "\u200b"
    return label


def _data_table(result: DebiasResult, axis: str, tell: Translator) -> Table:
    columns = (
        Column("group", "group"),
        Column("train_utterances", "utterances", "count"),
        Column("train_speakers", "speakers", "count"),
        Column("train_hours", "hours", "number"),
        Column("dev_utterances", "utterances of the development set", "count"),
        Column("dev_speakers", "speakers of the development set", "count"),
    )
    rows = tuple(
        (tell.group(axis, row["group"]), *(row[column.name] for column in columns[1:])) for row in result.data
    )
    notes = tuple(
        tell.said("left out: {rows}, {why}", rows=tell(count(number, "row")), why=tell(why))
        for why, number in result.unused.items()
    )
    return Table("Training and development speakers", columns, rows, notes)


def _development_table(result: DebiasResult, axis: str, tell: Translator) -> Table:
    """Rates before, of every candidate, and after, by group."""
    record = result.training
    before, after = record["development_before"], record["development_after"]
    candidates = [
        (_candidate(point, tell), point["development"]) for point in record["finish"].get("curve", [])
    ]
    groups = sorted(before["groups"])
    guarded = "protected" in before
    columns = [
        Column("what", "weights or decoding"),
        *(Column(f"g{n}", Translated(tell.group(axis, name)), "percent") for n, name in enumerate(groups)),
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
        for name, rates in [(tell("before"), before), *candidates, (tell("after"), after)]
    )
    chosen = record.get("chosen_by") or "nothing to choose from"
    notes = (
        tell.said("chosen by: {what}", what=tell(chosen)),
        tell.said("greedy, unless decoding is tried"),
    )
    return Table("Word error rates of the development speakers, in %", tuple(columns), rows, notes)


def _candidate(point: dict[str, Any], tell: Translator) -> str:
    """What tells a candidate from the others: its settings by their names."""
    parts = []
    for name, value in point.items():
        if name == "development":
            continue
        if isinstance(value, dict):
            value = ", ".join(f"{key} {part}" for key, part in value.items()) or tell("as it was")
        parts.append(f"{name} {value}")
    return "; ".join(parts)


def _facts(result: DebiasResult, recipe: DebiasRecipe, tell: Translator) -> list[tuple[str, str]]:
    """The training in figures; the values are in the language of the page."""
    record = result.training
    groups = ", ".join(tell.group(recipe.axis, group) for group in record["groups"])
    facts = [
        ("Base model", recipe.model.rsplit("/", 1)[-1]),
        ("Groups", tell("by {axis}: {groups}", axis=tell.axis(recipe.axis), groups=groups)),
    ]
    if "steps" in record:
        steps = tell(
            "{n} of {utterances}; the weights of step {kept}",
            n=record["steps"],
            utterances=tell(count(recipe.batch, "utterance")),
            kept=record["kept_step"],
        )
        facts += [
            ("Steps", steps),
            ("Learning rate", f"{recipe.learning_rate:g}"),
            ("Window", tell("{n} s", n=f"{record['window_s']:g}")),
        ]
    facts.append(("Seed", str(recipe.seed)))
    if "seconds" in record:
        where = f" ({record['device']})" if record.get("device") else ""
        minutes = worded(record["seconds"] / 60, decimals=1)
        facts.append(("Time", tell("{n} minutes of training{where}", n=minutes, where=where)))
    return facts


def _options(result: DebiasResult) -> list[tuple[str, str]]:
    """What the method recorded of itself, by the names of its settings."""
    return [
        (name, _setting(value))
        for name, value in result.training["finish"].items()
        if name not in ("curve", "recognizer_options", "note") and value not in (None, {}, [])
    ]


def _setting(value: Any) -> str:
    """Nested settings on one line, without where files lie."""
    if isinstance(value, dict):
        return "; ".join(f"{name} {_setting(part)}" for name, part in value.items() if name != "root")
    if isinstance(value, (list, tuple)):
        return ", ".join(_setting(part) for part in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value).rsplit("/", 1)[-1]
