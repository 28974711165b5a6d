"""From a corpus to ``manifest.parquet``: one row per utterance, with labels, audio digests and durations.

Every row of the corpus gets a row here, the unusable ones with their reason. Nothing is transcribed.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.audio import AudioError, AudioFacts, load_bytes, probe
from speechfair.errors import CorpusError, RunFolderError
from speechfair.running.audio_root import audio_root
from speechfair.store import write_atomically
from speechfair.types import Corpus, Exclusion, Utterance

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "audio_locator",
    "build_manifest",
    "is_stored",
    "locate_audio",
    "locate_under",
    "manifest_schema",
    "under_one_root",
]

_AHEAD = 64
_CHUNK = 20_000
_STORED = "run-folder:"


def manifest_schema() -> dict[str, Any]:
    """Column names and polars types of ``manifest.parquet``. Times are seconds, rates Hz."""
    import polars as pl

    label = pl.Struct({"axis": pl.String, "value": pl.String, "source": pl.String})
    return {
        "id": pl.String,
        "audio": pl.String,
        "audio_sha256": pl.String,
        "start_s": pl.Float64,
        "end_s": pl.Float64,
        "channel": pl.Int16,
        "duration_s": pl.Float64,
        "sample_rate": pl.Int32,
        "channels": pl.Int16,
        "text": pl.String,
        "language": pl.String,
        "speaker": pl.String,
        "labels": pl.List(label),
        "audio_error": pl.String,
        "excluded": pl.String,
        "place": pl.String,
    }


def build_manifest(corpus: Corpus, folder: Path, threads: int = 4, *, keep: bool = True) -> pl.DataFrame:
    """List `corpus`, read every audio file once, and return the manifest.

    Audio that comes as bytes and not as a file is kept in `folder`/audio, so that the run can go on later; without
    `keep` nothing is written, as for a folder that has its manifest already.
    An id that comes twice raises `CorpusError`; a corpus without a single row does too.
    """
    import polars as pl

    chunks: list[pl.DataFrame] = []
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    for row in _rows(corpus, folder if keep else None, threads):
        if row["excluded"] is None:
            if row["id"] in seen:
                raise CorpusError(
                    f"corpus {corpus.name!r}: the utterance id {row['id']!r} comes twice; "
                    "make the ids unique, otherwise no result can be traced to its audio"
                )
            seen.add(row["id"])
        rows.append(row)
        if len(rows) >= _CHUNK:
            chunks.append(pl.DataFrame(rows, schema=manifest_schema()))
            rows = []
    chunks.append(pl.DataFrame(rows, schema=manifest_schema()))
    manifest = pl.concat(chunks)
    if manifest.is_empty():
        raise CorpusError(
            f"corpus {corpus.name!r} at {corpus.root} lists no utterance; check --root and --split"
        )
    return manifest


def is_stored(audio: str) -> bool:
    """Whether a manifest's `audio` means a file that the run folder keeps."""
    return audio.startswith(_STORED)


def locate_audio(audio: str, root: str | None, folder: Path) -> Path:
    """The file that a manifest's `audio` column means, given the corpus root and the run folder.

    Raises `RunFolderError` where that leads out of both, or nobody named the root here (`audio_root`): a run folder may
    come from a stranger.
    """
    return audio_locator(root, folder)(audio)


def audio_locator(root: str | None, folder: Path) -> Callable[[str], Path]:
    """`locate_audio` for many rows of one run, whose folders are looked up once."""
    named = cache(lambda: None if root is None else audio_root(root, folder))
    resolved = cache(Path.resolve)
    return lambda audio: _located(audio, None if is_stored(audio) else named(), folder, resolved)


def locate_under(audio: str, root: Path | None, folder: Path) -> Path:
    """`locate_audio` for a manifest that was just made of a corpus whose root the user named."""
    return _located(audio, root, folder, Path.resolve)


def _located(audio: str, root: Path | None, folder: Path, resolved: Callable[[Path], Path]) -> Path:
    if is_stored(audio):
        path, inside = folder / audio.removeprefix(_STORED), folder
    elif root is None:
        raise RunFolderError(f"the manifest names audio {audio!r} under a root that run.yaml does not give")
    else:
        path, inside = root / audio, root
    if not path.resolve().is_relative_to(resolved(inside)):
        raise RunFolderError(
            f"the manifest names audio {audio!r}, which leads out of {inside}; it is not opened"
        )
    if path.exists() and not path.is_file():
        raise RunFolderError(f"the manifest names audio {audio!r}, which is no plain file; it is not opened")
    return path


def under_one_root(manifest: pl.DataFrame, root: Path | None) -> tuple[pl.DataFrame, str | None]:
    """The manifest with its audio named relative to one folder, and that folder, for ``run.yaml``.

    The folder is the corpus `root`, or one above it where audio lies elsewhere. Nothing outside of it is ever opened.
    """
    import polars as pl

    paths = [path for path in manifest["audio"].drop_nulls().unique() if not is_stored(path)]
    outside = [path for path in paths if Path(path).is_absolute()]
    base = [str(root.absolute())] if root is not None else []
    if not outside:
        return manifest, base[0] if base else None
    common = Path(os.path.commonpath([*base, *(str(Path(path).parent) for path in outside)]))
    moved = {path: Path(*base, path).relative_to(common).as_posix() for path in paths}
    return manifest.with_columns(pl.col("audio").replace(moved)), str(common)


def _rows(corpus: Corpus, folder: Path | None, threads: int) -> Iterator[dict[str, Any]]:
    """Rows in the corpus's order; audio is read by `threads` threads a little ahead."""

    @lru_cache(maxsize=256)
    def facts_of(path: Path) -> AudioFacts | str:
        return _facts(load_bytes_or_reason(path))

    def work(item: Utterance | Exclusion) -> dict[str, Any]:
        if isinstance(item, Exclusion):
            return _excluded_row(item)
        if isinstance(item.audio, Path):
            return _row(item, _relative(item.audio, corpus.root), facts_of(item.audio))
        data = load_bytes_or_reason(item.audio)
        name = _STORED
        if isinstance(data, bytes):
            name += f"audio/{hashlib.sha256(data).hexdigest()}"
            if folder is not None:
                write_atomically(folder / name.removeprefix(_STORED), data)
        return _row(item, name, _facts(data))

    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[dict[str, Any]]] = deque()
        for item in _typed(corpus):
            ahead.append(pool.submit(work, item))
            if len(ahead) > _AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _typed(corpus: Iterable[Utterance | Exclusion]) -> Iterator[Utterance | Exclusion]:
    for item in corpus:
        if not isinstance(item, (Utterance, Exclusion)):
            raise CorpusError(
                f"a corpus yields Utterance or Exclusion, not {type(item).__name__}: {item!r:.80}"
            )
        yield item


def load_bytes_or_reason(source: Any) -> bytes | str:
    """The encoded audio, or why it cannot be had."""
    try:
        return load_bytes(source)
    except AudioError as error:
        return str(error)


def _facts(data: bytes | str) -> AudioFacts | str:
    if isinstance(data, str):
        return data
    try:
        return probe(data)
    except AudioError as error:
        return str(error)


def _relative(path: Path, root: Path | None) -> str:
    if root is not None and path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return str(path.absolute())


def _row(item: Utterance, audio: str, facts: AudioFacts | str) -> dict[str, Any]:
    good = facts if isinstance(facts, AudioFacts) else None
    end = item.end_s if item.end_s is not None else (good.duration_s if good else None)
    axes = [label.axis for label in item.labels]
    if len(set(axes)) < len(axes):
        raise CorpusError(
            f"utterance {item.id!r} has two labels on one axis ({axes}); a loader gives one at most"
        )
    return {
        "id": item.id,
        "audio": audio,
        "audio_sha256": good.sha256 if good else None,
        "start_s": item.start_s,
        "end_s": item.end_s,
        "channel": item.channel,
        "duration_s": max(0.0, end - (item.start_s or 0.0)) if end is not None and good else None,
        "sample_rate": good.sample_rate if good else None,
        "channels": good.channels if good else None,
        "text": item.text,
        "language": item.language,
        "speaker": item.speaker,
        "labels": [{"axis": x.axis, "value": x.value, "source": x.source} for x in item.labels],
        "audio_error": None if good else facts,
        "excluded": None,
        "place": None,
    }


def _excluded_row(item: Exclusion) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(manifest_schema())
    return {**empty, "id": item.id, "labels": [], "excluded": item.reason, "place": item.where}
