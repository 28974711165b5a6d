"""Small cells are drawn to the mean, are nearer to the truth for it, and are left out where nothing can be said."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.errors import InputError
from speechfair.metrics import SpeakerSums, shrunken_rates

RATE = 0.15


def cell(name: str, errors: list[float], words: list[float] | None = None) -> SpeakerSums:
    said = np.array(words or [100.0] * len(errors))
    return SpeakerSums(
        tuple(f"{name}-{i}" for i in range(len(errors))), np.array(errors, float), said, len(errors)
    )


def draw(
    rng: np.random.Generator, between_sd: float, cells: int = 12
) -> tuple[dict[str, SpeakerSums], dict[str, float]]:
    """Cells of 3 to 24 speakers with log-normal true rates; speakers' own factors have variation 0.5."""
    sums, truth = {}, {}
    for index in range(cells):
        name, speakers = f"c{index}", int(rng.integers(3, 25))
        truth[name] = RATE * math.exp(rng.normal(0, between_sd))
        words = rng.integers(100, 160, speakers)
        errors = rng.poisson(words * truth[name] * rng.gamma(4.0, 0.25, speakers))
        sums[name] = cell(name, errors.tolist(), words.tolist())
    return sums, truth


@pytest.fixture
def five() -> dict[str, SpeakerSums]:
    return {
        "a": cell("a", [10, 14, 9, 12, 11, 13, 8, 12]),
        "b": cell("b", [22, 18, 25, 19, 24, 20, 21, 17]),
        "c": cell("c", [15, 11, 13, 16, 12, 14]),
        "d": cell("d", [10, 15, 12, 17]),
        "tiny": cell("tiny", [60, 20, 31]),
    }


@pytest.mark.parametrize("between_sd", [0.1, 0.3])
def test_shrunken_rates_are_nearer_to_the_truth_and_their_intervals_cover(between_sd: float) -> None:
    rng = np.random.default_rng([3, round(10 * between_sd)])
    raw, shrunken, held = [], [], []
    for _ in range(60):
        sums, truth = draw(rng, between_sd)
        found = shrunken_rates(sums)
        assert found.mean_rate is not None
        for name, one in found.cells.items():
            assert one.rate is not None
            assert one.ratio.value is not None
            assert one.ratio.low is not None
            assert one.ratio.high is not None
            raw.append(math.log(one.rate / truth[name]))
            shrunken.append(math.log(one.ratio.value * found.mean_rate / truth[name]))
            held.append(one.ratio.low <= truth[name] / found.mean_rate <= one.ratio.high)
    assert np.std(shrunken) < 0.9 * np.std(raw)
    assert np.mean(held) >= 0.93


def test_the_gap_of_equal_cells_is_mostly_gone() -> None:
    rng = np.random.default_rng(4)
    gaps = np.zeros((40, 2))
    for draw_number in range(len(gaps)):
        found = shrunken_rates(draw(rng, 0.0)[0])
        rates = [one.rate for one in found.cells.values() if one.rate is not None]
        gaps[draw_number] = np.ptp(rates), found.gap.value
        assert found.gap.low is None
        assert found.gap.reason
    assert gaps[:, 1].mean() < 0.4 * gaps[:, 0].mean()


def test_the_cell_of_three_speakers_is_drawn_most(five: dict[str, SpeakerSums]) -> None:
    found = shrunken_rates(five)
    weights = {name: one.weight for name, one in found.cells.items()}
    assert min(weights, key=lambda name: weights[name] or 0) == "tiny"
    tiny = found.cells["tiny"]
    assert found.mean_rate is not None
    assert tiny.rate is not None
    assert tiny.ratio.value is not None
    assert found.mean_rate < tiny.ratio.value * found.mean_rate < tiny.rate
    assert found.cells["b"].ratio.n_speakers == 8


@settings(deadline=None)
@given(st.permutations(["a", "b", "c", "d", "tiny"]), st.integers(2, 9))
def test_neither_the_order_nor_the_unit_of_length_matters(order: list[str], factor: int) -> None:
    rng = np.random.default_rng(1)
    sums = {
        name: cell(name, rng.integers(5, 30, 5 + i).tolist())
        for i, name in enumerate(["a", "b", "c", "d", "tiny"])
    }
    plain = shrunken_rates(sums)
    moved = shrunken_rates(
        {name: cell(name, sums[name].errors.tolist(), (factor * sums[name].words).tolist()) for name in order}
    )
    for name, one in plain.cells.items():
        again = moved.cells[name].ratio
        assert (again.value, again.low, again.high) == pytest.approx(
            (one.ratio.value, one.ratio.low, one.ratio.high), rel=1e-4
        )


def test_cells_that_tell_nothing_are_left_out_with_the_reason(five: dict[str, SpeakerSums]) -> None:
    five["two"] = cell("two", [3, 4])
    five["silent"] = cell("silent", [0, 0, 0, 0])
    five["lone"] = cell("lone", [9, 0, 0, 0])
    five["nobody"] = SpeakerSums((), np.array([]), np.array([]), 5, 5, 3.0, 50.0)
    found = shrunken_rates(five)
    reasons = {name: one.ratio.reason for name, one in found.cells.items() if one.ratio.value is None}
    assert reasons == {
        "two": "fewer than 3 speakers (2)",
        "silent": "no errors: the log rate is not defined",
        "lone": "all errors are one speaker's: the log rate has no variance",
        "nobody": "5 of 5 utterances have no speaker id",
    }
    assert found.n_left_out == 4
    assert found.cells["two"].rate == pytest.approx(0.035), "the raw rate stays"
    assert found.cells["two"].weight is None
    kept = {name: one for name, one in found.cells.items() if name not in reasons}
    assert kept == shrunken_rates({name: sums for name, sums in five.items() if name not in reasons}).cells


def test_few_cells_are_not_pooled(five: dict[str, SpeakerSums]) -> None:
    found = shrunken_rates({name: five[name] for name in "abc"})
    assert found.reason == "3 cells with 3 or more speakers and errors; pooling needs 4"
    assert (found.mean_rate, found.between_sd, found.gap.value) == (None, None, None)
    assert all(one.ratio.reason == found.reason for one in found.cells.values())


def test_a_speaker_in_two_cells_is_an_error(five: dict[str, SpeakerSums]) -> None:
    five["again"] = five["a"]
    with pytest.raises(InputError, match="speaker 'a-0' is in the cells 'a' and 'again'"):
        shrunken_rates(five)


@pytest.mark.parametrize(
    ("options", "message"), [({"min_speakers": 1}, "at least 2"), ({"level": 1.0}, "level is 1")]
)
def test_bad_settings_are_errors(
    five: dict[str, SpeakerSums], options: dict[str, float], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        shrunken_rates(five, **options)  # type: ignore[arg-type]
