"""The catalogue: every text of a template is in it, places are filled, recorded sentences are found by pattern."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import speechfair.reporting
from speechfair.auditing.axis_details import _changed
from speechfair.auditing.speaker_rates import Fragile
from speechfair.messages import translation
from speechfair.messages.translation import Translator
from speechfair.strict_yaml import parse_yaml

ROOM = Path(speechfair.reporting.__file__).parent
OWN = {"checklist.html.jinja", "portfolio.html.jinja"}
"""Pages that hold both of their languages themselves."""
LITERAL = re.compile(r"""\bt\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
PLACE = re.compile(r"\{(\w+)(?::\w+)?\}")
tell = Translator("ja")


def catalogue() -> dict[str, str]:
    return {
        english: japanese for part in translation._content().values() for english, japanese in part.items()
    }


def test_no_two_files_translate_one_sentence() -> None:
    keys = [
        (section, english)
        for path in (Path(speechfair.__file__).parent / "messages" / "data").glob("japanese*.yaml")
        for section, texts in parse_yaml(path)[0].items()
        for english in texts
    ]
    assert len(keys) == len(set(keys))


def test_every_text_of_a_template_is_in_the_catalogue() -> None:
    found = {
        match[1] or match[2]
        for path in ROOM.glob("*.jinja")
        if path.name not in OWN
        for match in LITERAL.finditer(path.read_text(encoding="utf-8"))
    }
    assert len(found) > 180
    assert sorted(found - catalogue().keys()) == []


def test_a_translation_fills_the_places_of_its_english() -> None:
    for english, japanese in catalogue().items():
        assert {place[0] for place in PLACE.findall(japanese)} <= {
            place[0] for place in PLACE.findall(english)
        }, english


def test_a_deletion_is_a_word_left_out_not_one_taken_away() -> None:
    wrong = [
        english for english, japanese in catalogue().items() if "deletion" in english and "削除" in japanese
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("english", "japanese"),
    [
        ("absence", "なし"),
        ("group: fewer than 5 speakers (3): no interval", "グループ:話者が 5 人未満(3 人)のため区間なし"),
        ("1.53× [1.20, over 100]", "1.53× [1.20, 100 超]"),
        ("Sentence error rate by first language + gender", "第一言語 + 性別ごとの文誤り率"),
        (
            "Gap, largest minus smallest: 12.3 points [1.0, 20.1]",
            "格差(最大 − 最小):12.3 ポイント [1.0, 20.1]",
        ),
    ],
)
def test_recorded_sentences_are_found_by_their_pattern(english: str, japanese: str) -> None:
    assert tell(english) == japanese


@pytest.mark.parametrize(
    "text",
    [
        "a text of nobody's",
        pytest.param("a: 1 of b, c " * 100_000, id="long"),
        "over the moon",
        "x: y by z",
        "the reference",
        "{n} {what}",
    ],
)
def test_what_is_not_in_the_catalogue_stays_and_is_known_to_be_english(text: str) -> None:
    assert tell(text) == text
    assert not tell.knows(text)


@pytest.mark.parametrize("n", range(1, 8))
@pytest.mark.parametrize("differs", [True, False])
def test_no_speaker_that_a_finding_rests_on_is_named_in_english(n: int, differs: bool) -> None:
    names = ["1135", "a b", "x, y (z)", "山田", "it is left", "s-6", "7"][:n]
    tried = Fragile(9, tuple((name, 1e9 if name == "a b" else 1.25) for name in names))
    said = tell(_changed(tried, differs))
    for name in names:
        said = said.replace(name, "")
    assert not re.search("[A-Za-z]", said)
    assert ("ほか" in said) == (n > 3)


def test_names_are_those_of_the_language() -> None:
    assert tell.group("first_language+gender", "cmn+female") == "中国語 + 女性"
    assert tell.group("accent", "cmn") == "cmn"
    assert tell.group("gender", "unknown") == "不明"
    assert tell.group("gender+age_band", "female+child") == "女性 + 子ども"
    assert tell.group("age_band", "30 to 40") == "30 to 40"
    assert tell.axis("first_language+strength+my_axis") == "第一言語 + 強さ + my axis"


@pytest.mark.parametrize(
    "text", ["a, " * 600 + "b", "name, " * 300 + "b", "name; name, name: " * 100, "1 1, " * 300 + "interval"]
)
def test_a_text_of_anybodys_takes_few_tries(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each try is a search by a regular expression; a text of lists nested in lists would take thousands."""
    tried: list[str] = []

    def counted(search: Any, pattern: Any, *rest: Any) -> Any:
        tried.append(pattern.key)
        return by_pattern(search, pattern, *rest)

    by_pattern = translation._Search._by_pattern
    monkeypatch.setattr(translation._Search, "_by_pattern", counted)
    translation._translated.cache_clear()
    tell(text)
    assert 0 < len(tried) <= translation._MOST_TRIES


def test_a_search_ends_after_its_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = "group: fewer than 5 speakers (3): no interval"
    assert translation._Search().sentence(sentence) is not None
    monkeypatch.setattr(translation, "_MOST_TRIES", 1)
    assert translation._Search().sentence(sentence) is None
