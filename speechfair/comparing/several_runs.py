"""Several scored runs as one: read alike, on the same utterances, each with a name of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.comparing.matching import (
    Match,
    ScoredRun,
    check_scoring,
    compared_axes,
    groups_left_out,
    match_runs,
    read_scored,
    scores_of_ids,
    unit_of,
)
from speechfair.errors import InputError
from speechfair.running.scoring import add_axis
from speechfair.wording import counted

if TYPE_CHECKING:
    from speechfair.store import RunFolder

__all__ = [
    "SharedUtterances",
    "distinct_names",
    "failures",
    "notes_on_utterances",
    "notes_on_versions",
    "read_runs",
    "shared_axes",
    "shared_utterances",
]


@dataclass(frozen=True)
class SharedUtterances:
    """What several runs have in common, and what they do not.

    Parameters
    ----------
    ids : of the utterances that every run scored and all have alike, in the order of the first run.
    excluded : utterances in every manifest that at least one run excluded: no usable reference, or not asked.
    left_out : of each run, how many scored utterances are not among `ids`.
    lost : axis and value of each group with scored utterances in some run but none among `ids`; the places of those
        runs.
    thinned : of every other group of which more than a tenth of some run's rows are not among `ids`, how many rows, of
        how many, in which run.
    """

    ids: list[str]
    excluded: int
    left_out: list[int]
    lost: dict[tuple[str, str], list[int]]
    thinned: dict[tuple[str, str], tuple[int, int, int]]


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


def shared_utterances(runs: Sequence[ScoredRun], match: Match, axes: Sequence[str]) -> SharedUtterances:
    """The utterances that all runs have alike, and what is left out of each.

    Raises
    ------
    InputError : the manifests differ and `match` is ``identical``, or no utterance is left.
    """
    matched = [match_runs(runs[0], run, match, axes)[0] for run in runs[1:]]
    shared = set.intersection(*map(set, matched))
    if not shared:
        raise InputError(
            f"the {len(runs)} runs have no scored utterance in common; take only those that were made over one corpus"
        )
    ids = [name for name in matched[0] if name in shared]
    left_out = [int(run.scores["excluded"].is_null().sum()) - len(ids) for run in runs]
    lost = _lost_groups(runs, ids, axes) if any(left_out) else {}
    thinned = {group: n for group, n in groups_left_out(runs, ids, axes).items() if group not in lost}
    return SharedUtterances(ids, _excluded(runs), left_out, lost, thinned)


def _excluded(runs: Sequence[ScoredRun]) -> int:
    """Utterances in every manifest that at least one run excluded from scoring."""
    excluded, in_all = set[str](), set[str]()
    for place, run in enumerate(runs):
        rows = set(run.manifest.filter(run.manifest["excluded"].is_null())["id"])
        in_all = in_all & rows if place else rows
        excluded |= set(run.scores.filter(run.scores["excluded"].is_not_null())["utterance_id"])
    return len(excluded & in_all)


def _lost_groups(
    runs: Sequence[ScoredRun], ids: Sequence[str], axes: Sequence[str]
) -> dict[tuple[str, str], list[int]]:
    lost: dict[tuple[str, str], list[int]] = {}
    for axis in axes:
        kept = set(add_axis(scores_of_ids(runs[0], ids), axis)["group"])
        for place, run in enumerate(runs):
            scored = run.scores.filter(run.scores["excluded"].is_null())
            for value in sorted(set(add_axis(scored, axis)["group"]) - kept):
                lost.setdefault((axis, value), []).append(place)
    return lost


def notes_on_utterances(shared: SharedUtterances, names: Sequence[str]) -> list[str]:
    """What is compared in no run, in words: utterances, and whole groups.

    Parameters
    ----------
    names : of the runs, in their order.
    """
    notes = []
    if shared.excluded:
        notes.append(
            counted(
                shared.excluded,
                "utterance",
                "has no usable reference, or a model was not asked; it is in no rate",
                "have no usable reference, or a model was not asked; they are in no rate",
            )
        )
    for name, n_left in zip(names, shared.left_out, strict=True):
        if n_left:
            notes.append(
                counted(
                    n_left,
                    "utterance",
                    f"of {name} is not compared: not all runs have it alike",
                    f"of {name} are not compared: not all runs have them alike",
                )
            )
    for (axis, value), places in shared.lost.items():
        having = ", ".join(names[place] for place in places)
        notes.append(f"{axis}={value} is not compared: no utterance of it is alike in all runs (in {having})")
    for (axis, value), (n_left, n_rows, place) in shared.thinned.items():
        notes.append(f"{axis}={value}: {n_left} of {n_rows} rows of {names[place]} are not compared")
    return notes


def failures(n: int) -> str:
    """How failed utterances are counted, in words."""
    return counted(n, "failed utterance", "counts as all deleted", "count as all deleted")


def notes_on_versions(runs: Sequence[ScoredRun]) -> list[str]:
    """Where runs were scored by unlike versions, or are of one and the same model, in words."""
    notes = []
    versions = sorted({run.result.speechfair for run in runs})
    if len(versions) > 1:
        notes.append(f"scored by different versions of speechfair: {', '.join(versions)}")
    keys = [run.result.model_record.key for run in runs]
    if len(set(keys)) < len(keys):
        notes.append("some runs are of the same model with the same options")
    return notes


def distinct_names(runs: Sequence[ScoredRun]) -> list[str]:
    """Names of the models; where two runs have one name, with the name of the run folder."""
    models = [run.result.model for run in runs]
    return [
        f"{model} ({folder})" if models.count(model) > 1 else model
        for model, folder in zip(models, _folders(runs), strict=True)
    ]


def _folders(runs: Sequence[ScoredRun]) -> list[str]:
    """Names of run folders; where two have one name, with as many of the folders above as tell them apart."""
    parts = [run.path.resolve().parts for run in runs]
    names = []
    for own in parts:
        n = 1
        while sum(other[-n:] == own[-n:] for other in parts) > 1:
            n += 1
        names.append("/".join(own[-n:]))
    return names
