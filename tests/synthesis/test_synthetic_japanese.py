"""Synthetic foreign accents of Japanese: what is said, what the rules change, and that a recogniser feels the dose."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speechfair.corpora import load_corpus
from speechfair.errors import InputError, MissingExtraError
from speechfair.resources import data_folder
from speechfair.synthesis import espeak
from speechfair.synthesis.accent_rules import ITSELF, load_rules
from speechfair.synthesis.kana import morae
from speechfair.synthesis.synthetic_japanese import VOICES, SyntheticJapanese

pytest.importorskip("espeakng_loader", reason="espeak-ng comes with the extra 'synth'")

FOLDER = data_folder("corpora") / "synthetic_japanese"
RULES = load_rules(FOLDER / "rules.yaml")


def accented(kana: str, code: str) -> tuple[str, ...]:
    """One phrase with every site of `code` changed."""
    phrase = morae(kana)
    (word,) = RULES.apply((phrase,), code, 1.0, [0.0] * len(phrase))
    return word


def lines() -> list[tuple[str, str]]:
    text = (FOLDER / "texts.tsv").read_text("utf-8")
    return [tuple(line.split("\t")) for line in text.splitlines() if line[0] != "#"]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("kana", "phonemes"),
    [
        ("ガッコー", "g a k k o:"),
        ("キョー", "k _j o:"),
        ("シャシン", "s\\ a s\\ i N\\"),
        ("イッチョー", "i t t_s\\ o:"),
        ("フッテ", "p\\ u t t e"),
        ("ツズク", "t_s u z u k u"),
        ("ヴァイオリン", "v a i o r` i N\\"),
        ("ティー", "t i:"),
    ],
)
def test_kana_become_morae(kana: str, phonemes: str) -> None:
    assert morae(kana) == tuple(phonemes.split())


@pytest.mark.parametrize("kana", ["東京", "ーア", "あ", "abc"])
def test_what_is_not_katakana_is_refused(kana: str) -> None:
    with pytest.raises(InputError, match="katakana"):
        morae(kana)


@pytest.mark.parametrize(
    ("code", "kana", "phonemes"),
    [
        ("eng", "ツキ", "s u k i"),
        ("eng", "ラッパ", "r @ p a"),
        ("cmn", "ダイガク", "t a i g a g u"),
        ("kor", "ツズク", "t_s\\ u d_z\\ u g u"),
        ("kor", "ガッコー", "k a k o"),
        ("vie", "ヤスミ", "z a s u m i"),
        ("vie", "ラッパ", "l a p a"),
        ("por", "ツキ", "s u k i"),
        ("por", "ラジオ", "h a Z i u"),
    ],
)
def test_rules_do_what_their_sources_describe(code: str, kana: str, phonemes: str) -> None:
    assert accented(kana, code) == tuple(phonemes.split())


def test_every_first_language_loses_length_and_gemination() -> None:
    assert len(RULES.codes) >= 4
    for code in RULES.codes:
        assert morae("モッテ").count("t") == 2
        assert accented("モッテ", code).count("t") == 1
        assert not any(token.endswith(":") for token in accented("ユーメー", code))


def test_every_rule_can_apply_and_every_replacement_speaks() -> None:
    said = [phrase for _, kana in lines() for phrase in map(morae, kana.replace("、", " ").split())]
    sites = {
        (code, rule.why, rule.from_)
        for code in RULES.codes
        for phrase in said
        for index in range(len(phrase))
        if (rule := RULES._rule(code, phrase, index)) is not None
    }
    for code, accent in RULES.first_languages.items():
        for rule in accent.rules:
            assert (code, rule.why, rule.from_) in sites
    length = {token: len(espeak.render((("a", token, "a"),), VOICES[0], seed=0)) for token in ("", "qq")}
    targets = {token for a in RULES.first_languages.values() for r in a.rules for token in r.to} - {ITSELF}
    for token in sorted(targets):
        assert len(espeak.render((("a", token, "a"),), VOICES[0], seed=0)) not in length.values(), token


def test_the_shipped_readings_are_those_of_the_texts() -> None:
    """Open JTalk reads every sentence as its kana say, so that the reference of the score is what was spoken."""
    pytest.importorskip("pyopenjtalk")
    from speechfair.text import load_normalizer

    normalise = load_normalizer("japanese")
    found = lines()
    assert len(found) == len({text for text, _ in found}) >= 60
    for text, kana in found:
        assert normalise(text) == normalise(kana), text


def test_it_is_parallel_and_its_bytes_are_those_of_the_seed(tmp_path: Path) -> None:
    options: dict[str, Any] = {"first_languages": "kor,por", "strengths": [1], "voices": 2, "texts": 1}
    sums = []
    for folder, order in (("a", "kor,por"), ("b", "por,kor")):
        corpus = load_corpus("synthetic_japanese", tmp_path / folder, **options | {"first_languages": order})
        rows: list[Any] = list(corpus)
        assert {row.language for row in rows} == {"jpn"}
        assert {row.text for row in rows} == {lines()[0][0]}
        assert {row.speaker for row in rows} == {"m0", "f3"}
        sums.append({row.id: hashlib.sha256(row.audio.read_bytes()).hexdigest() for row in rows})
    assert sums[0] == sums[1]
    assert len(set(sums[0].values())) == len(sums[0]) == 6


def test_genders_take_turns() -> None:
    assert len({voice.name for voice in VOICES}) == len(VOICES)
    assert [voice.gender for voice in VOICES[:4]] == ["male", "female"] * 2


class TestOwnTexts:
    def test_readings_may_be_given(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pyopenjtalk", None)
        path = tmp_path / "mine.tsv"
        path.write_text("東京へ行く。\tとーきょーえ いく\n", encoding="utf-8")
        corpus = SyntheticJapanese(
            tmp_path / "out", first_languages="vie", strengths=[1], voices=1, texts=path
        )
        assert [row.text for row in corpus if hasattr(row, "text")] == ["東京へ行く。"] * 2

    def test_are_read_where_no_reading_is_given(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytest.importorskip("pyopenjtalk")
        path = tmp_path / "mine.txt"
        path.write_text("二十三人、いますか？\n", encoding="utf-8")
        (sentence,) = SyntheticJapanese(tmp_path, voices=1, texts=path)._sentences
        assert sentence.spoken.split() == ["ニジューサンニン、", "イマスカ、"]
        monkeypatch.setitem(sys.modules, "pyopenjtalk", None)
        with pytest.raises(MissingExtraError, match=r"speechfair\[ja\]"):
            SyntheticJapanese(tmp_path, voices=1, texts=path)

    def test_a_reading_that_cannot_be_spoken_names_its_line(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.tsv"
        path.write_text("# mine\n東京\t東京\n", encoding="utf-8")
        with pytest.raises(InputError, match=r"mine\.tsv, line 2: .*katakana"):
            SyntheticJapanese(tmp_path, texts=path)


@pytest.mark.model
def test_whisper_base_errs_more_at_full_strength(tmp_path: Path) -> None:
    """The planted truth is there: more errors at strength 1 than without an accent, for each first language."""
    pytest.importorskip("pyopenjtalk")
    import soundfile
    import soxr
    from jiwer import cer

    from speechfair.models.families.bundled import load
    from speechfair.text import load_normalizer
    from speechfair.types import Audio

    recogniser = load("whisper-base", language="ja", window=10, compute_type="int8")
    normalise = load_normalizer("japanese")
    rows: list[Any] = list(SyntheticJapanese(tmp_path, strengths=[1], voices=2, texts=1))
    heard = []
    for row in rows:
        samples, rate = soundfile.read(row.audio, dtype="float32")
        samples = soxr.resample(samples, rate, recogniser.sample_rate).astype(np.float32)
        heard.append(Audio(row.id, samples, recogniser.sample_rate))
    texts: dict[str, list[tuple[str, str]]] = {}
    for row, answer in zip(rows, recogniser.transcribe(heard), strict=True):
        code = row.id.partition("-")[0]
        texts.setdefault(code, []).append((normalise(row.text), normalise(answer.text or "")))
    rate_of = {code: cer(*map(list, zip(*pairs, strict=True))) for code, pairs in texts.items()}
    assert rate_of["jpn"] < 0.2
    for code in RULES.codes:
        assert rate_of["jpn"] < rate_of[code], rate_of
