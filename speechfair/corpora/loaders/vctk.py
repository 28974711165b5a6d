"""VCTK: English sentences read by about 110 speakers of many regions, recorded with two microphones.

Yamagishi, Veaux, MacDonald, "CSTR VCTK Corpus", University of Edinburgh, 2019. Layout of 0.92, and of 0.80 after it::

    wav48_silence_trimmed/p225/p225_001_{mic1,mic2}.flac    wav48/p225/p225_001.wav
    txt/p225/p225_001.txt
    speaker-info.txt        ID AGE GENDER ACCENTS REGION (COMMENTS)

The microphones record the same utterance at the same time: it is listed once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import age_band, expect, lines_of, text_of
from speechfair.errors import CorpusError, InputError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Utterance

__all__ = ["Vctk"]

_MICROPHONES = ("mic1", "mic2")
_COMMENT = re.compile(r"\(.*")


class Vctk(FolderCorpus):
    """The corpus, as one of its microphones heard it.

    Parameters
    ----------
    root : folder that holds ``wav48_silence_trimmed`` (or ``wav48``), ``txt`` and ``speaker-info.txt``.
    microphone : ``mic1`` or ``mic2``; release 0.80 has one microphone and does not look at it.
    """

    name = "vctk"

    def __init__(self, root: Path | None, *, microphone: str = "mic1") -> None:
        super().__init__(root)
        if microphone not in _MICROPHONES:
            raise InputError(
                f"vctk has no microphone {microphone!r}; {did_you_mean(microphone, _MICROPHONES)}"
            )
        self._options = {"microphone": microphone}
        expect(self.root / "speaker-info.txt", self.name, "the file speaker-info.txt")
        expect(self.root / "txt", self.name, "the folder txt")
        trimmed = self.root / "wav48_silence_trimmed"
        self._old = not trimmed.is_dir() and (self.root / "wav48").is_dir()
        self._audio = self.root / "wav48" if self._old else trimmed
        expect(self._audio, self.name, "the folder wav48_silence_trimmed")
        self._suffix = ".wav" if self._old else f"_{microphone}.flac"
        self._microphone = microphone

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        facts = self._speaker_info()
        names = {
            path.name
            for folder in (self._audio, self.root / "txt")
            for path in folder.iterdir()
            if path.is_dir()
        }
        for speaker in sorted(names):
            labels = self.label(**facts.get(speaker, {}))
            heard = self._stems(self._audio / speaker, "_mic1.flac", "_mic2.flac", ".wav")
            written = self._stems(self.root / "txt" / speaker, ".txt")
            for stem in sorted(heard | written):
                audio = self._audio / speaker / f"{stem}{self._suffix}"
                text = text_of(self.root / "txt" / speaker / f"{stem}.txt")
                if text is None:
                    yield Exclusion(stem, "no transcript", f"txt/{speaker}")
                elif not audio.exists():
                    yield Exclusion(stem, f"no recording {audio.name}", f"{self._audio.name}/{speaker}")
                else:
                    yield Utterance(stem, audio, text, "eng", speaker, labels)

    def _stems(self, folder: Path, *endings: str) -> set[str]:
        if not folder.is_dir():
            return set()
        names = [path.name for path in folder.iterdir()]
        return {name.removesuffix(end) for name in names for end in endings if name.endswith(end)}

    def _speaker_info(self) -> dict[str, Mapping[str, str | None]]:
        path = self.root / "speaker-info.txt"
        lines = lines_of(path)
        header = next(lines, (0, ""))[1].split()
        if header[:4] != ["ID", "AGE", "GENDER", "ACCENTS"]:
            raise CorpusError(
                f"{path}, line 1: expected ID AGE GENDER ACCENTS REGION, found {' '.join(header)!r:.60}"
            )
        found: dict[str, Mapping[str, str | None]] = {}
        for number, line in lines:
            cells = _COMMENT.sub("", line).split()
            if len(cells) < 4:
                raise CorpusError(
                    f"{path}, line {number}: expected ID AGE GENDER ACCENTS REGION, found {line!r:.60}"
                )
            speaker, age, gender, accent, *region = cells
            if self._old and speaker.isdigit():
                speaker = f"p{speaker}"
            found[speaker] = {
                "accent": accent,
                "region": " ".join(region) or None,
                "gender": gender,
                "age_band": age_band(age),
            }
        return found
