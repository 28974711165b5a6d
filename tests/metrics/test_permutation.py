from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from speechfair.metrics.disparity import difference_p_value
from speechfair.metrics.permutation import permute_gap
from speechfair.metrics.rates import SpeakerSums


def sums(rate: float, prefix: str, n_speakers: int = 20, variation: float = 0.5) -> SpeakerSums:
    rng = np.random.default_rng([n_speakers, ord(prefix)])
    words = rng.integers(100, 400, n_speakers).astype(float)
    errors = rng.poisson(words * rate * rng.gamma(1 / variation**2, variation**2, n_speakers)).astype(float)
    return SpeakerSums(tuple(f"{prefix}{i}" for i in range(n_speakers)), errors, words, n_speakers)


def test_permutation_enumerated_by_hand() -> None:
    errors, words = np.array([1.0, 2, 4, 9]), np.array([10.0, 10, 10, 10])
    groups = [
        SpeakerSums(("a", "b"), errors[:2], words[:2], 2),
        SpeakerSums(("c", "d"), errors[2:], words[2:], 2),
    ]
    gaps = [abs(sum(errors[list(p[:2])]) - sum(errors[list(p[2:])])) / 20 for p in permutations(range(4))]
    result = permute_gap(groups, rng=np.random.default_rng(3), n_permutations=20_000)
    assert result.gap == pytest.approx(0.5)
    assert result.expected == pytest.approx(np.mean(gaps), abs=4 * np.std(gaps) / np.sqrt(20_000))
    assert result.null == "whole speakers dealt to groups of the same sizes"
    assert result.p_value is None
    assert "fewer than 5 speakers" in str(result.p_reason)


def test_a_gap_is_found_and_its_p_value_is_bonferronis() -> None:
    groups = [sums(0.1, "a"), sums(0.4, "b"), sums(0.2, "c")]
    result = permute_gap(groups, rng=np.random.default_rng(4), n_permutations=999)
    assert result.gap is not None
    assert result.expected is not None
    assert result.expected < result.gap / 2
    least = difference_p_value(groups[0], groups[1])
    assert isinstance(least, float)
    assert result.p_value == pytest.approx(3 * least)
    alike = permute_gap([sums(0.1, "a"), sums(0.1, "b")], rng=np.random.default_rng(4), n_permutations=99)
    assert alike.p_value is not None
    assert alike.p_value > 0.05


def test_labels_of_a_crossed_design_are_permuted_within_speakers() -> None:
    names, words = tuple("abc"), np.full(3, 10.0)
    one, other = np.array([1.0, 2, 3]), np.array([3.0, 2, 7])
    groups = [SpeakerSums(names, one, words, 3), SpeakerSums(names, other, words, 3)]
    gaps = [
        abs(sum(s * d for s, d in zip(p, other - one, strict=True))) / 30 for p in product((1, -1), repeat=3)
    ]
    result = permute_gap(groups, rng=np.random.default_rng(5), n_permutations=20_000)
    assert result.expected == pytest.approx(np.mean(gaps), abs=4 * np.std(gaps) / np.sqrt(20_000))
    assert result.null == "labels permuted within each speaker, since all speakers are in several groups"


def test_one_speaker_of_two_groups_hardly_moves_what_chance_makes() -> None:
    groups = [sums(0.1, "a", 100), sums(0.15, "b", 100)]
    both = SpeakerSums(
        (*groups[1].speakers[:-1], groups[0].speakers[0]), groups[1].errors, groups[1].words, 100
    )
    found = [
        permute_gap(pair, rng=np.random.default_rng(6), n_permutations=4_000)
        for pair in (groups, [groups[0], both])
    ]
    assert "within the 1 speaker of several groups" in str(found[1].null)
    assert found[1].expected == pytest.approx(found[0].expected, rel=0.1)
    for result in found:
        assert result.p_value is not None
        assert result.p_value < 1e-4


def test_utterances_without_a_speaker_are_refused() -> None:
    one = sums(0.1, "a")
    unknown = SpeakerSums(one.speakers, one.errors, one.words, 21, 1, 0.0, 5.0)
    refused = permute_gap([unknown, sums(0.1, "b")], rng=np.random.default_rng(5))
    assert (refused.gap, refused.expected, refused.p_value) == (None, None, None)
    assert "without a speaker id" in str(refused.reason)


@pytest.mark.parametrize(
    ("sizes", "variations"),
    [
        ((10, 10, 40, 40), (0.9, 0.9, 0.5, 0.5)),
        ((8, 8, 60, 60), (1.2, 1.2, 0.3, 0.3)),
        ((8, 8, 60, 60), (0.3, 0.3, 1.2, 1.2)),
    ],
)
def test_the_p_value_keeps_its_size_where_small_groups_vary_otherwise(
    sizes: tuple[int, ...], variations: tuple[float, ...]
) -> None:
    rng = np.random.default_rng([*sizes, *(int(10 * v) for v in variations)])
    found = 0
    for _ in range(300):
        groups = []
        for g, (n, v) in enumerate(zip(sizes, variations, strict=True)):
            words = rng.integers(100, 400, n).astype(float)
            errors = rng.poisson(0.15 * words * rng.gamma(1 / v**2, v**2, n)).astype(float)
            groups.append(SpeakerSums(tuple(f"{g}-{i}" for i in range(n)), errors, words, n))
        p_value = permute_gap(groups, rng=rng, n_permutations=1).p_value
        assert p_value is not None
        found += p_value <= 0.05
    assert found <= 26, "5 % and three standard errors; the permutation's own p-value: 22 % and 47 %"
