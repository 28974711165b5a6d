"""Where a verb takes --language ja, what it prints is Japanese: no English but names, code, and texts of people."""

from __future__ import annotations

import inspect
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from speechfair.auditing.run import audit
from speechfair.cli.debias import _show
from speechfair.cli.main import app
from speechfair.cli.probe import _show as show_probe
from speechfair.comparing.leaderboard_record import GroupLeftOut, LeaderboardAxis
from speechfair.comparing.leaderboard_table import groups_words
from speechfair.messages import translation
from speechfair.messages.told_tables import in_language, told_line
from speechfair.messages.translation import Translator
from speechfair.probes import probe_grounding, probe_questions
from speechfair.probes.grounding.grounding_sections import grounding_findings, grounding_sections
from speechfair.probes.questions.question_set import gather, set_card
from speechfair.probes.questions.questions_sections import questions_findings, questions_sections
from speechfair.probes.response.probe_response import probe_response
from speechfair.probes.sections import response_findings, response_sections
from speechfair.result_table import Column, Noted, Table
from speechfair.testing import Scripted
from speechfair.types import Estimate
from tests.cli.conftest import Done
from tests.probes.planted_model import Planted, scene_corpus
from tests.probes.questions import test_probe_questions as questions
from tests.probes.response import test_probe_response as response
from tests.reporting.debias_samples import debias_result
from tests.reporting.test_japanese_pages import DATA, ENGLISH, NAMES
from tests.support import scripted_texts, small_corpus, write_tone

LONG = " ".join(f"w{i}" for i in range(40))
LEFT = re.compile(
    r"--json|COLUMNS=\d+|\(listed\b[^)]*\)|/\S+|\S+/\S*|\b(accent|gender)(\+\w+)?=\S+|\bu\d\S*|p = |p < "
    r"|\b(plain|thick|other|drink|old|better|worse)\b|speaker_within: accent|^accent "
    r"|^transcripts |\benglish 1\S*|ScriptedFailureError: broken"
)
"""Commands, paths, groups in code and names of models and rows."""
tell = Translator("ja")


def english_in(printed: str) -> list[str]:
    """The lines that read as English."""
    found = []
    printed = "\n".join(line for line in printed.splitlines() if not line.startswith("\\"))  # LaTeX commands
    for line in printed.splitlines():
        rest = NAMES.sub("", LEFT.sub("", line))
        for name in sorted(DATA, key=len, reverse=True):
            rest = rest.replace(name, "")
        if ENGLISH.search(rest):
            found.append(line)
    return found


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    corpus = small_corpus(folder / "wav", speakers=14, per_speaker=3, text=LONG)
    first = next(row.id for row in corpus.rows)
    for name, wrong in {"old": 6, "better": 2, "worse": 18}.items():
        sure = {row.id: 0.9 if row.id.endswith("-0") else 0.5 for row in corpus.rows}
        texts = scripted_texts(corpus, {"x": 3, "y": wrong})
        failures = {first: "broken"} if name == "worse" else {}
        model = Scripted(texts, name=name, confidences=sure, failures=failures)
        audit(corpus, model, ["accent", "accent+gender"], out=folder / name)
    shutil.copytree(folder / "better", folder / "scored")
    shutil.copytree(folder / "worse", folder / "failing")
    return folder


def test_why_a_leaderboard_left_a_group_out_is_japanese() -> None:
    """It gives a reason without the numbers that differ between groups; the catalogue must have that part too."""
    reasons = [
        key
        for key in translation._content()["recorded"]
        if ": no interval" in key and not re.search("question|item", key)
    ]
    assert len(reasons) > 6
    for reason in reasons:
        axis = LeaderboardAxis(
            axis="accent",
            groups=[],
            left_out=[GroupLeftOut(group="x", reason=re.sub(r"\{\w+:number\}|\{all\}", "3", reason))],
            standings=[],
            told_apart=[],
            reason=None,
        )
        if "{" in axis.left_out[0].reason:
            continue  # a reason in front of the group that it is of: a leaderboard has none such
        for line in groups_words(axis):
            assert tell.knows(line), line


@pytest.mark.parametrize(
    "words",
    [
        "compare {}/old {}/better",
        "compare {}/old {}/worse",
        "compare {}/better {}/old --group-by accent",
        "leaderboard {}/old {}/better {}/worse",
        "leaderboard {}/old {}/worse --group-by accent --format markdown",
        "leaderboard {}/old {}/better {}/worse --min-speakers 20 --format latex",
        "sequence {}/old {}/better {}/worse",
        "sequence {}/old {}/better --format markdown",
        "confidence {}/old --target-error 0.1",
        "confidence {}/worse --target-error 0.001",
        "score {}/scored --group-by accent --group-by gender --group-by accent+gender",
        "score {}/failing --group-by gender",
        "table {}/old",
        "table {}/worse --format latex",
    ],
)
def test_what_a_verb_prints(
    words: str, runs: Path, speechfair: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    done = speechfair(*words.replace("{}", str(runs)).split(), "--language", "ja")
    assert done.returncode in (0, 1, 3), done.stderr
    assert re.search("[ぁ-ん]", done.stdout)
    assert english_in(done.stdout) == []


ENGLISH_ALONE = {
    "prepare transcribe merge": "print a folder and a progress bar",
    "figures": "prints paths; its charts are for papers in English",
    "models metrics doctor discover": "print lists for the person at the keyboard",
    "verify plan": "print sentences of their own, which have no Japanese yet",
    "view": "prints an address; the page has both languages",
    "criteria-show criteria-freeze criteria-check": "print files and lines of files",
    "corpora corpora-manifest corpora-split corpora-datasheet corpora-export corpora-show": "print lists and files",
    "debias-compare debias-record": "print a table of recipes, and a path",
    "debias-leakage": "prints a table of layers, with no Japanese yet",
    "probe-plan": "prints sentences of its own, which have no Japanese yet",
}
"""Verbs that print no result in the reader's language, and why; all of `process` takes the plan's language."""


def verbs(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, one in command.commands.items():
        whole = f"{path}-{name}".strip("-")
        if not hasattr(one, "commands") or one.invoke_without_command:
            yield whole, one
        if hasattr(one, "commands"):
            yield from verbs(one, whole)


def test_every_verb_that_prints_a_result_takes_the_language() -> None:
    alone = {name for names in ENGLISH_ALONE for name in names.split()}
    without = set()
    for name, verb in verbs(get_command(app)):
        options = inspect.signature(verb.callback).parameters
        takes = any(one in options and options[one].default == "en" for one in ("language", "page_language"))
        if not takes and not name.startswith("process-"):
            without.add(name)
    assert without == alone


def test_an_audit_and_an_import_are_wholly_japanese(
    tmp_path: Path, speechfair: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    rows = [f"s{n % 14},{'female' if n % 2 else 'male'},w1 w2 w3 w4,w1 w2 w3" for n in range(28)]
    table = tmp_path / "calls.csv"
    table.write_text("\n".join(["speaker,gender,text,heard", *rows]) + "\n")
    words = ["import", str(table), "--hypothesis", "plain=heard", "--lang", "eng", "--group-by", "gender"]
    done = speechfair(*words, "--out", str(tmp_path / "runs"), "--page-language", "ja")
    assert done.returncode == 0, done.stderr
    assert "女性" in done.stdout
    assert "female" not in done.stdout
    assert english_in(done.stdout) == []
    assert '<html lang="ja"' in (tmp_path / "runs" / "plain" / "report.html").read_text("utf-8")


def test_what_a_check_of_a_table_prints(
    speechfair: Callable[..., Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    rows = "".join(f"u{i},one two,s{i % 3},x,\n" for i in range(9)) + "u9,,s1,y,two\n"
    table = tmp_path / "calls.csv"
    table.write_text("id,text,speaker,accent,hyp\n" + rows, "utf-8")
    done = speechfair("corpora", "check", str(table), "--group-by", "accent", "--language", "ja")
    assert english_in(done.stdout) == []


def test_what_a_debiasing_prints(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    _show(debias_result("x"), "ja")
    assert english_in(capsys.readouterr().out) == []


def test_what_probes_print(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    scenes = scene_corpus(tmp_path / "scenes")
    heard = probe_grounding(scenes, Planted(scenes), ["accent"])
    answered = probe_response(response.corpus(tmp_path / "requests", 5), response.Servant(), ["accent"])
    asked = gather(
        set_card("items"),
        tmp_path,
        {},
        [
            questions.a_question(n, voice, write_tone(tmp_path / f"{n}-{voice}.wav", 0.02))
            for n in range(questions.ITEMS)
            for voice in range(questions.VOICES)
        ],
    )
    chosen = probe_questions(asked, questions.Planted(asked, 0.5))
    for findings, sections, notes in (
        (grounding_findings(heard, tell), grounding_sections(heard, tell), heard.notes),
        (response_findings(answered, tell), response_sections(answered, tell), answered.notes),
        (questions_findings(chosen, tell), questions_sections(chosen, tell), chosen.notes),
    ):
        show_probe(findings, sections, notes, "ja")
        printed = capsys.readouterr().out
        assert re.search("[ぁ-ん]", printed)
        assert english_in(printed) == []


def test_figures_and_names_are_those_of_the_english_table() -> None:
    why = "fewer than 5 speakers (3): no interval"
    rates = Estimate(0.2, 0.1, 300.0, 0.95, 90, 9, "t"), Estimate(0.3, None, None, 0.95, 9, 3, "t", why)
    columns = Column("group", "group"), Column("rate", "word error rate", "percent", short="word error rate")
    table = Table("t", columns, (("words", rates[0]), ("female", rates[1]), ("model", Noted("–", why))))
    told = in_language(table, tell)
    assert isinstance(told, Table)
    assert [row[0] for row in told.texts] == ["words", "female", "model"]
    assert told.texts[0][1] == "20.0 [10.0, 1,000 超]"
    assert told.texts[1][1] == table.texts[1][1]
    assert told.notes == ("¹ 話者が 5 人未満(3 人)のため区間なし",)
    assert [column.title for column in told.columns] == ["グループ", "単語誤り率"]
    assert in_language(table, Translator("en")) is table


def test_a_line_keeps_its_place_and_what_nobody_knows() -> None:
    assert told_line("  pass", tell) == "  合格"
    assert told_line("note: my own words", tell) == "note: my own words"
    assert told_line("verdict: pass", Translator("en")) == "verdict: pass"
