"""What tests share: small made-up speech, tones on disk and a corpus that is a list; and the blocks of a guide."""

from __future__ import annotations

import io
import os
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from filelock import FileLock

from speechfair.corpora.card import PlainCard
from speechfair.types import Exclusion, Label, Utterance


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder `name`, filled by `make` once for all processes of pytest-xdist. Not to be changed."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    whole = folder.with_name(f"{name}.whole")
    with FileLock(f"{folder}.lock"):
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            whole.touch()
    return folder


def write_tone(path: Path, seconds: float = 0.5, rate: int = 16_000) -> Path:
    """A tone whose pitch depends on the path's name, so that no two files are alike."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_tone(200 + zlib.crc32(path.name.encode()) % 2000, seconds, rate))
    return path


@lru_cache(maxsize=2048)
def _tone(pitch: int, seconds: float, rate: int) -> bytes:
    """A WAV file of 16 bits. Hundreds of tests ask for the same few dozen."""
    time, file = np.arange(round(seconds * rate)) / rate, io.BytesIO()
    samples = (0.3 * np.sin(2 * np.pi * pitch * time)).astype(np.float32)
    soundfile.write(file, samples, rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


@dataclass(frozen=True)
class ListCard(PlainCard):
    """The least that an audit wants to know."""

    name: str = "listed"
    version: str = "1"
    normalizer: str | None = "basic"


@dataclass
class ListCorpus:
    """A corpus of given rows."""

    rows: Sequence[Utterance | Exclusion]
    root: Path | None = None
    name: str = "listed"
    options: Mapping[str, Any] = field(default_factory=dict)
    card: ListCard = field(default_factory=ListCard)

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        yield from self.rows


def small_corpus(
    folder: Path,
    *,
    speakers: int = 12,
    per_speaker: int = 3,
    text: str = "one two three four five six seven eight nine ten",
    reference: Mapping[str, str] | None = None,
) -> ListCorpus:
    """Speakers s00, s01, … alternate between accent ``x`` and ``y``; utterance ids are ``s00-0`` and so on."""
    rows = []
    for s in range(speakers):
        accent = "xy"[s % 2]
        for u in range(per_speaker):
            name = f"s{s:02d}-{u}"
            path = write_tone(folder / f"{name}.wav", 0.2 + 0.05 * ((s * 7 + u * 3) % 5))
            labels = (
                Label("accent", accent, "corpus"),
                Label("gender", "female" if s < 6 else "male", "corpus"),
            )
            rows.append(Utterance(name, path, text, "eng", f"s{s:02d}", labels))
    return ListCorpus(rows, folder, card=ListCard(reference=reference or {"accent": "x"}))


def scripted_texts(corpus: ListCorpus, wrong_words: Mapping[str, int]) -> dict[str, str]:
    """Hypotheses with that many wrong words per utterance, by accent; one more for every third utterance."""
    texts = {}
    for number, row in enumerate(corpus.rows):
        assert isinstance(row, Utterance)
        assert row.text is not None
        accent = next(label.value for label in row.labels if label.axis == "accent")
        words = row.text.split()
        for i in range(min(len(words), wrong_words[accent] + (number % 3 == 0))):
            # in letters alone, since digits are tokens of their own
            words[i] = "wrong" + str(row.speaker).translate(str.maketrans("0123456789", "abcdefghij"))
        texts[row.id] = " ".join(words)
    return texts
