"""Adversarial training: the encoder is taught to recognise words and to hide the group, by gradient reversal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from speechfair.debias.method import Method, Stage
from speechfair.debias.method_options import NoOptions

if TYPE_CHECKING:
    from speechfair.debias.training.objectives import Objective

__all__ = ["Adversarial", "AdversarialOptions"]


class AdversarialOptions(NoOptions):
    """`strength`: weight of the reversed gradient relative to the recognition loss.

    `layer`: the encoder's layer that the classifier reads, from 1; None is the last. Take one at which
    `speechfair debias leakage` finds the group; there is nothing to hide where it does not. `ramp`: let the strength
    grow from 0 over the training, as in Ganin and Lempitsky (ICML 2015); False takes all of it from the first step.
    `hidden`: width of the classifier's one hidden layer. `classifier_share`: the classifier's own learning rate is the
    recipe's times this.
    """

    strength: float = Field(default=0.1, gt=0)
    layer: int | None = Field(default=None, ge=1)
    ramp: bool = True
    hidden: int = Field(default=64, ge=1)
    classifier_share: float = Field(default=10.0, gt=0)


class Adversarial(Method):
    """Plain fine-tuning with a classifier of the group that reads the encoder's mean states.

    How much a linear probe finds before and after goes into the record: hiding from one classifier is not erasing.
    """

    name = "adversarial"
    summary = "the encoder learns to hide the group from a classifier"
    source = "Sun et al., Domain adversarial training for accented speech recognition, ICASSP 2018"
    Options = AdversarialOptions

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self._before: dict[str, Any] | None = None

    def prepare(self, stage: Stage) -> None:
        """Probe the base model."""
        self._before = stage.leakage("before", self.options.layer)

    def objective(self, groups: Sequence[str], rows_per_group: Sequence[int]) -> Objective:
        """The mean token loss, and the reversed loss of a classifier of the group."""
        from speechfair.debias.training.adversary import Reversed

        options: AdversarialOptions = self.options
        return Reversed(
            len(groups),
            options.strength,
            options.hidden,
            options.classifier_share,
            layer=options.layer,
            ramp=options.ramp,
        )

    def finish(self, stage: Stage) -> dict[str, Any]:
        """Probe the trained model."""
        return {"leakage_before": self._before, "leakage_after": stage.leakage("after", self.options.layer)}
