"""The page on scale has the costs that the committed record gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.cost_model import Assumed, cost, measured, table

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "scale.md"


def test_the_page_has_the_table_of_the_record() -> None:
    assert table(measured(), Assumed()) in PAGE.read_text("utf-8")


def test_costs_grow_with_the_audio_and_longer_utterances_fill_fewer_parts() -> None:
    constants, assumed = measured(), Assumed()
    small, large = cost(100, constants, assumed), cost(10_000, constants, assumed)
    assert large.utterances == 100 * small.utterances
    assert large.gpu_euros == pytest.approx(100 * small.gpu_euros, rel=1e-6)
    assert cost(100, constants, Assumed(utterance_s=60.0)).parts == 6_000 // 16
