"""What an evaluation could show at all: from its speakers, their words, and the rates of a pilot run.

Before and after are one set of speakers, so the power is that of a paired change. The chance that *not degraded* is
shown comes from simulated audits that go through the judge itself (`speechfair.comparing.no_harm`); the smallest gain
comes from the standard error of the log ratio. What no pilot says is assumed, and the assumption is part of the answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from speechfair.errors import InputError
from speechfair.metrics.rates import MIN_SPEAKERS
from speechfair.registry import did_you_mean

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from speechfair.comparing.no_harm import Margins
    from speechfair.debias.recipe import DebiasRecipe, EvaluationSource
    from speechfair.metrics.pairing import Pair

__all__ = ["ASSUMED", "GroupPower", "Pilot", "check_groups", "expected_power", "read_pilot", "simulated_pair"]

POWER = 0.8
SIMULATED = 100
HOPELESS = 0.05
"""Below this chance a verdict is as good as impossible."""


@dataclass(frozen=True, slots=True)
class Pilot:
    """How a group's speakers do before the training, and how much two models differ on them.

    Parameters
    ----------
    rate : errors per reference word.
    variation : coefficient of variation of the speakers' rates.
    exchanged : errors that come or go between two models, as a share of the errors before.
    uneven : coefficient of variation of what the training does to a speaker's own rate.
    source : where the figures come from.
    """

    rate: float
    variation: float
    exchanged: float
    uneven: float
    source: str


ASSUMED = Pilot(0.2, 0.5, 0.5, 0.2, "assumed")


@dataclass(frozen=True, slots=True)
class GroupPower:
    """What an evaluation could show of one group.

    Parameters
    ----------
    smallest_gain : share by which the rate must fall for the interval to exclude no change with a chance of 80 %;
        None where no fall is enough, or there is no interval.
    chance_unchanged : chance that *not degraded* is shown if the rate stays; 0 below the least number of speakers.
    chance_better : the same if the rate falls by a quarter.
    reason : why there is no power at all.
    """

    evaluation: str
    axis: str | None
    group: str
    protected: bool
    n_speakers: int
    words_per_speaker: float
    pilot: Pilot
    smallest_gain: float | None
    chance_unchanged: float
    chance_better: float
    reason: str | None = None

    @property
    def hopeless(self) -> bool:
        """Whether *not degraded* can hardly be shown: of a protected group unchanged, of others with a clear gain."""
        best = self.chance_unchanged if self.protected else max(self.chance_unchanged, self.chance_better)
        return best < HOPELESS


def expected_power(
    recipe: DebiasRecipe, source: EvaluationSource, manifest: pl.DataFrame, pilots: Mapping[str, Pilot]
) -> list[GroupPower]:
    """What each group of one evaluation could show; the first row is of everyone.

    Parameters
    ----------
    manifest : of the evaluation; excluded rows are left out here.
    pilots : by ``axis=group``, and under ``""`` for the others.
    """
    from speechfair.comparing.no_harm import Margins
    from speechfair.running.scoring import add_axis

    margins = Margins(recipe.margin.relative, recipe.margin.absolute, recipe.level)
    rows = manifest.filter(manifest["excluded"].is_null())
    whole = pilots.get("", ASSUMED)
    found = [_power(source.name, None, "everyone", source.protected, _words(rows), whole, margins)]
    for axis in source.group_by:
        parted = add_axis(rows, axis)
        for group in sorted(set(parted["group"])):
            mine = parted.filter(parted["group"] == group)
            place = f"{axis}={group}"
            protected = source.protected or place in source.protected_groups
            pilot = pilots.get(place, whole)
            found.append(_power(source.name, axis, group, protected, _words(mine), pilot, margins))
    return found


def check_groups(recipe: DebiasRecipe, source: EvaluationSource, manifest: pl.DataFrame) -> None:
    """Raise `InputError` for a protected group that is not there, or a verdict that can only be undetermined."""
    from speechfair.running.scoring import add_axis

    rows = manifest.filter(manifest["excluded"].is_null())
    speakers: dict[str, int] = {}
    for axis in source.group_by:
        parted = add_axis(rows, axis)
        for group in sorted(set(parted["group"])):
            mine = parted.filter(parted["group"] == group)
            speakers[f"{axis}={group}"] = mine["speaker"].drop_nulls().n_unique()
    for place in source.protected_groups:
        if place not in speakers:
            raise InputError(
                f"evaluate {source.name!r}: no speaker of the protected group {place}; "
                f"{did_you_mean(place, list(speakers))}"
            )
    few = [f"{place} ({count})" for place, count in speakers.items() if count < MIN_SPEAKERS]
    if few and not recipe.even_if_undetermined:
        raise InputError(
            f"evaluate {source.name!r}: the verdict can only be undetermined or degraded, because no interval exists "
            f"below {MIN_SPEAKERS} speakers: {', '.join(few)}. Add speakers, group by another axis, or go on with "
            "--set even_if_undetermined=true"
        )


def read_pilot(folder: Path, source: EvaluationSource) -> dict[str, Pilot]:
    """Figures of each group from a finished debiasing run on the same evaluation, for `expected_power`.

    Raises
    ------
    InputError : `folder` has no audits before and after of this evaluation.
    """
    from speechfair.comparing.matching import same_utterances
    from speechfair.errors import RunFolderError
    from speechfair.running.scoring import add_axis

    sides = folder / "before" / source.name, folder / "after" / source.name
    if not all(side.is_dir() for side in sides):
        raise InputError(
            f"{folder} is no pilot for {source.name!r}: it lacks before/{source.name} or after/{source.name}; give the "
            "folder of a finished debiasing run"
        )
    try:
        old, new = same_utterances(*sides, source.group_by)
    except RunFolderError as error:
        raise InputError(f"{folder} is no pilot for {source.name!r}: {error}") from None
    found = {"": _pilot(old, new, str(folder))}
    for axis in source.group_by:
        both = add_axis(old, axis), add_axis(new, axis)
        for group in sorted(set(both[0]["group"])):
            mine = [table.filter(table["group"] == group) for table in both]
            found[f"{axis}={group}"] = _pilot(mine[0], mine[1], str(folder))
    return found


def simulated_pair(words: NDArray[np.float64], pilot: Pilot, change: float, rng: np.random.Generator) -> Pair:
    """One audit before and after that never was.

    Speakers' rates and what the training does to each are gamma-distributed; errors kept, lost and gained are Poisson.

    Parameters
    ----------
    words : reference words of each speaker.
    change : true change of the rate as a share of it, at least minus `pilot.exchanged`; -0.25 is a quarter fewer.
    """
    from speechfair.metrics.pairing import Pair
    from speechfair.metrics.rates import SpeakerSums

    expected = words * pilot.rate * _varied(pilot.variation, len(words), rng)
    own = (1 + change) * _varied(pilot.uneven, len(words), rng) - 1
    moved = np.maximum(pilot.exchanged, np.abs(own))
    gain, loss = (moved + own) / 2, (moved - own) / 2
    kept, lost, gained = (
        rng.poisson(expected * share).astype(float) for share in (np.maximum(0.0, 1 - loss), loss, gain)
    )
    speakers = tuple(str(number) for number in range(len(words)))
    return Pair(
        SpeakerSums(speakers, kept + lost, words, len(words)),
        SpeakerSums(speakers, kept + gained, words, len(words)),
    )


def smallest_gain(words: NDArray[np.float64], pilot: Pilot, level: float) -> float | None:
    """Share by which the rate must fall to be seen with a chance of 80 %; None where no fall is enough."""
    from speechfair.metrics.jackknife import t_quantile

    total = float(words.sum())
    between = pilot.uneven**2 * (1 + pilot.variation**2) * float(words @ words) / total**2
    freedom = max(1.0, total**2 / float(words @ words) - 1)
    low, high = 0.0, 1.0
    for _ in range(40):
        fall = (low + high) / 2
        moved = max(pilot.exchanged, fall)
        gain, loss = (moved - fall) / 2, (moved + fall) / 2
        scaled = max(0.0, 1 - loss) * fall**2 + gain + loss * (1 - fall) ** 2
        variance = scaled / (1 - fall) ** 2 / (total * pilot.rate) + between
        reach = (t_quantile(freedom, level) + t_quantile(freedom, 2 * POWER - 1)) * math.sqrt(variance)
        low, high = (low, fall) if -math.log(1 - fall) >= reach else (fall, high)
    return high if high < 0.999 else None


def _varied(variation: float, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Gamma-distributed factors of mean 1 and that coefficient of variation."""
    shape = 1 / max(variation, 1e-3) ** 2
    return rng.gamma(shape, 1 / shape, count)


def _power(
    evaluation: str,
    axis: str | None,
    group: str,
    protected: bool,
    words: NDArray[np.float64],
    pilot: Pilot,
    margins: Margins,
) -> GroupPower:
    empty = GroupPower(
        evaluation,
        axis,
        group,
        protected,
        len(words),
        float(words.mean()) if len(words) else 0.0,
        pilot,
        None,
        0,
        0,
    )
    if len(words) < MIN_SPEAKERS:
        return replace(empty, reason=f"fewer than {MIN_SPEAKERS} speakers: no interval")
    return replace(
        empty,
        smallest_gain=smallest_gain(words, pilot, margins.level) if pilot.rate else None,
        chance_unchanged=_chance(words, pilot, 0.0, margins),
        chance_better=_chance(words, pilot, -0.25, margins),
    )


def _chance(words: NDArray[np.float64], pilot: Pilot, change: float, margins: Margins) -> float:
    """Share of simulated audits in which *not degraded* is shown."""
    from speechfair.comparing.no_harm import judge_no_harm

    rng = np.random.default_rng([len(words), round(100 * abs(change))])
    passed = [
        judge_no_harm(simulated_pair(words, pilot, change, rng), margins).verdict == "pass"
        for _ in range(SIMULATED)
    ]
    return sum(passed) / SIMULATED


def _words(rows: pl.DataFrame) -> NDArray[np.float64]:
    """Reference words (characters where a language has no spaces) of each known speaker who has any."""
    from speechfair.text import default_tokens

    sums: dict[str, float] = {}
    for speaker, text, language in rows.select("speaker", "text", "language").iter_rows():
        if speaker is not None and text:
            count = len(text.split()) if default_tokens(language) == "words" else len("".join(text.split()))
            sums[speaker] = sums.get(speaker, 0.0) + count
    return np.array([count for count in sums.values() if count], dtype=np.float64)


def _pilot(old: pl.DataFrame, new: pl.DataFrame, source: str) -> Pilot:
    from speechfair.metrics import speaker_sums
    from speechfair.metrics.pilot_spread import spread_of_pilot

    kinds: Sequence[str] = ("substitutions", "deletions", "insertions")
    both = old.select("utterance_id", *kinds).join(new.select("utterance_id", *kinds), on="utterance_id")
    exchanged = sum(float((both[kind] - both[f"{kind}_right"]).abs().sum()) for kind in kinds)
    errors = sum(float(both[kind].sum()) for kind in kinds)
    sums = speaker_sums(old)
    if not errors or not sums.rate:
        return replace(ASSUMED, rate=1 / max(1.0, 2 * sums.total_words), source=f"{source}: no error")
    try:
        variation = spread_of_pilot([old]).variation
    except InputError:
        variation = ASSUMED.variation
    return Pilot(sums.rate, variation, max(0.05, exchanged / errors), _unevenness(old, new), source)


def _unevenness(old: pl.DataFrame, new: pl.DataFrame) -> float:
    """Coefficient of variation of the speakers' own change, by moments: what counting errors does not explain."""
    from speechfair.metrics.pairing import pair_up

    pair = pair_up(old, new)
    before, after = pair.before.errors, pair.after.errors
    if pair.n_speakers < MIN_SPEAKERS or not after.sum():
        return ASSUMED.uneven
    factor = float(after.sum() / before.sum())
    squares = float(((after - factor * before) ** 2).sum())
    counting = float((pair.gained + pair.lost).sum())
    return math.sqrt(max(0.0, squares - counting) / float(((factor * before) ** 2).sum()))
