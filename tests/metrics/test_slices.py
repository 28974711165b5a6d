"""A planted slice is found on held-out speakers; noise is not called a slice."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from speechfair.errors import InputError, MissingExtraError
from speechfair.metrics.disparity import rate_ratio
from speechfair.metrics.rates import SpeakerSums
from speechfair.metrics.slices import Method, SliceSearch, find_slices

DRAWS = 80
SETS = {"rate": [0], "noise": [1], "voice": [2, 3, 4, 5, 6, 7]}


def search(
    seed: int,
    n: int,
    *,
    factor: float = 1.0,
    variation: float = 0.7,
    method: Method = "kmeans",
    most: int = 3,
) -> tuple[SliceSearch, np.ndarray, SpeakerSums]:
    """Speakers of whom three in ten are far off in feature 0 and have `factor` times the error rate."""
    rng = np.random.default_rng([n, seed])
    features = rng.normal(size=(n, 8))
    inside = rng.random(n) < 0.3
    features[inside, 0] += 4
    words = np.maximum(20, np.round(rng.gamma(2, 100, n)))
    talent = rng.gamma(variation**-2, variation**2, n)
    errors = rng.poisson(words * 0.2 * talent * np.where(inside, factor, 1.0)).astype(float)
    sums = SpeakerSums(tuple(f"s{i:03}" for i in range(n)), errors, words, 5 * n)
    counts = np.full(n, 5)
    found = find_slices(
        features, SETS, sums, counts, rng=rng, method=method, most_clusters=3, most_slices=most
    )
    return found, inside, sums


@pytest.mark.parametrize("method", ["kmeans", "gmm"])
def test_a_planted_slice_is_found(method: Method) -> None:
    found, inside, sums = search(1, 120, factor=3.0, variation=0.4, method=method)
    best = found.slices[0]
    assert best.found
    assert best.features == "rate"
    chosen = np.isin(np.arange(120), best.members)
    assert (chosen & inside).sum() / (chosen | inside).sum() > 0.8
    assert best.ratio.low is not None
    assert best.ratio.high is not None
    assert best.ratio.low < 3 < best.ratio.high
    assert best.p_adjusted is not None
    assert best.p_value is not None
    assert best.p_value <= best.p_adjusted < 0.001
    assert (found.n_chosen_on, found.n_tested_on) == (60, 60)
    assert best.n_chosen_on + best.n_tested_on == len(best.members)
    # The figures are those of speakers who had no part in the choice.
    assert best.ratio.n_speakers == 60
    assert best.ratio.n_utterances == 300
    assert best.ratio.value != rate_ratio(part(sums, chosen), part(sums, ~chosen)).value


def part(sums: SpeakerSums, chosen: np.ndarray) -> SpeakerSums:
    names = tuple(name for name, inside in zip(sums.speakers, chosen, strict=True) if inside)
    return SpeakerSums(names, sums.errors[chosen], sums.words[chosen], len(names))


def test_noise_is_seldom_called_a_slice_although_it_looks_like_one() -> None:
    searches = [search(seed, 60)[0] for seed in range(DRAWS)]
    share = np.mean([any(one.found for one in done.slices) for done in searches])
    # 5 % nominal, and three binomial standard errors.
    assert share <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / DRAWS)
    # On the half they were chosen on the worst clusters look bad, which is why that half must not be quoted.
    worst = [max(one.ratio_where_chosen for one in done.slices) for done in searches if done.slices]
    tested = [one.ratio.value for done in searches for one in done.slices if one.ratio.value]
    assert np.median(worst) > 1.3
    assert np.median(tested) == pytest.approx(1.0, abs=0.15)


def test_a_larger_slice_of_noise_costs_evidence() -> None:
    found, _, _ = search(3, 120, factor=1.5, most=3)
    tested = [one for one in found.slices if one.p_value is not None]
    assert len(tested) > 1
    assert min(one.p_adjusted or 0.0 for one in tested) >= min(one.p_value or 0.0 for one in tested)
    members = [set(one.members) for one in found.slices]
    for i, one in enumerate(members):
        for other in members[:i]:
            assert len(one & other) / len(one | other) < 0.5, "two slices are nearly the same speakers"


def test_the_same_seed_finds_the_same() -> None:
    assert search(4, 60)[0] == search(4, 60)[0]


def test_a_cluster_with_few_held_out_speakers_is_not_tested() -> None:
    rng = np.random.default_rng(5)
    n = 24
    features = np.zeros((n, 1))
    features[:8, 0] = 5 + rng.normal(size=8)
    features[8:, 0] = rng.normal(size=16)
    words = np.full(n, 100.0)
    errors = np.where(np.arange(n) < 8, 60.0, 20.0) + rng.integers(0, 5, n)
    sums = SpeakerSums(tuple(f"s{i}" for i in range(n)), errors, words, n)
    for seed in range(40):
        found = find_slices(features, {"one": [0]}, sums, np.ones(n, int), rng=np.random.default_rng(seed))
        for one in found.slices:
            if one.n_tested_on < 5:
                assert one.p_value is None
                assert not one.found
                assert "fewer than 5 speakers" in str(one.reason)
                return
    pytest.fail("no split left fewer than five held-out speakers; the test shows nothing")


def test_features_that_are_all_alike_give_no_cluster() -> None:
    sums = SpeakerSums(tuple(f"s{i}" for i in range(20)), np.arange(20.0), np.full(20, 50.0), 20)
    found = find_slices(np.ones((20, 1)), {"one": [0]}, sums, np.ones(20, int), rng=np.random.default_rng(1))
    assert (found.slices, found.n_clusters_tried) == ((), 0)


def test_bad_input_is_named() -> None:
    sums = SpeakerSums(tuple(f"s{i}" for i in range(20)), np.arange(20.0), np.full(20, 50.0), 20)
    ones, table = np.ones(20, int), np.random.default_rng(1).normal(size=(20, 2))
    rng = np.random.default_rng(1)
    few = SpeakerSums(("a",), np.ones(1), np.ones(1), 1)
    with pytest.raises(InputError, match="needs at least 20"):
        find_slices(table[:1], {"one": [0]}, few, ones[:1], rng=rng)
    with pytest.raises(InputError, match="one row for each of 20 speakers"):
        find_slices(table[:5], {"one": [0]}, sums, ones, rng=rng)
    with pytest.raises(InputError, match="one count for each of 20"):
        find_slices(table, {"one": [0]}, sums, ones[:3], rng=rng)
    with pytest.raises(InputError, match=r"feature set 'two' has the columns \[2\]"):
        find_slices(table, {"two": [2]}, sums, ones, rng=rng)
    with pytest.raises(InputError, match="nothing to cluster by"):
        find_slices(table, {}, sums, ones, rng=rng)
    with pytest.raises(InputError, match="write kmeans or gmm"):
        find_slices(table, {"one": [0]}, sums, ones, rng=rng, method="dbscan")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="most_clusters is 1"):
        find_slices(table, {"one": [0]}, sums, ones, rng=rng, most_clusters=1)
    with pytest.raises(InputError, match="most_slices is 0"):
        find_slices(table, {"one": [0]}, sums, ones, rng=rng, most_slices=0)
    table[3, 1] = np.nan
    with pytest.raises(InputError, match="feature 1 of speaker 's3' is not a finite number"):
        find_slices(table, {"one": [0]}, sums, ones, rng=rng)


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    with pytest.raises(MissingExtraError, match=r"speechfair\[discover\]"):
        search(1, 40)
