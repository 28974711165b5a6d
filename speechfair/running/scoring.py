"""From hypotheses to counts: one row per utterance, every utterance scored, failed or excluded with a reason.

A failure counts as all words deleted; an utterance without reference words is excluded, and said so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from speechfair.errors import RunFolderError
from speechfair.metrics.metric import EMPTY_REFERENCE
from speechfair.types import UNKNOWN, Normalizer

if TYPE_CHECKING:
    import polars as pl

__all__ = ["EmptyReferences", "Tokens", "add_axis", "axes_of", "score_table"]

Tokens = Literal["words", "characters"]

EmptyReferences = Literal["exclude", "errors", "errors-and-words"]
"""Utterances whose reference holds no token: ``exclude`` them from the rate; count what was recognised as ``errors``
(insertions), as jiwer does; or count it as ``errors-and-words``, so that it also lengthens the reference (MU-Bench)."""

NO_TEXT = "no reference text"


def score_table(
    manifest: pl.DataFrame,
    hypotheses: pl.DataFrame,
    normalizer: Normalizer,
    tokens: Tokens,
    *,
    answers: bool = False,
    empty_references: EmptyReferences = "exclude",
) -> pl.DataFrame:
    """Counts per utterance, in the manifest's order.

    Parameters
    ----------
    answers : the hypotheses are answers of a speech-LLM, which may refuse; their kinds are told apart.
    empty_references : what becomes of utterances whose reference is there but empty after normalising.

    Returns
    -------
    Columns ``utterance_id, speaker, language, labels, duration_s, excluded`` (reason or null), ``failed``,
    ``error``, ``redone``, ``runaway``, ``reference, hypothesis`` (normalised), ``substitutions, deletions,
    insertions, reference_length`` (null where excluded) and ``seconds``; with `answers` also ``answer_kind``, of
    `speechfair.models.answer_kinds`.
    """
    import polars as pl

    joined = manifest.join(
        hypotheses, left_on="id", right_on="utterance_id", how="left", suffix="_hyp"
    ).rename({"id": "utterance_id", "text": "reference_verbatim", "text_hyp": "hypothesis_verbatim"})
    _check_complete(joined)
    references = [normalizer(text) if text is not None else None for text in joined["reference_verbatim"]]
    texts = [normalizer(text) if text is not None else "" for text in joined["hypothesis_verbatim"]]
    excluded = [
        reason or (NO_TEXT if ref is None else f"{EMPTY_REFERENCE} ({normalizer.name})")
        if reason or ref is None or (not ref and empty_references == "exclude")
        else None
        for reason, ref in zip(joined["excluded"], references, strict=True)
    ]
    counts = _counts(references, texts, excluded, tokens)
    if empty_references == "errors-and-words":
        empty = pl.col("reference_length") == 0
        counts = counts.with_columns(
            pl.when(empty)
            .then(pl.col("insertions"))
            .otherwise(pl.col("reference_length"))
            .alias("reference_length")
        )
    table = joined.with_columns(
        pl.Series("reference", references, dtype=pl.String),
        pl.Series("hypothesis", texts, dtype=pl.String),
        pl.Series("excluded", excluded, dtype=pl.String),
        *counts.get_columns(),
    )
    counted = pl.col("excluded").is_null()
    kinds = [pl.Series("answer_kind", _kinds(joined), dtype=pl.String)] if answers else []
    return table.select(
        "utterance_id",
        "speaker",
        "language",
        "labels",
        "duration_s",
        "excluded",
        (counted & pl.col("error").is_not_null()).alias("failed"),
        "error",
        (counted & pl.col("rejected").is_not_null()).alias("redone"),
        (counted & (pl.col("insertions") > pl.col("reference_length"))).fill_null(False).alias("runaway"),
        "reference",
        "hypothesis",
        "substitutions",
        "deletions",
        "insertions",
        "reference_length",
        pl.col("seconds").fill_null(0.0),
        *kinds,
    )


def _kinds(joined: pl.DataFrame) -> list[str | None]:
    """What each answer is by its wording; null where nothing was asked."""
    from speechfair.models.answer_kinds import kind_of

    rows = joined.select("hypothesis_verbatim", "excluded").iter_rows()
    return [None if reason is not None else kind_of(text) for text, reason in rows]


def axes_of(scores: pl.DataFrame) -> list[str]:
    """Every label axis that occurs, sorted."""
    import polars as pl

    if scores.is_empty():
        return []
    return sorted(
        scores.select(pl.col("labels").explode().struct.field("axis"))
        .to_series()
        .drop_nulls()
        .unique()
        .to_list()
    )


def add_axis(scores: pl.DataFrame, axis: str) -> pl.DataFrame:
    """`scores` with the columns ``group`` (``unknown`` where unlabelled) and ``source`` for an axis.

    A crossing is asked for as ``gender+age_band``; its groups are values joined by ``+``.
    """
    parts = axis.split("+")
    values: list[str] = []
    sources: list[str] = []
    for labels in scores["labels"].to_list():
        found: dict[str, dict[str, Any]] = {label["axis"]: label for label in labels or []}
        values.append("+".join(found[p]["value"] if p in found else UNKNOWN for p in parts))
        sources.append("+".join(sorted({found[p]["source"] for p in parts if p in found})))
    import polars as pl

    return scores.with_columns(
        pl.Series("group", values, dtype=pl.String), pl.Series("source", sources, dtype=pl.String)
    )


def _check_complete(joined: pl.DataFrame) -> None:
    import polars as pl

    missing = joined.filter(
        pl.col("excluded").is_null() & pl.col("hypothesis_verbatim").is_null() & pl.col("error").is_null()
    )
    if not missing.is_empty():
        raise RunFolderError(
            f"{missing.height} of {joined.height} utterances have no hypothesis yet (first: "
            f"{missing['utterance_id'][0]!r}); finish with `speechfair transcribe`"
        )


def _counts(
    references: list[str | None], texts: list[str], excluded: list[str | None], tokens: Tokens
) -> pl.DataFrame:
    import polars as pl

    from speechfair.metrics import count_errors

    rows = [i for i, reason in enumerate(excluded) if reason is None]
    counted = count_errors([references[i] or "" for i in rows], [texts[i] for i in rows], tokens=tokens)
    placed = counted.with_columns(pl.Series("row", rows, dtype=pl.UInt32))
    every = pl.DataFrame({"row": pl.Series(range(len(excluded)), dtype=pl.UInt32)})
    return every.join(placed, on="row", how="left", maintain_order="left").drop("row")
