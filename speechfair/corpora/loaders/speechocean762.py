"""speechocean762: English sentences read by Mandarin speakers, children and adults (OpenSLR 101).

Zhang et al., "speechocean762: An open-source non-native English speech corpus for pronunciation assessment",
Interspeech 2021. Layout::

    WAVE/SPEAKER0049/000490002.WAV
    {train,test}/{text,wav.scp,utt2spk,spk2gender,spk2age}

Pronunciation scores are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from speechfair.corpora.base import guarded
from speechfair.corpora.card import Card, load_card
from speechfair.corpora.layout import age_band, expect, inside, needs_root, table_of
from speechfair.errors import InputError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Label, Utterance

__all__ = ["SpeechOcean762"]

_SPLITS = ("train", "test")
_GENDERS = {"m": "male", "f": "female"}


@guarded
class SpeechOcean762:
    """The corpus, or one split of it.

    Parameters
    ----------
    root : folder that holds ``WAVE``, ``train`` and ``test``.
    split : ``train``, ``test``, or None for both.
    """

    name = "speechocean762"

    def __init__(self, root: Path | None, *, split: str | None = None) -> None:
        if split is not None and split not in _SPLITS:
            raise InputError(f"speechocean762 has no split {split!r}; {did_you_mean(split, _SPLITS)}")
        self.root = needs_root(root, self.name)
        self.split = split
        for part in self._parts():
            for table in ("text", "wav.scp", "utt2spk", "spk2gender", "spk2age"):
                expect(self.root / part / table, self.name, f"the Kaldi file {part}/{table}")

    @property
    def card(self) -> Card:
        """The corpus's card."""
        return load_card(self.name)

    @property
    def options(self) -> Mapping[str, Any]:
        """Arguments apart from `root`."""
        return {"split": self.split}

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        for part in self._parts():
            yield from self._split(self.root / part)

    def _parts(self) -> tuple[str, ...]:
        return (self.split,) if self.split else _SPLITS

    def _split(self, folder: Path) -> Iterator[Utterance | Exclusion]:
        audio = table_of(folder / "wav.scp")
        texts = table_of(folder / "text")
        speakers = table_of(folder / "utt2spk")
        genders = table_of(folder / "spk2gender")
        ages = table_of(folder / "spk2age")
        for utterance in [*audio, *(name for name in texts if name not in audio)]:
            where = f"{folder.name}/wav.scp"
            if utterance not in audio:
                yield Exclusion(utterance, "no audio in wav.scp", f"{folder.name}/text")
                continue
            if not audio[utterance] or audio[utterance].endswith("|"):
                yield Exclusion(utterance, "wav.scp gives no path of a file", where)
                continue
            path = inside(self.root, audio[utterance])
            if path is None:
                yield Exclusion(utterance, "audio path leads out of the corpus folder", where)
                continue
            speaker = speakers.get(utterance) or None
            yield Utterance(
                id=utterance,
                audio=path,
                text=texts.get(utterance) or None,
                language="eng",
                speaker=speaker,
                labels=_labels(genders.get(speaker or "", ""), ages.get(speaker or "", "")),
            )


def _labels(gender: str, age: str) -> tuple[Label, ...]:
    labels = [Label("first_language", "cmn", "corpus"), Label("accent", "Mandarin", "corpus")]
    if gender.lower() in _GENDERS:
        labels.append(Label("gender", _GENDERS[gender.lower()], "corpus"))
    band = age_band(age)
    if band:
        labels.append(Label("age_band", band, "corpus"))
    return tuple(labels)
