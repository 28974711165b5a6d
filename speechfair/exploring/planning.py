"""How many speakers an audit needs, from stated figures or a pilot run; and what a finished one could have found.

Reads run folders and writes nothing. The statistics are in `speechfair.metrics.power`; the picture of the power curve
is in `speechfair.reporting.power_curve`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.errors import InputError, RunFolderError
from speechfair.exploring.plans import CurvePoint, Detectable, Finished, Pilot, Plan
from speechfair.registry import did_you_mean
from speechfair.types import UNKNOWN

if TYPE_CHECKING:
    import polars as pl

    from speechfair.auditing.result import AuditResult
    from speechfair.metrics.metric import Metric
    from speechfair.metrics.power import Population, Texts

__all__ = ["CurvePoint", "Detectable", "Finished", "Pilot", "Plan", "detectable", "plan", "read_scores"]

_MOST_TEXTS = 10_000
_TOO_MANY = "more than 100,000 speakers per group: plan for a larger ratio, or accept less power"


def plan(
    *,
    ratio: float = 1.25,
    power: float = 0.8,
    level: float = 0.95,
    limit: float = 1.0,
    comparisons: int = 1,
    pilot: str | Path | None = None,
    axis: str | None = None,
    reference: str | None = None,
    reference_speakers: int | None = None,
    rate: float | None = None,
    cv: float | None = None,
    words_per_speaker: float | None = None,
    over_dispersion: float | None = None,
    talk_cv: float | None = None,
    texts: int | None = None,
    text_cv: float | None = None,
    metric: str | None = None,
    trials_per_speaker: float | None = None,
) -> Plan:
    """Speakers and words per group that find a true `ratio` with probability `power`.

    Parameters
    ----------
    ratio, power, level, limit : see `speechfair.metrics.power.speakers_needed`.
    comparisons : number of groups compared with the reference; the error rate is Bonferroni-corrected.
    pilot, axis, reference : a scored run folder, the label axis, and the reference group (default: the audit's, else
        the largest).
    reference_speakers : speakers of a reference group that is fixed already.
    rate, cv, words_per_speaker, over_dispersion, talk_cv : the reference group's error rate, the speakers'
        coefficient of variation, and so on, as in `Population`; they take the place of the pilot's figures.
    texts, text_cv : the ratio is to hold for other texts too, of which every speaker reads so many (`Texts`). `text_cv`
        is how differently texts hit the two groups; a pilot with shared texts tells it.
    metric : a registered metric in place of the run's word or character error rate, such as ``failure_rate``.
    trials_per_speaker : with a metric, in place of `words_per_speaker`: its trials, such as utterances.

    Raises
    ------
    InputError, RunFolderError : a figure is missing or out of range, or the pilot does not tell enough.
    """
    from speechfair.metrics.power import speakers_needed
    from speechfair.metrics.rates import require_level

    require_level(level)
    if comparisons < 1:
        raise InputError(f"comparisons is {comparisons}; it must be at least 1")
    chosen = _metric(metric, words_per_speaker, trials_per_speaker)
    given = {
        "rate": rate,
        "variation": cv,
        "words_per_speaker": words_per_speaker if chosen is None else trials_per_speaker,
        "over_dispersion": over_dispersion,
        "talk_variation": talk_cv,
    }
    stated = {k: v for k, v in given.items() if v is not None}
    population, found = _population(stated, pilot, axis, reference, chosen)
    read = _texts(texts, text_cv, found)
    one = 1 - (1 - level) / comparisons

    def needed(assumed: Population, texts: Texts | None = read) -> int | None:
        return speakers_needed(
            assumed, ratio, power=power, level=one, limit=limit, n_reference=reference_speakers, texts=texts
        )

    speakers = needed(population)
    spread = found.spread if found is not None and cv is None else None
    ends = [replace(population, variation=v) for v in (spread.low, spread.high)] if spread else []
    return Plan(
        ratio=ratio,
        limit=limit,
        power=power,
        level=one,
        comparisons=comparisons,
        population=population,
        reference_speakers=reference_speakers,
        speakers=speakers,
        words=math.ceil(speakers * population.words_per_speaker) if speakers else None,
        reason=None if speakers else _TOO_MANY if read is None else _too_few_texts(read, needed, population),
        speakers_low=needed(ends[0]) if ends else None,
        speakers_high=needed(ends[1]) if ends else None,
        by_words=tuple(
            (words, needed(replace(population, words_per_speaker=words)))
            for words in (population.words_per_speaker * factor for factor in (0.25, 0.5, 1, 2, 4))
        ),
        curve=_curve(population, ends, ratio, one, limit, speakers, reference_speakers, read),
        pilot=found,
        metric=None if chosen is None else chosen.name,
        trial="words" if chosen is None else chosen.trial,
        texts=read,
        by_texts=()
        if read is None
        else tuple((count, needed(population, replace(read, count=count))) for count in _counts(read.count)),
    )


def detectable(run: str | Path, *, power: float = 0.8, comparisons: int = 1) -> Finished:
    """The smallest ratio over 1 that each group's comparison with its reference would have found.

    Parameters
    ----------
    run : a scored run folder with at least one axis; its reference groups and level are used.
    power : wanted probability.
    comparisons : as in `plan`.
    """
    from speechfair.metrics import speaker_sums
    from speechfair.metrics.power import smallest_detectable_ratio
    from speechfair.running.scoring import add_axis

    if comparisons < 1:
        raise InputError(f"comparisons is {comparisons}; it must be at least 1")
    audit, scores = read_scores(run)
    if not audit.axes:
        raise InputError(
            f"{run} was scored without groups; give `speechfair score {run} --group-by AXIS` first"
        )
    level = 1 - (1 - audit.level) / comparisons
    found: list[Detectable] = []
    for axis in audit.axes:
        tables = add_axis(scores, axis.axis).partition_by("group", as_dict=True)
        sums = {str(key[0]): speaker_sums(table) for key, table in tables.items()}
        for group in audit.groups_of(axis.axis):
            if axis.reference is None or group.is_reference:
                continue
            smallest, reason = smallest_detectable_ratio(
                sums[group.value], sums[axis.reference], power=power, level=level
            )
            ratio = group.ratio.value if group.ratio else None
            found.append(
                Detectable(axis.axis, group.value, axis.reference, group.n_speakers, ratio, smallest, reason)
            )
    return Finished(str(run), power, level, tuple(found))


def read_scores(run: str | Path, *, with_excluded: bool = False) -> tuple[AuditResult, pl.DataFrame]:
    """The audit of a run folder and its scores, without the excluded rows unless they are asked for.

    Raises
    ------
    RunFolderError : it is not a run folder, or not scored yet.
    """
    import polars as pl

    from speechfair.auditing.result import read_audit
    from speechfair.running.run_record import scores_name
    from speechfair.running.seals import read_sealed
    from speechfair.store import RunFolder

    folder = RunFolder(run)
    recipe = read_sealed(folder).recipe
    if recipe.model is None:
        raise RunFolderError(f"{folder.path} has no hypotheses yet; run `speechfair transcribe` first")
    audit = read_audit(folder.path / "audit.json")
    name = scores_name(recipe)
    scores = folder.read_table(name, "run `speechfair score` on the folder first")
    return audit, scores if with_excluded else scores.filter(pl.col("excluded").is_null())


def _metric(name: str | None, words: float | None, trials: float | None) -> Metric | None:
    """The metric to plan for, None for the run's error rate; and its words or trials are given by the right name."""
    from speechfair.metrics import load_metric

    if name is None:
        if trials is not None:
            raise InputError("--trials-per-speaker belongs to --metric; of words give --words-per-speaker")
        return None
    metric = load_metric(name)
    if metric.kind == "amount":
        raise InputError(
            f"{name} is an amount ({metric.unit}), and plans are for shares and counts of errors; choose another metric"
        )
    if words is not None:
        raise InputError(
            f"{name} is among {metric.trial}: give --trials-per-speaker, not --words-per-speaker"
        )
    return metric


def _texts(count: int | None, variation: float | None, pilot: Pilot | None) -> Texts | None:
    from speechfair.metrics.power import Texts

    if count is None:
        if variation is not None:
            raise InputError("--text-cv belongs to --texts, the number of texts that every speaker reads")
        return None
    if variation is None:
        variation = None if pilot is None else pilot.text_variation
    if variation is None:
        raise InputError(
            "--text-cv missing: state how differently texts hit the two groups (the coefficient of variation of a "
            "text's own ratio), or give a pilot in which several speakers of each group read the same texts"
        )
    return Texts(count, variation)


def _counts(count: int) -> list[int]:
    """Numbers of texts around the one that was asked for."""
    from speechfair.metrics import MIN_SPEAKERS

    return sorted({max(MIN_SPEAKERS, round(count * factor)) for factor in (0.5, 1, 2, 4)})


def _too_few_texts(
    texts: Texts, needed: Callable[[Population, Texts], int | None], population: Population
) -> str:
    """Why no number of speakers does: too few texts, and how many it takes."""
    from speechfair.metrics.power import fewest

    least = fewest(
        lambda n: needed(population, replace(texts, count=n)) is not None, texts.count, _MOST_TEXTS
    )
    if least is None:
        return f"{_TOO_MANY}, with up to {_MOST_TEXTS:,} texts too"
    return f"with {texts.count} texts no number of speakers does; it takes {least:,} texts at least"


def _population(
    given: Mapping[str, float],
    pilot: str | Path | None,
    axis: str | None,
    reference: str | None,
    metric: Metric | None,
) -> tuple[Population, Pilot | None]:
    from speechfair.metrics.power import Population

    if pilot is None:
        if axis is not None or reference is not None:
            raise InputError("an axis and a reference belong to a pilot run; give --pilot RUN too")
        much = "--words-per-speaker" if metric is None else "--trials-per-speaker"
        flags = {"rate": "--rate", "variation": "--cv", "words_per_speaker": much}
        missing = [flag for name, flag in flags.items() if name not in given]
        if missing:
            raise InputError(
                f"{', '.join(missing)} missing: give --rate, --cv and {much}, or a pilot run with "
                "--pilot RUN --axis AXIS"
            )
        return Population(**given), None
    if axis is None:
        raise InputError("a pilot needs --axis, the label axis whose groups are to be compared")
    found, own_rate = _read_pilot(pilot, axis, reference, metric)
    spread = found.spread
    figures: dict[str, float] = {
        "variation": spread.variation,
        "words_per_speaker": spread.words_per_speaker,
        "over_dispersion": spread.over_dispersion,
        "talk_variation": spread.talk_variation,
    }
    if own_rate:
        figures["rate"] = own_rate
    elif "rate" not in given:
        raise InputError(f"the pilot's reference group {found.reference!r} has no errors; state its --rate")
    return Population(**{**figures, **given}), found


def _read_pilot(
    pilot: str | Path, axis: str, reference: str | None, metric: Metric | None
) -> tuple[Pilot, float | None]:
    from speechfair.metrics import speaker_sums
    from speechfair.metrics.pilot_spread import spread_of_pilot
    from speechfair.metrics.two_way import text_variance
    from speechfair.running.scoring import add_axis, axes_of

    audit, scores = read_scores(pilot) if metric is None else _measured(pilot, metric)
    known = axes_of(scores)
    for part in axis.split("+"):
        if part not in known:
            raise InputError(f"the pilot has no label on the axis {part!r}; {did_you_mean(part, known)}")
    parted = add_axis(scores, axis).partition_by("group", as_dict=True)
    tables = {str(key[0]): table for key, table in parted.items() if UNKNOWN not in str(key[0]).split("+")}
    if not tables:
        raise InputError(f"every utterance of the pilot is unlabelled on the axis {axis!r}")
    if reference is not None and reference not in tables:
        raise InputError(f"axis {axis!r} has no group {reference!r}; {did_you_mean(reference, list(tables))}")
    audited = next((a.reference for a in audit.axes if a.axis == axis), None)
    largest = max(tables, key=lambda value: (tables[value]["speaker"].n_unique(), value))
    chosen = reference or (audited if audited in tables else largest)
    spread = spread_of_pilot(list(tables.values()))
    own_rate = speaker_sums(tables[chosen]).rate
    people = [name for table in tables.values() for name in table["speaker"].drop_nulls().unique()]
    shared = len(people) - len(set(people))
    variations = [text_variance(tables[name], tables[chosen]) for name in tables if name != chosen]
    told = [variance for variance in variations if variance is not None]
    texts = math.sqrt(max(0.0, sum(told) / len(told))) if told else None
    return Pilot(str(pilot), axis, chosen, len(tables), shared, spread, texts), own_rate


def _measured(pilot: str | Path, metric: Metric) -> tuple[AuditResult, pl.DataFrame]:
    """The audit of a run folder, and rows of its scores whose counts are those of the metric."""
    import polars as pl

    from speechfair.metrics.metric import measure

    audit, scores = read_scores(pilot, with_excluded=True)
    if audit.tokens == "several":
        raise InputError("the pilot's languages are counted in words and in characters; plan for one of them")
    found = measure(metric, scores, audit.tokens)
    if found.reason:
        raise InputError(f"the pilot tells nothing of the {metric.title}: {found.reason}")
    return audit, found.table.with_columns(
        errors=pl.col("events"),
        substitutions=pl.col("events"),
        deletions=0.0,
        insertions=0.0,
        reference_length=pl.col("trials"),
    )


def _curve(
    population: Population,
    ends: list[Population],
    ratio: float,
    level: float,
    limit: float,
    speakers: int | None,
    reference_speakers: int | None,
    texts: Texts | None,
) -> tuple[CurvePoint, ...]:
    """Power over speakers per group, from the least that has an interval to well past what is needed."""
    from speechfair.metrics import MIN_SPEAKERS
    from speechfair.metrics.power import MOST_SPEAKERS, ratio_power

    most = min(MOST_SPEAKERS, max(3 * (speakers or MOST_SPEAKERS), 8 * MIN_SPEAKERS))
    steps = 40
    grid = sorted({round(MIN_SPEAKERS * (most / MIN_SPEAKERS) ** (i / steps)) for i in range(steps + 1)})

    def at(assumed: Population, count: int) -> float:
        group = replace(assumed, rate=assumed.rate * ratio)
        others = count if reference_speakers is None else reference_speakers
        return ratio_power(group, assumed, count, others, level=level, limit=limit, texts=texts)

    return tuple(
        CurvePoint(
            count,
            at(population, count),
            at(ends[1], count) if ends else None,
            at(ends[0], count) if ends else None,
        )
        for count in grid
    )
