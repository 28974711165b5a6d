"""LEACE: the smallest change of the states after which no linear probe finds the group.

Belrose et al., "LEACE: Perfect linear concept erasure in closed form", NeurIPS 2023, theorem 4.3: with the covariance
S of the states and C between states and groups, ``x -> x - W^+ P W (x - mean)`` where W is the whitening
``S^(-1/2)`` (pseudo-inverse) and P projects onto the columns of ``W C``. numpy only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from speechfair.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Eraser", "fit_eraser"]


@dataclass(frozen=True)
class Eraser:
    """The affine map ``x -> matrix @ x + offset``.

    Parameters
    ----------
    rank : dimensions that were taken away.
    """

    matrix: NDArray[np.float64]
    offset: NDArray[np.float64]
    rank: int

    def __call__(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        """Erased states, shape (n, D)."""
        erased: NDArray[np.float64] = states @ self.matrix.T + self.offset
        return erased


def fit_eraser(batches: Iterable[tuple[NDArray[np.float64], int]], n_groups: int) -> Eraser:
    """An eraser of the group, from states that are read once.

    Parameters
    ----------
    batches : states of shape (n, D), and the number of the group they are all of.

    Raises
    ------
    InputError
        A group has no state.
    """
    counts = np.zeros(n_groups)
    sums: NDArray[np.float64] | None = None
    squares: NDArray[np.float64] | None = None
    for states, group in batches:
        if sums is None or squares is None:
            sums = np.zeros((n_groups, states.shape[1]))
            squares = np.zeros((states.shape[1], states.shape[1]))
        counts[group] += len(states)
        sums[group] += states.sum(axis=0)
        squares += states.T @ states
    if sums is None or squares is None or counts.min() == 0:
        raise InputError("an eraser needs states of every group; one group has none")
    total = counts.sum()
    mean = sums.sum(axis=0) / total
    covariance = squares / total - np.outer(mean, mean)
    # cov(x, one-hot group): the share of the group times how far its mean lies from the mean
    cross = ((sums / counts[:, None] - mean) * (counts / total)[:, None]).T
    return _eraser(mean, covariance, cross)


def _eraser(mean: NDArray[np.float64], covariance: NDArray[np.float64], cross: NDArray[np.float64]) -> Eraser:
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    kept = values > values.max() * len(values) * np.finfo(np.float64).eps * 10
    roots = np.sqrt(np.where(kept, values, 1.0))
    whiten = (vectors * np.where(kept, 1 / roots, 0.0)) @ vectors.T
    unwhiten = (vectors * np.where(kept, roots, 0.0)) @ vectors.T
    left, singular, _ = np.linalg.svd(whiten @ cross, full_matrices=False)
    basis = left[:, singular > 1e-8 * max(1.0, float(singular.max(initial=0.0)))]
    removed = unwhiten @ (basis @ basis.T) @ whiten
    matrix = np.eye(len(mean)) - removed
    return Eraser(matrix, removed @ mean, basis.shape[1])
