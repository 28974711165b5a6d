"""Group-balanced batches: every step sees every group equally often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from speechfair.debias.data.samplers import balanced
from speechfair.debias.method import Method

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Balanced"]


class Balanced(Method):
    """Each batch holds as many rows of one group as of another; rows of a small group come more often."""

    name = "balanced"
    summary = "every batch holds every group equally often"
    source = "Idrissi et al., Simple data balancing achieves competitive worst-group-accuracy, CLeaR 2022"

    def draw(
        self, groups: NDArray[np.int64], n_draws: int, batch: int, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Balanced batches."""
        return balanced(groups, n_draws, batch, rng)
