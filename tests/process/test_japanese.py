"""Japanese pages, reasons and terminal output hold no English word outside names and code."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from speechfair.process.catalogue import load_catalogue
from speechfair.process.export import formats, loses
from speechfair.process.forms import form_specs
from speechfair.process.gates import gate_lines, gate_of
from speechfair.process.importers import importers, proves
from speechfair.process.order import order_problems
from speechfair.process.process_plan import NUMBER_WORDS
from speechfair.process.project_verify import verify_process
from speechfair.process.status import read_state
from speechfair.process.versions import steps_between, version
from speechfair.process.words import FACT_QUESTIONS
from speechfair.reporting.checklist_html import render_checklist
from tests.process import project
from tests.process.test_cli import run, started

CODE = re.compile(
    r"`[^`]*`|https?://\S+|\S+\.(?:yaml|jsonl|json|md|parquet|html|csv|head|lock|pem|py)\S*|--[\w-]+(?:[ =]\S+)?"
    r"|AF-[\d.]+|\b\w+=[\w+-]+|\b\w+_\w+\b|\b[A-Z][A-Z0-9-]+\b|[\w.-]*/[\w./-]*|\b[0-9a-f]{12,}…?|\bsha256\b"
)
"""File names, options, ids, axis=value, identifiers, abbreviations, paths, digests."""
_WORDS = """
    Annex Qunomon aisev Croissant NIST CycloneDX Statements Data PROV Statement SLSA toto in Git git MLflow DVC Trainer
    safetensors OpenSSH Inventory Machine Learning Face Hugging AIPrL
    people id name duty axis values source case reason remedy share covered label kind how limit item owner due corpus
    speech recorded augmented synthetic training evaluation collect restrict disclose dialect other none test train dev
    base serving noisy silent prepared keys person public inferred annotator tests control gated true false covariate
    extraction reidentification matched adjusted disclosed gaps sensitive necessity withheld
    task speechfair Ctrl
    ana tom eve oli zoe listed much worse good enough crossed female male small project accent gender read and agreed
    these weights no gap beyond the limit begun process runs stuttering noise candidate
"""
NAMES = frozenset(_WORDS.split())
"""Products and standards, keys and values that users write as they are, and what the test project is made of."""


def english(text: str) -> list[str]:
    """Words of three letters or more that are neither code nor a name."""
    return [word for word in re.findall(r"[A-Za-z]{3,}", CODE.sub(" ", text)) if word not in NAMES]


def sentences(process: Path) -> Iterator[str]:
    state = read_state(process)
    yield from (each.reason.ja for each in state.items)
    for name in ("data", "evaluation", "release", "update"):
        yield from gate_lines(gate_of(state, name), "ja")  # type: ignore[arg-type]
    yield from (text.ja for text in order_problems(state.material))
    found = verify_process(process, recompute=False)
    yield from (line for line in found.lines("ja") if not line.startswith("末尾"))


def found_in(texts: Iterator[str]) -> dict[str, list[str]]:
    return {text: words for text in texts if (words := english(text))}


def test_the_words_of_catalogue_forms_and_versions_are_japanese() -> None:
    def texts() -> Iterator[str]:
        for item in load_catalogue()[0].items:
            yield from (item.title.ja, item.demand.ja, item.evidence.ja, item.pass_.ja)
        for spec in form_specs().values():
            yield spec.title.ja
            yield from (field.ja for field in spec.fields.values())
        yield from (text.ja for text in (*NUMBER_WORDS.values(), *FACT_QUESTIONS.values()))
        yield from (step.ja for step in steps_between(version("1"), version("2")))

    assert found_in(texts()) == {}


def test_what_imports_prove_and_exports_lose_is_said_in_japanese() -> None:
    def texts() -> Iterator[str]:
        for name in importers().names():
            yield from (text.ja for text in proves(name))
        yield from (loses(name).ja for name in formats())

    assert found_in(texts()) == {}


def broken(process: Path) -> None:
    """Much that can be wrong at once."""
    project.edit_form(process, "use_case.yaml", task=None)
    project.edit_form(process, "transcription.yaml", limit=0.01)
    project.edit_form(process, "roles.yaml", operator="zoe", fairness_approver="tom")
    project.edit_form(process, "confounders.yaml", limit=-1.0)
    project.edit_form(process, "sources.yaml", sources=[])
    project.edit_form(process, "governance.yaml", last_audit="2020-01-01", open_findings=2)
    project.edit_record(process, output_sha256="0" * 64, started="2020-01-01T00:00:00Z")
    (process.parent / "runs" / "dev" / "manifest.parquet").write_bytes(b"x")
    runs = process.parent / "runs"
    for one, other in (("test", "aside"), ("base", "test"), ("aside", "base")):
        (runs / one).rename(runs / other)


def test_reasons_gates_and_verify_speak_japanese_when_all_is_well(signed: Path) -> None:
    assert found_in(sentences(signed)) == {}


def test_reasons_gates_and_verify_speak_japanese_when_much_is_wrong(mine: Path) -> None:
    broken(mine)
    assert found_in(sentences(mine)) == {}  # files that were changed
    project.statuses(mine)
    assert found_in(sentences(mine)) == {}  # and what the checks then say


def test_the_japanese_half_of_the_page_is_japanese(signed: Path) -> None:
    page = render_checklist(read_state(signed))
    spans = re.findall(r'<span class="ja" lang="ja">(.*?)</span>', page, re.DOTALL)
    assert len(spans) > 300
    plain = (re.sub(r"<code>.*?</code>|<[^>]+>", " ", span) for span in spans)
    assert found_in(html.unescape(span) for span in plain) == {}


TERMINAL = [
    ["collect"], ["gate", "data"], ["gate", "release"], ["verify"], ["open"], ["import", "list"], ["export", "list"],
    ["export", "csv"],
]  # fmt: skip


@pytest.mark.parametrize("words", TERMINAL)
def test_the_terminal_speaks_the_language_of_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "2000")  # no line is broken
    result = started(tmp_path / "process", "--language", "ja", "--fact", "deployed=true")
    assert found_in(line for line in result.output.splitlines()) == {}
    result = run("process", words[0], tmp_path / "process", *words[1:])
    listed = re.compile(
        rf"^(?:{'|'.join([*importers().names(), *formats()])}) +", re.MULTILINE
    )  # their names
    assert found_in(line for line in listed.sub("", result.output).splitlines()) == {}
