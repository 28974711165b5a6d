"""The probability that a true ratio is above its limit, next to the verdict, which does not rest on it.

A verdict is yes or no at the criterion's level; an undetermined one may be almost decided or quite open. The mixed
model of `speechfair.metrics.mixed` says how far, from the same speakers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from speechfair.errors import MissingExtraError
from speechfair.gating.cases import RunFacts
from speechfair.gating.criteria import CriteriaFile, Criterion
from speechfair.gating.gate_result import Comparison

if TYPE_CHECKING:
    import polars as pl

    from speechfair.gating.cases import Members
    from speechfair.metrics import Adjusted

__all__ = ["with_probabilities"]


def with_probabilities(
    comparisons: Sequence[Comparison], file: CriteriaFile, facts: RunFacts
) -> list[Comparison]:
    """The comparisons, those of an error rate's ratio with the probability that it is above the limit.

    A comparison that a guard keeps open has none: it must not say what the verdict would have been.
    """
    criteria = {criterion.id: criterion for criterion in file.criteria}
    models: dict[tuple[str, str], Adjusted | str] = {}
    found = []
    for one in comparisons:
        criterion = criteria[one.criterion]
        if criterion.measured != "rate_ratio" or one.guard is not None or one.reference is None:
            found.append(one)
            continue
        key = criterion.axis, one.reference
        if key not in models:
            models[key] = _model(facts.members(criterion.axis), one.reference)
        found.append(one.model_copy(update=_probability(models[key], criterion, one.group)))
    return found


def _model(members: Mapping[str, Members], reference: str) -> Adjusted | str:
    """The mixed model of all groups of an axis; or why there is none."""
    import polars as pl

    from speechfair.metrics import adjusted_ratios

    table = pl.concat([_by_speaker(one) for one in members.values()])
    try:
        return adjusted_ratios(table, group="group", reference=reference)
    except MissingExtraError as error:
        return str(error)


def _by_speaker(members: Members) -> pl.DataFrame:
    """One row per speaker: without covariates their sums tell the Poisson model all that their utterances do."""
    import polars as pl

    from speechfair.metrics import speaker_sums

    sums = speaker_sums(members.table)
    return pl.DataFrame(
        {
            "speaker": sums.speakers,
            "group": [members.value] * sums.n_speakers,
            "substitutions": sums.errors,
            "deletions": [0.0] * sums.n_speakers,
            "insertions": [0.0] * sums.n_speakers,
            "reference_length": sums.words,
        },
        schema_overrides={"speaker": pl.String, "group": pl.String},
    )


def _probability(model: Adjusted | str, criterion: Criterion, group: str) -> dict[str, float | str | None]:
    """The fields of a `Comparison`."""
    if isinstance(model, str):
        return {"probability_above": None, "probability_reason": model}
    value = model.probability_above(group, criterion.limit) if group in model.groups else None
    reason = None
    if value is None:
        reason = model.reason or (
            model.groups[group].adjusted.reason if group in model.groups else "not in the model"
        )
    return {"probability_above": value, "probability_reason": reason}
