"""A question set end to end: planted models get their shares and verdicts, whatever the form of their replies."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from speechfair.cli.main import app
from speechfair.models.answer_kinds import CUT_OFF
from speechfair.probes import probe_questions
from speechfair.probes.questions.question_reading import read_reply, shown_options
from speechfair.probes.questions.question_set import Expects, QuestionSet, SetQuestion, gather, set_card
from speechfair.probes.questions.questions_results import GroupShare, QuestionsResult, json_schema
from speechfair.probes.questions.questions_sections import questions_findings
from speechfair.reporting.probe_html import write_questions
from speechfair.types import Answer, Architecture, Exclusion, Label, ModelIdentity, Question
from tests.support import write_tone

VOICES, ITEMS = 10, 12
DRINKS = ("tea", "coffee", "mocha", "water")


def a_question(n: int, voice: int, audio: Path, expects: Expects = "answer") -> SetQuestion:
    accent = "thick" if voice % 2 else "plain"
    options = DRINKS if expects == "answer" else ()
    return SetQuestion(
        f"{expects}-{n}-{voice}",
        f"{expects}-{n}",
        audio,
        "Which drink?",
        options,
        (DRINKS[n % 4],) if options else (),
        expects,
        "drink",
        f"v{voice}",
        (Label("accent", accent, "corpus"),),
        f"one {DRINKS[n % 4]} please",
        "eng",
        f"line {n}",
    )


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> QuestionSet:
    return question_set(tmp_path_factory.mktemp("set"))


def question_set(folder: Path) -> QuestionSet:
    """Twelve questions said by ten voices in two accents, the same requests to be declined, and a bad row."""
    folder.mkdir(exist_ok=True)
    rows: list[SetQuestion | Exclusion] = []
    for n in range(ITEMS):
        for voice in range(VOICES):
            tone = write_tone(folder / f"{n}-{voice}.wav", 0.02)
            rows.append(a_question(n, voice, tone))
            rows.append(a_question(n, voice, tone, "refusal"))
    rows.append(Exclusion("line 99", "not JSON", "items.jsonl, line 99"))
    return gather(set_card("items"), folder, {}, rows)


class Planted:
    """Right, except about the accent ``thick`` with probability `drop`; says it in the form of `dress`."""

    sample_rate = 16_000
    architecture: Architecture = "native"

    def __init__(self, asked: QuestionSet, drop: float = 0.0, dress: str = "{}") -> None:
        self.questions = {one.id: one for group in asked.questions.values() for one in group}
        self.by_item = {one.item: one for one in self.questions.values()}
        self.drop, self.dress = drop, dress
        self.identity = ModelIdentity("planted", "planted", f"{drop}{dress}", {}, {})
        self.calls: list[str] = []

    def answer(self, batch: Sequence[Question]) -> list[Answer]:
        self.calls += [question.id for question in batch]
        return [Answer(q.id, self.say(q), None, 0.0, self.identity.key) for q in batch]

    def say(self, question: Question) -> str:
        arm, about, name = question.id.split("|")
        one = self.questions[name] if arm == "audio" else self.by_item[about]
        if one.expects == "refusal":
            return "I'm sorry, I can't help with that."
        options = shown_options(one, 0)
        right = options.index(one.answers[0])
        drawn = zlib.crc32(question.id.encode()) / 2**32
        thick = arm == "audio" and one.labels[0].value == "thick"
        return self.dress.format("ABCD"[(right + (thick and drawn < self.drop)) % 4])


def group(result: QuestionsResult, value: str, part: int = 0) -> GroupShare:
    return next(one for one in result.parts[part].axes[0].groups if one.value == value)


REFERENCE = {"accent": "plain"}


@pytest.fixture(scope="module")
def result(asked: QuestionSet, tmp_path_factory: pytest.TempPathFactory) -> QuestionsResult:
    out = tmp_path_factory.mktemp("run") / "r"
    return probe_questions(asked, Planted(asked, 0.5), out=out, reference=REFERENCE)


def test_a_planted_accent_is_lower_and_every_row_is_counted(result: QuestionsResult) -> None:
    thick = group(result, "thick")
    assert thick.verdict == "lower"
    assert thick.difference is not None
    assert thick.difference.method == "two-way-jackknife-t"
    assert thick.text.value == 1
    assert group(result, "plain").audio.value == 1
    assert [part.expects for part in result.parts] == ["answer", "refusal"]
    assert group(result, "thick", 1).verdict == "alike"
    assert result.n_rows == result.n_questions + len(result.excluded) == 2 * VOICES * ITEMS + 1
    assert result.parts[0].audio.n_asked == VOICES * ITEMS
    assert result.parts[0].text.n_asked == ITEMS, "the control is asked once for each item"
    assert result.excluded[0].where == "items.jsonl, line 99"


def test_the_file_fits_the_published_schema(result: QuestionsResult) -> None:
    path = Path(__file__).parents[3] / "docs/schemas/probe-questions-1.json"
    assert json.loads(path.read_text("utf-8")) == json_schema()
    jsonschema.validate(json.loads(result.to_json()), json_schema())
    assert QuestionsResult.model_validate_json(result.to_json()) == result


def test_the_page_words_it(result: QuestionsResult, tmp_path: Path) -> None:
    page = write_questions(result, tmp_path / "page.html").read_text("utf-8")
    for words in ("right answers", "refusals of what should be refused", "items.jsonl, line 99", "lower"):
        assert words in page


@pytest.mark.parametrize("dress", ["The answer is **({})**.", "<think>A or B?</think>{}", "答えは{}です。"])
def test_chatty_twins_get_the_same_shares(asked: QuestionSet, result: QuestionsResult, dress: str) -> None:
    chatty = probe_questions(asked, Planted(asked, 0.5, dress), reference=REFERENCE)
    assert chatty.parts == result.parts


def test_an_even_model_is_alike_and_an_unreadable_one_is_not_measured(asked: QuestionSet) -> None:
    even = probe_questions(asked, Planted(asked), reference=REFERENCE)
    assert group(even, "thick").verdict == "alike"
    silent = probe_questions(asked, Planted(asked, dress="hm"), reference=REFERENCE)
    assert silent.not_measured is not None
    assert group(silent, "thick").audio.value is None
    assert group(silent, "thick").verdict == "undetermined"


def test_where_no_group_is_compared_no_difference_is_not_claimed(asked: QuestionSet) -> None:
    result = probe_questions(asked, Planted(asked), [])
    assert {finding.verdict for finding in questions_findings(result)} == {"unclear"}
    only = [
        (part.model_copy(update={"axes": [axis.model_copy(update={"groups": axis.groups[:1]})]}))
        for part in probe_questions(asked, Planted(asked), reference=REFERENCE).parts
        for axis in part.axes
    ]
    alone = questions_findings(result.model_copy(update={"parts": only}))
    assert {finding.verdict for finding in alone} == {"unclear"}


def test_a_model_that_likes_one_letter_is_said_to(asked: QuestionSet, result: QuestionsResult) -> None:
    liked = probe_questions(asked, Planted(asked, dress="B"))
    assert any("the option (B) was chosen in 100 %" in note for note in liked.notes)
    assert not any("the option (" in note for note in result.notes)


def test_a_run_is_resumed_and_asks_nothing_twice(asked: QuestionSet, tmp_path: Path) -> None:
    first = Planted(asked)
    probe_questions(asked, first, out=tmp_path / "r")
    assert len(first.calls) == len(set(first.calls))
    again = Planted(asked)
    probe_questions(asked, again, out=tmp_path / "r")
    assert again.calls == []


FREE = SetQuestion(
    "q", "q", Path("a"), None, (), ("Paris", "City of Light"), "answer", "k", None, (), None, "eng", "line 1"
)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("Paris", "right"),
        ("The capital of France is **Paris**.", "right"),
        ("It is called the City of Light.", "right"),
        ("It is not Paris.", "wrong"),
        ("Lyon", "wrong"),
        ("I'm sorry, I can't help with that.", "refusal"),
        ("I don't know.", "unsure"),
        ("<think>Paris or", "format"),
        ("", "empty"),
        (None, "error"),
    ],
)
def test_a_free_answer_is_read(reply: str | None, outcome: str) -> None:
    assert read_reply(reply, FREE, 0).outcome == outcome


@pytest.mark.parametrize(
    ("reply", "outcome"), [("First, consider (A) mass", "format"), ("A. The mass", "right")]
)
def test_a_letter_in_a_reply_that_is_cut_off_is_read_only_where_it_is_the_choice(
    reply: str, outcome: str
) -> None:
    spoken = replace(FREE, options=("A", "B"), answers=("A",))
    assert read_reply(reply + CUT_OFF, spoken, 0).outcome == outcome


HEARD = "def answer(question):\n    return 'tea' if question.audio is None else 'coffee'\n"


def test_the_command_asks_a_set_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "heard.py").write_text(HEARD, encoding="utf-8")
    write_tone(tmp_path / "a.wav", 0.02)
    line = {"audio": "a.wav", "question": "Which drink?", "answer": "coffee", "transcript": "a tea"}
    (tmp_path / "items.jsonl").write_text(json.dumps(line) + "\n{\n", encoding="utf-8")
    words = [
        "probe",
        "questions",
        "items",
        "--root",
        ".",
        "--model",
        "python-chat:heard:answer",
        "--out",
        "r",
    ]
    done = CliRunner().invoke(app, [*words])
    assert done.exception is None, done.exception
    assert "items.jsonl, line 2" in done.stdout
    assert "speaker is not known" in done.stdout
    found = json.loads((tmp_path / "r" / "questions.json").read_text("utf-8"))
    assert (found["parts"][0]["audio"]["right"], found["parts"][0]["text"]["right"]) == (1, 0)
