"""From files and columns to `Transcripts`: the references, and for each system a column or a file of its own.

`read_counts` does the same for tables that hold counts in the place of texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from speechfair.corpora.rows import ColumnMap, column_map
from speechfair.errors import CorpusError, InputError
from speechfair.importing.columns import Asked, Columns, column_named, column_there, resolve
from speechfair.importing.imported import Format, ImportedTable, Role
from speechfair.importing.imported_counts import CountColumns, columns_in, counts_of
from speechfair.importing.timed_words import words_in_stretches
from speechfair.importing.transcripts import (
    SystemTranscripts,
    Transcripts,
    manifest_of,
    require_names,
    system_of,
)
from speechfair.registry import Registry, did_you_mean

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "asked_of",
    "format_of",
    "importers",
    "read_counts",
    "read_table",
    "read_transcripts",
    "transcripts_of_counts",
]


@cache
def importers() -> Registry:
    """The formats that can be imported (entry-point group ``speechfair.importers``)."""
    return Registry("speechfair.importers", "import format")


@cache
def _formats() -> dict[str, Format]:
    """Every format by name; the entry points are listed once, since listing them is slow."""
    return {name: cast(Format, entry.load()) for name, entry in importers().entries().items()}


def format_of(path: Path, name: str | None) -> Format:
    """The format of a path: as named, else by its ending, else by a look into it.

    Raises
    ------
    CorpusError
        There is no such file.
    InputError
        The name is unknown, or no format recognises the path.
    """
    if not path.exists():
        raise CorpusError(f"{path}: there is no such file or folder")
    known = _formats()
    if name is not None:
        if name not in known:
            raise InputError(f"unknown import format {name!r}; {did_you_mean(name, list(known))}")
        return known[name]
    for each in known.values():
        if each.name != "table" and each.recognises(path):
            return each
    for each in known.values():
        if path.is_file() and path.suffix.lower() in each.endings:
            return each
    raise InputError(f"{path}: its format is not recognised; name it with --format: {', '.join(known)}")


def read_table(path: Path, format_name: str | None, **options: str | None) -> ImportedTable:
    """The table of a file or folder; `InputError` where its format has no such option (``encoding``, ``sheet``)."""
    found = format_of(path, format_name)
    given = {name: value for name, value in options.items() if value is not None}
    for name in given.keys() - set(found.options):
        raise InputError(
            f"{path.name}: files of the format {found.name!r} have no {name} to choose; leave it out"
        )
    return found.read(path, **given)


def read_transcripts(
    source: Path,
    systems: Mapping[str, str],
    asked: Asked,
    *,
    language: str | None = None,
    references: Path | None = None,
    confidence: Mapping[str, str] | None = None,
    format: str | None = None,
    references_format: str | None = None,
    not_asked_by: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Transcripts:
    """Read references and hypotheses.

    Parameters
    ----------
    source : a file with references (and hypotheses in its columns), or, with `references`, one with hypotheses alone.
        Transcripts alone (such as ``trn`` or a folder of texts) are the references where every system has a file.
    systems : by name: a column of `source`, or the path of a file of hypotheses. Empty: `source` itself is the
        hypotheses of one system, named after the file.
    references : the file with the references, where `source` has none.
    confidence : column of confidences, by system.
    format, references_format : of `source` and of `references`; None finds out.
    not_asked_by : label axis, or ``language``: a system without a hypothesis for a whole group was not asked for it.
    encoding : of `source`, where it is CSV, TSV or text; None is what a byte order mark says, else UTF-8.
    sheet : of `source`, where it is a spreadsheet with several.

    Raises
    ------
    InputError, CorpusError
        What they say: file, row, column and what to do.
    """
    table = read_table(source, format, encoding=encoding, sheet=sheet)
    chosen = _chosen(systems, table, source)
    require_names(list(chosen))
    if references_format is not None and references is None:
        raise InputError("--references-format is for the file of --references, and none is named; name it")
    if references is None and all(isinstance(where, Path) for where in chosen.values()):
        table = _as_references(table)  # every system has a file of its own, so the source is the references
    given = table if references is None else _as_references(read_table(references, references_format))
    confidence = {
        name: each if isinstance(chosen.get(name), Path) else column_named(each, table.columns) or each
        for name, each in (confidence or {}).items()
    }
    columns = _columns(given, table, chosen, asked, confidence)
    if "text" not in columns.roles:
        raise InputError(f"{given.name} holds no references; name the file that does with --references FILE")
    manifest, said = manifest_of(given, columns, language)
    found = []
    for name, where in chosen.items():
        sure = confidence.get(name)
        found.append(_system(name, where, manifest, given, table, format, sure, not_asked_by))
    lines = [f"read {given.name}: {given.frame.height} rows and {len(given.refused)} that could not be read"]
    lines += [f"not read: {each.place}: {each.reason}" for each in given.refused[:5]]
    lines += [*given.notes, *said]
    if given is not table:
        lines += list(table.notes)
    for each in found:
        lines += each.said
    return Transcripts(manifest, tuple(found), _record(given, columns), tuple(lines))


def read_counts(
    source: Path,
    systems: Mapping[str, CountColumns],
    asked: Asked,
    *,
    language: str | None = None,
    format: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Transcripts:
    """Read counts that were made elsewhere.

    Parameters
    ----------
    source : a table with a row for each utterance, or for each speaker in a group.
    systems : the columns of each system, by its name.
    encoding, sheet : as in `read_transcripts`.

    Raises
    ------
    InputError, CorpusError
        What they say: file, row, column and what to do.
    """
    table = read_table(source, format, encoding=encoding, sheet=sheet)
    require_names(list(systems))
    return transcripts_of_counts(table, systems, asked, language)


def transcripts_of_counts(
    table: ImportedTable, systems: Mapping[str, CountColumns], asked: Asked, language: str | None
) -> Transcripts:
    """As `read_counts`, from a table that has been read."""
    systems = {name: columns_in(table, columns) for name, columns in systems.items()}
    counts = {name: counts_of(table, columns) for name, columns in systems.items()}
    taken = [column for columns in systems.values() for column in columns.names]
    no_text: tuple[Role, ...] = ("text",)
    columns = resolve(table, asked, taken, text_needed=False, without=no_text)
    manifest, said = manifest_of(table, columns, language)
    ids = manifest.filter(manifest["excluded"].is_null())["id"]
    found = []
    for name, (frame, about) in counts.items():
        source = {"file": table.name, **{key: value for key, value in asdict(systems[name]).items() if value}}
        lines = tuple(f"{name}: {line}" for line in about)
        found.append(SystemTranscripts(name, frame.insert_column(0, ids), source, lines))
    read = f"read {table.name}: {table.frame.height} rows and {len(table.refused)} that could not be read"
    more = [line for each in found for line in each.said]
    return Transcripts(manifest, tuple(found), _record(table, columns), (read, *table.notes, *said, *more))


def _record(table: ImportedTable, columns: Columns) -> dict[str, object]:
    """Where the rows come from, for ``run.yaml``."""
    labels = {axis: label.model_dump(mode="json") for axis, label in columns.labels.items()}
    return {"file": table.name, "columns": dict(columns.roles), "labels": labels}


def _as_references(table: ImportedTable) -> ImportedTable:
    """A file of transcripts alone (such as ``trn``), given as references, holds the references."""
    if "hypothesis" not in table.roles or "text" in table.roles:
        return table
    roles = dict(table.roles)
    roles["text"] = roles.pop("hypothesis")
    return replace(table, roles=roles)


def _chosen(systems: Mapping[str, str], table: ImportedTable, source: Path) -> dict[str, str | Path]:
    """Where each system's hypotheses are: a column of the source, or a path."""
    if not systems:
        if "hypothesis" in table.roles:
            return {source.stem: table.roles["hypothesis"]}
        columns = ", ".join(table.columns)
        raise InputError(
            f"{table.name}: which column is the hypothesis? Name it with --hypothesis NAME=COLUMN; the "
            f"columns are {columns}"
        )
    found: dict[str, str | Path] = {}
    for name, where in systems.items():
        if where in table.columns:
            found[name] = where
        elif Path(where).exists() and where:
            found[name] = Path(where)
        elif (column := column_named(where, table.columns)) is not None:
            found[name] = column
        elif not where and "hypothesis" in table.roles:
            found[name] = table.roles["hypothesis"]
        else:
            raise InputError(
                f"--hypothesis {name}={where}: {table.name} has no such column, and there is no such file; "
                f"{did_you_mean(where, table.columns)}"
            )
    return found


def _columns(
    given: ImportedTable,
    table: ImportedTable,
    chosen: Mapping[str, str | Path],
    asked: Asked,
    confidence: Mapping[str, str],
) -> Columns:
    taken = [each for each in chosen.values() if isinstance(each, str)] if given is table else []
    for name, column in confidence.items():
        if name not in chosen:
            raise InputError(f"--confidence {name}={column}: {did_you_mean(name, list(chosen))}")
        if isinstance(chosen[name], str) and column not in table.columns:
            raise InputError(f"--confidence {name}={column}: {did_you_mean(column, table.columns)}")
    return resolve(given, asked, [*taken, *confidence.values()])


def _system(
    name: str,
    where: str | Path,
    manifest: pl.DataFrame,
    given: ImportedTable,
    table: ImportedTable,
    format: str | None,
    confidence: str | None,
    not_asked_by: str | None,
) -> SystemTranscripts:
    if isinstance(where, str):
        same = given is table
        return system_of(name, manifest, table, where, confidence, same=same, not_asked_by=not_asked_by)
    read = read_table(where, format if given is not table else None)
    said: tuple[str, ...] = ()
    if read.words is not None:
        read = words_in_stretches(read, given)
        said = read.notes
    if confidence is not None:
        confidence = column_there(confidence, read, "confidence")
    column = read.roles.get("hypothesis") or read.roles.get("text")
    if column is None:
        columns = resolve(read, Asked(), [], text_needed=False)
        column = columns.roles.get("text")
        if column is None:
            raise InputError(
                f"{read.name}: no column holds the hypotheses; give them as columns of one table"
            )
        read = replace(read, roles={**columns.roles, "hypothesis": column})
    found = system_of(name, manifest, read, column, confidence, same=False, not_asked_by=not_asked_by)
    return replace(found, said=(*said, *found.said))


def asked_of(
    columns: ColumnMap | Mapping[str, object] | str | Path | None,
    roles: Mapping[Role, str | None],
    labels: Mapping[str, str],
    group_by: tuple[str, ...],
) -> Asked:
    """`Asked` from what a caller gives; roles that are None are not asked for."""
    return Asked(
        column_map(columns),
        {role: column for role, column in roles.items() if column},
        dict(labels),
        group_by,
    )
