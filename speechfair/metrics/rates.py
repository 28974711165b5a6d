"""Error rates of one group of speakers, with intervals whose unit of sampling is the speaker.

Takes counts per utterance, adds them up per speaker, and gives an `Estimate`. It does not know which labels made
the group, and it compares nothing: see `disparity` and `summary`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Literal

import numpy as np

from speechfair.errors import InputError
from speechfair.metrics.independent_errors import independent_rate
from speechfair.metrics.jackknife import (
    FARTHEST,
    LogJackknife,
    effective_speakers,
    jackknife_mean_rate,
    jackknife_pooled_rate,
    poisson_limits,
    wider,
)
from speechfair.metrics.row_numbers import numbered
from speechfair.types import Estimate

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

__all__ = [
    "DESIGN_EFFECT",
    "MIN_EFFECTIVE_SPEAKERS",
    "MIN_SPEAKERS",
    "TOO_FAR",
    "TOO_WIDE",
    "ErrorKind",
    "SpeakerSums",
    "no_interval_reason",
    "pooled_rate",
    "speaker_mean_rate",
    "speaker_sums",
]

ErrorKind = Literal["substitutions", "deletions", "insertions"]
_KINDS: tuple[ErrorKind, ...] = ("substitutions", "deletions", "insertions")

MIN_SPEAKERS = 5
"""Fewer speakers than this in a group: no interval, the reason instead."""

MIN_EFFECTIVE_SPEAKERS = 3.0
"""Speakers worth fewer than so many of equal talk time (`jackknife.effective_speakers`): no interval, the reason.

From here on the intervals cover what they promise (docs/results/coverage.md). Below they would cover more than that,
and say nothing: with two effective speakers they reach from a thirtieth of the rate to thirty times it.
"""

TOO_FAR = "the rates are too far apart for a number: no ratio"
TOO_WIDE = (
    f"the speakers differ so much that the interval would reach {FARTHEST:,.0f} times the value: no interval"
)

DESIGN_EFFECT = 2.0
"""Variance inflation assumed where a group shows too few errors to estimate it.

With a gamma-distributed speaker rate of coefficient of variation c, no error in n speakers of equal talk time has
probability (1 + c² m / n)^(-n / c²) at m expected errors. At the limit that a factor of 2 gives (m = 7.4 at
level 0.95) this stays below 2.5 % for c up to 1.2 with five speakers, and for c up to 2.4 with 20.
"""


@dataclass(frozen=True, eq=False)
class SpeakerSums:
    """Errors and reference tokens of one group, added up per speaker. All that estimates need.

    Parameters
    ----------
    speakers : distinct speaker ids.
    errors, words : sums per speaker, float64, shape (n_speakers,).
    n_utterances : utterances in the group, with and without a speaker.
    n_without_speaker : utterances whose speaker is not known.
    errors_without_speaker, words_without_speaker : their sums; part of the rate, of no interval.

    Raises
    ------
    InputError
        If shapes do not fit, speakers repeat, or a sum is negative or not finite.
    """

    speakers: tuple[str, ...]
    errors: NDArray[np.float64]
    words: NDArray[np.float64]
    n_utterances: int
    n_without_speaker: int = 0
    errors_without_speaker: float = 0.0
    words_without_speaker: float = 0.0

    def __post_init__(self) -> None:
        if not self.errors.shape == self.words.shape == (len(self.speakers),):
            raise InputError(
                f"{len(self.speakers)} speakers, but errors of shape {self.errors.shape} and words of shape "
                f"{self.words.shape}: give one sum of each per speaker"
            )
        if len(set(self.speakers)) < len(self.speakers):
            raise InputError(
                "a speaker occurs twice in one group's sums: add the speaker's utterances up first"
            )
        rest = (self.errors_without_speaker, self.words_without_speaker)
        for name, sums in (("errors", self.errors), ("words", self.words), ("sums without speaker", rest)):
            values = np.asarray(sums)
            if not (np.isfinite(values).all() and (values >= 0).all()):
                raise InputError(f"{name} must be finite and not negative, got {values.tolist()}")

    def __add__(self, other: SpeakerSums) -> SpeakerSums:
        """The sums of both groups' utterances together; a speaker of both is one speaker."""
        speakers = tuple(sorted({*self.speakers, *other.speakers}))
        place = {speaker: index for index, speaker in enumerate(speakers)}
        errors, words = np.zeros(len(speakers)), np.zeros(len(speakers))
        for part in (self, other):
            index = [place[speaker] for speaker in part.speakers]
            errors[index] += part.errors
            words[index] += part.words
        return SpeakerSums(
            speakers,
            errors,
            words,
            self.n_utterances + other.n_utterances,
            self.n_without_speaker + other.n_without_speaker,
            self.errors_without_speaker + other.errors_without_speaker,
            self.words_without_speaker + other.words_without_speaker,
        )

    @property
    def n_speakers(self) -> int:
        """Known speakers."""
        return len(self.speakers)

    # What follows is worked out once: a gap over many groups asks for it at every pair.
    @cached_property
    def total_errors(self) -> float:
        """Errors of all utterances, with and without a speaker."""
        return float(self.errors.sum()) + self.errors_without_speaker

    @cached_property
    def total_words(self) -> float:
        """Reference tokens of all utterances, with and without a speaker."""
        return float(self.words.sum()) + self.words_without_speaker

    @cached_property
    def rate(self) -> float | None:
        """Pooled error rate; None without reference tokens."""
        return self.total_errors / self.total_words if self.total_words else None

    @cached_property
    def no_interval(self) -> str | None:
        """Why the pooled rate can have no interval, or None if it can."""
        return no_interval_reason(self)

    @cached_property
    def jackknife(self) -> LogJackknife | None:
        """Jackknife of the log pooled rate; None where it does not exist or no interval may be given."""
        return None if self.no_interval else jackknife_pooled_rate(self.errors, self.words)


def speaker_sums(scores: pl.DataFrame, *, kinds: Sequence[ErrorKind] = _KINDS) -> SpeakerSums:
    """Add the counts of one group's utterances up per speaker.

    Parameters
    ----------
    scores : one row per utterance with ``speaker`` (null where unknown), ``substitutions``, ``deletions``,
        ``insertions`` and ``reference_length``. Where kinds are not told apart, their sum is in ``errors``.
    kinds : which kinds of error to count.

    Raises
    ------
    InputError
        If a column is missing, or a count is null, negative or not finite; or if ``errors`` is not the sum of the
        kinds in a row that has all four. The message names the row.
    """
    import polars as pl

    columns = ["errors"] if tuple(kinds) == _KINDS and "errors" in scores.columns else list(kinds)
    counts = _counts(scores, kinds, columns)
    if columns == ["errors"]:
        _require_agreement(scores)
    # numpy, since groups are mostly small and a query of polars takes longer than all of this
    named = scores["speaker"].cast(pl.String)
    of, first = numbered(named)
    errors, words = (
        np.bincount(of, weights=each, minlength=len(first)).astype(np.float64)
        for each in (reduce(np.add, [counts[name] for name in columns]), counts["reference_length"])
    )
    unknown = named.is_null().to_numpy()
    without = unknown[first]
    # A speaker who said nothing and got nothing wrong shows nothing, and must not raise the number of speakers.
    known = np.flatnonzero(((words > 0) | (errors > 0)) & ~without)
    names = named[first[known]].to_list()
    order = sorted(range(len(names)), key=names.__getitem__)
    places = known[order]
    return SpeakerSums(
        speakers=tuple([names[number] for number in order]),
        errors=errors[places],
        words=words[places],
        n_utterances=scores.height,
        n_without_speaker=int(np.count_nonzero(unknown)),
        errors_without_speaker=float(errors[without].sum()),
        words_without_speaker=float(words[without].sum()),
    )


def pooled_rate(sums: SpeakerSums, level: float = 0.95, *, design_effect: float = DESIGN_EFFECT) -> Estimate:
    """Sum of errors / sum of reference tokens, with a speaker-jackknife interval on the log scale.

    Parameters
    ----------
    level : nominal coverage.
    design_effect : variance inflation for a group without errors, whose interval is [0, exact Poisson limit
        times this]. Where one speaker made all the errors they count as one event, of at least this size.

    Returns
    -------
    Estimate
        Without reference tokens the value is None. With fewer than `MIN_SPEAKERS` speakers, speakers worth fewer
        than `MIN_EFFECTIVE_SPEAKERS`, or utterances whose speaker is not known, the interval is None, and so it is
        where it would reach further than a factor of 1,000. `reason` says so.

    Notes
    -----
    The interval is exp(log rate ± t · se), se from the delete-one-speaker jackknife but never less than that of
    independent (Poisson) errors, and the interval holds their exact one (Garwood 1936). The degrees of freedom are the
    effective number of speakers less one: with n - 1 the intervals of speakers with unequal talk time are too narrow
    (docs/results/coverage.md).
    """
    require_level(level)
    if not design_effect >= 1:
        raise InputError(f"design_effect is {design_effect}; it must be at least 1")
    if not sums.total_words:
        return _estimate(sums, level, None, None, "jackknife-log-t", "no reference words: no rate")
    value = sums.total_errors / sums.total_words
    if reason := sums.no_interval:
        return _estimate(sums, level, value, None, "none", reason)
    if (jackknife := sums.jackknife) is not None:
        if (limits := jackknife.limits(level)) is None:
            return _estimate(sums, level, value, None, "none", TOO_WIDE)
        least = independent_rate(sums.total_errors, sums.total_words, level)
        limits = wider(limits, least)
        return _estimate(sums, level, value, limits, "jackknife-log-t", None)
    limits, method = _sparse_limits(sums.errors, sums.total_words, level, design_effect)
    return _estimate(sums, level, value, limits, method, None)


def speaker_mean_rate(
    sums: SpeakerSums, level: float = 0.95, *, design_effect: float = DESIGN_EFFECT
) -> Estimate:
    """Mean of the speakers' own error rates, each speaker weighing the same; interval as in `pooled_rate`.

    Speakers without reference tokens have no rate and are left out of `n_speakers`; so are utterances whose
    speaker is not known, and then there is no interval. Where speakers have a heavy tail (log-normal, coefficient of
    variation 0.9) the 95 % interval covers 90 to 92 % with 8 to 20 of them (docs/results/coverage.md).
    """
    require_level(level)
    if not design_effect >= 1:
        raise InputError(f"design_effect is {design_effect}; it must be at least 1")
    spoke = sums.words > 0
    rates = sums.errors[spoke] / sums.words[spoke]
    count = len(rates)
    if not count:
        reason = "no speaker with reference words: no rate"
        return _estimate(sums, level, None, None, "jackknife-log-t", reason, count)
    value = float(rates.mean())
    if reason_ := no_interval_reason(sums, count):
        return _estimate(sums, level, value, None, "none", reason_, count)
    jackknife = jackknife_mean_rate(sums.errors[spoke], sums.words[spoke])
    if jackknife is not None:
        found = jackknife.limits(level)
        method, why = ("none", TOO_WIDE) if found is None else ("jackknife-log-t", None)
        return _estimate(sums, level, value, found, method, why, count)
    # An error of speaker i moves the mean by 1 / (n words_i), so the least talkative sets the limit.
    weight = count * float(sums.words[spoke].min())
    limits, method = _sparse_limits(rates * weight / count, weight, level, design_effect)
    return _estimate(sums, level, value, limits, method, None, count)


def no_interval_reason(sums: SpeakerSums, n_speakers: int | None = None) -> str | None:
    """Why this group can have no interval, or None if it can.

    Parameters
    ----------
    n_speakers : speakers who weigh the same each; None for pooled rates, in which they weigh what they say.
    """
    if sums.n_without_speaker:
        return (
            f"{sums.n_without_speaker} of {sums.n_utterances} utterances have no speaker id: no interval, "
            "since utterances of one speaker are not independent"
        )
    count = int((sums.words > 0).sum()) if n_speakers is None else n_speakers
    if count < MIN_SPEAKERS:
        return f"fewer than {MIN_SPEAKERS} speakers ({count}): no interval"
    if n_speakers is None and (effective := effective_speakers(sums.words)) < MIN_EFFECTIVE_SPEAKERS:
        worth = math.floor(10 * effective) / 10
        return (
            f"{_talkative(sums.words, count)}: no interval, since all together tell as much as {worth:g} speakers of "
            f"equal talk time ({MIN_EFFECTIVE_SPEAKERS:g} are needed)"
        )
    return None


def _talkative(words: NDArray[np.float64], count: int) -> str:
    """Who has most of the words: "one of 5 speakers has 96 % of the words"."""
    shares = np.cumsum(np.sort(words)[::-1]) / words.sum()
    most = int(np.searchsorted(shares, 0.5)) + 1
    percent = 100 * float(shares[most - 1])
    told = f"{percent:.0f}" if percent < 99 else f"{math.floor(10 * percent) / 10:g}"
    who = f"one of {count} speakers has" if most == 1 else f"{most} of {count} speakers have"
    return f"{who} {told} % of the words"


def require_level(level: float) -> None:
    """Raise InputError unless 0 < level < 1."""
    if not 0 < level < 1:
        raise InputError(f"level is {level}; give the coverage as a fraction, such as 0.95")


def _sparse_limits(
    errors: NDArray[np.float64], words: float, level: float, design_effect: float
) -> tuple[tuple[float, float], str]:
    """Limits where leaving one speaker out leaves no errors: as many events as there are speakers with errors."""
    total = float(errors.sum())
    if not total:
        high = poisson_limits(0, level)[1] * design_effect / words
        return (0.0, high), f"exact-poisson-x-design-effect-{design_effect:g}"
    low, high = poisson_limits(1, level)
    return (low * total / words, high * max(total, design_effect) / words), "exact-poisson-one-cluster"


def _counts(
    scores: pl.DataFrame, kinds: Sequence[ErrorKind], columns: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """The counts of `columns` and the reference lengths, each checked."""
    if not kinds or not set(kinds) <= set(_KINDS):
        raise InputError(f"kinds is {list(kinds)}; choose from {', '.join(_KINDS)}")
    columns = [*columns, "reference_length"]
    if missing := {"speaker", *columns} - set(scores.columns):
        raise InputError(f"the scores lack the columns {sorted(missing)}; they have {scores.columns}")
    found = {column: _floats(scores[column]) for column in columns}
    for column, values in found.items():
        usable = np.isfinite(values) & (values >= 0)
        if not usable.all():
            row = int(np.argmin(usable))
            raise InputError(f"row {row}: {column} is {scores[column][row]!r}, not a count; score it again")
    return found


def _floats(column: pl.Series) -> NDArray[np.float64]:
    """The values as floating-point numbers; NaN where there is none."""
    return column.to_numpy().astype(np.float64)


def _require_agreement(scores: pl.DataFrame) -> None:
    """Refuse rows in which the kinds of error, where they are told apart, do not add up to ``errors``."""
    if not set(_KINDS) <= set(scores.columns):
        return
    total = np.sum([_floats(scores[kind]) for kind in _KINDS], axis=0)
    given = _floats(scores["errors"])
    apart = np.abs(given - total) > 1e-9 * (1 + np.abs(given))  # false where a kind is missing, which is NaN
    if apart.any():
        row = int(np.argmax(apart))
        raise InputError(
            f"row {row}: errors is {scores['errors'][row]}, but {' + '.join(_KINDS)} is {total[row]:g}; leave out the "
            "wrong one"
        )


def _estimate(
    sums: SpeakerSums,
    level: float,
    value: float | None,
    limits: tuple[float, float] | None,
    method: str,
    reason: str | None,
    n_speakers: int | None = None,
) -> Estimate:
    low, high = limits or (None, None)
    if value is not None and not math.isfinite(value):  # pragma: no cover - sums are checked
        raise InputError(f"rate is {value}")
    count = sums.n_speakers if n_speakers is None else n_speakers
    return Estimate(value, low, high, level, sums.n_utterances, count, method, reason)
