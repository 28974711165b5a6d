"""L2-ARCTIC: English read, and a story told, by 24 speakers of six first languages.

Zhao et al., "L2-ARCTIC: A Non-native English Speech Corpus", Interspeech 2018. Layout (a speaker's folder may lie in
a folder of the same name)::

    ABA/{wav/arctic_a0001.wav,transcript/arctic_a0001.txt,annotation/}
    suitcase_corpus/{wav/aba.wav,transcript/aba.txt}

Annotations are not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import expect, text_of
from speechfair.errors import InputError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Utterance

__all__ = ["L2Arctic"]

_PARTS = ("read", "suitcase")
# The table of speakers in the corpus's README: gender, first language.
_SPEAKERS = {
    **dict.fromkeys(("ABA", "YBAA"), ("M", "Arabic")),
    **dict.fromkeys(("SKA", "ZHAA"), ("F", "Arabic")),
    **dict.fromkeys(("BWC", "TXHC"), ("M", "Mandarin")),
    **dict.fromkeys(("LXC", "NCC"), ("F", "Mandarin")),
    **dict.fromkeys(("ASI", "RRBI"), ("M", "Hindi")),
    **dict.fromkeys(("SVBI", "TNI"), ("F", "Hindi")),
    **dict.fromkeys(("HKK", "YKWK"), ("M", "Korean")),
    **dict.fromkeys(("HJK", "YDCK"), ("F", "Korean")),
    **dict.fromkeys(("EBVS", "ERMS"), ("M", "Spanish")),
    **dict.fromkeys(("MBMPS", "NJS"), ("F", "Spanish")),
    **dict.fromkeys(("HQTV", "TLV"), ("M", "Vietnamese")),
    **dict.fromkeys(("PNV", "THV"), ("F", "Vietnamese")),
}


class L2Arctic(FolderCorpus):
    """The corpus, or one part of it.

    Parameters
    ----------
    root : folder that holds the speakers' folders.
    part : ``read`` (the ARCTIC prompts), ``suitcase`` (a story told freely), or None for both.
    """

    name = "l2_arctic"

    def __init__(self, root: Path | None, *, part: str | None = None) -> None:
        super().__init__(root)
        if part is not None and part not in _PARTS:
            raise InputError(f"l2_arctic has no part {part!r}; {did_you_mean(part, _PARTS)}")
        self._options = {"part": part}
        self._parts = (part,) if part else _PARTS
        folders = [path.parent for pattern in ("*/wav", "*/*/wav") for path in self.root.glob(pattern)]
        story = [path for path in folders if path.name == "suitcase_corpus"]
        self._speakers = sorted((path for path in folders if path not in story), key=lambda path: path.name)
        self._story = story[:1]
        if not (self._speakers if "read" in self._parts else self._story):
            what = "suitcase_corpus" if part == "suitcase" else "ABA"
            expect(self.root / what / "wav", self.name, "folders such as ABA/wav or suitcase_corpus/wav")

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        if "read" in self._parts:
            for folder in self._speakers:
                yield from self._folder(folder, folder.name, "")
        if "suitcase" in self._parts:
            for folder in self._story:
                yield from self._folder(folder, None, "suitcase-")

    def _folder(self, folder: Path, speaker: str | None, prefix: str) -> Iterator[Utterance | Exclusion]:
        wavs = {path.stem: path for path in sorted((folder / "wav").glob("*.wav"))}
        texts = {path.stem: path for path in sorted((folder / "transcript").glob("*.txt"))}
        for stem in sorted({*wavs, *texts}):
            who = speaker or stem.upper()
            name = f"{who}-{stem}" if speaker else f"{prefix}{who}"
            if stem not in wavs:
                yield Exclusion(name, "transcript without audio", self.place(texts[stem]))
                continue
            text = text_of(texts[stem]) if stem in texts else None
            if text is None:
                yield Exclusion(name, "audio without a transcript", self.place(wavs[stem]))
                continue
            gender, language = _SPEAKERS.get(who, (None, None))
            labels = self.label(first_language=language, accent=language, gender=gender)
            yield Utterance(name, wavs[stem], text, "eng", who, labels)
