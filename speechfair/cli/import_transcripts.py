"""``speechfair import``: transcripts in; for each system a run folder, a table and a report out. No audio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from speechfair.cli import options, output
from speechfair.cli.audit import in_language
from speechfair.errors import InputError

__all__ = ["command"]


def command(
    source: Annotated[Path, typer.Argument(help="Table or other tool's file with the transcripts.")],
    out: Annotated[Path, typer.Option(help="Folder for the run folders, one for each system.")],
    hypothesis: Annotated[
        list[str] | None,
        typer.Option(
            "--hypothesis", help="NAME=COLUMN of the table, or NAME=FILE of hypotheses. Repeatable."
        ),
    ] = None,
    errors: Annotated[
        list[str] | None,
        typer.Option(
            "--errors",
            help="Of a table with counts and no texts: NAME=COLUMN of errors, or NAME=SUB,DEL,INS. Repeatable.",
        ),
    ] = None,
    error_rate: Annotated[
        list[str] | None,
        typer.Option("--error-rate", help="NAME=COLUMN of a system's error rates. Repeatable."),
    ] = None,
    words: Annotated[
        str | None, typer.Option(help="Column of the reference words, with --errors or --error-rate.")
    ] = None,
    rate_in: Annotated[
        Literal["percent", "fraction"] | None, typer.Option(help="What --error-rate is in.")
    ] = None,
    references: Annotated[
        Path | None, typer.Option(help="File with the references, where SOURCE has hypotheses alone.")
    ] = None,
    group_by: options.GroupBy = None,
    text: Annotated[str | None, typer.Option(help="Column of the references.")] = None,
    id: Annotated[str | None, typer.Option(help="Column of the ids.")] = None,
    speaker: Annotated[str | None, typer.Option(help="Column of the speakers.")] = None,
    language: Annotated[str | None, typer.Option(help="Column of the languages.")] = None,
    lang: Annotated[str | None, typer.Option(help="Language of all rows, such as eng or pt-BR.")] = None,
    label: Annotated[
        list[str] | None, typer.Option("--label", help="AXIS=COLUMN of a label. Repeatable.")
    ] = None,
    confidence: Annotated[
        list[str] | None,
        typer.Option("--confidence", help="NAME=COLUMN of a system's confidences, 0 to 1. Repeatable."),
    ] = None,
    columns: Annotated[
        Path | None, typer.Option(help="YAML that maps columns, as for the corpus manifest.")
    ] = None,
    format: Annotated[
        str | None, typer.Option(help="Format of SOURCE (table, trn, nemo …); default: found out.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of a CSV, TSV or text file, such as cp1252; default: UTF-8.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a spreadsheet that has several.")] = None,
    references_format: Annotated[str | None, typer.Option(help="Format of the references.")] = None,
    not_asked_by: Annotated[
        str | None,
        typer.Option(
            "--not-asked-by",
            help="AXIS: a system without a hypothesis for a whole group of it was not asked, and did not fail.",
        ),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Import anew over an earlier import.")] = False,
    reference: options.Reference = None,
    normalizer: options.Normalizer = None,
    tokens: options.Tokens = None,
    empty_references: options.EmptyReferences = "exclude",
    count_empty_references: Annotated[
        bool, typer.Option("--count-empty-references", help="Short for --empty-references errors.")
    ] = False,
    strip_prefix: options.StripPrefix = None,
    strip_suffix: options.StripSuffix = None,
    level: options.Level = 0.95,
    seed: options.Seed = 0,
    adjust: options.Adjust = None,
    page_language: options.PageLanguage = "en",
    json: options.Json = False,
) -> None:
    """Audit one or more systems from transcripts (or counts) that exist, without audio.

    Example: speechfair import calls.csv --hypothesis vendor=vendor_text --group-by accent --out runs/calls
    """
    from speechfair.verbs.import_transcripts import import_transcripts

    if count_empty_references and empty_references not in ("exclude", "errors"):
        raise InputError(
            f"--count-empty-references and --empty-references {empty_references}: give one of them"
        )
    done = import_transcripts(
        source,
        options.pairs(hypothesis, "--hypothesis"),
        group_by or (),
        out=out,
        errors=options.pairs(errors, "--errors"),
        error_rates=options.pairs(error_rate, "--error-rate"),
        words=words,
        rate_in=rate_in,
        references=references,
        columns=columns,
        text=text,
        id=id,
        speaker=speaker,
        language_column=language,
        language=lang,
        labels=options.pairs(label, "--label"),
        confidence=options.pairs(confidence, "--confidence"),
        format=format,
        references_format=references_format,
        not_asked_by=not_asked_by,
        encoding=encoding,
        sheet=sheet,
        replace=replace,
        reference=options.pairs(reference, "--reference"),
        normalizer=normalizer,
        tokens=tokens,
        level=level,
        seed=seed,
        adjust=adjust or (),
        empty_references="errors" if count_empty_references else empty_references,
        strip_prefix=strip_prefix or (),
        strip_suffix=strip_suffix or (),
    )
    for line in done.said:
        output.say(line)
    if json:
        import json as json_module

        found = {name: result.model_dump(mode="json", by_alias=True) for name, result in done.results.items()}
        typer.echo(json_module.dumps(found, ensure_ascii=False, indent=2))
    for name, result in done.results.items():
        if not json:
            output.show_table(result.table(), page_language)
        in_language(done.folders[name], page_language)
        output.say(f"run folder: {done.folders[name]}\nreport:     {done.folders[name] / 'report.html'}")
    empty = [name for name, result in done.results.items() if result.totals.scored == 0]
    if empty:
        raise InputError(
            f"no utterance of {', '.join(empty)} could be scored; the reasons are in its audit.json"
        )
