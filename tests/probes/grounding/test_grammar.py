"""Scenes: seeded, different, balanced, with answers that follow from the text and foils that do not."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from speechfair.errors import InputError
from speechfair.probes.grounding import lexicon
from speechfair.probes.grounding.grammar import scenes, silences
from speechfair.probes.items import LEVELS, options_of, prompt_of
from speechfair.probes.plain_words import plain

MANY = scenes(1200, seed=5)


def test_the_same_seed_gives_the_same_scenes_and_more_only_adds() -> None:
    assert scenes(40, seed=5) == MANY[:40]
    assert scenes(40, seed=6) != MANY[:40]


def test_thousands_of_different_items_at_every_level() -> None:
    assert len({scene.text for scene in MANY}) == len(MANY)
    levels = Counter(item.level for scene in MANY for item in scene.items)
    assert set(levels) == set(LEVELS)
    assert min(levels.values()) >= 1200
    kinds = {item.kind for scene in MANY for item in scene.items}
    assert kinds >= {"presence", "absence", "number", "name", "day", "polarity", "unstated", "order", "cause"}
    assert kinds >= {"address", "intent", "setting"}
    for scene in MANY:
        assert {item.level for item in scene.items} == set(LEVELS)
        assert len({item.id for item in scene.items}) == len(scene.items)


def test_true_and_false_presence_probes_are_true_and_false() -> None:
    for scene in MANY:
        words = plain(str(scene.text)).split()
        for item in scene.items:
            if item.kind in ("presence", "absence"):
                word = re.findall('"(.+)"', item.text)[0].lower()
                assert (word in words) == (item.answer == "yes") == (item.kind == "presence"), scene


def test_foils_are_distinct_and_none_is_the_answer() -> None:
    for scene in MANY:
        for item in scene.items:
            options = [item.answer, *item.foils]
            assert len({plain(option) for option in options}) == len(options)


def test_attribution_has_one_bearer() -> None:
    """The number asked for stands right before its thing, and no other number does."""
    for scene in MANY:
        for item in scene.items:
            if item.kind == "number":
                thing = re.findall("How many (.+) are", item.text)[0]
                assert re.findall(rf"(\w+) {thing}", str(scene.text)) == [item.answer]
            if item.kind == "name":
                verb, thing = re.findall(r"Who (\w+) the (\w+)\?", item.text)[0]
                assert re.findall(rf"(\w+) {verb} the {thing}", str(scene.text)) == [item.answer]


def test_nothing_is_said_of_where_the_speaker_comes_from() -> None:
    said = " ".join(str(scene.text) for scene in MANY)
    assert not [country for country in lexicon.COUNTRIES if country in said]


def test_an_intent_is_not_named_in_the_sentence_that_shows_it() -> None:
    for intent, sentences in lexicon.INTENTS.items():
        verb = intent.split()[1]
        assert not [sentence for sentence in sentences if verb in plain(sentence).split() and verb != "ask"]


def test_no_word_of_a_slot_is_within_another() -> None:
    for words in (lexicon.NAMES, lexicon.DAYS, lexicon.OBJECTS, lexicon.NUMBERS, lexicon.COUNTRIES):
        assert not [(a, b) for a in words for b in words if a != b and a in b]


def test_the_right_answer_has_no_favourite_place() -> None:
    places: Counter[tuple[int, int]] = Counter()
    for scene in MANY:
        for item in scene.items:
            options = options_of(scene.id, item, 0)
            places[len(options), options.index(item.answer)] += 1
    for size in (2, 4):
        counts = [places[size, place] for place in range(size)]
        assert max(counts) / min(counts) < 1.25, counts


def test_the_order_of_options_is_seeded_and_asked_without_them_where_possible() -> None:
    scene = MANY[0]
    item = next(item for item in scene.items if item.kind == "number")
    prompts = {prompt_of(scene.id, item, "choice", seed) for seed in range(12)}
    assert len(prompts) > 3
    assert prompt_of(scene.id, item, "choice", 3) == prompt_of(scene.id, item, "choice", 3)
    assert "(A)" not in prompt_of(scene.id, item, "open", 0)
    setting = next(item for item in scene.items if item.kind == "setting")
    assert "(A)" in prompt_of(scene.id, setting, "open", 0)


def test_silence_holds_no_word() -> None:
    quiet = silences(6)
    assert {scene.text for scene in quiet} == {None}
    assert {item.answer for scene in quiet for item in scene.items} == {"no"}
    assert len({item.text for scene in quiet for item in scene.items}) > 6


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, 10**9])
def test_an_unusable_number_of_scenes_is_refused(wrong: int) -> None:
    with pytest.raises(InputError, match="scenes="):
        scenes(wrong)
