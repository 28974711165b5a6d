"""What an audit says language by language, and what it must not say across units of counting.

A word and a character are not the same amount of speech. So where some languages are counted in words and others in
characters, rates are pooled within a unit only; figures across units are left out with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from speechfair.auditing.result import (
    AuditResult,
    Axis,
    Group,
    LanguageRecord,
    NormalizerRecord,
    UnitRecord,
)
from speechfair.running.scoring import add_axis, languages_of
from speechfair.running.scoring_choice import NOT_GIVEN
from speechfair.text.language_tags import language_name
from speechfair.text.normalizers import FORMER_NAMES
from speechfair.text.stripping import Added, Boilerplate, added_words, shared_by_most
from speechfair.types import Estimate
from speechfair.wording import percent

if TYPE_CHECKING:
    import polars as pl

    from speechfair.running.scoring_choice import Scoring

__all__ = ["audited_axes", "normalizer_record", "with_languages"]

_RATES = ("rate", "speaker_mean_rate", "rate_without_failures", "rate_without_runaways")
_MOST_NOTES = 3
"""Groups of an axis that get a note each."""
_LOOKED_AT = 20_000
"""Rows in which beginnings that hypotheses share are looked for, evenly spread."""


def audited_axes(group_by: Sequence[str], scores: pl.DataFrame, scoring: Scoring) -> list[str]:
    """The axes asked for, and ``language`` where rows are of several languages."""
    if not scoring.by_language or "language" in group_by or not languages_of(scores):
        return list(group_by)
    return [*group_by, "language"]


def normalizer_record(scoring: Scoring) -> NormalizerRecord:
    """The one normaliser; ``several`` with all their names and versions where there are several."""
    if len(scoring.normalizers) == 1:
        return NormalizerRecord(name=scoring.normalizers[0].name, version=scoring.normalizers[0].version)
    versions = "; ".join(f"{each.name} {each.version}" for each in scoring.normalizers)
    return NormalizerRecord(name="several", version=versions)


def with_languages(
    result: AuditResult, scores: pl.DataFrame, scoring: Scoring, *, asked_for: str | None
) -> AuditResult:
    """`result` with a record for every language and unit, with notes, and without figures across units.

    Parameters
    ----------
    scores : of `score_table`, with the excluded rows.
    asked_for : the normaliser that the call or the card names.
    """
    import polars as pl

    if not scoring.by_language:
        return result
    counted = scores.filter(pl.col("excluded").is_null()).with_columns(
        pl.col("language").fill_null(NOT_GIVEN)
    )
    languages = _language_records(counted, scoring, result.level)
    notes = list(result.notes)
    if asked_for in FORMER_NAMES:
        notes.append(
            f"{asked_for} is the former name of {FORMER_NAMES[asked_for]}, Whisper's published normaliser; the default "
            "for English is now english"
        )
    notes += _boilerplate_notes(counted, result)
    update: dict[str, Any] = {"languages": languages, "notes": notes}
    if "tokens" in counted.columns:
        update |= _apart(result, counted, languages, notes)
    return result.model_copy(update=update)


def _language_records(counted: pl.DataFrame, scoring: Scoring, level: float) -> list[LanguageRecord]:
    from speechfair.metrics import pooled_rate, speaker_sums

    parts = {str(key[0]): part for key, part in counted.partition_by("language", as_dict=True).items()}
    found = []
    for language, counting in sorted(scoring.languages.items()):
        part = parts.get(language)
        if part is None:
            part = counted.clear()
        found.append(
            LanguageRecord(
                language=language,
                name=language_name(language),
                normalizer=counting.normalizer.name,
                version=counting.normalizer.version,
                tokens=counting.tokens,
                n_utterances=part.height,
                reference_length=int(part["reference_length"].sum()),
                rate=pooled_rate(speaker_sums(part), level),
            )
        )
    return found


def _apart(
    result: AuditResult, counted: pl.DataFrame, languages: Sequence[LanguageRecord], notes: list[str]
) -> dict[str, Any]:
    """The parts of the result that change where languages are counted in several units."""
    from speechfair.metrics import pooled_rate, speaker_sums

    units = []
    for key, part in sorted(counted.partition_by("tokens", as_dict=True).items()):
        rate = pooled_rate(speaker_sums(part), result.level)
        names = [one.name for one in languages if one.tokens == str(key[0]) and one.n_utterances]
        units.append(UnitRecord(tokens=str(key[0]), languages=names, n_utterances=part.height, rate=rate))
        value = "undefined" if rate.value is None else f"{percent(rate.value)} %"
        notes.append(f"counted in {_unit_words(str(key[0]))}: {', '.join(names)}; their rate is {value}")
    unlike = (
        "rows are counted in different units ("
        + ", ".join(unit.tokens for unit in units)
        + "); rates, ratios and gaps across units compare unlike things"
    )
    notes.append(f"{unlike}, so none is given")
    groups: list[Group] = []
    axes: list[Axis] = []
    for axis in result.axes:
        by_group = _units_of_groups(counted, axis.axis)
        reference = by_group.get(axis.reference or "", set())
        groups += [
            _group(group, by_group.get(group.value, set()), reference, unlike)
            for group in result.groups_of(axis.axis)
        ]
        axes.append(_axis(axis, unlike) if len(set().union(*by_group.values())) > 1 else axis)
    overall = _group(result.overall, {unit.tokens for unit in units}, set(), unlike)
    return {"units": units, "overall": overall, "groups": groups, "axes": axes, "notes": notes}


def _unit_words(tokens: str) -> str:
    return "characters and words of other scripts" if tokens == "mixed" else tokens


def _units_of_groups(counted: pl.DataFrame, axis: str) -> Mapping[str, set[str]]:
    labelled = add_axis(counted, axis)
    found: dict[str, set[str]] = {}
    for value, unit in labelled.select("group", "tokens").unique().iter_rows():
        found.setdefault(value, set()).add(unit)
    return found


def _group(group: Group, units: set[str], reference: set[str], unlike: str) -> Group:
    """A group without what would pool, or compare, unlike units."""
    update: dict[str, Any] = {}
    if len(units) > 1:
        update |= {name: _none(getattr(group, name), unlike) for name in _RATES}
    if len(units | reference) > 1:
        for name in ("ratio", "difference"):
            if (estimate := getattr(group, name)) is not None:
                update[name] = _none(estimate, unlike)
        update |= {"ratio_simultaneous": None, "kind_ratios": None, "kind_differences": None}
    return group.model_copy(update=update)


def _axis(axis: Axis, unlike: str) -> Axis:
    return axis.model_copy(
        update={
            **{
                name: _none(getattr(axis, name), unlike)
                for name in ("gap", "worst_best_ratio", "between_group_sd")
            },
            "gap_expected_without_difference": None,
            "gap_p_value": None,
            "gap_null_reason": unlike,
            "adjusted": None,
            "adjustment": None,
            "shrunken": None,
            "notes": [*axis.notes, unlike],
        }
    )


def _none(estimate: Estimate, reason: str) -> Estimate:
    return replace(estimate, value=None, low=None, high=None, method="none", reason=reason)


def _boilerplate_notes(counted: pl.DataFrame, result: AuditResult) -> list[str]:
    """What most hypotheses share at an end that is not in the references; group by group where not overall."""
    import polars as pl

    if "hypothesis" not in counted.columns:
        return []
    heard = counted.filter(~pl.col("failed"))
    heard = heard.gather_every(1 + heard.height // _LOOKED_AT)
    if result.tokens == "several":
        spelled = heard["tokens"] != "words"
    else:
        spelled = pl.Series([result.tokens != "words"] * heard.height, dtype=pl.Boolean)
    added = _added(heard, spelled.to_list())
    whole = [] if result.tokens == "several" else _boilerplate(added, result.tokens != "words")
    found = [_boilerplate_note(each, "") for each in whole]
    for axis in result.axes if not found else ():
        labelled = add_axis(heard, axis.axis).select("group").with_row_index("row")
        shared: dict[str, list[Boilerplate]] = {}
        for key, part in sorted(labelled.partition_by("group", as_dict=True).items()):
            rows = part["row"].to_list()
            # the unit of the first row; groups of several units are rare enough for that
            if each := _boilerplate([added[row] for row in rows], spelled[rows[0]]):
                shared[str(key[0])] = each
        found += _group_notes(axis.axis, shared)
    return found


def _group_notes(axis: str, shared: Mapping[str, list[Boilerplate]]) -> list[str]:
    """A note for each group, or one for all where they are many."""
    if len(shared) <= _MOST_NOTES:
        return [_boilerplate_note(one, f"{axis}={value}: ") for value, each in shared.items() for one in each]
    value, first = next(iter(shared.items()))
    words = sorted({f"{one.where} with {one.words!r}" for each in shared.values() for one in each})[:4]
    return [
        f"{axis}: in {len(shared)} groups more than half of the hypotheses {', '.join(words)}, which is not in their "
        f"references (such as {first[0].n} of {first[0].n_in} in {value!r}); if the model adds it, --strip-prefix or "
        "--strip-suffix leaves it out; if people said it, as dictated punctuation, the references lack it"
    ]


def _added(table: pl.DataFrame, spelled: Sequence[bool]) -> list[Added | None]:
    """What was added to each reference, in words, or in characters where `spelled`."""
    texts = zip(table["reference"], table["hypothesis"], spelled, strict=True)
    return [
        added_words(_spelled(reference), _spelled(hypothesis))
        if apart
        else added_words(reference, hypothesis)
        for reference, hypothesis, apart in texts
    ]


def _spelled(text: str) -> str:
    return " ".join(text.replace(" ", ""))


def _boilerplate(added: Sequence[Added | None], spelled: bool) -> list[Boilerplate]:
    found = shared_by_most(added)
    return [replace(one, words=one.words.replace(" ", "")) for one in found] if spelled else found


def _boilerplate_note(found: Boilerplate, group: str) -> str:
    option = "--strip-prefix" if found.where == "begin" else "--strip-suffix"
    return (
        f"{group}{found.n} of {found.n_in} hypotheses {found.where} with {found.words!r}, which is not in their "
        f"references; if the model adds it, {option} leaves it out and records that"
    )
