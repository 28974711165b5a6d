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

__all__ = ["CtcRobust", "GroupRobust", "GroupWeighted", "Objective", "TokenMean", "utterance_losses"]


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

    Attributes
    ----------
    reads_states : whether `penalty` is to be added in training.
    layer : of the encoder, after which `penalty` reads the states, from 1; None is the last.
    rate : learning rate of the objective's own weights, if it has any, as a multiple of the recipe's.
    """

    reads_states: bool = False
    layer: int | None = None
    rate: float = 1.0

    def build(self, width: int, seed: int, steps: int) -> None:
        """Called once before training with the width of the encoder's states and the number of steps.

        Own weights start from `seed` alone.
        """

    def penalty(self, states: Tensor, groups: Tensor) -> Tensor:
        """A cost read from the encoder's mean states, shape (utterances, D). Never asked for outside training."""
        raise NotImplementedError

    def forward(self, token_losses: Tensor, counted: Tensor, groups: Tensor) -> Tensor:
        """The loss that is minimised."""
        raise NotImplementedError

    def observe(self, rates: Sequence[float]) -> None:
        """Called after every check with the groups' word error rates on the development speakers, in group order."""

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
    per_token : a group's loss is the mean over its utterances of their mean token loss. False takes the mean of their
        summed losses, as published: a group of longer utterances then counts as a harder one.
    by_errors : the weights follow the word error rates of the development speakers, at every check, and not the losses.
    adjustment : added to each group's loss or rate in the update (equation 5 of the paper: C / sqrt(rows of the
        group)), so that a small group, which generalises worse, counts as a harder one.
    """

    weights: Tensor

    def __init__(
        self,
        n_groups: int,
        step: float,
        smoothing: float | None = None,
        per_token: bool = True,
        *,
        by_errors: bool = False,
        adjustment: Sequence[float] = (),
    ) -> None:
        super().__init__()
        if n_groups < 2:
            raise InputError(
                f"a group-robust objective needs two groups or more; the training rows have {n_groups}"
            )
        self.step, self.smoothing, self.per_token = step, smoothing, per_token
        self.by_errors, self.adjustment = by_errors, tuple(adjustment)
        if self.adjustment and len(self.adjustment) != n_groups:
            raise InputError(f"{len(self.adjustment)} adjustments for {n_groups} groups; give one for each")
        # float64: the weights are a product over thousands of steps
        self.register_buffer("weights", torch.full((n_groups,), 1.0 / n_groups, dtype=torch.float64))

    def forward(self, token_losses: Tensor, counted: Tensor, groups: Tensor) -> Tensor:
        """The weighted sum; in training mode the weights are updated first, with the losses as plain numbers."""
        losses = utterance_losses(token_losses, counted)
        if not self.per_token:
            losses = (token_losses * counted).sum(dim=1)
        sums = self._sums(losses, groups)
        counts = torch.bincount(groups, minlength=len(self.weights))
        all_sums, all_counts = _over_processes(sums.detach().double()), _over_processes(counts.double())
        if self.training and not self.by_errors:
            self._update(all_sums, all_counts)
        shares = self.weights / all_counts.clamp(min=1)
        return (shares.to(losses.dtype) * sums).sum() * _processes()

    def observe(self, rates: Sequence[float]) -> None:
        """With `by_errors`, one update of the weights by the word error rates."""
        if self.by_errors:
            values = torch.tensor(list(rates), dtype=torch.float64, device=self.weights.device)
            self._update(values, torch.ones_like(values))

    def _sums(self, losses: Tensor, groups: Tensor) -> Tensor:
        zeros = torch.zeros(len(self.weights), dtype=losses.dtype, device=losses.device)
        return zeros.index_add(0, groups, losses)

    def _update(self, sums: Tensor, counts: Tensor) -> None:
        means = torch.where(counts > 0, sums / counts.clamp(min=1), torch.zeros_like(sums))
        if self.adjustment:
            extra = torch.tensor(self.adjustment, dtype=means.dtype, device=means.device)
            means = torch.where(counts > 0, means + extra, means)
        if not torch.isfinite(means).all():
            return  # the trainer stops at a loss that is not finite; the weights stay as they were
        scale = 1.0 if self.smoothing is None else self.weights + self.smoothing
        updated = self.weights.log() + self.step * means / scale
        self.weights.copy_(torch.softmax(updated, dim=0))


class CtcRobust(GroupRobust):
    """CTC-DRO: group weights that follow summed losses of length-matched shares of the batch, smoothed.

    Bartelds et al., "CTC-DRO: Robust optimization for reducing language disparities in speech recognition",
    arXiv 2502.01777: the groups of a batch have equally many seconds (`length_matched` sees to it), a group's loss is
    the **sum** over its utterances of their sequence losses, and ``q[g] *= exp(step * loss[g] / (q[g] + smoothing))``
    for the groups in the batch. Here the sum is divided by the number of rows that a group has on average in a
    batch, one constant for all, so that `step` and the learning rate do not hang on the batch size.
    The loss is ``n_groups * sum(q[g] * loss[g])`` over the target tokens of a mean row, so that it starts out on the
    scale of a plain loss per token.

    Parameters
    ----------
    tokens : mean number of target tokens of a row, one constant for all groups.
    """

    def __init__(self, n_groups: int, step: float, smoothing: float, tokens: float) -> None:
        super().__init__(n_groups, step, smoothing, per_token=False)
        if smoothing <= 0 or tokens <= 0:
            raise InputError(f"smoothing and tokens must be positive; got {smoothing} and {tokens}")
        self.tokens = tokens

    def forward(self, token_losses: Tensor, counted: Tensor, groups: Tensor) -> Tensor:
        """The weighted sum; in training mode the weights are updated first, with the losses as plain numbers."""
        utterance_losses(token_losses, counted)  # refuses what has no token
        sums = self._sums((token_losses * counted).sum(dim=1), groups)
        counts = _over_processes(torch.bincount(groups, minlength=len(self.weights)).double())
        rows = float(counts.sum()) / len(self.weights) * self.tokens
        if self.training:
            present = counts.clamp(max=1)  # a group that is absent keeps its relative weight
            self._update(_over_processes(sums.detach().double()) / rows, present)
        return (self.weights.to(sums.dtype) * sums).sum() / rows * _processes() * len(self.weights)


def _processes() -> int:
    distributed = torch.distributed
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def _over_processes(values: Tensor) -> Tensor:
    """The sum over all training processes; `values` itself where there is one."""
    if _processes() > 1:
        values = values.clone()
        torch.distributed.all_reduce(values)
    return values
