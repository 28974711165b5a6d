"""``speechfair corpora manifest``, ``split``, ``datasheet`` and ``export``: what is written of a corpus."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from speechfair.cli import options
from speechfair.wording import count, percent

if TYPE_CHECKING:
    from speechfair.types import Corpus

__all__ = ["datasheet", "export", "manifest", "split"]

Audio = Annotated[bool, typer.Option(help="Read every audio file, for digests and lengths.")]
Permission = Annotated[
    str | None,
    typer.Option(help="The holder's permission to redistribute, in words; kept with what is written."),
]
Threads = Annotated[int, typer.Option(min=1, help="Threads that read audio.")]


def manifest(
    context: typer.Context,
    name: options.CorpusName,
    root: options.RootArgument = None,
    out: Annotated[Path, typer.Option(help="Parquet file to write; it must not exist.")] = Path(
        "manifest.parquet"
    ),
    split: options.Split = None,
    manifest: options.Manifest = None,
    columns: options.Columns = None,
    audio: Audio = True,
    threads: Threads = 2,
    option: options.Option = None,
    json: options.Json = False,
) -> None:
    """List a corpus in one Parquet file, streaming: ids, texts, speakers, labels with their source, exclusions.

    Examples: speechfair corpora manifest common_voice DIR --no-audio --out cv.parquet
    """
    from speechfair.verbs.corpora import corpora_manifest

    corpus = _load(name, root, option, split=split, manifest=manifest, columns=columns)
    made = corpora_manifest(corpus, out, audio=audio, threads=threads)
    if json or context.obj:
        typer.echo(json_module.dumps(made.to_dict(), indent=2))
        return
    typer.echo(
        f"{made.path}: {made.rows} rows = {made.usable} usable + {made.unreadable} unreadable "
        f"+ {made.excluded} excluded"
    )
    typer.echo(f"sha256 {made.sha256}")


def split(
    context: typer.Context,
    name: options.CorpusName,
    root: options.RootArgument = None,
    out: Annotated[Path, typer.Option(help="New folder for the parts.")] = Path("split"),
    parts: Annotated[
        str, typer.Option(help="Shares of the speakers, by part.")
    ] = "train=0.8,dev=0.1,test=0.1",
    by: Annotated[
        list[str] | None, typer.Option("--by", help="Label axis to keep alike in all parts. Repeatable.")
    ] = None,
    texts: Annotated[
        Literal["shared", "together", "drop"],
        typer.Option(
            help="shared: texts may be in several parts; together: speakers of one text go together; drop: rows whose "
            "text is in another part are left out."
        ),
    ] = "shared",
    seed: Annotated[int, typer.Option(help="Seed of the order in which speakers are dealt out.")] = 0,
    allow_missing: Annotated[
        bool,
        typer.Option("--allow-missing", help="Go on where a group has fewer speakers than there are parts."),
    ] = False,
    drop_unknown_speakers: Annotated[
        bool, typer.Option("--drop-unknown-speakers", help="Leave out rows that do not name their speaker.")
    ] = False,
    manifest: options.Manifest = None,
    columns: options.Columns = None,
    audio: Audio = True,
    threads: Threads = 2,
    option: options.Option = None,
    json: options.Json = False,
) -> None:
    """Split a corpus into parts without a common speaker, alike in their groups, and say what was achieved.

    Examples: speechfair corpora split l2_arctic DIR --by first_language --texts drop --out parts
    """
    from speechfair.curating.corpus_split import shares_of
    from speechfair.verbs.corpora import corpora_split

    corpus = _load(name, root, option, manifest=manifest, columns=columns)
    result = corpora_split(
        corpus,
        out,
        shares_of(parts),
        by=by or (),
        seed=seed,
        texts=texts,
        allow_missing=allow_missing,
        drop_unknown_speakers=drop_unknown_speakers,
        audio=audio,
        threads=threads,
    )
    if json or context.obj:
        typer.echo(json_module.dumps(result.to_dict(), ensure_ascii=False, indent=2))
    else:
        _print_split(result, out)


def datasheet(
    context: typer.Context,
    name: options.CorpusName,
    root: options.RootArgument = None,
    out: Annotated[Path, typer.Option(help="New folder for the datasheet.")] = Path("datasheet"),
    rows: Annotated[
        bool | None,
        typer.Option(
            help="Whether rows (texts, speakers, labels) go with it; default: where the licence allows it."
        ),
    ] = None,
    with_audio: Annotated[
        bool, typer.Option("--with-audio", help="Describe the audio files as published.")
    ] = False,
    permission: Permission = None,
    url: Annotated[str | None, typer.Option(help="Where the corpus can be had.")] = None,
    split: options.Split = None,
    manifest: options.Manifest = None,
    columns: options.Columns = None,
    audio: Audio = True,
    threads: Threads = 2,
    option: options.Option = None,
    json: options.Json = False,
) -> None:
    """Write a Croissant description (with Responsible-AI terms) and a data statement filled in from counts.

    Examples: speechfair corpora datasheet speechocean762 DIR --out datasheet
    """
    from speechfair.verbs.corpora import corpora_datasheet

    corpus = _load(name, root, option, split=split, manifest=manifest, columns=columns)
    made = corpora_datasheet(
        corpus,
        out,
        rows=rows,
        describe_audio=with_audio,
        permission=permission,
        audio=audio,
        threads=threads,
        url=url,
    )
    if json or context.obj:
        typer.echo(json_module.dumps(made.to_dict(), indent=2))
        return
    typer.echo(f"{made.folder}: {', '.join(made.files)}")
    if not made.rows_described:
        typer.echo("no rows: the licence does not allow redistribution, or --no-rows was given")
    typer.echo(
        "croissant.json was read by mlcroissant"
        if made.validated
        else "croissant.json was not read by mlcroissant, which is not installed: pip install 'speechfair[exports]'"
    )
    typer.echo(f"data-statement.md: {made.n_to_fill} questions are left to answer")


def export(
    context: typer.Context,
    name: options.CorpusName,
    root: options.RootArgument = None,
    to: Annotated[
        Literal["cuts", "dataset", "shards"],
        typer.Option(help="cuts (lhotse, no audio), dataset (Hugging Face) or shards (WebDataset)."),
    ] = "cuts",
    out: Annotated[Path, typer.Option(help="File of cuts (*.jsonl.gz), or new folder.")] = Path("export"),
    with_audio: Annotated[bool, typer.Option(help="For a dataset: whether the audio goes with it.")] = True,
    permission: Permission = None,
    split: options.Split = None,
    manifest: options.Manifest = None,
    columns: options.Columns = None,
    option: options.Option = None,
    json: options.Json = False,
) -> None:
    """Write a corpus in another library's format; reports what cannot be written. The licence must allow the audio.

    Examples: speechfair corpora export vctk DIR --to dataset --out vctk-dataset
    """
    from speechfair.verbs.corpora import corpora_export

    corpus = _load(name, root, option, split=split, manifest=manifest, columns=columns)
    left = corpora_export(corpus, out, to=to, audio=with_audio, permission=permission)
    if json or context.obj:
        typer.echo(json_module.dumps({"out": str(out), "not_written": left}, indent=2, ensure_ascii=False))
        return
    typer.echo(f"written to {out}")
    for reason, number in left.items():
        typer.echo(f"not written: {number} {reason}")


def _load(name: str, root: Path | None, option: list[str] | None, **given: Any) -> Corpus:
    from speechfair.corpora import load_corpus

    return load_corpus(name, root, **options.key_values(option, "--option", **given))


def _print_split(result: Any, out: Path) -> None:
    from speechfair.cli import output
    from speechfair.result_table import Table

    parts = result.parts
    rows = [
        ("all", *(_share(part.n_speakers, "speaker", part.speaker_share) for part in parts.values())),
        ("", *(_share(part.n_utterances, "row", part.utterance_share) for part in parts.values())),
    ]
    for stratum in dict.fromkeys(s for part in parts.values() for s in part.strata):
        rows.append((stratum, *(count(part.strata.get(stratum, 0)) for part in parts.values())))
    output.show_table(Table.of_texts("", ("group", *parts), rows))
    for reason, number in result.left_out.items():
        typer.echo(f"left out: {number} {reason}")
    for name, absent in result.missing.items():
        typer.echo(f"note: {name} has nobody of {', '.join(absent)}")
    for note in result.notes:
        typer.echo(f"note: {note}")
    typer.echo(
        f"written to {out}; load a part with --option listing={out / next(iter(result.parts))}.parquet"
    )


def _share(number: int, noun: str, share: float) -> str:
    return f"{count(number, noun)} ({percent(share, sign=True)})"
