"""The command line as a user meets it: exit codes, messages, JSON on standard output and nothing else there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from click.testing import Result
from typer.testing import CliRunner

from speechfair import testing as scripted
from speechfair.cli.main import app
from tests.support import write_tone

ALL = ("demo", "audit", "prepare", "transcribe", "score", "report", "verify", "corpora", "models", "doctor")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """Runs the command line in an empty folder, with a scripted model in the place of every real one."""
    monkeypatch.chdir(tmp_path)
    model = scripted.Scripted({}, default="hello big world")

    def load(spec: str, **options: object) -> scripted.Scripted:
        assert spec
        return model

    monkeypatch.setattr("speechfair.models.load_model", load)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return invoke


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """A folder of recordings with a CSV: six speakers of each of two accents."""
    lines = ["audio,text,speaker,accent"]
    for s in range(12):
        write_tone(tmp_path / "calls" / f"{s}.wav", 0.3)
        text = "hello world" if s % 2 else "hello big world"
        lines.append(f"{s}.wav,{text},s{s},{'north' if s % 2 else 'south'}")
    path = tmp_path / "calls" / "calls.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_an_audit_from_a_csv(run: Callable[..., Result], calls: Path) -> None:
    done = run("audit", "manifest", "--manifest", str(calls), "--group-by", "accent", "--out", "runs/x")
    assert done.exit_code == 0, done.output
    assert "north" in done.stdout
    assert "12" in done.stdout
    assert Path("runs/x/report.html").exists()
    assert run("verify", "runs/x").exit_code == 0


def test_json_is_all_there_is_on_standard_output(run: Callable[..., Result], calls: Path) -> None:
    done = run(
        "audit", "manifest", "--manifest", str(calls), "--group-by", "accent", "--out", "runs/x", "--json"
    )
    content = json.loads(done.stdout)
    assert content["totals"] == {"in": 12, "scored": 12, "failed": 0, "excluded": 0}
    assert json.loads(run("verify", "runs/x", "--json").stdout)["ok"] is True
    assert "report" in json.loads(run("report", "runs/x", "--json").stdout)
    assert json.loads(run("score", "runs/x", "--json").stdout)["groups"] == content["groups"], "axes are kept"
    for verb in ("corpora", "models", "doctor"):
        assert isinstance(json.loads(run(verb, "--json").stdout), list)


def test_in_steps(run: Callable[..., Result], calls: Path) -> None:
    assert run("prepare", "manifest", "--manifest", str(calls), "--out", "r").exit_code == 0
    assert "12 hypotheses, 0 of them failures" in run("transcribe", "r").stdout
    done = run("score", "r", "--group-by", "accent", "--reference", "accent=south")
    assert done.exit_code == 0, done.output
    assert run("report", "r", "--worst", "3").exit_code == 0


def test_verify_exits_with_1_when_something_differs(run: Callable[..., Result], calls: Path) -> None:
    run("audit", "manifest", "--manifest", str(calls), "--out", "r")
    path = Path("r/audit.json")
    path.write_text(path.read_text().replace('"scored": 12', '"scored": 13'))
    done = run("verify", "r")
    assert done.exit_code == 1
    assert "totals.scored: 13 -> 12" in done.stdout


def error_of(done: Result) -> str:
    """The message of the error that `main` would print; usage errors are printed by typer itself."""
    return str(done.exception) if done.exit_code == 1 and done.exception else done.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["audit", "librispech"], "did you mean 'librispeech'"),
        (["audit", "fsdd", "--root", "nowhere"], "nowhere"),
        (["audit", "fsdd", "--option", "nonsense"], "KEY=VALUE"),
        (["audit", "fsdd", "--option", "flavour=1"], "flavour"),
        (["audit", "manifest", "--manifest", "no.csv"], "no.csv"),
        (["audit", "fsdd", "--window", "short"], "write exact, auto, or seconds"),
        (["verify", "."], "not a run folder"),
        (["score", "."], "not a run folder"),
        (["report", "."], "not a run folder"),
        (["transcribe", "nowhere"], "not a run folder"),
        (["corpora", "fsd"], "did you mean 'fsdd'"),
    ],
)
def test_bad_input_is_one_clear_message(run: Callable[..., Result], words: list[str], message: str) -> None:
    done = run(*words)
    assert done.exit_code != 0
    assert message in error_of(done)


def test_main_turns_errors_into_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from speechfair.cli.main import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["speechfair", "verify", "."])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "error: . is not a run folder" in capsys.readouterr().err


def test_an_interrupt_is_130_and_says_it_resumes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from speechfair.cli import main as module

    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_command_line", lambda asked: interrupt)
    with pytest.raises(SystemExit) as stopped:
        module.main()
    assert stopped.value.code == 130
    assert "run the same command again to continue" in capsys.readouterr().err


def test_nothing_scored_is_not_success(
    run: Callable[..., Result], calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("speechfair.models.load_model", lambda spec, **options: scripted.Scripted({}))
    done = run("audit", "manifest", "--manifest", str(calls), "--out", "r")
    assert done.exit_code != 0
    assert "no utterance could be scored" in error_of(done)
    assert Path("r/audit.json").exists(), "the reasons are kept"


def test_a_corrupt_file_among_good_ones_is_one_failed_row(run: Callable[..., Result], calls: Path) -> None:
    (calls.parent / "3.wav").write_bytes(b"RIFFnonsense")
    (calls.parent / "5.wav").unlink()
    soundfile.write(calls.parent / "7.wav", [], 16_000)
    done = run("audit", "manifest", "--manifest", str(calls), "--out", "r", "--json")
    content = json.loads(done.stdout)
    assert content["totals"] == {"in": 12, "scored": 9, "failed": 3, "excluded": 0}
    assert {name for reason in content["failed"] for name in reason["examples"]} == {
        "3.wav",
        "5.wav",
        "7.wav",
    }


@pytest.mark.parametrize("verb", ALL)
def test_every_verb_explains_itself(run: Callable[..., Result], verb: str) -> None:
    done = run(verb, "--help")
    assert done.exit_code == 0
    assert "--json" in done.stdout


def test_doctor_is_content_here(run: Callable[..., Result]) -> None:
    done = run("doctor")
    assert done.exit_code == 0, done.output
