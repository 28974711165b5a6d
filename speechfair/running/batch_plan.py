"""Which utterances are recognised together, and their audio, decoded a batch ahead.

The plan depends on the manifest alone, so a run that was killed and resumed, or divided among machines, recognises the
same batches as an undisturbed one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from speechfair.audio import AudioError, current_digest, decode
from speechfair.running.run_manifest import audio_locator
from speechfair.running.run_recipe import Shard
from speechfair.types import Audio, Hypothesis

if TYPE_CHECKING:
    import polars as pl

__all__ = ["load_batch", "loaded_batches", "plan_batches", "share_of"]

BATCH = 32
BATCH_S = 32 * 30.0
"""Seconds of audio that are decoded at once: 61 MB of samples at 16 kHz. Rows of up to 30 s never reach it."""
Batch = TypeVar("Batch")


def share_of(batches: list[Batch], shard: Shard | None) -> list[Batch]:
    """The batches of a shard: the n-th and every `of`-th after it, so that every shard gets long and short ones.

    None is all of them.
    """
    return batches if shard is None else batches[shard.number - 1 :: shard.of]


def plan_batches(manifest: pl.DataFrame, size: int | None = None) -> list[list[int]]:
    """Row numbers of `manifest` in batches of like length, longest first; excluded rows are left out.

    A batch holds at most `size` rows (`BATCH` by default) and `BATCH_S` seconds of audio, or one row that is longer.
    Rows whose audio cannot be read come first, in batches of their own: their failure costs nothing.
    """
    import polars as pl

    size = BATCH if size is None else size
    rows = manifest.with_row_index("row").filter(pl.col("excluded").is_null())
    broken = rows.filter(pl.col("audio_error").is_not_null())["row"].to_list()
    sound = rows.filter(pl.col("audio_error").is_null()).sort(["duration_s", "id"], descending=[True, False])
    batches = [broken[i : i + size] for i in range(0, len(broken), size)]
    current: list[int] = []
    held_s = 0.0
    for row, duration_s in sound.select("row", pl.col("duration_s").fill_null(0.0)).iter_rows():
        if current and (len(current) == size or held_s + duration_s > BATCH_S):
            batches.append(current)
            current, held_s = [], 0.0
        current.append(row)
        held_s += duration_s
    return [*batches, current] if current else batches


def load_batch(
    rows: pl.DataFrame, locate: Callable[[str], Path], rate: int, key: str
) -> tuple[list[Audio], list[Hypothesis]]:
    """Decoded audio of `rows`, and what cannot be decoded as failures.

    Parameters
    ----------
    rows : rows of a manifest.
    locate : the file that the manifest's `audio` means; raises `RunFolderError` where it may not be opened.
    rate : Hz of the decoded samples.
    key : the model's, for the failures.
    """
    audio, failures = [], []
    for row in rows.iter_rows(named=True):
        try:
            if row["audio_error"]:
                raise AudioError(row["audio_error"])
            path = locate(row["audio"])
            if current_digest(path) != row["audio_sha256"]:
                raise AudioError("audio file has changed since the manifest was made")
            samples = decode(path, rate, row["start_s"], row["end_s"], row["channel"])
            audio.append(Audio(row["id"], samples, rate))
        except AudioError as error:
            failures.append(Hypothesis(row["id"], None, str(error), 0.0, key))
    return audio, failures


def loaded_batches(
    manifest: pl.DataFrame, batches: list[list[int]], root: str | None, folder: Path, rate: int, key: str
) -> Iterator[tuple[list[int], list[Audio], list[Hypothesis]]]:
    """`load_batch` of each batch, one batch ahead of the recogniser."""
    locate = audio_locator(root, folder)

    def load(rows: list[int]) -> tuple[list[int], list[Audio], list[Hypothesis]]:
        return rows, *load_batch(manifest[rows], locate, rate, key)

    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(load, batches[0]) if batches else None
        for index in range(len(batches)):
            assert following is not None
            current = following.result()
            following = pool.submit(load, batches[index + 1]) if index + 1 < len(batches) else None
            yield current
