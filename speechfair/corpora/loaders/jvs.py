"""JVS: Japanese read by 100 professional speakers, the native reference for Japanese.

Takamichi et al., "JVS corpus: free Japanese multi-speaker voice corpus", 2019. Layout::

    jvs_ver1/gender_f0range.txt                  speaker Male_or_Female minf0 maxf0
    jvs_ver1/jvs001/{parallel100,nonpara30,whisper10,falset10}/transcripts_utf8.txt      NAME:TEXT
    jvs_ver1/jvs001/parallel100/wav24kHz16bit/VOICEACTRESS100_001.wav
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import expect, inside, lines_of
from speechfair.errors import InputError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Label, Utterance

__all__ = ["Jvs"]

_PARTS = ("parallel100", "nonpara30", "whisper10", "falset10")


class Jvs(FolderCorpus):
    """The corpus, or one part of it.

    Parameters
    ----------
    root : folder that holds ``jvs_ver1``, or that folder itself.
    part : ``parallel100``, ``nonpara30``, ``whisper10`` or ``falset10``; None for the first two, the plain
        speech.
    """

    name = "jvs"

    def __init__(self, root: Path | None, *, part: str | None = None) -> None:
        super().__init__(root)
        if part is not None and part not in _PARTS:
            raise InputError(f"jvs has no part {part!r}; {did_you_mean(part, _PARTS)}")
        self._options = {"part": part}
        self._parts = (part,) if part else _PARTS[:2]
        home = self.root / "jvs_ver1"
        self._home = home if home.is_dir() else self.root
        self._speakers = sorted(path for path in self._home.glob("jvs[0-9]*") if path.is_dir())
        if not self._speakers:
            expect(self._home / "jvs001", self.name, "speakers' folders such as jvs001")

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        genders = self._genders()
        for speaker in self._speakers:
            labels = self.label(gender=genders.get(speaker.name))
            for part in self._parts:
                if (speaker / part).is_dir():
                    yield from self._part(speaker.name, speaker / part, labels)

    def _part(self, speaker: str, folder: Path, labels: tuple[Label, ...]) -> Iterator[Utterance | Exclusion]:
        path = expect(folder / "transcripts_utf8.txt", self.name, "the transcripts transcripts_utf8.txt")
        listed = set()
        for number, line in lines_of(path):
            stem, colon, text = line.partition(":")
            where = f"{self.place(path)}, line {number}"
            name = f"{speaker}-{folder.name}-{stem}"
            audio = inside(folder / "wav24kHz16bit", f"{stem}.wav") if colon else None
            listed.add(stem)
            if audio is None:
                yield Exclusion(f"{speaker}-{folder.name}-line {number}", "line is not NAME:TEXT", where)
            elif not audio.exists():
                yield Exclusion(name, "transcript without audio", where)
            else:
                yield Utterance(name, audio, text.strip() or None, "jpn", speaker, labels)
        for audio in sorted((folder / "wav24kHz16bit").glob("*.wav")):
            if audio.stem not in listed:
                yield Exclusion(
                    f"{speaker}-{folder.name}-{audio.stem}", "audio without a transcript", self.place(audio)
                )

    def _genders(self) -> dict[str, str]:
        path = self._home / "gender_f0range.txt"
        if not path.exists():
            return {}
        return {cells[0]: cells[1] for _, line in lines_of(path) if len(cells := line.split()) > 1}
