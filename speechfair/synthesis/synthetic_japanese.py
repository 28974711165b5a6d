"""Japanese with rule-made foreign accents of chosen strength, spoken by espeak-ng: an instrument with a planted truth.

The shipped sentences carry their pronunciation in katakana; of a user's own, it is read by Open JTalk (extra
``ja``) or given after a tab. Rules per first language (``corpora/synthetic_japanese/rules.yaml``) replace phonemes:
long vowels and geminates are shortened, tsu becomes su or chu, r becomes l. It makes no statement about real speakers.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from speechfair.errors import InputError
from speechfair.resources import data_folder
from speechfair.synthesis import espeak
from speechfair.synthesis.dials import check_whole, text_lines
from speechfair.synthesis.kana import morae
from speechfair.synthesis.rule_made import RuleMade, Sentence

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["VOICES", "SyntheticJapanese"]

VOICES = (
    espeak.Voice("m0", "ja", "male", 50, 110),
    espeak.Voice("f3", "ja+f3", "female", 50, 110),
    espeak.Voice("m2", "ja+m2", "male", 50, 110),
    espeak.Voice("steph", "ja+steph", "female", 35, 110),
    espeak.Voice("m5", "ja+m5", "male", 50, 110),
    espeak.Voice("f2", "ja+f2", "female", 50, 95),
    espeak.Voice("m6", "ja+m6", "male", 50, 110),
    espeak.Voice("f5", "ja+f5", "female", 50, 110),
    espeak.Voice("m3", "ja+m3", "male", 50, 110),
    espeak.Voice("f4", "ja+f4", "female", 40, 110),
    espeak.Voice("m7", "ja+m7", "male", 50, 110),
    espeak.Voice("annie", "ja+Annie", "female", 50, 120),
)
"""What stands for speakers, in the order in which ``voices=n`` takes them; the genders take turns."""

_PAUSE = re.compile("[、。，．,.!?！？…]+")


class SyntheticJapanese(RuleMade):
    """Japanese with rule-made accents; parameters, labels and errors are those of `RuleMade`.

    A line of a file of texts may carry its pronunciation in kana after a tab, phrases divided by spaces, particles as
    they are heard; else it is read by Open JTalk, and without the extra ``ja`` `MissingExtraError` is raised.
    """

    name: ClassVar[str] = "synthetic_japanese"
    language: ClassVar[str] = "jpn"
    all_voices: ClassVar[tuple[espeak.Voice, ...]] = VOICES

    def _read_texts(self, asked: int | str | Path) -> tuple[Sentence, ...]:
        if isinstance(asked, (str, Path)):
            return self._sentences_of(Path(asked))
        shipped = self._sentences_of(data_folder("corpora") / self.name / "texts.tsv")
        return shipped[: check_whole("texts", asked, len(shipped))]

    def _sentences_of(self, path: Path) -> tuple[Sentence, ...]:
        return tuple(self._sentence(path, number, line) for number, line in text_lines(path, tabs=True))

    def _sentence(self, path: Path, number: int, line: str) -> Sentence:
        text, tab, kana = line.partition("\t")
        if not tab:
            kana = self.reading(text)
        kana = _katakana(kana)
        for phrase in _PAUSE.sub(" ", kana).split():
            try:
                morae(phrase)
            except InputError as error:
                raise InputError(f"{path}, line {number}: {error}") from None
        return Sentence(text.strip(), kana)

    def reading(self, text: str) -> str:
        """The pronunciation of `text` in katakana, as Open JTalk reads it; a pause where it has a mark."""
        return _katakana(" ".join(f"{self._read(part)}、" for part in _PAUSE.split(text) if part.strip()))

    @cached_property
    def _read(self) -> Callable[[str], str]:
        from speechfair.text.japanese import make_reader

        return make_reader()

    def _phonemize(self, sentence: Sentence) -> espeak.Phonemes:
        words: list[tuple[str, ...]] = []
        for clause in _PAUSE.split(sentence.spoken):
            phrases = [morae(phrase) for phrase in clause.split()]
            if phrases and words:
                words.append((espeak.PAUSE,))
            words += [self._leaning(phrase, "'" if n == 0 else ",") for n, phrase in enumerate(phrases)]
        return tuple(word for word in words if word)

    def _leaning(self, phrase: tuple[str, ...], mark: str) -> tuple[str, ...]:
        """`phrase` with its first vowel marked, the only accent that espeak-ng's voice can be given."""
        first = next((index for index, token in enumerate(phrase) if token in self._rules.vowels), None)
        return tuple(mark + token if index == first else token for index, token in enumerate(phrase))


def _katakana(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text)
    return "".join(chr(ord(char) + 0x60) if "ぁ" <= char <= "ゖ" else char for char in folded).strip()
