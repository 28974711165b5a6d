"""Partially pooled error rates of many small cells, such as accent x gender x age, so that noise is not headlined.

Each cell's log rate is drawn towards the mean of all cells, the more so the less its speakers tell. Meant for
intersections; for two large groups the plain ratio in `disparity` says more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from speechfair.errors import InputError
from speechfair.metrics.jackknife import jackknife_pooled_rate, spanning, t_quantile
from speechfair.metrics.rates import TOO_WIDE, SpeakerSums, require_level
from speechfair.types import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MIN_CELLS", "MIN_CELL_SPEAKERS", "Shrunken", "ShrunkenCell", "shrunken_rates"]

MIN_CELL_SPEAKERS = 3
"""Fewer speakers than this in a cell: it is left out, with the reason."""

MIN_CELLS = 4
"""Fewer cells than this: no variance between cells can be estimated, and nothing is shrunk."""

_PRIOR_FREEDOM = 4.0
_NO_GAP_INTERVAL = "a shrunken gap has no interval that covers; max_min_gap gives one for the raw gap"


@dataclass(frozen=True, slots=True)
class ShrunkenCell:
    """One cell before and after pooling.

    Parameters
    ----------
    rate : the cell's own pooled rate.
    ratio : shrunken rate / the mean of all cells, with its interval; None with the reason where the cell is left out.
    weight : share of the cell's own log rate in the shrunken one; the rest is the mean's.
    """

    rate: float | None
    ratio: Estimate
    weight: float | None


@dataclass(frozen=True, slots=True)
class Shrunken:
    """Partially pooled cells.

    Parameters
    ----------
    cells : by name.
    mean_rate : exp of the precision-weighted mean log rate, to which `ShrunkenCell.ratio` refers.
    between_sd : standard deviation of the true log rates between cells, by restricted maximum likelihood.
    gap : highest minus lowest shrunken rate, without an interval.
    n_left_out : cells without a shrunken rate.
    reason : why nothing was shrunk.
    """

    cells: Mapping[str, ShrunkenCell]
    mean_rate: float | None
    between_sd: float | None
    gap: Estimate
    n_left_out: int
    reason: str | None = None


def shrunken_rates(
    cells: Mapping[str, SpeakerSums],
    *,
    level: float = 0.95,
    min_speakers: int = MIN_CELL_SPEAKERS,
) -> Shrunken:
    """Shrink the cells' log rates towards their mean.

    Parameters
    ----------
    cells : sums by cell; a speaker must be in one cell only.
    level : nominal coverage, on average over the cells.
    min_speakers : stated minimum; at least 2.

    Returns
    -------
    Shrunken
        Cells below the minimum, without errors, or with all errors from one speaker have no log-rate variance and
        are left out, each with its reason. A ratio whose interval would reach further than a factor of 1,000 has none.
        Fewer than `MIN_CELLS` cells: nothing is shrunk.

    Raises
    ------
    InputError
        If a speaker is in two cells, or `min_speakers` is below 2.

    Notes
    -----
    y_i ~ N(m_i, v_i), m_i ~ N(mean, tau²), with v_i the delete-one-speaker jackknife variance of the log rate. A
    variance from three speakers is hardly known, so v_i is averaged with what the pooled between-speaker spread
    gives for the cell's number of speakers, which counts as `4` further degrees of freedom. tau² by restricted
    maximum likelihood. Intervals are Morris's (JASA 78, 1983), which allow for tau² being estimated, with t on the
    number of cells less one. The gap of the shrunken rates is a little too small on average, that of the raw rates
    too large; it has no interval, since a range of shrunken rates says nothing about its own error.
    """
    require_level(level)
    if min_speakers < 2:
        raise InputError(f"min_speakers is {min_speakers}; a variance needs at least 2")
    _require_disjoint(cells)
    reasons = {name: _left_out(sums, min_speakers) for name, sums in cells.items()}
    kept = [name for name, reason in reasons.items() if reason is None]
    if len(kept) < MIN_CELLS:
        told = f"{len(kept)} cells with {min_speakers} or more speakers and errors; pooling needs {MIN_CELLS}"
        return _nothing(cells, reasons, level, told)
    logs, variances = _log_rates([cells[name] for name in kept])
    tau2 = _restricted_likelihood(logs, variances)
    centre, posterior, spread, weights = _posterior(logs, variances, tau2)
    quantile = t_quantile(len(kept) - 1, level)
    found = {name: _left_cell(cells[name], level, reasons[name]) for name in cells}
    for index, name in enumerate(kept):
        ratio, half = math.exp(posterior[index] - centre), quantile * math.sqrt(spread[index])
        found[name] = _shrunken_cell(cells[name], level, ratio, half, float(weights[index]))
    gap = _gap([cells[name] for name in kept], posterior, level)
    return Shrunken(found, math.exp(centre), math.sqrt(tau2), gap, len(cells) - len(kept))


def _require_disjoint(cells: Mapping[str, SpeakerSums]) -> None:
    seen: dict[str, str] = {}
    for name, sums in cells.items():
        for speaker in sums.speakers:
            if speaker in seen:
                raise InputError(
                    f"speaker {speaker!r} is in the cells {seen[speaker]!r} and {name!r}: cells of which speakers "
                    "are in several are not independent; use attributes that do not vary within a speaker"
                )
            seen[speaker] = name


def _left_out(sums: SpeakerSums, min_speakers: int) -> str | None:
    if sums.n_without_speaker:
        return f"{sums.n_without_speaker} of {sums.n_utterances} utterances have no speaker id"
    speakers = int((sums.words > 0).sum())
    if speakers < min_speakers:
        return f"fewer than {min_speakers} speakers ({speakers})"
    if not sums.total_errors:
        return "no errors: the log rate is not defined"
    if jackknife_pooled_rate(sums.errors, sums.words) is None:
        return "all errors are one speaker's: the log rate has no variance"
    return None


def _log_rates(kept: list[SpeakerSums]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log rates and their variances, steadied by the spread between speakers over all cells."""
    jackknives = [jackknife_pooled_rate(sums.errors, sums.words) for sums in kept]
    own = np.array([jackknife.variance for jackknife in jackknives if jackknife is not None])
    logs = np.array([jackknife.log_value for jackknife in jackknives if jackknife is not None])
    freedom = np.array([sums.n_speakers - 1.0 for sums in kept])
    # A cell of speakers who talk unequally rests on fewer than it has: words² summed, over the sum's square.
    effective = np.array([sums.words.sum() ** 2 / (sums.words @ sums.words) for sums in kept])
    common = float((freedom * own * effective).sum() / freedom.sum())
    return logs, (freedom * own + _PRIOR_FREEDOM * common / effective) / (freedom + _PRIOR_FREEDOM)


def _restricted_likelihood(logs: NDArray[np.float64], variances: NDArray[np.float64]) -> float:
    """The tau² of greatest restricted likelihood, 0 or above."""
    from scipy.optimize import minimize_scalar

    def loss(tau2: float) -> float:
        weights = 1 / (variances + tau2)
        centre = (weights @ logs) / weights.sum()
        squares = float(weights @ (logs - centre) ** 2)
        return 0.5 * (squares - float(np.log(weights).sum()) + math.log(weights.sum()))

    largest = max(1e-6, 10 * float(logs.var(ddof=1)))
    found = minimize_scalar(loss, bounds=(0.0, largest), method="bounded", options={"xatol": 1e-10})
    best = float(found.x)
    return best if loss(best) < loss(0.0) else 0.0


def _posterior(
    logs: NDArray[np.float64], variances: NDArray[np.float64], tau2: float
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean log rate; the cells' posterior means, variances, and own weights."""
    count = len(logs)
    precision = 1 / (variances + tau2)
    centre = float((precision @ logs) / precision.sum())
    # (k - 3) / (k - 1): without it the estimated tau² would shrink too much on average.
    shrink = (count - 3) / (count - 1) * variances * precision
    posterior = (1 - shrink) * logs + shrink * centre
    unknown = 2 / (count - 3) * shrink**2 * (logs - centre) ** 2
    spread = variances * (1 - (count - 1) / count * shrink) + unknown
    return centre, posterior, spread, 1 - shrink


def _gap(kept: list[SpeakerSums], posterior: NDArray[np.float64], level: float) -> Estimate:
    value = float(np.ptp(np.exp(posterior)))
    speakers = sum(sums.n_speakers for sums in kept)
    utterances = sum(sums.n_utterances for sums in kept)
    return Estimate(value, None, None, level, utterances, speakers, "empirical-bayes", _NO_GAP_INTERVAL)


def _shrunken_cell(sums: SpeakerSums, level: float, value: float, half: float, weight: float) -> ShrunkenCell:
    limits = spanning(value, half)
    low, high = limits or (None, None)
    method, reason = ("empirical-bayes-morris-log-t", None) if limits else ("none", TOO_WIDE)
    ratio = Estimate(value, low, high, level, sums.n_utterances, sums.n_speakers, method, reason)
    return ShrunkenCell(sums.rate, ratio, weight)


def _left_cell(sums: SpeakerSums, level: float, reason: str | None) -> ShrunkenCell:
    ratio = Estimate(None, None, None, level, sums.n_utterances, sums.n_speakers, "none", reason)
    return ShrunkenCell(sums.rate, ratio, None)


def _nothing(
    cells: Mapping[str, SpeakerSums], reasons: Mapping[str, str | None], level: float, told: str
) -> Shrunken:
    gap = Estimate(None, None, None, level, 0, 0, "none", told)
    found = {name: _left_cell(sums, level, reasons[name] or told) for name, sums in cells.items()}
    return Shrunken(found, None, None, gap, len(cells), told)
