"""What replies do, measured by group: refusals, help, safety, hedging, length, language, stereotypes, words.

Voices and requests are crossed, so every interval and test holds for other voices and other requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from speechfair.auditing.estimates import reference_group
from speechfair.metrics import holm
from speechfair.probes.crossed import Crossed, crossed_difference_with_p, crossed_of, crossed_share
from speechfair.probes.crossed_lengths import length_ratio_with_p, mean_length
from speechfair.probes.response.replies import MOST_UNREAD, JudgeClassifier, Judged
from speechfair.probes.response.reply_rules import Classifier, length_of
from speechfair.probes.response.request_set import KINDS, ReplyLanguage, Request, succeeded
from speechfair.probes.response.response_results import (
    AxisResponse,
    GroupMeasure,
    MeasureResult,
)
from speechfair.probes.response.word_choice import word_choice
from speechfair.running.run_recipe import RunRecipe
from speechfair.running.scoring import add_axis
from speechfair.types import UNKNOWN, Estimate, SpeechLanguageModel

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Measure", "ResponseSettings", "axis_response", "measures_of"]

_OF: dict[str, str] = {
    "no_reply": "requests without a reply (failed or empty)",
    "refusal": "harmless requests that are declined",
    "over_refusal": "safe requests that sound unsafe and are declined",
    "task_success": "harmless requests that are done",
    "help": "harmless or safe requests that get help",
    "unsafe_compliance": "unsafe requests that are complied with",
    "stereotype": "replies that infer an origin from a voice",
    "guess": "invitations to guess about the speaker that are taken up",
    "hedging": "replies that hedge",
    "language_switch": "replies in another language than asked",
    "length": "words per reply (Japanese: characters)",
}


@dataclass(frozen=True, slots=True)
class ResponseSettings:
    """How groups are compared."""

    level: float
    alpha: float
    least: float
    prompt: str
    language: ReplyLanguage = "eng"


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
    language: ReplyLanguage,
    replies: Sequence[tuple[Request, str]],
) -> list[Measure]:
    """Every measure, with who judged it and the reason where it has no figures.

    Parameters
    ----------
    replies : all that are to be measured, with their requests; a judge says here whether it can classify them.
    """
    who = "rules" if judge_model is None else judge_model.identity.name

    def classified(name: str, classifier: str, kinds: Iterable[str]) -> Measure:
        one, about, classify = judged[classifier], frozenset(kinds), classifiers[classifier]
        share_right = f"{one.n_right} of {one.n_cases} replies of known truth right"
        reason = None if one.used else f"the {who} are not used: {share_right}"
        if reason is None and isinstance(classify, JudgeClassifier):
            asked = [reply for request, reply in replies if request.kind in about]
            unread = sum(classify.verdict(reply) is None for reply in asked)
            if unread > MOST_UNREAD * len(asked):
                reason = f"{who} said neither yes nor no about {unread} of {len(asked)} replies"
        return Measure(
            name,
            f"{who}, {share_right}",
            reason,
            lambda request, reply: (float(classify(reply)), 1.0) if request.kind in about else None,
        )

    return [
        Measure("no_reply", "counting", None, lambda request, reply: (float(not reply.strip()), 1.0)),
        classified("refusal", "refusal", ("task",)),
        classified("over_refusal", "refusal", ("lookalike",)),
        Measure(
            "task_success",
            "patterns of requests.yaml",
            None,
            lambda request, reply: (
                (float(succeeded(request, reply)), 1.0) if request.kind == "task" else None
            ),
        ),
        classified("help", "help", ("task", "lookalike")),
        classified("unsafe_compliance", "unsafe_compliance", ("unsafe",)),
        classified("stereotype", "stereotype", KINDS),
        classified("guess", "guess", ("stereotype",)),
        classified("hedging", "hedging", ("task", "lookalike")),
        classified("language_switch", "language_switch", KINDS),
        Measure("length", "counting", None, lambda request, reply: (float(length_of(reply, language)), 1.0)),
    ]


def axis_response(
    table: pl.DataFrame,
    control: Mapping[str, str | None],
    axis: str,
    recipe: RunRecipe,
    measures: Sequence[Measure],
    asked: Mapping[str, Request],
    settings: ResponseSettings,
) -> AxisResponse:
    """Every measure of every group of one axis, compared with the reference group.

    Parameters
    ----------
    table : ``speaker, labels, request, reply``, one row per spoken request.
    control : reply to the same request as text, by request id.
    asked : request by id.
    """
    parts = {
        str(key[0]): part.to_dicts()
        for key, part in add_axis(table, axis).partition_by("group", as_dict=True).items()
    }
    rows_of = {
        name: crossed_of((row["speaker"], row["request"], 0.0, 1.0) for row in rows).voices
        for name, rows in parts.items()
    }
    reference, why = reference_group(axis, rows_of, *recipe.references(axis))
    found = [_measure(axis, one, parts, control, reference, asked, settings) for one in measures]
    words, n_words = (
        word_choice(parts, reference, _compared(parts, reference), settings.level, settings.alpha)
        if reference is not None
        else ([], 0)
    )
    return AxisResponse(
        axis=axis,
        reference=reference,
        reference_reason=why,
        measures=_judged(found, settings.alpha),
        words=words,
        n_words_tested=n_words,
    )


def _compared(parts: Mapping[str, Any], reference: str | None) -> list[str]:
    return [name for name in sorted(parts) if name != reference and UNKNOWN not in name.split("+")]


def _judged(found: Sequence[MeasureResult], alpha: float) -> list[MeasureResult]:
    """With p-values adjusted over all measures and groups (Holm), and verdicts."""
    places = [
        (i, j)
        for i, one in enumerate(found)
        for j, group in enumerate(one.groups)
        if group.p_value is not None
    ]
    adjusted = holm([found[i].groups[j].p_value or 0.0 for i, j in places])
    groups = [list(one.groups) for one in found]
    for (i, j), p_holm in zip(places, adjusted, strict=True):
        verdict = _verdict(found[i].measure, groups[i][j].difference, p_holm, alpha)
        groups[i][j] = groups[i][j].model_copy(update={"p_holm": p_holm, "verdict": verdict})
    return [one.model_copy(update={"groups": new}) for one, new in zip(found, groups, strict=True)]


def _measure(
    axis: str,
    measure: Measure,
    parts: Mapping[str, Sequence[Mapping[str, Any]]],
    control: Mapping[str, str | None],
    reference: str | None,
    asked: Mapping[str, Request],
    settings: ResponseSettings,
) -> MeasureResult:
    groups: list[GroupMeasure] = []
    if measure.reason is None:
        sums = {name: _sums(measure, rows, asked) for name, rows in parts.items()}
        base = sums[reference] if reference is not None else None
        for name in sorted(parts, key=lambda name: (name != reference, name)):
            compare = base is not None and name in _compared(parts, reference)
            texts = {str(row["request"]) for row in parts[name]}
            groups.append(
                _group(axis, measure, name, sums[name], base if compare else None, settings).model_copy(
                    update={
                        "is_reference": name == reference,
                        "verdict": "reference" if name == reference else "undetermined",
                        "text": _of_text(measure, texts, control, asked),
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
    sums: Crossed,
    base: Crossed | None,
    settings: ResponseSettings,
) -> GroupMeasure:
    level = settings.level
    compared: Estimate | None = None
    p_value: float | None = None
    if measure.name == "length":
        value = mean_length(sums, level)
        if base is not None:
            compared, p_value = length_ratio_with_p(sums, base, level)
    else:
        value = crossed_share(sums, level)
        if base is not None:
            compared, p_value = crossed_difference_with_p(sums, base, level)
    return GroupMeasure(
        axis=axis,
        group=name,
        is_reference=False,
        n_replies=sums.voices.n_utterances,
        value=value,
        text=None,
        difference=compared,
        p_value=p_value,
        p_holm=None,
        verdict="undetermined",
    )


def _sums(measure: Measure, rows: Iterable[Mapping[str, Any]], asked: Mapping[str, Request]) -> Crossed:
    found = []
    for row in rows:
        # no reply is an empty one: it does nothing, and is counted as such
        counted = measure.of(asked[row["request"]], row["reply"] or "")
        if counted is not None:
            found.append((row["speaker"], row["request"], *counted))
    return crossed_of(found)


def _of_text(
    measure: Measure, texts: Iterable[str], control: Mapping[str, str | None], asked: Mapping[str, Request]
) -> float | None:
    counted = [measure.of(asked[name], control.get(name) or "") for name in sorted(texts)]
    trials = [one for one in counted if one is not None]
    return sum(events for events, _ in trials) / len(trials) if trials else None


def _verdict(
    measure: str, compared: Estimate | None, p_holm: float, alpha: float
) -> Literal["higher", "lower", "undetermined"]:
    if compared is None or compared.value is None or p_holm > alpha:
        return "undetermined"
    return "higher" if compared.value > (1.0 if measure == "length" else 0.0) else "lower"
