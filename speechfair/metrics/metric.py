"""A metric: what is counted in each utterance, among how many, and how the result is named.

A metric is data. It reads columns of the score table (`speechfair.running.scoring.score_table`) and gives each
utterance its *events* and its *trials*; the rate of a group is the sum of the events over the sum of the trials.
Intervals, ratios and gaps are the same for every metric and are in `metric_estimates`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from speechfair.errors import InputError
from speechfair.metrics.error_counts import KINDS, errors_of, kinds_known
from speechfair.registry import metrics

if TYPE_CHECKING:
    import polars as pl

    from speechfair.metrics.error_counts import Tokens
    from speechfair.metrics.rates import SpeakerSums

__all__ = ["EMPTY_REFERENCE", "Kind", "Measured", "Metric", "load_metric", "measure", "metric_sums"]

Kind = Literal["proportion", "count", "amount"]
Rows = Literal["scored", "empty_reference"]

EMPTY_REFERENCE = "reference is empty after normalising"
"""How the reason begins for which `score_table` excludes an utterance in which nobody speaks."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_COUNTS = (*KINDS, "errors", "reference_length")


@dataclass(frozen=True, eq=False)
class Metric:
    """One kind of error, failure or cost, and how to read it from the score table.

    Parameters
    ----------
    name : stable id, such as ``sentence_error_rate``; recipes, criteria and ``audit.json`` use it.
    title : the name in words, such as ``sentence error rate``.
    short : heading of a narrow column, such as ``SER``.
    event, trial : what is counted, and among what, as plural nouns: ``wrong utterances`` among ``utterances``. With
        `tokens` None and a metric of tokens, write ``tokens``; the page then says words or characters.
    events, trials : polars expressions over the columns of the score table, one number or truth value per row. Null
        leaves the row out of this metric.
    kind : ``proportion``, where events are never more than trials; ``count``, where they may be; ``amount``, a
        measured quantity such as seconds.
    unit : what the rate is in: ``%``, or a unit such as ``s`` or ``×`` for an amount.
    higher_is_worse : whether a group with a larger value is served worse.
    tokens : count the errors of ``words`` or of ``characters`` whatever the run was scored by; None takes the run's.
    rows : ``scored`` rows (failures among them), or those with an ``empty_reference``, which no error rate counts.
    rare : the event may strike few speakers wholly and spare all others, as a broken codec does. The interval of the
        rate is then bounded by speakers (`speechfair.metrics.rare_events`). Only for shares of utterances.
    unseen : why no event says nothing, where that is so; a group without an event then has no rate.
    about : what is counted and what is not, in a sentence or two.

    Raises
    ------
    InputError
        If the name is no id, or `about` or another word is missing.
    """

    name: str
    title: str
    short: str
    event: str
    trial: str
    events: pl.Expr
    trials: pl.Expr
    about: str
    kind: Kind = "count"
    unit: str = "%"
    higher_is_worse: bool = True
    tokens: Tokens | None = None
    rows: Rows = "scored"
    rare: bool = False
    unseen: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InputError(
                f"the metric name {self.name!r} is no id: use small letters, digits and underscores"
            )
        for field in ("title", "short", "event", "trial", "about", "unit"):
            if not getattr(self, field).strip():
                raise InputError(f"the metric {self.name} has no {field}")

    @property
    def needs(self) -> tuple[str, ...]:
        """Columns of the score table that it reads."""
        return tuple(sorted({*self.events.meta.root_names(), *self.trials.meta.root_names()}))


@dataclass(frozen=True, eq=False)
class Measured:
    """The rows of a score table that a metric counts, with its ``events`` and ``trials``.

    Parameters
    ----------
    table : the rows, with two float columns more.
    reason : why no row could be counted, or None.
    """

    table: pl.DataFrame
    reason: str | None = None


def load_metric(name: str) -> Metric:
    """The registered metric of that name; an unknown one raises `InputError` with the nearest name."""
    metric = metrics().load(name)
    if not isinstance(metric, Metric):
        raise InputError(
            f"the entry point {name!r} of speechfair.metrics gives {type(metric).__name__}, not a Metric"
        )
    if metric.name != name:
        raise InputError(
            f"the metric {metric.name!r} is registered as {name!r}; give the entry point the metric's name"
        )
    return metric


def measure(metric: Metric, scores: pl.DataFrame, tokens: Tokens) -> Measured:
    """Events and trials of each row that the metric counts.

    Parameters
    ----------
    scores : the score table, excluded rows too.
    tokens : what its counts are of.

    Raises
    ------
    InputError
        If the table lacks a column that the metric reads, or an event count is negative, not finite, or in a
        proportion more than the trials; the message names the utterance.
    """
    import polars as pl

    recount = metric.tokens is not None and metric.tokens != tokens and bool(set(metric.needs) & set(_COUNTS))
    needed = [*metric.needs, "excluded", *(["reference", "hypothesis"] if recount else [])]
    scores = scores.with_columns(errors_of(scores)) if set(KINDS) <= set(scores.columns) else scores
    if missing := sorted(set(needed) - set(scores.columns)):
        why = " (counts that were made elsewhere have no texts)" if "reference" not in scores.columns else ""
        raise InputError(
            f"the metric {metric.name} needs the columns {', '.join(missing)}, which these scores do not have{why}"
        )
    if metric.rows == "scored":
        rows = scores.filter(pl.col("excluded").is_null())
    else:
        rows = scores.filter(pl.col("excluded").str.starts_with(EMPTY_REFERENCE))
    reason = None
    not_counted = _not_counted(metric, rows)
    if not_counted is not None:
        return Measured(_with_nothing(rows), not_counted)
    if recount and metric.tokens is not None:
        if metric.tokens == "words" and not rows["reference"].str.contains(r"\S\s+\S").any():
            return Measured(_with_nothing(rows), "the references are not divided into words")
        rows = _counted_again(rows, metric.tokens)
    table = rows.with_columns(
        metric.events.cast(pl.Float64).alias("events"), metric.trials.cast(pl.Float64).alias("trials")
    ).filter(pl.col("events").is_not_null() & pl.col("trials").is_not_null())
    _check(metric, table)
    if table.is_empty():
        reason = f"there are no {metric.trial}"
    return Measured(table, reason)


def metric_sums(table: pl.DataFrame) -> SpeakerSums:
    """Events and trials per speaker of rows that `measure` gave: all that an estimate needs."""
    import polars as pl

    from speechfair.metrics.rates import speaker_sums

    return speaker_sums(
        table.select(
            "speaker",
            pl.col("events").alias("substitutions"),
            deletions=pl.lit(0.0),
            insertions=pl.lit(0.0),
            reference_length=pl.col("trials"),
        )
    )


def _not_counted(metric: Metric, rows: pl.DataFrame) -> str | None:
    """Why counts that were made elsewhere do not hold what the metric counts; None where they do."""
    if not kinds_known(rows) and {*KINDS, "runaway"} & set(metric.needs):
        return "the counts do not tell substitutions, deletions and insertions apart"
    if "reference" not in rows.columns and "failed" in metric.needs:
        return "counts that were made elsewhere do not say which utterances failed"
    return None


def _with_nothing(rows: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    empty = pl.lit(None, dtype=pl.Float64)
    return rows.with_columns(events=empty, trials=empty).clear()


def _counted_again(rows: pl.DataFrame, tokens: Tokens) -> pl.DataFrame:
    """The rows with the error counts of the other tokens, from the normalised texts that they keep."""
    from speechfair.metrics.error_counts import count_errors

    texts = (rows[name].fill_null("").to_list() for name in ("reference", "hypothesis"))
    counts = count_errors(*texts, tokens=tokens)
    return rows.with_columns(*counts.get_columns(), counts.select(errors_of(counts)).to_series())


def _check(metric: Metric, table: pl.DataFrame) -> None:
    import polars as pl

    events, trials = pl.col("events"), pl.col("trials")
    usable = events.is_finite() & trials.is_finite() & (events >= 0) & (trials >= 0)
    if metric.kind == "proportion":
        usable &= events <= trials
    wrong = table.filter(~usable)
    if not wrong.is_empty():
        row = wrong.row(0, named=True)
        of = " (a proportion)" if metric.kind == "proportion" else ""
        raise InputError(
            f"utterance {row.get('utterance_id')!r} has {row['events']:g} {metric.event} among {row['trials']:g} "
            f"{metric.trial}, which the metric {metric.name}{of} cannot have"
        )
