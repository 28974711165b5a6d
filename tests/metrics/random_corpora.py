"""Corpora from corner to corner, as sums per speaker and as rows: what every statistic must stand.

1 to 50 groups of 1 to 12 speakers, 1 to a million words each, one speaker with nearly all of them, no errors at all,
errors of one speaker, ties, more errors than words, speakers of several groups, utterances without a speaker.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from speechfair.metrics import SpeakerSums
from speechfair.metrics.pairing import Pair

EXAMPLES = int(os.environ.get("SPEECHFAIR_EXAMPLES", "6"))
"""Corpora for each statistic; `make laws` before a release."""

LEVELS = (0.5, 0.9, 0.95, 0.99, 1 - 1e-4, 1 - 1e-6)
KINDS = ("none", "one", "two", "rare", "usual", "many", "wild", "tied")
TALKS = ("equal", "one word", "any", "usual", "lopsided")
CHANGES = ("same", "fewer", "more", "none", "wild")

every_corpus = settings(
    deadline=None,
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def made(name: str, seed: int, kind: str, talk: str, n_speakers: int) -> SpeakerSums:
    """Sums of one group whose speakers are called `name` and a number."""
    rng = np.random.default_rng([seed, n_speakers])
    words = {
        "equal": np.full(n_speakers, 200.0),
        "one word": np.ones(n_speakers),
        "any": np.round(10 ** rng.uniform(0, 6, n_speakers)),
        "usual": rng.integers(50, 400, n_speakers).astype(float),
        "lopsided": np.where(np.arange(n_speakers) == 0, 1e6, rng.integers(1, 50, n_speakers)),
    }[talk]
    rate = {
        "none": np.zeros(n_speakers),
        "one": np.where(np.arange(n_speakers) == n_speakers - 1, 0.3, 0.0),
        "two": np.where(np.arange(n_speakers) < 2, 0.3, 0.0),
        "rare": np.full(n_speakers, 0.003),
        "usual": 0.15 * rng.gamma(2, 0.5, n_speakers),
        "many": 3 * rng.gamma(2, 0.5, n_speakers),
        "wild": 10 ** rng.uniform(-6, 2, n_speakers),
        "tied": np.full(n_speakers, 0.1),
    }[kind]
    fixed = kind in ("one", "two", "tied")
    errors = np.ceil(words * rate) if fixed else rng.poisson(words * rate).astype(float)
    return SpeakerSums(tuple(f"{name}{i}" for i in range(n_speakers)), errors, words, n_speakers)


def changed(sums: SpeakerSums, seed: int, how: str) -> Pair:
    """The group's sums, and those of another model on the same words."""
    rng = np.random.default_rng(seed)
    after = {
        "same": sums.errors,
        "fewer": np.floor(sums.errors * rng.uniform(0, 1, sums.n_speakers)),
        "more": sums.errors + rng.poisson(3, sums.n_speakers),
        "none": np.zeros(sums.n_speakers),
        "wild": np.round(10 ** rng.uniform(0, 6, sums.n_speakers)),
    }[how]
    return Pair(sums, replace(sums, errors=after))


@dataclass(frozen=True)
class Corpus:
    """Groups of speakers, and how a second model changes their errors.

    Parameters
    ----------
    groups : at least two groups' sums; the first two may have the same speakers.
    seed, changes : of `changed`, for the first two groups.
    levels : two levels, the lower one first.
    texts : number of texts that all speakers read in `rows`.
    """

    groups: list[SpeakerSums]
    seed: int
    changes: tuple[str, str]
    levels: tuple[float, float]
    texts: int

    @property
    def two(self) -> tuple[SpeakerSums, SpeakerSums]:
        """The first two groups."""
        return self.groups[0], self.groups[1]

    @property
    def apart(self) -> bool:
        """Whether the first two groups have no speaker in common."""
        return set(self.groups[0].speakers).isdisjoint(self.groups[1].speakers)

    @property
    def pairs(self) -> dict[str, Pair]:
        """The first two groups under two models."""
        return {
            str(i): changed(sums, self.seed + i, how)
            for i, (sums, how) in enumerate(zip(self.two, self.changes, strict=True))
        }

    @property
    def cells(self) -> dict[str, SpeakerSums]:
        """The groups by name, without those that share speakers."""
        return {str(i): sums for i, sums in enumerate(self.groups) if i or self.apart}

    @property
    def rng(self) -> np.random.Generator:
        """The same source of randomness at every use."""
        return np.random.default_rng(1)

    def rows(self, index: int) -> pl.DataFrame:
        """Utterances of one group: each speaker reads up to `texts` texts, with errors spread over them."""
        sums, rng = self.groups[index], np.random.default_rng([self.seed, index])
        parts = []
        for name, errors, words in zip(sums.speakers, sums.errors, sums.words, strict=True):
            count = int(min(words, self.texts))
            wrong = rng.multinomial(int(errors), np.full(count, 1 / count))
            long = np.full(count, int(words) // count)
            long[: int(words) % count] += 1
            parts.append(
                pl.DataFrame(
                    {
                        "speaker": [name] * count,
                        "reference": [f"t{i}" for i in range(count)],
                        "confidence": rng.uniform(0, 1, count),
                        "substitutions": wrong.astype(np.int64),
                        "reference_length": long.astype(np.int64),
                    }
                )
            )
        return pl.concat(parts).with_columns(
            pl.lit(0).alias("deletions"), pl.lit(0).alias("insertions"), pl.lit(f"g{index}").alias("group")
        )


sides = st.tuples(st.integers(0, 10**6), st.sampled_from(KINDS), st.sampled_from(TALKS), st.integers(1, 12))


def _corpus(
    drawn: list[tuple[int, str, str, int]],
    shared: bool,
    lost: bool,
    rest: tuple[int, str, str, int, int, int],
) -> Corpus:
    groups = [made(f"{0 if shared and i < 2 else i}-", *side) for i, side in enumerate(drawn)]
    if lost:
        groups[0] = replace(groups[0], n_utterances=groups[0].n_utterances + 1, n_without_speaker=1,
                            errors_without_speaker=2.0, words_without_speaker=9.0)  # fmt: skip
    seed, how, how_other, low, more, texts = rest
    level = LEVELS[min(low, len(LEVELS) - 2)]
    higher = LEVELS[min(min(low, len(LEVELS) - 2) + 1 + more, len(LEVELS) - 1)]
    return Corpus(groups, seed, (how, how_other), (level, higher), texts)


corpora = st.builds(
    _corpus,
    st.one_of(st.lists(sides, min_size=2, max_size=5), st.lists(sides, min_size=2, max_size=30)),
    st.booleans(),
    st.sampled_from([False, False, False, True]),
    st.tuples(
        st.integers(0, 1000),
        st.sampled_from(CHANGES),
        st.sampled_from(CHANGES),
        st.integers(0, len(LEVELS) - 2),
        st.integers(0, 3),
        st.integers(1, 12),
    ),
)
