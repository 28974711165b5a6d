"""From the table of outcomes to shares, gaps and diagnoses per group. Pure: reads and writes no file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

from speechfair.auditing.estimates import reference_group
from speechfair.metrics.paired import paired_difference
from speechfair.metrics.pairing import Pair
from speechfair.metrics.rates import SpeakerSums
from speechfair.probes.crossed import Crossed, crossed_difference_with_p, crossed_of, crossed_share
from speechfair.probes.grounding.diagnosis import Deficit, diagnose, judge
from speechfair.probes.grounding.kind_contrasts import kind_contrasts
from speechfair.probes.grounding.sound_grammar import SOUND_KINDS
from speechfair.probes.items import LEVELS, Level
from speechfair.probes.reading import Outcome
from speechfair.probes.results import (
    UNREADABLE,
    AxisGrounding,
    Diagnosis,
    GroupGrounding,
    KindShare,
    LevelShare,
    Outcomes,
    Silence,
)
from speechfair.probes.statistics import share, sums_of
from speechfair.running.run_recipe import RunRecipe
from speechfair.running.scoring import add_axis
from speechfair.types import UNKNOWN, Estimate
from speechfair.wording import given_percent, percent

if TYPE_CHECKING:
    import polars as pl

__all__ = ["axis_grounding", "kind_shares", "outcomes_of", "overall_grounding", "silence_share"]

Row = Mapping[str, Any]
MORE_REFUSALS = 0.05
"""Refusals beyond the reference group's, as a share, from which on a diagnosis names them. Ours."""

CONTROL = "the control is asked once for each scene: no speaker was sampled"


@dataclass(frozen=True, eq=False)
class _Level:
    """Sums of one group at one level."""

    rows: Sequence[Row]
    given: Sequence[Row]

    def sums(self) -> Crossed:
        return _crossed(self.rows)

    def given_sums(self) -> Crossed:
        return _crossed(self.given)

    def unreadable(self, column: str) -> str | None:
        """Why the level is not measured: too many replies that could not be read; None where it is."""
        bad = sum(row[column] in ("format", "empty") for row in self.rows)
        if bad <= UNREADABLE * len(self.rows):
            return None
        return (
            f"not measured: {bad} of {len(self.rows)} replies could not be read, more than "
            f"{given_percent(UNREADABLE)}; look at them in the run folder"
        )


def _unless(reason: str | None, estimate: Estimate) -> Estimate:
    """`estimate`, or nothing with the reason why it is not measured."""
    if reason is None:
        return estimate
    return replace(estimate, value=None, low=None, high=None, method="none", reason=reason)


def overall_grounding(table: pl.DataFrame, level: float) -> GroupGrounding:
    """All speech as one group, compared with nothing."""
    rows = _on_ladder(table.filter(~table["silence"]).to_dicts())
    nothing = Diagnosis(verdict="reference", reason="all groups together")
    return _group("overall", "all", rows, None, {}, nothing, level)


def axis_grounding(
    table: pl.DataFrame, axis: str, recipe: RunRecipe, level: float, margin: float, alpha: float
) -> AxisGrounding:
    """The groups of one axis and where each falls behind the reference group.

    Parameters
    ----------
    recipe : as in a run folder; its ``analysis`` and ``card`` name the reference group.
    """
    speech = add_axis(table.filter(~table["silence"]), axis)
    asked = {str(key[0]): part.to_dicts() for key, part in speech.partition_by("group", as_dict=True).items()}
    parts = {name: _on_ladder(rows) for name, rows in asked.items()}
    reference, why = reference_group(
        axis, {name: _right(rows) for name, rows in parts.items()}, *recipe.references(axis)
    )
    base = _levels(parts[reference]) if reference is not None else {}
    compared = [name for name in sorted(parts) if name != reference and UNKNOWN not in name.split("+")]
    raw = {name: _deficits(_levels(parts[name]), base, level) for name in compared if reference is not None}
    judged = judge(raw, margin, alpha)
    groups = []
    for name in sorted(parts, key=lambda name: (name != reference, name)):
        if name == reference:
            verdict = Diagnosis(verdict="reference", reason="the others are compared with it")
        elif name in judged:
            verdict = _with_refusals(diagnose(judged[name], margin), parts[name], parts[str(reference)])
        else:
            verdict = Diagnosis(verdict="undetermined", reason="nothing to compare it with")
        against = base if name in judged else None
        groups.append(_group(axis, name, parts[name], against, judged.get(name, {}), verdict, level))
    return AxisGrounding(
        axis=axis,
        reference=reference,
        reference_reason=why,
        groups=groups,
        kinds=(
            kind_contrasts({name: asked[name] for name in compared}, asked[reference], level, alpha)
            if reference is not None
            else []
        ),
    )


def _with_refusals(verdict: Diagnosis, rows: Sequence[Row], base: Sequence[Row]) -> Diagnosis:
    """`verdict`; where a group that is behind also refuses clearly more, its reason says so."""
    mine, theirs = (
        sum(row["outcome"] in ("refusal", "unsure") for row in some) / len(some) for some in (rows, base)
    )
    if verdict.verdict != "behind" or mine - theirs <= MORE_REFUSALS:
        return verdict
    words = (
        f"{verdict.reason}; {percent(mine)} % of its replies refuse or do not know, {percent(theirs)} % of the "
        "reference group's: the model answers less, which is no sign of hearing less"
    )
    return verdict.model_copy(update={"reason": words})


def kind_shares(table: pl.DataFrame) -> list[KindShare]:
    """What became of each kind of question, over all groups."""
    found: dict[tuple[int, str], list[Row]] = {}
    for row in table.iter_rows(named=True):
        found.setdefault((row["level"], row["kind"]), []).append(row)
    return [
        KindShare(
            level=level,
            kind=kind,
            outcomes=outcomes_of(row["outcome"] for row in rows),
            text_right=sum(row["text_outcome"] == "right" for row in rows),
            chance=sum(1 / row["n_options"] for row in rows) / len(rows),
        )
        for (level, kind), rows in sorted(found.items())
    ]


def silence_share(table: pl.DataFrame, level: float) -> Silence | None:
    """How often words were said not to be there where nothing was said; None where no silence was asked about."""
    rows = table.filter(table["silence"]).to_dicts()
    if not rows:
        return None
    # A recording without speech has no speaker: it is the unit of sampling itself.
    sums = _right(rows, lambda row: row["utterance_id"])
    return Silence(outcomes=outcomes_of(row["outcome"] for row in rows), share=share(sums, level))


def outcomes_of(outcomes: Iterable[str]) -> Outcomes:
    """Count them."""
    counted = Counter(outcomes)
    assert set(counted) <= set(get_args(Outcome))
    return Outcomes(**counted)


def _group(
    axis: str,
    value: str,
    rows: Sequence[Row],
    base: Mapping[Level, _Level] | None,
    judged: Mapping[Level, Deficit],
    diagnosis: Diagnosis,
    level: float,
) -> GroupGrounding:
    speakers = {row["speaker"] for row in rows if row["speaker"] is not None}
    return GroupGrounding(
        axis=axis,
        value=value,
        is_reference=diagnosis.verdict == "reference",
        n_utterances=len({row["utterance_id"] for row in rows}),
        n_speakers=len(speakers),
        levels=[
            _level_share(at, part, (base or {}).get(at), judged.get(at), diagnosis, level)
            for at, part in _levels(rows).items()
        ],
        diagnosis=diagnosis,
    )


def _level_share(
    at: Level, part: _Level, base: _Level | None, judged: Deficit | None, diagnosis: Diagnosis, level: float
) -> LevelShare:
    why, text_why = part.unreadable("outcome"), part.unreadable("text_outcome")
    against = base.unreadable("outcome") if base else None
    return LevelShare(
        level=at,
        name=LEVELS[at],
        outcomes=outcomes_of(row["outcome"] for row in part.rows),
        audio=_unless(why, crossed_share(part.sums(), level)),
        given_below=_unless(why, crossed_share(part.given_sums(), level)),
        text=_unless(text_why, _control(part.rows, level)),
        modality_gap=_unless(why or text_why, _modality_gap(part.rows, level)),
        difference=(
            _unless(why or against, crossed_difference_with_p(part.sums(), base.sums(), level)[0])
            if base
            else None
        ),
        deficit=judged.estimate if judged else None,
        p_value=judged.p_value if judged else None,
        p_holm=judged.p_holm if judged else None,
        state=judged.state if judged else "reference" if diagnosis.verdict == "reference" else "undetermined",
    )


def _on_ladder(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows that the levels are made of: where sound is asked about, the words are a control and not among them."""
    sound = [row for row in rows if row["kind"] in SOUND_KINDS]
    return sound or rows


def _levels(rows: Sequence[Row]) -> dict[Level, _Level]:
    """The rows of each level, and those whose utterance was right about all questions of the level below."""
    by_level: dict[Level, list[Row]] = {}
    failed: dict[Level, set[str]] = {}
    for row in rows:
        by_level.setdefault(row["level"], []).append(row)
        if row["outcome"] != "right":
            failed.setdefault(row["level"], set()).add(row["utterance_id"])
    found = {}
    for at in sorted(by_level):
        below = max((lower for lower in by_level if lower < at), default=None)
        wrong = failed.get(below, set()) if below is not None else set()
        found[at] = _Level(by_level[at], [row for row in by_level[at] if row["utterance_id"] not in wrong])
    return found


def _deficits(
    group: Mapping[Level, _Level], reference: Mapping[Level, _Level], level: float
) -> dict[Level, Deficit]:
    found: dict[Level, Deficit] = {}
    for at in sorted(set(group) & set(reference)):
        # reference less group, as the difference of two shares with the sides changed over
        sides = reference[at].given_sums(), group[at].given_sums()
        estimate, p_value = crossed_difference_with_p(*sides, level)
        why = group[at].unreadable("outcome") or reference[at].unreadable("outcome")
        found[at] = Deficit(_unless(why, _named(estimate)), None if why else p_value)
    return found


def _named(estimate: Estimate) -> Estimate:
    """The reason in words of this comparison, whose sides are changed over."""
    if estimate.reason is None:
        return estimate
    swapped = {"reference group: ": "group: ", "group: ": "reference group: "}
    prefix = next((prefix for prefix in swapped if estimate.reason.startswith(prefix)), "")
    reason = swapped.get(prefix, "") + estimate.reason.removeprefix(prefix)
    for asked, other in (("the reference group", "the group"), ("the group", "the reference group")):
        if reason == f"nothing was asked of {asked}":
            reason = f"no utterance of {other} was right at the level below"
            break
    return replace(estimate, reason=reason)


def _control(rows: Sequence[Row], level: float) -> Estimate:
    right = sum(row["text_outcome"] == "right" for row in rows)
    scenes = len({row["scene"] for row in rows})
    return Estimate(right / len(rows), None, None, level, scenes, 0, "none", CONTROL)


def _modality_gap(rows: Sequence[Row], level: float) -> Estimate:
    """Share right of the text minus share right of the audio: the rise in wrong ones, paired by question."""
    found = paired_difference(Pair(_wrong(rows, "text_outcome"), _wrong(rows, "outcome")), level)
    if found.low is None or found.high is None:
        return found
    return replace(found, low=max(-1.0, found.low), high=min(1.0, found.high))


def _wrong(rows: Sequence[Row], column: str) -> SpeakerSums:
    return sums_of((row["speaker"], float(row[column] != "right"), 1.0) for row in rows)


def _crossed(rows: Sequence[Row]) -> Crossed:
    """By voice and by scene: the questions about one scene are about the same words, so the scene is the item."""
    return crossed_of((row["speaker"], row["scene"], float(row["outcome"] == "right"), 1.0) for row in rows)


def _right(
    rows: Sequence[Row], unit: Callable[[Row], str | None] = lambda row: row["speaker"]
) -> SpeakerSums:
    return sums_of((unit(row), float(row["outcome"] == "right"), 1.0) for row in rows)
