"""Do the intervals hold on corpora that are not like ours: lopsided, heavy-tailed, almost free of errors, many groups?

Run by `benchmarks.simulate`, which also writes the tables (`worlds_page`). Where groups are many, fewer statistics are
tried.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.simulate_coverage import Array, inside
from benchmarks.simulated_rows import BLOCK, Rows, code_digest
from speechfair.metrics import (
    SpeakerSums,
    between_group_sd,
    max_min_gap,
    permute_gap,
    pooled_rate,
    rate_difference,
    rate_ratio,
    simultaneous_ratios,
    speaker_mean_rate,
    worst_best_ratio,
)
from speechfair.types import Estimate

RESULTS = Path(__file__).parent / "results" / "worlds.jsonl"
MODULES = (
    "disparity",
    "gap_limit",
    "independent_errors",
    "jackknife",
    "permutation",
    "rates",
    "simultaneous",
    "summary",
)
SEED, REPLICATES, LEVEL_DRAWS = 20_262, 400, 2_000
SIZES = (8, 20, 60)
MOST_COMPARED = 25
"""Groups up to which gaps are tried: their pairs take long."""


@dataclass(frozen=True)
class World:
    """Groups of speakers; the last is the reference.

    Parameters
    ----------
    rates : error rate of each group, errors per word.
    sizes : its speakers; 0 stands for the row's number.
    variation : coefficient of variation of the speakers' rates in each group, or of all.
    talk : standard deviation of the speakers' log talk time.
    words : mean words of a speaker.
    tail : lognormal speakers instead of gamma.
    slow : power of a speaker's rate by which the talk time falls: who errs more, talks less.
    """

    what: str
    rates: tuple[float, ...]
    sizes: tuple[int, ...]
    variation: float | tuple[float, ...] = 0.5
    talk: float = 0.5
    words: float = 250.0
    tail: bool = False
    slow: float = 0.0


_FOUR = ((0.18, 0.15, 0.15, 0.12), (0, 0, 60, 60))
WORLDS = {
    "usual": World("four groups", *_FOUR),
    "varied": World("four groups, CV 0.9", *_FOUR, variation=0.9),
    "lopsided": World("lopsided talk time (log-sd 1.5)", *_FOUR, talk=1.5),
    "slow": World("who errs more talks less", *_FOUR, variation=0.9, slow=0.5),
    "tail": World("log-normal speakers, CV 0.9", *_FOUR, variation=0.9, tail=True),
    "1 %": World("1 % errors", (0.012, 0.01, 0.01, 0.008), (0, 0, 60, 60), words=400),
    "over 100 %": World("over 100 % errors", (1.4, 1.2, 1.2, 1.1), (0, 0, 60, 60)),
    "ties": World("5 and 6 % of 60 words each", (0.06, 0.05), (0, 0), words=60),
    "none": World("four groups, no difference", (0.15,) * 4, (0, 0, 60, 60)),
    "none, small vary": World(
        "no difference, small groups vary more (0.9 to 0.5)",
        (0.15,) * 4,
        (0, 0, 40, 40),
        (0.9, 0.9, 0.5, 0.5),
    ),
    "none, small vary much": World(
        "no difference, small groups vary much more (1.2 to 0.3)",
        (0.15,) * 4,
        (0, 0, 60, 60),
        (1.2, 1.2, 0.3, 0.3),
    ),
    "none, large vary": World(
        "no difference, large groups vary more (0.5 to 0.9)",
        (0.15,) * 4,
        (0, 0, 40, 40),
        (0.5, 0.5, 0.9, 0.9),
    ),
    "25": World(
        "25 groups, half at 0.12, half at 0.18", tuple([0.18, 0.12] * 12 + [0.12]), (0,) * 24 + (60,)
    ),
    "50": World(
        "50 groups, half at 0.12, half at 0.18", tuple([0.18, 0.12] * 24 + [0.18, 0.12]), (0,) * 49 + (60,)
    ),
}


def draw(world: World, n_speakers: int, rng: np.random.Generator) -> list[SpeakerSums]:
    """The groups' sums in one simulated corpus."""
    groups = []
    for index, rate in enumerate(world.rates):
        count = world.sizes[index] or n_speakers
        variation = world.variation if isinstance(world.variation, float) else world.variation[index]
        if world.tail:
            spread = math.log1p(variation**2)
            talent: Array = np.exp(rng.normal(-spread / 2, math.sqrt(spread), count))
        else:
            talent = np.maximum(rng.gamma(variation**-2, variation**2, count), 1e-12)
        time_talked = np.exp(rng.normal(-(world.talk**2) / 2, world.talk, count))
        slowed = world.words * time_talked * np.minimum(talent**-world.slow, 10.0)
        words = np.maximum(4.0, np.round(slowed))
        errors = rng.poisson(rate * talent * words).astype(np.float64)
        names = tuple(f"{index}-{speaker}" for speaker in range(count))
        groups.append(SpeakerSums(names, errors, words, count))
    return groups


@lru_cache
def pooled_truth(name: str) -> float:
    """Pooled rate of a huge group / its nominal rate: less than 1 where those who err more talk less."""
    world = WORLDS[name]
    if not world.slow:
        return 1.0
    huge = World(
        "", world.rates[:1], (1_000_000,), world.variation, world.talk, world.words, world.tail, world.slow
    )
    rate = draw(huge, 0, np.random.default_rng(SEED))[0].rate
    assert rate
    return rate / world.rates[0]


def rate_cell(name: str, n_speakers: int, block: int = 0, draws: int = BLOCK) -> dict[str, float]:
    """In how many draws each interval of the first group was there (``: n``) and held the truth."""
    world, truth = WORLDS[name], pooled_truth(name)
    rng = np.random.default_rng([SEED, 1, list(WORLDS).index(name), n_speakers, block])
    first, last = world.rates[0], world.rates[-1]
    found: Counter[str] = Counter()
    for _ in range(draws):
        one, *_, other = draw(world, n_speakers, rng)
        _count(found, "rate", pooled_rate(one), first * truth)
        _count(found, "speaker mean", speaker_mean_rate(one), first)
        _count(found, "ratio", rate_ratio(one, other), first / last)
        _count(found, "difference", rate_difference(one, other), (first - last) * truth)
    return {key: float(count) for key, count in found.items()}


def group_cell(name: str, n_speakers: int, block: int = 0, draws: int = BLOCK) -> dict[str, float]:
    """The same of what rests on all groups, in corpora all of whose groups have an interval; and p-values below 5 %."""
    world = WORLDS[name]
    rng = np.random.default_rng([SEED, 2, list(WORLDS).index(name), n_speakers, block])
    rates = np.array(world.rates) * pooled_truth(name)
    found: Counter[str] = Counter()
    for _ in range(draws):
        groups = draw(world, n_speakers, rng)
        if any(pooled_rate(sums).low is None for sums in groups):
            continue
        together = simultaneous_ratios(groups[:-1], groups[-1], rng=rng, n_replicates=LEVEL_DRAWS)
        found["all ratios at once: n"] += 1
        found["all ratios at once"] += all(
            _holds(estimate, rate / rates[-1]) for estimate, rate in zip(together, rates, strict=False)
        )
        p_value = permute_gap(groups, rng=rng, n_permutations=1).p_value
        found["p: n"] += p_value is not None
        found["p"] += p_value is not None and p_value <= 0.05
        if len(groups) > MOST_COMPARED:
            continue
        _count(found, "gap", max_min_gap(groups, rng=rng, n_replicates=REPLICATES), float(np.ptp(rates)))
        worst = worst_best_ratio(groups, rng=rng, n_replicates=REPLICATES)
        _count(found, "worst/best", worst, float(rates.max() / rates.min()))
        spread = between_group_sd(groups, rng=rng, n_replicates=REPLICATES)
        _count(found, "between-group sd", spread, float(rates.std(ddof=1)))
    return {key: float(count) for key, count in found.items()}


def _holds(estimate: Estimate, truth: float) -> bool:
    if estimate.high is None:
        return estimate.low is None or estimate.low <= truth
    return inside(estimate, truth)


def _count(found: Counter[str], what: str, estimate: Estimate, truth: float) -> None:
    if estimate.low is not None:
        found[f"{what}: n"] += 1
        found[what] += _holds(estimate, truth)


def run(draws: int, *, compute: bool = True, until: float = math.inf) -> list[dict[str, Any]]:
    """All rows, as far as they are there at `until` (`time.monotonic`)."""
    digests = _digests()
    rows: list[dict[str, Any]] = []
    for make, name, n in cells():
        store = Rows(RESULTS, digests[make], compute=compute, until=until)
        total = store.total([make.__name__, name, n], draws, partial(make, name, n))
        rows.append({"cell": make.__name__, "world": name, "speakers": n, "sums": total.sums} | total.row())
    return [row for row in rows if row["draws"]]


def codes() -> set[str]:
    """Digests of what decides the figures: of the rows of one or two groups, and of those of all groups."""
    return set(_digests().values())


def _digests() -> dict[Callable[..., dict[str, float]], str]:
    shared = (draw, pooled_truth, WORLDS, SEED)
    names = ("independent_errors", "jackknife", "rates", "disparity")
    return {
        rate_cell: code_digest(rate_cell, *shared, metrics=names),
        group_cell: code_digest(group_cell, *shared, REPLICATES, LEVEL_DRAWS, metrics=MODULES),
    }


def cells() -> list[tuple[Callable[..., dict[str, float]], str, int]]:
    """The function, the world and the number of speakers of each row, those that take longest last."""
    found = []
    for make in (rate_cell, group_cell):
        for name in WORLDS:
            if make is group_cell or not name.startswith("none"):
                found += [(make, name, n) for n in ((20,) if name in ("25", "50") else SIZES)]
    return found
