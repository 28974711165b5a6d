"""From the manifest to hypotheses: a fixed plan of batches, of which only the missing rows are done.

Each finished batch is one Parquet part, written whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import RunFolderError
from speechfair.running.batch_plan import plan_batches, share_of
from speechfair.running.counted_elsewhere import counts_schema
from speechfair.running.engine import Engine, LocalEngine, Work
from speechfair.running.run_recipe import Shard, model_part
from speechfair.running.run_record import mark_evaluation, read_record, refuse_other_recipe, reseal
from speechfair.store import RunFolder
from speechfair.types import Hypothesis, Recognizer

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "Progress",
    "hypothesis_schema",
    "read_hypotheses",
    "transcribe_missing",
    "transcribe_recorded",
    "utterance_digest",
]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a transcription is. Audio in seconds of speech; `audio_resumed_s` was there before this call."""

    done: int
    total: int
    failed: int
    redone: int
    audio_done_s: float
    audio_total_s: float
    audio_resumed_s: float


Observer = Callable[[Progress], None]


def hypothesis_schema() -> dict[str, Any]:
    """Column names and polars types of a hypothesis part."""
    import polars as pl

    return {
        "utterance_id": pl.String,
        "utterance_digest": pl.String,
        "text": pl.String,
        "error": pl.String,
        "rejected": pl.String,
        "seconds": pl.Float64,
        "model": pl.String,
        "confidence": pl.Float64,
    }


def read_hypotheses(run: RunFolder, model_key: str) -> pl.DataFrame:
    """All hypotheses of a model, one row per utterance; where a row was retried the last one counts."""
    import polars as pl

    schema = hypothesis_schema()
    frames = []
    for path in run.parts(model_key):
        name = path.relative_to(run.path).as_posix()
        frame = run.read_table(name, "delete that file and run `speechfair transcribe` again")
        if "confidence" not in frame.columns:  # written before there was one
            frame = frame.with_columns(pl.lit(None, dtype=pl.Float64).alias("confidence"))
        if dict(frame.schema) not in (schema, schema | counts_schema()):
            raise RunFolderError(
                f"{path} has other columns than a hypothesis part; delete it and transcribe again"
            )
        frames.append(frame)
    table = pl.concat(frames) if frames else pl.DataFrame(schema=schema)
    return table.unique(subset="utterance_id", keep="last", maintain_order=True)


def transcribe_recorded(
    run: RunFolder,
    manifest: pl.DataFrame,
    model: Recognizer,
    *,
    retry_failed: bool = False,
    observe: Observer | None = None,
    shard: Shard | None = None,
    stored_audio: Path | None = None,
    engine: Engine | None = None,
) -> None:
    """`transcribe_missing`, with the model, the time and the digests recorded in ``run.yaml``.

    Raises
    ------
    RunFolderError
        The folder holds hypotheses of another model.
    """
    part = model_part(model)
    refuse_other_recipe(run, "model", part)
    record = read_record(run)
    if record.recipe.model is None:
        record = reseal(run, record, model=part)
    mark_evaluation(run)
    transcribe_missing(
        run,
        manifest,
        model,
        record.root,
        retry_failed=retry_failed,
        observe=observe,
        shard=shard,
        stored_audio=stored_audio,
        engine=engine,
    )
    reseal(run, record)


def transcribe_missing(
    run: RunFolder,
    manifest: pl.DataFrame,
    model: Recognizer,
    root: str | None,
    *,
    retry_failed: bool = False,
    only: Collection[str] | None = None,
    observe: Observer | None = None,
    shard: Shard | None = None,
    stored_audio: Path | None = None,
    engine: Engine | None = None,
) -> pl.DataFrame:
    """Recognise every utterance of `manifest` that has no hypothesis of `model` yet; return all of them.

    Parameters
    ----------
    root : folder that relative audio paths of the manifest lie under.
    only : ids of the utterances to recognise now; None is every one.
    retry_failed : also do again what failed before.
    observe : called after every batch.
    shard : recognise the batches of this shard only.
    stored_audio : run folder that keeps audio which came as bytes; None is `run`.
    engine : what recognises the batches; None is this process.
    """
    key = model.identity.key
    before = read_hypotheses(run, key)
    _check_same_audio(run, manifest, before)
    if only is not None:
        manifest = manifest.filter(manifest["id"].is_in(list(only)))
        before = before.filter(before["utterance_id"].is_in(list(only)))
    finished = set(before.filter(before["error"].is_null() | (not retry_failed))["utterance_id"])
    planned = share_of(plan_batches(manifest), shard)
    todo = [[row for row in batch if manifest["id"][row] not in finished] for batch in planned]
    todo = [batch for batch in todo if batch]
    known = before.filter(before["utterance_id"].is_in(list(finished)))
    tally = _Tally(manifest, [row for batch in planned for row in batch], known, observe)
    tally.report()
    work = Work(manifest, todo, root, stored_audio or run.path)
    with closing((engine or LocalEngine()).recognize(model, work)) as recognized:
        for rows, hypotheses in recognized:
            found = {h.utterance_id: h for h in hypotheses}
            ordered = [found[manifest["id"][row]] for row in rows]
            run.add_part(key, _table(manifest, rows, ordered))
            tally.add(rows, ordered)
    return read_hypotheses(run, key)


def utterance_digest(row: dict[str, Any]) -> str:
    """Identity of what was heard: the audio's bytes, the stretch of them and the channel (16 hex digits)."""
    parts = f"{row['audio_sha256']}|{row['start_s']}|{row['end_s']}|{row['audio_error'] or ''}"
    if row.get("channel") is not None:
        parts += f"|channel {row['channel']}"
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


class _Tally:
    """Running sums for the observer."""

    def __init__(
        self,
        manifest: pl.DataFrame,
        planned: Sequence[int],
        before: pl.DataFrame,
        observe: Observer | None,
    ) -> None:
        eligible = manifest[planned]
        self.observe = observe
        self.lengths = manifest["duration_s"].fill_null(0.0)
        self.total = eligible.height
        self.total_s = float(eligible["duration_s"].fill_null(0.0).sum())
        self.done = before.height
        self.failed = int(before["error"].is_not_null().sum())
        self.redone = int(before["rejected"].is_not_null().sum())
        known = eligible.join(before, left_on="id", right_on="utterance_id", how="semi")
        self.resumed_s = self.done_s = float(known["duration_s"].fill_null(0.0).sum())

    def add(self, rows: Sequence[int], hypotheses: Sequence[Hypothesis]) -> None:
        self.done += len(rows)
        self.failed += sum(h.error is not None for h in hypotheses)
        self.redone += sum(h.rejected is not None for h in hypotheses)
        self.done_s += sum(self.lengths[row] for row in rows)
        self.report()

    def report(self) -> None:
        if self.observe:
            self.observe(
                Progress(
                    self.done, self.total, self.failed, self.redone, self.done_s, self.total_s, self.resumed_s
                )
            )


def _check_same_audio(run: RunFolder, manifest: pl.DataFrame, before: pl.DataFrame) -> None:
    eligible = manifest.filter(manifest["excluded"].is_null())
    digests = {row["id"]: utterance_digest(row) for row in eligible.iter_rows(named=True)}
    for name, digest in before.select("utterance_id", "utterance_digest").iter_rows():
        if digests.get(name) != digest:
            what = "is not in its manifest" if name not in digests else "was made from other audio"
            raise RunFolderError(
                f"{run.path}: the stored hypothesis of utterance {name!r} {what}; choose another --out"
            )


def _table(manifest: pl.DataFrame, rows: list[int], hypotheses: Sequence[Hypothesis]) -> pl.DataFrame:
    import polars as pl

    digests = [utterance_digest(row) for row in manifest[rows].iter_rows(named=True)]
    return pl.DataFrame(
        [
            {
                "utterance_id": h.utterance_id,
                "utterance_digest": digest,
                "text": h.text,
                "error": h.error,
                "rejected": h.rejected,
                "seconds": h.seconds,
                "model": h.model,
                "confidence": h.confidence,
            }
            for digest, h in zip(digests, hypotheses, strict=True)
        ],
        schema=hypothesis_schema(),
    )
