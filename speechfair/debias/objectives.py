"""What a batch costs: from the loss of every token to the one number that is minimised.

Group losses are means over utterances of the mean over their tokens: a group that speaks in longer sentences does not
weigh more, which is the fault of group-robust training on summed sequence losses. Group weights are buffers: saved
with every checkpoint, moved with the module, updated on training batches only, and the same in every process.

torch is imported with this module; only import it where training starts.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from speechfair.errors import InputError

__all__ = ["GroupRobust", "GroupWeighted", "Objective", "TokenMean", "utterance_losses"]


def utterance_losses(token_losses: Tensor, counted: Tensor) -> Tensor:
    """Mean token loss of every utterance.

    Parameters
    ----------
    token_losses : shape (utterances, tokens), in nats.
    counted : same shape, True where a token counts; every utterance has one at least.

    Returns
    -------
    Tensor of shape (utterances,)
    """
    lengths = counted.sum(dim=1)
    if int(lengths.min()) < 1:
        raise InputError(
            "an utterance without a token to learn is in the batch; empty texts must be excluded"
        )
    return (token_losses * counted).sum(dim=1) / lengths


class Objective(nn.Module):
    """The loss of a batch.

    Called with `token_losses` and `counted` as for `utterance_losses`, and `groups`, shape (utterances,), the group
    number of each utterance; gives a scalar.
    """

    def forward(self, token_losses: Tensor, counted: Tensor, groups: Tensor) -> Tensor:
        """The loss that is minimised."""
        raise NotImplementedError

    def state(self) -> dict[str, list[float]]:
        """The buffers as plain numbers, for the record."""
        return {name: [float(x) for x in buffer.flatten()] for name, buffer in self.named_buffers()}


class TokenMean(Objective):
    """Mean over all tokens of the batch: plain fine-tuning, the cross-entropy of transformers' Whisper."""

    def forward(self, token_losses: Tensor, counted: Tensor, groups: Tensor) -> Tensor:
        """Sum of token losses over number of tokens."""
        utterance_losses(token_losses, counted)  # refuses what has no token
        return (token_losses * counted).sum() / counted.sum()


class GroupWeighted(Objective):
    """Mean of utterance losses under fixed group weights: an utterance of group g counts `weights[g]` times.

    Parameters
    ----------
    weights : one for each group, positive.
    """

    weights: Tensor

    def __init__(self, weights: Sequence[float]) -> None:
        super().__init__()
        if not weights or min(weights) <= 0:
            raise InputError(f"group weights must be positive; got {list(weights)}")
        self.register_buffer("weights", torch.tensor(list(weights), dtype=torch.float64))

    def forward(self, token_losses: Tensor, counted: Tensor, groups: Tensor) -> Tensor:
        """Weighted mean; the weights are not made to add up within a batch, so that a rare group keeps its share."""
        losses = utterance_losses(token_losses, counted)
        return (self.weights[groups].to(losses.dtype) * losses).mean()


class GroupRobust(Objective):
    """Online group-robust training (Group DRO): the worse a group does, the more it counts.

    Algorithm 1 of Sagawa et al., "Distributionally Robust Neural Networks for Group Shifts", ICLR 2020:
    ``q[g] *= exp(step * loss[g])`` for the groups in the batch, scaled to sum to 1; the loss is
    ``sum(q[g] * loss[g])``. With `smoothing` the exponent is ``step * loss[g] / (q[g] + smoothing)``, as in CTC-DRO
    (arXiv 2502.01777), which keeps one hard group from taking all the weight.

    Parameters
    ----------
    n_groups : number of groups.
    step : step size of the weights (eta).
    smoothing : None for the plain update, or alpha > 0.
    """

    weights: Tensor

    def __init__(self, n_groups: int, step: float, smoothing: float | None = None) -> None:
        super().__init__()
        if n_groups < 2:
            raise InputError(
                f"a group-robust objective needs two groups or more; the training rows have {n_groups}"
            )
        self.step, self.smoothing = step, smoothing
        # float64: the weights are a product over thousands of steps
        self.register_buffer("weights", torch.full((n_groups,), 1.0 / n_groups, dtype=torch.float64))

    def forward(self, token_losses: Tensor, counted: Tensor, groups: Tensor) -> Tensor:
        """The weighted sum; in training mode the weights are updated first, with the losses as plain numbers."""
        losses = utterance_losses(token_losses, counted)
        n_groups = len(self.weights)
        sums = torch.zeros(n_groups, dtype=losses.dtype, device=losses.device).index_add(0, groups, losses)
        counts = torch.bincount(groups, minlength=n_groups)
        all_sums, all_counts = _over_processes(sums.detach().double()), _over_processes(counts.double())
        if self.training:
            self._update(all_sums, all_counts)
        shares = self.weights / all_counts.clamp(min=1)
        return (shares.to(losses.dtype) * sums).sum() * _processes()

    def _update(self, sums: Tensor, counts: Tensor) -> None:
        means = torch.where(counts > 0, sums / counts.clamp(min=1), torch.zeros_like(sums))
        if not torch.isfinite(means).all():
            return  # the trainer stops at a loss that is not finite; the weights stay as they were
        scale = 1.0 if self.smoothing is None else self.weights + self.smoothing
        updated = self.weights.log() + self.step * means / scale
        self.weights.copy_(torch.softmax(updated, dim=0))


def _processes() -> int:
    distributed = torch.distributed
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def _over_processes(values: Tensor) -> Tensor:
    """The sum over all training processes; `values` itself where there is one."""
    if _processes() > 1:
        values = values.clone()
        torch.distributed.all_reduce(values)
    return values
