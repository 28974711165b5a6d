"""What a training changed for whom: the same utterances under the model before and after, with the speaker as the unit.

Every group of every evaluation gets its rates, the paired change with its interval, and whether it got worse by more
than the margin. The verdict is `no harm` only if that is shown for every one of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from speechfair.debias.judging.worst import worst_change
from speechfair.records import Record
from speechfair.types import Estimate

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from speechfair.debias.recipe import DebiasRecipe, EvaluationSource, Margin
    from speechfair.metrics.pairing import Pair
    from speechfair.types import Estimate

__all__ = ["AxisChange", "DebiasResult", "GroupChange", "Verdict", "compare", "overall_verdict", "scores_of"]

Verdict = Literal["no harm", "harm", "undetermined"]
EVERYONE = "everyone"


class GroupChange(Record):
    """One group of one evaluation (or `everyone`), before and after. Rates are errors per reference token.

    `harmed` is the verdict of `speechfair.comparing.no_harm`, judged against `limit` on `scale`: False: shown not
    degraded. True: shown degraded. None: neither, for the `reason`; `more_speakers` would settle it if the estimate
    stayed.
    `runaways` are hypotheses with more insertions than reference tokens; `rate_without_runaways` leaves them out.
    """

    evaluation: str
    protected: bool
    axis: str | None
    group: str
    n_utterances: int
    n_speakers: int
    rate_before: float | None
    rate_after: float | None
    change: Estimate
    ratio: Estimate
    scale: Literal["ratio", "difference"]
    limit: float
    harmed: bool | None
    reason: str | None
    more_speakers: int | None = None
    runaways_before: int
    runaways_after: int
    failed_before: int
    failed_after: int
    change_without_runaways: Estimate


class AxisChange(Record):
    """What changed between the groups of one axis: their mean rate, the worst group's, and the gap.

    `macro` and `worst` are over the groups that are not protected, where an evaluation protects some of them (`targets`
    lists those); the gap is over all.
    """

    evaluation: str
    axis: str
    macro: Estimate
    worst: Estimate
    gap: Estimate
    targets: list[str] | None = None


class DebiasResult(Record):
    """The whole of ``debias.json``.

    `permissions` are those that the recipe names for corpora to train on: ``corpus``, ``licence`` and, in the user's
    words, ``permission``.
    """

    schema_: Literal["speechfair/debias/1"] = "speechfair/debias/1"
    verdict: Verdict
    reasons: list[str]
    groups: list[GroupChange]
    axes: list[AxisChange]
    training: dict[str, Any]
    data: list[dict[str, Any]]
    unused: dict[str, int]
    permissions: list[dict[str, str]] = Field(default_factory=list)
    notes: list[str]

    def to_json(self) -> str:
        """The text of ``debias.json``."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def compare(recipe: DebiasRecipe, old: Path, new: Path) -> tuple[list[GroupChange], list[AxisChange]]:
    """The changes between the audits under the folders `old` and `new`, evaluation by evaluation.

    They are ``RUN/before`` and ``RUN/after``, or the ``after`` of two runs whose methods are compared.
    """
    import numpy as np

    from speechfair.comparing.matching import same_utterances
    from speechfair.running.scoring import add_axis

    groups: list[GroupChange] = []
    axes: list[AxisChange] = []
    for source in recipe.evaluate:
        before, after = same_utterances(old / source.name, new / source.name, source.group_by)
        about: dict[str, Any] = {"evaluation": source.name, "protected": source.protected}
        groups.append(_group(about, None, EVERYONE, before, after, recipe.margin, recipe.level))
        for axis in source.group_by:
            both = add_axis(before, axis), add_axis(after, axis)
            for group in sorted(set(both[0]["group"])):
                mine = [table.filter(table["group"] == group) for table in both]
                kept = {
                    **about,
                    "protected": source.protected or f"{axis}={group}" in source.protected_groups,
                }
                groups.append(_group(kept, axis, group, mine[0], mine[1], recipe.margin, recipe.level))
            rng = np.random.default_rng([recipe.seed, 3])
            axes.append(_axis(source, axis, *both, rng, recipe.level))
    return groups, axes


def overall_verdict(groups: Sequence[GroupChange]) -> tuple[Verdict, list[str]]:
    """``harm`` if a group is shown to be degraded, ``no harm`` if each is shown not to be, else ``undetermined``."""
    harmed = [_place(group) for group in groups if group.harmed is True]
    open_ = [f"{_place(group)}: {group.reason}" for group in groups if group.harmed is None]
    if harmed:
        return "harm", [f"{place} got worse by more than the margin" for place in harmed]
    return ("undetermined", open_) if open_ else ("no harm", [])


def _place(group: GroupChange) -> str:
    return (
        f"{group.evaluation}, {group.axis}={group.group}" if group.axis else f"{group.evaluation}, everyone"
    )


def scores_of(audit: Path) -> pl.DataFrame:
    """The scored rows of an audit's run folder."""
    from speechfair.errors import RunFolderError
    from speechfair.running.seals import read_sealed
    from speechfair.store import RunFolder

    run = RunFolder(audit)
    model = read_sealed(run).recipe.model
    if model is None:
        raise RunFolderError(f"{audit} has no hypotheses; delete it and run the same command again")
    table = run.read_table(f"scores/{model.key}.parquet", "delete the folder and run the same command again")
    return table.filter(table["excluded"].is_null())


def _group(
    about: dict[str, Any],
    axis: str | None,
    group: str,
    before: pl.DataFrame,
    after: pl.DataFrame,
    margin: Margin,
    level: float,
) -> GroupChange:
    from speechfair.comparing.no_harm import Margins, judge_no_harm
    from speechfair.metrics.paired import paired_difference, paired_ratio
    from speechfair.metrics.pairing import pair_up

    pair = pair_up(before, after)
    judged = judge_no_harm(pair, Margins(margin.relative, margin.absolute, level))
    assert judged.scale is not None
    assert judged.limit is not None
    wild = set(before.filter(before["runaway"])["utterance_id"]) | set(
        after.filter(after["runaway"])["utterance_id"]
    )
    calm = [table.filter(~table["utterance_id"].is_in(list(wild))) for table in (before, after)]
    return GroupChange(
        **about,
        axis=axis,
        group=group,
        n_utterances=before.height,
        n_speakers=before["speaker"].drop_nulls().n_unique(),
        rate_before=_rate(before),
        rate_after=_rate(after),
        change=paired_difference(pair, level),
        ratio=paired_ratio(pair, level),
        scale=judged.scale,
        limit=judged.limit,
        harmed={"pass": False, "fail": True, "undetermined": None}[judged.verdict],
        reason=judged.reason if judged.verdict == "undetermined" else None,
        more_speakers=judged.more_speakers,
        runaways_before=int(before["runaway"].sum()),
        runaways_after=int(after["runaway"].sum()),
        failed_before=int(before["failed"].sum()),
        failed_after=int(after["failed"].sum()),
        change_without_runaways=paired_difference(pair_up(calm[0], calm[1]), level),
    )


def _rate(table: pl.DataFrame) -> float | None:
    words = int(table["reference_length"].sum())
    errors = sum(int(table[name].sum()) for name in ("substitutions", "deletions", "insertions"))
    return errors / words if words else None


def _axis(
    source: EvaluationSource,
    axis: str,
    before: pl.DataFrame,
    after: pl.DataFrame,
    rng: np.random.Generator,
    level: float,
) -> AxisChange:
    from speechfair.metrics.paired_gap import gap_change
    from speechfair.metrics.pairing import pair_by_group

    groups = pair_by_group(before, after, "group")
    gap = gap_change(groups, rng=rng, level=level)
    targets = {name: pair for name, pair in groups.items() if f"{axis}={name}" not in source.protected_groups}
    some = 0 < len(targets) < len(groups)
    judged = targets if some else groups
    return AxisChange(
        evaluation=source.name,
        axis=axis,
        macro=macro_change(judged, rng, level),
        worst=worst_change(judged, level),
        gap=gap,
        targets=sorted(targets) if some else None,
    )


def macro_change(groups: Mapping[str, Pair], rng: np.random.Generator, level: float) -> Estimate:
    """Change of the mean of the groups' rates; speakers are resampled with what both models made of them."""

    from speechfair.metrics.bootstrap import bootstrap_estimate
    from speechfair.metrics.pairing import join

    pairs, half = list(groups.values()), len(groups)

    def statistic(rates: NDArray[np.float64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = rates[..., half:].mean(axis=-1) - rates[..., :half].mean(axis=-1)
        return found

    sums = [pair.before for pair in pairs] + [pair.after for pair in pairs]
    found = bootstrap_estimate(statistic, sums, rng=rng, level=level)
    every = join(pairs)
    return replace(found, n_utterances=every.n_utterances, n_speakers=every.n_speakers)
