"""Group DRO: minimise the loss of the group that does worst, with weights that follow the losses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from speechfair.debias.data.samplers import balanced
from speechfair.debias.method import Method
from speechfair.debias.method_options import NoOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from speechfair.debias.training.objectives import Objective

__all__ = ["GroupDro", "GroupDroOptions"]


class GroupDroOptions(NoOptions):
    """`step`: how fast group weights follow the losses (eta).

    `smoothing`: None is the published update; a number above 0 divides the step by (weight + smoothing), as CTC-DRO
    does, so that one hard group does not take all the weight. `per_token`: False takes summed sequence losses, as
    published, and counts a group of longer utterances as a harder one.
    """

    step: float = Field(default=0.01, gt=0)
    smoothing: float | None = Field(default=None, gt=0)
    per_token: bool = True


class GroupDro(Method):
    """Balanced batches under online group weights; losses are means per utterance, so length does not count."""

    name = "group_dro"
    summary = "the worse a group's loss, the more it counts"
    source = "Sagawa et al., Distributionally robust neural networks for group shifts, ICLR 2020"
    Options = GroupDroOptions

    def draw(
        self, groups: NDArray[np.int64], n_draws: int, batch: int, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Balanced batches, so that every group's loss is seen at every step."""
        return balanced(groups, n_draws, batch, rng)

    def objective(self, groups: Sequence[str], rows_per_group: Sequence[int]) -> Objective:
        """Online group weights."""
        from speechfair.debias.training.objectives import GroupRobust

        return GroupRobust(len(groups), self.options.step, self.options.smoothing, self.options.per_token)
