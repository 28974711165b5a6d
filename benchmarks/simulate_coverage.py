"""Coverage of nominal 95 % intervals on simulated speakers: ours, and the usual bootstraps beside them.

Speakers' rates are gamma-distributed around the group's (coefficient of variation 0.5 or 0.9), talk time differs
between speakers (gamma, shape 2), utterance lengths too, and groups differ in size. A second table has log-normal
speakers, whose tail is heavier. `make simulate` runs it with the other simulations; see `simulated_rows` for how it
goes on after a stop.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from benchmarks.simulated_rows import BLOCK, Rows, code_digest
from speechfair.metrics import SpeakerSums, bootstrap_rates, pooled_rate, rate_difference, rate_ratio
from speechfair.metrics.jackknife import jackknife_pooled_rate
from speechfair.types import Estimate

Array = NDArray[np.float64]

SPEAKERS = (8, 12, 20, 35, 100, 200)
VARIATIONS = (0.5, 0.9)
SHAPES = ("gamma", "lognormal")
RATE, REFERENCE_RATE, REFERENCE_SPEAKERS = 0.18, 0.12, 35
LIMIT = 1.25
REPLICATES, ROW_REPLICATES = 999, 300
PEER_BLOCKS = 1
"""Blocks in which the usual bootstraps are tried too: they take ten times as long as all the rest."""
SEED = 20_240
TAILS = np.array([0.025, 0.975])
RESULTS = Path(__file__).parent / "results" / "coverage.jsonl"
MODULES = ("bootstrap", "disparity", "jackknife", "rates")


def draw(
    rng: np.random.Generator,
    n_speakers: int,
    rate: float,
    variation: float,
    prefix: str,
    shape: str = "gamma",
) -> tuple[SpeakerSums, Array]:
    """Sums of one simulated group, and its rows: errors and words, shape (n_utterances, 2)."""
    utterances = 1 + rng.poisson(rng.gamma(2.0, 10.0, n_speakers))
    speaker = np.repeat(np.arange(n_speakers), utterances)
    words = rng.integers(4, 20, len(speaker))
    if shape == "gamma":
        talent = rng.gamma(variation**-2, variation**2, n_speakers)
    else:
        spread = np.log1p(variation**2)
        talent = np.exp(rng.normal(-spread / 2, np.sqrt(spread), n_speakers))
    errors = rng.poisson(words * rate * talent[speaker])
    sums = [np.bincount(speaker, counts, n_speakers).astype(np.float64) for counts in (errors, words)]
    names = tuple(f"{prefix}{index}" for index in range(n_speakers))
    return SpeakerSums(names, sums[0], sums[1], len(speaker)), np.column_stack([errors, words]).astype(float)


def bca(replicates: Array, value: float, influence: Array) -> Array:
    """Bias-corrected and accelerated limits (Efron, JASA 82, 1987), from the delete-one influences."""
    acceleration = (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
    below = np.clip((replicates < value).mean(), 1e-3, 1 - 1e-3)
    shift = ndtri(below) + ndtri(TAILS)
    tails = ndtr(ndtri(below) + shift / (1 - acceleration * shift))
    return np.asarray(np.quantile(replicates, tails), dtype=np.float64)


def plain_t(sums: SpeakerSums) -> tuple[float, float]:
    """The jackknife interval of the log rate with as many degrees of freedom as speakers, less one."""
    jackknife = jackknife_pooled_rate(sums.errors, sums.words)
    if jackknife is None:
        return -np.inf, np.inf
    return replace(jackknife, degrees_of_freedom=sums.n_speakers - 1).limits(0.95)


def left_out(sums: SpeakerSums) -> Array:
    """The pooled rate without each speaker."""
    left: Array = (sums.errors.sum() - sums.errors) / (sums.words.sum() - sums.words)
    return left


def row_rates(rng: np.random.Generator, rows: Array) -> Array:
    """Pooled rates when utterances are drawn as if they were independent."""
    chosen = rng.integers(len(rows), size=(ROW_REPLICATES, len(rows)), dtype=np.uint16)
    errors, words = rows.T.astype(np.float32)
    return np.asarray(errors[chosen].sum(axis=1) / words[chosen].sum(axis=1), dtype=np.float64)


def one_and_two_groups(
    rng: np.random.Generator,
    n_speakers: int,
    variation: float,
    held: Counter[str],
    shape: str,
    bootstraps: bool,
) -> None:
    """Rate, ratio and difference of one simulated corpus, and the verdict that a limit of 1.25 would give."""
    group, rows = draw(rng, n_speakers, RATE, variation, "g", shape)
    reference, reference_rows = draw(rng, REFERENCE_SPEAKERS, REFERENCE_RATE, variation, "r", shape)
    equal, _ = draw(rng, n_speakers, REFERENCE_RATE, variation, "e", shape)
    truths = {"rate": RATE, "ratio": RATE / REFERENCE_RATE, "difference": RATE - REFERENCE_RATE}
    ours = {
        "rate": pooled_rate(group),
        "ratio": rate_ratio(group, reference),
        "difference": rate_difference(group, reference),
    }
    for name, estimate in ours.items():
        held[name] += inside(estimate, truths[name])
    held["rate: n - 1"] += between(plain_t(group), RATE)
    held["false fail"] += limits(rate_ratio(equal, reference))[0] > LIMIT
    held["false pass"] += limits(ours["ratio"])[1] <= LIMIT
    if not bootstraps:
        return
    held["bootstraps: n"] += 1
    drawn = [bootstrap_rates([sums], REPLICATES, rng, rescaled=False)[:, 0] for sums in (group, reference)]
    by_row = [row_rates(rng, table) for table in (rows, reference_rows)]
    points = np.array([group.rate, reference.rate], dtype=np.float64)
    influences = _influences(group, reference)
    for name in truths:
        speakers, utterances = _statistic(name, *drawn), _statistic(name, *by_row)
        held[f"{name}: BCa"] += between(
            bca(speakers, float(_statistic(name, *points)), influences[name]), truths[name]
        )
        held[f"{name}: percentile"] += between(np.quantile(speakers, TAILS), truths[name])
        held[f"{name}: rows"] += between(np.quantile(utterances, TAILS), truths[name])


def _statistic(name: str, ours: Any, theirs: Any) -> Any:
    return {"rate": ours, "ratio": ours / theirs, "difference": ours - theirs}[name]


def _influences(group: SpeakerSums, reference: SpeakerSums) -> dict[str, Array]:
    ours, theirs = left_out(group), left_out(reference)
    own = ours.mean() - ours
    log = np.concatenate([np.log(ours).mean() - np.log(ours), np.log(theirs) - np.log(theirs).mean()])
    return {"rate": own, "ratio": log, "difference": np.concatenate([own, theirs - theirs.mean()])}


def cell(
    n_speakers: int, variation: float, shape: str, block: int = 0, draws: int = BLOCK
) -> dict[str, float]:
    """In how many draws each interval held the truth (or, for verdicts, in how many the verdict was false)."""
    rng = np.random.default_rng([SEED, n_speakers, round(100 * variation), SHAPES.index(shape), block])
    held: Counter[str] = Counter()
    for _ in range(draws):
        one_and_two_groups(rng, n_speakers, variation, held, shape, shape == "gamma" and block < PEER_BLOCKS)
    return dict(held)


def limits(estimate: Estimate) -> tuple[float, float]:
    """The interval; one that is not given reaches from -inf to inf."""
    if estimate.low is None or estimate.high is None:
        return -np.inf, np.inf
    return estimate.low, estimate.high


def inside(estimate: Estimate, truth: float) -> bool:
    """Whether the interval holds the truth; an interval that is not given holds nothing."""
    return estimate.low is not None and between(limits(estimate), truth)


def between(ends: Array | tuple[float, float], truth: float) -> bool:
    return bool(ends[0] - 1e-12 <= truth <= ends[1] + 1e-12)


def codes() -> set[str]:
    """Digest of what decides the figures; other seeds give other figures that are as good."""
    functions = (draw, bca, plain_t, left_out, row_rates, one_and_two_groups, _statistic, _influences)
    constants = (RATE, REFERENCE_RATE, REFERENCE_SPEAKERS, LIMIT, REPLICATES, ROW_REPLICATES)
    return {code_digest(*functions, limits, inside, between, *constants, metrics=MODULES)}


def run(
    draws: int, speakers: Sequence[int] = SPEAKERS, *, compute: bool = True, until: float = math.inf
) -> list[dict[str, Any]]:
    """All rows, from the file where they are there, else computed and appended to it."""
    store = Rows(RESULTS, *codes(), compute=compute, until=until)
    rows = []
    for shape, variation, n in product(SHAPES, VARIATIONS, speakers):
        total = store.total([shape, variation, n], draws, partial(cell, n, variation, shape))
        rows.append({"shape": shape, "variation": variation, "speakers": n} | total.row())
    return rows
