"""What replies do, measured by group: refusals, success, length, language, unsafe replies, stereotypes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from speechfair.auditing.estimates import reference_group
from speechfair.metrics import holm, rate_ratio
from speechfair.metrics.disparity import log_ratio_error
from speechfair.probes.response.replies import (
    Classifier,
    Judged,
    Request,
    requests,
    succeeded,
)
from speechfair.probes.response.response_results import (
    AxisResponse,
    GroupMeasure,
    MeasureResult,
)
from speechfair.probes.statistics import difference_with_p, share, sums_of
from speechfair.running.run_recipe import RunRecipe
from speechfair.running.scoring import add_axis
from speechfair.types import UNKNOWN, Estimate, SpeechLanguageModel

if TYPE_CHECKING:
    import polars as pl

    from speechfair.metrics.rates import SpeakerSums

__all__ = ["Measure", "ResponseSettings", "axis_response", "measures_of"]

_OF: dict[str, str] = {
    "refusal": "harmless requests that are declined",
    "task_success": "harmless requests that are done",
    "language_switch": "replies in another language than English",
    "unsafe_compliance": "unsafe requests that are complied with",
    "stereotype": "replies that infer a person from a voice",
    "length": "words per reply",
    "no_reply": "requests without a reply (failed or empty)",
}


@dataclass(frozen=True, slots=True)
class ResponseSettings:
    """How groups are compared."""

    level: float
    alpha: float
    least: float
    prompt: str


@dataclass(frozen=True, slots=True)
class Measure:
    """Events and trials of one reply; a request that the measure is not about has no trial."""

    name: str
    judged_by: str
    reason: str | None
    of: Callable[[Request, str], tuple[float, float] | None]


def measures_of(
    classifiers: Mapping[str, Classifier],
    judged: Mapping[str, Judged],
    judge_model: SpeechLanguageModel | None,
) -> list[Measure]:
    """Every measure, with who judged it and the reason where it has no figures."""
    who = "rules" if judge_model is None else judge_model.identity.name

    def classified(name: str, kinds: Iterable[str]) -> Measure:
        one, about, classify = judged[name], frozenset(kinds), classifiers[name]
        share_right = f"{one.n_right} of {one.n_cases} replies of known truth right"
        reason = None if one.used else f"the {who} are not used: {share_right}"
        return Measure(
            name,
            f"{who}, {share_right}",
            reason,
            lambda request, reply: (float(classify(reply)), 1.0) if request.kind in about else None,
        )

    return [
        Measure("no_reply", "counting", None, lambda request, reply: (float(not reply.strip()), 1.0)),
        classified("refusal", ("task",)),
        Measure(
            "task_success",
            "patterns of requests.yaml",
            None,
            lambda request, reply: (
                (float(succeeded(request, reply)), 1.0) if request.kind == "task" else None
            ),
        ),
        classified("unsafe_compliance", ("unsafe",)),
        classified("stereotype", ("task", "unsafe", "identity")),
        classified("language_switch", ("task", "unsafe", "identity")),
        Measure("length", "counting", None, lambda request, reply: (float(len(reply.split())), 1.0)),
    ]


def axis_response(
    table: pl.DataFrame,
    control: Mapping[str, str | None],
    axis: str,
    recipe: RunRecipe,
    measures: Sequence[Measure],
    settings: ResponseSettings,
) -> AxisResponse:
    """Every measure of every group of one axis, compared with the reference group."""
    parts = {
        str(key[0]): part.to_dicts()
        for key, part in add_axis(table, axis).partition_by("group", as_dict=True).items()
    }
    asked = {name: sums_of((row["speaker"], 0.0, 1.0) for row in rows) for name, rows in parts.items()}
    reference, why = reference_group(axis, asked, *recipe.references(axis))
    found = [_measure(axis, one, parts, control, reference, settings) for one in measures]
    places = [
        (i, j)
        for i, one in enumerate(found)
        for j, group in enumerate(one.groups)
        if group.p_value is not None
    ]
    adjusted = holm([found[i].groups[j].p_value or 0.0 for i, j in places])
    groups = [list(one.groups) for one in found]
    for (i, j), p_holm in zip(places, adjusted, strict=True):
        verdict = _verdict(found[i].measure, groups[i][j].difference, p_holm, settings.alpha)
        groups[i][j] = groups[i][j].model_copy(update={"p_holm": p_holm, "verdict": verdict})
    measured = [one.model_copy(update={"groups": new}) for one, new in zip(found, groups, strict=True)]
    return AxisResponse(axis=axis, reference=reference, reference_reason=why, measures=measured)


def _measure(
    axis: str,
    measure: Measure,
    parts: Mapping[str, Sequence[Mapping[str, Any]]],
    control: Mapping[str, str | None],
    reference: str | None,
    settings: ResponseSettings,
) -> MeasureResult:
    groups: list[GroupMeasure] = []
    if measure.reason is None:
        sums = {name: _sums(measure, rows) for name, rows in parts.items()}
        base = sums[reference] if reference is not None else None
        for name in sorted(parts, key=lambda name: (name != reference, name)):
            compare = base is not None and name != reference and UNKNOWN not in name.split("+")
            texts = {str(row["request"]) for row in parts[name]}
            groups.append(
                _group(axis, measure, name, sums[name], base if compare else None, settings).model_copy(
                    update={
                        "is_reference": name == reference,
                        "verdict": "reference" if name == reference else "undetermined",
                        "text": _of_text(measure, texts, control),
                    }
                )
            )
    return MeasureResult(
        measure=measure.name,
        what=_OF[measure.name],
        judged_by=measure.judged_by,
        reason=measure.reason,
        groups=groups,
    )


def _group(
    axis: str,
    measure: Measure,
    name: str,
    sums: SpeakerSums,
    base: SpeakerSums | None,
    settings: ResponseSettings,
) -> GroupMeasure:
    level = settings.level
    compared: Estimate | None = None
    p_value: float | None = None
    if measure.name == "length":
        value = _mean_length(sums, level)
        if base is not None:
            compared, p_value = _length_ratio(sums, base, level)
    else:
        value = share(sums, level)
        if base is not None:
            compared, p_value = difference_with_p(sums, base, level)
    return GroupMeasure(
        axis=axis,
        group=name,
        is_reference=False,
        n_replies=sums.n_utterances,
        value=value,
        text=None,
        difference=compared if compared is not None else None,
        p_value=p_value,
        p_holm=None,
        verdict="undetermined",
    )


def _mean_length(sums: SpeakerSums, level: float) -> Estimate:
    from speechfair.metrics import pooled_rate

    found = pooled_rate(sums, level)
    return replace(found, reason="nothing was asked") if found.value is None else found


def _length_ratio(group: SpeakerSums, reference: SpeakerSums, level: float) -> tuple[Estimate, float | None]:
    import math

    from scipy.special import stdtr

    ratio = rate_ratio(group, reference, level)
    error = log_ratio_error(group, reference)
    if isinstance(error, str) or not ratio.value or ratio.low is None or not error[0]:
        return ratio, None
    return ratio, float(2 * stdtr(error[1], -abs(math.log(ratio.value)) / error[0]))


def _sums(measure: Measure, rows: Iterable[Mapping[str, Any]]) -> SpeakerSums:
    by_id = {request.id: request for request in requests()}
    found = []
    for row in rows:
        # no reply is an empty one: it does nothing, and is counted as such
        counted = measure.of(by_id[row["request"]], row["reply"] or "")
        if counted is not None:
            found.append((row["speaker"], *counted))
    return sums_of(found)


def _of_text(measure: Measure, texts: Iterable[str], control: Mapping[str, str | None]) -> float | None:
    by_id = {request.id: request for request in requests()}
    counted = [measure.of(by_id[name], control.get(name) or "") for name in sorted(texts)]
    trials = [one for one in counted if one is not None]
    return sum(events for events, _ in trials) / len(trials) if trials else None


def _verdict(
    measure: str, compared: Estimate | None, p_holm: float, alpha: float
) -> Literal["higher", "lower", "undetermined"]:
    if compared is None or compared.value is None or p_holm > alpha:
        return "undetermined"
    return "higher" if compared.value > (1.0 if measure == "length" else 0.0) else "lower"
