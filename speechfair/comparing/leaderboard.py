"""`leaderboard`: two or more models on the same utterances, ranked by worst-group rate, gap and overall rate.

A rank is a range: two models share ranks where a paired test over speakers, corrected for the number of pairs, cannot
tell them apart. It says who is better, never whether anybody is good enough; `gate` does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair import __version__
from speechfair.comparing.leaderboard_record import (
    Criterion,
    GroupLeftOut,
    LeaderboardAxis,
    LeaderboardGroup,
    LeaderboardModel,
    LeaderboardRecord,
    RankedEstimate,
    Standing,
    ToldApart,
)
from speechfair.comparing.matching import Match, ScoredRun, scores_of_ids, unit_of
from speechfair.comparing.several_runs import (
    SharedUtterances,
    distinct_names,
    failures,
    notes_on_utterances,
    notes_on_versions,
    read_runs,
    shared_axes,
    shared_utterances,
)
from speechfair.errors import InputError
from speechfair.running.scoring import add_axis
from speechfair.types import UNKNOWN, Estimate
from speechfair.wording import counted

if TYPE_CHECKING:
    import polars as pl

    from speechfair.metrics import SpeakerSums
    from speechfair.metrics.ranking import Apart
    from speechfair.result_table import Table
    from speechfair.store import RunFolder

__all__ = ["Leaderboard", "json_schema", "leaderboard"]

_RANKED = ("worst", "gap", "overall")
_MOST_NOTES = 3
"""Models with a note of one kind that have a line each."""
_RUNAWAY = "more insertions than reference tokens"


class Leaderboard(LeaderboardRecord):
    """Models on the same utterances, ranked."""

    def tables(self) -> list[Table]:
        """One table for each axis, or one of the overall rates where there is none."""
        from speechfair.comparing.leaderboard_table import leaderboard_tables

        return leaderboard_tables(self)

    def to_markdown(self) -> str:
        """The tables with their footnotes, for a README or a pull request."""
        return "\n".join(table.to_markdown() for table in self.tables())

    def to_json(self) -> str:
        """UTF-8, in the order of the schema, two-space indent, newline at the end."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False) + "\n"

    def __repr__(self) -> str:
        axes = ", ".join(axis.axis for axis in self.axes) or "no axis"
        return f"<Leaderboard of {len(self.models)} models, by {axes}: {self.n_utterances} utterances>"

    def __str__(self) -> str:
        return "\n\n".join(str(table) for table in self.tables())

    def _repr_html_(self) -> str:
        return "".join(table._repr_html_() for table in self.tables())


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a leaderboard, as in ``docs/schemas/leaderboard-1.json``."""
    schema = Leaderboard.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def leaderboard(
    runs: Sequence[str | Path | RunFolder],
    *,
    group_by: Sequence[str] | None = None,
    by: Criterion = "worst",
    match: Match = "identical",
    min_speakers: int | None = None,
    level: float = 0.95,
    seed: int = 0,
    title: str | None = None,
) -> Leaderboard:
    """Rank models that transcribed the same utterances.

    Parameters
    ----------
    runs : two or more scored run folders, scored alike.
    group_by : axes as in `audit`; None takes all that any run was audited by.
    by : what the order rests on: ``worst`` (rate of the worst group), ``gap`` (highest less lowest rate) or
        ``overall``. Ranks are given for all three.
    match : ``identical`` refuses runs over different manifests; ``common`` ranks on the utterances that all runs have
        alike, and counts those that are left out.
    min_speakers : groups of fewer speakers are left out and named; None takes the fewest that an interval needs.
    level : of the intervals. Any two models are wrongly told apart with probability 1 - level at most, for each axis
        and each of the three figures.
    seed : of the resamples behind the intervals of the gaps.
    title : what the models were tried on, for the heading; None is the name of the table or corpus.

    Raises
    ------
    RunFolderError : a folder has not been scored, or was changed since.
    InputError : the runs cannot be compared; the message says why and what to do.
    """
    if by not in _RANKED:
        raise InputError(f"by is {by!r}; choose one of {', '.join(_RANKED)}")
    read = read_runs(runs, "a leaderboard")
    axes = shared_axes(read, group_by)
    shared = shared_utterances(read, match, axes)
    tables = [scores_of_ids(run, shared.ids) for run in read]
    names = distinct_names(read)
    overall, told_apart = _overall(tables, names, level)
    models = [
        _model(run, name, score, table)
        for run, name, score, table in zip(read, names, overall, tables, strict=True)
    ]
    boards = [_board(axis, tables, names, min_speakers, level, seed) for axis in axes]
    order = _order(by, models, boards)
    return Leaderboard(
        speechfair=__version__,
        title=title or read[0].result.corpus_record.title,
        by=by,
        match=match,
        n_utterances=len(shared.ids),
        n_speakers=tables[0]["speaker"].drop_nulls().n_unique(),
        n_left_out={name: n for name, n in zip(names, shared.left_out, strict=True) if n},
        n_excluded=shared.excluded,
        normalizer=read[0].result.normalizer,
        tokens=unit_of(read[0]),
        level=level,
        seed=seed,
        min_speakers=_least(min_speakers),
        models=sorted(models, key=lambda model: order[model.name]),
        told_apart=told_apart,
        axes=[_sorted(board, by, models) for board in boards],
        notes=_notes(read, names, models, shared),
    )


def _overall(
    tables: Sequence[pl.DataFrame], names: Sequence[str], level: float
) -> tuple[list[RankedEstimate], list[ToldApart]]:
    from speechfair.metrics import pooled_rate, speaker_sums
    from speechfair.metrics.ranking import worst_groups_apart

    sums = [speaker_sums(table) for table in tables]
    known = not any(one.no_interval for one in sums)
    apart = worst_groups_apart([[one] for one in sums], level) if known else []
    return _ranked([pooled_rate(one, level) for one in sums], apart), _told("overall", apart, names)


def _ranked(estimates: Sequence[Estimate], apart: Sequence[Apart]) -> list[RankedEstimate]:
    from speechfair.metrics.ranking import rank_ranges

    return [
        RankedEstimate(estimate=estimate, rank_from=first, rank_to=last)
        for estimate, (first, last) in zip(estimates, rank_ranges(len(estimates), apart), strict=True)
    ]


def _told(criterion: Criterion, apart: Sequence[Apart], names: Sequence[str]) -> list[ToldApart]:
    return [
        ToldApart(criterion=criterion, better=names[one.better], worse=names[one.worse], p_value=one.p_value)
        for one in apart
    ]


def _least(min_speakers: int | None) -> int:
    from speechfair.metrics import MIN_SPEAKERS

    if min_speakers is not None and min_speakers < MIN_SPEAKERS:
        raise InputError(f"min_speakers is {min_speakers}; an interval needs {MIN_SPEAKERS} speakers or more")
    return min_speakers if min_speakers is not None else MIN_SPEAKERS


def _board(
    axis: str,
    tables: Sequence[pl.DataFrame],
    names: Sequence[str],
    min_speakers: int | None,
    level: float,
    seed: int,
) -> LeaderboardAxis:
    import numpy as np

    from speechfair.metrics import max_min_gap
    from speechfair.metrics.ranking import gaps_apart, worst_group, worst_groups_apart

    sums = [_sums_by_group(table, axis) for table in tables]
    left_out = _unusable(sums, _least(min_speakers))
    groups = [name for name in sums[0] if name not in left_out]
    reason = None if groups else "no labelled group has enough speakers for an interval"
    models = [[by_group[name] for name in groups] for by_group in sums]
    standings, told = list[Standing](), list[ToldApart]()
    if groups:
        apart = worst_groups_apart(models, level), gaps_apart(models, level)
        worst = [worst_group(model, level) for model in models]
        gaps = [max_min_gap(model, level=level, rng=np.random.default_rng(seed)) for model in models]
        ranked = _ranked([one for _, one in worst], apart[0]), _ranked(gaps, apart[1])
        standings = [
            Standing(model=name, worst_group=groups[place], worst=first, gap=second)
            for name, (place, _), first, second in zip(names, worst, *ranked, strict=True)
        ]
        told = [*_told("worst", apart[0], names), *_told("gap", apart[1], names)]
    return LeaderboardAxis(
        axis=axis,
        groups=[LeaderboardGroup(group=name, n_speakers=sums[0][name].n_speakers) for name in groups],
        left_out=[GroupLeftOut(group=name, reason=why) for name, why in left_out.items()],
        standings=standings,
        told_apart=told,
        reason=reason,
    )


def _sums_by_group(table: pl.DataFrame, axis: str) -> dict[str, SpeakerSums]:
    from speechfair.metrics import speaker_sums

    parts = add_axis(table, axis).partition_by("group", as_dict=True)
    return {str(key[0]): speaker_sums(part) for key, part in sorted(parts.items())}


def _unusable(models: Sequence[dict[str, SpeakerSums]], least: int) -> dict[str, str]:
    """Groups that no rank may rest on, and why. It never depends on how many errors a model makes."""

    found = {}
    for name, sums in models[0].items():
        if UNKNOWN in name.split("+"):
            found[name] = "not labelled"
        elif reason := next((why for m in models if (why := m[name].no_interval)), None):
            found[name] = reason
        elif int((sums.words > 0).sum()) < least:
            found[name] = f"fewer than {least} speakers ({int((sums.words > 0).sum())})"
    return found


def _model(run: ScoredRun, name: str, overall: RankedEstimate, table: pl.DataFrame) -> LeaderboardModel:
    return LeaderboardModel(
        name=name,
        folder=run.path.name or str(run.path),
        corpus=run.result.corpus,
        model_record=run.result.model_record,
        manifest_sha256=run.result.corpus_record.manifest_sha256,
        audit_sha256=run.audit_sha256,
        speechfair=run.result.speechfair,
        overall=overall,
        n_failed=int(table["failed"].sum()),
        n_runaway=int(table["runaway"].sum()),
    )


def _order(
    by: Criterion, models: Sequence[LeaderboardModel], boards: Sequence[LeaderboardAxis]
) -> dict[str, tuple[float, str]]:
    """Sort key of each model: by the first axis that ranks, else by the overall rate."""
    board = next((board for board in boards if board.standings), None)
    if by == "overall" or board is None:
        return {model.name: _key(model.overall, model.name) for model in models}
    return {one.model: _key(one.worst if by == "worst" else one.gap, one.model) for one in board.standings}


def _key(score: RankedEstimate, name: str) -> tuple[float, str]:
    value = score.estimate.value
    return float("inf") if value is None else value, name


def _sorted(board: LeaderboardAxis, by: Criterion, models: Sequence[LeaderboardModel]) -> LeaderboardAxis:
    order = _order(by, models, [board])
    return board.model_copy(update={"standings": sorted(board.standings, key=lambda one: order[one.model])})


def _notes(
    runs: Sequence[ScoredRun],
    names: Sequence[str],
    models: Sequence[LeaderboardModel],
    shared: SharedUtterances,
) -> list[str]:
    notes = notes_on_utterances(shared, names)
    names_failed = {model.name: model.n_failed for model in models if model.n_failed}
    names_runaway = {model.name: model.n_runaway for model in models if model.n_runaway}
    notes += _each_or_all(names_failed, failures, "failed utterances count as all deleted")
    notes += _each_or_all(names_runaway, _runaways, f"texts with {_RUNAWAY}")
    notes += notes_on_versions(runs)
    return notes


def _runaways(n: int) -> str:
    return counted(n, "text", f"has {_RUNAWAY}", f"have {_RUNAWAY}")


def _each_or_all(found: dict[str, int], of_one: Callable[[int], str], of_all: str) -> list[str]:
    """A note for each model; one for all of them, the most first, where there are many."""
    if len(found) <= _MOST_NOTES:
        return [f"{name}: {of_one(n)}" for name, n in found.items()]
    ordered = sorted(found.items(), key=lambda one: -one[1])
    listed = ", ".join(f"{name} ({n})" for name, n in ordered)
    return [f"{of_all}, {sum(found.values())} in {len(found)} models: {listed}"]
