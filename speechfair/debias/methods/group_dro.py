"""Group DRO: minimise the loss of the group that does worst, with weights that follow the losses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

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
    """`step`: how fast group weights follow the losses (eta); None is 0.01, and 1 where they follow errors.

    `follow`: ``loss`` is the published way. ``errors`` takes the word error rates of the development speakers, before
    training and at every check: where the group with the higher loss has the fewer errors, losses put the weight on the
    wrong group. `adjustment`: C of the paper's size adjustment; C / sqrt(rows of the group) is added to each group's
    loss (or rate) in the update. The paper's other half is strong regularisation: the recipe's `weight_decay`, and
    early stopping by its `patience`.

    `smoothing`: None is the published update; a number above 0 divides the step by (weight + smoothing), as CTC-DRO
    does, so that one hard group does not take all the weight. `per_token`: False takes summed sequence losses, as
    published, and counts a group of longer utterances as a harder one.
    """

    step: float | None = Field(default=None, gt=0)
    follow: Literal["loss", "errors"] = "loss"
    adjustment: float = Field(default=0.0, ge=0)
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

        options: GroupDroOptions = self.options
        by_errors = options.follow == "errors"
        return GroupRobust(
            len(groups),
            options.step or (1.0 if by_errors else 0.01),
            options.smoothing,
            options.per_token,
            by_errors=by_errors,
            adjustment=[options.adjustment / rows**0.5 for rows in rows_per_group]
            if options.adjustment
            else (),
        )
