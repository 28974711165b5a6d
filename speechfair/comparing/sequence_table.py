"""A sequence of releases as tables a person reads: a row for each release, then for each group. It words the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from speechfair.auditing.audit_table import axis_title
from speechfair.metrics.error_counts import rate_name
from speechfair.result_table import Cell, Column, Table, Tone
from speechfair.wording import count, given_percent, points

if TYPE_CHECKING:
    from speechfair.comparing.comparison_record import Verdict
    from speechfair.comparing.sequence_record import (
        Drift,
        JudgedChange,
        JudgedRelease,
        Release,
        SequenceRecord,
    )

__all__ = ["drift_words", "sequence_tables"]

_TONES: dict[Verdict, Tone] = {"pass": "", "fail": "worse", "undetermined": ""}


def sequence_tables(found: SequenceRecord) -> list[Table]:
    """The releases with both verdicts, and for each axis the groups' rates over the releases."""
    return [_releases(found), *(_axis(found, axis) for axis in found.axes)]


def drift_words(drift: Drift) -> str:
    """One sentence on a group that drifted."""
    who = "overall" if drift.axis == "overall" else f"{drift.axis}={drift.value}"
    steps = ", ".join(points(step) for step in drift.steps)
    total = points(drift.difference.value)
    since = "the first release" if drift.since is None else f"its lowest rate, in {drift.since}"
    if drift.shown:
        return f"Slow drift in {who}: {total} points since {since}, though no step failed ({steps})."
    head = f"Drift in {who} cannot be excluded: {total} points since {since}"
    return f"{head}, though every step passed ({steps})."


def _releases(found: SequenceRecord) -> Table:
    later = found.releases[-1].since_lowest is not None
    columns = (
        Column("release", "release"),
        Column("overall", f"overall {rate_name(found.tokens)} %", "percent", priority=3),
        Column("previous", "against the one before"),
        Column("step", "largest rise (points)", "points", priority=1),
        Column("step_group", "in group", priority=2),
        Column("first", "against the first"),
        Column("total", "largest rise since (points)", "points", priority=1),
        Column("total_group", "in group since", priority=2),
        Column("lowest", "against the lowest earlier rates", priority=0 if later else 4),
    )
    rows = [_release_row(release) for release in found.releases]
    tones = tuple(
        _TONES[release.since_first.verdict] if release.since_first else "reference"
        for release in found.releases
    )
    notes = (
        f"Verdict on the last release: {found.verdict}. {found.reason}.",
        *(drift_words(drift) for drift in found.drifts),
        *(
            [
                "The lowest earlier rate of a group is chosen by its observed value, which is too low by luck; the "
                "comparison with it errs against the later release."
            ]
            if later
            else []
        ),
        f"Margin of each step, and of the whole change since the first release or a lowest rate: "
        f"{given_percent(found.relative)} of the earlier rate or {given_percent(found.absolute, sign=False)} points, "
        "whichever is more.",
        f"Paired over {count(found.n_speakers)} speakers; intervals at {given_percent(found.level)}. A pass is "
        f"corrected for {count(found.n_claims, 'claim')} (Holm), a fail is not.",
        *found.notes,
    )
    return Table(
        f"{count(len(found.releases))} releases on {found.corpus}", columns, tuple(rows), notes, tones
    )


def _release_row(release: Release) -> tuple[Cell, ...]:
    overall = next(one.rate for one in release.rates if one.axis == "overall")
    previous, first = release.since_previous, release.since_first
    if previous is None or first is None:
        return release.name, overall, None, None, None, None, None, None, None
    step, total = _most_risen(previous), _most_risen(first)
    return (
        release.name, overall, previous.verdict, step.difference, _group(step),
        first.verdict, total.difference, _group(total),
        release.since_lowest.verdict if release.since_lowest else None,
    )  # fmt: skip


def _most_risen(judged: JudgedRelease) -> JudgedChange:
    return max(
        judged.changes, key=lambda c: -float("inf") if c.difference.value is None else c.difference.value
    )


def _group(change: JudgedChange) -> str:
    return "overall" if change.axis == "overall" else f"{change.axis}={change.value}"


def _axis(found: SequenceRecord, axis: str) -> Table:
    """Rates of the groups, release by release; the change since the first, and whether it may be harm."""
    last = found.releases[-1]
    assert last.since_first is not None
    between = found.releases[1:-1]
    columns = [Column("group", "group"), Column("speakers", "speakers", "count", priority=2)]
    for place, release in enumerate(found.releases):
        ends = release is found.releases[0] or release is last
        title = f"{place + 1}: {release.name}"
        # where there is little room, the releases in the middle go first, the newest of them last
        columns.append(
            Column(f"rate_{place + 1}", title, "percent", priority=0 if ends else 3 + len(between) - place)
        )
    columns += [
        Column("change", "since the first (points)", "points"),
        Column("verdict", "within the margin since the first"),
    ]
    rates = [
        {(one.axis, one.value): one for one in release.rates if one.axis == axis}
        for release in found.releases
    ]
    rows: list[tuple[Cell, ...]] = []
    tones: list[Tone] = []
    for change in last.since_first.changes:
        if change.axis != axis:
            continue
        key = change.axis, change.value
        verdict = change.no_harm.verdict
        if verdict == "pass" and not change.passes_adjusted:
            verdict = "undetermined"
        rows.append(
            (
                change.value,
                rates[-1][key].n_speakers,
                *(each[key].rate.value for each in rates),
                change.difference,
                verdict,
            )
        )
        tones.append(_TONES[change.no_harm.verdict])
    return Table(f"By {axis_title(axis)}", tuple(columns), tuple(rows), (), tuple(tones))
