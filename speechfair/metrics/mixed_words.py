"""One sentence on how an adjusted ratio differs from the raw one, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from speechfair.metrics.mixed_rows import Question
from speechfair.types import Estimate

__all__ = ["explain"]

_WORTH_TELLING = 0.01
_LITTLE = 0.02


def explain(
    question: Question, name: str, adjusted: Estimate, raw: Estimate, contributions: Mapping[str, float]
) -> str:
    """Both ratios, and which covariates move the raw one by how much.

    What the covariates' means do not account for is how speakers are weighed: in the raw rate by their words, in
    the model by what each speaker tells, on the log scale.
    """
    if adjusted.value is None:
        return f"{name}: not adjusted, since {adjusted.reason}."
    if raw.value is None:
        return f"{name}: adjusted ratio {adjusted.value:.2f}; no raw ratio, since {raw.reason}."
    equal = f"at equal {_listed(question.covariates)}" if question.covariates else "by the model"
    start = f"{name}: {raw.value:.2f} times the rate of {question.reference} as recorded, {adjusted.value:.2f} {equal}"
    if abs(math.log(adjusted.value / raw.value)) < _LITTLE:
        return f"{start}: adjustment changes little."
    order = sorted(contributions.items(), key=lambda item: -abs(math.log(item[1])))
    told = [f"{covariate} {factor - 1:+.0%}" for covariate, factor in order if _matters(factor)]
    rest = raw.value / adjusted.value / math.prod(contributions.values())
    if _matters(rest):
        told.append(f"the weighing of speakers {rest - 1:+.0%}")
    return f"{start}: the raw ratio is moved by {_listed(told)}." if told else f"{start}."


def _matters(factor: float) -> bool:
    return abs(math.log(factor)) >= _WORTH_TELLING


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
