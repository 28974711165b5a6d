"""From counts per utterance to the `AuditResult`: totals, groups, axes, and what must be said next to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from speechfair import __version__
from speechfair.auditing.adjusting import adjust_axis, check_covariates, shrink_axis
from speechfair.auditing.by_language import audited_axes, normalizer_record, with_languages
from speechfair.auditing.notes import axis_notes, notes_of
from speechfair.auditing.other_texts import for_other_texts
from speechfair.auditing.result import (
    AuditResult,
    Axis,
    CorpusRecord,
    Group,
    ModelRecord,
    ReasonCount,
    Totals,
)
from speechfair.auditing.silence import silence_of
from speechfair.errors import InputError
from speechfair.metrics.error_counts import errors_of, kind_counts, kinds_known
from speechfair.registry import did_you_mean
from speechfair.running.scoring import add_axis, axes_of
from speechfair.types import UNKNOWN, Estimate

if TYPE_CHECKING:
    import polars as pl

    from speechfair.metrics import SpeakerSums
    from speechfair.metrics.rates import ErrorKind
    from speechfair.running.run_recipe import Analysis, RunRecipe
    from speechfair.running.scoring_choice import Scoring

__all__ = ["reference_group", "result_of"]

_EXAMPLES = 5


def result_of(
    scores: pl.DataFrame,
    recipe: RunRecipe,
    scoring: Scoring,
    statement: str | None,
    times: Mapping[str, float],
) -> AuditResult:
    """The whole result for a table of `scoring.score_table` under a recipe.

    Raises
    ------
    InputError : an axis that no utterance is labelled on, or a reference group that does not occur.
    """
    import polars as pl

    model, settings = recipe.settled()
    check_covariates(settings.adjust, scores)
    level = settings.level
    counted = scores.filter(pl.col("excluded").is_null())
    failed = int(counted["failed"].sum())
    totals = Totals(
        n_in=scores.height,
        scored=counted.height - failed,
        failed=failed,
        excluded=scores.height - counted.height,
    )
    assert totals.n_in == totals.scored + totals.failed + totals.excluded
    overall = _group(counted, "overall", "all", level, None, is_reference=False)
    empty = settings.empty_references
    silence = silence_of(scores, settings.group_by, scoring.unit, level)
    groups: list[Group] = []
    axes: list[Axis] = []
    for axis in audited_axes(settings.group_by, scores, scoring):
        _check_axis(axis, scores)
        found, summary = _axis(counted, axis, recipe, level, settings.seed)
        summary = _with_models(summary, counted, settings, level)
        groups.extend(found)
        axes.append(summary)
    result = AuditResult(
        speechfair=__version__,
        corpus=recipe.corpus.name,
        model=model.name,
        corpus_record=CorpusRecord(**recipe.corpus.plain(), statement=statement),
        model_record=ModelRecord(**model.plain()),
        normalizer=normalizer_record(scoring),
        tokens=scoring.unit,
        level=level,
        seed=settings.seed,
        totals=totals,
        excluded=_reasons(scores.filter(pl.col("excluded").is_not_null()), "excluded"),
        failed=_reasons(counted.filter(pl.col("failed")), "error"),
        overall=overall,
        groups=groups,
        axes=axes,
        notes=notes_of(overall, totals, silence, empty),
        empty_references=empty,
        silence=silence,
        audio_seconds=float(scores["duration_s"].fill_null(0.0).sum()),
        times=dict(times),
    )
    return with_languages(result, scores, scoring, asked_for=settings.normalizer or recipe.card.normalizer)


def _check_axis(axis: str, scores: pl.DataFrame) -> None:
    known = axes_of(scores)
    reasons = scores["excluded"].drop_nulls()
    if not known and scores.height and len(reasons) == scores.height:
        raise InputError(f"all {scores.height} rows of this corpus were excluded; the first: {reasons[0]}")
    for part in axis.split("+"):
        if part not in known and part != "language":
            raise InputError(
                f"no utterance of this corpus has a label on the axis {part!r}; {did_you_mean(part, known)}"
            )


def _with_models(summary: Axis, counted: pl.DataFrame, settings: Analysis, level: float) -> Axis:
    """The axis with its adjusted ratios where asked for, and a crossing with its cells partially pooled."""
    from speechfair.metrics import speaker_sums

    more: dict[str, Any] = {}
    if covariates := settings.adjust:
        ratios, model = adjust_axis(counted, summary.axis, summary.reference, covariates, level)
        more |= {"adjusted": ratios, "adjustment": model}
    if "+" in summary.axis:
        parts = add_axis(counted, summary.axis).partition_by("group", as_dict=True)
        cells = {str(key[0]): speaker_sums(part) for key, part in sorted(parts.items())}
        more["shrunken"] = shrink_axis(cells, level)
    return summary.model_copy(update=more)


def _axis(
    counted: pl.DataFrame, axis: str, recipe: RunRecipe, level: float, seed: int
) -> tuple[list[Group], Axis]:
    import polars as pl

    from speechfair.metrics import speaker_sums

    labelled = add_axis(counted, axis)
    values = sorted(labelled["group"].unique().to_list())
    tables = {value: labelled.filter(pl.col("group") == value) for value in values}
    sums = {value: speaker_sums(table) for value, table in tables.items()}
    reference, why = reference_group(axis, sums, *recipe.references(axis))
    groups = [
        _group(
            tables[value],
            axis,
            value,
            level,
            tables[reference] if reference is not None and value != reference else None,
            is_reference=value == reference,
        )
        for value in values
    ]
    if reference is not None:
        groups = _all_at_once(groups, sums, sums[reference], level, seed)
    groups.sort(key=lambda g: (g.rate.value is None, -(g.rate.value or 0.0), g.value))
    return groups, _summary(axis, sums, groups, reference, why, level, seed)


def _all_at_once(
    groups: Sequence[Group],
    sums: Mapping[str, SpeakerSums],
    reference: SpeakerSums,
    level: float,
    seed: int,
) -> list[Group]:
    """The groups with simultaneous intervals next to their ratios, where two or more of them have an interval."""
    import numpy as np

    from speechfair.metrics import simultaneous_ratios

    compared = [g.value for g in groups if g.ratio is not None and g.ratio.low is not None]
    if len(compared) < 2:
        return list(groups)
    rng = np.random.default_rng([seed, 1])  # its own, so that it moves no other figure
    together = simultaneous_ratios([sums[value] for value in compared], reference, rng=rng, level=level)
    records = dict(zip(compared, together, strict=True))
    return [
        group.model_copy(update={"ratio_simultaneous": records[group.value]})
        if group.value in records
        else group
        for group in groups
    ]


def _kinds(table: pl.DataFrame, reference: pl.DataFrame | None, level: float) -> dict[str, Any]:
    """Ratio and difference to the reference group for each kind of error alone, as fields of a group."""
    from speechfair.metrics import rate_difference, rate_ratio, speaker_sums

    if reference is None or not (kinds_known(table) and kinds_known(reference)):
        return {"kind_ratios": None, "kind_differences": None}
    kinds: tuple[ErrorKind, ...] = ("substitutions", "deletions", "insertions")
    ours, theirs = ({kind: speaker_sums(rows, kinds=[kind]) for kind in kinds} for rows in (table, reference))
    return {
        "kind_ratios": {kind: rate_ratio(ours[kind], theirs[kind], level) for kind in kinds},
        "kind_differences": {kind: rate_difference(ours[kind], theirs[kind], level) for kind in kinds},
    }


def _group(
    table: pl.DataFrame,
    axis: str,
    value: str,
    level: float,
    compared_with: pl.DataFrame | None,
    is_reference: bool,
) -> Group:
    import polars as pl

    from speechfair.metrics import pooled_rate, rate_difference, rate_ratio, speaker_mean_rate, speaker_sums

    sums = speaker_sums(table)
    reference = speaker_sums(compared_with) if compared_with is not None else None
    counts = kind_counts(table)
    errors = int(table.select(errors_of(table)).to_series().sum())
    runaway = table.filter(pl.col("runaway"))
    from_runaways = int(runaway.select(errors_of(runaway)).to_series().sum())
    sources = (
        sorted({s for joined in table.get_column("source").unique() for s in joined.split("+") if s})
        if ("source" in table.columns)
        else []
    )
    return Group(
        axis=axis,
        value=value,
        is_reference=is_reference,
        sources=sources,
        n_utterances=table.height,
        n_speakers=table["speaker"].drop_nulls().n_unique(),
        n_failed=int(table["failed"].sum()),
        n_redone=int(table["redone"].sum()),
        n_runaway=runaway.height,
        runaway_error_share=from_runaways / errors if errors else None,
        reference_length=int(table["reference_length"].sum()),
        **counts,
        rate=pooled_rate(sums, level),
        speaker_mean_rate=speaker_mean_rate(sums, level),
        rate_without_failures=pooled_rate(speaker_sums(table.filter(~pl.col("failed"))), level),
        rate_without_runaways=pooled_rate(speaker_sums(table.filter(~pl.col("runaway"))), level),
        ratio=rate_ratio(sums, reference, level) if reference is not None else None,
        difference=rate_difference(sums, reference, level) if reference is not None else None,
        **_kinds(table, compared_with, level),
        answers=_answers(table),
        **for_other_texts(table, compared_with, level),
    )


def _answers(table: pl.DataFrame) -> dict[str, int] | None:
    """How many answers of a speech-LLM are of each kind; None for a recogniser."""
    from speechfair.models.answer_kinds import KINDS

    if "answer_kind" not in table.columns:
        return None
    kinds = table["answer_kind"].to_list()
    return {kind: kinds.count(kind) for kind in KINDS if kind != "format"}


def reference_group(
    axis: str, sums: Mapping[str, SpeakerSums], asked: str | None, card: Mapping[str, str]
) -> tuple[str | None, str]:
    """The reference group, chosen without looking at any error rate; see `RunRecipe.references`."""
    if asked is not None:
        if asked not in sums:
            raise InputError(
                f"axis {axis!r} has no group {asked!r} to compare with; {did_you_mean(asked, list(sums))}"
            )
        return asked, "as asked for"
    named = (
        "+".join(card[part] for part in axis.split("+")) if all(p in card for p in axis.split("+")) else None
    )
    if named in sums:
        return named, "the corpus card's reference"
    known = [value for value in sums if UNKNOWN not in value.split("+")]
    if not known:
        return None, "every utterance is unlabelled on this axis"
    largest = max(known, key=lambda value: (len(sums[value].speakers), float(sums[value].words.sum()), value))
    return (
        largest,
        "the group with the most speakers, then words, since neither the call nor the card names one",
    )


def _summary(
    axis: str,
    sums: Mapping[str, SpeakerSums],
    groups: Sequence[Group],
    reference: str | None,
    why: str,
    level: float,
    seed: int,
) -> Axis:
    import numpy as np

    from speechfair.metrics import MIN_SPEAKERS, between_group_sd, max_min_gap, permute_gap, worst_best_ratio

    usable = [
        sums[g.value]
        for g in groups
        if g.n_speakers >= MIN_SPEAKERS and UNKNOWN not in g.value.split("+") and g.rate.low is not None
    ]
    left_out = len(groups) - len(usable)
    if len(usable) < 2:
        none = _undefined(groups, level)
        return Axis(
            axis=axis,
            reference=reference,
            reference_reason=why,
            gap=none,
            worst_best_ratio=none,
            between_group_sd=none,
            gap_expected_without_difference=None,
            gap_p_value=None,
            gap_null_reason=none.reason,
            notes=axis_notes(groups, left_out=0),
        )
    rng = np.random.default_rng(seed)
    permuted = permute_gap(usable, rng=rng)
    return Axis(
        axis=axis,
        reference=reference,
        reference_reason=why,
        gap=max_min_gap(usable, level=level, rng=rng),
        worst_best_ratio=worst_best_ratio(usable, level=level, rng=rng),
        between_group_sd=between_group_sd(usable, level=level, rng=rng),
        gap_expected_without_difference=permuted.expected,
        gap_p_value=permuted.p_value,
        gap_null=permuted.null,
        gap_null_reason=permuted.reason or permuted.p_reason,
        notes=axis_notes(groups, left_out),
    )


def _undefined(groups: Sequence[Group], level: float) -> Estimate:
    return Estimate(
        value=None,
        low=None,
        high=None,
        level=level,
        n_utterances=sum(g.n_utterances for g in groups),
        n_speakers=sum(g.n_speakers for g in groups),
        method="none",
        reason="fewer than two labelled groups have enough speakers for an interval",
    )


def _reasons(rows: pl.DataFrame, column: str) -> list[ReasonCount]:
    found: dict[str, list[str]] = {}
    for name, reason in rows.select("utterance_id", column).iter_rows():
        found.setdefault(reason, []).append(name or "")
    return [
        ReasonCount(reason=reason, n=len(names), examples=names[:_EXAMPLES])
        for reason, names in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
