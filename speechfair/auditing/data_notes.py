"""What was done to audio, labels and counts before an audit began, in sentences; and what cannot be done to counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from speechfair.errors import InputError
from speechfair.metrics.error_counts import kinds_known
from speechfair.text.normalizers import COUNTED_ELSEWHERE
from speechfair.wording import counted

if TYPE_CHECKING:
    import polars as pl

    from speechfair.running.run_recipe import Analysis
    from speechfair.running.run_record import History

__all__ = ["counted_note", "data_notes", "refuse_texts"]


def refuse_texts(analysis: Analysis) -> None:
    """Raise `InputError` where an analysis of counts asks for what is done to texts."""
    asked = [analysis.normalizer] if analysis.normalizer != COUNTED_ELSEWHERE else []
    if any([*asked, *analysis.strip_prefix, *analysis.strip_suffix]):
        raise InputError(
            "this run holds counts that were made elsewhere and no texts: nothing can be normalised or stripped; leave "
            "--normalizer, --strip-prefix and --strip-suffix out, or import the transcripts"
        )


def counted_note(scores: pl.DataFrame) -> str:
    """What is not known of counts that were made elsewhere."""
    note = (
        "errors and words were counted elsewhere, by rules that are not recorded here; a row of the table counts as "
        "one utterance. There are no texts, so nothing is shown or tested that needs them, and which rows failed is "
        "not known"
    )
    return (
        note if kinds_known(scores) else f"{note}; substitutions, deletions and insertions are not told apart"
    )


def data_notes(manifest: pl.DataFrame, history: History) -> list[str]:
    """What was done to audio and labels before anything was counted."""
    import polars as pl

    notes = []
    averaged = manifest.filter(
        pl.col("excluded").is_null() & (pl.col("channels") > 1) & pl.col("channel").is_null()
    ).height
    if averaged:
        of_channels = (
            "of audio with several channels, which were averaged; if each channel is one speaker, name the channel of "
            "a row in a column 'channel'"
        )
        notes.append(counted(averaged, "utterance", f"is {of_channels}", f"are {of_channels}"))
    if history.relabelled and history.evaluated:
        notes.append(f"labels were read again at {history.relabelled}, after the model had been asked")
    return notes
