"""Match two models' scores utterance by utterance and add them up per speaker, side by side.

Refuses tables that do not hold the same utterances. The inference is in `paired`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from speechfair.errors import InputError
from speechfair.metrics.rates import SpeakerSums, speaker_sums
from speechfair.types import UNKNOWN, Estimate

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

__all__ = ["Pair", "join", "pair_by_group", "pair_up"]


@dataclass(frozen=True, eq=False)
class Pair:
    """Sums of the same utterances under two models.

    Parameters
    ----------
    before, after : the same speakers in the same order, with the same words each.

    Raises
    ------
    InputError
        If they are not.
    """

    before: SpeakerSums
    after: SpeakerSums

    def __post_init__(self) -> None:
        if self.before.speakers != self.after.speakers:
            raise InputError("the two sides of a pair need the same speakers in the same order")
        same = np.array_equal(self.before.words, self.after.words)
        if not same or self.before.words_without_speaker != self.after.words_without_speaker:
            raise InputError(
                "a speaker has other reference words before than after: "
                "score both models with the same references, normaliser and tokens"
            )

    @property
    def n_speakers(self) -> int:
        """Known speakers."""
        return self.before.n_speakers

    @property
    def n_utterances(self) -> int:
        """Utterances, each counted once."""
        return self.before.n_utterances

    @property
    def rates(self) -> tuple[float, float]:
        """Pooled rates before and after; only where `no_rate` is None."""
        old, new = self.before.rate, self.after.rate
        if old is None or new is None:
            raise InputError(f"{self.no_rate}")
        return old, new

    @property
    def no_rate(self) -> str | None:
        """Why there is no rate, or None."""
        return None if self.before.total_words else "no reference words: no rate"

    @property
    def no_interval(self) -> str | None:
        """Why there is no interval, or None."""
        return self.before.no_interval

    @property
    def n_changed(self) -> int:
        """Speakers with more or fewer errors after than before."""
        return int((self.before.errors != self.after.errors).sum())

    @property
    def gained(self) -> NDArray[np.float64]:
        """Errors that came, per speaker, net of those that went; shape (n_speakers,)."""
        gained: NDArray[np.float64] = np.maximum(self.after.errors - self.before.errors, 0.0)
        return gained

    @property
    def lost(self) -> NDArray[np.float64]:
        """Errors that went, per speaker, net of those that came; shape (n_speakers,)."""
        return self.reversed().gained

    def reversed(self) -> Pair:
        """With before and after swapped."""
        return Pair(self.after, self.before)

    def estimate(
        self,
        level: float,
        value: float | None,
        limits: tuple[float, float] | None,
        method: str,
        reason: str | None,
    ) -> Estimate:
        """An estimate that rests on all of the pair's utterances."""
        low, high = limits or (None, None)
        return Estimate(value, low, high, level, self.n_utterances, self.n_speakers, method, reason)


def pair_up(before: pl.DataFrame, after: pl.DataFrame) -> Pair:
    """Sums per speaker of both tables.

    Parameters
    ----------
    before, after : one row per utterance with ``utterance_id``, ``speaker``, ``substitutions``, ``deletions``,
        ``insertions`` and ``reference_length``; the same utterances in any order.

    Raises
    ------
    InputError
        If an utterance occurs twice, is in one table only, or has another speaker or another number of reference
        tokens in the other table.
    """
    _require_columns(before, "before")
    _require_columns(after, "after")
    _require_unique(before, "before")
    same_order = _same_order(before, after)
    if not same_order:
        _require_unique(after, "after")
    for one, other, where in ((before, after, "after"), (after, before, "before")) * (not same_order):
        lacking = one.join(other, on="utterance_id", how="anti", nulls_equal=True)["utterance_id"]
        if len(lacking):
            raise InputError(
                f"utterance {lacking[0]!r} is missing {where}, with {len(lacking) - 1} others: "
                "compare models on the same utterances"
            )
    _require_same(before, after)
    return _aligned(speaker_sums(before), speaker_sums(after))


def pair_by_group(before: pl.DataFrame, after: pl.DataFrame, by: str) -> dict[str, Pair]:
    """One pair for each value of the column `by` (missing values: ``unknown``), in the order of their names.

    Raises
    ------
    InputError
        As for `pair_up`, or if an utterance's group differs between the tables.
    """
    import polars as pl

    pair_up(before, after)
    parts = []
    for table, name in ((before, "before"), (after, "after")):
        if by not in table.columns:
            raise InputError(f"the scores {name} lack the column {by!r}; they have {table.columns}")
        named = table.with_columns(pl.col(by).cast(pl.String).fill_null(UNKNOWN))
        parts.append({str(key[0]): part for key, part in named.partition_by(by, as_dict=True).items()})
    old, new = parts
    alike = _same_order(before, after) and not before[by].ne_missing(after[by]).any()
    for name in [] if alike else sorted({*old, *new}):
        ids = [set(part[name]["utterance_id"]) if name in part else set() for part in parts]
        if moved := ids[0] ^ ids[1]:
            raise InputError(f"utterance {min(moved)!r} is of {by} {name!r} in one of the two tables only")
    return {name: pair_up(old[name], new[name]) for name in sorted(old)}


def join(pairs: Iterable[Pair]) -> Pair:
    """All utterances of several pairs; a speaker of several is one speaker."""
    return reduce(lambda one, other: Pair(one.before + other.before, one.after + other.after), pairs)


def _same_order(before: pl.DataFrame, after: pl.DataFrame) -> bool:
    """Whether the tables have the same ids row by row, as those of one manifest do: then no row has to be sought."""
    return before["utterance_id"].equals(after["utterance_id"])


def _require_columns(table: pl.DataFrame, side: str) -> None:
    if missing := {"utterance_id", "speaker"} - set(table.columns):
        raise InputError(f"the scores {side} lack the columns {sorted(missing)}; they have {table.columns}")


def _require_unique(table: pl.DataFrame, side: str) -> None:
    twice = table["utterance_id"].is_duplicated()
    if twice.any():
        raise InputError(f"utterance {table['utterance_id'].filter(twice)[0]!r} occurs twice in {side}")


def _require_same(before: pl.DataFrame, after: pl.DataFrame) -> None:
    """Every utterance has the same speaker and the same number of reference tokens on both sides."""
    columns = [
        name for name in ("speaker", "reference_length") if name in before.columns and name in after.columns
    ]
    old, new = before.select("utterance_id", *columns), after.select("utterance_id", *columns)
    if _same_order(before, after):
        joined = old.hstack([new[column].alias(f"{column}_after") for column in columns])
    else:
        joined = old.join(new, on="utterance_id", suffix="_after")
    for column, words in (("speaker", "is by speaker"), ("reference_length", "has a reference of length")):
        if column not in columns:
            continue
        other = joined.filter(joined[column].ne_missing(joined[f"{column}_after"]))
        if other.height:
            name, old, new = other.select("utterance_id", column, f"{column}_after").row(0)
            raise InputError(f"utterance {name!r} {words} {old!r} before and {new!r} after")


def _aligned(before: SpeakerSums, after: SpeakerSums) -> Pair:
    """The same speakers on both sides; one without words who has errors on one side only has zeros on the other."""
    names = tuple(sorted({*before.speakers, *after.speakers}))
    nothing = SpeakerSums(names, np.zeros(len(names)), np.zeros(len(names)), 0)
    return Pair(before + nothing, after + nothing)
