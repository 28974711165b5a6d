"""`sequence`: releases of a model in their order, each against earlier ones, so that slow drift is seen.

Each of many updates may lie within the margin while together they go far beyond it. Only the change since the first
release shows that or, where a release improved first, the change since the lowest earlier rate. A release is therefore
judged against the one before, against the first, and group by group against the lowest earlier rate, by the no-harm
test of `compare`. As there, a release passes against another only where *every* group does (an intersection-union test,
which needs no correction for the number of groups); what is corrected, by Holm, is the number of such claims in the
sequence: a release is wrongly passed anywhere in it with probability (1 - level) / 2 at most. A fail is not corrected;
that errs on the safe side.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair import __version__
from speechfair.comparing.comparison_record import Verdict
from speechfair.comparing.matching import Match, ScoredRun, scores_of_ids, unit_of
from speechfair.comparing.no_harm import Margins, judge_no_harm, worst_verdict
from speechfair.comparing.sequence_claims import Claim, HolmResult, Kind, by_holm, claims_of
from speechfair.comparing.sequence_notes import sequence_notes
from speechfair.comparing.sequence_record import (
    Drift,
    GroupRate,
    JudgedChange,
    JudgedRelease,
    LostGroup,
    Release,
    SequenceRecord,
)
from speechfair.comparing.several_runs import (
    SharedUtterances,
    distinct_names,
    read_runs,
    shared_axes,
    shared_utterances,
)
from speechfair.running.scoring import add_axis
from speechfair.wording import count, given_percent

if TYPE_CHECKING:
    import polars as pl

    from speechfair.result_table import Table
    from speechfair.store import RunFolder

__all__ = ["ReleaseSequence", "json_schema", "sequence"]

_Group = tuple[str, str]


class ReleaseSequence(SequenceRecord):
    """Releases of a model in their order, on the same utterances."""

    def tables(self) -> list[Table]:
        """The releases with their verdicts, and one table of groups for each axis."""
        from speechfair.comparing.sequence_table import sequence_tables

        return sequence_tables(self)

    def to_markdown(self) -> str:
        """The tables with their footnotes."""
        return "\n".join(table.to_markdown() for table in self.tables())

    def to_json(self) -> str:
        """UTF-8, in the order of the schema, two-space indent, newline at the end."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False) + "\n"

    def __repr__(self) -> str:
        return f"<ReleaseSequence of {len(self.releases)} releases: {self.verdict}>"

    def __str__(self) -> str:
        return "\n\n".join(str(table) for table in self.tables())


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a sequence, as in ``docs/schemas/sequence-1.json``."""
    schema = ReleaseSequence.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def sequence(
    runs: Sequence[str | Path | RunFolder],
    *,
    group_by: Sequence[str] | None = None,
    match: Match = "identical",
    relative: float = 0.10,
    absolute: float = 0.01,
    level: float = 0.95,
) -> ReleaseSequence:
    """How error rates change over the releases of a model on the same audio, step by step and since the first.

    Parameters
    ----------
    runs : two or more scored run folders, scored alike, the oldest release first.
    group_by : axes as in `audit`; None takes all that any run was audited by.
    match : ``identical`` refuses runs over different manifests; ``common`` compares the utterances that all runs have
        alike, and counts those that are left out.
    relative, absolute : margins of harm, as in `compare`: of each step, of the whole change since the first, and of
        each group's change since its lowest earlier rate.
    level : of the intervals. Any release is wrongly passed with probability (1 - level) / 2 at most.

    Raises
    ------
    RunFolderError : a folder has not been scored, or was changed since.
    InputError : the runs cannot be compared; the message says why and what to do.
    """
    margins = Margins(relative, absolute, level)
    read = read_runs(runs, "a sequence")
    axes = shared_axes(read, group_by)
    shared = shared_utterances(read, match, axes)
    tables = [scores_of_ids(run, shared.ids) for run in read]
    names = distinct_names(read)
    rates = [_rates(table, axes, level) for table in tables]
    claims = claims_of(
        tables, axes, [{(one.axis, one.value): one.rate.value for one in each} for each in rates]
    )
    judged = {
        (claim.release, claim.kind): _judged(claim, names, margins, holm, [*shared.lost, *shared.thinned])
        for claim, holm in zip(claims, by_holm(claims, margins), strict=True)
    }
    releases = [
        _release(place, run, names[place], tables[place], rates[place], judged)
        for place, run in enumerate(read)
    ]
    verdict, reason = _verdict(releases[-1])
    return ReleaseSequence(
        speechfair=__version__,
        corpus=read[0].result.corpus,
        match=match,
        n_utterances=len(shared.ids),
        n_speakers=tables[0]["speaker"].drop_nulls().n_unique(),
        n_left_out={name: n for name, n in zip(names, shared.left_out, strict=True) if n},
        n_excluded=shared.excluded,
        normalizer=read[0].result.normalizer,
        tokens=unit_of(read[0]),
        level=level,
        relative=relative,
        absolute=absolute,
        n_claims=len(claims),
        verdict=verdict,
        reason=reason,
        axes=axes,
        releases=releases,
        drifts=_drifts(releases),
        lost_groups=_lost(shared, names),
        notes=sequence_notes(read, releases, shared),
    )


def _lost(shared: SharedUtterances, names: Sequence[str]) -> list[LostGroup]:
    return [
        LostGroup(axis=axis, value=value, releases=[names[place] for place in places])
        for (axis, value), places in shared.lost.items()
    ]


def _judged(
    claim: Claim, names: Sequence[str], margins: Margins, holm: HolmResult, lost: Sequence[_Group]
) -> JudgedRelease:
    from speechfair.metrics.paired import paired_difference

    stricter = replace(margins, level=holm.level)
    changes = [
        JudgedChange(
            axis=axis,
            value=value,
            against=names[claim.against[axis, value]],
            difference=paired_difference(pair, margins.level),
            no_harm=judge_no_harm(pair, margins),
            passes_adjusted=judge_no_harm(pair, stricter).verdict == "pass",
        )
        for (axis, value), pair in claim.pairs.items()
    ]
    worst = worst_verdict([change.no_harm for change in changes])
    passed = holm.passed and not lost
    verdict: Verdict = "fail" if worst == "fail" else "pass" if passed else "undetermined"
    return JudgedRelease(
        against=names[next(iter(claim.against.values()))] if claim.kind != "lowest" else None,
        verdict=verdict,
        reason=_reason(verdict, changes, holm, lost),
        adjusted_level=holm.level,
        changes=changes,
    )


def _reason(
    verdict: Verdict, changes: Sequence[JudgedChange], holm: HolmResult, lost: Sequence[_Group]
) -> str:
    at = f"{given_percent(holm.level)} (Holm, {count(holm.n_claims, 'claim')})"
    if verdict == "fail":
        worse = [change for change in changes if change.no_harm.verdict == "fail"]
        return f"worse by more than the margin: {_named(worse)}"
    if verdict == "pass":
        return f"every group's rate is within the margin, at {at}"
    if len(changes) == 1:
        return "no groups were compared, so harm to one cannot be excluded; name an axis with --group-by"
    if holm.passed:
        gone = ", ".join(_name(*group) for group in lost)
        return f"harm may lie in what is not compared: {gone}"
    unknown = [change for change in changes if not change.passes_adjusted]
    return f"harm can be neither shown nor excluded at {at}: {_named(unknown)}"


def _named(changes: Sequence[JudgedChange]) -> str:
    """The groups; where they are compared with several releases, each with its own."""
    several = len({change.against for change in changes}) > 1
    return ", ".join(
        _name(change.axis, change.value) + (f" ({change.against})" if several else "") for change in changes
    )


def _name(axis: str, value: str) -> str:
    return "overall" if axis == "overall" else f"{axis}={value}"


def _release(
    place: int,
    run: ScoredRun,
    name: str,
    table: pl.DataFrame,
    rates: list[GroupRate],
    judged: Mapping[tuple[int, Kind], JudgedRelease],
) -> Release:
    return Release(
        name=name,
        folder=run.path.name or str(run.path),
        model_record=run.result.model_record,
        manifest_sha256=run.result.corpus_record.manifest_sha256,
        audit_sha256=run.audit_sha256,
        speechfair=run.result.speechfair,
        n_failed=int(table["failed"].sum()),
        rates=rates,
        since_previous=judged.get((place, "previous")),
        since_first=judged.get((place, "first" if place > 1 else "previous")),
        since_lowest=judged.get((place, "lowest")),
    )


def _rates(table: pl.DataFrame, axes: Sequence[str], level: float) -> list[GroupRate]:
    from speechfair.metrics import pooled_rate, speaker_sums

    parts = [("overall", "all", table)]
    for axis in axes:
        grouped = add_axis(table, axis).partition_by("group", as_dict=True)
        parts += [(axis, str(key[0]), grouped[key]) for key in sorted(grouped, key=lambda key: str(key[0]))]
    return [
        GroupRate(
            axis=axis,
            value=value,
            n_speakers=part["speaker"].drop_nulls().n_unique(),
            rate=pooled_rate(speaker_sums(part), level),
        )
        for axis, value, part in parts
    ]


def _verdict(last: Release) -> tuple[Verdict, str]:
    """That of the last release: no worse than the one before, than the first, and than the lowest earlier rates."""
    assert last.since_previous is not None
    assert last.since_first is not None
    judged = {"the one before": last.since_previous, "the first": last.since_first}
    if last.since_previous.against == last.since_first.against:
        judged = {"the first": last.since_first}
    if last.since_lowest is not None:
        judged["the lowest earlier rates"] = last.since_lowest
    verdicts = [each.verdict for each in judged.values()]
    verdict: Verdict = (
        "fail" if "fail" in verdicts else "undetermined" if "undetermined" in verdicts else "pass"
    )
    said = [f"against {what}: {each.reason}" for what, each in judged.items() if each.verdict == verdict]
    return verdict, f"{last.name} {'; '.join(said)}"


def _drifts(releases: Sequence[Release]) -> list[Drift]:
    """Groups whose change since an earlier release is not shown to be within the margin, though no step failed."""
    if len(releases) < 3:
        return []
    first, lowest = releases[-1].since_first, releases[-1].since_lowest
    assert first is not None
    found = [_drift(change, releases) for change in first.changes]
    found += [_drift(change, releases) for change in (lowest.changes if lowest else [])]
    by_group: dict[_Group, Drift] = {}
    # the change since the first is named before that since the lowest, unless only the latter is shown
    for drift in found:
        if drift and (drift.shown or (drift.axis, drift.value) not in by_group):
            named = by_group.get((drift.axis, drift.value))
            by_group[drift.axis, drift.value] = named if named and named.shown else drift
    return sorted(by_group.values(), key=lambda drift: (not drift.shown, -(drift.difference.value or 0.0)))


def _drift(change: JudgedChange, releases: Sequence[Release]) -> Drift | None:
    """The drift of a group from the release that `change` is against to the last one, if it is one."""
    start = next(place for place, release in enumerate(releases) if release.name == change.against)
    steps = [
        step
        for release in releases[start + 1 :]
        for step in (release.since_previous.changes if release.since_previous else [])
        if (step.axis, step.value) == (change.axis, change.value)
    ]
    verdicts = [step.no_harm.verdict for step in steps]
    if len(steps) < 2 or change.no_harm.verdict == "pass" or "fail" in verdicts:
        return None
    shown = change.no_harm.verdict == "fail"
    if not shown and set(verdicts) != {"pass"}:
        return None  # the steps leave harm open themselves, and say so
    return Drift(
        axis=change.axis,
        value=change.value,
        since=change.against if start else None,
        shown=shown,
        difference=change.difference,
        steps=[step.difference.value for step in steps],
    )
