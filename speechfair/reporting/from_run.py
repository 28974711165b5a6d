"""`report`: the page of a scored run folder, with its worst utterances and, where allowed, their audio."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.audio import AudioError, decode
from speechfair.auditing.axis_details import axis_details
from speechfair.auditing.result import read_audit
from speechfair.errors import InputError, RunFolderError
from speechfair.registry import corpora
from speechfair.running.run_manifest import locate_audio
from speechfair.running.run_record import RunRecord, reseal, scores_name
from speechfair.running.seals import read_sealed
from speechfair.running.stored_manifest import read_manifest
from speechfair.running.transcription import read_hypotheses
from speechfair.store import RunFolder
from speechfair.types import ErrorCounts

if TYPE_CHECKING:
    import polars as pl

    from speechfair.messages.translation import Language
    from speechfair.reporting.html import WorstUtterance

__all__ = ["report"]

REPORT = "report.html"
_AUDIO_RATE = 16_000
_LONGEST_AUDIO_S = 20.0


def report(
    out: str | Path,
    *,
    worst: int = 30,
    embed_audio: bool | None = None,
    permission: str | None = None,
    title: str | None = None,
    language: Language = "en",
    phonemes: bool = False,
) -> Path:
    """Write ``report.html`` into a scored run folder and return its path.

    Parameters
    ----------
    worst : how many of the utterances with the most errors are shown with their alignment.
    embed_audio : put their audio into the page; None does so only where the corpus card allows redistribution.
    permission : whose permission the audio is shown with, in words, where the card does not allow it; the page says so.
    title : of the page; None is the model on the corpus, or on the table that holds it.
    language : of the page; texts of the corpus card and of recognisers stay as they are.
    phonemes : also show which phonemes differ in misheard words, by espeak-ng (about a second).

    Raises
    ------
    InputError : audio is asked for, but the corpus's licence does not allow redistributing it.
    """
    from speechfair.reporting.html import write_report

    run = RunFolder(out)
    with run.locked():
        record = read_sealed(run)
        result = read_audit(run.path / "audit.json")
        allowed, clause = _may_redistribute(record.recipe.corpus.name)
        if embed_audio and not allowed and permission is None:
            raise InputError(
                f"the corpus's licence does not allow putting its audio into a page: {clause}. If the holder allows "
                "it, or the recordings are your own, say so: --permission 'WHO ALLOWED WHAT, WHEN'"
            )
        embed = allowed if embed_audio is None else embed_audio
        if embed and not allowed:
            said = f"audio is on this page by permission: {permission}"
            result = result.model_copy(update={"notes": [*result.notes, said]})
        notes = [*result.notes, *map(str, record.accepted)]
        scores = run.read_table(scores_name(record.recipe), "run `speechfair score` again")
        with tempfile.TemporaryDirectory(prefix="speechfair-") as folder:
            page = write_report(
                result.model_copy(update={"notes": notes}),
                _worst(run, record, scores, worst, embed),
                Path(folder) / REPORT,
                embed_audio=embed,
                title=title,
                details=axis_details(result, scores, phonemes=phonemes),
                language=language,
            )
            page = run.write_file(REPORT, page.read_bytes())
        reseal(run, record)
    return page


def _may_redistribute(name: str) -> tuple[bool, str]:
    from speechfair.corpora.card import load_card
    from speechfair.corpora.licence import allows, clause_of

    if name not in corpora().names():
        return False, f"the corpus {name!r} has no card here"
    card = load_card(name)
    return allows(card, "redistribution"), clause_of(card)


def _worst(
    run: RunFolder, record: RunRecord, scores: pl.DataFrame, n: int, embed: bool
) -> list[WorstUtterance]:
    import polars as pl

    if "hypothesis" not in scores.columns:
        return []  # counts from elsewhere; a note on the page says that there are no texts
    model, _ = record.recipe.settled()
    manifest = read_manifest(run).select("id", "audio", "start_s", "end_s", "channel", "text", "audio_sha256")
    errors = pl.col("substitutions") + pl.col("deletions") + pl.col("insertions")
    rows = (
        scores.filter(pl.col("excluded").is_null())
        .with_columns(errors.alias("errors"))
        .filter(pl.col("errors") > 0)
        .sort(["failed", "errors", "utterance_id"], descending=[True, True, False])
        .head(n)
        .join(manifest, left_on="utterance_id", right_on="id", how="left", maintain_order="left")
        .join(
            read_hypotheses(run, model.key).select("utterance_id", "rejected", hypothesis_verbatim="text"),
            on="utterance_id",
            how="left",
            maintain_order="left",
        )
    )
    return [_one(run, record.root, row, embed) for row in rows.iter_rows(named=True)]


def _one(run: RunFolder, root: str | None, row: dict[str, Any], embed: bool) -> WorstUtterance:
    from speechfair.reporting.html import WorstUtterance

    return WorstUtterance(
        utterance_id=row["utterance_id"],
        speaker=row["speaker"],
        labels={label["axis"]: label["value"] for label in row["labels"] or []},
        reference=row["text"] or "",
        hypothesis=row["hypothesis_verbatim"],
        error=row["error"],
        rejected=row["rejected"],
        reference_normalised=row["reference"] or "",
        hypothesis_normalised=row["hypothesis"] or "",
        counts=ErrorCounts(
            row["substitutions"], row["deletions"], row["insertions"], row["reference_length"]
        ),
        audio=_audio(run, root, row) if embed else None,
        mime="audio/flac",
        duration_s=row["duration_s"],
    )


def _audio(run: RunFolder, root: str | None, row: dict[str, Any]) -> bytes | None:
    """A FLAC copy of the stretch that was heard, at 16 kHz mono; None where it is long or not reachable."""
    import io

    import soundfile

    if row["duration_s"] is None or row["duration_s"] > _LONGEST_AUDIO_S:
        return None
    try:
        path = locate_audio(row["audio"], root, run.path)
        samples = decode(path, _AUDIO_RATE, row["start_s"], row["end_s"], row["channel"])
    except (AudioError, RunFolderError):
        return None
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, _AUDIO_RATE, format="FLAC")
    return buffer.getvalue()
