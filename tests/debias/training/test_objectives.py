"""Objectives against hand-computed values, and each fault that is known of public group-robust code."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from speechfair.debias.training.objectives import (
    CtcRobust,
    GroupRobust,
    GroupWeighted,
    Objective,
    TokenMean,
    utterance_losses,
)
from speechfair.errors import InputError

LOSSES = torch.tensor([[1.0, 3.0, 0.0], [4.0, 0.0, 0.0], [2.0, 2.0, 2.0]])
COUNTED = torch.tensor([[True, True, False], [True, False, False], [True, True, True]])
GROUPS = torch.tensor([0, 1, 0])


def test_utterance_losses_are_means_over_their_own_tokens() -> None:
    assert utterance_losses(LOSSES, COUNTED).tolist() == [2.0, 4.0, 2.0]


def test_an_utterance_without_tokens_is_refused() -> None:
    with pytest.raises(InputError, match="without a token"):
        utterance_losses(LOSSES, torch.zeros_like(COUNTED))


def test_token_mean_is_pooled() -> None:
    assert TokenMean()(LOSSES, COUNTED, GROUPS).item() == pytest.approx((1 + 3 + 4 + 6) / 6)


def test_group_weights_multiply_the_utterances() -> None:
    objective = GroupWeighted([0.5, 2.0])
    assert objective(LOSSES, COUNTED, GROUPS).item() == pytest.approx((0.5 * 2 + 2 * 4 + 0.5 * 2) / 3)


def test_group_robust_follows_algorithm_1_step_by_step() -> None:
    objective = GroupRobust(2, step=0.1).train()
    q = [0.5, 0.5]
    for scale in (1.0, 0.5, 2.0):
        means = [2.0 * scale, 4.0 * scale]
        q = [w * math.exp(0.1 * mean) for w, mean in zip(q, means, strict=True)]
        q = [w / sum(q) for w in q]
        loss = objective(LOSSES * scale, COUNTED, GROUPS)
        assert objective.weights.tolist() == pytest.approx(q, rel=1e-12)
        assert loss.item() == pytest.approx(sum(w * mean for w, mean in zip(q, means, strict=True)), rel=1e-6)


def test_smoothing_divides_the_step_by_the_weight() -> None:
    objective = GroupRobust(2, step=0.1, smoothing=0.5).train()
    objective(LOSSES, COUNTED, GROUPS)
    raw = [0.5 * math.exp(0.1 * 2 / 1.0), 0.5 * math.exp(0.1 * 4 / 1.0)]
    first = [w / sum(raw) for w in raw]
    assert objective.weights.tolist() == pytest.approx(first, rel=1e-12)
    objective(LOSSES, COUNTED, GROUPS)
    raw = [w * math.exp(0.1 * mean / (w + 0.5)) for w, mean in zip(first, (2, 4), strict=True)]
    assert objective.weights.tolist() == pytest.approx([w / sum(raw) for w in raw], rel=1e-12)


def test_a_group_that_is_not_in_the_batch_keeps_its_relative_weight() -> None:
    objective = GroupRobust(3, step=0.1).train()
    objective(LOSSES, COUNTED, GROUPS)
    weights = objective.weights.tolist()
    assert weights[2] / weights[0] == pytest.approx(math.exp(-0.2))
    assert sum(weights) == pytest.approx(1)


def test_weights_are_updated_on_training_batches_only() -> None:
    objective = GroupRobust(2, step=0.5).eval()
    objective(LOSSES, COUNTED, GROUPS)
    assert objective.weights.tolist() == [0.5, 0.5]
    objective.train()(LOSSES, COUNTED, GROUPS)
    assert objective.weights[1] > objective.weights[0]


def test_length_does_not_count_as_difficulty() -> None:
    """A group that speaks ten times as long at the same loss per token gets no more weight."""
    long = torch.full((2, 10), 2.0)
    counted = torch.tensor([[True] * 10, [True] + [False] * 9])
    objective = GroupRobust(2, step=1.0).train()
    objective(long, counted, torch.tensor([0, 1]))
    assert objective.weights.tolist() == pytest.approx([0.5, 0.5])


def test_weights_are_buffers_that_are_saved_loaded_and_moved() -> None:
    objective = GroupRobust(2, step=0.5).train()
    objective(LOSSES, COUNTED, GROUPS)
    assert set(objective.state_dict()) == {"weights"}
    assert not list(objective.parameters())
    other = GroupRobust(2, step=0.5)
    other.load_state_dict(objective.state_dict())
    assert other.weights.equal(objective.weights)
    assert objective.to("meta").weights.device.type == "meta"


def test_no_gradient_flows_through_the_weights() -> None:
    logits = torch.ones(3, 3, requires_grad=True)
    objective = GroupRobust(2, step=0.5).train()
    objective(logits * LOSSES, COUNTED, GROUPS).backward()
    weights = objective.weights.float()
    expected = weights[0] * LOSSES[0, 1] / 2 / 2
    assert logits.grad is not None
    assert logits.grad[0, 1].item() == pytest.approx(expected.item())


def test_a_loss_that_is_not_finite_leaves_the_weights_alone() -> None:
    objective = GroupRobust(2, step=0.5).train()
    assert torch.isnan(objective(LOSSES * float("nan"), COUNTED, GROUPS))
    assert objective.weights.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("n_groups", [0, 1])
def test_one_group_is_too_few(n_groups: int) -> None:
    with pytest.raises(InputError, match="two groups or more"):
        GroupRobust(n_groups, step=0.1)


def test_weights_must_be_positive() -> None:
    with pytest.raises(InputError, match="must be positive"):
        GroupWeighted([1.0, 0.0])


def test_every_objective_is_a_module() -> None:
    assert all(issubclass(kind, (Objective, nn.Module)) for kind in (TokenMean, GroupWeighted, GroupRobust))


def _one_of_two(rank: int, port: int, folder: str) -> None:
    torch.distributed.init_process_group("gloo", f"tcp://127.0.0.1:{port}", world_size=2, rank=rank)
    torch.set_num_threads(1)
    mine = [[0, 1], [2]][rank]
    objective = GroupRobust(2, step=0.1).train()
    model = nn.Parameter(torch.ones(1))
    total = torch.zeros(())
    for _ in range(3):
        loss = objective(model * LOSSES[mine], COUNTED[mine], GROUPS[mine])
        total = total + loss
    total.backward()
    assert model.grad is not None
    torch.distributed.all_reduce(model.grad)
    torch.save({"weights": objective.weights, "gradient": model.grad / 2}, f"{folder}/{rank}.pt")
    torch.distributed.destroy_process_group()


def test_two_processes_have_the_weights_and_the_gradient_of_one(tmp_path: object) -> None:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.multiprocessing.spawn(_one_of_two, (port, str(tmp_path)), nprocs=2)
    found = [torch.load(f"{tmp_path}/{rank}.pt") for rank in (0, 1)]
    objective = GroupRobust(2, step=0.1).train()
    model = nn.Parameter(torch.ones(1))
    sum((objective(model * LOSSES, COUNTED, GROUPS) for _ in range(3)), torch.zeros(())).backward()
    assert model.grad is not None
    for one in found:
        assert one["weights"].tolist() == pytest.approx(objective.weights.tolist(), rel=1e-6)
        assert one["gradient"].tolist() == pytest.approx(model.grad.tolist(), rel=1e-6)


# -- CTC-DRO ------------------------------------------------------------------------------------


def test_ctc_dro_follows_its_update_step_by_step() -> None:
    """Sums of sequence losses, over one constant for all groups; the exponent is smoothed by the weight."""
    objective = CtcRobust(2, step=0.1, smoothing=0.5, tokens=2.0).train()
    q = [0.5, 0.5]
    for scale in (1.0, 0.5, 2.0):
        rows = 3 / 2 * 2.0  # rows of a group on average, times tokens
        sums = [(4.0 + 6.0) * scale / rows, 4.0 * scale / rows]
        q = [w * math.exp(0.1 * s / (w + 0.5)) for w, s in zip(q, sums, strict=True)]
        q = [w / sum(q) for w in q]
        loss = objective(LOSSES * scale, COUNTED, GROUPS)
        assert objective.weights.tolist() == pytest.approx(q, rel=1e-12)
        assert loss.item() == pytest.approx(2 * sum(w * s for w, s in zip(q, sums, strict=True)), rel=1e-6)


def test_ctc_dro_leaves_an_absent_group_its_relative_weight() -> None:
    objective = CtcRobust(3, step=0.1, smoothing=0.5, tokens=1.0).train()
    objective(LOSSES[:1], COUNTED[:1], GROUPS[:1])
    assert objective.weights[1].item() == pytest.approx(objective.weights[2].item())
    assert objective.weights[0] > objective.weights[1]


def test_group_dro_on_summed_losses_is_the_published_one() -> None:
    objective = GroupRobust(2, step=0.1, per_token=False).train()
    objective(LOSSES, COUNTED, GROUPS)
    raw = [math.exp(0.1 * (4 + 6) / 2), math.exp(0.1 * 4)]
    assert objective.weights.tolist() == pytest.approx([w / sum(raw) for w in raw], rel=1e-12)


def test_unequal_lengths_mislead_group_dro_and_not_ctc_dro() -> None:
    """A group of long easy sequences and one of short hard ones, one shared weight between their targets.

    Judged by the loss per token of the group that is worse off. Group DRO on summed losses takes length for difficulty
    and serves the long group; CTC-DRO has equally many tokens of both and does not.
    """

    def worst(objective: GroupRobust, rows: tuple[int, int]) -> float:
        tokens, targets, slopes = (20, 2), (0.0, 1.0), (1.0, 2.0)
        where = nn.Parameter(torch.tensor(0.5))
        optimizer = torch.optim.SGD([where], lr=0.02)
        groups = torch.tensor([0] * rows[0] + [1] * rows[1])
        counted = torch.arange(20) < torch.tensor([tokens[g] for g in groups]).unsqueeze(1)
        objective.train()
        tail = []
        for _ in range(600):
            per_group = torch.stack(
                [slope * (where - target) ** 2 for slope, target in zip(slopes, targets, strict=True)]
            )
            losses = per_group[groups].unsqueeze(1).expand(-1, 20)
            optimizer.zero_grad()
            objective(losses, counted, groups).backward()
            optimizer.step()
            tail.append(float(per_group.detach().max()))
        return sum(tail[-100:]) / 100

    published = worst(GroupRobust(2, step=0.05, per_token=False), (4, 4))
    ours = worst(CtcRobust(2, step=0.05, smoothing=0.5, tokens=11.0), (1, 10))
    assert ours < 0.6 * published


def test_weights_follow_the_errors_people_see_where_they_are_asked_to() -> None:
    """Planted: group 0 has the higher loss and the fewer errors."""
    losses = torch.tensor([[4.0, 4.0], [1.0, 1.0]])
    counted, groups = torch.ones(2, 2, dtype=torch.bool), torch.tensor([0, 1])
    by_loss, by_errors = GroupRobust(2, 0.1).train(), GroupRobust(2, 1.0, by_errors=True).train()
    for _ in range(20):
        by_loss(losses, counted, groups)
        by_errors(losses, counted, groups)
    assert by_loss.weights[0] > 0.9
    assert by_errors.weights.tolist() == [0.5, 0.5], "losses do not move them"
    for _ in range(5):
        by_loss.observe([0.1, 0.5])
        by_errors.observe([0.1, 0.5])
    assert by_loss.weights[0] > 0.9
    assert by_errors.weights[1].item() == pytest.approx(1 / (1 + math.exp(-5 * 0.4)))


def test_a_small_group_counts_as_a_harder_one_by_the_adjustment() -> None:
    rows = (100, 4)
    adjusted = GroupRobust(2, 1.0, adjustment=[1 / n**0.5 for n in rows]).train()
    same = torch.ones(2, 2)
    loss = adjusted(same, torch.ones(2, 2, dtype=torch.bool), torch.tensor([0, 1]))
    assert adjusted.weights[1].item() == pytest.approx(1 / (1 + math.exp(-(0.5 - 0.1))))
    assert loss.item() == pytest.approx(1.0), "the adjustment moves the weights, not the loss"
    with pytest.raises(InputError, match="1 adjustments for 2 groups"):
        GroupRobust(2, 1.0, adjustment=[1.0])
