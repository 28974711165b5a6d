"""What the reader of a sequence of releases should know besides its verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from speechfair.comparing.matching import ScoredRun
from speechfair.comparing.sequence_record import JudgedRelease, Release
from speechfair.comparing.several_runs import SharedUtterances, notes_on_utterances
from speechfair.wording import counted

__all__ = ["sequence_notes"]


def sequence_notes(
    runs: Sequence[ScoredRun], releases: Sequence[Release], shared: SharedUtterances
) -> list[str]:
    """Utterances and groups in no comparison, failures, unlike versions, and what may go unseen."""
    notes = notes_on_utterances(shared, [release.name for release in releases])
    for release in releases:
        if release.n_failed:
            said = counted(
                release.n_failed, "failed utterance", "counts as all deleted", "count as all deleted"
            )
            notes.append(f"{release.name}: {said}")
    versions = sorted({run.result.speechfair for run in runs})
    if len(versions) > 1:
        notes.append(f"scored by different versions of speechfair: {', '.join(versions)}")
    keys = [release.model_record.key for release in releases]
    if len(set(keys)) < len(keys):
        notes.append("some runs are of the same model with the same options")
    shares = [_share(release.since_first) for release in releases[1:]]
    if known := [share for share in shares if share is not None]:
        notes.append(
            f"the smallest group shows harm to {100 * max(known):.2g} % or more of its speakers with 95 %; "
            "harm to fewer may go unseen, whatever the method"
        )
    return notes


def _share(judged: JudgedRelease | None) -> float | None:
    changes = judged.changes if judged else []
    shares = [change.no_harm.smallest_visible_share for change in changes]
    return max((share for share in shares if share is not None), default=None)
