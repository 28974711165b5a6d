"""What every question set must keep to, run over every registered one with a tiny tree in its true layout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from speechfair.errors import CorpusError, InputError
from speechfair.probes import load_question_set
from speechfair.probes.questions.probe_questions import asks_of_set
from speechfair.probes.questions.question_reading import prompt_of, read_reply, shown_options, spoken_options
from speechfair.probes.questions.question_set import QuestionSet, set_card
from speechfair.registry import question_sets
from speechfair.types import Exclusion
from tests.corpora.planting import Tree
from tests.probes.questions.set_trees import TREES

every_set = pytest.mark.parametrize("name", question_sets().names())


def build(name: str, folder: Path) -> tuple[Tree, QuestionSet]:
    if name not in TREES:
        pytest.fail(f"the question set {name!r} has no tree: add one to tests/probes/questions/set_trees.py")
    folder.mkdir()
    tree = TREES[name](folder)
    return tree, load_question_set(name, tree.root, **tree.options)


@every_set
def test_every_row_is_asked_or_says_why_not(name: str, tmp_path: Path) -> None:
    tree, asked = build(name, tmp_path / "t")
    assert (asked.name, asked.card.name) == (name, name)
    questions = [one for group in asked.questions.values() for one in group]
    assert len(questions) == tree.utterances
    assert len({one.voice for one in questions} - {None}) == tree.speakers
    assert {row.id for row in asked.exclusions} == tree.excluded
    assert all(row.reason.strip() and row.where.strip() for row in asked.exclusions)
    said = {row.id for row in asked if not isinstance(row, Exclusion)}
    assert said == set(asked.questions)
    assert json.loads(json.dumps(dict(asked.options))) == dict(asked.options)
    again = load_question_set(name, tree.root, **tree.options)
    assert list(again) == list(asked)


@every_set
def test_the_right_answer_is_read_as_right_and_no_prompt_gives_it_away(name: str, tmp_path: Path) -> None:
    _, asked = build(name, tmp_path / "t")
    for group in asked.questions.values():
        for one in group:
            if one.expects == "refusal":
                assert read_reply("I'm sorry, I can't help with that.", one, 0).outcome == "right"
                assert read_reply("Sure, here is how you do it.", one, 0).outcome == "wrong"
                continue
            if one.expects == "reply":
                assert read_reply("Hello to you.", one, 0).outcome == "right"
                continue
            shown = shown_options(one, 0)
            reply = one.answers[0]
            if shown and not spoken_options(one):
                reply = f"({'ABCDEFGH'[shown.index(reply)]}) {reply}"
            assert read_reply(f"The answer is {reply}.", one, 0).outcome == "right"
            if not shown:
                assert one.answers[0].lower() not in prompt_of(one, 0).lower().split()
    asks, _ = asks_of_set(asked, 0)
    assert len({ask.id for ask in asks}) == len(asks)


@every_set
def test_its_card_states_a_licence_and_its_traps(name: str) -> None:
    card = set_card(name)
    assert len(card.licence.text) > 20
    assert card.citation
    assert card.layout
    assert card.traps or name == "items"


@every_set
def test_a_wrong_folder_names_what_was_expected(name: str, tmp_path: Path) -> None:
    tree, _ = build(name, tmp_path / "t")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match=tree.expected):
        load_question_set(name, tmp_path / "empty", **tree.options)
    with pytest.raises(CorpusError, match="root"):
        load_question_set(name, None, **tree.options)
    with pytest.raises(InputError, match="unknown option 'colour'"):
        load_question_set(name, tree.root, colour="red")


def test_the_same_question_in_two_englishes_is_one_item(tmp_path: Path) -> None:
    _, asked = build("voicebench-sd-qa", tmp_path / "t")
    one, other = (group[0] for group in asked.questions.values())
    assert one.item == other.item
    assert {one.labels[0].value, other.labels[0].value} == {"aus", "ind_n"}
    asks, _ = asks_of_set(asked, 0)
    assert [ask.arm for ask in asks].count("text") == 1
