"""Task vectors against arithmetic by hand, and the TIES merge against PEFT's."""

from __future__ import annotations

import pytest
import torch
from peft.utils.merge_utils import ties as peft_ties

from speechfair.debias.training.task_vectors import added, own_weights, summed, task_vector, ties

BASE = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([[0.5]])}
TUNED = {"a": torch.tensor([1.5, 1.0]), "b": torch.tensor([[2.5]])}


def test_sums_by_hand() -> None:
    vector = task_vector(TUNED, BASE)
    assert {name: value.tolist() for name, value in vector.items()} == {"a": [0.5, -1.0], "b": [[2.0]]}
    twice = summed([vector, vector], [3.0, -1.0])
    assert added(BASE, twice, 0.5)["a"].tolist() == [1.5, 1.0]
    assert added(BASE, {"b": vector["b"]})["a"].tolist() == [1.0, 2.0], "what the vector lacks stays"


def test_ties_by_hand() -> None:
    one = {"a": torch.tensor([4.0, -1.0, 0.1]), "b": torch.tensor([3.0])}
    other = {"a": torch.tensor([-1.0, -3.0, 0.2]), "b": torch.tensor([5.0])}
    # half of each is kept: 4 and 3; -3 and 5. Both agree only on b
    merged = ties([one, other], 0.5)
    assert {name: value.tolist() for name, value in merged.items()} == {"a": [4.0, -3.0, 0.0], "b": [4.0]}
    # everything is kept: the first is positive by mass, the second negative
    merged = ties([one, other], 1.0)
    assert merged["a"].tolist() == pytest.approx([4.0, -2.0, 0.15])


@pytest.mark.parametrize("density", [0.1, 0.2, 0.7])
def test_ties_is_that_of_peft(density: float) -> None:
    generator = torch.Generator().manual_seed(0)
    vectors = [{"a": torch.randn(7, 9, generator=generator)} for _ in range(4)]
    expected = peft_ties([vector["a"] for vector in vectors], torch.ones(4), density)
    assert torch.allclose(ties(vectors, density)["a"], expected, atol=1e-6)


def test_tied_weights_count_once() -> None:
    shared = torch.ones(3)
    weights = {"embedding": shared, "output": shared, "count": torch.tensor(3), "bias": torch.zeros(3)}
    assert set(own_weights(weights)) == {"embedding", "bias"}
