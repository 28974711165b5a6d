"""Every sentence of the viewer is in the catalogue, in each language, with the same parts filled in."""

from __future__ import annotations

import re

from speechfair.messages.translation import LANGUAGES, Translator
from speechfair.messages.translation import viewer_messages as messages
from speechfair.viewing.changes import change_screen
from speechfair.viewing.opened_run import RunShelf
from speechfair.viewing.page_files import STATIC
from speechfair.viewing.sentences import with_translations
from speechfair.viewing.utterance_query import KINDS

SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(STATIC.glob("*.js"))}
PARSERS = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser"
MADE = {
    "kind": KINDS,
    "verdict": ("difference", "alike", "unclear", "nothing"),
    "finding": ("difference", "alike", "unclear", "nothing"),
    "harm": ("pass", "fail", "undetermined"),
    "compare": ("pass", "fail", "undetermined", "won", "lost"),
    "unit": ("words", "characters", "mixed", "several"),
    "source": ("self_reported", "corpus", "annotator", "inferred"),
    "histogram": ("duration_s", "tokens_per_s", "rate", "confidence"),
}


def test_languages_have_the_same_sentences() -> None:
    assert set(messages()) == set(LANGUAGES)
    en, ja = (messages()[name] for name in LANGUAGES)
    assert en.keys() == ja.keys()
    for key in en:
        assert en[key].strip()
        assert ja[key].strip()
        assert set(re.findall(r"\{\w+\}", en[key])) == set(re.findall(r"\{\w+\}", ja[key])), key


def test_japanese_sentences_are_japanese() -> None:
    plain = [key for key, text in messages()["ja"].items() if text and not re.search(r"[぀-ヿ一-鿿]", text)]
    assert plain == ["page.of"]


def test_every_sentence_that_a_script_says_is_there() -> None:
    said = {key for text in SCRIPTS.values() for key in re.findall(r'say\("([a-z.]+[a-z_])"', text)}
    assert len(said) > 80
    assert not said - messages()["en"].keys()
    for start, ends in MADE.items():
        assert not {f"{start}.{end}" for end in ends} - messages()["en"].keys()


def test_an_answer_brings_the_translations_of_its_recorded_sentences() -> None:
    reason = "fewer than 5 speakers (3): no interval"
    answer = {
        "groups": [{"name": "fewer than 5 speakers (3)", "rate": {"reason": reason}}],
        "notes": ["my own words"],
    }
    found = with_translations(answer)
    assert found["said"] == {"ja": {reason: "話者が 5 人未満(3 人)のため区間なし"}}
    assert {**found, "said": None} == {**answer, "said": None}
    assert with_translations({"notes": ["my own words"]}) == {"notes": ["my own words"]}


def test_an_answer_names_groups_where_its_sentences_write_codes() -> None:
    reason = "first_language=jpn: some words of somebody; first_language=spa: not a group of the answer"
    known = "no group has the axis first_language=jpn"
    answer = {"reason": reason, "groups": [{"axis": "first_language", "value": "jpn"}], "notes": [known]}
    said = with_translations(answer)["said"]
    assert said["en"] == {
        reason: "Japanese (first language): some words of somebody; first_language=spa: not a group of the answer",
        known: "no group has the axis Japanese (first language)",
    }


def test_every_sentence_of_a_comparison_has_names_in_both_languages(shelf: RunShelf) -> None:
    before, after = shelf.usable()
    found = with_translations(change_screen(before, after))
    tell = Translator("ja")
    for text in {found["reason"], *found["notes"], *(g["no_harm"]["reason"] for g in found["groups"])} - {""}:
        shown = found["said"].get("en", {}).get(text, text)
        assert not re.search(r"\b(accent|gender)=", shown), shown
        assert text in found["said"]["ja"] or not tell.knows(text), text
    assert found["reason"] in found["said"]["ja"]
    assert re.search(r"\((accent|gender)\)", found["said"]["en"][found["reason"]])


def test_no_script_parses_text_as_html_or_code() -> None:
    for name, text in SCRIPTS.items():
        assert not re.search(PARSERS, text), name
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), name
