"""Several scored runs as one: read alike, on the same utterances, each with a name of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.comparing.matching import (
    Match,
    ScoredRun,
    check_scoring,
    compared_axes,
    match_runs,
    read_scored,
    unit_of,
)
from speechfair.errors import InputError

if TYPE_CHECKING:
    from speechfair.store import RunFolder

__all__ = ["distinct_names", "read_runs", "shared_axes", "shared_utterances"]


def read_runs(runs: Sequence[str | Path | RunFolder], what: str) -> list[ScoredRun]:
    """Read two or more scored run folders, which must have been scored alike.

    Parameters
    ----------
    what : is to be made of them, for the error.

    Raises
    ------
    RunFolderError : a folder has not been scored, or was changed since.
    InputError : fewer than two are given, one comes twice, or they were scored differently.
    """
    if len(runs) < 2:
        raise InputError(f"{what} needs two or more run folders; {len(runs)} given")
    read: list[ScoredRun] = []
    for run in runs:
        one = read_scored(run)
        if any(one.path.resolve() == other.path.resolve() for other in read):
            raise InputError(f"{one.path} is given twice: name each run folder once")
        if read:
            check_scoring(read[0], one)
            _same_empty_references(read[0], one)
        unit_of(one)
        read.append(one)
    return read


def _same_empty_references(first: ScoredRun, other: ScoredRun) -> None:
    ways = first.result.empty_references, other.result.empty_references
    if ways[0] != ways[1]:
        raise InputError(
            f"{first.path} was scored with --empty-references {ways[0]} and {other.path} with {ways[1]}: their rates "
            f"do not compare; score one of them again, such as with `speechfair score --empty-references {ways[0]} …`"
        )


def shared_axes(runs: Sequence[ScoredRun], group_by: Sequence[str] | None) -> list[str]:
    """The axes asked for, else all that any of the runs was audited by."""
    found: dict[str, None] = {}
    for run in runs[1:]:
        found |= dict.fromkeys(compared_axes(runs[0], run, group_by))
    return list(found)


def shared_utterances(
    runs: Sequence[ScoredRun], match: Match, axes: Sequence[str]
) -> tuple[list[str], int, dict[str, int]]:
    """Ids that all runs have alike; how many have no reference; how many of each run are left out."""
    matched = [match_runs(runs[0], run, match, axes) for run in runs[1:]]
    shared = set.intersection(*(set(ids) for ids, _ in matched))
    if not shared:
        raise InputError(
            f"the {len(runs)} runs have no scored utterance in common; take only those that were made over one corpus"
        )
    left_out = {}
    for run in runs:
        n_scored = run.scores["excluded"].is_null().sum()
        if n_scored > len(shared):
            left_out[str(run.path)] = int(n_scored) - len(shared)
    return [name for name in matched[0][0] if name in shared], max(m.excluded for _, m in matched), left_out


def distinct_names(runs: Sequence[ScoredRun]) -> list[str]:
    """Names of the models; where two runs have one name, with the name of the folder, else its path."""
    models = [run.result.model for run in runs]
    named = [
        f"{model} ({run.path.name})" if models.count(model) > 1 else model
        for model, run in zip(models, runs, strict=True)
    ]
    return [
        f"{model} ({run.path})" if named.count(name) > 1 else name
        for model, name, run in zip(models, named, runs, strict=True)
    ]
