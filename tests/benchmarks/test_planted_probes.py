"""Planted faults beyond the words are found at their place, and an even model has none: a slice of the benchmark."""

from __future__ import annotations

import pytest

from benchmarks.planted_probes import WORLDS, judged, outcomes, places


@pytest.mark.parametrize("world", ["hears words but not turns", "loses attribution in one accent"])
def test_a_planted_model_is_found_at_its_place(world: str) -> None:
    model, _ = WORLDS[world]
    assert judged(world, places(outcomes(model, 1000))) in ("exact", "part")
