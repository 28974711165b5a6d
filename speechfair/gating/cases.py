"""From a scored run and a criteria file to the comparisons that must be judged, and the numbers they rest on.

A criterion over a list of groups gives one case per group, whether the group occurs or not; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from speechfair.gating.criteria import (
    AGAINST_REFERENCE,
    JOINT,
    NAMED,
    OVER_ALL_GROUPS,
    CriteriaFile,
    Criterion,
)
from speechfair.gating.freezing import Standing
from speechfair.running.scoring import add_axis, axes_of
from speechfair.types import UNKNOWN, Estimate

if TYPE_CHECKING:
    import polars as pl

    from speechfair.metrics import SpeakerSums
    from speechfair.metrics.metric import Metric
    from speechfair.running.scoring import Tokens

__all__ = ["ALL_GROUPS", "Case", "Members", "RunFacts", "cases_of", "measurement"]

T = TypeVar("T")

ALL_GROUPS = "all groups"

_SEED = 0
"""Of the bootstrap. Not the run's own: a seed that can be chosen after the results could choose the verdict."""


@dataclass(frozen=True)
class RunFacts:
    """What a gate needs to know of a run.

    Parameters
    ----------
    scores : as `scoring.score_table` gives it, for every row of the manifest; None where there is none.
    normalizer, tokens : how the run was scored.
    card_reference : reference group by axis, from the corpus card as it was when the folder was prepared.
    differences : what `verify` found in the folder.
    standing : of the criteria file.
    sources : next to each utterance id, ``audio``, ``sample_rate``, ``audio_sha256``, ``start_s`` and ``end_s`` from
        the manifest; None where not known.
    corpus, manifest_sha256 : of the run; None where not known.
    model : names by which the run's model may be called: name, key and digest.
    imported : what of the run was imported, ``transcripts`` or ``counts``; None for a run on audio.
    accepted : changes of the folder from outside that somebody accepted.
    stripped : beginnings and ends of hypotheses that the run leaves out.
    unlogged : why edits of ``run.yaml`` cannot be seen, or could not for a time; None where its log is whole.
    """

    scores: pl.DataFrame | None
    normalizer: str | None
    tokens: str | None
    card_reference: Mapping[str, str]
    differences: Sequence[str]
    standing: Standing
    sources: pl.DataFrame | None = None
    corpus: str | None = None
    manifest_sha256: str | None = None
    model: tuple[str, ...] = ()
    imported: str | None = None
    accepted: Sequence[str] = ()
    unlogged: str | None = None
    stripped: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    @cached_property
    def counted(self) -> pl.DataFrame:
        """The scored and the failed rows; those that were excluded have no counts."""
        import polars as pl

        if self.scores is None:
            return pl.DataFrame(schema=_columns())
        return self.scores.filter(pl.col("excluded").is_null())

    def members(self, axis: str, of: str | None = None) -> Mapping[str, Members]:
        """The groups of an axis by name, those without a label too; made once.

        With `of`, only the rows that this metric counts; a group of which it counts none is there without rows.
        """
        import polars as pl

        if (axis, of) not in self._by_axis:
            labelled = add_axis(self._rows(of), axis)
            values = {*labelled["group"].to_list()} | ({*self.members(axis)} if of is not None else set())
            self._by_axis[axis, of] = {
                value: _members(value, labelled.filter(pl.col("group") == value)) for value in sorted(values)
            }
        return self._by_axis[axis, of]

    def _rows(self, of: str | None) -> pl.DataFrame:
        from speechfair.metrics.metric import load_metric, measure

        if of is None or self.scores is None:
            return self.counted
        return measure(
            load_metric(of), self.scores, "characters" if self.tokens == "characters" else "words"
        ).table

    @cached_property
    def _by_axis(self) -> dict[tuple[str, str | None], dict[str, Members]]:
        return {}


@dataclass(frozen=True)
class Members:
    """The utterances of one group.

    Parameters
    ----------
    value : the group's name.
    table : their rows of the scores, with ``group`` and ``source`` of the axis.
    n_speakers : known speakers.
    n_told_speakers : those of them whose label somebody gave, so that it is not only inferred.
    """

    value: str
    table: pl.DataFrame
    n_speakers: int
    n_told_speakers: int

    def kept(self, what: Hashable, make: Callable[[], T]) -> T:
        """Something that is worked out from these utterances, once: the reference is in the case of every group."""
        if what not in self._kept:
            self._kept[what] = make()
        return cast("T", self._kept[what])

    @cached_property
    def _kept(self) -> dict[Hashable, object]:
        return {}


@dataclass(frozen=True)
class Case:
    """One comparison that must be judged.

    Parameters
    ----------
    group : a label value, or `ALL_GROUPS`.
    groups : the judged groups: one, or all of them for a metric of all groups.
    reference : the group they are compared with, or None.
    known_axes, known_groups : what occurs in the run, for messages.
    missing : named groups without an utterance.
    n_unlabelled : utterances without a label on the axis, where the criterion means all groups.
    estimate : the metric with its interval at the criterion's own level; None before it was computed.
    """

    facts: RunFacts
    file: CriteriaFile
    criterion: Criterion
    group: str
    groups: tuple[Members, ...] = ()
    reference: Members | None = None
    reference_name: str | None = None
    known_axes: tuple[str, ...] = ()
    known_groups: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    n_unlabelled: int = 0
    estimate: Estimate | None = field(default=None, compare=False)

    @property
    def tokens(self) -> Tokens:
        """What the run's errors are counted in."""
        return "characters" if self.facts.tokens == "characters" else "words"

    @property
    def everyone(self) -> tuple[Members, ...]:
        """The judged groups and the reference."""
        return (*self.groups, self.reference) if self.reference is not None else self.groups


def cases_of(file: CriteriaFile, criterion: Criterion, facts: RunFacts) -> list[Case]:
    """The comparisons of one criterion of `file`: one per group, or one for all groups together; never none."""
    members = facts.members(criterion.axis, criterion.of)
    known = tuple(value for value in members if UNKNOWN not in value.split("+"))
    unlabelled = [value for value in members if value not in known]
    against = criterion.metric in AGAINST_REFERENCE
    name = _reference_name(criterion, facts) if against else None
    named = criterion.named_groups
    wanted = [v for v in known if v != name] if named is None else named
    common = Case(
        facts,
        file,
        criterion,
        ALL_GROUPS,
        reference=members.get(name) if name is not None else None,
        reference_name=name,
        known_axes=tuple(axes_of(facts.counted)),
        known_groups=known,
        n_unlabelled=sum(members[v].table.height for v in unlabelled) if named is None else 0,
    )
    if criterion.metric in JOINT or not wanted:
        return [_with(common, ALL_GROUPS, wanted, members)]
    cases = [_with(replace(common, n_unlabelled=0), value, [value], members) for value in wanted]
    if common.n_unlabelled and not criterion.accept_unlabelled:
        cases.append(_with(common, UNKNOWN, [], members))
    return cases


def measurement(case: Case) -> Callable[[float], Estimate]:
    """The metric of a case as a function of the interval's level. Sums are made once, and each level is.

    Intervals of one case are nested: a higher level never gives a narrower one.
    """
    return cache(_measurement(case))


def _measurement(case: Case) -> Callable[[float], Estimate]:
    import numpy as np

    from speechfair.metrics import metric_estimates as of
    from speechfair.metrics.post_stratification import shared_speakers

    name, counted = case.criterion.metric, _counted(case.criterion, case.tokens)
    if not case.groups:
        return lambda level: _nothing(level, "no utterances: no value")
    sums = [_sums(counted, members, case.tokens) for members in case.groups]
    if case.criterion.weights is not None:
        weights = {members.value: case.criterion.weights[members.value] for members in case.groups}
        by_name = dict(zip(weights, sums, strict=True))
        if why := shared_speakers(by_name):
            return lambda level: _nothing(level, why)
        return lambda level: of.metric_post_stratified(counted, by_name, weights, level)
    if name in OVER_ALL_GROUPS:
        over_all = of.metric_gap if name == "gap" else of.metric_worst_best
        # Their two tails are unequal: at this level neither is more than the (1 - level) / 2 that a verdict may err by.
        return lambda level: over_all(counted, sums, rng=np.random.default_rng(_SEED), level=(1 + level) / 2)
    if name in AGAINST_REFERENCE:
        compare = of.metric_ratio if name == "rate_ratio" else of.metric_difference
        if case.reference is None:
            return lambda level: _nothing(level, "no reference group: no value")
        reference = _sums(counted, case.reference, case.tokens)
        return lambda level: compare(counted, sums[0], reference, level)
    alone = of.metric_speaker_mean if name == "speaker_mean_rate" else of.metric_rate
    return lambda level: alone(counted, sums[0], level)


def _counted(criterion: Criterion, tokens: Tokens) -> Metric:
    """The registered metric whose statistic is judged: the criterion's own, else the error rate of the run."""
    from speechfair.metrics.metric import load_metric

    if criterion.of is not None:
        return load_metric(criterion.of)
    if criterion.metric in NAMED:
        return load_metric(criterion.metric)
    return load_metric("word_error_rate" if tokens == "words" else "character_error_rate")


def _with(case: Case, group: str, wanted: Sequence[str], members: Mapping[str, Members]) -> Case:
    return replace(
        case,
        group=group,
        groups=tuple(members[value] for value in wanted if value in members),
        missing=tuple(value for value in wanted if value not in members),
    )


def _reference_name(criterion: Criterion, facts: RunFacts) -> str | None:
    """As the criterion says, else as the card did when the folder was prepared: never what `score` was told later."""
    if criterion.reference is not None:
        return criterion.reference
    parts = [facts.card_reference.get(part) for part in criterion.axis.split("+")]
    return "+".join(part for part in parts if part) if all(parts) else None


def _members(value: str, table: pl.DataFrame) -> Members:
    import polars as pl

    told = table.filter(~pl.col("source").str.split("+").list.contains("inferred"))
    count = [rows["speaker"].drop_nulls().n_unique() for rows in (table, told)]
    return Members(value, table, n_speakers=count[0], n_told_speakers=count[1])


def _sums(metric: Metric, members: Members, tokens: Tokens) -> SpeakerSums:
    from speechfair.metrics.metric import measure, metric_sums

    return members.kept(
        ("sums", metric.name, tokens), lambda: metric_sums(measure(metric, members.table, tokens).table)
    )


def _nothing(level: float, reason: str) -> Estimate:
    return Estimate(None, None, None, level, 0, 0, "none", reason)


def _columns() -> dict[str, Any]:
    """The columns that cases are made from, for a run without scores."""
    import polars as pl

    label = pl.Struct({"axis": pl.String, "value": pl.String, "source": pl.String})
    counts = ("substitutions", "deletions", "insertions", "reference_length")
    return {
        "utterance_id": pl.String,
        "speaker": pl.String,
        "labels": pl.List(label),
        "failed": pl.Boolean,
        "runaway": pl.Boolean,
        "reference": pl.String,
        **dict.fromkeys(counts, pl.Int64),
    }
