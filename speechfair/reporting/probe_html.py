"""The page of a probe: one HTML file without script and without network. It words and draws what the result holds.

`write_page` serves every result that is findings and titled tables, such as that of ``speechfair confidence``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.messages.translation import Language, Translator
from speechfair.reporting.pages import render
from speechfair.reporting.probe_figures import Chart, dose_chart, level_chart
from speechfair.store import write_atomically
from speechfair.wording import given_percent

if TYPE_CHECKING:
    from speechfair.probes.questions.questions_results import QuestionsResult
    from speechfair.probes.response.response_results import ResponseResult
    from speechfair.probes.results import GroundingResult
    from speechfair.probes.sections import Finding, Section
    from speechfair.probes.strength.probe_strength import StrengthResult

__all__ = ["write_grounding", "write_page", "write_questions", "write_response", "write_strength"]

CROSSED = "voices and items are both samples"
_OF_ITEMS = ("probe grounding", "probe questions", "probe response")

_TEXT_COLUMNS = (
    "group",
    "level",
    "against reference",
    "verdict",
    "what",
    "why",
    "expected",
    "measure",
    "kind",
    "row",
    "where",
)


def write_grounding(result: GroundingResult, path: Path, language: Language = "en") -> Path:
    """Write the page of a grounding probe to `path` and return it."""
    from speechfair.probes.grounding.grounding_sections import grounding_findings, grounding_sections

    tell = Translator(language)
    charts = {f"axis-{number}": level_chart(axis.groups, tell) for number, axis in enumerate(result.axes)}
    charts["overall"] = level_chart([result.overall], tell)
    facts = [
        ("Architecture", result.architecture),
        ("Questions", f"{result.items}, {result.n_scenes} scenes, form {result.form}, seed {result.seed}"),
    ]
    return write_page(
        path,
        "probe grounding",
        result,
        grounding_findings(result, tell),
        grounding_sections(result, tell),
        charts,
        facts,
        language,
    )


def write_questions(result: QuestionsResult, path: Path, language: Language = "en") -> Path:
    """Write the page of a question set's result to `path` and return it."""
    from speechfair.probes.questions.questions_sections import questions_findings, questions_sections

    tell = Translator(language)
    facts = [("Architecture", result.architecture), ("Licence of the set", result.licence)]
    return write_page(
        path,
        "probe questions",
        result,
        questions_findings(result, tell),
        questions_sections(result, tell),
        {},
        facts,
        language,
    )


def write_response(result: ResponseResult, path: Path, language: Language = "en") -> Path:
    """Write the page of a response-quality probe to `path` and return it."""
    from speechfair.probes.sections import response_findings, response_sections

    tell = Translator(language)
    facts = [("Architecture", result.architecture), ("Prompt", result.prompt)]
    return write_page(
        path,
        "probe response",
        result,
        response_findings(result, tell),
        response_sections(result, tell),
        {},
        facts,
        language,
    )


def write_strength(result: StrengthResult, path: Path, language: Language = "en") -> Path:
    """Write the page of an accent-strength probe to `path` and return it."""
    from speechfair.probes.sections import strength_findings, strength_sections

    tell = Translator(language)
    charts = {"dose": dose_chart(result, tell)}
    return write_page(
        path,
        "probe strength",
        result,
        strength_findings(result, tell),
        strength_sections(result, tell),
        charts,
        [],
        language,
    )


def write_page(
    path: Path,
    verb: str,
    result: Any,
    findings: Sequence[Finding],
    sections: Sequence[Section],
    charts: Mapping[str, Chart | None],
    facts: Sequence[tuple[str, str]],
    language: Language = "en",
) -> Path:
    """Write a page of findings and sections.

    Parameters
    ----------
    verb : that made the result, such as ``probe grounding``.
    result : any probe's result; its model, corpus, level, notes and version are shown.
    charts : by the name that a section gives.
    facts : name and value of what else belongs to the provenance.
    language : of the page; what people wrote stays as it is.

    Raises
    ------
    StorageError : the file cannot be written; a file that was there before is intact.
    """
    tell = Translator(language)
    page = render(
        "probe.html.jinja",
        tell=tell,
        verb=verb,
        model=result.model,
        corpus=result.corpus,
        statement=result.corpus_record.statement,
        findings=findings,
        notes=result.notes,
        sections=[(section, charts.get(section.chart or "")) for section in sections],
        left=_TEXT_COLUMNS,
        provenance=[
            *facts,
            *_provenance(result, CROSSED if verb in _OF_ITEMS else "the speaker is the unit", tell),
        ],
        version=result.speechfair,
    )
    write_atomically(path, page)
    return path


def _provenance(result: Any, unit: str, tell: Translator) -> list[tuple[str, str]]:
    record, corpus = result.model_record, result.corpus_record
    return [
        (
            "Model",
            tell.said(
                "{name}, family {family}, key {key}", **record.model_dump(include={"name", "family", "key"})
            ),
        ),
        ("Weights, SHA-256", record.digest),
        ("Model options", json.dumps(record.options, ensure_ascii=False, sort_keys=True)),
        ("Corpus", f"{corpus.name} {corpus.version}"),
        ("Corpus options", json.dumps(corpus.options, ensure_ascii=False, sort_keys=True)),
        ("Manifest, SHA-256", corpus.manifest_sha256),
        ("Intervals", f"{given_percent(result.level)}, {unit}"),
    ]
