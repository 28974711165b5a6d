"""ERJ (UME-ERJ): English sentences and words read by Japanese students, rated by teachers of English.

Minematsu et al., "English Speech Database Read by Japanese Learners for CALL System Development", LREC 2002. The corpus
is given on application to NII-SRC and its documents are not public; the layout is taken from published code that
reads it::

    wav/JE/TUT/F01/{S1_001,W1_001}.wav             site, gender and number of the speaker
    doc/JEcontent/tab/{sentence,word}{1,2}.tab     Shift-JIS: file name, name in the list, text
    lbl/{male,female}-{sentence,word}/segmental/scores.lst         TUT/F01/S1_001.wav 3 4 3 4

The native speakers in ``wav/AE``, and ratings of rhythm, intonation and accent are not read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import expect, lines_of
from speechfair.errors import CorpusError, InputError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Utterance

__all__ = ["EnglishReadByJapanese"]

_UNITS = {"sentence": "S", "word": "W"}
_ENCODING = "cp932"  # what Windows writes as Shift-JIS


class EnglishReadByJapanese(FolderCorpus):
    """The Japanese speakers of the corpus.

    Parameters
    ----------
    root : folder that holds ``wav`` and ``doc`` (and ``lbl``).
    unit : ``sentence`` (default) or ``word``.
    """

    name = "erj"

    def __init__(self, root: Path | None, *, unit: str = "sentence") -> None:
        super().__init__(root)
        if unit not in _UNITS:
            raise InputError(f"erj has no unit {unit!r}; {did_you_mean(unit, tuple(_UNITS))}")
        self._unit = unit
        self._options = {"unit": unit}
        self._wav = expect(self.root / "wav" / "JE", self.name, "the folder wav/JE")
        tab = self.root / "doc" / "JEcontent" / "tab"
        expect(tab / f"{unit}1.tab", self.name, f"the list of texts doc/JEcontent/tab/{unit}1.tab")
        # the second list overlaps with the first, which has precedence, as in the code the layout is taken from
        self._lists = [path for path in (tab / f"{unit}2.tab", tab / f"{unit}1.tab") if path.exists()]

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        texts = self._texts()
        scores = self._scores()
        for audio in sorted(self._wav.glob(f"*/*/{_UNITS[self._unit]}*_*.wav")):
            site, code = audio.parts[-3], audio.parts[-2]
            name = f"{site}-{code}-{audio.stem}"
            text = texts.get(audio.stem)
            if text is None:
                yield Exclusion(name, "audio whose text is in no list", self.place(audio))
                continue
            labels = self.label(
                first_language="Japanese",
                accent="Japanese",
                gender=code[:1],
                proficiency=scores.get(f"{site}/{code}/{audio.stem}"),
            )
            yield Utterance(name, audio, text, "eng", f"{site}-{code}", labels)

    def _texts(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for path in self._lists:
            for number, line in lines_of(path, encoding=_ENCODING):
                cells = line.split(None, 2)
                if len(cells) != 3:
                    raise CorpusError(f"{path}, line {number}: expected a file name, a list name and a text")
                found[cells[0].removesuffix(".wav")] = cells[2].strip()
        return found

    def _scores(self) -> dict[str, str]:
        """Mean over the raters, rounded half up to a step of the scale, by ``SITE/SPEAKER/NAME``."""
        found: dict[str, str] = {}
        for gender in ("male", "female"):
            path = self.root / "lbl" / f"{gender}-{self._unit}" / "segmental" / "scores.lst"
            if not path.exists():
                continue
            for number, line in lines_of(path, encoding=_ENCODING):
                if line.startswith("#"):
                    continue
                name, *cells = line.split()
                try:
                    values = [float(cell) for cell in cells]
                except ValueError:
                    raise CorpusError(f"{path}, line {number}: a score is not a number") from None
                if not all(map(math.isfinite, values)):
                    raise CorpusError(f"{path}, line {number}: a score is not a finite number")
                if values:
                    found[name.removesuffix(".wav")] = str(math.floor(sum(values) / len(values) + 0.5))
        return found
