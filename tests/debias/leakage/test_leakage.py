"""Probes that do not learn voices, erasers that leave nothing, and a reversed gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.debias.leakage.leakage import probe
from speechfair.debias.training.adversary import Reversed, reverse
from speechfair.debias.training.leace import fit_eraser
from speechfair.debias.training.trainer import LAST, token_losses
from speechfair.errors import InputError


def states_of(shift: float, speakers: int = 12, seed: int = 0) -> tuple[np.ndarray, list[str], list[str]]:
    """Two groups whose means lie `shift` apart, speakers with voices of their own, six utterances each."""
    rng = np.random.default_rng(seed)
    rows, groups, names = [], [], []
    for number in range(2 * speakers):
        group = "xy"[number % 2]
        voice = rng.normal(0, 2.0, 8)
        for _ in range(6):
            rows.append(voice + rng.normal(0, 0.3, 8) + shift * (group == "x") * np.eye(8)[0])
            groups.append(group)
            names.append(f"s{number}")
    return np.stack(rows), groups, names


def test_a_probe_finds_what_is_there() -> None:
    found = probe(*states_of(20.0), seed=0, permutations=30)
    assert found.accuracy is not None
    assert found.chance_high is not None
    assert found.accuracy > 0.9 > found.chance_high
    assert found.p == pytest.approx(1 / 31)


def test_voices_are_not_taken_for_a_group() -> None:
    """Every utterance is easily told by its speaker, and nothing by its group."""
    found = probe(*states_of(0.0, seed=2), seed=0, permutations=30)
    assert found.p is not None
    assert found.p > 0.05
    assert found.chance == pytest.approx(0.5, abs=0.1)


def test_what_cannot_be_probed_says_why() -> None:
    states, groups, speakers = states_of(1.0)
    assert probe(states, ["x"] * len(groups), speakers, 0).reason == "one group only"
    one = ["y" if name == "s0" else "x" for name in speakers]
    assert probe(states, one, speakers, 0).reason == "a group has fewer than two speakers"
    with pytest.raises(InputError, match="in more than one group"):
        probe(states, ["y", *["x"] * (len(groups) - 1)], speakers, 0)
    with pytest.raises(InputError, match="do not match"):
        probe(states, groups[1:], speakers, 0)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(5, 9))
def test_after_erasing_all_group_means_are_the_same(seed: int, n_groups: int, width: int) -> None:
    """Then no linear probe, whatever its loss, does better than a constant (Belrose et al., theorem 3.1)."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(0, 1, (width, width))
    batches = [(rng.normal(g, 1, (30 + 5 * g, width)) @ mixing, g) for g in range(n_groups)]
    eraser = fit_eraser(batches, n_groups)
    means = np.stack([eraser(states).mean(axis=0) for states, _ in batches])
    assert np.abs(means - means[0]).max() < 1e-6 * (1 + np.abs(mixing).max())
    assert 1 <= eraser.rank <= n_groups - 1


def test_an_erased_probe_is_at_chance_where_it_was_fitted() -> None:
    states, groups, speakers = states_of(20.0, speakers=20)
    eraser = fit_eraser([(states[np.array(groups) == g], i) for i, g in enumerate("xy")], 2)
    found = probe(eraser(states), groups, speakers, seed=0, permutations=30)
    assert found.accuracy is not None
    assert found.chance_high is not None
    assert found.accuracy <= found.chance_high


def test_the_eraser_is_that_of_concept_erasure() -> None:
    theirs = pytest.importorskip("concept_erasure", reason="pip install concept-erasure")
    states, groups, _ = states_of(3.0)
    numbers = np.array(["xy".index(g) for g in groups])
    eraser = fit_eraser([(states[numbers == g], g) for g in (0, 1)], 2)
    expected = theirs.LeaceEraser.fit(torch.from_numpy(states), torch.from_numpy(numbers), shrinkage=False)
    assert np.abs(eraser(states) - expected(torch.from_numpy(states)).numpy()).max() < 1e-6


def test_a_group_without_states_cannot_be_erased() -> None:
    with pytest.raises(InputError, match="one group has none"):
        fit_eraser([(np.ones((3, 2)), 0)], 2)


def test_the_gradient_is_turned_round() -> None:
    values = torch.tensor([1.0, 2.0], requires_grad=True)
    assert reverse(values, 0.5).tolist() == [1.0, 2.0]
    (reverse(values, 0.5) * torch.tensor([3.0, 4.0])).sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [-1.5, -2.0]


def test_the_classifier_gets_better_while_the_encoder_is_pushed_away() -> None:
    objective = Reversed(2, strength=1.0, hidden=4, ramp=False).train()
    objective.build(3, seed=0, steps=1)
    states = torch.randn(8, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    groups = torch.tensor([0, 1] * 4)
    loss = objective.penalty(states, groups)
    loss.backward()
    assert states.grad is not None
    with torch.no_grad():
        step = 0.1
        for parameter in objective.parameters():
            assert parameter.grad is not None
            parameter -= step * parameter.grad
        assert objective.penalty(states, groups) < loss
        for parameter in objective.parameters():
            parameter += step * parameter.grad
        assert objective.penalty(states - step * states.grad, groups) > loss


def test_the_strength_grows_from_nothing() -> None:
    objective = Reversed(2, strength=0.5, hidden=4).train()
    objective.build(3, seed=0, steps=10)
    states = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    groups = torch.tensor([0, 1] * 4)
    full = Reversed(2, strength=0.5, hidden=4, ramp=False).train()
    full.build(3, seed=0, steps=10)

    def push(one: Reversed) -> torch.Tensor:
        pushed = states.clone().requires_grad_()
        one.penalty(pushed, groups).backward()
        assert pushed.grad is not None
        return pushed.grad

    whole = push(full)
    assert push(objective).abs().max() == 0, "the first step only trains the classifier"
    for share in (0.1, 0.2, 0.3):
        assert torch.allclose(push(objective), (2 / (1 + np.exp(-10 * share)) - 1) * whole, atol=1e-7)


def test_the_adversary_reads_the_layer_that_is_asked_for() -> None:
    import transformers as tf

    torch.manual_seed(0)
    config = tf.WhisperConfig(
        vocab_size=20, d_model=8, num_mel_bins=4, encoder_layers=2, decoder_layers=1, encoder_attention_heads=1,
        decoder_attention_heads=1, encoder_ffn_dim=8, decoder_ffn_dim=8, max_source_positions=50, pad_token_id=0,
        max_target_positions=10,
    )  # fmt: skip
    model = tf.WhisperForConditionalGeneration(config).eval()
    inputs = {
        "input_features": torch.randn(1, 4, 100), "decoder_input_ids": torch.tensor([[1, 2]]),
        "labels": torch.tensor([[2, 3]]), "lengths": torch.tensor([16_000]),
    }  # fmt: skip
    with torch.no_grad():
        first, last = (token_losses(model, inputs, layer)[2] for layer in (1, LAST))
        layers = model.get_encoder()(inputs["input_features"], output_hidden_states=True)
    assert token_losses(model, inputs, None)[2] is None
    assert first is not None
    assert last is not None
    assert torch.allclose(first, layers.hidden_states[1])
    assert torch.allclose(last, layers.last_hidden_state)
    assert not torch.allclose(first, last)


def test_an_adversary_needs_two_groups() -> None:
    with pytest.raises(InputError, match="two groups"):
        Reversed(1, 1.0, 4)
