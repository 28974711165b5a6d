"""``process init --ask`` as a user types it: wrong answers, stops and goings-on, in both languages."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pexpect
import pytest
import yaml
from typer.testing import CliRunner, Result

from speechfair.cli.main import app
from speechfair.errors import InputError
from speechfair.process.catalogue import FACTS
from speechfair.process.forms import form_specs, read_form
from speechfair.process.process_plan import read_plan
from tests.process.test_japanese import english

FORMS = list(form_specs())
HEAD = ["en", "callcentre", "1", "eng", "accent=cmn"]


def typed(folder: Path, answers: Sequence[str], *options: str) -> Result:
    """Type answers and then end the input, which stops the dialogue as Ctrl-C does."""
    text = "".join(f"{line}\n" for line in answers)
    return CliRunner().invoke(app, ["process", "init", str(folder), "--ask", *options], input=text)


def whole(head: Sequence[str] = HEAD, facts: str = "", **forms: Sequence[str]) -> list[str]:
    """Answers to every question; `forms` are what is typed into a form (its name without ``.yaml``)."""
    typed_in = [["y", *forms[n]] if (n := name.removesuffix(".yaml")) in forms else [""] for name in FORMS]
    return [*head, *[facts] * len(FACTS), *(line for lines in typed_in for line in lines)]


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.yaml")}


USE_CASE = [
    "dictation",
    "",
    "indoors",
    "",
    "one, with a comma",
    "二つ、三つ",
    "",
    "2026-02-30",
    "２０２６-02-28",
]
ROLES = [
    "ana",
    "Ana",
    "",
    "never",
    "2030-01-01",
    "tom",
    "Tom",
    "trains",
    "",
    "",
    "",
    "ana",
    "tom",
    "",
    "",
    "ana",
    "",
    "",
]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_dialogue_writes_the_folder_and_leaves_open_what_was_left_empty(
    tmp_path: Path, language: str
) -> None:
    folder = tmp_path / "process"
    done = typed(folder, whole([language, *HEAD[1:]], use_case=USE_CASE, roles=ROLES))
    assert done.exit_code == 0, done.output
    plan = read_plan(folder)
    assert (plan.name, plan.aifl, plan.languages, plan.gain_for) == ("callcentre", 1, ["eng"], ["accent=cmn"])
    assert plan.language == language
    assert set(plan.facts.values()) == {None}
    use = read_form(folder, "use_case.yaml")
    assert use.values["out_of_scope"] == ["one, with a comma", "二つ、三つ"]
    assert use.values["dated"] == "2026-02-28"
    assert use.missing == ("speakers", "harmed_by_errors")
    roles = read_form(folder, "roles.yaml")
    assert [row["id"] for row in roles.values["people"]] == ["ana", "tom"]
    assert roles.values["people"][0]["trained_until"] == "2030-01-01"
    assert "people[0].duty" in roles.missing
    assert (roles.values["data_owner"], roles.values["trainer"]) == ("ana", ["tom"])
    assert not read_form(folder, "risks.yaml").complete
    assert not (folder / "answers.yaml").exists()
    if language == "ja":
        shown = [line.rsplit(": ", 1)[0] for line in done.output.splitlines()[1:]]  # without what was typed
        assert {line: english(line) for line in shown if english(line)} == {}


@pytest.mark.parametrize(
    ("at", "wrong", "right"),
    [
        (0, ["fr", "jp"], "en"),
        (1, ["", "   "], "callcentre"),
        (2, ["", "x", "3", "-1", "1.0"], "1"),
        (3, ["", "english", "en", "ENG", "eng; jpn"], "eng"),
        (4, ["accent", "=cmn", "accent=", "accent=cmn, gender"], "accent=cmn"),
        (5, ["x", "maybe", "true", "1"], "n"),
    ],
)
def test_a_wrong_answer_is_asked_again_with_what_is_wanted(
    tmp_path: Path, at: int, wrong: list[str], right: str
) -> None:
    answers = whole()
    answers[at : at + 1] = [*wrong, right]
    done = typed(tmp_path / "process", answers)
    assert done.exit_code == 0, done.output
    assert done.output.count("not understood; wanted: ") == len(wrong)
    plan = read_plan(tmp_path / "process")
    assert (plan.name, plan.aifl, plan.languages, plan.gain_for) == ("callcentre", 1, ["eng"], ["accent=cmn"])
    assert list(plan.facts.values()).count(False) == (at == 5)


@pytest.mark.parametrize("said", ["はい", "ｙ", "YES", "Ｙｅｓ", " y "])
def test_yes_in_the_letters_of_either_keyboard(tmp_path: Path, said: str) -> None:
    assert typed(tmp_path, whole(["ja", "窓口", "１", "ｊｐｎ、eng", "-"], facts=said)).exit_code == 0
    plan = read_plan(tmp_path)
    assert set(plan.facts.values()) == {True}
    assert (plan.languages, plan.gain_for, plan.aifl) == (["jpn", "eng"], [], 1)


@pytest.mark.parametrize("stop", [0, 1, 3, 7, 20, 24, 26, 27, 33, 40, 45])
def test_stopped_anywhere_and_gone_on_gives_the_same_folder(tmp_path: Path, stop: int) -> None:
    answers = whole(use_case=USE_CASE[:7] + USE_CASE[8:], roles=[*ROLES[:3], *ROLES[4:]])
    assert typed(tmp_path / "once", answers).exit_code == 0
    first = typed(tmp_path / "twice", answers[:stop])
    assert first.exit_code == 2
    kept = tmp_path / "twice" / "answers.yaml"
    assert kept.exists() == (stop > 0)
    assert ("The same command goes on" in first.output) == (stop > 0)
    row = len(HEAD) + len(FACTS) + 1  # where two rows of four columns begin
    begun = (
        (stop - row) % 4 if row <= stop < row + 8 else 0
    )  # a row that was not finished is asked again as a whole
    second = typed(tmp_path / "twice", answers[stop - begun :])
    assert second.exit_code == 0, second.output
    assert content(tmp_path / "once") == content(tmp_path / "twice")


def test_what_cannot_become_a_folder_is_refused_before_the_first_question(tmp_path: Path) -> None:
    for options, words in (
        (["--aifl", "7"], "aifl"),
        (["--languages", "english"], "ISO 639-3"),
        (["--gain-for", "accent"], "axis=value"),
        (["--fact", "deployd=true"], "deployed"),
        (["--from", str(tmp_path / "start.yaml")], "not both"),
    ):
        done = typed(tmp_path / "process", [], *options)
        assert isinstance(done.exception, InputError), done.output
        assert words in str(done.exception)
        assert "pydantic" not in str(done.exception)
        assert done.output == ""
    typed(tmp_path / "process", whole())
    again = typed(tmp_path / "process", whole())
    assert "not overwritten" in str(again.exception)
    assert again.output == ""


def test_kept_answers_that_somebody_spoilt_are_named_with_their_file(tmp_path: Path) -> None:
    typed(tmp_path, HEAD)
    path = tmp_path / "answers.yaml"
    path.write_text(path.read_text().replace("aifl: 1", "aifl: 7"))
    done = typed(tmp_path, whole()[len(HEAD) :])
    assert isinstance(done.exception, InputError)
    assert "answers.yaml: aifl: " in str(done.exception)
    assert path.exists()
    path.write_text("done: [")
    assert isinstance(typed(tmp_path, []).exception, InputError)


@pytest.mark.parametrize(
    ("language", "stopped", "going_on"),
    [("en", "stopped; the answers so far", "going on;"), ("ja", "中断した。", "前回の続きから再開する")],
)
def test_ctrl_c_in_a_terminal_keeps_the_answers(
    tmp_path: Path, language: str, stopped: str, going_on: str
) -> None:
    command = ["-c", "import sys; from speechfair.cli.main import main; sys.exit(main())"]

    def terminal() -> pexpect.spawn[str]:
        words = [*command, "process", "init", str(tmp_path / "process"), "--ask"]
        return pexpect.spawn(sys.executable, words, encoding="utf-8", timeout=60, dimensions=(40, 120))

    first = terminal()
    first.expect(r"\[en\]: ")
    first.sendline(language)
    for said in HEAD[1:]:
        first.expect(": ")
        first.sendline(said)
    first.expect("base model|基盤モデル")
    first.sendintr()
    first.expect(stopped)
    first.expect(pexpect.EOF)
    first.close()
    assert first.exitstatus == 2
    kept = yaml.safe_load((tmp_path / "process" / "answers.yaml").read_text())
    assert list(kept["done"]) == ["language", "name", "aifl", "languages", "gain_for"]
    second = terminal()
    second.expect(going_on)
    second.expect("base model|基盤モデル")
    second.sendeof()
    second.expect(stopped)
    second.expect(pexpect.EOF)
    second.close()
