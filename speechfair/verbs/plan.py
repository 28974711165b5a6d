"""`plan` as people call it: with the picture of the power curve, and its form for two models on the same speakers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.exploring import paired_plans, planning
from speechfair.verbs.written import outside_run_folders, write_result

if TYPE_CHECKING:
    from speechfair.exploring.paired_plans import PairedPlan
    from speechfair.exploring.plans import Plan

__all__ = ["plan", "plan_paired"]


def plan(
    *,
    ratio: float = 1.25,
    power: float = 0.8,
    level: float = 0.95,
    limit: float = 1.0,
    comparisons: int = 1,
    pilot: str | Path | None = None,
    axis: str | None = None,
    reference: str | None = None,
    reference_speakers: int | None = None,
    rate: float | None = None,
    cv: float | None = None,
    words_per_speaker: float | None = None,
    over_dispersion: float | None = None,
    talk_cv: float | None = None,
    texts: int | None = None,
    text_cv: float | None = None,
    metric: str | None = None,
    trials_per_speaker: float | None = None,
    out: str | Path | None = None,
    picture: str | Path | None = None,
) -> Plan:
    """Speakers and words per group that find a true `ratio` with probability `power`.

    Parameters
    ----------
    ratio, power, level, limit, comparisons, pilot, axis, reference, reference_speakers, rate, cv, words_per_speaker, \
over_dispersion, talk_cv, texts, text_cv, metric, trials_per_speaker : see `speechfair.exploring.planning.plan`.
    out : JSON file to write the plan to.
    picture : ``.svg`` or ``.png`` file to draw the power curve in.

    Raises
    ------
    InputError, RunFolderError : a figure is missing or out of range, the pilot does not tell enough, or a file would
        be written into a run folder.
    """
    from speechfair.reporting.power_curve import write_power_curve

    outside_run_folders(out, picture)
    made = planning.plan(
        ratio=ratio, power=power, level=level, limit=limit, comparisons=comparisons, pilot=pilot, axis=axis,
        reference=reference, reference_speakers=reference_speakers, rate=rate, cv=cv,
        words_per_speaker=words_per_speaker, over_dispersion=over_dispersion, talk_cv=talk_cv, texts=texts,
        text_cv=text_cv, metric=metric, trials_per_speaker=trials_per_speaker,
    )  # fmt: skip
    return write_result(made, out, picture, write_power_curve)


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
    out: str | Path | None = None,
) -> PairedPlan:
    """Speakers of a group whom two models must both hear, to show *not degraded* or to find a change.

    Parameters
    ----------
    change, power, level, relative, absolute, pilot, after, rate, cv, words_per_speaker, talk_cv, churn, \
change_cv : see `speechfair.exploring.paired_plans.plan_paired`.
    out : JSON file to write the plan to.

    Raises
    ------
    InputError, RunFolderError : a figure is missing or out of range, the runs cannot be compared, or the file would be
        written into a run folder.
    """
    outside_run_folders(out)
    made = paired_plans.plan_paired(
        change=change, power=power, level=level, relative=relative, absolute=absolute, pilot=pilot, after=after,
        rate=rate, cv=cv, words_per_speaker=words_per_speaker, talk_cv=talk_cv, churn=churn, change_cv=change_cv,
    )  # fmt: skip
    return write_result(made, out, None, lambda *_: None)
