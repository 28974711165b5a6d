"""Gradient reversal: a classifier of the group reads the encoder's states, and the encoder is pushed the other way.

Ganin and Lempitsky, "Unsupervised domain adaptation by backpropagation", ICML 2015. torch is imported with this module.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from speechfair.debias.training.objectives import TokenMean
from speechfair.errors import InputError

__all__ = ["Reversed", "reverse"]


class _Reverse(torch.autograd.Function):
    """The identity whose gradient is turned round and scaled."""

    @staticmethod
    def forward(context: Any, values: Tensor, scale: float) -> Tensor:
        context.scale = scale
        return values.view_as(values)

    @staticmethod
    def backward(context: Any, *gradients: Any) -> Any:
        return -context.scale * gradients[0], None


def reverse(values: Tensor, scale: float) -> Tensor:
    """`values`; the gradient that flows back through them is multiplied by ``-scale``."""
    reversed_: Tensor = _Reverse.apply(values, scale)
    return reversed_


class Reversed(TokenMean):
    """The mean token loss, and in training the loss of a group classifier behind a gradient reversal.

    Parameters
    ----------
    n_groups : classes.
    strength : scale of the reversed gradient.
    hidden : width of the hidden layer.
    rate : the classifier's learning rate, as a multiple of the recipe's.
    layer : of the encoder, whose states are read; None is the last.
    ramp : let the strength grow from 0 as in the paper, by ``2 / (1 + exp(-10 * share of the steps)) - 1``: at first
        the classifier's gradient is noise.
    """

    reads_states = True
    steps_done: Tensor

    def __init__(
        self,
        n_groups: int,
        strength: float,
        hidden: int,
        rate: float = 1.0,
        *,
        layer: int | None = None,
        ramp: bool = True,
    ) -> None:
        super().__init__()
        self.layer, self.ramp, self.steps = layer, ramp, 1
        self.register_buffer("steps_done", torch.zeros((), dtype=torch.float64))
        if n_groups < 2:
            raise InputError(f"an adversary needs two groups or more to tell apart; there are {n_groups}")
        self.strength, self.n_groups, self.hidden, self.rate = strength, n_groups, hidden, rate
        self.classifier: nn.Sequential | None = None

    def build(self, width: int, seed: int, steps: int) -> None:
        """Make the classifier for states of `width` numbers, and take the length of the ramp."""
        self.steps = steps
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.classifier = nn.Sequential(
                nn.LayerNorm(width),
                nn.Linear(width, self.hidden),
                nn.ReLU(),
                nn.Linear(self.hidden, self.n_groups),
            )

    def penalty(self, states: Tensor, groups: Tensor) -> Tensor:
        """The classifier's cross-entropy; only its sign for the encoder is turned round."""
        if self.classifier is None:
            raise RuntimeError("build the classifier before training")
        scale = self.strength * (self.ramped(float(self.steps_done) / self.steps) if self.ramp else 1.0)
        self.steps_done += 1
        return cross_entropy(self.classifier(reverse(states.float(), scale)), groups)

    @staticmethod
    def ramped(share: float) -> float:
        """The part of the strength after `share` of the training.

        >>> Reversed.ramped(0.0), round(Reversed.ramped(0.1), 3), round(Reversed.ramped(1.0), 3)
        (0.0, 0.462, 1.0)
        """
        return 2 / (1 + math.exp(-10 * share)) - 1

    def state(self) -> dict[str, list[float]]:
        """Nothing: the classifier's weights are of no use in a record."""
        return {}
