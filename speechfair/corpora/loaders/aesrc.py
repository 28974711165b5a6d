"""AESRC2020: English read with ten accents, from the Accented English Speech Recognition Challenge (DataTang).

Shi et al., "The Accented English Speech Recognition Challenge 2020", ICASSP 2021. Layout::

    American English Speech Data/G00001/G00001S1001.{wav,txt}
    Japanese Speaking English Speech Data/G00001/…

Speakers are numbered anew in each accent.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import expect, text_of
from speechfair.types import Exclusion, Utterance

__all__ = ["Aesrc2020"]

_ENDING = " English Speech Data"


class Aesrc2020(FolderCorpus):
    """The corpus.

    Parameters
    ----------
    root : folder that holds the folders of the accents.
    """

    name = "aesrc2020"

    def __init__(self, root: Path | None) -> None:
        super().__init__(root)
        self._accents = sorted(path for path in self.root.glob(f"*{_ENDING}") if path.is_dir())
        if not self._accents:
            expect(
                self.root / f"American{_ENDING}", self.name, "folders such as 'American English Speech Data'"
            )

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        for folder in self._accents:
            accent = folder.name.removesuffix(_ENDING).removesuffix(" Speaking")
            labels = self.label(accent=accent, first_language=accent)
            for home in sorted(path for path in folder.iterdir() if path.is_dir()):
                speaker = f"{accent}-{home.name}"
                for audio in sorted(home.glob("*.wav")):
                    name = f"{accent}-{audio.stem}"
                    text = text_of(audio.with_suffix(".txt"))
                    if text is None:
                        yield Exclusion(name, "audio without a transcript", self.place(audio))
                    else:
                        yield Utterance(name, audio, text, "eng", speaker, labels)
                for path in sorted(home.glob("*.txt")):
                    if not path.with_suffix(".wav").exists():
                        yield Exclusion(f"{accent}-{path.stem}", "transcript without audio", self.place(path))
