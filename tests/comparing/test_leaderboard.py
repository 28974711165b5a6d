"""A leaderboard of scripted models: ranks, ties, refusals, and the same numbers on the page, in tables and in JSON."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from speechfair import leaderboard
from speechfair.auditing.run import audit
from speechfair.cli.main import app
from speechfair.comparing.leaderboard import Leaderboard, json_schema
from speechfair.comparing.leaderboard_table import ranks
from speechfair.errors import InputError
from speechfair.messages.translation import Translator
from speechfair.reporting.leaderboard_html import write_leaderboard
from speechfair.testing import Scripted
from speechfair.types import Utterance
from speechfair.wording import interval, percent
from tests.support import ListCorpus, scripted_texts, small_corpus

CHECKOUT = Path(__file__).resolve().parents[2]
WRONG = {"good": {"x": 3, "y": 6}, "twin": {"x": 3, "y": 6}, "bad": {"x": 9, "y": 36}}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> ListCorpus:
    text = " ".join(f"word{i}" for i in range(60))
    return small_corpus(tmp_path_factory.mktemp("wav"), speakers=14, per_speaker=2, text=text)


@pytest.fixture(scope="module")
def runs(corpus: ListCorpus, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    base = tmp_path_factory.mktemp("runs")
    for name, wrong in WRONG.items():
        failures = {"s01-0": "no text"} if name == "bad" else None
        model = Scripted(scripted_texts(corpus, wrong), name=name, failures=failures)
        audit(corpus, model, ["accent"], out=base / name)
    return [base / name for name in WRONG]


@pytest.fixture(scope="module")
def found(runs: list[Path]) -> Leaderboard:
    return leaderboard(runs)


def test_equal_models_share_ranks_and_the_worse_one_is_last(found: Leaderboard) -> None:
    board = found.axes[0]
    assert [one.model for one in board.standings] == ["good", "twin", "bad"]
    assert [ranks(one.worst) for one in board.standings] == ["1–2", "1–2", "3"]
    assert [ranks(one.gap) for one in board.standings] == ["1–2", "1–2", "3"]
    assert {one.worst_group for one in board.standings} == {"y"}
    assert {(one.better, one.worse) for one in board.told_apart} == {("good", "bad"), ("twin", "bad")}
    assert [ranks(model.overall) for model in found.models] == ["1–2", "1–2", "3"]


def test_numbers_are_those_of_the_audits(found: Leaderboard, runs: list[Path]) -> None:
    for run in runs:
        stored = json.loads((run / "audit.json").read_text())
        model = next(one for one in found.models if one.name == run.name)
        assert model.overall.estimate.value == stored["overall"]["rate"]["value"]
        standing = next(one for one in found.axes[0].standings if one.model == run.name)
        assert standing.worst.estimate.value == max(group["rate"]["value"] for group in stored["groups"])
        assert standing.gap.estimate.value == pytest.approx(stored["axes"][0]["gap"]["value"])


def test_failures_are_footnotes(found: Leaderboard) -> None:
    assert "bad: 1 failed utterance counts as all deleted" in found.notes
    assert "bad: 1 failed utterance" in str(found)


def test_the_record_fits_its_published_schema(found: Leaderboard) -> None:
    jsonschema.validate(json.loads(found.to_json()), json_schema())
    assert json.loads((CHECKOUT / "docs/schemas/leaderboard-1.json").read_text()) == json_schema()
    assert Leaderboard.model_validate_json(found.to_json()) == found


def test_table_markdown_and_page_say_the_same(found: Leaderboard, tmp_path: Path) -> None:
    page = write_leaderboard(found, tmp_path / "board.html").read_text()
    cells = set(re.findall(r">([^<>]+)<", page))
    for one in found.axes[0].standings:
        for estimate in (one.worst.estimate, one.gap.estimate):
            for text in (percent(estimate.value), interval(estimate, "percent")):
                assert text in cells
                assert text in str(found)
                assert str(text) in found.to_markdown().replace("\\", "")
    assert "http://" not in page
    assert "https://" not in page


def test_other_manifests_are_refused_or_matched_with_the_count(
    runs: list[Path], corpus: ListCorpus, tmp_path: Path
) -> None:
    fewer = replace(corpus, rows=corpus.rows[2:])
    audit(
        fewer,
        Scripted(scripted_texts(fewer, WRONG["good"]), name="fewer"),
        ["accent"],
        out=tmp_path / "fewer",
    )
    with pytest.raises(InputError, match="not runs over the same manifest"):
        leaderboard([*runs, tmp_path / "fewer"])
    matched = leaderboard([*runs, tmp_path / "fewer"], match="common")
    assert matched.n_utterances == len(corpus.rows) - 2
    assert matched.n_left_out == {run.name: 2 for run in runs}
    assert "2 utterances of good are not compared: not all runs have them alike" in matched.notes


def test_runs_of_one_name_are_named_by_the_folders_that_tell_them_apart(
    runs: list[Path], tmp_path: Path
) -> None:
    places = [tmp_path / "old" / "run", tmp_path / "new" / "run"]
    for place in places:
        shutil.copytree(runs[0], place)
    found = leaderboard(places)
    assert {model.name for model in found.models} == {"good (old/run)", "good (new/run)"}
    assert str(tmp_path) not in found.model_dump_json()


def test_groups_of_few_speakers_are_left_out_by_name(runs: list[Path], corpus: ListCorpus) -> None:
    speakers = len({row.speaker for row in corpus.rows if isinstance(row, Utterance)}) // 2
    board = leaderboard(runs, min_speakers=speakers + 1).axes[0]
    assert [one.group for one in board.left_out] == ["x", "y"]
    assert (board.standings, board.reason) == ([], "no labelled group has enough speakers for an interval")


@pytest.mark.parametrize(
    ("pick", "options", "message"),
    [
        ([0], {}, "two or more"),
        ([0, 0], {}, "given twice"),
        ([0, 1], {"by": "best"}, "choose one of"),
        ([0, 1], {"min_speakers": 1}, "needs 5 speakers"),
        ([0, 1], {"group_by": ["nothing"]}, "no utterance has a label"),
    ],
)
def test_bad_calls_say_what_is_wrong(
    runs: list[Path], pick: list[int], options: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        leaderboard([runs[i] for i in pick], **options)  # type: ignore[arg-type]


def test_the_command_prints_every_form_and_writes_files(
    found: Leaderboard, runs: list[Path], tmp_path: Path
) -> None:
    words = ["leaderboard", *map(str, runs)]
    done = CliRunner().invoke(
        app, [*words, "--json", "--report", str(tmp_path / "a.html"), "--out", str(tmp_path / "a.json")]
    )
    assert done.exit_code == 0, done.output
    assert (
        json.loads(done.stdout)
        == json.loads(found.to_json())
        == json.loads((tmp_path / "a.json").read_text())
    )
    assert "<h1>3 models" in (tmp_path / "a.html").read_text()
    assert CliRunner().invoke(app, [*words, "--format", "markdown"]).stdout == found.to_markdown()
    assert CliRunner().invoke(app, [*words, "--format", "csv"]).stdout.startswith("rank,model,worst,")
    refused = CliRunner().invoke(app, [*words, "--report", str(runs[0] / "x.html")])
    assert refused.exit_code != 0


def test_many_models_with_failures_share_a_note_with_every_count(corpus: ListCorpus, tmp_path: Path) -> None:
    """25 systems with a line for each failure and each kind are a page that nobody reads."""
    ids = [row.id for row in corpus.rows]
    for n in range(1, 6):
        model = Scripted(
            scripted_texts(corpus, {"x": n, "y": n}), name=f"m{n}", failures=dict.fromkeys(ids[:n], "no")
        )
        audit(corpus, model, ["accent"], out=tmp_path / f"m{n}")
    few = leaderboard([tmp_path / f"m{n}" for n in (1, 2, 3)])
    assert [note for note in few.notes if "failed utterance" in note] == [
        "m1: 1 failed utterance counts as all deleted",
        "m2: 2 failed utterances count as all deleted",
        "m3: 3 failed utterances count as all deleted",
    ]
    many = leaderboard([tmp_path / f"m{n}" for n in range(1, 6)])
    notes = [note for note in many.notes if "failed utterance" in note]
    assert notes == [
        "failed utterances count as all deleted, 15 in 5 models: m5 (5), m4 (4), m3 (3), m2 (2), m1 (1)"
    ]
    assert Translator("ja")(notes[0]) == (
        "失敗した発話は全部の脱落として数えます。5 モデルで計 15 件:m5 (5), m4 (4), m3 (3), m2 (2), m1 (1)"
    )
    runaway = "texts with more insertions than reference tokens, 15 in 5 models: m5 (5), m4 (4)"
    assert Translator("ja").knows(runaway)
