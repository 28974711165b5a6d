"""What the reader of a sequence of releases should know besides its verdicts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from speechfair.comparing.matching import ScoredRun
from speechfair.comparing.sequence_record import JudgedRelease, Release
from speechfair.comparing.several_runs import (
    SharedUtterances,
    failures,
    notes_on_utterances,
    notes_on_versions,
)
from speechfair.running.run_log import log_state
from speechfair.store import RunFolder

__all__ = ["sequence_notes"]

_NUMBER = re.compile(r"([0-9]+)")


def sequence_notes(
    runs: Sequence[ScoredRun], releases: Sequence[Release], shared: SharedUtterances
) -> list[str]:
    """Utterances and groups in no comparison, failures, unlike versions, and what may go unseen."""
    names = [release.name for release in releases]
    notes = [*_order(runs, names), *notes_on_utterances(shared, names)]
    for release in releases:
        if release.n_failed:
            notes.append(f"{release.name}: {failures(release.n_failed)}")
    notes += notes_on_versions(runs)
    shares = [_share(release.since_first) for release in releases[1:]]
    if known := [share for share in shares if share is not None]:
        notes.append(
            f"the smallest group shows harm to {100 * max(known):.2g} % or more of its speakers with 95 %; "
            "harm to fewer may go unseen, whatever the method"
        )
    return notes


def _order(runs: Sequence[ScoredRun], names: Sequence[str]) -> list[str]:
    """Where numbers in the names or the times of the runs say that a release comes before an older one.

    A shell writes ``v10`` before ``v2``. A time that nobody recorded says nothing.
    """
    notes = []
    for written in (names, [str(run.path) for run in runs]):
        parts = [_NUMBER.split(name) for name in written]
        if len({tuple(part[::2]) for part in parts}) > 1:
            continue  # they differ in more than numbers
        numbers = [[int(number) for number in part[1::2]] for part in parts]
        if place := _first_descent(numbers):
            notes.append(
                f"check the order of the releases: {names[place]} comes after {names[place - 1]}, "
                "though its number is lower"
            )
            break
    begun = [_begun(run) for run in runs]
    known = [(time, name) for time, name in zip(begun, names, strict=True) if time is not None]
    if place := _first_descent([time for time, _ in known]):
        (before, earlier), (time, later) = known[place - 1], known[place]
        notes.append(
            f"check the order of the releases: {later} comes after {earlier}, though its run began before "
            f"({time:%Y-%m-%d %H:%M:%S}, {before:%Y-%m-%d %H:%M:%S} UTC)"
        )
    return notes


def _first_descent(values: Sequence[Any]) -> int:
    """The first place whose value is lower than the one before; 0 where there is none.

    >>> _first_descent([[1], [10], [2]])
    2
    """
    return next((n for n in range(1, len(values)) if values[n] < values[n - 1]), 0)


def _begun(run: ScoredRun) -> datetime | None:
    """When a run's log began; None for a run of a version that kept none from the start."""
    state = log_state(RunFolder(run.path))
    known = state.entries and state.migrated is None
    return datetime.fromisoformat(state.entries[0].time).astimezone(UTC) if known else None


def _share(judged: JudgedRelease | None) -> float | None:
    changes = judged.changes if judged else []
    shares = [change.no_harm.smallest_visible_share for change in changes]
    return max((share for share in shares if share is not None), default=None)
