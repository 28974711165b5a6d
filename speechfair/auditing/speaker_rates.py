"""Speakers behind a group's rate: their own rates, and whether leaving one of them out would change a finding.

Works on the scores of a run; what is written into ``audit.json`` is decided in `estimates`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from speechfair.errors import InputError
from speechfair.metrics.error_counts import errors_of
from speechfair.registry import did_you_mean
from speechfair.running.scoring import add_axis

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from speechfair.auditing.audit_record import Group
    from speechfair.metrics import SpeakerSums
    from speechfair.types import Estimate

__all__ = ["Fragile", "fragile", "population_rate", "rates_by_group", "read_scores", "speaker_table"]

_MOST_TRIED = 40


@dataclass(frozen=True, slots=True)
class Fragile:
    """How a comparison depends on single speakers.

    Parameters
    ----------
    n_tried : speakers of both groups who were left out, one at a time.
    changing : those without whom the interval no longer excludes 1, or excludes it only without them; each with the
        ratio that is left.
    all_tried : whether there are no further speakers.
    """

    n_tried: int
    changing: tuple[tuple[str, float], ...]
    all_tried: bool = True


def read_scores(folder: Path) -> pl.DataFrame:
    """The scores of a scored run folder, one row for each utterance.

    Raises
    ------
    RunFolderError
        It is no longer there, or was changed since it was scored.
    """
    from speechfair.running.run_record import scores_name
    from speechfair.running.seals import read_sealed
    from speechfair.store import RunFolder

    run = RunFolder(folder)
    return run.read_table(scores_name(read_sealed(run).recipe), "run `speechfair score` on the folder first")


def population_rate(scores: pl.DataFrame, axis: str, weights: Mapping[str, float], level: float) -> Estimate:
    """Error rate of a population in which the groups of the axis have these shares; see `post_stratified_rate`.

    Raises
    ------
    InputError
        A group does not occur, a weight is negative or not finite, all are 0, or a speaker is in two of the groups.
    """
    import polars as pl

    from speechfair.metrics import post_stratified_rate, speaker_sums

    labelled = add_axis(scores.filter(pl.col("excluded").is_null()), axis)
    tables = {str(key[0]): table for key, table in labelled.partition_by("group", as_dict=True).items()}
    for name in weights:
        if name not in tables:
            raise InputError(f"axis {axis!r} has no group {name!r}; {did_you_mean(name, list(tables))}")
    sums = {name: speaker_sums(tables[name]) for name in weights}
    return post_stratified_rate(sums, weights, level=level)


def speaker_table(scores: pl.DataFrame, axis: str) -> pl.DataFrame:
    """One row for each group and speaker, with ``n_utterances``, ``errors``, ``reference_length`` and ``rate``.

    The rate is a fraction, and null without reference tokens.

    Utterances without a speaker are in the row whose speaker is null; excluded ones are in none.
    """
    import polars as pl

    counted = add_axis(scores.filter(pl.col("excluded").is_null()), axis)
    return (
        counted.with_columns(errors_of(counted))
        .group_by("group", "speaker")
        .agg(pl.len().cast(pl.Int64).alias("n_utterances"), pl.col("errors", "reference_length").sum())
        .with_columns(
            pl.when(pl.col("reference_length") > 0)
            .then(pl.col("errors") / pl.col("reference_length"))
            .alias("rate")
        )
        .sort("group", "rate", "speaker", descending=[False, True, False], nulls_last=True)
    )


def rates_by_group(scores: pl.DataFrame, axis: str) -> dict[str, list[float]]:
    """The rates of the known speakers of each group."""
    table = speaker_table(scores, axis).drop_nulls(["speaker", "rate"])
    return {
        str(key[0]): part["rate"].to_list() for key, part in table.partition_by("group", as_dict=True).items()
    }


def fragile(scores: pl.DataFrame, group: Group, reference: str) -> Fragile | None:
    """Leave out each speaker of a group and of its reference; None where there is no ratio with an interval.

    The intervals are at the level of the finding. Of very many speakers, those with the most errors are tried.
    """
    import polars as pl

    from speechfair.metrics import rate_ratio, speaker_sums

    ratio = group.ratio_simultaneous or group.ratio
    if ratio is None or ratio.value is None or ratio.low is None:
        return None
    labelled = add_axis(scores.filter(pl.col("excluded").is_null()), group.axis)
    sides = {
        name: speaker_sums(labelled.filter(pl.col("group") == name)) for name in (group.value, reference)
    }
    differs = _excludes_1(ratio.low, ratio.high)
    changing, tried = list[tuple[str, float]](), 0
    heaviest = _heaviest(list(sides.values()))
    for speaker in heaviest[:_MOST_TRIED]:
        left = [_without(sums, speaker) for sums in (sides[group.value], sides[reference])]
        found = rate_ratio(left[0], left[1], ratio.level)
        tried += 1
        if (
            found.value is not None
            and found.low is not None
            and _excludes_1(found.low, found.high) != differs
        ):
            changing.append((speaker, found.value))
    return Fragile(tried, tuple(changing), len(heaviest) <= _MOST_TRIED)


def _excludes_1(low: float, high: float | None) -> bool:
    return low > 1 or (high is not None and high < 1)


def _heaviest(sides: Sequence[SpeakerSums]) -> list[str]:
    """Speakers by the share that they have in their group's errors."""
    share: dict[str, float] = {}
    for sums in sides:
        total = float(sums.errors.sum()) or 1.0
        for name, errors in zip(sums.speakers, sums.errors, strict=True):
            share[name] = max(share.get(name, 0.0), float(errors) / total)
    return sorted(share, key=lambda name: (-share[name], name))


def _without(sums: SpeakerSums, speaker: str) -> SpeakerSums:
    from dataclasses import replace

    if speaker not in sums.speakers:
        return sums
    kept = [place for place, name in enumerate(sums.speakers) if name != speaker]
    return replace(
        sums,
        speakers=tuple(sums.speakers[place] for place in kept),
        errors=sums.errors[kept],
        words=sums.words[kept],
    )
