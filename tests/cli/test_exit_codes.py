"""Exit code 1 says that a criterion or a check failed, and nothing else does: every other mishap ends with 2."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from speechfair.auditing.run import audit
from speechfair.cli import main as module
from speechfair.gating.freezing import freeze
from speechfair.testing import Scripted
from tests.gate_support import write
from tests.support import scripted_texts, small_corpus

GATE = ["gate", "run", "--criteria", "criteria.yaml"]
COMPARE = ["compare", "run", "run2"]
VERIFY = ["verify", "run"]
LEAST = "- {id: r, metric: rate_ratio, axis: accent, limit: 2, min_speakers: 6}"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two run folders and frozen criteria."""
    folder = tmp_path_factory.mktemp("exit")
    freeze(write(folder / "criteria.yaml", LEAST))
    corpus = small_corpus(folder / "wav")
    for name in ("run", "run2"):
        audit(corpus, Scripted(scripted_texts(corpus, {"x": 2, "y": 2})), ["accent"], out=folder / name)
    return folder


@pytest.fixture
def work(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import shutil

    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def code_of(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["speechfair", *words])
    with pytest.raises(SystemExit) as stopped:
        module.main()
    assert isinstance(stopped.value.code, int)
    return stopped.value.code


DAMAGE = {
    "run.yaml": (GATE, COMPARE, VERIFY),
    "audit.json": (GATE, COMPARE),
    "scores": (GATE, COMPARE),
    "manifest.parquet": (GATE,),
    "criteria.yaml": (GATE, ["criteria", "check", "criteria.yaml"], ["criteria", "freeze", "criteria.yaml"]),
    "criteria.yaml.frozen.yaml": (GATE, ["criteria", "check", "criteria.yaml"]),
}


@pytest.mark.parametrize(
    ("name", "words", "how"),
    [(n, w, "garbage") for n, all_words in DAMAGE.items() for w in all_words]
    + [(n, GATE, how) for n in DAMAGE for how in ("empty", "folder") if n != "manifest.parquet"],
    ids=lambda v: v if isinstance(v, str) else "-".join(v[:2]),
)
def test_damaged_files_never_end_with_1(
    name: str,
    words: list[str],
    how: str,
    work: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = work / name if name.startswith("criteria") else work / "run" / name
    if name == "scores":
        (path,) = (work / "run" / "scores").glob("*.parquet")
    if how == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(b"" if how == "empty" else b"\xff\x00: [not, {a: file")
    assert code_of(words, monkeypatch) == 2
    said = capsys.readouterr()
    assert path.name in said.out + said.err


@pytest.mark.parametrize("words", [GATE, COMPARE], ids=["gate", "compare"])
def test_a_fault_is_2_with_its_traceback(
    words: list[str], work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("speechfair.verbs.gate._judged", broken)
    monkeypatch.setattr("speechfair.comparing.compare_models.compare", broken)
    junit = ["--junit", "gate.xml"] if words is GATE else []
    assert code_of([*words, *junit], monkeypatch) == 2
    said = capsys.readouterr().err
    assert "ZeroDivisionError: planted" in said
    assert "fault of speechfair" in said
    if junit:
        assert ElementTree.parse(work / "gate.xml").getroot().attrib["errors"] == "1"


@pytest.mark.parametrize(
    "words",
    [
        [*GATE, "--junit", "run/gate.xml"],
        [*GATE, "--markdown", "run/deep/gate.md"],
        [*COMPARE, "--out", "run2/compare.json"],
        [*COMPARE, "--report", "run/../run/c.html"],
        ["confidence", "run", "--html", "run/c.html"],
    ],
    ids=lambda words: words[-1],
)
def test_nothing_is_written_into_a_run_folder(
    words: list[str], work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(work.rglob("*"))
    assert code_of(words, monkeypatch) == 2
    assert words[-1] in capsys.readouterr().err
    assert sorted(work.rglob("*")) == before


@pytest.mark.parametrize("words", [[*GATE, "--json"], VERIFY], ids="-".join)
def test_a_full_disk_behind_the_output_is_2(
    words: list[str], work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    with open("/dev/full", "w", encoding="utf-8") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert code_of(words, monkeypatch) == 2
    assert "standard output: No space left" in capsys.readouterr().err


def test_a_reader_that_went_away_is_neither_pass_nor_fail(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("typer.echo", gone)
    assert code_of(GATE, monkeypatch) == 141


@pytest.mark.parametrize(
    "words", [["gate"], ["gate", "run", "--criteria"], ["compare", "run"], ["nonsense"], ["gate", "--wrong"]]
)
def test_bad_usage_is_2(words: list[str], work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert code_of(words, monkeypatch) == 2


def test_a_sound_run_still_gives_its_verdict(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert code_of(VERIFY, monkeypatch) == 0
    assert code_of(GATE, monkeypatch) in (0, 3)
    assert code_of(COMPARE, monkeypatch) in (0, 3)
