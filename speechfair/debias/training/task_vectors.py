"""Arithmetic on what training changed: task vectors, their sums, and the merge that resolves their disagreements.

Ilharco et al., "Editing models with task arithmetic", ICLR 2023; Yadav et al., "TIES-merging: resolving interference
when merging models", NeurIPS 2023. torch is imported with this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["added", "own_weights", "summed", "task_vector", "ties"]

TaskVector = Mapping[str, "Tensor"]


def own_weights(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The floating-point weights, each once: a second name of the same numbers (tied weights) is left out."""
    seen: set[tuple[int, torch.Size]] = set()
    found = {}
    for name, value in weights.items():
        place = value.data_ptr(), value.shape
        if value.is_floating_point() and place not in seen:
            seen.add(place)
            found[name] = value
    return found


def task_vector(tuned: Mapping[str, Tensor], base: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``tuned - base``, weight by weight, for the names of `base`."""
    return {name: tuned[name].to(value.device) - value for name, value in base.items()}


def summed(vectors: Sequence[TaskVector], weights: Sequence[float]) -> dict[str, Tensor]:
    """``sum(weight * vector)``; a negative weight takes away what a model has learnt."""
    return {
        name: torch.stack([w * vector[name] for vector, w in zip(vectors, weights, strict=True)]).sum(dim=0)
        for name in vectors[0]
    }


def ties(vectors: Sequence[TaskVector], density: float) -> dict[str, Tensor]:
    """Trim, elect a sign, and average what agrees with it.

    Of each vector the share `density` with the greatest magnitudes is kept, over all weights together; each number's
    sign is that of the sum of what is left; the kept numbers of that sign are averaged.
    """
    trimmed = [_trimmed(vector, density) for vector in vectors]
    merged = {}
    for name in vectors[0]:
        values = torch.stack([vector[name] for vector in trimmed])
        elected = values.sum(dim=0).sign()
        agrees = (values.sign() == elected) & (values != 0)
        merged[name] = (values * agrees).sum(dim=0) / agrees.sum(dim=0).clamp(min=1)
    return merged


def _trimmed(vector: TaskVector, density: float) -> dict[str, Tensor]:
    """`vector` with all but the greatest magnitudes 0."""
    flat = torch.cat([value.flatten() for value in vector.values()])
    kept = torch.zeros_like(flat)
    places = flat.abs().topk(max(1, int(density * flat.numel()))).indices
    kept[places] = flat[places]
    parts = kept.split([value.numel() for value in vector.values()])
    return {name: part.view_as(vector[name]) for name, part in zip(vector, parts, strict=True)}


def added(base: Mapping[str, Tensor], vector: TaskVector, scale: float = 1.0) -> dict[str, Tensor]:
    """``base + scale * vector``; weights that `vector` does not have stay the base's."""
    return {name: value + scale * vector[name] if name in vector else value for name, value in base.items()}
