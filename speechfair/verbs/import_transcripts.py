"""The verb `import`: transcripts or counts that exist become scored run folders with pages, one for each system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from speechfair.auditing.result import AuditResult
    from speechfair.importing.imported_counts import CountColumns, RateUnit
    from speechfair.running.scoring import EmptyReferences, Tokens

__all__ = ["Imported", "import_transcripts"]


@dataclass(frozen=True)
class Imported:
    """What an import made.

    Parameters
    ----------
    folders, results : by the name of the system, in the order given.
    said : what was taken for what and what was counted, one line each.
    """

    folders: Mapping[str, Path]
    results: Mapping[str, AuditResult]
    said: tuple[str, ...]


def import_transcripts(
    source: str | Path,
    hypotheses: Mapping[str, str | Path] | None = None,
    group_by: Sequence[str] = (),
    *,
    out: str | Path,
    errors: Mapping[str, str | Sequence[str]] | None = None,
    error_rates: Mapping[str, str] | None = None,
    words: str | None = None,
    rate_in: RateUnit | None = None,
    references: str | Path | None = None,
    columns: Any = None,
    text: str | None = None,
    id: str | None = None,
    speaker: str | None = None,
    language_column: str | None = None,
    language: str | None = None,
    labels: Mapping[str, str] | None = None,
    confidence: Mapping[str, str] | None = None,
    format: str | None = None,
    references_format: str | None = None,
    not_asked_by: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    replace: bool = False,
    reference: Mapping[str, str] | None = None,
    normalizer: str | None = None,
    tokens: Tokens | None = None,
    level: float = 0.95,
    seed: int = 0,
    adjust: Sequence[str] = (),
    empty_references: EmptyReferences = "exclude",
    strip_prefix: Sequence[str] = (),
    strip_suffix: Sequence[str] = (),
) -> Imported:
    """Audit one or more systems from transcripts, or from counts that were made elsewhere, without audio.

    Parameters
    ----------
    source : a table with references and hypotheses, or another tool's file; see docs/how-to/transcripts.md.
    hypotheses : by the name of the system: a column of `source`, or the path of a file of hypotheses. None:
        `source` holds
        the hypotheses of one system, which is named after the file.
    group_by : label axes, each the name of a column or of `labels`; ``gender+age_band`` is a crossing.
    out : folder for the run folders, one for each system.
    errors, error_rates : of a table that holds counts and no texts: by the name of the system, the column of its errors
        (or of its substitutions, deletions and insertions, in this order), and the column of its error rates.
    words : column of the number of reference words, with `errors` or `error_rates`.
    rate_in : ``percent`` or ``fraction``, with `error_rates`.
    references : file with the references, where `source` has none.
    columns : a `ColumnMap`, its content, or a YAML file that holds it, as for the corpus ``manifest``.
    text, id, speaker, language_column : names of columns; None looks for usual names and says what was taken.
    language : ISO 639-3 code or tag where there is no language column.
    labels : column by axis.
    confidence : column of confidences (0 to 1) by the name of the system.
    format, references_format : names of formats; None finds out.
    not_asked_by : label axis, or ``language``: where a system has no hypothesis for a whole group, it was not asked,
        and these rows are excluded for it; else a missing hypothesis is a failure.
    encoding : of `source`, where it is CSV, TSV or text, such as ``cp1252``; None is what a byte order mark says, else
        UTF-8.
    sheet : of `source`, where it is a spreadsheet with several.
    replace : remove what an earlier import wrote into the same run folders.
    reference, normalizer, tokens, level, seed, adjust, empty_references, strip_prefix, strip_suffix : as in `audit`.

    Raises
    ------
    CorpusError, InputError
        A file, row or column is not usable; the message says where, and what to do. Nothing has been written.
    RunFolderError
        A run folder of another recipe is in the way.
    """
    from speechfair.auditing.run import score
    from speechfair.auditing.settings_check import check_listed
    from speechfair.importing.read_transcripts import asked_of, read_counts, read_transcripts
    from speechfair.importing.run_folders import write_run_folders
    from speechfair.reporting.from_run import report
    from speechfair.running.run_recipe import Analysis, CardPart

    roles = {"text": text, "id": id, "speaker": speaker, "language": language_column}
    named = asked_of(columns, roles, labels or {}, tuple(group_by))  # type: ignore[arg-type]
    counted = _count_columns(errors or {}, error_rates or {}, words, rate_in)
    if counted:
        _refuse_texts(
            {
                "--hypothesis": hypotheses,
                "--references": references,
                "--references-format": references_format,
                "--text": text,
                "--confidence": confidence,
                "--normalizer": normalizer,
                "--not-asked-by": not_asked_by,
                "--strip-prefix": strip_prefix,
                "--strip-suffix": strip_suffix,
            }
        )
        transcripts = read_counts(
            Path(source), counted, named, language=language, format=format, encoding=encoding, sheet=sheet
        )
    else:
        transcripts = read_transcripts(
            Path(source),
            {name: str(where) for name, where in (hypotheses or {}).items()},
            named,
            language=language,
            references=Path(references) if references is not None else None,
            confidence=confidence,
            format=format,
            references_format=references_format,
            not_asked_by=not_asked_by,
            encoding=encoding,
            sheet=sheet,
        )
    asked = Analysis(
        group_by=tuple(group_by), reference=dict(reference or {}), normalizer=normalizer, adjust=tuple(adjust)
    )
    check_listed(transcripts.manifest, asked, CardPart())  # before anything is written
    folders = write_run_folders(transcripts, Path(out), replace=replace)
    results = {}
    for name, folder in folders.items():
        results[name] = score(
            folder,
            group_by,
            reference=reference,
            normalizer=normalizer,
            tokens=tokens,
            level=level,
            seed=seed,
            adjust=adjust,
            empty_references=empty_references,
            strip_prefix=strip_prefix,
            strip_suffix=strip_suffix,
        )
        report(folder)
    return Imported(folders, results, transcripts.said)


def _count_columns(
    errors: Mapping[str, str | Sequence[str]],
    rates: Mapping[str, str],
    words: str | None,
    unit: RateUnit | None,
) -> dict[str, CountColumns]:
    """The columns of each system's counts; empty where none are asked for."""
    from speechfair.errors import InputError
    from speechfair.importing.imported_counts import CountColumns

    if not errors and not rates:
        if words is not None or unit is not None:
            raise InputError(
                "--words and --rate-in belong to counts; name their column with --errors or --error-rate NAME=COLUMN"
            )
        return {}
    if words is None:
        raise InputError(
            "errors or error rates without a number of words cannot be added up; name its column with --words COLUMN"
        )
    found = {}
    for name in dict.fromkeys([*errors, *rates]):
        columns = errors.get(name, ())
        columns = columns.split(",") if isinstance(columns, str) else columns
        found[name] = CountColumns(words, tuple(columns), rates.get(name), unit)
    return found


def _refuse_texts(options: Mapping[str, object]) -> None:
    """Raise `InputError` where counts are asked for together with `options` that belong to texts."""
    from speechfair.errors import InputError

    given = [name for name, value in options.items() if value]
    if given:
        raise InputError(
            "a table is imported for its counts (--errors, --error-rate) or for its texts, not for both, and texts "
            f"are what {', '.join(given)} is for; import the table twice, into two folders, or leave it out"
        )
