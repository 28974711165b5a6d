"""Audits of corpora in several languages, and in languages without spaces, whose rates are known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml

import speechfair
from speechfair.auditing.result import AuditResult
from speechfair.auditing.run import audit, score
from speechfair.auditing.verify import verify
from speechfair.errors import InputError
from speechfair.testing import Scripted
from speechfair.types import Label, Utterance
from tests.support import ListCard, ListCorpus, write_tone

Row = tuple[str, str, str]
"""Language, reference, hypothesis."""


def corpus_of(folder: Path, rows: Sequence[Row], *, tokens: str = "words") -> tuple[ListCorpus, Scripted]:
    """Each row said by six speakers, three of group x and three of group y."""
    listed, said = [], {}
    for number, (language, reference, hypothesis) in enumerate(rows):
        for speaker in range(6):
            name = f"r{number}-s{speaker}"
            labels = (Label("accent", "xy"[speaker % 2], "corpus"),)
            path = write_tone(folder / f"{name}.wav", 0.2)
            listed.append(Utterance(name, path, reference, language or None, f"{language}{speaker}", labels))
            said[name] = hypothesis
    card = ListCard(normalizer=None, tokens=tokens)  # type: ignore[arg-type]
    return ListCorpus(listed, folder, card=card), Scripted(said)


def audited(folder: Path, rows: Sequence[Row], axis: str = "language", **settings: object) -> AuditResult:
    corpus, model = corpus_of(folder / "audio", rows)
    return audit(corpus, model, [axis], out=folder / "run", **settings)  # type: ignore[arg-type]


def rates(result: AuditResult) -> Mapping[str, float | None]:
    return {group.value: group.rate.value for group in result.groups_of("language")}


FIVE = [
    (
        "eng",
        "I don\u2019t know, call 555 1234",
        "i don't know call five five five one two three five",
    ),  # 1 of 12
    ("deu", "Dreiundzwanzig schöne Häuser", "23 schöne Mäuse"),  # 1 of 4
    ("hin", "मैं घर जा रहा हूँ", "मैं घर जा रहा हूं"),  # 0 of 5
    ("zho", "宋朝末年年间定居", "宋朝末年年间定区"),  # 1 of 8
    ("tha", "ฉันชอบกินข้าวผัด", "ฉันชอบกินข้าวพัด"),  # 1 of 16
]


def test_a_table_of_five_languages_has_each_rate_in_its_own_unit(tmp_path: Path) -> None:
    corpus, model = corpus_of(tmp_path / "audio", FIVE)
    result = speechfair.audit(corpus, model, ["language"], out=tmp_path / "run")
    assert rates(result) == pytest.approx(
        {"eng": 1 / 12, "deu": 1 / 4, "hin": 0.0, "zho": 1 / 8, "tha": 1 / 16}
    )
    assert {one.language: one.tokens for one in result.languages or ()} == {
        "eng": "words", "deu": "words", "hin": "words", "zho": "characters", "tha": "characters",
    }  # fmt: skip
    assert {one.language: one.name for one in result.languages or ()}["deu"] == "German"
    assert result.tokens == "several"
    assert verify(tmp_path / "run").ok


def test_what_would_pool_or_compare_unlike_units_is_left_out_with_the_reason(tmp_path: Path) -> None:
    result = audited(tmp_path, FIVE, "accent")
    assert any("compare unlike things" in note for note in result.notes)
    for estimate in (result.overall.rate, *(group.rate for group in result.groups_of("accent"))):
        assert estimate.value is None
        assert "unlike things" in str(estimate.reason)
    languages = {group.value: group for group in result.groups_of("language")}
    unit = {one.language: one.tokens for one in result.languages or ()}
    reference = next(value for value, group in languages.items() if group.is_reference)
    for value, group in languages.items():
        if unit[value] != unit[reference]:
            assert group.ratio is not None
            assert (group.ratio.value, group.ratio_simultaneous) == (None, None)
    assert all(axis.gap.value is None for axis in result.axes)
    pooled = {one.tokens: one.rate.value for one in result.units or ()}
    assert pooled == pytest.approx({"words": 2 / 21, "characters": 2 / 24})


def test_languages_of_one_unit_are_pooled_and_compared(tmp_path: Path) -> None:
    result = audited(tmp_path, [("eng", "one cat", "one dog"), ("fra", "c’est la vie", "c'est la vie")])
    assert result.tokens == "words"
    assert result.overall.rate.value == pytest.approx(1 / 5)
    assert result.units is None


@pytest.mark.parametrize("tag", ["zho", "zh", "zh-CN", "cmn_hans_cn", "Chinese", "yue", "zh-Hant-TW"])
def test_chinese_is_counted_in_characters_by_any_tag(tmp_path: Path, tag: str) -> None:
    result = audited(tmp_path, [(tag, "宋朝末年年间定居", "宋朝末年年间定区")], "accent")
    assert (result.tokens, result.overall.rate.value) == ("characters", pytest.approx(0.125))
    assert result.notes == []


@pytest.mark.parametrize(
    ("tag", "reference", "hypothesis", "rate"),
    [
        ("tha", "ฉันชอบกิน", "ฉันชอบกิม", 1 / 9),
        ("th-TH", "ฉัน ชอบ กิน", "ฉันชอบกิน", 0.0),
        ("mya", "မြန်မာစာ", "မြန်မာစ", 1 / 8),
        ("lo", "ສະບາຍດີ", "ສະບາຍດ", 1 / 7),
        ("Khmer", "ជំរាបសួរ", "ជំរាបសួ", 1 / 8),
        ("bod", "བོད་སྐད", "བོད་སྐ", 1 / 6),
    ],
)
def test_languages_without_spaces_are_counted_in_characters(
    tmp_path: Path, tag: str, reference: str, hypothesis: str, rate: float
) -> None:
    result = audited(tmp_path, [(tag, reference, hypothesis)], "accent")
    assert (result.tokens, result.overall.rate.value) == ("characters", pytest.approx(rate))


def test_japanese_chinese_and_thai(tmp_path: Path) -> None:
    pytest.importorskip("pyopenjtalk")
    result = audited(
        tmp_path,
        [
            ("jpn", "二十三円です", "23円です"),
            ("zho", "一直沿用至今天", "一直沿用至今填"),
            ("tha", "ข้าวผัด", "ข้าวพัด"),
        ],
    )
    assert rates(result) == pytest.approx({"jpn": 0.0, "zho": 1 / 7, "tha": 1 / 7})
    assert result.tokens == "characters"
    assert [one.normalizer for one in result.languages or ()] == ["japanese", "basic", "basic"]


def test_chinese_with_english_words_has_the_mixed_rate(tmp_path: Path) -> None:
    result = audited(tmp_path, [("zho", "我要 check 一下 email", "我要 chess 一下 email")], "accent")
    assert (result.tokens, result.overall.rate.value) == ("mixed", pytest.approx(1 / 6))


def test_rows_without_a_language_are_judged_by_their_script(tmp_path: Path) -> None:
    result = audited(tmp_path, [("", "宋朝末年年间定居", "宋朝末年年间定区")], "accent")
    assert (result.tokens, result.overall.rate.value) == ("characters", pytest.approx(0.125))
    assert [(one.language, one.name) for one in result.languages or ()] == [("und", "language not given")]


def test_what_was_chosen_is_in_the_recipe_and_in_the_result(tmp_path: Path) -> None:
    audited(tmp_path, FIVE)
    recipe = yaml.safe_load((tmp_path / "run" / "run.yaml").read_text())["recipe"]
    stored = json.loads((tmp_path / "run" / "audit.json").read_text())
    assert recipe["scoring"]["languages"]["deu"]["normalizer"] == "german"
    for one in stored["languages"]:
        recorded = recipe["scoring"]["languages"][one["language"]]
        assert recorded == {name: one[name] for name in ("normalizer", "version", "tokens")}


def test_a_phone_and_a_keyboard_write_the_same_words(tmp_path: Path) -> None:
    rows = [
        ("eng", f"I don{mark}t know what it{mark}s for", "I don't know what it's for") for mark in "'\u2019"
    ]
    assert audited(tmp_path, rows, "accent").overall.rate.value == 0.0


def test_brackets_hold_speech_or_events_on_both_sides(tmp_path: Path) -> None:
    rows = [
        ("eng", "[Yeah I was there.] [laughter]", "yeah I was there <unk>"),
        ("eng", "so (( maybe )) (()) then {cough}", "so maybe then [BLANK_AUDIO] \u266a"),
    ]
    result = audited(tmp_path, rows, "accent")
    assert (result.overall.rate.value, result.totals.excluded) == (0.0, 0)


def test_a_preamble_is_named_and_can_be_left_out(tmp_path: Path) -> None:
    said = "The original content of this audio is: 'the cat sat'"
    result = audited(
        tmp_path,
        [
            ("eng", "the cat sat", said),
            ("eng", "a dog ran off", said.replace("the cat sat", "a dog ran off")),
        ],
        "accent",
    )
    assert any("begin with 'the original content of this audio is'" in note for note in result.notes)
    assert result.overall.rate.value == pytest.approx(14 / 7)
    again = score(tmp_path / "run", ["accent"], strip_prefix=["the original content of this audio is"])
    assert again.overall.rate.value == 0.0
    assert not any("begin with" in note for note in again.notes)
    recipe = yaml.safe_load((tmp_path / "run" / "run.yaml").read_text())["recipe"]
    assert recipe["analysis"]["strip_prefix"] == ["the original content of this audio is"]
    assert verify(tmp_path / "run").ok
    with pytest.raises(InputError, match="strip-prefix"):
        score(tmp_path / "run", ["accent"], strip_prefix=[" "])


def test_the_former_name_gives_whispers_normaliser_and_says_so(tmp_path: Path) -> None:
    result = audited(tmp_path, [("eng", "twenty one", "21")], "accent", normalizer="whisper-english")
    assert (result.normalizer.name, result.overall.reference_length) == ("whisper-english", 6)
    assert any("former name of whisper-english-strict" in note for note in result.notes)


def test_many_groups_that_share_an_ending_get_one_note() -> None:
    """Punctuation that people dictate, in five of twelve accents."""
    said = ["the dose is small"] * 72
    heard = [f"{text} full stop" if n < 30 and n % 6 > 1 else text for n, text in enumerate(said)]
    accents = [f"accent {n // 6}" for n in range(72)]
    result = speechfair.evaluate(said, heard, {"accent": accents}, speakers=[f"s{n}" for n in range(72)])
    notes = [note for note in result.notes if "full stop" in note]
    assert len(notes) == 1
    assert notes[0].startswith("accent: in 5 groups more than half of the hypotheses end with 'full stop'")
    assert "such as 4 of 6 in 'accent 0'" in notes[0]
