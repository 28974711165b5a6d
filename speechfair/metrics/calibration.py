"""Does a recogniser know when it is wrong, and does it know that equally well for every group of speakers?

Confidence per utterance (see `Hypothesis`) is read as the share of words it claims to have right. From that come a
reliability table, the calibration error, the error among what is accepted at a threshold, and a threshold per group
that gives every group the same error among what is accepted. The speaker is the unit of sampling. Knows no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from speechfair.errors import InputError
from speechfair.metrics.error_counts import errors_of
from speechfair.metrics.jackknife import effective_speakers, t_quantile
from speechfair.metrics.rare_events import share_limits
from speechfair.metrics.rates import MIN_SPEAKERS, pooled_rate, require_level, speaker_sums
from speechfair.types import Estimate
from speechfair.wording import count

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

__all__ = [
    "Accepted",
    "Bin",
    "accepted",
    "calibration_error",
    "coverages",
    "held_out",
    "overconfidence",
    "reliability",
    "require_target",
    "threshold_for",
]

NO_WORDS = "no words with a confidence"
NO_COVERAGE = "no interval that is known covers {} with few speakers"


@dataclass(frozen=True, slots=True)
class Bin:
    """Utterances whose confidence lies in [low, high): what was claimed and what was right, weighted by words."""

    low: float
    high: float
    words: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a threshold lets through.

    Parameters
    ----------
    threshold : least confidence that is accepted.
    coverage : share of the reference words that is accepted.
    error_rate : of what is accepted, with its interval.
    """

    threshold: float
    coverage: Estimate
    error_rate: Estimate


def reliability(table: pl.DataFrame, bins: int = 10) -> list[Bin]:
    """Confidence against the share of words that were right, in `bins` of equal width; empty ones are left out.

    Parameters
    ----------
    table : one row per utterance with ``confidence`` in [0, 1], ``speaker``, ``substitutions``, ``deletions``,
        ``insertions`` and ``reference_length``.
    """
    claimed, right, words = _columns(table)
    place = np.minimum((claimed * bins).astype(int), bins - 1)
    found: list[Bin] = []
    for index in range(bins):
        inside = (place == index) & (words > 0)
        total = words[inside].sum()
        if total:
            found.append(
                Bin(
                    index / bins,
                    (index + 1) / bins,
                    int(total),
                    float((claimed * words)[inside].sum() / total),
                    float((right * words)[inside].sum() / total),
                )
            )
    return found


def calibration_error(table: pl.DataFrame, *, bins: int = 10, level: float = 0.95) -> Estimate:
    """Expected calibration error (Naeini et al. 2015), weighted by words; never with an interval.

    It is at least the amount by which bins of few words miss by chance, so compare groups of like size, or use
    `overconfidence`, which has no such floor. A sum of absolute values that are biased away from 0 has no interval
    that covers with few speakers: the speaker bootstrap covered 55 to 69 % at 8 to 20.
    """
    claimed, right, words = _columns(table)
    place = np.minimum((claimed * bins).astype(int), bins - 1)
    inside = (place[:, None] == np.arange(bins)) * words[:, None]
    # the share that is right and the share that is claimed differ by this much, summed over a bin's words
    missed = np.abs((inside * (right - claimed)[:, None]).sum(axis=0)).sum()
    total = float(inside.sum())
    n_speakers = table["speaker"].drop_nulls().n_unique()
    value = float(missed) / total if total else None
    reason = NO_WORDS if value is None else NO_COVERAGE.format("the calibration error")
    return Estimate(value, None, None, level, table.height, n_speakers, "none", reason)


def overconfidence(table: pl.DataFrame, *, level: float = 0.95) -> Estimate:
    """Mean confidence less the share of words that were right; above 0 the model claims too much."""
    claimed, right, words = _columns(table)
    return _jackknifed(table, (claimed - right) * words, words, level)


def accepted(table: pl.DataFrame, threshold: float, *, level: float = 0.95) -> Accepted:
    """Coverage and error rate of the utterances whose confidence is at least `threshold`.

    An utterance without a confidence (a failed one) is not accepted; its words count in the coverage.
    """
    import polars as pl

    inside = table.filter(pl.col("confidence") >= threshold)

    words = table["reference_length"].cast(pl.Float64).to_numpy()
    let_in = (table["confidence"] >= threshold).fill_null(False).to_numpy()
    coverage = _share(_jackknifed(table, words * let_in, words, level))
    return Accepted(threshold, coverage, pooled_rate(speaker_sums(inside), level))


def threshold_for(table: pl.DataFrame, target: float) -> float | None:
    """The least threshold at which the pooled error rate of what is accepted is at most `target`; None if none is.

    >>> import polars as pl
    >>> rows = {"confidence": [0.9, 0.8, 0.3], "substitutions": [0, 1, 5], "deletions": [0, 0, 0],
    ...         "insertions": [0, 0, 0], "reference_length": [10, 10, 10], "speaker": ["a", "b", "c"]}
    >>> threshold_for(pl.DataFrame(rows), 0.10), threshold_for(pl.DataFrame(rows), 0.5)
    (0.8, 0.3)
    """
    import polars as pl

    rows = table.filter(pl.col("confidence").is_not_null()).sort("confidence", descending=True)
    if rows.is_empty():
        return None
    confidence = rows["confidence"].to_numpy()
    errors = np.cumsum(_errors(rows))
    words = np.cumsum(rows["reference_length"].to_numpy())
    # equal confidences are accepted together
    last = np.append(confidence[1:] != confidence[:-1], True)
    fits = last & (words > 0) & (errors <= target * words)
    return float(confidence[fits][-1]) if fits.any() else None


def held_out(
    table: pl.DataFrame, target: float, *, rng: np.random.Generator, folds: int = 5, level: float = 0.95
) -> Accepted | None:
    """What a threshold that is chosen on some speakers lets through of others: the honest form of `threshold_for`.

    Speakers are dealt into `folds`; each fold is judged by the threshold of the rest. `threshold` of the result is
    that of all speakers. Its coverage has no interval: the threshold varies with the sample too, and no interval that
    was tried covers that with few speakers.

    Returns
    -------
    Accepted or None
        None with fewer than `folds` speakers, or where some fold finds no threshold.
    """
    import polars as pl

    speakers = sorted(table["speaker"].drop_nulls().unique().to_list())
    whole = threshold_for(table, target)
    if len(speakers) < folds or whole is None:
        return None
    dealt = {str(name): index % folds for index, name in enumerate(rng.permutation(speakers))}
    fold = pl.Series("fold", [dealt.get(str(name), -1) for name in table["speaker"]], dtype=pl.Int64)
    known = table.with_columns(fold).filter(pl.col("fold") >= 0)
    parts = []
    for index in range(folds):
        threshold = threshold_for(known.filter(pl.col("fold") != index), target)
        if threshold is None:
            return None
        judged = known.filter(pl.col("fold") == index)
        # 1 for accepted and 0 for not, so that one threshold serves the rows of all folds
        mark = (pl.col("confidence") >= threshold).fill_null(False).cast(pl.Float64)
        parts.append(judged.with_columns(mark.alias("confidence")))
    found = accepted(pl.concat(parts), 0.5, level=level)
    coverage = replace(
        found.coverage,
        low=None,
        high=None,
        method="none",
        reason=NO_COVERAGE.format("a share at a chosen threshold"),
    )
    return Accepted(whole, coverage, found.error_rate)


def _errors(table: pl.DataFrame) -> NDArray[np.float64]:
    import polars as pl

    return table.select(errors_of(table).cast(pl.Float64)).to_series().to_numpy()


def _columns(
    table: pl.DataFrame,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Confidence, share of words right (at least 0), and reference words; a row without confidence weighs nothing."""
    import polars as pl

    known = table["confidence"].is_not_null().to_numpy()
    words = table["reference_length"].cast(pl.Float64).to_numpy() * known
    wrong = np.minimum(_errors(table), words)
    right = 1.0 - np.divide(wrong, words, out=np.zeros_like(words), where=words > 0)
    return table["confidence"].fill_null(0.0).to_numpy(), right, words


def _jackknifed(
    table: pl.DataFrame, above: NDArray[np.float64], below: NDArray[np.float64], level: float
) -> Estimate:
    """Sum of `above` / sum of `below` over utterances, with t limits of the delete-one-speaker jackknife.

    Degrees of freedom are the effective speakers (Kish, by `below`) less one, as for error rates.
    """
    require_level(level)
    speakers = table["speaker"].to_list()
    names = sorted({name for name in speakers if name is not None})
    place = {name: index for index, name in enumerate(names)}
    known = [row for row, name in enumerate(speakers) if name is not None]
    sums = np.zeros((len(names), 2))
    np.add.at(sums, [place[speakers[row]] for row in known], np.stack([above, below], axis=1)[known])
    spoke = sums[sums[:, 1] > 0]
    value = float(above.sum() / below.sum()) if below.sum() else None
    n, reason = len(spoke), None
    effective = effective_speakers(spoke[:, 1]) if n else 0.0
    if value is None:
        reason = NO_WORDS
    elif len(known) < len(speakers):
        reason = f"{count(len(speakers) - len(known), 'utterance')} without a speaker"
    elif effective < MIN_SPEAKERS:
        speakers_here = count(n, "speaker") if n < MIN_SPEAKERS else f"{effective:.1f} effective speakers"
        reason = f"too few for an interval (at least {MIN_SPEAKERS} speakers): {speakers_here}"
    if value is None or reason is not None:
        return Estimate(value, None, None, level, table.height, len(names), "none", reason)
    left = spoke.sum(axis=0) - spoke
    replicates = left[:, 0] / left[:, 1]
    deviations = replicates - replicates.mean()
    half = t_quantile(effective - 1, level) * float(np.sqrt((n - 1) / n * (deviations @ deviations)))
    return Estimate(value, value - half, value + half, level, table.height, len(names), "jackknife-t")


def _share(estimate: Estimate) -> Estimate:
    """An interval of a share, within [0, 1]; where no speaker differs from another, what so many speakers allow."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate
    low, high = estimate.low, estimate.high
    if low == high:
        struck = estimate.value * estimate.n_speakers
        low, high = share_limits(struck, estimate.n_speakers, estimate.level)
    return replace(estimate, low=max(0.0, low), high=min(1.0, high))


def require_target(target: float) -> float:
    """`target` as an error rate in (0, 1); anything else raises `InputError`."""
    if not 0.0 < target < 1.0:
        raise InputError(f"target_error={target!r} is not usable: give an error rate such as 0.1")
    return target


def coverages(table: pl.DataFrame, shares: Sequence[float]) -> list[float | None]:
    """For each share of words, the greatest threshold that accepts at least that much; None where none does."""
    import polars as pl

    rows = table.filter(pl.col("confidence").is_not_null()).sort("confidence", descending=True)
    total = float(table["reference_length"].sum())
    reached = np.cumsum(rows["reference_length"].to_numpy()) / total if total else np.zeros(0)
    found: list[float | None] = []
    for share in shares:
        index = int(np.searchsorted(reached, share - 1e-12))
        found.append(float(rows["confidence"][index]) if index < len(reached) else None)
    return found
