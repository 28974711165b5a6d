"""`speechfair criteria` and `speechfair gate` as continuous integration meets them: exit codes and files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import Result
from typer.testing import CliRunner

from speechfair.auditing.run import audit, prepare
from speechfair.cli.main import app
from speechfair.gating.criteria import shipped_criteria
from speechfair.gating.freezing import freeze
from speechfair.testing import Scripted
from speechfair.types import Exclusion, Utterance
from tests.gate_support import WAIVED
from tests.support import scripted_texts, small_corpus

HEAD = f"schema: speechfair/criteria/1\nnormalizer: basic\ntokens: words\n{WAIVED}criteria:\n"
LINE = "- {id: ratio, metric: rate_ratio, axis: accent, limit: 2, min_speakers: 10}\n"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, list(words))


def make(folder: Path, y: int = 2, line: str = LINE, frozen: bool = True) -> None:
    path = folder / "criteria.yaml"
    path.write_text(HEAD + line, encoding="utf-8")
    if frozen:
        freeze(path)
    corpus = small_corpus(folder / "wav", speakers=24)
    audit(corpus, Scripted(scripted_texts(corpus, {"x": 2, "y": y})), ["accent"], out=folder / "run")


@pytest.mark.parametrize(
    ("y", "line", "frozen", "code", "verdict"),
    [
        (2, LINE, True, 0, "pass"),
        (9, LINE, True, 1, "fail"),
        (2, LINE.replace("accent", "acent"), True, 2, "error"),
        (2, LINE, False, 3, "undetermined"),
    ],
)
def test_the_exit_code_is_the_verdict(
    run: Callable[..., Result], tmp_path: Path, y: int, line: str, frozen: bool, code: int, verdict: str
) -> None:
    make(tmp_path, y, line, frozen)
    words = ("gate", "run", "--criteria", "criteria.yaml")
    done = run(*words, "--junit", "out/gate.xml", "--markdown", "out/gate.md")
    assert done.exit_code == code, done.output
    assert f"verdict: {verdict} " in done.stdout
    assert verdict.upper() in done.stdout
    root = ElementTree.parse("out/gate.xml").getroot()
    assert (int(root.attrib["failures"]) + int(root.attrib["errors"]) == 0) == (code == 0)
    assert verdict in Path("out/gate.md").read_text(encoding="utf-8").splitlines()[0]
    machine = run(*words, "--json")
    assert machine.exit_code == code
    assert json.loads(machine.stdout)["verdict"] == verdict


def test_a_gate_that_cannot_be_held_leaves_no_older_green(run: Callable[..., Result], tmp_path: Path) -> None:
    make(tmp_path)
    words = ("gate", "run", "--criteria", "criteria.yaml", "--junit", "gate.xml", "--markdown", "gate.md")
    assert run(*words).exit_code == 0
    Path("criteria.yaml").write_text(HEAD + LINE.replace("limit", "limt"), encoding="utf-8")
    done = run(*words)
    assert done.exit_code != 0
    assert "did you mean 'limit'" in str(done.exception)
    root = ElementTree.parse("gate.xml").getroot()
    assert root.attrib["errors"] == "1"
    assert "did you mean" in Path("gate.md").read_text(encoding="utf-8")


def test_show_freeze_check_and_gate_in_their_order(run: Callable[..., Result], tmp_path: Path) -> None:
    shown = run("criteria", "show")
    assert shown.stdout == shipped_criteria().read_text(encoding="utf-8")
    Path("criteria.yaml").write_text(HEAD + LINE, encoding="utf-8")
    in_words = run("criteria", "show", "criteria.yaml")
    assert "at most 2" in in_words.stdout
    assert json.loads(run("criteria", "show", "criteria.yaml", "--json").stdout)["tokens"] == "words"
    unfrozen = run("criteria", "check", "criteria.yaml")
    assert (unfrozen.exit_code, "never frozen" in unfrozen.stdout) == (3, True)
    frozen = run("criteria", "freeze", "criteria.yaml", "--json")
    assert frozen.exit_code == 0
    assert json.loads(frozen.stdout)["recorded_in"] == "criteria.yaml.frozen.yaml"
    assert run("criteria", "check", "criteria.yaml").exit_code == 0
    corpus = small_corpus(tmp_path / "wav", speakers=24)
    audit(corpus, Scripted(scripted_texts(corpus, {"x": 2, "y": 2})), ["accent"], out="run")
    checked = run("criteria", "check", "criteria.yaml", "--run", "run")
    assert (checked.exit_code, "evaluation began" in checked.stdout) == (0, True)
    assert run("gate", "run", "--criteria", "criteria.yaml").exit_code == 0


def test_freezing_into_a_run_before_and_after_its_evaluation(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    Path("criteria.yaml").write_text(HEAD + LINE, encoding="utf-8")
    corpus = small_corpus(tmp_path / "wav", speakers=24)
    prepare(corpus, "run")
    done = run("criteria", "freeze", "criteria.yaml", "--run", "run")
    assert (done.exit_code, "publish the sha256" in done.stdout) == (0, True)
    assert "not evaluated yet" in run("criteria", "check", "criteria.yaml", "--run", "run").stdout
    audit(corpus, Scripted(scripted_texts(corpus, {"x": 2, "y": 2})), ["accent"], out="run")
    assert run("gate", "run", "--criteria", "criteria.yaml").exit_code == 0
    late = run("criteria", "freeze", "criteria.yaml", "--run", "run")
    assert late.exit_code != 0
    assert "the evaluation began at" in str(late.exception)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gate", "nowhere", "--criteria", "criteria.yaml"], "not a run folder"),
        (["gate", "run", "--criteria", "none.yaml"], "cannot be read"),
        (["criteria", "freeze", "none.yaml"], "cannot be read"),
        (["criteria", "check", "criteria.yaml", "--run", "nowhere"], "not a run folder"),
    ],
)
def test_bad_input_is_one_clear_message(
    run: Callable[..., Result], tmp_path: Path, words: list[str], message: str
) -> None:
    make(tmp_path)
    done = run(*words)
    assert done.exit_code != 0
    assert message in str(done.exception)
    assert not Path("nowhere").exists()


def test_a_gate_needs_criteria(run: Callable[..., Result]) -> None:
    done = run("gate", "run")
    assert done.exit_code == 2
    assert "--criteria" in done.output


@pytest.mark.parametrize(
    "words", [["gate"], ["criteria", "show"], ["criteria", "freeze"], ["criteria", "check"]]
)
def test_each_explains_itself(run: Callable[..., Result], words: list[str]) -> None:
    done = run(*words, "--help")
    assert done.exit_code == 0
    assert "--json" in done.stdout


def test_a_run_whose_rows_are_doubled_under_other_speakers_does_not_pass(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    from dataclasses import replace

    from speechfair.types import Utterance

    path = tmp_path / "criteria.yaml"
    path.write_text(HEAD + LINE, encoding="utf-8")
    freeze(path)
    corpus = small_corpus(tmp_path / "wav", speakers=12)
    texts = scripted_texts(corpus, {"x": 2, "y": 2})
    again = [
        replace(row, id=f"b{row.id}", speaker=f"b{row.speaker}")
        for row in corpus.rows
        if isinstance(row, Utterance)
    ]
    corpus = replace(corpus, rows=[*corpus.rows, *again])
    audit(corpus, Scripted({**texts, **{f"b{k}": v for k, v in texts.items()}}), ["accent"], out="run")
    done = run("gate", "run", "--criteria", "criteria.yaml", "--json")
    (found,) = json.loads(done.stdout)["comparisons"]
    assert (done.exit_code, found["verdict"], found["guard"]) == (3, "undetermined", "repeated_audio")
    assert "24 speaker ids, but 12 speakers with audio of their own" in found["reason"]


def test_the_groups_of_the_run_and_what_was_lost_are_in_the_verdict(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    make(tmp_path, 2, LINE)
    done = json.loads(run("gate", "run", "--criteria", "criteria.yaml", "--json").stdout)
    assert [(g["group"], g["n_rows"], g["judged_by"]) for g in done["groups"]] == [
        ("x", 36, ["ratio"]),
        ("y", 36, ["ratio"]),
    ]
    assert {r["name"]: r["verdict"] for r in done["requirements"]} == {
        "absolute_criterion": "pass",
        "failure_criterion": "pass",
        "answers": "pass",
    }


def test_ratios_alone_do_not_pass_and_junit_is_not_green(run: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "criteria.yaml"
    path.write_text(HEAD.replace(WAIVED, "") + LINE, encoding="utf-8")
    freeze(path)
    corpus = small_corpus(tmp_path / "wav", speakers=24)
    audit(corpus, Scripted(scripted_texts(corpus, {"x": 2, "y": 2})), ["accent"], out=tmp_path / "run")
    done = run("gate", "run", "--criteria", "criteria.yaml", "--junit", "gate.xml", "--markdown", "gate.md")
    assert done.exit_code == 3
    assert "UNDETERMINED  absolute criterion" in done.stdout
    root = ElementTree.parse("gate.xml").getroot()
    assert (root.attrib["errors"], root.attrib["failures"]) == ("2", "0")
    assert "failure criterion" in Path("gate.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("head", "line", "message"),
    [
        ("", LINE.replace("accent", "acent"), "did you mean 'accent'"),
        ("", LINE.replace("limit", "groups: [z], limit"), "no utterance is of the group 'z'"),
        ("", LINE.replace("limit", "reference: z, limit"), "no utterance is of the reference group 'z'"),
        ("", LINE.replace("accent", "gender"), "name it in the criteria file"),
        ("corpus: other\n", LINE, "for the corpus 'other', the run is of 'listed'"),
        (f"manifest_sha256: '{'0' * 64}'\n", LINE, "for the manifest 000000000000"),
    ],
)
def test_what_does_not_fit_the_prepared_run_is_not_frozen(
    run: Callable[..., Result], tmp_path: Path, head: str, line: str, message: str
) -> None:
    prepare(small_corpus(tmp_path / "wav", speakers=24), "run")
    Path("criteria.yaml").write_text(head + HEAD + line, encoding="utf-8")
    before = Path("run/run.yaml").read_bytes()
    done = run("criteria", "freeze", "criteria.yaml", "--run", "run")
    assert done.exit_code != 0
    assert message in str(done.exception)
    assert "nothing was frozen" in str(done.exception)
    assert Path("run/run.yaml").read_bytes() == before
    checked = run("criteria", "check", "criteria.yaml", "--run", "run")
    assert (checked.exit_code, message in checked.output) == (2, True)


def test_what_fits_is_frozen_and_what_will_stay_open_is_announced(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    import yaml

    prepare(small_corpus(tmp_path / "wav", speakers=24), "run")
    digest = yaml.safe_load(Path("run/run.yaml").read_text())["recipe"]["corpus"]["manifest_sha256"]
    head = f"corpus: listed\nmanifest_sha256: '{digest[:8]}'\nmodel: not-asked-yet\n"
    few = LINE.replace("id: ratio", "id: few").replace("min_speakers: 10", "min_speakers: 13")
    Path("criteria.yaml").write_text(head + HEAD + LINE + few, encoding="utf-8")
    done = run("criteria", "freeze", "criteria.yaml", "--run", "run")
    assert done.exit_code == 0, done.output
    assert "will be undetermined: few: 12 speakers" in done.output
    assert "ratio:" not in done.output


def test_repeated_audio_is_announced_though_a_row_is_excluded(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    corpus = small_corpus(tmp_path / "wav", speakers=24, per_speaker=2)
    first = {row.speaker: row.audio for row in reversed(corpus.rows) if isinstance(row, Utterance)}
    same = [replace(row, audio=first[row.speaker]) for row in corpus.rows if isinstance(row, Utterance)]
    prepare(replace(corpus, rows=[*same, Exclusion("gone", "no text", "row 49")]), "run")
    Path("criteria.yaml").write_text(HEAD + LINE, encoding="utf-8")
    done = run("criteria", "check", "criteria.yaml", "--run", "run")
    assert "the same stretch of audio" in " ".join(done.output.split())
