"""The grounding probe, end to end: planted models are diagnosed at exactly their level; nothing is dropped."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from pathlib import Path

import jsonschema
import pytest

from speechfair.errors import InputError, RunFolderError
from speechfair.probes.grounding.probe_grounding import probe_grounding
from speechfair.probes.grounding.spoken import SceneCorpus, bind
from speechfair.probes.results import GroundingResult, GroupGrounding, json_schema
from speechfair.reporting.probe_html import write_grounding
from speechfair.store import RunFolder
from speechfair.types import Answer, Label, Question, Utterance
from tests.probes.planted_model import ACCENTS, Planted, scene_corpus
from tests.support import ListCard, ListCorpus, write_tone


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> SceneCorpus:
    return scene_corpus(tmp_path_factory.mktemp("speech"))


def group(result: GroundingResult, value: str) -> GroupGrounding:
    return next(found for axis in result.axes for found in axis.groups if found.value == value)


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_a_planted_model_is_diagnosed_at_exactly_its_level(corpus: SceneCorpus, level: int) -> None:
    result = probe_grounding(corpus, Planted(corpus, level), ["accent"])
    thick = group(result, "thick").diagnosis
    assert (thick.verdict, thick.level, thick.behind) == ("behind", level, [level])
    assert group(result, "other").diagnosis.verdict == "even"
    assert group(result, "plain").diagnosis.verdict == "reference"


def test_an_even_model_is_behind_at_no_level(corpus: SceneCorpus) -> None:
    result = probe_grounding(corpus, Planted(corpus), ["accent"])
    assert [group(result, name).diagnosis.verdict for name in ACCENTS] == ["reference", "even", "even"]


class Dressed(Planted):
    """The same answers, put as chatty models put them."""

    def __init__(self, corpus: SceneCorpus, dress: str, level: int | None = None) -> None:
        super().__init__(corpus, level)
        self.dress = dress

    def say(self, question: Question) -> str:
        return self.dress.format(super().say(question))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SceneCorpus:
    return scene_corpus(tmp_path_factory.mktemp("small"), n_scenes=8, speakers=6)


@pytest.fixture(scope="module")
def terse(small: SceneCorpus) -> GroundingResult:
    return probe_grounding(small, Planted(small, 2), ["accent"])


@pytest.mark.parametrize(
    "dress",
    [
        "Based on the audio, the answer is **({})**.",
        "<think>Is it (A), (B) or (C)? Let me listen again.</think>\n\n{}",
        "音声によると、答えは{}です。",
    ],
)
def test_a_chatty_twin_gets_the_same_levels(small: SceneCorpus, terse: GroundingResult, dress: str) -> None:
    chatty = probe_grounding(small, Dressed(small, dress, 2), ["accent"])
    assert chatty.audio == terse.audio
    assert chatty.text == terse.text
    assert chatty.axes == terse.axes


class Refusing(Planted):
    """Refuses half of what it hears, or half of what the accent ``thick`` says, in these words."""

    def __init__(self, corpus: SceneCorpus, words: str, accent: str = "") -> None:
        super().__init__(corpus, base=0.0)
        self.words, self.accent = words, accent

    def say(self, question: Question) -> str:
        drawn = zlib.crc32(f"refuse|{question.id}".encode()) % 2
        if question.id.startswith(f"audio|{self.accent}") and drawn:
            return self.words
        return super().say(question)


def test_refusing_half_of_the_time_gives_the_same_levels_in_many_words_as_in_few(small: SceneCorpus) -> None:
    few = probe_grounding(small, Refusing(small, "I can't answer that."), ["accent"])
    words = "I'm sorry, but as an AI I am not able to help with identifying what was said here. **Sorry!**"
    many = probe_grounding(small, Refusing(small, words), ["accent"])
    assert few.audio.refusal > 0.4 * few.audio.n_asked
    assert (many.audio, many.axes) == (few.audio, few.axes)
    assert "behind" not in {found.diagnosis.verdict for found in few.axes[0].groups}


def test_refusing_one_accent_more_is_said_to_be_refusing(small: SceneCorpus) -> None:
    found = probe_grounding(small, Refusing(small, "I can't answer that.", "thick"), ["accent"])
    assert "refuse or do not know, 0.0 % of the reference group's" in group(found, "thick").diagnosis.reason
    assert group(found, "other").diagnosis.verdict != "behind"


def test_replies_that_cannot_be_read_measure_nothing_and_are_not_0_percent(
    corpus: SceneCorpus, tmp_path: Path
) -> None:
    found = probe_grounding(
        corpus, Dressed(corpus, "<think>The options are {} or"), ["accent"], out=tmp_path / "r"
    )
    assert found.audio.not_measured is not None
    for one in (found.overall, *found.axes[0].groups):
        for level in one.levels:
            assert level.audio.value is None
            assert level.text.value is None
            assert "not measured" in str(level.audio.reason)
    assert {one.diagnosis.verdict for one in found.axes[0].groups} == {"reference", "undetermined"}
    assert any("not measured (audio)" in note for note in found.notes)
    assert not any("the language model" in note for note in found.notes)
    page = write_grounding(found, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "not measured" in page


def test_one_unreadable_group_leaves_the_others_measured(corpus: SceneCorpus) -> None:
    class Half(Planted):
        def say(self, question: Question) -> str:
            return "hm" if "thick" in question.id else super().say(question)

    found = probe_grounding(corpus, Half(corpus), ["accent"])
    assert group(found, "thick").diagnosis.verdict == "undetermined"
    assert group(found, "thick").levels[0].audio.value is None
    assert group(found, "other").diagnosis.verdict == "even"


@pytest.fixture(scope="module")
def result(corpus: SceneCorpus, tmp_path_factory: pytest.TempPathFactory) -> GroundingResult:
    scene = next(iter(corpus.by_text.values()))
    replies = {
        f"audio|thick/v0/{scene.id}|L1-true": "I'm sorry, I cannot help with that.",
        f"audio|thick/v0/{scene.id}|L1-false": "lorem ipsum",
        f"audio|thick/v1/{scene.id}|L1-true": "",
        f"text|{scene.id}|L4-intent": "I don't know.",
        "audio|q00001|L1-silence0": "(A) or (B)",
    }
    folder = tmp_path_factory.mktemp("run")
    return probe_grounding(corpus, Planted(corpus, base=0, drop=0, replies=replies), ["accent"], out=folder)


def test_every_question_is_counted_once(result: GroundingResult, corpus: SceneCorpus) -> None:
    asked = 24 * sum(len(scene.items) for scene in corpus.by_text.values())
    quiet = sum(len(scene.items) for scene in corpus.silences)
    assert result.audio.n_asked == asked + quiet
    assert (result.audio.refusal, result.audio.format, result.audio.empty, result.audio.error) == (1, 2, 1, 0)
    assert result.audio.right == asked + quiet - 4
    assert sum(kind.outcomes.n_asked for kind in result.kinds) == asked + quiet
    assert result.text.unsure == 1
    assert result.silence is not None
    assert (result.silence.outcomes.n_asked, result.silence.outcomes.format) == (quiet, 1)
    by_group = sum(level.outcomes.n_asked for found in result.axes[0].groups for level in found.levels)
    assert by_group == asked


def test_what_is_no_answer_is_not_right(result: GroundingResult) -> None:
    presence = group(result, "thick").levels[0]
    asked = presence.outcomes.n_asked
    assert presence.audio.value == pytest.approx((asked - 3) / asked)
    assert presence.modality_gap.value == pytest.approx(3 / asked)
    intent = group(result, "plain").levels[3]
    assert intent.text.value == pytest.approx(1 - 8 / intent.outcomes.n_asked)
    assert intent.modality_gap.value == pytest.approx(-8 / intent.outcomes.n_asked)


def test_a_level_is_read_given_the_one_below(result: GroundingResult) -> None:
    thick = group(result, "thick")
    # v0 and v1 failed L1 about one scene each, so their L2 about it does not count
    below = thick.levels[1].outcomes.n_asked - 2 * 2
    assert thick.levels[1].given_below.n_utterances == below
    assert thick.levels[1].audio.n_utterances == thick.levels[1].outcomes.n_asked


def test_the_file_fits_the_published_schema(result: GroundingResult) -> None:
    published = json.loads(
        (Path(__file__).parents[3] / "docs/schemas/probe-grounding-1.json").read_text("utf-8")
    )
    assert published == json_schema()
    jsonschema.validate(json.loads(result.to_json()), published)
    assert GroundingResult.model_validate_json(result.to_json()) == result


def test_too_few_speakers_give_no_interval_and_the_reason(tmp_path: Path) -> None:
    small = scene_corpus(tmp_path, n_scenes=3, speakers=4)
    found = group(probe_grounding(small, Planted(small), ["accent"]), "thick")
    assert found.diagnosis.verdict == "undetermined"
    assert "fewer than 5 speakers (4): no interval" in found.diagnosis.reason
    assert found.levels[0].audio.low is None
    assert found.levels[0].audio.value is not None


def test_a_verdict_on_two_scenes_by_eight_voices_is_undetermined(tmp_path: Path) -> None:
    """A model that misses one word of two in an accent: eight voices agree, but the word may be hard by itself."""
    small = scene_corpus(tmp_path, n_scenes=2, speakers=8)
    found = group(probe_grounding(small, Planted(small, 1, drop=1.0), ["accent"]), "thick")
    assert found.levels[0].audio.value == 0
    assert found.diagnosis.verdict == "undetermined"
    assert "fewer than 8 items (2): no interval" in found.diagnosis.reason
    assert found.levels[0].audio.low is None


class Killed(Planted):
    """Dies, as from a signal, before its third batch of audio."""

    def answer(self, batch: Sequence[Question]) -> list[Answer]:
        if len(self.calls) == 3:
            raise KeyboardInterrupt
        return super().answer(batch)


def test_a_killed_run_goes_on_and_asks_nothing_twice(tmp_path: Path) -> None:
    small = scene_corpus(tmp_path / "speech", n_scenes=3, speakers=5)
    whole = probe_grounding(small, Planted(small), ["accent"], out=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        probe_grounding(small, Killed(small), ["accent"], out=tmp_path / "run")
    again = Planted(small)
    resumed = probe_grounding(small, again, ["accent"], out=tmp_path / "run")
    assert resumed.to_json() == whole.to_json()
    asked = [name for call in again.calls for name in call]
    assert 0 < len(asked) < resumed.audio.n_asked
    quiet = Planted(small)
    probe_grounding(small, quiet, ["accent"], out=tmp_path / "run")
    assert quiet.calls == []


class Crashing(Planted):
    """Raises for one question, as an ill-behaved adapter would."""

    bad = "audio|thick/v0/s00001|L3"

    def answer(self, batch: Sequence[Question]) -> list[Answer]:
        if any(question.id.startswith(self.bad) for question in batch):
            raise RuntimeError("boom")
        return super().answer(batch)


def test_a_failed_question_is_a_row_and_can_be_asked_again(tmp_path: Path) -> None:
    small = scene_corpus(tmp_path / "speech", n_scenes=2, speakers=5)
    first = probe_grounding(small, Crashing(small), ["accent"], out=tmp_path / "run")
    assert first.audio.error == 1
    kept = probe_grounding(small, Planted(small), ["accent"], out=tmp_path / "run")
    assert kept.audio.error == 1
    mended = Planted(small)
    second = probe_grounding(small, mended, ["accent"], out=tmp_path / "run", retry_failed=True)
    assert second.audio.error == 0
    assert [len(call) for call in mended.calls] == [1]


def test_a_folder_of_another_recipe_is_refused(tmp_path: Path) -> None:
    small = scene_corpus(tmp_path / "speech", n_scenes=2, speakers=5)
    probe_grounding(small, Planted(small), ["accent"], out=tmp_path / "run")
    with pytest.raises(RunFolderError, match=r"(?s)probe.*form"):
        probe_grounding(small, Planted(small), ["accent"], out=tmp_path / "run", form="open")
    with pytest.raises(RunFolderError, match="model"):
        probe_grounding(small, Planted(small, 2), ["accent"], out=tmp_path / "run")
    key = Planted(small).identity.key
    parts = sorted((tmp_path / "run" / "replies" / key).glob("part-*"))
    table = RunFolder(tmp_path / "run").read_table(f"replies/{key}/{parts[0].name}", "")
    assert {"reply", "error", "heard"} <= set(table.columns)


def test_questions_bound_to_a_corpus_of_its_own(tmp_path: Path) -> None:
    texts = ["three red chairs were standing here", "the dog isn't in the garden today", "oh"]
    rows = [
        Utterance(
            f"u{s}-{n}",
            write_tone(tmp_path / f"{s}{n}.wav"),
            text,
            "eng",
            f"s{s}",
            (Label("accent", "ab"[s % 2], "corpus"),),
        )
        for s in range(10)
        for n, text in enumerate(texts)
    ]

    class Yes(Planted):
        def say(self, question: Question) -> str:
            return "yes"

    asked = bind(ListCorpus(rows, tmp_path, card=ListCard(reference={"accent": "a"})), silences=0)
    result = probe_grounding(asked, Yes(asked), ["accent"])
    assert result.items == "corpus"
    assert (result.n_utterances, result.n_excluded) == (20, 10)
    assert {kind.kind for kind in result.kinds} == {"presence", "absence", "number", "polarity", "order"}
    presence = next(kind for kind in result.kinds if kind.kind == "presence")
    assert presence.outcomes.right == presence.outcomes.n_asked == 20
    assert any("L4" in note for note in result.notes)


def test_unusable_arguments_are_refused(corpus: SceneCorpus, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="form"):
        probe_grounding(corpus, Planted(corpus), form="essay")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="margin"):
        probe_grounding(corpus, Planted(corpus), margin=0)
    nothing = bind(
        ListCorpus([Utterance("u", write_tone(tmp_path / "u.wav"), "oh", "eng", "s")], tmp_path), silences=0
    )
    with pytest.raises(InputError, match="no utterance"):
        probe_grounding(nothing, Planted(nothing))


class Biased(Planted):
    """Always chooses the same letter."""

    def say(self, question: Question) -> str:
        return "A"


def test_a_model_that_answers_by_position_is_named(small: SceneCorpus) -> None:
    found = probe_grounding(small, Biased(small), ["accent"])
    assert any("the option (A) was chosen in 100 %" in note for note in found.notes)
    right = probe_grounding(small, Planted(small), ["accent"])
    assert not any("answers by position" in note for note in right.notes)
