"""What is claimed of each release of a sequence, and which claims pass when all are counted (Holm).

A claim is that no group of a release is degraded against an earlier one: the one before, the first, or, group by group,
the one with the lowest rate. That lowest rate is chosen by its observed value, which is too low by luck, so the change
since it is too high: the claim passes more rarely than one against a release named beforehand, never more often.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

from speechfair.comparing.no_harm import Margins, judge_no_harm
from speechfair.running.scoring import add_axis

if TYPE_CHECKING:
    import polars as pl

    from speechfair.metrics.pairing import Pair

__all__ = ["Claim", "HolmResult", "Kind", "by_holm", "claims_of"]

Kind = Literal["previous", "first", "lowest"]
_Group = tuple[str, str]


@dataclass(frozen=True)
class Claim:
    """That no group of a release is degraded against an earlier one.

    Parameters
    ----------
    release : its place.
    kind : what it is compared with.
    against : by axis and group, the place of the earlier release.
    pairs : by axis and group, the sums of both releases.
    """

    release: int
    kind: Kind
    against: Mapping[_Group, int]
    pairs: Mapping[_Group, Pair]


@dataclass(frozen=True)
class HolmResult:
    """How one claim came out of the correction: the level at which it was last tested, among how many claims."""

    level: float
    passed: bool
    n_claims: int


def claims_of(
    tables: Sequence[pl.DataFrame], axes: Sequence[str], rates: Sequence[Mapping[_Group, float | None]]
) -> list[Claim]:
    """The claims of all releases but the first, in their order.

    The second release has one claim and the third two, since every earlier release is then the first or the one before;
    any later one has three. How many there are does not depend on the rates.

    Parameters
    ----------
    tables : scores of each release, on the same utterances in the same order.
    rates : of each release, by axis and group.
    """

    @cache
    def pairs(before: int, after: int) -> dict[_Group, Pair]:
        return _pairs(tables[before], tables[after], axes)

    claims = []
    for place in range(1, len(tables)):
        groups = list(pairs(place - 1, place))
        against: dict[Kind, dict[_Group, int]] = {"previous": dict.fromkeys(groups, place - 1)}
        if place > 1:
            against["first"] = dict.fromkeys(groups, 0)
        if place > 2:
            against["lowest"] = {group: _lowest(rates[:place], group) for group in groups}
        for kind, earlier in against.items():
            of_groups = {group: pairs(before, place)[group] for group, before in earlier.items()}
            claims.append(Claim(place, kind, earlier, of_groups))
    return claims


def _lowest(rates: Sequence[Mapping[_Group, float | None]], group: _Group) -> int:
    """The place of the release with the lowest rate of a group, the earliest of several."""
    known = [(rate, place) for place, by_group in enumerate(rates) if (rate := by_group[group]) is not None]
    return min(known)[1] if known else 0


def _pairs(before: pl.DataFrame, after: pl.DataFrame, axes: Sequence[str]) -> dict[_Group, Pair]:
    """Everybody, and every group of every axis, with the sums of both releases."""
    from speechfair.metrics.pairing import pair_by_group, pair_up

    found = {("overall", "all"): pair_up(before, after)}
    for axis in axes:
        by_group = pair_by_group(add_axis(before, axis), add_axis(after, axis), "group")
        found |= {(axis, value): by_group[value] for value in sorted(by_group)}
    return found


def by_holm(claims: Sequence[Claim], margins: Margins) -> list[HolmResult]:
    """The level at which each claim was last tested, and whether it passed.

    Holm's step-down test without p-values: of m open claims, those that pass with error (1 - level) / m are settled,
    and the rest are tested again with the fewer that are left, until none passes.
    """
    levels, passed = [margins.level] * len(claims), [False] * len(claims)
    while left := [n for n, done in enumerate(passed) if not done]:
        stricter = replace(margins, level=1 - (1 - margins.level) / len(left))
        for n in left:
            levels[n] = stricter.level
            passed[n] = _passes(claims[n], stricter)
        if not any(passed[n] for n in left):
            break
    return [HolmResult(level, done, len(claims)) for level, done in zip(levels, passed, strict=True)]


def _passes(claim: Claim, margins: Margins) -> bool:
    if len(claim.pairs) == 1:
        return False  # nobody but everybody: harm to a group cannot be excluded
    return all(judge_no_harm(pair, margins).verdict == "pass" for pair in claim.pairs.values())
