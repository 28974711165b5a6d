"""What anchors a model in training to what it was: distillation on other speech, and a pull towards the old weights.

Li and Hoiem, "Learning without forgetting", TPAMI 2018, for the distillation; Li, Grandvalet and Davoine, "Explicit
inductive bias for transfer learning with convolutional networks" (L2-SP), ICML 2018, for the pull. torch is imported
with this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax

from speechfair.debias.data.training_batches import IGNORED
from speechfair.debias.training.trainer import batch_logits
from speechfair.debias.training.window import unwrapped

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Anchor", "divergence"]


class Anchor:
    """A loss that grows as the model leaves its base: called with the model and the step's number.

    ``distil * divergence + replay * cross-entropy + pull / 2 * squared distance of the weights``

    Parameters
    ----------
    base : the model before training, a copy of its own.
    batch : gives the rows of a step, with transcripts as labels; None has no speech.
    temperature : of both models' distributions in the distillation.
    replay : weight of the cross-entropy with the labels.
    """

    def __init__(
        self,
        base: Any,
        batch: Callable[[int], Mapping[str, Any]] | None,
        *,
        distil: float,
        temperature: float = 1.0,
        replay: float = 0.0,
        pull: float = 0.0,
    ) -> None:
        self._base = base.eval().requires_grad_(False)
        self._batch = batch
        self._distil, self._temperature, self._replay, self._pull = distil, temperature, replay, pull

    def __call__(self, model: Any, step: int) -> Tensor:
        """The loss at a step, a scalar."""
        device = next(unwrapped(model).parameters()).device
        self._base.to(device)
        loss = torch.zeros((), device=device)
        if self._batch is not None:
            inputs = {name: value.to(device) for name, value in self._batch(step).items()}
            loss = loss + self._on_speech(model, inputs)
        if self._pull:
            loss = loss + self._pull / 2 * self._distance(model)
        return loss

    def _on_speech(self, model: Any, inputs: Mapping[str, Any]) -> Tensor:
        logits, counted = batch_logits(model, inputs)
        with torch.no_grad():
            wanted, _ = batch_logits(self._base, inputs)
        loss = self._distil * divergence(logits, wanted, counted, self._temperature)
        if self._replay:
            loss = loss + self._replay * cross_entropy(
                logits.transpose(1, 2), inputs["labels"], ignore_index=IGNORED
            )
        return loss

    def _distance(self, model: Any) -> Tensor:
        """Sum of squared changes of the weights that are trained."""
        before = dict(self._base.named_parameters())
        changes = [
            (weight - before[name]).square().sum()
            for name, weight in unwrapped(model).named_parameters()
            if weight.requires_grad
        ]
        return torch.stack(changes).sum()


def divergence(logits: Tensor, wanted: Tensor, counted: Tensor, temperature: float = 1.0) -> Tensor:
    """Mean Kullback-Leibler divergence from `wanted` to `logits`, in nats per place, times the temperature squared.

    The factor keeps the gradient's scale whatever the temperature (Hinton et al., "Distilling the knowledge in a
    neural network", 2015).

    Parameters
    ----------
    logits, wanted : shape (utterances, places, tokens), of the model in training and of the base.
    counted : shape (utterances, places), True where a place counts.
    """
    apart = kl_div(
        log_softmax(logits[counted] / temperature, dim=-1),
        log_softmax(wanted[counted] / temperature, dim=-1),
        reduction="batchmean",
        log_target=True,
    )
    return apart * temperature**2
