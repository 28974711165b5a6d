"""``speechfair compare`` as a user meets it: exit codes, messages, JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from speechfair.auditing.run import audit, score
from speechfair.cli.main import app, main
from speechfair.testing import Scripted
from tests.support import scripted_texts, small_corpus

LONG = " ".join(f"word{i}" for i in range(60))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runs ``old``, ``better``, ``worse``, ``open`` and ``fewer``, which no test changes."""
    folder = tmp_path_factory.mktemp("runs")
    corpus = small_corpus(folder / "wav", speakers=12, per_speaker=3, text=LONG)
    texts = scripted_texts(corpus, {"x": 9, "y": 9})
    told = {
        "old": texts,
        "better": scripted_texts(corpus, {"x": 3, "y": 3}),
        "worse": scripted_texts(corpus, {"x": 3, "y": 18}),
        "open": {**texts, "s01-0": "", "s02-1": LONG},
    }
    for name, script in told.items():
        audit(corpus, Scripted(script, name=name), ["accent"], out=folder / name)
    corpus.rows = corpus.rows[:-1]
    audit(corpus, Scripted(texts, name="fewer"), ["accent"], out=folder / "fewer")
    return folder


@pytest.fixture
def run(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs the command line in that folder."""
    monkeypatch.chdir(runs)
    return lambda *words: CliRunner().invoke(app, ["compare", *words])


def test_exit_codes_tell_the_verdict(run: Callable[..., Result]) -> None:
    for name, code, word in (("better", 0, "PASS"), ("worse", 1, "FAIL"), ("open", 3, "UNDETERMINED")):
        done = run("old", name)
        assert done.exit_code == code, done.output
        assert f"verdict: {word}" in done.stdout
        assert "By accent" in done.stdout


def test_json_is_all_there_is_on_standard_output(run: Callable[..., Result], tmp_path: Path) -> None:
    out, page = tmp_path / "found" / "compare.json", tmp_path / "found" / "compare.html"
    done = run("old", "worse", "--json", "--out", str(out), "--report", str(page))
    assert done.exit_code == 1
    content = json.loads(done.stdout)
    assert (content["schema"], content["verdict"]) == ("speechfair/compare/1", "fail")
    assert out.read_text() == done.stdout
    assert "speechfair compare" in page.read_text(encoding="utf-8")


def test_margins_level_and_axes_are_handed_on(run: Callable[..., Result]) -> None:
    done = run(
        "old",
        "worse",
        "--margin-relative",
        "1",
        "--level",
        "0.9",
        "--group-by",
        "gender",
        "--seed",
        "5",
        "--json",
    )
    content = json.loads(done.stdout)
    assert done.exit_code == 3, "with the usual margin it fails"
    assert (content["relative"], content["level"], content["seed"]) == (1.0, 0.9, 5)
    assert [axis["axis"] for axis in content["axes"]] == ["gender"]
    assert json.loads(run("old", "better", "--margin-absolute", "0.2", "--json").stdout)["absolute"] == 0.2


def test_other_manifests_need_a_word(run: Callable[..., Result]) -> None:
    done = run("old", "fewer")
    assert "only before: 1 (s11-2)" in str(done.exception)
    assert run("old", "fewer", "--match", "common").exit_code in (0, 3)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["old", "old"], "given twice"),
        (["old", "nowhere"], "not a run folder"),
        (["old", "wav"], "not a run folder"),
        (["old", "fewer"], "--match common"),
        (["old", "better", "--group-by", "acent"], "did you mean 'accent'"),
        (["old", "better", "--level", "95"], "level must lie"),
        (["old", "better", "--margin-relative", "-1"], "relative margin is -1"),
    ],
)
def test_bad_input_is_exit_code_2_and_one_clear_message(
    run: Callable[..., Result],
    words: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["speechfair", "compare", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert message in said.err


def test_another_normaliser_is_bad_input(run: Callable[..., Result], tmp_path: Path) -> None:
    shutil.copytree("better", tmp_path / "other")
    score(tmp_path / "other", ["accent"], normalizer="verbatim")
    assert "speechfair score --normalizer" in str(run("old", str(tmp_path / "other")).exception)
