"""A plan in words, for a terminal and a log. It only words numbers that `planning` holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from speechfair.wording import NOTHING, percent

if TYPE_CHECKING:
    from speechfair.exploring.planning import Finished, Plan

__all__ = ["finished_lines", "plan_lines"]


def plan_lines(plan: Plan) -> list[str]:
    """What is assumed, what is needed, and what more or fewer words would change."""
    people, pilot = plan.population, plan.pilot
    goal = f"a rate ratio of {plan.ratio:g}" + (f" over the limit {plan.limit:g}" if plan.limit != 1 else "")
    if plan.limit > plan.ratio:
        goal = f"that a rate ratio of {plan.ratio:g} is below the limit {plan.limit:g}"
    lines = [
        f"To find {goal} with power {100 * plan.power:g} %, intervals at level {100 * plan.level:.4g} %"
        + (f" ({plan.comparisons} comparisons)" if plan.comparisons > 1 else ""),
        f"Assumed: reference rate {percent(people.rate, sign=True)}, speakers vary by {people.variation:.2f} "
        f"(coefficient of variation),",
        f"  {people.words_per_speaker:.0f} words per speaker (varying by {people.talk_variation:.2f}), "
        f"over-dispersion {people.over_dispersion:.2f}",
    ]
    if pilot is not None:
        spread = pilot.spread
        lines.append(
            f"Pilot {pilot.run}: axis {pilot.axis}, reference {pilot.reference}; variation {spread.variation:.2f} "
            f"[{spread.low:.2f}, {spread.high:.2f}] from {spread.n_speakers} speakers in {pilot.n_groups} group(s)"
        )
        if pilot.shared_speakers:
            lines.append(
                "  Speakers of the pilot occur in several groups. The plan is for different people; the same people "
                "in both groups would need fewer."
            )
    lines.append("")
    if plan.speakers is None:
        lines.append(f"Needed: {plan.reason}")
    else:
        each = "in the group" if plan.reference_speakers else "per group"
        lines.append(f"Needed: {plan.speakers:,} speakers {each}, {plan.words:,} reference words {each}")
    if plan.reference_speakers:
        lines.append(f"  next to {plan.reference_speakers:,} speakers of the reference group")
    if plan.speakers_low is not None:
        high = f"{plan.speakers_high:,}" if plan.speakers_high else "more than 100,000"
        lines.append(f"  with the pilot's uncertainty: {plan.speakers_low:,} to {high} speakers")
    lines += ["", "words per speaker   speakers needed"]
    lines += [f"{words:17,.0f}   {f'{n:,}' if n else NOTHING:>15}" for words, n in plan.by_words]
    return lines


def finished_lines(finished: Finished) -> list[str]:
    """A table of the smallest ratios that would have been found."""
    lines = [
        f"Smallest ratio to the reference that {finished.run} would have found with power {100 * finished.power:g} %,",
        f"intervals at level {100 * finished.level:.4g} %:",
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
