"""What a corpus's rows and its audio are like, row by row, for `speechfair.auditing.corpus_check`.

Rows are streamed and audio is decoded in parallel; what is kept of a row is a few numbers. Nothing is judged here.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.audio import AudioError, load_bytes
from speechfair.types import UNKNOWN, Corpus, Exclusion, Utterance

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

__all__ = ["ODDITIES", "AudioLook", "Facts", "facts_of", "look_at", "rows_schema"]

_CHUNK = 20_000
_AHEAD = 8
CLIPPED = 0.999
"""Magnitude from which a sample counts as clipped."""
SILENT_DB = -50.0
"""Level (dB relative to full scale) below which a stretch of 20 ms counts as silent."""


@dataclass(frozen=True, slots=True)
class AudioLook:
    """What a stretch of audio is like.

    Parameters
    ----------
    digest : of the decoded samples, so that the same sound in another container is found.
    level_db : root mean square over all samples, dB relative to full scale; None for digital silence.
    clipped, silent : shares, 0 to 1, of samples and of stretches of 20 ms.
    """

    digest: str
    duration_s: float
    sample_rate: int
    channels: int
    level_db: float | None
    clipped: float
    silent: float


def look_at(item: Utterance) -> AudioLook | str:
    """Decode the audio of an utterance and describe it, or say why that cannot be done."""
    import soundfile

    try:
        source = item.audio if isinstance(item.audio, Path) else io.BytesIO(load_bytes(item.audio))
        if isinstance(source, Path) and not source.is_file():
            return "audio file is missing"
        with soundfile.SoundFile(source) as file:
            rate, frames = file.samplerate, file.frames
            start = round((item.start_s or 0.0) * rate)
            stop = frames if item.end_s is None else round(item.end_s * rate)
            if stop > frames + 0.05 * rate or start >= min(stop, frames):
                return f"the stretch {item.start_s}–{item.end_s} s does not lie in audio of {frames / rate:.3f} s"
            file.seek(start)
            samples = file.read(min(stop, frames) - start, dtype="float32", always_2d=True)
    except AudioError as error:
        return str(error)
    except (soundfile.LibsndfileError, RuntimeError, OSError) as error:
        return f"audio cannot be decoded: {getattr(error, 'error_string', error)}"
    return _describe(samples, rate)


def _describe(samples: NDArray[np.float32], rate: int) -> AudioLook | str:
    import numpy as np

    if not len(samples):
        return "audio has no samples"
    mono = samples.mean(axis=1)
    if not np.isfinite(mono).all():
        return "audio holds samples that are not finite numbers"
    frame = max(1, rate // 50)
    whole = mono[: len(mono) // frame * frame].reshape(-1, frame) if len(mono) >= frame else mono[None, :]
    power = np.mean(np.square(whole, dtype=np.float64), axis=1)
    total = float(np.mean(np.square(mono, dtype=np.float64)))
    return AudioLook(
        digest=hashlib.sha256(np.ascontiguousarray(samples).tobytes()).hexdigest()[:32],
        duration_s=len(mono) / rate,
        sample_rate=rate,
        channels=samples.shape[1],
        level_db=10 * float(np.log10(total)) if total > 0 else None,
        clipped=float(np.mean(np.abs(samples) >= CLIPPED)),
        silent=float(np.mean(power < 10 ** (SILENT_DB / 10))),
    )


ODDITIES = (
    "no text",
    "no letter",
    "digits",
    "brackets or tags",
    "control characters",
    "replacement characters",
)
"""What is unusual in a transcript and may be scored as errors of the recogniser."""


def rows_schema() -> dict[str, Any]:
    """Columns of the table in `Facts`, without its labels. Codes and digests stand for speakers and texts."""
    import polars as pl

    return {
        "part": pl.Categorical,
        "corpus": pl.Categorical,
        "id": pl.String,
        "speaker": pl.UInt32,
        "text": pl.UInt64,
        "words": pl.Int32,
        "oddities": pl.UInt8,
        "file_type": pl.Categorical,
        "excluded": pl.Categorical,
        "audio_error": pl.Categorical,
        "digest": pl.String,
        "duration_s": pl.Float64,
        "sample_rate": pl.Int32,
        "channels": pl.Int16,
        "level_db": pl.Float32,
        "clipped": pl.Float32,
        "silent": pl.Float32,
    }


@dataclass(frozen=True, slots=True)
class Facts:
    """The rows of some corpora.

    Parameters
    ----------
    table : one row for each row of the corpora, in order; columns as in `rows_schema`, and ``label:AXIS`` for every
        axis, ``unknown`` where there is no label. `oddities` has a bit for each of `ODDITIES`.
    speakers : names by the codes in the column ``speaker``. A speaker of one corpus is another person than the speaker
        of that name in another.
    """

    table: pl.DataFrame
    speakers: list[str]


def facts_of(parts: Mapping[str, Corpus], *, audio: bool, threads: int) -> Facts:
    """List the corpora `parts`, look at their audio if asked to, and keep a few numbers of each row."""
    import polars as pl

    chunks: list[pl.DataFrame] = []
    codes: dict[tuple[str, str], int] = {}
    for part, corpus in parts.items():
        chunk = _Chunk(part, corpus.name, codes)
        for item, look in _looked(corpus, audio, threads):
            chunk.add(item, look)
            if chunk.size >= _CHUNK:
                chunks.append(chunk.frame())
                chunk = _Chunk(part, corpus.name, codes)
        chunks.append(chunk.frame())
    table = pl.concat(chunks, how="diagonal")
    axes = sorted(column for column in table.columns if column.startswith("label:"))
    table = table.select(*rows_schema(), *(pl.col(axis).fill_null(UNKNOWN) for axis in axes))
    return Facts(table, [speaker for _, speaker in codes])


class _Chunk:
    """Rows as columns, while they come; a table of Python objects would be ten times as large."""

    def __init__(self, part: str, corpus: str, codes: dict[tuple[str, str], int]) -> None:
        self.size = 0
        self._part, self._corpus, self._codes = part, corpus, codes
        self._columns: dict[str, list[Any]] = {
            name: [] for name in rows_schema() if name not in ("part", "corpus")
        }
        self._labels: dict[str, list[str | None]] = {}

    def add(self, item: Utterance | Exclusion, look: AudioLook | str | None) -> None:
        row = _row(item, look)
        if isinstance(item, Utterance):
            if item.speaker is not None:
                row["speaker"] = self._codes.setdefault((self._corpus, item.speaker), len(self._codes))
            for label in item.labels:
                values = self._labels.setdefault(label.axis, [])
                values.extend([None] * (self.size - len(values)))
                values.append(label.value)
        for name, column in self._columns.items():
            column.append(row.get(name))
        self.size += 1

    def frame(self) -> pl.DataFrame:
        import polars as pl

        schema = rows_schema()
        columns = {name: pl.Series(name, values, schema[name]) for name, values in self._columns.items()}
        for axis, values in self._labels.items():
            filled = values + [None] * (self.size - len(values))
            columns[f"label:{axis}"] = pl.Series(f"label:{axis}", filled, pl.Categorical)
        told = (
            pl.lit(value, pl.Categorical).alias(name)
            for name, value in (("part", self._part), ("corpus", self._corpus))
        )
        return pl.DataFrame(columns).with_columns(*told)


def _looked(
    corpus: Iterable[Utterance | Exclusion], audio: bool, threads: int
) -> Iterator[tuple[Utterance | Exclusion, AudioLook | str | None]]:
    """Rows with their audio looked at by `threads` threads a little ahead."""
    if not audio:
        yield from ((item, None) for item in corpus)
        return
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[tuple[Utterance | Exclusion, Future[AudioLook | str] | None]] = deque()
        for item in corpus:
            ahead.append((item, pool.submit(look_at, item) if isinstance(item, Utterance) else None))
            if len(ahead) > _AHEAD * threads:
                first, work = ahead.popleft()
                yield first, work.result() if work else None
        while ahead:
            first, work = ahead.popleft()
            yield first, work.result() if work else None


def _row(item: Utterance | Exclusion, look: AudioLook | str | None) -> dict[str, Any]:
    if isinstance(item, Exclusion):
        return {"id": item.id, "excluded": item.reason}
    row: dict[str, Any] = {
        "id": item.id,
        "file_type": os.path.splitext(item.audio.name)[1].lower() or None,
        "oddities": _oddities(item.text),
    }
    if item.text is not None:
        words = item.text.casefold().split()
        digest = hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest()
        row.update(text=int.from_bytes(digest), words=len(words))
    if isinstance(look, str):
        row["audio_error"] = look
    elif look is not None:
        row.update((field, getattr(look, field)) for field in AudioLook.__slots__)
    return row


_MARKS = (
    re.compile(r"[^\W\d_]"),
    re.compile(r"\d"),
    re.compile(r"[<>\[\]{}()]"),
    re.compile(r"[\x00-\x1f\x7f]"),
    re.compile("\ufffd"),
)


def _oddities(text: str | None) -> int:
    """A bit for each of `ODDITIES`."""
    if text is None:
        return 1
    letter, *others = (mark.search(text) is not None for mark in _MARKS)
    return sum(there << place for place, there in enumerate((not letter, *others), 1))
