"""How error rises with accent strength: the curve, its slope, and the strength at which error has doubled.

Takes sums per speaker and strength; every speaker is heard at every strength, so that one speaker is left out of all
of them at a time. Nothing here reads a file or knows a corpus.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from speechfair.errors import InputError
from speechfair.metrics.jackknife import effective_speakers, t_quantile
from speechfair.metrics.paired import _skewed
from speechfair.metrics.rates import MIN_SPEAKERS, SpeakerSums
from speechfair.probes.statistics import two_sided_p
from speechfair.types import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DoseResponse", "doubling", "slope"]

GRID = 400
"""Strengths at which it is asked whether error has doubled."""


@dataclass(frozen=True, eq=False)
class DoseResponse:
    """Errors and words of the same speakers at rising strengths.

    Parameters
    ----------
    strengths : ascending, the first is 0.
    errors, words : shape (n_speakers, n_strengths).

    Raises
    ------
    InputError
        Fewer than two strengths, not ascending from 0, or a strength without words.
    """

    strengths: tuple[float, ...]
    errors: NDArray[np.float64]
    words: NDArray[np.float64]
    n_utterances: int

    def __post_init__(self) -> None:
        doses = self.strengths
        if len(doses) < 2 or doses[0] != 0 or list(doses) != sorted(set(doses)):
            raise InputError(
                f"strengths {doses}: give two or more, ascending, the first of them 0 (the reference)"
            )
        if self.errors.shape != self.words.shape or self.errors.shape[1:] != (len(doses),):
            raise InputError("errors and words need one row per speaker and one column per strength")
        if not (self.words.sum(axis=0) > 0).all():
            raise InputError("a strength has no reference words")

    @classmethod
    def of(cls, sums: Mapping[float, SpeakerSums]) -> DoseResponse:
        """From the sums at each strength; `InputError` where the strengths do not have the same speakers."""
        doses = tuple(sorted(sums))
        speakers = {sums[dose].speakers for dose in doses}
        if len(speakers) != 1 or any(sums[dose].n_without_speaker for dose in doses):
            raise InputError(
                "the strengths do not have the same speakers: a dose-response needs a parallel design"
            )
        errors = np.stack([sums[dose].errors for dose in doses], axis=1)
        words = np.stack([sums[dose].words for dose in doses], axis=1)
        return cls(doses, errors, words, sum(sums[dose].n_utterances for dose in doses))

    @property
    def n_speakers(self) -> int:
        """Speakers."""
        return len(self.errors)

    @property
    def rates(self) -> NDArray[np.float64]:
        """Pooled error rate at each strength."""
        rates: NDArray[np.float64] = self.errors.sum(axis=0) / self.words.sum(axis=0)
        return rates

    def contrasts(self, weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weighted sums of the rates and their standard errors (delete-one-speaker jackknife, at least Poisson's).

        Parameters
        ----------
        weights : shape (n, n_strengths); both results have the shape (n,).
        """
        left = (self.errors.sum(axis=0) - self.errors) / (self.words.sum(axis=0) - self.words)
        values = left @ weights.T
        moved = values - values.mean(axis=0)
        count = len(values)
        variance = (count - 1) / count * (moved**2).sum(axis=0)
        # at least one error a strength, so that a curve without errors is not sure of itself
        counted = np.maximum(self.errors.sum(axis=0), 1.0) / self.words.sum(axis=0) ** 2
        return weights @ self.rates, np.sqrt(np.maximum(variance, weights**2 @ counted))

    @property
    def degrees_of_freedom(self) -> float:
        """Of the jackknife: effective speakers less one."""
        return max(1.0, effective_speakers(self.words.sum(axis=1)) - 1)

    @property
    def no_interval(self) -> str | None:
        """Why there is no interval, or None."""
        count = self.n_speakers
        return f"fewer than {MIN_SPEAKERS} speakers ({count}): no interval" if count < MIN_SPEAKERS else None

    def estimate(
        self,
        level: float,
        value: float | None,
        limits: tuple[float, float] | None,
        method: str,
        reason: str | None,
    ) -> Estimate:
        """An estimate that rests on all of it."""
        low, high = limits or (None, None)
        return Estimate(value, low, high, level, self.n_utterances, self.n_speakers, method, reason)


def slope(found: DoseResponse, level: float = 0.95) -> tuple[Estimate, float | None]:
    """Rise of the error rate from strength 0 to 1 along the least-squares line, and the p-value of none."""
    doses = np.asarray(found.strengths)
    centred = doses - doses.mean()
    weights = centred / float(centred @ centred)
    value = float(found.rates @ weights)
    if reason := found.no_interval:
        return found.estimate(level, value, None, "none", reason), None
    error = float(found.contrasts(weights[None, :])[1][0])
    limits = _skewed(value, error, t_quantile(found.degrees_of_freedom, level))
    p_value = two_sided_p(value, error, found.degrees_of_freedom)
    return found.estimate(level, value, limits, "jackknife-t-slope", None), p_value


def doubling(found: DoseResponse, level: float = 0.95) -> Estimate:
    """The strength at which the error rate is twice that at strength 0, on the line through the measured rates.

    Returns
    -------
    Estimate
        The value is None where error does not double. Where the data do not exclude that it never does there is no
        interval; `reason` then holds the lower limit.

    Notes
    -----
    The interval is Fieller's: the strengths s at which rate(s) - 2 rate(0) does not differ from 0 by a jackknife t
    test. So it is unbounded where it should be, which a resampled ratio hides.
    """
    method = "jackknife-fieller"
    if not found.rates[0]:
        return found.estimate(level, None, None, method, "no errors at strength 0: nothing to double")
    grid = np.linspace(0, found.strengths[-1], GRID + 1)
    weights = np.stack([_weights(found.strengths, float(dose)) for dose in grid])
    value = _first_crossing(grid, weights @ found.rates)
    missed = ""
    if value is None:
        times = float(found.rates.max() / found.rates[0])
        missed = f"error does not double up to strength {found.strengths[-1]:g} (at most {times:.2f} times); "
    if reason := found.no_interval:
        return found.estimate(level, value, None, "none", missed + reason)
    gains, errors = found.contrasts(weights)
    half = t_quantile(found.degrees_of_freedom, level) * errors
    if not (gains >= -half).any():
        return found.estimate(level, None, None, method, f"{missed}doubling is excluded")
    low, high = float(grid[gains >= -half][0]), float(grid[gains <= half][-1])
    if high >= grid[-1]:
        reason = f"{missed}doubling is excluded below strength {low:.2f}, not settled above"
        return found.estimate(level, value, None, method, reason)
    return found.estimate(level, value, (low, high), method, None)


def _weights(strengths: Sequence[float], dose: float) -> NDArray[np.float64]:
    """Weights of rate(dose) - 2 rate(0), the rate between two strengths on the line between them."""
    weights = np.zeros(len(strengths))
    upper = min(int(np.searchsorted(strengths, dose, side="left")), len(strengths) - 1)
    if upper == 0:
        weights[0] = 1.0
    else:
        part = (dose - strengths[upper - 1]) / (strengths[upper] - strengths[upper - 1])
        weights[upper - 1 : upper + 1] = 1 - part, part
    weights[0] -= 2
    return weights


def _first_crossing(grid: NDArray[np.float64], gains: NDArray[np.float64]) -> float | None:
    above = np.flatnonzero(gains >= 0)
    if not len(above):
        return None
    place = int(above[0])
    if place == 0:
        return float(grid[0])
    before, after = gains[place - 1], gains[place]
    return float(grid[place - 1] + (grid[place] - grid[place - 1]) * -before / (after - before))
