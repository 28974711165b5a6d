"""CTC-DRO: group-robust training with length-matched batches and smoothed group weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from speechfair.debias.data.samplers import length_matched
from speechfair.debias.method import Method
from speechfair.debias.method_options import NoOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from speechfair.debias.data.training_data import Row
    from speechfair.debias.training.objectives import Objective

__all__ = ["CtcDro", "CtcDroOptions"]


class CtcDroOptions(NoOptions):
    """`step`: how fast group weights follow the losses (eta); `smoothing`: alpha, small is nearer to Group DRO.

    Losses are in nats per letter of a mean row, so `step` is larger than the paper's, whose losses are summed.
    """

    step: float = Field(default=0.05, gt=0)
    smoothing: float = Field(default=0.5, gt=0)


class CtcDro(Method):
    """Group DRO made for sequence losses: equal seconds to each group, summed losses, an update that is smoothed.

    Made for CTC; on Whisper the sequence loss is the summed cross-entropy of the tokens.
    """

    name = "ctc_dro"
    summary = "group DRO on length-matched batches with smoothed weights"
    source = "Bartelds et al., CTC-DRO, arXiv 2502.01777"
    Options = CtcDroOptions

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self._rows: Sequence[Row] = ()

    def look(self, rows: Sequence[Row]) -> None:
        """Keep the rows: their lengths decide the batches."""
        self._rows = rows

    def draw(
        self, groups: NDArray[np.int64], n_draws: int, batch: int, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Batches with equally many seconds of every group."""
        return length_matched(groups, [row.duration_s for row in self._rows], n_draws, batch, rng)

    def objective(self, groups: Sequence[str], rows_per_group: Sequence[int]) -> Objective:
        """Smoothed online group weights."""
        from speechfair.debias.training.objectives import CtcRobust

        letters = sum(len(row.text) for row in self._rows) / max(1, len(self._rows))
        return CtcRobust(len(groups), self.options.step, self.options.smoothing, max(1.0, letters))
