"""References and the hypotheses (or counts) of one or more systems, joined: what a set of run folders is written from.

Rows in = rows with a reference and a hypothesis + rows whose hypothesis is missing (a failure) + rows that could not be
read (excluded). Hypotheses for ids that the references do not have are counted and said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from speechfair.errors import CorpusError, InputError
from speechfair.importing.cell_values import (
    cells_of,
    confidences_of,
    ids_of,
    languages_of,
    nothing,
    texts_of,
    times_of,
)
from speechfair.importing.columns import Columns
from speechfair.importing.hypothesis_findings import hypothesis_findings
from speechfair.importing.imported import PLACE, ImportedTable
from speechfair.importing.label_cells import label_lists
from speechfair.registry import did_you_mean
from speechfair.types import UNKNOWN

if TYPE_CHECKING:
    import polars as pl

__all__ = ["SystemTranscripts", "Transcripts", "folder_of", "manifest_of", "require_names", "system_of"]

_LEFT_AS_WORDS = ("nan", "none", "null", "n/a")
_POINT_ZERO = r"^\s*\d+\.0\s*$"


@dataclass(frozen=True)
class SystemTranscripts:
    """What one recogniser wrote, or how many errors were counted in it elsewhere.

    Parameters
    ----------
    table : ``id``, ``text`` (null for a failure), ``error`` (null for a text) and ``confidence``; one row per usable
        row of the manifest, in its order. Of counts: ``id`` and the columns of
        `speechfair.running.counted_elsewhere.counts_schema`.
    source : where it comes from, for ``run.yaml``: file, column, counts.
    """

    name: str
    table: pl.DataFrame
    source: Mapping[str, Any]
    said: tuple[str, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether there are counts and no texts."""
        return "errors" in self.table.columns


@dataclass(frozen=True)
class Transcripts:
    """All that is imported at once.

    Parameters
    ----------
    manifest : columns of `speechfair.running.run_manifest.manifest_schema`; no row has audio.
    systems : at least one.
    source : where the references come from, for ``run.yaml``.
    said : lines for a person: what was taken for what, what was counted.
    """

    manifest: pl.DataFrame
    systems: tuple[SystemTranscripts, ...]
    source: Mapping[str, Any]
    said: tuple[str, ...]


def manifest_of(
    table: ImportedTable, columns: Columns, language: str | None
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The manifest of a table of references or counts, and what must be said about it.

    Parameters
    ----------
    columns : without a ``text``, the table holds counts, and no row has a text.
    language : ISO 639-3 code or tag where there is no language column; None is English, and said.

    Raises
    ------
    CorpusError
        An id comes twice or is missing, a time is no time, or a language is unknown; the message names the row.
    """
    import polars as pl

    from speechfair.running.run_manifest import manifest_schema

    frame, roles = table.frame, columns.roles
    said = list(columns.said)
    ids = ids_of(table, roles.get("id"))
    if "id" not in roles:
        said.append("id: none given, so the row's place is its id")
    speaker = cells_of(table, roles["speaker"]) if "speaker" in roles else nothing(frame)
    if columns.speaker_within is not None:
        within = cells_of(table, columns.speaker_within)
        speaker = (within + ":" + speaker).fill_null(speaker)
    if speaker.null_count() == len(speaker):
        said.append(
            "speaker: none given; rates have no interval, since utterances of one speaker are not "
            "independent. Name the "
            "column with --speaker COLUMN"
        )
    languages, about = languages_of(table, roles.get("language"), language, roles.get("text"))
    said += about
    start, end, duration = (
        times_of(table, roles.get(role), columns.per_second) for role in ("start_s", "end_s", "duration_s")
    )
    texts = texts_of(table, roles["text"], "reference") if "text" in roles else nothing(frame)
    manifest = pl.DataFrame(
        {"id": ids, "text": texts, "language": languages, "speaker": speaker}
    ).with_columns(start_s=start, end_s=end, duration_s=duration.fill_null(end - start))
    manifest = manifest.with_columns(label_lists(frame, columns.labels).alias("labels"))
    schema = manifest_schema()
    manifest = manifest.select(
        manifest[name].cast(kind) if name in manifest.columns else pl.lit(None, dtype=kind).alias(name)
        for name, kind in schema.items()
    )
    if "text" in roles:
        said += [*_numbers(table, roles["text"], "reference"), *_counted(manifest)]
    return pl.concat([manifest, _excluded(table, schema)]), tuple(said)


def system_of(
    name: str,
    manifest: pl.DataFrame,
    table: ImportedTable,
    column: str,
    confidence: str | None,
    *,
    same: bool,
    not_asked_by: str | None = None,
) -> SystemTranscripts:
    """The hypotheses of one system for the rows of `manifest`.

    Parameters
    ----------
    table, column : where they are.
    confidence : column with the recogniser's confidence in [0, 1], or None.
    same : `table` is the table of the references, so that rows belong together by their order.
    not_asked_by : label axis, or ``language``: a system without a hypothesis for a whole group was not asked. One that
        answered with an error, or with a row that could not be read, was asked.

    Raises
    ------
    InputError
        A confidence is not in [0, 1], or no row has a label on `not_asked_by`.
    CorpusError
        Two hypotheses for one id, or no id in common.
    """
    import polars as pl

    usable = manifest.filter(pl.col("excluded").is_null()).select("id")
    references = manifest.filter(pl.col("excluded").is_null())["text"]
    texts = texts_of(table, column, f"hypothesis of {name!r}")
    if table.blank_is_missing:
        texts = texts.replace("", None)
    given = pl.DataFrame({"text": texts, "confidence": confidences_of(table, confidence)}).with_columns(
        error=cells_of(table, table.roles["error"]) if "error" in table.roles else nothing(table.frame)
    )
    said = [*_numbers(table, column, f"hypothesis of {name}"), *_suspicious(texts, references, name)]
    if texts.null_count() == len(texts):
        said.append(f"{table.name}, column {column!r}: not one transcript is in it; is it the right column?")
    source: dict[str, Any] = {"file": table.name, "column": column}
    if same:
        joined = usable.with_columns(given.get_columns())
    else:
        given = given.with_columns(_hypothesis_ids(table, name, usable).alias("id"))
        joined, counts, more = _joined(usable, given, table, name)
        source |= counts
        said += more
    missing = joined["text"].is_null()
    unanswered = (
        missing & joined["error"].is_null() & ~joined["id"].is_in([each.id for each in table.refused])
    )
    why = f"no hypothesis in column {column!r}" if same else f"no hypothesis for this id in {table.name}"
    joined = joined.with_columns(
        pl.when(missing).then(_given_error().fill_null(why)).otherwise(None).alias("error")
    )
    if not_asked_by is not None:
        unasked = _not_asked(manifest, unanswered, not_asked_by)
        joined = joined.with_columns(unasked.fill_null(joined["error"]).alias("error"))
        missing &= unasked.is_null()
        source |= {"not_asked_by": not_asked_by, "not_asked": len(unasked) - unasked.null_count()}
        said += [
            f"{name}: {reason} ({n} rows); they are excluded for this system"
            for reason, n in unasked.drop_nulls().value_counts().sort(unasked.name).iter_rows()
        ]
    if missing.any():
        said.append(
            f"{name}: {int(missing.sum())} of {joined.height} rows have no hypothesis; each is a failure and "
            "counts as all "
            "words deleted"
        )
    said += [
        f"{found.words} (first: {', '.join(found.rows)})"
        for found in hypothesis_findings(name, joined["text"], references, joined["id"])
    ]
    return SystemTranscripts(name, joined.select("id", "text", "error", "confidence"), source, tuple(said))


def _given_error() -> pl.Expr:
    """The error that came with a row, never to be taken for the reason of a row that was not asked."""
    import polars as pl

    from speechfair.running.scoring import NOT_ASKED

    error = pl.col("error")
    return pl.when(error.str.starts_with(NOT_ASKED)).then(pl.format("error: {}", error)).otherwise(error)


def _not_asked(manifest: pl.DataFrame, unanswered: pl.Series, axis: str) -> pl.Series:
    """Why each usable row was not asked of a system: no row of its group has an answer; null for the other rows."""
    import polars as pl

    from speechfair.running.scoring import NOT_ASKED, add_axis, axes_of

    usable = manifest.filter(pl.col("excluded").is_null())
    known = [*axes_of(usable), "language"]
    for part in axis.split("+"):
        if part not in known:
            raise InputError(
                f"--not-asked-by {axis}: no row has a label on the axis {part!r}; {did_you_mean(part, known)}"
            )
    rows = pl.DataFrame({"group": add_axis(usable, axis)["group"], "unanswered": unanswered})
    labelled = ~pl.col("group").str.split("+").list.contains(UNKNOWN)
    none = pl.col("unanswered").all().over("group") & labelled
    reason = pl.format(f"{NOT_ASKED}: no hypothesis for any row of {axis}={{}}", "group")
    return rows.select(pl.when(none).then(reason).alias("not_asked")).to_series()


def _excluded(table: ImportedTable, schema: Mapping[str, Any]) -> pl.DataFrame:
    """Rows that could not be read, as the manifest counts them."""
    import polars as pl

    empty: dict[str, Any] = dict.fromkeys(schema)
    rows = [
        {**empty, "id": each.id or each.place, "labels": [], "excluded": each.reason, "place": each.place}
        for each in table.refused
    ]
    return pl.DataFrame(rows, schema=dict(schema))


def _counted(manifest: pl.DataFrame) -> list[str]:
    without, blank = manifest["text"].null_count(), int((manifest["text"].str.strip_chars() == "").sum())
    said = []
    if without:
        said.append(
            f"{without} of {manifest.height} rows have no reference; they are excluded from the rates"
        )
    if blank:
        said.append(
            f"{blank} of {manifest.height} rows have an empty reference: words that a recogniser invents "
            "there are their own "
            "measure; --empty-references counts them into the rates"
        )
    return said


def _hypothesis_ids(table: ImportedTable, name: str, usable: pl.DataFrame) -> pl.Series:
    """Ids of the hypotheses; where none is known as it stands, those of the files without folder and ending."""
    import polars as pl

    column = table.roles.get("id")
    if column is None:
        raise InputError(
            f"{table.name} (hypotheses of {name!r}) has no ids; name their column with --id COLUMN"
        )
    ids = ids_of(table, column)
    if not ids.is_in(usable["id"].to_list()).any():
        plain = re.compile(r"^.*[/\\]|\.[A-Za-z0-9]{1,5}$")
        short = {plain.sub("", known): known for known in usable["id"]}
        if len(short) == usable.height:
            found = ids.str.replace_all(r"^.*[/\\]", "").str.replace(r"\.[A-Za-z0-9]{1,5}$", "")
            renamed = found.replace_strict(short, default=None, return_dtype=pl.String).fill_null(ids)
            if not renamed.is_duplicated().any():
                return renamed
    return ids


def _joined(
    usable: pl.DataFrame, given: pl.DataFrame, table: ImportedTable, name: str
) -> tuple[pl.DataFrame, dict[str, int], list[str]]:
    unknown = given.join(usable, on="id", how="anti")
    if unknown.height == given.height:
        raise CorpusError(
            f"{table.name}: not one of its {given.height} ids is an id of the references (the first is "
            f"{given['id'][0]!r}, theirs {usable['id'][0]!r}); make the ids agree"
        )
    said = []
    if unknown.height:
        place = table.frame.filter(given["id"] == unknown["id"][0])[PLACE][0]
        said.append(
            f"{name}: {unknown.height} of {given.height} hypotheses are for ids that the references do not "
            "have (first: "
            f"{unknown['id'][0]!r}, {table.name}, {place}); they are not scored"
        )
    if table.refused:
        first = table.refused[0]
        said.append(
            f"{name}: {len(table.refused)} rows of {table.name} could not be read (first: {first.place}: "
            f"{first.reason})"
        )
    counts = {
        "hypotheses_in": given.height + len(table.refused),
        "hypotheses_for_unknown_ids": unknown.height,
        "hypotheses_unreadable": len(table.refused),
    }
    return usable.join(given, on="id", how="left", maintain_order="left"), counts, said


def _numbers(table: ImportedTable, column: str, what: str) -> list[str]:
    """What is said of a column of texts that holds whole numbers."""
    if not table.frame[column].dtype.is_numeric() or table.frame[column].null_count() == table.frame.height:
        return []
    return [f"{what}: column {column!r} holds numbers, and they are taken for what was said"]


def _suspicious(texts: pl.Series, references: pl.Series, name: str) -> list[str]:
    said = []
    odd = texts.str.strip_chars().str.to_lowercase().is_in(_LEFT_AS_WORDS).fill_null(False)
    if odd.any():
        said.append(
            f"{name}: {int(odd.sum())} hypotheses are the bare word {texts.filter(odd)[0]!r}; they are scored as "
            "that word. If they stand for nothing, leave their cells empty"
        )
    pointed = texts.str.contains(_POINT_ZERO).fill_null(False)
    if pointed.any() and not references.str.contains(_POINT_ZERO).any():
        said.append(
            f"{name}: {int(pointed.sum())} hypotheses are a whole number with a point, such as "
            f"{texts.filter(pointed)[0]!r}, and no reference is; pandas writes them so where cells of the column are "
            "empty. They are scored as written; write the column as text (dtype=str)"
        )
    return said


def require_names(names: Sequence[str]) -> None:
    """Raise `InputError` unless every name of a system can be a folder and no two are the same folder."""
    folders: dict[str, str] = {}
    for name in names:
        folder = folder_of(name).casefold()
        if folder in folders:
            raise InputError(
                f"the systems {folders[folder]!r} and {name!r} would have the same folder; rename one"
            )
        folders[folder] = name


def folder_of(name: str) -> str:
    """The folder's name for a system: letters, digits, dots, dashes and underscores.

    >>> folder_of("openai/whisper large v3"), folder_of("..")
    ('openai-whisper-large-v3', 'system')
    """
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-.")
    return plain[:100] or "system"
