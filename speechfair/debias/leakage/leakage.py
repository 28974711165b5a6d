"""How much of the group can be read off the encoder's states by a linear probe, against the chance of permuted labels.

Speakers are split between fitting and testing, otherwise a probe learns voices and calls them accents; for the same
reason labels are permuted between speakers, not between utterances.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from speechfair.debias.leakage.ridge import Fold, fold_of
from speechfair.errors import InputError
from speechfair.records import Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from speechfair.metrics.rates import SpeakerSums
    from speechfair.types import Estimate

__all__ = ["FOLDS", "Leakage", "Probed", "change", "examine", "probe"]

FOLDS = 5
PERMUTATIONS = 100


class Leakage(Record):
    """Balanced accuracy (a fraction) of a probe on speakers it was not fitted on, next to that of permuted labels.

    `accuracy` is None where it cannot be measured, with the `reason`. `p` is the share of permutations that do as
    well, the observed one among them. `low` and `high` are its interval, None with the reason in `no_interval`.
    """

    accuracy: float | None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    no_interval: str | None = None
    chance: float | None
    chance_high: float | None
    p: float | None
    n_utterances: int
    n_speakers: int
    groups: list[str]
    permutations: int
    reason: str | None


@dataclass(frozen=True, eq=False)
class Probed:
    """What a probe found, and what it got wrong: per group the speakers, their utterances and those misjudged."""

    leakage: Leakage
    wrong: tuple[SpeakerSums, ...] = ()


def probe(
    states: NDArray[np.float64],
    groups: Sequence[str],
    speakers: Sequence[str],
    seed: int,
    permutations: int = PERMUTATIONS,
) -> Leakage:
    """What `examine` finds, without the rest."""
    return examine(states, groups, speakers, seed, permutations).leakage


def examine(
    states: NDArray[np.float64],
    groups: Sequence[str],
    speakers: Sequence[str],
    seed: int,
    permutations: int = PERMUTATIONS,
    level: float = 0.95,
) -> Probed:
    """Cross-validated over speakers: a ridge classifier on standardised states (Alain and Bengio, 2016).

    Parameters
    ----------
    states : shape (utterances, D).
    permutations : of the groups between speakers; `chance` is their mean accuracy, `chance_high` their 95th percentile.

    Raises
    ------
    InputError
        The three do not have one length, or a speaker is in two groups.

    Notes
    -----
    The interval resamples the speakers with what the probe made of them. It holds for these folds and fitted probes:
    that other speakers would have made other probes is not in it. Folds and permutations depend on `seed` and on who
    the speakers are, so that two models are probed alike.
    """
    if not len(states) == len(groups) == len(speakers):
        raise InputError(
            f"{len(states)} states, {len(groups)} groups and {len(speakers)} speakers do not match"
        )
    group_of = dict(zip(speakers, groups, strict=True))
    if mixed := [s for s, g in zip(speakers, groups, strict=True) if group_of[s] != g]:
        raise InputError(
            f"speaker {mixed[0]!r} is in more than one group; a probe needs one group per speaker"
        )
    names, everyone = sorted(set(groups)), sorted(group_of)
    about: dict[str, Any] = {
        "n_utterances": len(groups),
        "n_speakers": len(everyone),
        "groups": names,
        "level": level,
    }
    fewest = min(sum(group_of[s] == name for s in everyone) for name in names)
    if len(names) < 2 or fewest < 2:
        reason = "one group only" if len(names) < 2 else "a group has fewer than two speakers"
        nothing = Leakage(
            accuracy=None, chance=None, chance_high=None, p=None, permutations=0, reason=reason, **about
        )
        return Probed(nothing)
    rng = np.random.default_rng([seed, 4])
    folds = _folds(group_of, min(FOLDS, fewest), rng)
    number = np.array([folds[s] for s in speakers])
    parts = [(number != each, fold_of(states, number != each)) for each in np.unique(number)]
    guessed = _guesses(parts, speakers, group_of)
    wrong = _misjudged(groups, speakers, guessed)
    observed = _balanced(groups, guessed)
    values = [group_of[s] for s in everyone]
    permuted = []
    for _ in range(permutations):
        other = dict(zip(everyone, rng.permutation(values), strict=True))
        permuted.append(_balanced([other[s] for s in speakers], _guesses(parts, speakers, other)))
    interval = _interval(wrong, seed, level)
    found = Leakage(
        accuracy=observed,
        low=interval.low,
        high=interval.high,
        no_interval=interval.reason,
        chance=float(np.mean(permuted)),
        chance_high=float(np.quantile(permuted, 0.95)),
        p=float((1 + (np.array(permuted) >= observed - 1e-12).sum()) / (1 + permutations)),
        permutations=permutations,
        reason=None,
        **about,
    )
    return Probed(found, wrong)


def change(before: Probed, after: Probed, seed: int, level: float = 0.95) -> Estimate:
    """Balanced accuracy after less that before, of the same utterances; a speaker is drawn with both."""
    from speechfair.metrics.bootstrap import bootstrap_estimate

    half = len(before.wrong)
    if not half or len(after.wrong) != half:
        raise InputError("a change needs two probes of the same groups, both with a value")

    def statistic(rates: NDArray[np.float64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = rates[..., :half].mean(axis=-1) - rates[..., half:].mean(axis=-1)
        return found

    rng = np.random.default_rng([seed, 5])
    return bootstrap_estimate(statistic, [*before.wrong, *after.wrong], rng=rng, level=level)


def _interval(wrong: Sequence[SpeakerSums], seed: int, level: float) -> Estimate:
    from speechfair.metrics.bootstrap import bootstrap_estimate

    def statistic(rates: NDArray[np.float64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = 1 - rates.mean(axis=-1)
        return found

    return bootstrap_estimate(statistic, wrong, rng=np.random.default_rng([seed, 5]), level=level)


def _misjudged(
    groups: Sequence[str], speakers: Sequence[str], guessed: NDArray[np.str_]
) -> tuple[SpeakerSums, ...]:
    """Per group: its speakers, how many utterances of each, and how many of those were taken for another group's."""
    from speechfair.metrics.rates import SpeakerSums

    names, place = np.array(speakers), np.array(groups)
    wrong = place != guessed
    found = []
    for group in sorted(set(groups)):
        mine = place == group
        who = sorted(set(names[mine]))
        errors, said = (
            np.array([float((part & mine & (names == name)).sum()) for name in who])
            for part in (wrong, np.ones_like(mine))
        )
        found.append(SpeakerSums(tuple(map(str, who)), errors, said, int(mine.sum())))
    return tuple(found)


def _folds(group_of: dict[str, str], n_folds: int, rng: np.random.Generator) -> dict[str, int]:
    """A fold for every speaker, each group spread over all folds."""
    found: dict[str, int] = {}
    for name in sorted(set(group_of.values())):
        mine = sorted(speaker for speaker, group in group_of.items() if group == name)
        for place, i in enumerate(rng.permutation(len(mine))):
            found[mine[i]] = place % n_folds
    return found


def _balanced(groups: Sequence[str], guessed: NDArray[np.str_]) -> float:
    """The mean over the groups of the share of their utterances that is taken for theirs."""
    truth = np.array(groups)
    return float(np.mean([(guessed[truth == name] == name).mean() for name in np.unique(truth)]))


def _guesses(
    parts: Sequence[tuple[NDArray[np.bool_], Fold]], speakers: Sequence[str], group_of: Mapping[str, str]
) -> NDArray[np.str_]:
    """The group that each utterance is taken for, by a probe that has not seen its speaker."""
    truth = np.array([group_of[s] for s in speakers])
    guessed = truth.copy()
    for seen, fold in parts:
        guessed[~seen] = fold.guess(truth[seen])
    return guessed
