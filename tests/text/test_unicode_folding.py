"""Code points of each class: the reference and a variant of it give the same tokens, and no error."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.metrics import count_errors
from speechfair.text import load_normalizer
from speechfair.text.unicode_folding import APOSTROPHES, fold, is_ignorable

NAMES = ("english", "basic", "german", "turkish", "vietnamese", "korean", "hindi", "arabic")
WORDS = ("don't", "it's", "café", "naïve", "filed", "hello", "well-known", "o'clock", "résumé")
# ideographs, Hangul, surrogates and private use are letters or nothing: left out, they are nine tenths of all
BLOCKS = ((0, 0x3400), (0xA000, 0xAC00), (0xF900, 0x17000), (0x1B000, 0x20000), (0xE0000, 0xE0200))
EVERY = [chr(n) for first, end in BLOCKS for n in range(first, end)]
INVISIBLE = [char for char in EVERY if is_ignorable(char)]
DASHES = [char for char in EVERY if unicodedata.category(char) == "Pd"] + ["\u2212"]
QUOTES = [char for char in EVERY if unicodedata.category(char) in ("Pi", "Pf")] + ['"', "\u201e", "\u300c"]
LIGATURES = {"fi": "\ufb01", "fl": "\ufb02", "ff": "\ufb00", "ffi": "\ufb03", "st": "\ufb06"}
text = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)


def no_error(name: str, reference: str, variant: str) -> None:
    normalise = load_normalizer(name)
    one, other = normalise(reference), normalise(variant)
    assert one == other
    assert count_errors([one], [other]).row(0)[:3] == (0, 0, 0)


@pytest.mark.parametrize("name", NAMES)
class TestClasses:
    @settings(deadline=None, max_examples=30)
    @given(text=text, mark=st.sampled_from(APOSTROPHES))
    def test_apostrophes(self, name: str, text: str, mark: str) -> None:
        no_error(name, text, text.replace("'", mark))

    @settings(deadline=None, max_examples=30)
    @given(text=text, mark=st.sampled_from(INVISIBLE), data=st.data())
    def test_invisible_characters(self, name: str, text: str, mark: str, data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(text)))
        no_error(name, text, text[:at] + mark + text[at:])

    @settings(deadline=None, max_examples=15)
    @given(text=text, mark=st.sampled_from(DASHES))
    def test_dashes(self, name: str, text: str, mark: str) -> None:
        no_error(name, text, text.replace("-", mark))

    @settings(deadline=None, max_examples=15)
    @given(text=text, one=st.sampled_from(QUOTES), other=st.sampled_from(QUOTES))
    def test_quotes(self, name: str, text: str, one: str, other: str) -> None:
        no_error(name, text, f"{one}{text}{other}")

    @settings(deadline=None, max_examples=15)
    @given(text=text, form=st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
    def test_normal_forms(self, name: str, text: str, form: str) -> None:
        no_error(name, text, unicodedata.normalize(form, text))

    @settings(deadline=None, max_examples=15)
    @given(text=text, pair=st.sampled_from(sorted(LIGATURES.items())))
    def test_ligatures(self, name: str, text: str, pair: tuple[str, str]) -> None:
        no_error(name, text + " waffle office fist", (text + " waffle office fist").replace(*pair))

    @settings(deadline=None, max_examples=15)
    @given(text=text)
    def test_full_width(self, name: str, text: str) -> None:
        wide = "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)
        no_error(name, text, wide.replace(" ", "\u3000"))


def test_folding_is_done_after_once() -> None:
    assert [char for char in EVERY if fold(fold(char)) != fold(char)] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("می‌خواهم", "میخواهم"),  # zero width non-joiner, Persian
        ("क्‍ष", "क्ष"),  # zero width joiner, Devanagari
        ("٢٠٢٦", "2026"),
        ("2½", "2 1/2"),
        ("Windows™", "Windows"),
        ("\ufeffhello", "hello"),
        ("heart ❤️", "heart ❤"),
        ("΄ΣΟΦΟΣ", "σοφοσ"),
        ("١,٠٠٠", "1000"),
    ],
)
def test_what_looks_alike_is_one(one: str, other: str) -> None:
    assert load_normalizer("basic")(one) == load_normalizer("basic")(other)


@pytest.mark.parametrize(("one", "other"), [("resume", "résumé"), ("schon", "schön"), ("o", "0"), ("а", "a")])
def test_letters_that_differ_stay_apart(one: str, other: str) -> None:
    assert load_normalizer("basic")(one) != load_normalizer("basic")(other)
