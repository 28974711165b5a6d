"""What a corpus's rows and its audio are like, row by row, for `speechfair.curating.corpus_check`.

Rows are streamed and audio is decoded in parallel; what is kept of a row is a few numbers. Nothing is judged here.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.audio import AudioError, load_bytes, one_channel, read_stretch
from speechfair.corpora.batches import Batch, batch_of, batches_of
from speechfair.text.annotations import annotations_in
from speechfair.text.normalizers import default_tokens
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
    channels : that were heard: 1 where the row names its channel.
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
    """Decode the audio of an utterance, as an audit does, and describe it; or say why that cannot be done."""
    try:
        source = item.audio if isinstance(item.audio, Path) else load_bytes(item.audio)
        stretch = read_stretch(source, item.start_s, item.end_s)
        mono = one_channel(stretch.samples, item.channel)
        samples = stretch.samples if item.channel is None else mono[:, None]
        return _describe(samples, mono, stretch.sample_rate)
    except AudioError as error:
        return str(error)


def _describe(samples: NDArray[np.float32], mono: NDArray[np.float32], rate: int) -> AudioLook:
    import numpy as np

    frame = max(1, rate // 50)
    whole = mono[: len(mono) // frame * frame].reshape(-1, frame) if len(mono) >= frame else mono[None, :]
    power = np.mean(np.square(whole, dtype=np.float64), axis=1)
    total = float(np.mean(np.square(mono, dtype=np.float64)))
    return AudioLook(
        digest=hashlib.sha256(
            np.ascontiguousarray(samples if samples.shape[1] == 1 else mono).tobytes()
        ).hexdigest()[:32],
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
        "characters": pl.Int32,
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
        `words` and `characters` are the length of a text in the unit of its language; the other one is null.
    brackets : how often each bracket occurs in the transcripts: its marker, what is inside, whether it is an event.
    """

    table: pl.DataFrame
    speakers: list[str]
    brackets: Counter[tuple[str, str, bool]]


def facts_of(parts: Mapping[str, Corpus], *, audio: bool, threads: int) -> Facts:
    """List the corpora `parts`, look at their audio if asked to, and keep a few numbers of each row."""
    import polars as pl

    chunks: list[pl.DataFrame] = []
    codes: dict[tuple[str, str], int] = {}
    brackets: Counter[tuple[str, str, bool]] = Counter()
    for part, corpus in parts.items():
        rules = getattr(corpus.card, "annotations", None)
        batches = _looked(corpus, threads) if audio else ((batch, None) for batch in batches_of(corpus))
        counted: Mapping[str, int] | None = getattr(
            corpus, "counted_words", None
        )  # of counts, which have no text
        for batch, looks in batches:
            chunk = _frame(batch, looks, part, corpus.name, codes)
            if counted is not None:
                words = pl.col("id").replace_strict(counted, default=None, return_dtype=pl.Int32)
                chunk = chunk.with_columns(words=words, oddities=pl.lit(0, pl.UInt8))
            chunks.append(chunk)
            for text in batch.frame["text"].drop_nulls():
                brackets.update(annotations_in(text, rules))
    if not chunks:
        chunks = [_frame(batch_of([], None), None, "", "", codes)]
    table = pl.concat(chunks, how="diagonal")
    axes = sorted(column for column in table.columns if column.startswith("label:"))
    table = table.select(*rows_schema(), *(pl.col(axis).fill_null(UNKNOWN) for axis in axes))
    return Facts(table, [speaker for _, speaker in codes], brackets)


def _frame(
    batch: Batch,
    looks: list[AudioLook | str | None] | None,
    part: str,
    corpus: str,
    codes: dict[tuple[str, str], int],
) -> pl.DataFrame:
    """The rows of a batch and their facts; speakers are numbered in the order in which they first occur."""
    import polars as pl

    text = pl.col("text").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    there = pl.col("excluded").is_null()
    told = pl.col("text").is_not_null()
    ending = pl.col("audio").str.to_lowercase().str.extract(r"(\.[a-z0-9]{1,5})$")
    names = batch.frame["speaker"].drop_nulls().unique(maintain_order=True).to_list()
    numbers = [codes.setdefault((corpus, name), len(codes)) for name in names]
    frame = batch.frame.select(
        pl.lit(part, pl.Categorical).alias("part"),
        pl.lit(corpus, pl.Categorical).alias("corpus"),
        "id",
        pl.col("speaker").replace_strict(names, numbers, default=None, return_dtype=pl.UInt32),
        pl.when(told).then(text.hash(0)).alias("text"),
        *_lengths(batch.frame),
        pl.when(there).then(_oddities(pl.col("text"))).alias("oddities"),
        pl.when(there).then(ending).cast(pl.Categorical).alias("file_type"),
        pl.col("excluded").cast(pl.Categorical),
    )
    seen = {name: dtype for name, dtype in rows_schema().items() if name not in frame.columns}
    if looks is None:
        frame = frame.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in seen.items())
    else:
        columns: dict[str, list[Any]] = {name: [] for name in seen}
        for look in looks:
            columns["audio_error"].append(look if isinstance(look, str) else None)
            for name in AudioLook.__slots__:
                columns[name].append(getattr(look, name) if isinstance(look, AudioLook) else None)
        frame = frame.with_columns(pl.Series(name, columns[name], dtype) for name, dtype in seen.items())
    return frame.with_columns(_label_columns(batch))


def _lengths(frame: pl.DataFrame) -> list[pl.Expr]:
    """Words of each text, or its letters and digits where its language is written without spaces."""
    import polars as pl

    spaceless = [
        name for name in frame["language"].drop_nulls().unique() if default_tokens(name) == "characters"
    ]
    lettered = pl.col("language").is_in(spaceless).fill_null(False)
    text = pl.col("text")
    return [
        pl.when(~lettered).then(text.str.count_matches(r"\S+")).cast(pl.Int32).alias("words"),
        pl.when(lettered)
        .then(text.str.count_matches(r"[\p{L}\p{M}\p{N}]"))
        .cast(pl.Int32)
        .alias("characters"),
    ]


def _label_columns(batch: Batch) -> list[pl.Series]:
    import polars as pl

    places = batch.frame["labels"]
    axes = dict.fromkeys(label.axis for labels in batch.labels for label in labels)
    found = []
    for axis in axes:
        values = [next((x.value for x in labels if x.axis == axis), None) for labels in batch.labels]
        column = pl.Series(f"label:{axis}", values, pl.Categorical).gather(places)
        if column.null_count() < len(column):
            found.append(column)
    return found


def _looked(corpus: Corpus, threads: int) -> Iterator[tuple[Batch, list[AudioLook | str | None]]]:
    """Batches with their audio looked at by `threads` threads a little ahead."""
    items: list[Utterance | Exclusion] = []
    looks: list[AudioLook | str | None] = []
    for item, look in _looked_rows(corpus, threads):
        items.append(item)
        looks.append(look)
        if len(items) >= _CHUNK:
            yield batch_of(items, corpus.root), looks
            items, looks = [], []
    yield batch_of(items, corpus.root), looks


def _looked_rows(
    corpus: Iterable[Utterance | Exclusion], threads: int
) -> Iterator[tuple[Utterance | Exclusion, AudioLook | str | None]]:
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


_MARKS = (r"[^\W\d_]", r"\d", r"[<>\[\]{}()]", r"[\x00-\x1f\x7f]", "\ufffd")


def _oddities(text: pl.Expr) -> pl.Expr:
    """A bit for each of `ODDITIES`."""
    import polars as pl

    letter, *others = (text.str.contains(mark) for mark in _MARKS)
    bits = (there.cast(pl.UInt8) * (1 << place) for place, there in enumerate((~letter, *others), 1))
    return pl.when(text.is_null()).then(pl.lit(1, pl.UInt8)).otherwise(pl.sum_horizontal(*bits))
