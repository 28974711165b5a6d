"""What forbids a verdict: each reason why a comparison can neither pass nor fail, by name, in one list.

A guard looks at a `Case` and returns a reason, or None. The first that speaks decides; what passes all of them is
judged by its interval in `gate`. Nothing is relaxed here: what a criteria file accepts, it says itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from speechfair.gating.cases import ALL_GROUPS, Case
from speechfair.gating.criteria import AGAINST_REFERENCE, OVER_ALL_GROUPS
from speechfair.registry import did_you_mean
from speechfair.text.normalizers import COUNTED_ELSEWHERE, current_name
from speechfair.wording import count

if TYPE_CHECKING:
    import polars as pl

__all__ = ["GUARDS", "Guard", "first_objection"]

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Guard:
    """One reason against a verdict.

    Parameters
    ----------
    name : stable; it stands in the gate's result.
    verdict : ``error`` if the run or the file must be put right, ``undetermined`` if the data cannot tell.
    looks_at : ``run``, ``groups`` or ``estimate``. Those that look at the estimate speak after it was computed.
    objection : the reason against this case, or None.
    """

    name: str
    verdict: Literal["undetermined", "error"]
    looks_at: Literal["run", "groups", "estimate"]
    objection: Callable[[Case], str | None]


def first_objection(
    case: Case, looks_at: tuple[str, ...] = ("run", "groups", "estimate")
) -> tuple[Guard, str] | None:
    """The first guard of `GUARDS` that objects to `case`, with its reason."""
    for guard in GUARDS:
        if guard.looks_at in looks_at and (reason := guard.objection(case)):
            return guard, reason
    return None


def _broken_folder(case: Case) -> str | None:
    found = case.facts.differences
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"the run folder does not agree with itself: {'; '.join(found[:_SHOWN])}{more}" if found else None


def _accepted_changes(case: Case) -> str | None:
    return "; ".join(case.facts.accepted) or None


def _unlogged(case: Case) -> str | None:
    return case.facts.unlogged


def _unscored(case: Case) -> str | None:
    return "the run has not been scored; use `speechfair score`" if case.facts.scores is None else None


def _empty_run(case: Case) -> str | None:
    counted = case.facts.counted
    if counted.is_empty():
        return "no utterance of the run could be scored: nothing is known of the model"
    if bool(counted["failed"].all()):
        return f"all {counted.height} utterances failed: nothing is known of the model"
    return None


def _never_frozen(case: Case) -> str | None:
    return _if_kind(case, "never")


def _criteria_changed(case: Case) -> str | None:
    return _if_kind(case, "changed")


def _frozen_late(case: Case) -> str | None:
    return _if_kind(case, "late")


def _other_normalizer(case: Case) -> str | None:
    wanted, found = case.file.normalizer, case.facts.normalizer
    if current_name(wanted) == current_name(found or ""):
        return None
    if found == COUNTED_ELSEWHERE:
        return (
            f"the run holds counts that were made elsewhere, the criteria are for the normaliser {wanted}; criteria "
            f"for counts say normalizer: {COUNTED_ELSEWHERE}"
        )
    return (
        f"the run was scored with the normaliser {found}, the criteria are for {wanted}; score it with that"
    )


def _other_tokens(case: Case) -> str | None:
    wanted, found = case.file.tokens, case.facts.tokens
    return None if wanted == found else f"the run counts {found}, the criteria are for {wanted}; score it so"


def _other_corpus(case: Case) -> str | None:
    wanted, found = case.file.corpus, case.facts.corpus
    if wanted is None or wanted == found:
        return None
    return f"the criteria are for the corpus {wanted!r}, the run is of {found!r}"


def _other_manifest(case: Case) -> str | None:
    wanted, found = case.file.manifest_sha256, case.facts.manifest_sha256 or ""
    if wanted is None or found.startswith(wanted):
        return None
    return f"the criteria are for the manifest {wanted[:12]}…, the run is of {found[:12]}…: other rows, texts or labels"


def _other_model(case: Case) -> str | None:
    wanted, found = case.file.model, case.facts.model
    if wanted is None or wanted in found:
        return None
    return f"the criteria are for the model {wanted!r}, the run is of {found[0] if found else 'no model'!r}"


def _other_stripping(case: Case) -> str | None:
    for what, wanted, found in zip(
        ("strip_prefix", "strip_suffix"),
        (case.file.strip_prefix, case.file.strip_suffix),
        case.facts.stripped,
        strict=True,
    ):
        if set(wanted) != set(found):
            return (
                f"the run was scored with {what} {sorted(found)}, the criteria are for {sorted(wanted)}; score it with "
                "those (a choice that was made after the results does not count)"
            )
    return None


def _missing_axis(case: Case) -> str | None:
    for part in case.criterion.axis.split("+"):
        if part not in case.known_axes:
            return f"no utterance has a label on the axis {part!r}; {did_you_mean(part, case.known_axes)}"
    return None


def _missing_group(case: Case) -> str | None:
    if not case.missing:
        return None
    name = case.missing[0]
    return f"no utterance is of the group {name!r} on {case.criterion.axis}; {did_you_mean(name, case.known_groups)}"


def _missing_reference(case: Case) -> str | None:
    if case.criterion.metric not in AGAINST_REFERENCE or case.reference is not None:
        return None
    if case.reference_name is None:
        return (
            "neither the criterion nor the corpus card names a reference group; name it in the criteria file "
            "(the run's own choice does not count: it can be made after the results)"
        )
    near = did_you_mean(case.reference_name, case.known_groups)
    return f"no utterance is of the reference group {case.reference_name!r}; {near}"


def _nothing_to_compare(case: Case) -> str | None:
    if case.group != ALL_GROUPS or case.missing:
        return None
    least = 2 if case.criterion.metric in OVER_ALL_GROUPS else 1
    if len(case.groups) >= least:
        return None
    return f"{count(len(case.groups), 'group')} on {case.criterion.axis} next to the reference: nothing to compare"


def _unlabelled(case: Case) -> str | None:
    if not case.n_unlabelled or case.criterion.accept_unlabelled:
        return None
    return (
        f"{case.n_unlabelled} of {case.facts.counted.height} utterances have no label on {case.criterion.axis}; "
        "they may be of any group (accept_unlabelled: true judges the others without them)"
    )


def _min_speakers(case: Case) -> str | None:
    least = case.criterion.min_speakers
    for members in case.everyone:
        if members.n_speakers < least:
            who = _called(case, members.value)
            return f"{count(members.n_speakers, 'speaker')} in {who}, fewer than the minimum of {least}"
    return None


def _inferred_only(case: Case) -> str | None:
    least = case.criterion.min_speakers
    for members in case.everyone:
        if members.n_told_speakers < min(least, members.n_speakers):
            return (
                f"labels in {_called(case, members.value)} rest on inference: only {members.n_told_speakers} of "
                f"{members.n_speakers} speakers have one that was reported or given by the corpus"
            )
    return None


def _repeated_audio(case: Case) -> str | None:
    from speechfair.gating.duplicates import repeated_audio

    return repeated_audio(_table(case), case.facts.sources)


def _repeated_answers(case: Case) -> str | None:
    from speechfair.gating.duplicates import repeated_answers

    if case.criterion.accept_repeated_answers:
        return None
    found = repeated_answers(_table(case))
    return f"{found} (accept_repeated_answers: true judges them all the same)" if found else None


def _repeated_rows(case: Case) -> str | None:
    from speechfair.gating.duplicates import repeated_rows

    if case.criterion.accept_repeated_answers:
        return None
    found = repeated_rows(_table(case), case.facts.sources, case.tokens)
    return f"{found} (accept_repeated_answers: true counts each of them)" if found else None


def _alike_speakers(case: Case) -> str | None:
    from speechfair.gating.duplicates import alike_speakers

    if case.criterion.accept_alike_speakers:
        return None
    found = alike_speakers(_table(case))
    return f"{found} (accept_alike_speakers: true counts each id as a person)" if found else None


def _confounded(case: Case) -> str | None:
    from speechfair.gating.confounding import confounded_with

    if case.criterion.accept_confounded or case.criterion.metric not in AGAINST_REFERENCE | OVER_ALL_GROUPS:
        return None
    apart = confounded_with(case.criterion.axis, list(case.everyone), case.facts.sources)
    if not apart:
        return None
    return (
        f"confounded ({', '.join(apart)}): the groups differ completely in more than {case.criterion.axis}, so that "
        "a difference, or none, cannot be attributed to it (accept_confounded: true compares them all the same)"
    )


def _not_a_number(case: Case) -> str | None:
    estimate = case.estimate
    if estimate is None:
        return "no estimate was made"
    for name in ("value", "low", "high"):
        number = getattr(estimate, name)
        if number is not None and not math.isfinite(number):
            return f"the {name} of the estimate is {number}, not a number"
    return None


def _undefined(case: Case) -> str | None:
    estimate = case.estimate
    if estimate is None or estimate.value is None:
        return f"undefined: {estimate.reason if estimate else 'no estimate'}"
    if estimate.low is None or estimate.high is None:
        return f"no interval: {estimate.reason}"
    return None


def _if_kind(case: Case, kind: str) -> str | None:
    problem = case.facts.standing.problem
    return problem[1] if problem is not None and problem[0] == kind else None


def _table(case: Case) -> pl.DataFrame:
    """The rows of everyone whom a case compares."""
    import polars as pl

    return pl.concat([members.table for members in case.everyone])


def _called(case: Case, value: str) -> str:
    is_reference = case.reference is not None and value == case.reference.value
    return f"the reference group {value!r}" if is_reference else f"the group {value!r}"


GUARDS: tuple[Guard, ...] = (
    Guard("broken_folder", "error", "run", _broken_folder),
    Guard("accepted_changes", "undetermined", "run", _accepted_changes),
    Guard("unlogged", "undetermined", "run", _unlogged),
    Guard("unscored", "error", "run", _unscored),
    Guard("empty_run", "error", "run", _empty_run),
    Guard("never_frozen", "undetermined", "run", _never_frozen),
    Guard("criteria_changed", "undetermined", "run", _criteria_changed),
    Guard("frozen_late", "undetermined", "run", _frozen_late),
    Guard("other_normalizer", "error", "run", _other_normalizer),
    Guard("other_tokens", "error", "run", _other_tokens),
    Guard("other_corpus", "error", "run", _other_corpus),
    Guard("other_manifest", "error", "run", _other_manifest),
    Guard("other_model", "error", "run", _other_model),
    Guard("other_stripping", "error", "run", _other_stripping),
    Guard("missing_axis", "error", "groups", _missing_axis),
    Guard("missing_group", "error", "groups", _missing_group),
    Guard("missing_reference", "error", "groups", _missing_reference),
    Guard("nothing_to_compare", "error", "groups", _nothing_to_compare),
    Guard("unlabelled", "undetermined", "groups", _unlabelled),
    Guard("min_speakers", "undetermined", "groups", _min_speakers),
    Guard("inferred_only", "undetermined", "groups", _inferred_only),
    Guard("repeated_audio", "undetermined", "groups", _repeated_audio),
    Guard("repeated_answers", "undetermined", "groups", _repeated_answers),
    Guard("repeated_rows", "undetermined", "groups", _repeated_rows),
    Guard("alike_speakers", "undetermined", "groups", _alike_speakers),
    Guard("confounded", "undetermined", "groups", _confounded),
    Guard("not_a_number", "error", "estimate", _not_a_number),
    Guard("undefined", "undetermined", "estimate", _undefined),
)
"""Every guard, in the order in which they are asked."""
