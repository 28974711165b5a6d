"""The verb ``probe strength``: how a recogniser's error rises with the strength of rule-made accents.

An audit of the synthetic corpus, resumable as every audit, and a dose-response on its scores. It says how the
recogniser reacts to these replacements of phonemes, and nothing about people.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from speechfair import __version__
from speechfair.auditing.result import AuditResult, CorpusRecord, ModelRecord
from speechfair.auditing.run import audit
from speechfair.errors import InputError
from speechfair.metrics import holm, pooled_rate, rate_ratio, speaker_sums
from speechfair.probes.results import Record
from speechfair.probes.strength.dose_response import DoseResponse, doubling, slope
from speechfair.running.run_record import read_record, reseal, scores_name
from speechfair.running.scoring import add_axis
from speechfair.running.transcription import Observer
from speechfair.store import RunFolder
from speechfair.types import Estimate, Recognizer

if TYPE_CHECKING:
    import polars as pl

    from speechfair.metrics.rates import SpeakerSums
    from speechfair.synthesis.synthetic import SyntheticAccents

__all__ = [
    "SCHEMA",
    "Dose",
    "LanguageStrength",
    "StrengthResult",
    "json_schema",
    "probe_strength",
    "strength_result",
]

SCHEMA = "speechfair/probe-strength/1"
RESULT = "strength.json"
AXES = ("first_language", "strength")


class Dose(Record):
    """The error rate at one strength."""

    strength: float
    rate: Estimate
    ratio: Estimate | None = Field(description="to the rate at strength 0; None there")


class LanguageStrength(Record):
    """The dose-response of one first language."""

    first_language: str
    doses: list[Dose]
    slope: Estimate = Field(description="rise of the error rate from strength 0 to 1, on the fitted line")
    p_value: float | None = Field(description="of no rise or fall")
    p_holm: float | None = Field(description="adjusted over the first languages")
    doubling: Estimate = Field(description="the strength at which the error rate is twice that at strength 0")
    verdict: Literal["rises", "falls", "undetermined"]


class StrengthResult(Record):
    """All of ``strength.json``."""

    schema_: Literal["speechfair/probe-strength/1"] = Field(
        default="speechfair/probe-strength/1", alias="schema"
    )
    speechfair: str
    model: str
    model_record: ModelRecord
    corpus: str
    corpus_record: CorpusRecord
    tokens: Literal["words", "characters", "mixed", "several"]
    level: float
    alpha: float
    n_in: int
    n_scored: int
    n_failed: int
    n_excluded: int
    languages: list[LanguageStrength]
    notes: list[str]

    def to_json(self) -> str:
        """The file's content."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"


def json_schema() -> dict[str, object]:
    """The JSON Schema (draft 2020-12) of ``strength.json``."""
    schema = StrengthResult.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def probe_strength(
    corpus: SyntheticAccents,
    model: Recognizer,
    *,
    out: str | Path | None = None,
    level: float = 0.95,
    alpha: float = 0.05,
    retry_failed: bool = False,
    observe: Observer | None = None,
) -> StrengthResult:
    """Audit `model` on synthetic accents of rising strength and fit the dose-response of each first language.

    Parameters
    ----------
    corpus : with its reference, and with one strength above 0 at least.
    out : run folder, which is that of an audit with ``strength.json`` in it. The same call resumes; None keeps nothing.
    level : coverage of the intervals.
    alpha : of the tests of the slopes, adjusted over the first languages (Holm).
    retry_failed, observe : as in `speechfair.audit`.

    Raises
    ------
    InputError : the corpus has no reference or no strength above 0.
    RunFolderError : `out` holds a run of another recipe.
    """
    if not corpus.options.get("include_reference"):
        raise InputError("the dose-response needs the unmodified reference: leave include_reference on")
    if not 0 < alpha < 1:
        raise InputError(f"alpha is {alpha}; give a share between 0 and 1")
    if out is None:
        with tempfile.TemporaryDirectory(prefix="speechfair-") as folder:
            return probe_strength(
                corpus,
                model,
                out=folder,
                level=level,
                alpha=alpha,
                retry_failed=retry_failed,
                observe=observe,
            )
    axis = "+".join(AXES)
    audited = audit(corpus, model, [axis], out=out, level=level, retry_failed=retry_failed, observe=observe)
    run = RunFolder(out)
    record = read_record(run)
    scores = run.read_table(scores_name(record.recipe), "run the same command again")
    result = strength_result(audited, scores, alpha)
    with run.locked():
        run.write_file(RESULT, result.to_json().encode())
        reseal(run, record)
    return result


def strength_result(audited: AuditResult, scores: pl.DataFrame, alpha: float = 0.05) -> StrengthResult:
    """The dose-responses of a scored audit with the axes ``first_language`` and ``strength``. Writes nothing."""
    sums = _sums(scores)
    reference = next((sums[code][0.0] for code in sums if 0.0 in sums[code]), None)
    risen = {code: found for code, found in sums.items() if any(dose > 0 for dose in found)}
    if reference is None or not risen:
        raise InputError("the scores need a reference (strength 0) and a strength above 0")
    curves = {
        code: {0.0: reference, **{dose: found[dose] for dose in sorted(found) if dose > 0}}
        for code, found in risen.items()
    }
    fitted = {code: DoseResponse.of(found) for code, found in curves.items()}
    slopes = {code: slope(found, audited.level) for code, found in fitted.items()}
    tested = [code for code in slopes if slopes[code][1] is not None]
    adjusted = dict(zip(tested, holm([slopes[code][1] or 0.0 for code in tested]), strict=True))
    languages = [
        LanguageStrength(
            first_language=code,
            doses=_doses(curves[code], reference, audited.level),
            slope=slopes[code][0],
            p_value=slopes[code][1],
            p_holm=adjusted.get(code),
            doubling=doubling(found, audited.level),
            verdict=_verdict(slopes[code][0].value or 0.0, adjusted.get(code), alpha),
        )
        for code, found in fitted.items()
    ]
    totals = audited.totals
    return StrengthResult(
        speechfair=__version__,
        model=audited.model,
        model_record=audited.model_record,
        corpus=audited.corpus,
        corpus_record=audited.corpus_record,
        tokens=audited.tokens,
        level=audited.level,
        alpha=alpha,
        n_in=totals.n_in,
        n_scored=totals.scored,
        n_failed=totals.failed,
        n_excluded=totals.excluded,
        languages=languages,
        notes=[
            "failed recognitions count as all words deleted; intervals speak of other voices saying the same texts",
            "strengths of different first languages are not comparable: the number of sites that change differs",
        ],
    )


def _sums(scores: pl.DataFrame) -> dict[str, dict[float, SpeakerSums]]:
    found: dict[str, dict[float, SpeakerSums]] = {}
    table = add_axis(scores.filter(scores["excluded"].is_null()), "+".join(AXES))
    for key, part in table.partition_by("group", as_dict=True).items():
        code, _, dose = str(key[0]).rpartition("+")
        found.setdefault(code, {})[float(dose)] = speaker_sums(part)
    return found


def _doses(curve: Mapping[float, SpeakerSums], reference: SpeakerSums, level: float) -> list[Dose]:
    return [
        Dose(
            strength=dose,
            rate=pooled_rate(sums, level),
            ratio=rate_ratio(sums, reference, level) if dose else None,
        )
        for dose, sums in curve.items()
    ]


def _verdict(value: float, p_holm: float | None, alpha: float) -> Literal["rises", "falls", "undetermined"]:
    if p_holm is None or p_holm > alpha:
        return "undetermined"
    return "rises" if value > 0 else "falls"
