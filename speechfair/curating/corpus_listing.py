"""A corpus written as one Parquet file, with or without a look at its audio; memory does not grow with its rows.

Columns are those of a run's ``manifest.parquet``. What is listed (corpus, options, licence) is recorded in the file's
metadata, so that ``load_corpus(name, root, listing=FILE)`` can check it. Ids are not compared with each other here;
`speechfair corpora check` does that.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.audio import AudioError, AudioFacts, load_bytes, probe
from speechfair.corpora.batches import Batch, batch_of, batches_of
from speechfair.corpora.listing import KEY, SCHEMA
from speechfair.errors import CorpusError, InputError
from speechfair.running.run_manifest import manifest_schema
from speechfair.store import file_digest, storing
from speechfair.types import Corpus, Exclusion, Utterance

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Listing", "listing_frames", "write_frames", "write_listing"]

_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Listing:
    """What was written: ``rows = usable + unreadable + excluded``, and the sha256 of the file."""

    path: str
    rows: int
    usable: int
    unreadable: int
    excluded: int
    sha256: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-serialisable content."""
        return asdict(self)


def write_listing(corpus: Corpus, path: str | Path, *, audio: bool = True, threads: int = 2) -> Listing:
    """List `corpus` in a new Parquet file.

    Parameters
    ----------
    audio : whether to read every audio file, for digests, lengths and rates.
    threads : that read audio.

    Raises
    ------
    InputError
        The file is there already, or its name does not end in ``.parquet``.
    CorpusError
        No row is listed.
    """
    return write_frames(listing_frames(corpus, audio=audio, threads=threads), corpus, Path(path))


def listing_frames(corpus: Corpus, *, audio: bool, threads: int = 2) -> Iterator[pl.DataFrame]:
    """The corpus's rows with the columns of a manifest, some 20,000 at a time."""
    if not audio:
        for batch in batches_of(corpus):
            yield _frame(batch, None)
        return
    stream = iter(corpus)
    with ThreadPoolExecutor(threads) as pool:
        while items := list(islice(stream, _ROWS)):
            yield _frame(batch_of(items, corpus.root), list(pool.map(_probed, items)))


def write_frames(frames: Iterable[pl.DataFrame], corpus: Corpus, path: Path) -> Listing:
    """Write frames of `corpus` as a listing: whole or not at all."""
    import polars as pl

    if path.suffix != ".parquet":
        raise InputError(f"{path}: a listing is a Parquet file; end its name in .parquet")
    if path.exists():
        raise InputError(f"{path} exists already and is not overwritten; choose another name or remove it")
    licence = corpus.card.licence
    facts = {
        "schema": SCHEMA,
        "corpus": corpus.name,
        "options": dict(corpus.options),
        "licence": {"id": licence.id, "text": licence.text} if licence is not None else None,
    }
    counts = dict.fromkeys(("rows", "unreadable", "excluded"), 0)
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            parts = []
            for number, frame in enumerate(frames):
                counts["rows"] += frame.height
                counts["unreadable"] += frame["audio_error"].count()
                counts["excluded"] += frame["excluded"].count()
                parts.append(Path(folder) / f"{number:06d}.parquet")
                frame.write_parquet(parts[-1], compression="lz4")
            if not counts["rows"]:
                raise CorpusError(
                    f"corpus {corpus.name!r} at {corpus.root} lists no row; check --root and --split"
                )
            whole = Path(folder) / "whole.parquet"
            pl.scan_parquet(parts).sink_parquet(whole, metadata={KEY: json.dumps(facts)}, maintain_order=True)
            os.replace(whole, path)
    usable = counts["rows"] - counts["unreadable"] - counts["excluded"]
    return Listing(str(path), usable=usable, **counts, sha256=file_digest(path))


def _probed(item: Utterance | Exclusion) -> AudioFacts | str | None:
    if isinstance(item, Exclusion):
        return None
    try:
        return probe(load_bytes(item.audio))
    except AudioError as error:
        return str(error)


def _frame(batch: Batch, looks: list[AudioFacts | str | None] | None) -> pl.DataFrame:
    import polars as pl

    schema = manifest_schema()
    sets = [[asdict(label) for label in labels] for labels in batch.labels]
    labels = pl.Series("labels", sets, schema["labels"]).gather(batch.frame["labels"])
    frame = batch.frame.with_columns(labels)
    good = [look if isinstance(look, AudioFacts) else None for look in looks or [None] * frame.height]
    told = {
        "audio_sha256": [look.sha256 if look else None for look in good],
        "sample_rate": [look.sample_rate if look else None for look in good],
        "channels": [look.channels if look else None for look in good],
        "length_s": [look.duration_s if look else None for look in good],
        "audio_error": [look if isinstance(look, str) else None for look in looks or [None] * frame.height],
    }
    seen = pl.DataFrame(told, schema={**{k: schema[k] for k in told if k in schema}, "length_s": pl.Float64})
    end = pl.coalesce("end_s", "length_s")
    length = pl.when(pl.col("length_s").is_not_null()).then(end - pl.col("start_s").fill_null(0.0)).clip(0.0)
    return (
        pl.concat([frame, seen], how="horizontal")
        .with_columns(length.alias("duration_s"))
        .select(pl.col(name).cast(kind) for name, kind in schema.items())
    )
