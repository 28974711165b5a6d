"""``speechfair corpora``: the list, a card, and a check with its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from speechfair.cli.main import app
from speechfair.registry import corpora
from tests.corpora.trees import TREES
from tests.support import write_tone


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["corpora", *words])


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    lines = ["audio,text,speaker,accent"]
    for s in range(20):
        write_tone(tmp_path / f"call{s}.wav", 0.3 + 0.01 * s)
        lines.append(f"call{s}.wav,hello world,s{s},{'north' if s % 2 else 'south'}")
    path = tmp_path / "calls.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_list() -> None:
    assert [card["name"] for card in json.loads(run("--json").stdout)] == corpora().names()
    assert "speechocean762" in run().stdout


def test_a_card_by_its_name_alone() -> None:
    assert run("fsdd").stdout.startswith("name: fsdd\n")
    for words in (("fsdd", "--json"), ("--json", "fsdd"), ("show", "fsdd", "--json")):
        assert json.loads(run(*words).stdout)["name"] == "fsdd"
    assert "did you mean 'fsdd'" in str(run("fsd").exception)


def test_a_check_that_passes(calls: Path) -> None:
    done = run("check", "manifest", "--manifest", str(calls))
    assert done.exit_code == 0, done.output
    assert "manifest: 20 rows = 20 usable + 0 unreadable + 0 excluded" in done.stdout
    assert "0 problems, 0 notes; 20 speakers" in done.stdout
    content = json.loads(run("check", "manifest", "--manifest", str(calls), "--json").stdout)
    assert content["ok"] is True
    assert content["groups"][0]["n_speakers"] == 10


def test_a_check_that_finds_a_problem_exits_with_1(calls: Path) -> None:
    (calls.parent / "call3.wav").write_bytes(b"")
    done = run("check", "manifest", "--manifest", str(calls))
    assert done.exit_code == 1
    assert "problem: rows with unusable audio: 1 (call3.wav)" in done.stdout
    assert run("check", "manifest", "--manifest", str(calls), "--no-audio").exit_code == 0


def test_parts_and_other_corpora(tmp_path: Path) -> None:
    roots = {}
    for name in ("speechocean762", "librispeech"):
        (tmp_path / name).mkdir()
        roots[name] = str(TREES[name](tmp_path / name).root)
    first, second = roots.values()
    done = run("check", "speechocean762", first, "--splits", "train,test", "--no-audio", "--json")
    assert list(json.loads(done.stdout)["parts"]) == ["train", "test"]
    done = run("check", "speechocean762", first, "--with", f"librispeech={second}", "--no-audio")
    assert done.exit_code == 1
    assert "have no corpus in common" in done.stdout


def test_a_manifest_and_a_split(calls: Path, tmp_path: Path) -> None:
    done = run(
        "manifest", "manifest", "--manifest", str(calls), "--no-audio", "--out", str(tmp_path / "m.parquet")
    )
    assert done.exit_code == 0, done.output
    assert "20 rows = 20 usable + 0 unreadable + 0 excluded" in done.stdout
    words = [
        "split",
        "manifest",
        "--manifest",
        str(calls),
        "--by",
        "accent",
        "--out",
        str(tmp_path / "parts"),
    ]
    done = run(*words, "--parts", "train=1,test=1", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["parts"]["train"]["strata"] == {"north": 5, "south": 5}
    done = run("split", *words[1:-1], str(tmp_path / "more"))
    assert "16 speakers (80.0 %)" in done.stdout
    assert "load a part with --option listing=" in done.stdout
    part = f"listing={tmp_path / 'parts' / 'test.parquet'}"
    done = run("check", "manifest", "--manifest", str(calls), "--option", part)
    assert "manifest: 10 rows = 10 usable" in done.stdout


def test_a_datasheet_and_exports(calls: Path, tmp_path: Path) -> None:
    given = ("manifest", "--manifest", str(calls))
    done = run("datasheet", *given, "--out", str(tmp_path / "sheet"))
    assert done.exit_code == 0, done.output
    assert "no rows: the licence does not allow redistribution" in done.stdout
    assert "questions are left to answer" in done.stdout
    done = run("export", *given, "--to", "shards", "--out", str(tmp_path / "shards"))
    assert "does not allow redistribution" in str(done.exception)
    said = ("--permission", "I recorded them myself")
    done = run("export", *given, "--to", "shards", "--out", str(tmp_path / "shards"), *said, "--json")
    assert json.loads(done.stdout)["not_written"] == {}
    done = run("check", "webdataset", str(tmp_path / "shards"))
    assert "webdataset: 20 rows = 20 usable" in done.stdout
    done = run("export", *given, "--to", "shard")
    assert done.exit_code == 2
    assert "'shard' is not one of 'cuts', 'dataset', 'shards'" in done.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["check", "fsd", "."], "did you mean 'fsdd'"),
        (["check", "fsdd", "nowhere"], "nowhere"),
        (["check", "fsdd", "."], "expected the folder recordings"),
        (["check", "fsdd"], "needs its folder"),
        (["check", "speechocean762", ".", "--splits", "train"], "name two or more"),
        (["check", "speechocean762", ".", "--splits", "train,train"], "name two or more"),
        (["check", "fsdd", ".", "--with", "librispeech"], "KEY=VALUE"),
    ],
)
def test_bad_input(words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if "--with" in words:
        TREES["fsdd"](tmp_path)
    done = run(*words)
    assert done.exit_code != 0
    assert message in str(done.exception) + done.output


def test_a_page_of_the_check(calls: Path, tmp_path: Path) -> None:
    done = run("check", "manifest", "--manifest", str(calls), "--html", str(tmp_path / "check.html"))
    assert done.exit_code == 0, done.output
    assert "<h1><bdi>manifest</bdi></h1>" in (tmp_path / "check.html").read_text(encoding="utf-8")
