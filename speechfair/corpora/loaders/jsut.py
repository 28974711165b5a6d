"""JSUT: Japanese read by one native speaker, reference material for Japanese.

Sonobe, Takamichi, Saruwatari, "JSUT corpus: free large-scale Japanese speech corpus", 2017. Layout::

    jsut_ver1.1/basic5000/{wav/BASIC5000_0001.wav,transcript_utf8.txt}      NAME:TEXT
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import expect, inside, lines_of
from speechfair.errors import CorpusError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Utterance

__all__ = ["Jsut"]


class Jsut(FolderCorpus):
    """The corpus, or one part of it.

    Parameters
    ----------
    root : folder that holds ``jsut_ver1.1``, or that folder itself.
    part : such as ``basic5000``; None for all.
    """

    name = "jsut"

    def __init__(self, root: Path | None, *, part: str | None = None) -> None:
        super().__init__(root)
        self._options = {"part": part}
        home = self.root / "jsut_ver1.1"
        self._home = home if home.is_dir() else self.root
        known = sorted(path.parent.name for path in self._home.glob("*/transcript_utf8.txt"))
        if not known:
            expect(
                self._home / "basic5000" / "transcript_utf8.txt", self.name, "basic5000/transcript_utf8.txt"
            )
        if part is not None and part not in known:
            raise CorpusError(f"{self._home} holds no part {part!r}; {did_you_mean(part, known)}")
        self._parts = [part] if part else known

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        labels = self.label(gender="female")
        for part in self._parts:
            path = self._home / part / "transcript_utf8.txt"
            listed = set()
            for number, line in lines_of(path):
                stem, colon, text = line.partition(":")
                where = f"{self.place(path)}, line {number}"
                audio = inside(self._home / part / "wav", f"{stem}.wav") if colon else None
                listed.add(stem)
                if audio is None:
                    yield Exclusion(f"{part}-line {number}", "line is not NAME:TEXT", where)
                elif not audio.exists():
                    yield Exclusion(stem, "transcript without audio", where)
                else:
                    yield Utterance(stem, audio, text.strip() or None, "jpn", "jsut", labels)
            for audio in sorted((self._home / part / "wav").glob("*.wav")):
                if audio.stem not in listed:
                    yield Exclusion(audio.stem, "audio without a transcript", self.place(audio))
