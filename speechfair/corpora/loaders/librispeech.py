"""LibriSpeech: English read by LibriVox volunteers (OpenSLR 12). Accents are not labelled.

Panayotov et al., "LibriSpeech: an ASR corpus based on public domain audio books", ICASSP 2015. Layout::

    LibriSpeech/SPEAKERS.TXT
    LibriSpeech/dev-clean/84/121123/{84-121123-0000.flac,84-121123.trans.txt}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from speechfair.corpora.base import guarded
from speechfair.corpora.card import Card, load_card
from speechfair.corpora.layout import expect, inside, lines_of, needs_root
from speechfair.errors import CorpusError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Label, Utterance

__all__ = ["LibriSpeech"]

_GENDERS = {"F": "female", "M": "male"}


@guarded
class LibriSpeech:
    """The corpus, or one split of it.

    Parameters
    ----------
    root : the folder ``LibriSpeech``, or the one that holds it.
    split : such as ``dev-clean``; None for every split that is there.
    """

    name = "librispeech"

    def __init__(self, root: Path | None, *, split: str | None = None) -> None:
        folder = needs_root(root, self.name)
        self.root = folder / "LibriSpeech" if (folder / "LibriSpeech").is_dir() else folder
        self.split = split
        expect(self.root / "SPEAKERS.TXT", self.name, "the file SPEAKERS.TXT")
        known = sorted(p.name for p in self.root.iterdir() if p.is_dir() and not p.name.startswith("."))
        if split is not None and split not in known:
            raise CorpusError(f"{self.root} holds no split {split!r}; {did_you_mean(split, known)}")
        if not known:
            raise CorpusError(f"{self.root} holds no split such as dev-clean; check --root")
        self._splits = [split] if split else known

    @property
    def card(self) -> Card:
        """The corpus's card."""
        return load_card(self.name)

    @property
    def options(self) -> Mapping[str, Any]:
        """Arguments apart from `root`."""
        return {"split": self.split}

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        genders = self._genders()
        for split in self._splits:
            transcripts = sorted((self.root / split).glob("*/*/*.trans.txt"))
            if not transcripts:
                raise CorpusError(
                    f"{self.root / split} holds no SPEAKER/CHAPTER/*.trans.txt; the download may be incomplete"
                )
            for path in transcripts:
                yield from self._chapter(path, genders)
            yield from self._without_transcript(split, {path.parent for path in transcripts})

    def _without_transcript(self, split: str, chapters: set[Path]) -> Iterator[Exclusion]:
        for audio in sorted((self.root / split).glob("*/*/*.flac")):
            if audio.parent not in chapters:
                where = audio.parent.relative_to(self.root).as_posix()
                yield Exclusion(audio.stem, "chapter without a transcript", where)

    def _chapter(self, path: Path, genders: Mapping[str, str]) -> Iterator[Utterance | Exclusion]:
        speaker = path.parent.parent.name
        labels = (Label("gender", genders[speaker], "corpus"),) if speaker in genders else ()
        listed: dict[str, int] = {}
        for number, line in lines_of(path):
            name, *text = line.split(None, 1)
            if name in listed:
                raise CorpusError(f"{path}: {name!r} comes twice, in lines {listed[name]} and {number}")
            listed[name] = number
            audio = inside(path.parent, f"{name}.flac")
            if audio is None:
                where = f"{path.name}, line {number}"
                yield Exclusion(name, "audio path leads out of the chapter's folder", where)
                continue
            yield Utterance(name, audio, text[0].strip() if text else None, "eng", speaker, labels)
        for audio in sorted(path.parent.glob("*.flac")):
            if audio.stem not in listed:
                yield Exclusion(audio.stem, "audio without a line in the transcript", str(path.name))

    def _genders(self) -> dict[str, str]:
        genders = {}
        for number, line in lines_of(self.root / "SPEAKERS.TXT"):
            if line.startswith(";"):
                continue
            fields = [field.strip() for field in line.split("|")]
            if len(fields) < 3:
                raise CorpusError(
                    f"{self.root / 'SPEAKERS.TXT'}, line {number}: expected ID | SEX | SUBSET | …, found {line!r:.60}"
                )
            if fields[1] in _GENDERS:
                genders[fields[0]] = _GENDERS[fields[1]]
        return genders
