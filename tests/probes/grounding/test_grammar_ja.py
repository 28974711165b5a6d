"""Japanese scenes: the laws of the English ones, and sentences and questions that are Japanese throughout."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from speechfair.probes.grounding import lexicon_ja
from speechfair.probes.grounding.grammar_ja import NO, UNSTATED, YES, scenes, silences
from speechfair.probes.items import LEVELS, options_of, prompt_of
from speechfair.probes.reading import read

MANY = scenes(400, seed=5)


def test_the_same_seed_gives_the_same_scenes_and_more_only_adds() -> None:
    assert scenes(20, seed=5) == MANY[:20]
    assert scenes(20, seed=6) != MANY[:20]


def test_every_scene_asks_at_every_level_with_distinct_options() -> None:
    kinds = Counter(item.kind for scene in MANY for item in scene.items)
    assert set(kinds) == {
        *("presence", "absence", "number", "name", "day", "polarity", "unstated"),
        *("order", "cause", "address", "intent", "setting"),
    }
    for scene in MANY:
        assert {item.level for item in scene.items} == set(LEVELS)
        for item in scene.items:
            assert len({item.answer, *item.foils}) == 1 + len(item.foils)


def test_presence_and_slots_are_those_of_the_text() -> None:
    for scene in MANY:
        text = str(scene.text)
        for item in scene.items:
            if item.kind in ("presence", "absence"):
                word = re.findall("「(.+)」", item.text)[0]
                assert (word in text) == (item.answer == YES) == (item.kind == "presence")
            if item.kind == "number":
                thing = item.text.removesuffix("の数はいくつですか。")
                assert f"{thing}を{item.answer}" in text
            if item.kind in ("day", "name", "address"):
                assert item.answer in text
            if item.kind == "polarity":
                stem = item.answer.removesuffix("ない").removesuffix("る")
                assert (f"{stem}ません" in text) == item.answer.endswith("ない")
            if item.kind == "unstated":
                assert item.answer == UNSTATED
                assert not any(country in text for country in lexicon_ja.COUNTRIES)


def test_nothing_is_left_in_another_language() -> None:
    for scene in MANY[:60]:
        for item in scene.items:
            prompt = prompt_of(scene.id, item, "choice", 0)
            assert not re.search("[a-z]", prompt)
            assert prompt.endswith("記号だけで答えてください。")


@pytest.mark.parametrize(
    "reply", ["{}", "答えは{}です。", "音声によると、({})だと思います。", "<think>…</think>\n{}"]
)
def test_japanese_replies_are_read(reply: str) -> None:
    for scene in MANY[:12]:
        for item in scene.items:
            letter = "ABCD"[options_of(scene.id, item, 0).index(item.answer)]
            assert read(reply.format(letter), scene.id, item, "choice", 0).outcome == "right"
    item = MANY[0].items[0]
    assert read("申し訳ありませんが、お答えできません。", "s", item, "choice", 0).outcome == "refusal"
    assert read("音声からは判断できません。", "s", item, "choice", 0).outcome in ("unsure", "refusal")


def test_silences_ask_for_words_that_are_not_there() -> None:
    for scene in silences(20, seed=1):
        assert scene.text is None
        assert {item.answer for item in scene.items} == {NO}


def test_a_verb_or_clause_has_all_its_forms() -> None:
    for verb in lexicon_ja.VERBS:
        assert verb.can_plain[:-1] == verb.cannot_plain[:-2] == verb.can[:-2] == verb.cannot[:-3]
    for clauses in lexicon_ja.SETTINGS.values():
        for clause in clauses:
            assert clause.polite.endswith("ました")
            assert clause.plain[-1] in "ただ"
            assert clause.present[-1] in "うくぐすつぬぶむる"
