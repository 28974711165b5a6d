"""CMU ARCTIC: English prompts read by single speakers, some with an accent.

Kominek and Black, "CMU ARCTIC databases for speech synthesis", CMU-LTI-03-177, 2003. Layout::

    cmu_us_bdl_arctic/{wav/arctic_a0001.wav,etc/txt.done.data}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import expect, lines_of
from speechfair.types import Exclusion, Utterance

__all__ = ["CmuArctic"]

_FOLDER = re.compile(r"cmu_us_(\w+?)_arctic")
_LINE = re.compile(r'\(\s*(\S+)\s+"(.*)"\s*\)\s*')
# gender and accent of those speakers for whom the corpus's documentation gives both; copies differ about the others
_SPEAKERS = {
    "bdl": ("male", "US"),
    "slt": ("female", "US"),
    "clb": ("female", "US"),
    "rms": ("male", "US"),
    "jmk": ("male", "Canadian"),
    "awb": ("male", "Scottish"),
    "ksp": ("male", "Indian"),
}


class CmuArctic(FolderCorpus):
    """The corpus.

    Parameters
    ----------
    root : folder that holds ``cmu_us_SPEAKER_arctic`` folders.
    """

    name = "cmu_arctic"

    def __init__(self, root: Path | None) -> None:
        super().__init__(root)
        found = {
            match.group(1): path for path in self.root.iterdir() if (match := _FOLDER.fullmatch(path.name))
        }
        self._folders = dict(sorted(found.items()))
        if not self._folders:
            expect(self.root / "cmu_us_bdl_arctic", self.name, "folders such as cmu_us_bdl_arctic")
        for folder in self._folders.values():
            expect(folder / "etc" / "txt.done.data", self.name, "the prompts etc/txt.done.data")

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        for speaker, folder in self._folders.items():
            yield from self._speaker(speaker, folder)

    def _speaker(self, speaker: str, folder: Path) -> Iterator[Utterance | Exclusion]:
        gender, accent = _SPEAKERS.get(speaker, (None, None))
        labels = self.label(accent=accent, gender=gender)
        wavs = {path.stem: path for path in sorted((folder / "wav").glob("*.wav"))}
        prompts = folder / "etc" / "txt.done.data"
        listed = set()
        for number, line in lines_of(prompts):
            match = _LINE.fullmatch(line.strip())
            where = f"{self.place(prompts)}, line {number}"
            if not match:
                yield Exclusion(f"{speaker}-line {number}", 'line is not ( NAME "TEXT" )', where)
                continue
            stem, text = match.groups()
            listed.add(stem)
            if stem in wavs:
                text = text.replace('\\"', '"').strip()
                yield Utterance(f"{speaker}-{stem}", wavs[stem], text or None, "eng", speaker, labels)
            else:
                yield Exclusion(f"{speaker}-{stem}", "prompt without audio", where)
        for stem in sorted(set(wavs) - listed):
            yield Exclusion(f"{speaker}-{stem}", "audio without a prompt", self.place(wavs[stem]))
