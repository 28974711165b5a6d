"""Rows of a corpus as columns, a batch at a time, for work on millions of rows without their audio.

Any corpus gives batches from its rows. A corpus with a method ``batches`` gives them itself, faster; they must hold
what its rows hold (a test compares the two). Nothing is kept from one batch to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.types import Corpus, Exclusion, Label, Utterance

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Batch", "batch_of", "batch_schema", "batches_of", "placed"]

_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows in the corpus's order.

    Parameters
    ----------
    frame : columns as in `batch_schema`. ``audio`` is a path, relative to the corpus's root where it lies under it, or
        the name of an `AudioSource`; ``labels`` is a place in `labels`. Of an excluded row there are only ``id``,
        ``excluded`` (the reason) and ``place``.
    labels : each set of labels once; the first is empty.
    """

    frame: pl.DataFrame
    labels: list[tuple[Label, ...]]


def batch_schema() -> dict[str, Any]:
    """Columns of a batch."""
    import polars as pl

    return {
        "id": pl.String,
        "audio": pl.String,
        "text": pl.String,
        "language": pl.String,
        "speaker": pl.String,
        "start_s": pl.Float64,
        "end_s": pl.Float64,
        "channel": pl.Int16,
        "labels": pl.UInt32,
        "excluded": pl.String,
        "place": pl.String,
    }


def batches_of(corpus: Corpus, rows: int = _ROWS) -> Iterator[Batch]:
    """Batches of at most about `rows` rows; no audio is opened."""
    own = getattr(corpus, "batches", None)
    if own is not None:
        yield from own(rows)
        return
    stream = iter(corpus)
    while items := list(islice(stream, rows)):
        yield batch_of(items, corpus.root)


def batch_of(items: Iterable[Utterance | Exclusion], root: Path | None) -> Batch:
    """Those rows as a batch."""
    import polars as pl

    codes: dict[tuple[Label, ...], int] = {(): 0}
    rows: list[tuple[Any, ...]] = []
    for item in items:
        if isinstance(item, Exclusion):
            rows.append((item.id, None, None, None, None, None, None, None, 0, item.reason, item.where))
            continue
        code = codes.setdefault(item.labels, len(codes))
        audio = placed(item.audio, root) if isinstance(item.audio, Path) else item.audio.name
        times = (item.start_s, item.end_s, item.channel)
        rows.append((item.id, audio, item.text, item.language, item.speaker, *times, code, None, None))
    return Batch(pl.DataFrame(rows, schema=batch_schema(), orient="row"), list(codes))


def placed(path: Path, root: Path | None) -> str:
    """A path relative to `root` where it lies under it, else absolute."""
    if root is not None and path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return str(path.absolute())
