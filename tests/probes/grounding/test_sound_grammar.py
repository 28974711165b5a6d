"""Scenes about sound: the words do not tell, the arrangement does, and no fixed answer does better than chance."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from speechfair.errors import InputError
from speechfair.probes.grounding.sound_grammar import BLOCK, SOUND_KINDS, sound_scenes
from speechfair.probes.grounding.sound_wording import ENGLISH, WORDINGS
from speechfair.probes.items import LEVELS, Item, has_kana
from speechfair.probes.plain_words import plain
from speechfair.synthesis.arranged import Arrangement

MANY = sound_scenes(240, seed=3)
JAPANESE = sound_scenes(240, seed=3, language="jpn")


def item(items: tuple[Item, ...], kind: str) -> Item | None:
    return next((one for one in items if one.kind == kind), None)


def test_the_same_seed_gives_the_same_scenes_and_more_only_adds() -> None:
    assert sound_scenes(30, seed=3) == MANY[:30]
    assert sound_scenes(30, seed=4) != MANY[:30]


def test_every_kind_at_its_level_and_options_are_distinct() -> None:
    kinds = Counter(one.kind for scene, _ in MANY for one in scene.items)
    assert set(kinds) == {*SOUND_KINDS, "presence", "absence", "unstated"}
    for scene, _ in MANY:
        assert {one.level for one in scene.items} == set(LEVELS)
        assert len({one.id for one in scene.items}) == len(scene.items)
        for one in scene.items:
            options = [plain(option) for option in (one.answer, *one.foils)]
            assert len(set(options)) == len(options)


def test_a_block_of_scenes_asks_every_kind_often_enough_for_an_interval() -> None:
    asked = Counter(one.kind for scene, _ in MANY[:BLOCK] for one in scene.items)
    assert min(asked[kind] for kind in SOUND_KINDS) >= 8


def test_no_fixed_answer_is_right_much_more_often_than_its_share() -> None:
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    for scene, _ in MANY:
        for one in scene.items:
            answers[one.kind][one.answer] += 1
    for kind in set(SOUND_KINDS) - {"focus"}:
        counted = answers[kind]
        assert max(counted.values()) <= 0.7 * counted.total(), kind


def test_the_words_do_not_depend_on_the_facts() -> None:
    """The transcript is that of the pieces without marks and hesitations."""
    for scene, arranged in MANY:
        said = " ".join(piece.text.rstrip("?.,!") for piece in arranged.pieces if piece.text != "um,")
        assert said == scene.text == arranged.text


def facts(arranged: Arrangement) -> dict[str, str]:
    """Answers as the arrangement has them, worked out anew."""
    pieces = arranged.pieces
    last = pieces[-1]
    middle = next(at for at, piece in enumerate(pieces) if at >= 3)
    voices = [pieces[0].partner, pieces[middle].partner, last.partner]
    changes = sum(one != other for one, other in pairwise(voices))
    events = [at for at, piece in enumerate(pieces) if piece.event]
    return {
        "speakers": "yes" if any(voices) else "no",
        "turns": {1: "once", 2: "twice"}.get(changes, ""),
        "event": "yes" if events else "no",
        "event_place": "" if not events else "before" if events[0] == middle else "after",
        "hesitation": "yes" if any(piece.text == "um," for piece in pieces) else "no",
        "where": ENGLISH.places[arranged.channel],
        "tempo": "faster" if last.tempo > 1 else "slower",
        "loudness": "louder" if last.gain_db > 0 else "softer",
        "question": "a question" if last.text.endswith("?") else "a statement",
    }


def test_answers_are_those_of_the_arrangement() -> None:
    for scene, arranged in MANY:
        for kind, answer in facts(arranged).items():
            found = item(scene.items, kind)
            assert (found is None) == (not answer), kind
            if found is not None:
                assert found.answer == answer, kind
        focus, stressed = (
            item(scene.items, "focus"),
            max(arranged.pieces[:3], key=lambda piece: piece.gain_db),
        )
        assert focus is not None
        assert focus.answer.split()[0] == ("Who", "How", "What")[arranged.pieces.index(stressed)]
        who = item(scene.items, "who")
        if who is not None:
            clause = who.text.split('"')[1]
            partner = next(p.partner for p in arranged.pieces[3:] if clause.startswith(p.text.rstrip("?.,!")))
            assert who.answer == ("another person" if partner else "the person who speaks first")


def test_japanese_scenes_state_the_same_facts() -> None:
    """The right option is at the same place of its question in both languages."""
    for (scene, arranged), (ours, japanese) in zip(MANY, JAPANESE, strict=True):
        assert [one.id.replace("absence", "presence") for one in scene.items] == [
            one.id.replace("absence", "presence") for one in ours.items
        ]
        assert [(piece.partner, piece.gain_db) for piece in arranged.pieces] == [
            (piece.partner, piece.gain_db) for piece in japanese.pieces
        ]
        assert (arranged.channel, arranged.pieces[-1].text[-1] == "?") == (
            japanese.channel,
            japanese.pieces[-1].text[-1] == "?",
        )


def test_japanese_words_do_not_depend_on_the_facts_and_all_is_japanese() -> None:
    for scene, arranged in JAPANESE:
        pieces = [piece.text for piece in arranged.pieces if piece.text != WORDINGS["jpn"].hesitation]
        assert "".join(piece.rstrip("?。、!") for piece in pieces) == str(scene.text).replace(" ", "")
        for one in scene.items:
            options = (one.answer, *one.foils)
            assert len({plain(option) for option in options}) == len(options)
            assert has_kana(one.text)
            assert not any(char.isascii() and char.isalpha() for char in "".join((one.text, *options)))


@pytest.mark.parametrize("n", [0, True, 10**6])
def test_a_senseless_number_of_scenes_is_refused(n: int) -> None:
    with pytest.raises(InputError, match="scenes"):
        sound_scenes(n)
