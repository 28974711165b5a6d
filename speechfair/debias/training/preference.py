"""Preferences between two transcripts of the same speech: the model learns which of them to give more probability.

Rafailov et al., "Direct preference optimization: your language model is secretly a reward model", NeurIPS 2023. torch
is imported with this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import log_softmax, logsigmoid

from speechfair.debias.training.trainer import batch_logits
from speechfair.debias.training.window import unwrapped

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Preference", "preference_loss", "sequence_log_probs"]


class Preference:
    """The preference loss of a step's pairs: called with the model and the step's number.

    Parameters
    ----------
    base : the model before training, a copy of its own.
    batch : gives the rows of a step: the preferred transcripts of its pairs, then the others in the same order.
    weight : of the loss.
    beta : of the log-probability ratios; the greater, the closer the model stays to its base.
    """

    def __init__(
        self, base: Any, batch: Callable[[int], Mapping[str, Any]], *, weight: float, beta: float
    ) -> None:
        self._base = base.eval().requires_grad_(False)
        self._batch = batch
        self._weight, self._beta = weight, beta

    def __call__(self, model: Any, step: int) -> Tensor:
        """The loss at a step, a scalar."""
        return self._weight * preference_loss(self.margins(model, step), self._beta).mean()

    def margins(self, model: Any, step: int) -> Tensor:
        """How much further apart the model puts the two transcripts of each pair than its base did, in nats.

        Returns
        -------
        shape (pairs,)
            log p(preferred) - log p(other), less the same of the base.
        """
        device = next(unwrapped(model).parameters()).device
        inputs = {name: value.to(device) for name, value in self._batch(step).items()}
        with torch.no_grad():
            before = sequence_log_probs(self._base.to(device), inputs)
        preferred, other = (sequence_log_probs(model, inputs) - before).chunk(2)
        return preferred - other


def preference_loss(margins: Tensor, beta: float) -> Tensor:
    """-log sigmoid(beta * margin) of each pair, of the shape of `margins`."""
    return -logsigmoid(beta * margins)


def sequence_log_probs(model: Any, inputs: Mapping[str, Any]) -> Tensor:
    """Log-probability of each row's whole transcript, in nats: shape (rows,)."""
    logits, counted = batch_logits(model, inputs)
    tokens = inputs["labels"].masked_fill(~counted, 0)
    found = log_softmax(logits, dim=-1).gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
    return found.masked_fill(~counted, 0.0).sum(dim=1)
