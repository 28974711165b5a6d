"""KeSpeech: Mandarin and eight of its subdialects, read by 27,237 people in 34 cities of China.

Tang et al., "KeSpeech: An Open Source Speech Dataset of Mandarin and Its Eight Subdialects", NeurIPS 2021, track on
datasets and benchmarks. Layout, as lhotse's recipe reads it::

    Tasks/ASR/{train_phase1,train_phase2,dev_phase1,dev_phase2,test}/{wav.scp,text,utt2spk,utt2subdialect}
    Audio/1000001/phase1/1000001_000001.wav            as wav.scp names it, relative to the root
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import expect, inside, table_of
from speechfair.errors import InputError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Utterance

__all__ = ["KeSpeech"]

_PARTS = ("train_phase1", "train_phase2", "dev_phase1", "dev_phase2", "test")
_NOISE = "<SPOKEN_NOISE>"


class KeSpeech(FolderCorpus):
    """One part of the corpus.

    Parameters
    ----------
    root : folder that holds ``Tasks`` and ``Audio``.
    split : ``train_phase1``, ``train_phase2``, ``dev_phase1``, ``dev_phase2`` or ``test``.
    """

    name = "kespeech"

    def __init__(self, root: Path | None, *, split: str = "test") -> None:
        super().__init__(root)
        if split not in _PARTS:
            raise InputError(f"kespeech has no split {split!r}; {did_you_mean(split, _PARTS)}")
        self._options = {"split": split}
        self._folder = self.root / "Tasks" / "ASR" / split
        for table in ("wav.scp", "text", "utt2spk", "utt2subdialect"):
            expect(self._folder / table, self.name, f"the Kaldi file Tasks/ASR/{split}/{table}")

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        audio, texts, speakers, dialects = (
            table_of(self._folder / table) for table in ("wav.scp", "text", "utt2spk", "utt2subdialect")
        )
        for name in [*audio, *(name for name in texts if name not in audio)]:
            if name not in audio:
                yield Exclusion(name, "text without audio", f"{self._folder.name}/text")
                continue
            entry = audio[name]
            path = inside(self.root, entry) if entry and not entry.endswith("|") else None
            if path is None:
                yield Exclusion(name, "no audio path that stays in the root", f"{self._folder.name}/wav.scp")
                continue
            text = texts.get(name, "").replace(_NOISE, "").strip()
            dialect = dialects.get(name)
            labels = self.label(accent=dialect, variety=dialect)
            yield Utterance(name, path, text or None, "cmn", speakers.get(name) or None, labels)
