"""``speechfair process`` as its users see it: exit codes, messages, and runs that note themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from speechfair.cli.main import app
from speechfair.errors import SpeechfairError
from speechfair.process.export import formats
from speechfair.process.ledger import Ledger
from speechfair.store import file_digest
from speechfair.testing import Scripted
from tests.process import project
from tests.support import small_corpus


def run(*words: str | Path) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, SpeechfairError):
        result.exit_code = result.exception.exit_code
    return result


def started(folder: Path, *more: str) -> Result:
    words = ["--name", "try", "--aifl", "1", "--languages", "eng", *more]
    return run("process", "init", folder, *words)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_init_writes_every_form_in_the_language_and_freezes_the_plan(tmp_path: Path, language: str) -> None:
    folder = tmp_path / "process"
    result = started(folder, "--language", language, "--role", "trainer=tom+kei", "--fact", "deployed=true")
    assert result.exit_code == 0
    assert "roles.yaml" in result.output
    text = (folder / "use_case.yaml").read_text(encoding="utf-8")
    assert ("対象外の用途" in text) == (language == "ja")
    assert "trainer:\n- tom\n- kei" in (folder / "roles.yaml").read_text(encoding="utf-8")
    assert [e.kind for e in Ledger(folder).read().entries] == ["catalogue", "plan"]
    again = started(folder)
    assert again.exit_code == 2
    assert "not overwritten" in str(again.exception)


def test_a_new_folder_has_every_gate_shut_and_says_so_by_its_exit_code(tmp_path: Path) -> None:
    folder = tmp_path / "process"
    started(folder)
    assert run("process", "collect", folder).exit_code == 0
    for name in ("data", "evaluation", "release", "update"):
        result = run("process", "gate", folder, name)
        assert result.exit_code == 3, result.output
        assert f"gate {name}: undetermined (0 of" in result.output
    assert run("process", "gate", folder, "relase").exit_code == 2
    assert run("process", "verify", folder).exit_code == 0
    assert run("process", "verify", tmp_path).exit_code == 2


def test_a_signed_project_opens_every_gate_and_an_edit_shuts_them(mine: Path) -> None:
    for name in ("data", "evaluation", "release", "update"):
        assert run("process", "gate", mine, name).exit_code == 0
    (mine / "use_case.yaml").write_text("task: another\n")
    result = run("process", "gate", mine, "release", "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)["open"]["AF-0.2"]["status"] == "error"
    result = run("process", "verify", mine)
    assert result.exit_code == 1
    assert "WRONG    use_case.yaml: was changed since it was collected" in result.output


def test_reports_and_lists_print_what_they_promise(unsigned: Path) -> None:
    assert "checklist.html" in run("process", "report", unsigned).output
    listed = run("process", "export", unsigned, "list").output
    assert listed.count("cannot carry:") == len(formats())
    assert "AF-4.10" in run("process", "catalogue").output
    assert json.loads(run("process", "catalogue", "--schema").output)["title"] == "Catalogue"
    counts = json.loads(run("process", "collect", unsigned, "--json").output)["counts"]
    assert sum(counts.values()) == project.ITEMS


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["init", "x"], "--name, --aifl and --languages are needed"),
        (["init", "x", "--from", "y.yaml", "--name", "n"], "not both"),
        (["init", "x", "--name", "n", "--aifl", "1", "--languages", "en"], "ISO 639-3"),
        (["collect", "x"], "not a process folder"),
        (["attest", "x", "AF-0.2"], "--by and --statement are needed"),
        (["attest", "x", "--by", "a", "--statement", "s"], "name an item, or give --release"),
        (["attest", "x", "AF-0.2", "--by", "a", "--statement", "s", "--waive"], "--waive needs --until"),
        (["attest", "x", "AF-0.2", "--by", "a", "--statement", "s", "--until", "soon"], "YYYY-MM-DD"),
    ],
)
def test_bad_usage_ends_with_2_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("process", *words)
    assert result.exit_code == 2
    assert message in str(result.exception)


def test_an_audit_beside_a_process_folder_notes_itself_without_being_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(tmp_path / "process")
    corpus = small_corpus(tmp_path / "wav", speakers=2, per_speaker=1)
    monkeypatch.setattr("speechfair.corpora.load_corpus", lambda *_, **__: corpus)
    monkeypatch.setattr("speechfair.models.load_model", lambda *_, **__: Scripted({}, default="one"))
    words = ["audit", "listed", "--out", tmp_path / "runs" / "a", "--normalizer", "basic"]
    refused = run(*words)
    assert refused.exit_code == 2
    assert "the evaluation gate was not opened before" in str(refused.exception)
    result = run(*words, "--override-gate", "a trial")
    assert result.exit_code == 0, result.output
    override, begun, ended = Ledger(tmp_path / "process").read().entries[2:]
    assert (override.kind, override.body["reason"]) == ("gate_override", "a trial")
    assert (begun.kind, begun.body["folder"]) == ("run_begun", "../runs/a")
    assert (ended.kind, ended.body["outcome"], ended.body["begun"]) == ("run_ended", "completed", 3)
    assert ended.body["run_yaml_sha256"] == file_digest(tmp_path / "runs" / "a" / "run.yaml")
    assert run("gate", tmp_path / "runs" / "a", "--criteria", tmp_path / "none.yaml").exit_code == 2
    assert Ledger(tmp_path / "process").read().entries[-1].body["outcome"] == "failed"


def test_a_run_that_is_told_of_a_folder_without_a_plan_is_refused(tmp_path: Path) -> None:
    result = run("gate", tmp_path, "--criteria", "c.yaml", "--process", tmp_path)
    assert result.exit_code == 2
    assert "not a process folder" in str(result.exception)


@pytest.mark.parametrize("verb", ["leaderboard", "sequence"])
def test_a_ranking_next_to_a_process_folder_needs_its_gate(tmp_path: Path, verb: str) -> None:
    started(tmp_path / "process")
    words = [verb, tmp_path / "runs" / "a", tmp_path / "runs" / "b"]
    assert "the evaluation gate was not opened before" in str(run(*words).exception)
    assert "evaluation gate" not in str(run(*words, "--override-gate", "a trial").exception)
    override = Ledger(tmp_path / "process").read().entries[-1]
    assert (override.kind, override.body["verb"], override.body["folder"]) == (
        "gate_override",
        verb,
        "../runs/b",
    )


def test_verify_notes_an_export_that_the_ledger_does_not_name(tmp_path: Path) -> None:
    folder = tmp_path / "process"
    started(folder)
    assert "is in no entry" not in run("process", "verify", folder).output
    (folder / "exports").mkdir(exist_ok=True)
    (folder / "exports" / "more.json").write_text("{}")
    assert "exports/more.json: is in no entry" in " ".join(run("process", "verify", folder).output.split())
