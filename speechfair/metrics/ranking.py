"""Rank several models on the same speakers: the worst group's rate with an interval, and which models differ.

All models transcribed the same utterances, so that a speaker who is hard for all cancels. Which groups are compared and
how ranks are shown is decided elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from speechfair.errors import InputError
from speechfair.metrics.multiplicity import holm
from speechfair.metrics.rates import DESIGN_EFFECT, SpeakerSums, pooled_rate, require_level
from speechfair.types import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Apart", "gaps_apart", "rank_ranges", "worst_group", "worst_groups_apart"]

_METHOD = "worst-of-groups-jackknife-log-t"
_USUAL = 0.05


@dataclass(frozen=True, slots=True)
class Apart:
    """Two models that can be told apart.

    Parameters
    ----------
    better, worse : their places in the sequence that was given.
    p_value : two-sided, adjusted for the number of pairs (Holm).
    """

    better: int
    worse: int
    p_value: float


def worst_group(groups: Sequence[SpeakerSums], level: float = 0.95) -> tuple[int, Estimate]:
    """The place of the group with the highest rate, and an interval for the highest of the true rates.

    Parameters
    ----------
    groups : sums of at least one group; each has an interval of its own.

    Notes
    -----
    The highest of noisy rates is too high by luck, so its own interval would not cover. The true highest rate is at
    least each group's lower limit, at the level that Bonferroni asks for; and it is one group's true rate, so that it
    is at most the largest upper limit without any correction.
    """
    require_level(level)
    if not groups:
        raise InputError("no group to find the worst of: give the sums of one or more groups")
    rates = [sums.rate if sums.rate is not None else -math.inf for sums in groups]
    worst = max(range(len(groups)), key=rates.__getitem__)
    single = [pooled_rate(sums, level) for sums in groups]
    one = single[worst]
    together = [pooled_rate(sums, 1 - (1 - level) / len(groups)) for sums in groups]
    highs = [estimate.high for estimate in single]
    lows = [estimate.low for estimate in together if estimate.low is not None]
    n_utterances, n_speakers = (
        sum(g.n_utterances for g in groups),
        len({s for g in groups for s in g.speakers}),
    )
    if one.value is None or any(high is None for high in highs):
        reason = next((e.reason for e in single if e.high is None), one.reason)
        return worst, Estimate(one.value, None, None, level, n_utterances, n_speakers, "none", reason)
    # A wide interval of another group has no lower limit at the stricter level; it would add nothing.
    low = min(max(lows, default=0.0), one.value)
    high = max(high for high in highs if high is not None)
    return worst, Estimate(one.value, low, high, level, n_utterances, n_speakers, _METHOD, None)


def worst_groups_apart(models: Sequence[Sequence[SpeakerSums]], level: float = 0.95) -> list[Apart]:
    """Pairs of models whose worst groups' true rates differ, with the chance of any wrong pair at 1 - `level` at most.

    Parameters
    ----------
    models : for each model, the sums of the same groups in the same order. With one group, its rates are compared.

    Notes
    -----
    Model A is worse than B if in every group B's rate is below the highest of A's. For one group h that is shown by
    A's own rate in h (paired), or by the group g in which A is observed to be worst, at Bonferroni's level for its
    choice; each at half the error. All groups must show it (an intersection-union test), so their number needs no
    correction; the number of pairs of models does (Holm). Each comparison is a t test of the difference of log rates
    with the speaker-jackknife covariance, no less than that of independent errors, and the degrees of freedom of
    `paired.degrees_of_freedom`, the smaller of two groups'. Between two groups half of them count in the far tail
    (see `far_quantile`); within one, what skews both models' rates cancels.
    """
    table = _Table.of(models)
    n_groups = table.n_groups
    logs, moved = table.log_rates(), table.log_influence()

    def one_sided(worse: int, better: int) -> float:
        """p of "the worst group of `worse` is no worse than that of `better`"."""
        own = table.paired_log(worse, better, logs, moved)
        if n_groups == 1:
            return float(own[0])
        chosen = int(np.argmax(table.rates[worse]))
        if not table.errors[worse, :, chosen].any():
            return 1.0
        other = n_groups * table.against_all(worse, chosen, better, logs, moved)
        return float(np.minimum(1.0, 2 * np.minimum(own, other)).max())

    return _told_apart(len(models), one_sided, level)


def gaps_apart(models: Sequence[Sequence[SpeakerSums]], level: float = 0.95) -> list[Apart]:
    """Pairs of models whose true gaps (highest minus lowest rate) differ; as `worst_groups_apart`.

    Notes
    -----
    Model A's gap is larger than B's if for all groups k and l, A's largest difference is above B's between k and l.
    That is shown by A's own difference between k and l, or by the two groups between which A is observed to have its
    gap, at Bonferroni's level for their choice; each at half the error.
    """
    table = _Table.of(models)
    count = table.n_groups
    if count < 2:
        return []
    moved = table.rate_influence()
    above, below = (np.array(side) for side in zip(*_ordered_pairs(count), strict=True))

    def one_sided(worse: int, better: int) -> float:
        own = table.gap_contrast(worse, above, below, better, above, below, moved)
        top, bottom = int(np.argmax(table.rates[worse])), int(np.argmin(table.rates[worse]))
        tops, bottoms = np.full_like(above, top), np.full_like(below, bottom)
        other = len(above) * table.gap_contrast(worse, tops, bottoms, better, above, below, moved)
        return float(np.minimum(1.0, 2 * np.minimum(own, other)).max())

    return _told_apart(len(models), one_sided, level)


def rank_ranges(n_models: int, apart: Sequence[Apart]) -> list[tuple[int, int]]:
    """Each model's best and worst possible rank: 1 + those shown to be better, n - those shown to be worse.

    All ranges hold together with the level of `apart` (Klein, Wright & Wieczorek, JRSS A 183, 2020).

    >>> rank_ranges(3, [Apart(0, 2, 0.01)])
    [(1, 2), (1, 3), (2, 3)]
    """
    return [
        (1 + sum(one.worse == m for one in apart), n_models - sum(one.better == m for one in apart))
        for m in range(n_models)
    ]


def _told_apart(n_models: int, one_sided: Callable[[int, int], float], level: float) -> list[Apart]:
    require_level(level)
    pairs = list(combinations(range(n_models), 2))
    found: list[tuple[int, int, float]] = []
    for a, b in pairs:
        ways = (one_sided(b, a), a, b), (one_sided(a, b), b, a)
        p_value, better, worse = min(ways)
        found.append((better, worse, min(1.0, 2 * p_value)))
    adjusted = holm([p for _, _, p in found])
    return [
        Apart(better, worse, p)
        for (better, worse, _), p in zip(found, adjusted, strict=True)
        if p <= 1 - level
    ]


def _ordered_pairs(count: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(count) for j in range(count) if i != j]


@dataclass(frozen=True, eq=False)
class _Table:
    """Errors of all models: `errors` (models, speakers, groups), `words` (speakers, groups), `freedom` (groups,)."""

    errors: NDArray[np.float64]
    words: NDArray[np.float64]
    freedom: NDArray[np.float64]

    @classmethod
    def of(cls, models: Sequence[Sequence[SpeakerSums]]) -> _Table:
        if len({len(groups) for groups in models}) != 1 or not models[0]:
            raise InputError(
                "rank models on the same groups: each needs the sums of the same one or more groups"
            )
        names = sorted({name for groups in models for sums in groups for name in sums.speakers})
        place = {name: index for index, name in enumerate(names)}
        errors = np.zeros((len(models), len(names), len(models[0])))
        words = np.zeros((len(models), len(names), len(models[0])))
        for m, groups in enumerate(models):
            for g, sums in enumerate(groups):
                rows = [place[name] for name in sums.speakers]
                errors[m, rows, g], words[m, rows, g] = sums.errors, sums.words
        if not (words == words[0]).all():
            raise InputError(
                "rank models on the same utterances: a speaker's reference words differ between them"
            )
        squares = words[0] ** 2
        freedom = np.maximum(1.0, squares.sum(axis=0) ** 2 / (squares**2).sum(axis=0) - 1)
        return cls(errors, words[0], freedom)

    @property
    def n_groups(self) -> int:
        return int(self.words.shape[1])

    @property
    def totals(self) -> NDArray[np.float64]:
        """Errors, shape (models, groups)."""
        found: NDArray[np.float64] = self.errors.sum(axis=1)
        return found

    @property
    def rates(self) -> NDArray[np.float64]:
        """Shape (models, groups)."""
        found: NDArray[np.float64] = self.totals / self.words.sum(axis=0)
        return found

    def log_rates(self) -> NDArray[np.float64]:
        """Log rates; a group without errors counts as with one."""
        found: NDArray[np.float64] = np.log(np.maximum(self.totals, 1.0) / self.words.sum(axis=0))
        return found

    def log_influence(self) -> NDArray[np.float64]:
        """Jackknife deviations of each log rate, scaled so that their squares add up to its variance.

        Shape (models, speakers, groups). What is left without a speaker who made all errors counts as half an error.
        """
        left, left_words = self._without_each()
        return self._deviations(np.log(np.maximum(left, 0.5)) - np.log(left_words))

    def rate_influence(self) -> NDArray[np.float64]:
        """Jackknife deviations of each rate."""
        left, left_words = self._without_each()
        return self._deviations(left / left_words)

    def _without_each(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Errors and words of each group without each speaker."""
        return self.totals[:, None, :] - self.errors, self.words.sum(axis=0) - self.words

    def _deviations(self, replicates: NDArray[np.float64]) -> NDArray[np.float64]:
        present = self.words > 0
        count = np.maximum(present.sum(axis=0), 2)
        mean = np.where(present, replicates, 0.0).sum(axis=1, keepdims=True) / count
        found: NDArray[np.float64] = np.where(present, replicates - mean, 0.0) * np.sqrt((count - 1) / count)
        return found

    def paired_log(
        self, worse: int, better: int, logs: NDArray[np.float64], moved: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """One-sided p of each group: its rate is no higher under `worse` than under `better`; shape (groups,)."""
        variance = ((moved[worse] - moved[better]) ** 2).sum(axis=0)
        old, new = (np.maximum(self.totals[m], 1.0) for m in (better, worse))
        change = self.errors[worse] - self.errors[better]
        gained, lost = np.maximum(change, 0).sum(axis=0), np.maximum(-change, 0).sum(axis=0)
        least = gained / new**2 + lost / old**2 + np.maximum(new - gained, 0) * (1 / new - 1 / old) ** 2
        least = np.maximum(least, np.where(self.totals[better] > 0, 0.0, DESIGN_EFFECT))
        return _p(logs[worse] - logs[better], np.maximum(variance, least), self.freedom, far=1.0)

    def against_all(
        self, worse: int, group: int, better: int, logs: NDArray[np.float64], moved: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """One-sided p of each group h: `worse` is no worse in `group` than `better` in h; shape (groups,)."""
        variance = ((moved[worse][:, [group]] - moved[better]) ** 2).sum(axis=0)
        theirs = np.where(self.totals[better] > 0, 1 / np.maximum(self.totals[better], 1.0), DESIGN_EFFECT)
        least = 1 / np.maximum(self.totals[worse, group], 1.0) + theirs
        least[group] = 0.0  # the pair of the group itself is judged in `paired_log`
        freedom = np.minimum(self.freedom, self.freedom[group])
        found = _p(logs[worse, group] - logs[better], np.maximum(variance, least), freedom)
        found[group] = 1.0
        return found

    def gap_contrast(
        self,
        worse: int,
        i: NDArray[np.int64],
        j: NDArray[np.int64],
        better: int,
        k: NDArray[np.int64],
        l: NDArray[np.int64],  # noqa: E741
        moved: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """One-sided p of: `worse`'s rate in i minus that in j is no larger than `better`'s in k minus that in l."""
        a, b, rates = moved[worse], moved[better], self.rates
        cross = (a.T @ a, b.T @ b, a.T @ b)
        aa = cross[0][i, i] + cross[0][j, j] - 2 * cross[0][i, j]
        bb = cross[1][k, k] + cross[1][l, l] - 2 * cross[1][k, l]
        ab = cross[2][i, k] - cross[2][i, l] - cross[2][j, k] + cross[2][j, l]
        words = self.words.sum(axis=0)
        changed = np.abs(self.errors[worse] - self.errors[better]).sum(axis=0) / words**2
        ours, theirs = (np.maximum(self.totals[m], DESIGN_EFFECT) / words**2 for m in (worse, better))
        least = np.where(i == k, changed[i], ours[i] + theirs[k]) + np.where(
            j == l, changed[j], ours[j] + theirs[l]
        )
        freedom = np.minimum.reduce([self.freedom[x] for x in (i, j, k, l)])
        value = rates[worse, i] - rates[worse, j] - rates[better, k] + rates[better, l]
        return _p(value, np.maximum(aa + bb - 2 * ab, least), freedom)


def _p(
    value: NDArray[np.float64],
    variance: NDArray[np.float64],
    freedom: NDArray[np.float64],
    far: float = 0.5,
) -> NDArray[np.float64]:
    """One-sided p of a value that is 0 or less; beyond a two-sided 0.05 the share `far` of the freedom counts."""
    from scipy.special import stdtr

    error = np.sqrt(variance)
    t = np.divide(value, error, out=np.where(value > 0, np.inf, 0.0), where=error > 0)
    usual, beyond = stdtr(freedom, -t), stdtr(far * freedom, -t)
    found: NDArray[np.float64] = np.where(usual < _USUAL / 2, np.minimum(_USUAL / 2, beyond), usual)
    return found
