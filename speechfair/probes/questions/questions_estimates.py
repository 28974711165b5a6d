"""From the table of outcomes to shares by group. Pure: reads and writes no file. Voices and items are both samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from speechfair.auditing.estimates import reference_group
from speechfair.metrics import holm
from speechfair.metrics.paired import paired_difference
from speechfair.metrics.pairing import Pair
from speechfair.probes.crossed import Crossed, crossed_difference_with_p, crossed_of, crossed_share
from speechfair.probes.grounding.grounding_estimates import outcomes_of
from speechfair.probes.questions.question_set import Expects
from speechfair.probes.questions.questions_results import AxisShares, GroupShare, KindOfQuestion, Part
from speechfair.probes.results import UNREADABLE
from speechfair.probes.statistics import sums_of
from speechfair.running.run_recipe import RunRecipe
from speechfair.running.scoring import add_axis
from speechfair.types import UNKNOWN, Estimate
from speechfair.wording import given_percent, points

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Settings", "part_of"]

Row = Mapping[str, Any]
Settings = tuple[float, float, float]
"""Level of the intervals, margin, alpha."""

NO_TRANSCRIPT = "the set has no transcript of these recordings: there is no text control"
CONTROL = "the control is asked once for each item: no voice was sampled"


def part_of(
    table: pl.DataFrame, expects: Expects, axes: Sequence[str], recipe: RunRecipe, settings: Settings
) -> Part:
    """All figures of the rows of `table` that expect the same of a reply."""
    rows = table.to_dicts()
    level = settings[0]
    texts = table.filter(table["text_outcome"].is_not_null()).unique(subset=["control"], keep="first")
    overall = _group("overall", "all", rows, None, settings)
    return Part(
        expects=expects,
        audio=outcomes_of(table["outcome"]),
        text=outcomes_of(texts["text_outcome"]),
        overall=overall.model_copy(update={"verdict": "reference", "reason": "all groups together"}),
        axes=[_axis(table, axis, recipe, (level, *settings[1:])) for axis in axes],
        kinds=_kinds(rows),
    )


def _axis(table: pl.DataFrame, axis: str, recipe: RunRecipe, settings: Settings) -> AxisShares:
    parts = {
        str(key[0]): part.to_dicts()
        for key, part in add_axis(table, axis).partition_by("group", as_dict=True).items()
    }
    asked = {name: _right(rows).voices for name, rows in parts.items()}
    reference, why = reference_group(axis, asked, *recipe.references(axis))
    base = parts[reference] if reference is not None else None
    groups = []
    for name in sorted(parts, key=lambda name: (name != reference, name)):
        compared = base is not None and name != reference and UNKNOWN not in name.split("+")
        group = _group(axis, name, parts[name], base if compared else None, settings)
        if name == reference:
            said = {"is_reference": True, "verdict": "reference", "reason": "the others are compared with it"}
            group = group.model_copy(update=said)
        groups.append(group)
    return AxisShares(
        axis=axis, reference=reference, reference_reason=why, groups=_adjusted(groups, settings)
    )


def _adjusted(groups: Sequence[GroupShare], settings: Settings) -> list[GroupShare]:
    """Adjust the p-values (Holm) and give the verdicts."""
    tested = [number for number, group in enumerate(groups) if group.p_value is not None]
    adjusted = dict(zip(tested, holm([groups[number].p_value or 0.0 for number in tested]), strict=True))
    found = []
    for number, group in enumerate(groups):
        if group.is_reference:
            found.append(group)
            continue
        verdict, reason = _verdict(group, adjusted.get(number), settings)
        update = {"p_holm": adjusted.get(number), "verdict": verdict, "reason": reason}
        found.append(group.model_copy(update=update))
    return found


def _verdict(
    group: GroupShare, p_holm: float | None, settings: Settings
) -> tuple[Literal["lower", "higher", "alike", "undetermined"], str]:
    _, margin, alpha = settings
    found = group.difference
    if found is None:
        return "undetermined", "nothing to compare it with"
    if found.value is None or found.low is None or found.high is None:
        return "undetermined", found.reason or "no interval"
    if -margin <= found.low and found.high <= margin:
        return "alike", f"within {given_percent(margin, sign=False)} points of the reference group"
    limits = f"{points(found.low)} to {points(found.high)} points"
    if p_holm is not None and p_holm <= alpha:
        return ("lower" if found.value < 0 else "higher"), limits
    return "undetermined", f"{limits} are not excluded"


def _group(
    axis: str, value: str, rows: Sequence[Row], base: Sequence[Row] | None, settings: Settings
) -> GroupShare:
    level = settings[0]
    why = _unreadable(rows, "outcome")
    with_text = [row for row in rows if row["text_outcome"] is not None]
    text_why = _unreadable(with_text, "text_outcome")
    difference: Estimate | None = None
    p_value: float | None = None
    if base is not None:
        difference, p_value = crossed_difference_with_p(_right(rows), _right(base), level)
        if against := why or _unreadable(base, "outcome"):
            difference, p_value = _nothing(difference, against), None
    audio = crossed_share(_right(rows), level)
    return GroupShare(
        axis=axis,
        value=value,
        is_reference=False,
        n_questions=len(rows),
        n_items=len({row["item"] for row in rows}),
        n_voices=len({row["speaker"] for row in rows} - {None}),
        outcomes=outcomes_of(row["outcome"] for row in rows),
        audio=_nothing(audio, why) if why else audio,
        text=_text(with_text, text_why, level),
        modality_gap=_gap(with_text, why or text_why, level),
        difference=difference,
        p_value=p_value,
        verdict="undetermined",
        reason="",
    )


def _right(rows: Sequence[Row]) -> Crossed:
    return crossed_of((row["speaker"], row["item"], float(row["outcome"] == "right"), 1.0) for row in rows)


def _nothing(estimate: Estimate, reason: str) -> Estimate:
    return replace(estimate, value=None, low=None, high=None, method="none", reason=reason)


def _text(rows: Sequence[Row], why: str | None, level: float) -> Estimate:
    if why or not rows:
        return Estimate(None, None, None, level, 0, 0, "none", why or NO_TRANSCRIPT)
    controls = {row["control"]: row["text_outcome"] == "right" for row in rows}
    value = sum(controls.values()) / len(controls)
    return Estimate(value, None, None, level, len(controls), 0, "none", CONTROL)


def _gap(rows: Sequence[Row], why: str | None, level: float) -> Estimate:
    """Share right of the text minus share right of the audio, paired by question; the voice is the unit."""
    if why or not rows:
        return Estimate(None, None, None, level, 0, 0, "none", why or NO_TRANSCRIPT)
    sides = [
        sums_of((row["speaker"], float(row[column] != "right"), 1.0) for row in rows)
        for column in ("text_outcome", "outcome")
    ]
    found = paired_difference(Pair(*sides), level)
    if found.low is None or found.high is None:
        return found
    return replace(found, low=max(-1.0, found.low), high=min(1.0, found.high))


def _unreadable(rows: Sequence[Row], column: str) -> str | None:
    bad = sum(row[column] in ("format", "empty") for row in rows)
    if bad <= UNREADABLE * len(rows):
        return None
    return (
        f"not measured: {bad} of {len(rows)} replies could not be read, more than {given_percent(UNREADABLE)}"
    )


def _kinds(rows: Sequence[Row]) -> list[KindOfQuestion]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["kind"], []).append(row)
    return [
        KindOfQuestion(
            kind=kind,
            outcomes=outcomes_of(row["outcome"] for row in some),
            chance=(
                sum(1 / row["n_options"] for row in some) / len(some)
                if all(row["n_options"] for row in some)
                else None
            ),
        )
        for kind, some in sorted(found.items())
    ]
