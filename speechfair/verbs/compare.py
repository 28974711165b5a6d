"""`compare`, `leaderboard` and `sequence` as people call them: with the JSON file and the page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from speechfair.comparing import compare_models
from speechfair.comparing import leaderboard as ranking
from speechfair.comparing import sequence as releases
from speechfair.store import RunFolder
from speechfair.verbs.written import outside_run_folders, write_result

if TYPE_CHECKING:
    from speechfair.comparing.comparison import Comparison
    from speechfair.comparing.leaderboard import Leaderboard
    from speechfair.comparing.sequence import ReleaseSequence
    from speechfair.messages.translation import Language

__all__ = ["compare", "leaderboard", "sequence"]


def compare(
    before: str | Path | RunFolder,
    after: str | Path | RunFolder,
    *,
    group_by: Sequence[str] | None = None,
    match: Literal["identical", "common"] = "identical",
    relative: float = 0.10,
    absolute: float = 0.01,
    level: float = 0.95,
    seed: int = 0,
    metrics: Sequence[str] = (),
    out: str | Path | None = None,
    report: str | Path | None = None,
    language: Language = "en",
) -> Comparison:
    """How error rates change from one model to another on the same audio, and whether any group is degraded.

    Parameters
    ----------
    before, after, group_by, match, relative, absolute, level, seed, metrics : see
        `speechfair.comparing.compare_models.compare`.
    out : JSON file to write the comparison to.
    report : HTML file to write the page to.
    language : of the page.

    Raises
    ------
    RunFolderError : a folder has not been scored, or was changed since.
    InputError
        The runs cannot be compared, a file would be written into a run folder, or the evaluation gate of the process
        folder near `after` is not open (`speechfair.process.journal.process_folder` names another, or a reason).
    """
    from speechfair.reporting.compare_html import write_comparison

    outside_run_folders(out, report)
    _require_gate("compare", [after])
    found = compare_models.compare(
        before, after, group_by=group_by, match=match, relative=relative, absolute=absolute, level=level, seed=seed,
        metrics=metrics,
    )  # fmt: skip
    return write_result(found, out, report, partial(write_comparison, language=language))


def leaderboard(
    runs: Sequence[str | Path | RunFolder],
    *,
    group_by: Sequence[str] | None = None,
    by: Literal["worst", "gap", "overall"] = "worst",
    match: Literal["identical", "common"] = "identical",
    min_speakers: int | None = None,
    level: float = 0.95,
    seed: int = 0,
    out: str | Path | None = None,
    report: str | Path | None = None,
    title: str | None = None,
    language: Language = "en",
) -> Leaderboard:
    """Rank models that transcribed the same utterances.

    Parameters
    ----------
    runs, group_by, by, match, min_speakers, level, seed, title : see `speechfair.comparing.leaderboard.leaderboard`.
    out : JSON file to write the leaderboard to.
    report : HTML file to write the page to.
    language : of the page.

    Raises
    ------
    RunFolderError : a folder has not been scored, or was changed since.
    InputError
        The runs cannot be compared, a file would be written into a run folder, or the evaluation gate of the process
        folder near a run is not open.
    """
    from speechfair.reporting.leaderboard_html import write_leaderboard

    outside_run_folders(out, report)
    _require_gate("leaderboard", runs)
    found = ranking.leaderboard(
        runs,
        group_by=group_by,
        by=by,
        match=match,
        min_speakers=min_speakers,
        level=level,
        seed=seed,
        title=title,
    )
    return write_result(found, out, report, partial(write_leaderboard, language=language))


def sequence(
    runs: Sequence[str | Path | RunFolder],
    *,
    group_by: Sequence[str] | None = None,
    match: Literal["identical", "common"] = "identical",
    relative: float = 0.10,
    absolute: float = 0.01,
    level: float = 0.95,
    out: str | Path | None = None,
    report: str | Path | None = None,
    language: Language = "en",
) -> ReleaseSequence:
    """How error rates change over the releases of a model on the same audio, step by step and since the first.

    Parameters
    ----------
    runs, group_by, match, relative, absolute, level : see `speechfair.comparing.sequence.sequence`.
    out : JSON file to write the sequence to.
    report : HTML file to write the page to.
    language : of the page.

    Raises
    ------
    RunFolderError : a folder has not been scored, or was changed since.
    InputError
        The runs cannot be compared, a file would be written into a run folder, or the evaluation gate of the process
        folder near a release after the first is not open.
    """
    from speechfair.reporting.sequence_html import write_sequence

    outside_run_folders(out, report)
    _require_gate("sequence", runs[1:])
    found = releases.sequence(
        runs, group_by=group_by, match=match, relative=relative, absolute=absolute, level=level
    )
    return write_result(found, out, report, partial(write_sequence, language=language))


def _require_gate(verb: str, runs: Sequence[str | Path | RunFolder]) -> None:
    from speechfair.process.journal import require_gate

    for run in runs:
        require_gate(verb, run.path if isinstance(run, RunFolder) else Path(run))
