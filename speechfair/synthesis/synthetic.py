"""English with rule-made accents of chosen strength, spoken by espeak-ng: an instrument with a planted truth.

Texts are turned into phonemes, some of which are replaced as speakers of a first language are said to replace them
(``corpora/synthetic/rules.yaml``), and rendered. The design is parallel: the same voices say the same texts in every
accent and strength. It makes no statement about real speakers, and a difference measured on it says only that the
recogniser reacts to these replacements.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from speechfair.resources import data_folder
from speechfair.synthesis import espeak
from speechfair.synthesis.dials import check_whole, text_lines
from speechfair.synthesis.rule_made import RuleMade, Sentence

__all__ = ["VOICES", "SyntheticAccents"]

VOICES = (
    espeak.Voice("m6", "en-us+m6", "male", 50, 120),
    espeak.Voice("f2", "en-us+f2", "female", 50, 120),
    espeak.Voice("m2", "en-us+m2", "male", 50, 120),
    espeak.Voice("f5", "en-us+f5", "female", 50, 120),
    espeak.Voice("m4", "en-us+m4", "male", 50, 120),
    espeak.Voice("steph", "en-us+steph", "female", 35, 115),
    espeak.Voice("m5", "en-us+m5", "male", 50, 120),
    espeak.Voice("f4", "en-us+f4", "female", 40, 115),
    espeak.Voice("m7", "en-us+m7", "male", 50, 120),
    espeak.Voice("annie", "en-us+Annie", "female", 50, 140),
    espeak.Voice("m1", "en-us+m1", "male", 50, 120),
    espeak.Voice("f3", "en-us+f3", "female", 50, 120),
)
"""What stands for speakers, in the order in which ``voices=n`` takes them; the genders take turns."""


class SyntheticAccents(RuleMade):
    """English with rule-made accents; parameters, labels and errors are those of `RuleMade`."""

    name: ClassVar[str] = "synthetic"
    language: ClassVar[str] = "eng"
    all_voices: ClassVar[tuple[espeak.Voice, ...]] = VOICES

    def _read_texts(self, asked: int | str | Path) -> tuple[Sentence, ...]:
        if isinstance(asked, (str, Path)):
            return _sentences(Path(asked))
        shipped = _sentences(data_folder("corpora") / self.name / "texts.txt")
        return shipped[: check_whole("texts", asked, len(shipped))]

    def _phonemize(self, sentence: Sentence) -> espeak.Phonemes:
        return espeak.phonemize(sentence.spoken, self._rules.base_voice)


def _sentences(path: Path) -> tuple[Sentence, ...]:
    return tuple(Sentence(text, text) for _, text in text_lines(path))
