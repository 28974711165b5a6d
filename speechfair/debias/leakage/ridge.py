"""The probe of leakage: a ridge classifier whose part that does not depend on the labels is worked out once.

A hundred permutations of the labels fit the same states. Standardising them, and turning them so that there are no more
dimensions than utterances, is done once for each fold; a ridge does not see the turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Fold", "fold_of"]

ALPHA = 10.0
"""The penalty on the squared coefficients."""


@dataclass(frozen=True, eq=False)
class Fold:
    """Standardised states to fit on and to judge.

    Parameters
    ----------
    seen : shape (utterances fitted on, dimensions).
    unseen : shape (utterances judged, dimensions).
    """

    seen: NDArray[np.float64]
    unseen: NDArray[np.float64]

    def guess(self, labels: NDArray[np.str_]) -> NDArray[np.str_]:
        """The label of each unseen utterance, by a ridge on the seen ones in which all labels weigh the same.

        Parameters
        ----------
        labels : shape (utterances fitted on,); of the seen utterances.

        Notes
        -----
        What scikit-learn's ``RidgeClassifier(alpha=10, class_weight="balanced")`` gives (one regression for each label
        on -1 and 1, the largest wins).
        """
        names, of, counts = np.unique(labels, return_inverse=True, return_counts=True)
        if len(names) == 1:
            return np.full(len(self.unseen), names[0])
        weights = (len(labels) / (len(names) * counts))[of]
        targets = np.where(of[:, None] == np.arange(len(names)), 1.0, -1.0)
        middle, level = (np.average(each, axis=0, weights=weights) for each in (self.seen, targets))
        centred = self.seen - middle
        weighted = centred * weights[:, None]
        penalty = ALPHA * np.eye(centred.shape[1])
        slopes = np.linalg.solve(weighted.T @ centred + penalty, weighted.T @ (targets - level))
        scores = (self.unseen - middle) @ slopes + level
        found: NDArray[np.str_] = names[scores.argmax(axis=1)]
        return found


def fold_of(states: NDArray[np.float64], seen: NDArray[np.bool_]) -> Fold:
    """The fold that fits on the `seen` rows of `states`, shape (utterances, D), and judges the others."""
    known, other = states[seen].astype(np.float64), states[~seen].astype(np.float64)
    middle, spread = known.mean(axis=0), known.std(axis=0)
    constant = spread <= 10 * np.finfo(np.float64).eps * np.abs(middle)
    spread = np.where(constant, 1.0, spread)
    known, other = (known - middle) / spread, (other - middle) / spread
    if known.shape[1] > known.shape[0]:
        _, _, turn = np.linalg.svd(known, full_matrices=False)
        known, other = known @ turn.T, other @ turn.T
    return Fold(known, other)
