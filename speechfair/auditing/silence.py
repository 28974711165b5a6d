"""Words that a recogniser invents where nobody spoke: utterances whose reference is there but holds no word.

They are excluded from the error rate (a rate needs reference words) and measured here: invented words per utterance,
with an interval over speakers. A failure invents nothing and is left out, and counted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from speechfair.auditing.result import Silence
from speechfair.metrics.metric import EMPTY_REFERENCE
from speechfair.running.scoring import add_axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl


__all__ = ["silence_of"]


def silence_of(scores: pl.DataFrame, axes: Sequence[str], tokens: str, level: float) -> list[Silence] | None:
    """The measure overall and by group, or None where no reference is empty, or there are no texts.

    Parameters
    ----------
    scores : of `speechfair.running.scoring.score_table`, whether empty references are excluded or counted.
    axes : as in ``group_by``.
    """
    import polars as pl

    if "hypothesis" not in scores.columns:
        return None  # counts from elsewhere; their rows without words are listed among the excluded ones
    counted_in = (pl.col("reference") == "") & pl.col("excluded").is_null()
    empty = scores.filter(pl.col("excluded").str.starts_with(EMPTY_REFERENCE).fill_null(False) | counted_in)
    if empty.is_empty():
        return None
    text = pl.col("hypothesis")
    in_words = pl.col("tokens") == "words" if "tokens" in empty.columns else pl.lit(tokens == "words")
    length = (
        pl.when(in_words)
        .then(text.str.extract_all(r"\S+").list.len())
        .otherwise(text.str.replace_all(r"\s", "").str.len_chars())
    )
    table = empty.with_columns(
        length.cast(pl.Int64).alias("insertions"),
        substitutions=pl.lit(0, dtype=pl.Int64),
        deletions=pl.lit(0, dtype=pl.Int64),
        reference_length=pl.lit(1, dtype=pl.Int64),
    )
    found = [_record(table, "overall", "all", level)]
    for axis in axes:
        labelled = add_axis(table, axis)
        for value in sorted(labelled["group"].unique().to_list()):
            found.append(_record(labelled.filter(pl.col("group") == value), axis, value, level))
    return found


def _record(table: pl.DataFrame, axis: str, value: str, level: float) -> Silence:
    import polars as pl

    from speechfair.metrics import pooled_rate, speaker_sums

    heard = table.filter(pl.col("error").is_null())
    estimate = pooled_rate(speaker_sums(heard), level)
    if estimate.value is None:
        estimate = replace(estimate, reason="every utterance without words failed: nothing was recognised")
    return Silence(
        axis=axis,
        value=value,
        n_utterances=table.height,
        n_failed=table.height - heard.height,
        n_with_words=int((heard["insertions"] > 0).sum()),
        words=int(heard["insertions"].sum()),
        words_per_utterance=estimate,
    )
