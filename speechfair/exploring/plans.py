"""Plans and finished audits as values, and their words for a terminal and a log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from speechfair.metrics.pilot_spread import Spread
from speechfair.metrics.power import Population, Texts
from speechfair.wording import NOTHING, count, given_percent, percent

__all__ = ["CurvePoint", "Detectable", "Finished", "Pilot", "Plan"]


@dataclass(frozen=True, slots=True)
class Pilot:
    """The run that a plan rests on, and what it says of how speakers differ.

    `shared_speakers` counts those who occur in several groups; the plan is for groups of different people.
    `text_variation` is how differently texts hit the groups and the reference (coefficient of variation), where several
    speakers of each read the same texts.
    """

    run: str
    axis: str
    reference: str
    n_groups: int
    shared_speakers: int
    spread: Spread
    text_variation: float | None = None


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Power with that many speakers per group; `low` and `high` at the limits of the pilot's variation, else None."""

    speakers: int
    power: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The speakers per group that a wanted ratio and power need.

    Parameters
    ----------
    ratio, limit : the true ratio, and what the whole interval must lie on the ratio's side of (1 finds a difference).
    power : wanted probability.
    level : coverage of one interval, after dividing the error by `comparisons` (Bonferroni, Holm's first step).
    population : the reference group's speakers as assumed.
    reference_speakers : of the reference group where that is fixed, else None: groups are equally large.
    speakers, words : needed per group; None with `reason` where no number does.
    speakers_low, speakers_high : at the limits of the pilot's variation; None where nothing is known of it, and
        `speakers_high` also where no number does.
    by_words : words per speaker, and the speakers needed then.
    metric : registered metric that is planned for, None for word (or character) errors.
    trial : what its events are counted among; `words` of a speaker and of `Population` are of these.
    texts : where the ratio is to hold for other texts too, else None.
    by_texts : numbers of texts, and the speakers needed then.
    """

    ratio: float
    limit: float
    power: float
    level: float
    comparisons: int
    population: Population
    reference_speakers: int | None
    speakers: int | None
    words: int | None
    reason: str | None
    speakers_low: int | None
    speakers_high: int | None
    by_words: tuple[tuple[float, int | None], ...]
    curve: tuple[CurvePoint, ...]
    pilot: Pilot | None = None
    metric: str | None = None
    trial: str = "words"
    texts: Texts | None = None
    by_texts: tuple[tuple[int, int | None], ...] = ()

    @property
    def what(self) -> str:
        """The ratio that is planned for, in words."""
        return "rate ratio" if self.metric is None else f"{self.metric} ratio"

    def to_json(self) -> str:
        """All of it as JSON, two-space indent, newline at the end."""
        return (
            json.dumps({"schema": "speechfair/plan/1", **asdict(self)}, indent=2, ensure_ascii=False) + "\n"
        )

    def __str__(self) -> str:
        return "\n".join(_plan_lines(self))


@dataclass(frozen=True, slots=True)
class Detectable:
    """The smallest ratio to its reference that a group's audit would have found; None with the reason."""

    axis: str
    group: str
    reference: str
    n_speakers: int
    ratio: float | None
    detectable_ratio: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Finished:
    """What a finished audit could have found, group by group."""

    run: str
    power: float
    level: float
    groups: tuple[Detectable, ...]

    def to_json(self) -> str:
        """All of it as JSON, two-space indent, newline at the end."""
        content = {"schema": "speechfair/detectable/1", **asdict(self)}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def __str__(self) -> str:
        return "\n".join(_finished_lines(self))


def _plan_lines(plan: Plan) -> list[str]:
    """What is assumed, what is needed, and what more or fewer words would change."""
    people, pilot = plan.population, plan.pilot
    goal = f"a {plan.what} of {plan.ratio:g}" + (f" over the limit {plan.limit:g}" if plan.limit != 1 else "")
    if plan.limit > plan.ratio:
        goal = f"that a {plan.what} of {plan.ratio:g} is below the limit {plan.limit:g}"
    lines = [
        f"To find {goal} with power {given_percent(plan.power)}, intervals at level {given_percent(plan.level)}"
        + (f" ({plan.comparisons} comparisons)" if plan.comparisons > 1 else ""),
        f"Assumed: reference rate {percent(people.rate, sign=True)}, speakers vary by {people.variation:.2f} "
        f"(coefficient of variation),",
        f"  {people.words_per_speaker:.0f} {plan.trial} per speaker (varying by {people.talk_variation:.2f}), "
        f"over-dispersion {people.over_dispersion:.2f}",
    ]
    if plan.texts is not None:
        lines.append(
            f"  {plan.texts.count} texts, which all speakers read; how much harder a text is for the group varies by "
            f"{plan.texts.variation:.2f}."
        )
        lines.append("  The interval is for other texts too.")
    if pilot is not None:
        spread = pilot.spread
        lines.append(
            f"Pilot {pilot.run}: axis {pilot.axis}, reference {pilot.reference}; variation {spread.variation:.2f} "
            f"[{spread.low:.2f}, {spread.high:.2f}] from {count(spread.n_speakers, 'speaker')} in "
            f"{count(pilot.n_groups, 'group')}"
        )
        if pilot.shared_speakers:
            lines.append(
                "  Speakers of the pilot occur in several groups. The plan is for different people; the same people "
                "in both groups would need fewer."
            )
        if pilot.text_variation is not None and plan.texts is None:
            lines.append(
                "  Speakers of the pilot read the same texts. The plan is for these texts; for other texts too, give "
                "--texts."
            )
    lines.append("")
    if plan.speakers is None:
        lines.append(f"Needed: {plan.reason}")
    else:
        trial = "reference words" if plan.metric is None else plan.trial
        each = "in the group" if plan.reference_speakers else "per group"
        lines.append(f"Needed: {plan.speakers:,} speakers {each}, {plan.words:,} {trial} {each}")
    if plan.reference_speakers:
        lines.append(f"  next to {plan.reference_speakers:,} speakers of the reference group")
    if plan.speakers_low is not None:
        high = f"{plan.speakers_high:,}" if plan.speakers_high else "more than 100,000"
        lines.append(f"  with the pilot's uncertainty: {plan.speakers_low:,} to {high} speakers")
    lines += _needed_by(f"{plan.trial} per speaker", plan.by_words)
    return lines + (_needed_by("texts", plan.by_texts) if plan.by_texts else [])


def _needed_by(what: str, rows: Sequence[tuple[float, int | None]]) -> list[str]:
    """A table of the speakers needed at each number of words or texts."""
    width = max(len(what), 8)
    lines = ["", f"{what:>{width}}   speakers needed"]
    return lines + [f"{count:{width},.0f}   {f'{n:,}' if n else NOTHING:>15}" for count, n in rows]


def _finished_lines(finished: Finished) -> list[str]:
    """A table of the smallest ratios that would have been found."""
    lines = [
        f"Smallest ratio to the reference that {finished.run} would have found with power "
        f"{given_percent(finished.power)},",
        f"intervals at level {given_percent(finished.level)}:",
    ]
    for axis in dict.fromkeys(row.axis for row in finished.groups):
        rows = [row for row in finished.groups if row.axis == axis]
        width = max(len(row.group) for row in rows)
        lines += ["", f"{axis} (reference {rows[0].reference})"]
        lines.append(f"  {'group':{width}}  speakers  observed ratio  detectable ratio")
        for row in rows:
            seen = NOTHING if row.ratio is None else f"{row.ratio:.2f}"
            least = (
                f"{NOTHING} ({row.reason})" if row.detectable_ratio is None else f"{row.detectable_ratio:.2f}"
            )
            lines.append(f"  {row.group:{width}}  {row.n_speakers:8d}  {seen:>14}  {least:>16}")
    lines += ["", "A smaller true ratio would probably have gone unnoticed."]
    return lines
