"""``speechfair corpora``: what corpora can be loaded, what their cards say, and whether one is fit for use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from speechfair.cli import corpora_write, options, output
from speechfair.errors import InputError
from speechfair.registry import corpora

__all__ = ["app"]


class _NameOrVerb(TyperGroup):
    """A group in which a word that is no verb is the name of a corpus whose card is shown."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The verb, or `show` with the word itself."""
        if args and args[0] not in self.commands:
            return "show", self.commands["show"], args
        return super().resolve_command(ctx, args)


app = typer.Typer(cls=_NameOrVerb, invoke_without_command=True, rich_markup_mode=None)
app.command()(corpora_write.manifest)
app.command()(corpora_write.split)
app.command()(corpora_write.datasheet)
app.command()(corpora_write.export)


@app.callback()
def listing(context: typer.Context, json: options.Json = False) -> None:
    """List the corpora that can be loaded; with a NAME, show its card; with a verb, work on one.

    Examples: speechfair corpora · speechfair corpora fsdd · speechfair corpora check fsdd DIR
    """
    context.obj = json
    if context.invoked_subcommand is not None:
        return
    from speechfair.verbs.corpora import list_corpora

    cards = [card.model_dump(mode="json") for card in list_corpora()]
    if json:
        _print_json(cards)
        return
    from speechfair.result_table import Column, Table

    titles = ("corpus", "what it is", "label axes", "licence")
    rows = tuple((c["name"], c["title"], ", ".join(c["axes"]), c["licence"]["id"]) for c in cards)
    output.show_table(Table("", tuple(Column(title, title) for title in titles), rows))


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Corpus name.")],
    json: options.Json = False,
) -> None:
    """Show the whole card of a corpus: labels, licence, layout, traps. The word `show` may be left out."""
    import yaml

    from speechfair.verbs.corpora import corpora_show

    card = corpora_show(name).model_dump(mode="json")
    if json or context.obj:
        _print_json(card)
    else:
        typer.echo(yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=100), nl=False)


@app.command()
def check(
    context: typer.Context,
    name: options.CorpusName,
    root: options.RootArgument = None,
    splits: Annotated[
        str | None, typer.Option(help="Parts that must not share speakers or audio, such as train,test.")
    ] = None,
    manifest: options.Manifest = None,
    columns: options.Columns = None,
    together_with: Annotated[
        list[str] | None,
        typer.Option("--with", help="Another corpus to be used with it, as NAME=DIR. Repeatable."),
    ] = None,
    group_by: options.GroupBy = None,
    audio: Annotated[bool, typer.Option(help="Decode the audio: lengths, levels, clipping, doubles.")] = True,
    threads: Annotated[int, typer.Option(min=1, help="Threads that decode.")] = 2,
    html: Annotated[Path | None, typer.Option(help="Also write a page of the result to this file.")] = None,
    language: options.Language = "en",
    option: options.Option = None,
    json: options.Json = False,
) -> None:
    """Check whether a corpus is fit for comparing groups. Exit code 1 if there is a problem.

    In the place of a name, a file of transcripts (as for `speechfair import`) is checked without audio.

    Examples: speechfair corpora check speechocean762 DIR --splits train,test · speechfair corpora check calls.csv
    """
    from speechfair.corpora import load_corpus
    from speechfair.verbs.corpora import transcripts_to_check

    if Path(name).exists() and name not in corpora().names():
        stated = options.pairs(option, "--option")
        if (
            root is not None
            or splits is not None
            or manifest is not None
            or stated.keys() - {"encoding", "language", "sheet"}
        ):
            raise InputError(
                f"{name} is a table of transcripts; it has no folder, splits or manifest, and of options --columns, "
                "--option encoding=…, language=… and sheet=…"
            )
        table = transcripts_to_check(name, columns=columns, group_by=group_by or (), **stated)
        for line in table.said:
            output.say(line)
        page = (html, language)
        _finish({"all": table}, Path(name).name, group_by, False, threads, page, json or context.obj)
        return
    given = options.key_values(option, "--option", manifest=manifest, columns=columns)
    if splits is None:
        parts: dict[str, Any] = {name: load_corpus(name, root, **given)}
    else:
        wanted = [part.strip() for part in splits.split(",")]
        if len(set(wanted)) < max(2, len(wanted)) or not all(wanted):
            raise InputError(f"--splits {splits!r}: name two or more different splits, such as train,test")
        parts = {part: load_corpus(name, root, split=part, **given) for part in wanted}
    for other, folder in options.pairs(together_with, "--with").items():
        if other in parts:
            raise InputError(f"--with {other}={folder}: {other!r} is there already")
        parts[other] = load_corpus(other, folder)
    title = " + ".join(parts) if splits is None else f"{name}: {', '.join(parts)}"
    _finish(parts, title, group_by, audio, threads, (html, language), json or context.obj)


def _finish(
    parts: Mapping[str, Any],
    title: str,
    group_by: list[str] | None,
    audio: bool,
    threads: int,
    page: tuple[Path | None, Literal["en", "ja"]],
    json: bool,
) -> None:
    from speechfair.verbs.corpora import corpora_check

    result = corpora_check(parts, group_by=group_by or (), audio=audio, threads=threads)
    html, language = page
    if html is not None:
        from speechfair.reporting.corpus_html import write_corpus_page

        write_corpus_page(result, title, html, language)
    if json:
        _print_json(result.to_dict())
    else:
        _print_check(result, language)
    if not result.ok:
        raise typer.Exit(1)


def _print_json(content: Any) -> None:
    import json as json_module

    typer.echo(json_module.dumps(content, ensure_ascii=False, indent=2))


def _print_check(result: Any, language: Literal["en", "ja"]) -> None:
    from speechfair.result_table import Column, Table

    lettered = any(group.n_characters for group in result.groups)
    columns = (
        Column("axis", "axis"),
        Column("group", "group"),
        Column("n_speakers", "speakers", "count"),
        Column("n_utterances", "utterances", "count"),
        Column("n_words", "words", "count", priority=1),
        *([Column("n_characters", "characters", "count", priority=1)] if lettered else []),
        Column("hours", "hours", "number"),
        Column("level_db", "level dB", "number", priority=2),
        Column("sample_rates", "Hz", priority=3),
    )
    rows = tuple(
        (
            g.axis,
            g.value,
            g.n_speakers,
            g.n_utterances,
            g.n_words,
            *([g.n_characters] if lettered else []),
            g.hours,
            g.level_db,
            ", ".join(map(str, g.sample_rates)),
        )
        for g in result.groups
    )
    output.show_table(Table("", columns, rows), language)
    for part, counts in result.parts.items():
        output.tell(
            f"{part}: {counts['in']} rows = {counts['usable']} usable + {counts['unreadable']} unreadable "
            f"+ {counts['excluded']} excluded",
            language,
        )
    for reason, count in result.excluded.items():
        output.tell(f"  excluded: {count} {reason}", language)
    for finding in result.findings:
        examples = f" ({', '.join(finding.examples)})" if finding.examples else ""
        output.tell(f"{finding.level}: {finding.message}", language, after=examples)
    problems = sum(finding.level == "problem" for finding in result.findings)
    notes = len(result.findings) - problems
    output.tell(f"{problems} problems, {notes} notes; {result.n_speakers} speakers", language)
