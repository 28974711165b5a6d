"""From hypotheses to counts: one row per utterance, every utterance scored, failed or excluded with a reason.

A failure counts as all words deleted; an utterance without reference words is excluded, and said so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from speechfair.errors import RunFolderError
from speechfair.metrics.error_counts import Tokens
from speechfair.metrics.metric import EMPTY_REFERENCE
from speechfair.running.run_recipe import EmptyReferences
from speechfair.running.scoring_choice import NOT_GIVEN, Scoring
from speechfair.types import UNKNOWN

if TYPE_CHECKING:
    import polars as pl

__all__ = ["NOT_ASKED", "EmptyReferences", "Tokens", "add_axis", "axes_of", "languages_of", "score_table"]

NO_TEXT = "no reference text"
NOT_ASKED = "not asked"
"""How the error of a row begins that an imported system was never given: it is excluded, and no failure."""


def score_table(
    manifest: pl.DataFrame,
    hypotheses: pl.DataFrame,
    scoring: Scoring,
    *,
    answers: bool = False,
    not_asked: bool = False,
    empty_references: EmptyReferences = "exclude",
) -> pl.DataFrame:
    """Counts per utterance, in the manifest's order.

    Parameters
    ----------
    scoring : normaliser and unit by language.
    answers : the hypotheses are answers of a speech-LLM, which may refuse; their kinds are told apart.
    not_asked : the import that made the hypotheses set rows apart that the system was never given; their errors begin
        with `NOT_ASKED`. Elsewhere an error that begins so is a failure like any other.
    empty_references : what becomes of utterances whose reference is there but empty after normalising.

    Returns
    -------
    Columns ``utterance_id, speaker, language, labels, duration_s, excluded`` (reason or null), ``failed``,
    ``error``, ``redone``, ``runaway``, ``reference, hypothesis`` (normalised), ``substitutions, deletions,
    insertions, reference_length`` (null where excluded) and ``seconds``; where languages are counted in several units
    also ``tokens``, each row's; with `answers` also ``answer_kind``, of
    `speechfair.models.answer_kinds`.
    """
    import polars as pl

    joined = manifest.join(
        hypotheses, left_on="id", right_on="utterance_id", how="left", suffix="_hyp"
    ).rename({"id": "utterance_id", "text": "reference_verbatim", "text_hyp": "hypothesis_verbatim"})
    _check_complete(joined)
    references = _normalised(joined, "reference_verbatim", scoring, hypothesis=False)
    texts = _normalised(joined, "hypothesis_verbatim", scoring, hypothesis=True).fill_null("")
    names = _by_language(joined, lambda language: scoring.counting(language).normalizer.name)
    units = _by_language(joined, lambda language: scoring.counting(language).tokens)
    left_out = (references == "") & (empty_references == "exclude")
    excluded = joined.select(
        pl.when(pl.col("excluded").is_not_null())
        .then("excluded")
        .when(pl.lit(not_asked) & pl.col("error").str.starts_with(NOT_ASKED))
        .then("error")
        .when(references.is_null())
        .then(pl.lit(NO_TEXT))
        .when(left_out)
        .then(pl.format(f"{EMPTY_REFERENCE} ({{}})", names))
    ).to_series()
    counts = _counts(references, texts, excluded, units)
    if empty_references == "errors-and-words":
        empty = pl.col("reference_length") == 0
        counts = counts.with_columns(
            pl.when(empty)
            .then(pl.col("insertions"))
            .otherwise(pl.col("reference_length"))
            .alias("reference_length")
        )
    table = joined.with_columns(
        references.alias("reference"),
        texts.alias("hypothesis"),
        excluded.alias("excluded"),
        *counts.get_columns(),
    )
    counted = pl.col("excluded").is_null()
    several = [units.alias("tokens")] if len(scoring.units) > 1 else []
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
        *several,
        *kinds,
    )


def _kinds(joined: pl.DataFrame) -> list[str | None]:
    """What each answer is by its wording; null where nothing was asked."""
    from speechfair.models.answer_kinds import kind_of

    rows = joined.select("hypothesis_verbatim", "excluded").iter_rows()
    return [None if reason is not None else kind_of(text) for text, reason in rows]


def axes_of(scores: pl.DataFrame) -> list[str]:
    """Every label axis that occurs, sorted; where rows are of several languages, ``language`` is one."""
    import polars as pl

    if scores.is_empty():
        return []
    labelled = scores.select(pl.col("labels").explode().struct.field("axis")).to_series()
    several = ["language"] if languages_of(scores) else []
    return sorted({*labelled.drop_nulls().unique().to_list(), *several})


def languages_of(scores: pl.DataFrame) -> list[str]:
    """The languages of a table whose rows are of several, sorted; empty where there is one."""
    import polars as pl

    if "language" not in scores.columns:
        return []
    if "excluded" in scores.columns:
        scores = scores.filter(pl.col("excluded").is_null())
    found = sorted(scores["language"].fill_null(NOT_GIVEN).unique().to_list())
    return found if len(found) > 1 else []


def add_axis(scores: pl.DataFrame, axis: str) -> pl.DataFrame:
    """`scores` with the columns ``group`` (``unknown`` where unlabelled) and ``source`` for an axis.

    A crossing is asked for as ``gender+age_band``; its groups are values joined by ``+``. The axis ``language`` is the
    rows' language, unless they have a label of that name.
    """
    import polars as pl

    parts = axis.split("+")
    wide = _wide_labels(scores, parts)
    values = [pl.col(f"value {at}").fill_null(UNKNOWN) for at in range(len(parts))]
    keys = [f"source {at}" for at in range(len(parts))]
    sources = wide.select(keys).unique()  # a handful
    joined = ["+".join(sorted(set(row) - {None})) for row in sources.iter_rows()]
    sources = sources.with_columns(pl.Series("source", joined, dtype=pl.String))
    wide = wide.join(sources, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return scores.with_columns(
        wide.select(pl.concat_str(values, separator="+").alias("group"), "source").get_columns()
    )


def _wide_labels(scores: pl.DataFrame, parts: Sequence[str]) -> pl.DataFrame:
    """Value and source of every part of an axis, in columns, a row for each of `scores`; null where unlabelled."""
    import polars as pl

    rows = scores.select("labels").with_row_index("row")
    labels = rows.explode("labels", empty_as_null=False, keep_nulls=False).unnest("labels")
    wide = rows.select("row")
    for at, part in enumerate(parts):
        one = labels.filter(pl.col("axis") == part).unique("row", keep="last", maintain_order=True)
        one = one.select("row", pl.col("value").alias(f"value {at}"), pl.col("source").alias(f"source {at}"))
        wide = wide.join(one, on="row", how="left", maintain_order="left")
        if part == "language" and "language" in scores.columns:
            unlabelled = pl.col(f"value {at}").is_null() & scores["language"].is_not_null()
            wide = wide.with_columns(
                pl.when(unlabelled).then(scores["language"]).otherwise(f"value {at}").alias(f"value {at}"),
                pl.when(unlabelled).then(pl.lit("corpus")).otherwise(f"source {at}").alias(f"source {at}"),
            )
    return wide


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


def _normalised(joined: pl.DataFrame, column: str, scoring: Scoring, *, hypothesis: bool) -> pl.Series:
    """The normalised texts of a column, null where there is none; each distinct text is normalised once."""
    import polars as pl

    rows = joined.select(pl.col(column).alias("text"), "language")
    distinct = rows.filter(pl.col("text").is_not_null()).unique(maintain_order=True)
    found = scoring.normalise_all(distinct.iter_rows(), hypothesis=hypothesis)
    known = distinct.with_columns(pl.Series("normalised", found, dtype=pl.String))
    keys = ["text", "language"]
    return rows.join(known, on=keys, how="left", nulls_equal=True, maintain_order="left")["normalised"]


def _by_language(joined: pl.DataFrame, fact: Callable[[str | None], str]) -> pl.Series:
    """A fact of each row's language."""
    import polars as pl

    known = joined.select("language").unique()
    facts = known.with_columns(
        pl.Series("fact", [fact(language) for language in known["language"]], dtype=pl.String)
    )
    rows = joined.select("language")
    return rows.join(facts, on="language", how="left", nulls_equal=True, maintain_order="left")["fact"]


def _counts(references: pl.Series, texts: pl.Series, excluded: pl.Series, units: pl.Series) -> pl.DataFrame:
    """The counts of every row, in its unit; null where it is excluded."""
    import polars as pl

    from speechfair.metrics import count_errors

    parts = []
    for unit in sorted(units.unique().to_list()):
        rows = ((units == unit) & excluded.is_null()).arg_true()
        counted = count_errors(references.gather(rows).to_list(), texts.gather(rows).to_list(), tokens=unit)
        parts.append(counted.with_columns(rows.alias("row")))
    every = pl.DataFrame({"row": pl.Series(range(len(excluded)), dtype=pl.UInt32)})
    if not parts:
        parts = [count_errors([], []).with_columns(pl.Series("row", [], dtype=pl.UInt32))]
    return every.join(pl.concat(parts), on="row", how="left", maintain_order="left").drop("row")
