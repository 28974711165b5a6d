"""How many speakers two models must both hear: to show that nobody is degraded, or to find a change of the rate.

`planning` is about groups of different speakers. Reads run folders and writes nothing.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from speechfair.comparing.no_harm import Margins
from speechfair.errors import InputError
from speechfair.metrics.paired_power import Change
from speechfair.wording import given_percent, percent

__all__ = ["CHANGE_CV", "PairedPlan", "plan_paired"]

CHANGE_CV = 0.1
"""Variation of the speakers' own changes that is assumed where nothing is known of it."""

_FLAGS = {
    "rate": "--rate",
    "speaker_variation": "--cv",
    "words_per_speaker": "--words-per-speaker",
    "churn": "--churn",
}


_TOO_MANY = "more than 100,000 speakers"
_HARM = "the true change is assumed to be beyond the margin, so no number of speakers shows that it is within"
_NO_CHANGE = "the rate is assumed to stay as it is, so there is no change to be found"


@dataclass(frozen=True, slots=True)
class PairedPlan:
    """The speakers of one group that a comparison of two models needs.

    Parameters
    ----------
    change : what is assumed of the speakers and of the second model.
    relative, absolute : the margin of harm, as for `speechfair.compare`.
    power, level : wanted probability, and coverage of the intervals.
    no_harm : speakers with which *not degraded* is shown; None with `no_harm_reason`.
    any_change : speakers with which the change is found; None with `any_change_reason`.
    smallest_visible_share : of speakers that the second model fails wholly, of whom `no_harm` speakers would have shown
        one with 95 %.
    pilot : the two runs that the figures come from, before and after.
    """

    change: Change
    relative: float
    absolute: float
    power: float
    level: float
    no_harm: int | None
    no_harm_reason: str | None
    any_change: int | None
    any_change_reason: str | None
    smallest_visible_share: float | None
    pilot: tuple[str, str] | None = None

    def to_json(self) -> str:
        """All of it as JSON, two-space indent, newline at the end."""
        content = {"schema": "speechfair/plan-paired/1", **asdict(self)}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def plan_paired(
    *,
    change: float | None = None,
    power: float = 0.8,
    level: float = 0.95,
    relative: float = 0.10,
    absolute: float = 0.01,
    pilot: str | Path | None = None,
    after: str | Path | None = None,
    rate: float | None = None,
    cv: float | None = None,
    words_per_speaker: float | None = None,
    talk_cv: float | None = None,
    churn: float | None = None,
    change_cv: float | None = None,
) -> PairedPlan:
    """Speakers of a group whom two models must both hear, to show *not degraded* or to find a change.

    Parameters
    ----------
    change : true rate after / before; 1 if nothing is given, also with a pilot, whose own change is mostly noise.
    power, level : wanted probability, and coverage of the intervals.
    relative, absolute : margin of harm as for `speechfair.compare`; the larger of the two holds.
    pilot, after : scored run folders of the two models on the same utterances, from which all other figures come.
    rate, cv, words_per_speaker, talk_cv, churn, change_cv : as in `speechfair.metrics.paired_power.Change`; they take
        the place of the pilot's figures. `churn` counts errors that only one of the models makes, per word.

    Raises
    ------
    InputError, RunFolderError : a figure is missing or out of range, or the runs cannot be compared.
    """
    from speechfair.metrics.paired_power import speakers_for_change, speakers_for_no_harm
    from speechfair.metrics.rare_events import smallest_visible_share

    given = {
        "rate": rate,
        "speaker_variation": cv,
        "words_per_speaker": words_per_speaker,
        "talk_variation": talk_cv,
        "churn": churn,
        "variation": change_cv,
    }
    stated = {name: value for name, value in given.items() if value is not None}
    ratio = 1.0 if change is None else change
    if pilot is not None or after is not None:
        assumed = replace(_of_pilot(pilot, after, ratio), **stated)
    else:
        if missing := [flag for name, flag in _FLAGS.items() if name not in stated]:
            raise InputError(
                f"{', '.join(missing)} missing: state them, or give the runs of two models with --pilot BEFORE "
                "--after AFTER"
            )
        assumed = Change(**({"ratio": ratio, "variation": CHANGE_CV} | stated))
    margins = Margins(relative, absolute, level)
    margin = max(margins.relative * assumed.rate, margins.absolute)
    harmless = assumed.rate * (assumed.ratio - 1) < margin
    no_harm = any_change = None
    if harmless:
        no_harm = speakers_for_no_harm(
            assumed, relative=relative, absolute=absolute, power=power, level=level
        )
    if changes := not math.isclose(assumed.ratio, 1.0):
        any_change = speakers_for_change(assumed, power=power, level=level)
    return PairedPlan(
        change=assumed,
        relative=relative,
        absolute=absolute,
        power=power,
        level=level,
        no_harm=no_harm,
        no_harm_reason=None if no_harm else _TOO_MANY if harmless else _HARM,
        any_change=any_change,
        any_change_reason=None if any_change else _TOO_MANY if changes else _NO_CHANGE,
        smallest_visible_share=smallest_visible_share(no_harm) if no_harm else None,
        pilot=(str(pilot), str(after)) if pilot is not None else None,
    )


def _of_pilot(pilot: str | Path | None, after: str | Path | None, ratio: float) -> Change:
    """What two runs on the same utterances tell of how a second model changes the errors."""
    import polars as pl

    from speechfair.comparing.matching import same_utterances
    from speechfair.metrics.error_counts import errors_of
    from speechfair.metrics.paired import log_change_error
    from speechfair.metrics.pairing import pair_up
    from speechfair.metrics.pilot_spread import spread_of_pilot

    if pilot is None or after is None:
        raise InputError("two runs are needed: the model before as --pilot and the model after as --after")
    tables = same_utterances(pilot, after, [])
    pair, spread = pair_up(*tables), spread_of_pilot([tables[0]])
    error = log_change_error(pair)
    if error is None:
        raise InputError(
            "the two runs do not tell how a model changes errors, since one makes (almost) none; state --churn and the "
            "other figures"
        )
    before, later = (table.select(errors_of(table).cast(pl.Float64)).to_series() for table in tables)
    rate, words = pair.rates[0], pair.before.total_words
    observed = Change(
        rate=rate,
        ratio=pair.rates[1] / rate,
        churn=float((later - before).abs().sum()) / words,
        variation=0.0,
        speaker_variation=spread.variation,
        words_per_speaker=spread.words_per_speaker,
        talk_variation=spread.talk_variation,
    )
    # What the variance has beyond counting is how much the speakers' changes differ.
    beyond = max(0.0, error**2 - observed.log_variance(spread.n_speakers)) * spread.n_speakers
    own = (1 + spread.variation**2) * (1 + spread.talk_variation**2)
    # A stated ratio leaves the pilot's churn as it is, within what that ratio allows.
    churn = min(max(observed.churn, rate * abs(ratio - 1)), rate * (1 + ratio))
    return replace(observed, ratio=ratio, churn=churn, variation=math.sqrt(beyond / own))


def _lines(plan: PairedPlan) -> list[str]:
    """What is assumed, and what is needed."""
    change = plan.change
    margin = max(plan.relative * change.rate, plan.absolute)
    found = [
        f"Two models on the same speakers, power {given_percent(plan.power)}, intervals at level "
        f"{given_percent(plan.level)}",
        f"Assumed: rate {percent(change.rate, sign=True)} before, after / before {change.ratio:g}; "
        f"{percent(change.churn, sign=True)} of the words are wrong in one model only,",
        f"  speakers' changes vary by {change.variation:.2f} (coefficient of variation), their rates by "
        f"{change.speaker_variation:.2f}, {change.words_per_speaker:.0f} words per speaker "
        f"(varying by {change.talk_variation:.2f})",
    ]
    if plan.pilot is not None:
        found.append(f"Pilot: {plan.pilot[0]} before, {plan.pilot[1]} after")
    found.append("")
    if plan.no_harm is None:
        found.append(f"To show that the group is not degraded: {plan.no_harm_reason}")
    else:
        found += [
            f"To show that the group is not degraded (margin {percent(margin)} points): {plan.no_harm:,} speakers",
            f"  Of harm that falls on single speakers, {plan.no_harm:,} show a share of "
            f"{percent(plan.smallest_visible_share, sign=True)} with 95 %.",
        ]
    if plan.any_change is not None:
        found.append(f"To find the change: {plan.any_change:,} speakers")
    elif not math.isclose(change.ratio, 1.0):
        found.append(f"To find the change: {plan.any_change_reason}")
    return found
