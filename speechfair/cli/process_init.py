"""``speechfair process init``: by options, by a file, or by questions in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from speechfair.cli import options
from speechfair.errors import InputError

if TYPE_CHECKING:
    from speechfair.process.init import Start

__all__ = ["init_command"]

Folder = Annotated[Path, typer.Argument(help="Process folder.")]


def init_command(
    folder: Folder,
    config: Annotated[Path | None, typer.Option("--from", help="YAML with all of this, and more.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the system.")] = None,
    aifl: Annotated[int | None, typer.Option(help="Fairness level: 0, 1 or 2.")] = None,
    languages: Annotated[str | None, typer.Option(help="Spoken languages, ISO 639-3, comma between.")] = None,
    language: Annotated[str | None, typer.Option(help="Of the files to fill in: en or ja.")] = None,
    role: Annotated[
        list[str] | None, typer.Option("--role", help="Who does what, as trainer=kei. Repeatable.")
    ] = None,
    fact: Annotated[
        list[str] | None, typer.Option("--fact", help="What only you know, as deployed=true. Repeatable.")
    ] = None,
    gain_for: Annotated[
        list[str] | None,
        typer.Option(
            help="Group that is to be served better, as accent=cmn. Repeatable; none: for no group."
        ),
    ] = None,
    ask: Annotated[
        bool, typer.Option("--ask", help="Ask for everything in the terminal, also the forms.")
    ] = False,
) -> None:
    """Write the files of a process folder, ready to fill in, and freeze the plan.

    Example: speechfair process init process --name callcentre --aifl 1 --languages eng --role trainer=kei
    """
    from speechfair.process.catalogue import FACTS
    from speechfair.process.words import FACT_QUESTIONS
    from speechfair.verbs.process import process_init

    if ask:
        from speechfair.cli.process_answers import answers_path
        from speechfair.cli.process_ask import ask as ask_all

        if config is not None:
            raise InputError("give either --from FILE or --ask, not both")
        start = ask_all(folder, _given(name, aifl, languages, language, role, fact, gain_for))
        written = process_init(folder, start)
        answers_path(folder).unlink(missing_ok=True)
    else:
        start = _start(config, name, aifl, languages, language, role, fact, gain_for)
        written = process_init(folder, start)
    ja = start.language == "ja"
    typer.echo(
        f"{folder}:計画を AIFL {start.aifl} で凍結した。記入するファイル:"
        if ja
        else f"{folder}: plan frozen at fairness level {start.aifl}; fill in:"
    )
    for path in written:
        typer.echo(f"  {path}")
    unknown = [name for name in FACTS if start.facts.get(name) is None]
    if unknown:
        typer.echo(
            "不明な事実(関係する項目はすべて適用する。--fact 名前=true|false で指定):"
            if ja
            else "not said, so the items that depend on it apply (--fact NAME=true|false):"
        )
    for name in unknown:
        typer.echo(f"  `{name}`: {FACT_QUESTIONS[name].of(start.language)}")


def _start(
    config: Path | None,
    name: str | None,
    aifl: int | None,
    languages: str | None,
    language: str | None,
    role: list[str] | None,
    fact: list[str] | None,
    gain_for: list[str] | None,
) -> Start:
    from speechfair.process.init import Start, read_start

    if config is not None:
        if any(value is not None for value in (name, aifl, languages, language, role, fact, gain_for)):
            raise InputError("give either --from FILE or the other options, not both")
        return read_start(config)
    if name is None or aifl is None or languages is None:
        raise InputError("--name, --aifl and --languages are needed (or --from FILE, or --ask)")
    given = _given(name, aifl, languages, language, role, fact, gain_for)
    try:
        return Start.model_validate({**given, "language": language or "en"})
    except ValueError as error:
        from speechfair.cli.process_answers import first_line

        raise InputError(f"process init: {first_line(error)}") from None


def _given(
    name: str | None,
    aifl: int | None,
    languages: str | None,
    language: str | None,
    role: list[str] | None,
    fact: list[str] | None,
    gain_for: list[str] | None,
) -> dict[str, Any]:
    """What the options say; None where they say nothing."""
    facts = options.key_values(fact, "--fact")
    roles: dict[str, Any] = dict(options.pairs(role, "--role"))
    if "trainer" in roles:
        roles["trainer"] = roles["trainer"].split("+")
    if roles:
        named = [person for who in roles.values() for person in ([who] if isinstance(who, str) else who)]
        roles["people"] = [{"id": person} for person in dict.fromkeys(named)]
    return {
        "name": name,
        "aifl": aifl,
        "languages": [code.strip() for code in languages.split(",")] if languages else None,
        "language": language,
        "facts": facts,
        "gain_for": [] if gain_for == ["none"] else gain_for,
        "forms": {"roles.yaml": roles} if roles else {},
    }
