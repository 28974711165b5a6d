"""``speechfair process diff``, ``portfolio``, ``open``, ``assign`` and ``import``: what managers ask for, and tools."""

from __future__ import annotations

import json as json_module
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from speechfair.cli import options, output
from speechfair.errors import InputError

__all__ = ["assign_command", "diff_command", "import_command", "open_command", "portfolio_command"]

_COLON = {"en": ": ", "ja": ":"}
_COMMA = {"en": ", ", "ja": "、"}

Folder = Annotated[Path, typer.Argument(help="Process folder.")]
Words = Annotated[
    Literal["en", "ja"] | None, typer.Option("--language", help="en or ja; default: the plan's.")
]


def diff_command(
    old: Annotated[Path, typer.Argument(help="Process folder of the release before.")],
    new: Annotated[Path, typer.Argument(help="Process folder of the release after.")],
    every: Annotated[bool, typer.Option("--all", help="Also items whose status is the same.")] = False,
    language: Words = None,
    json: options.Json = False,
) -> None:
    """Two releases side by side, item by item."""
    from speechfair.process.process_plan import read_plan
    from speechfair.process.words import DIRECTION_WORDS, STATUS_WORDS
    from speechfair.verbs.process import process_diff

    found = process_diff(old, new)
    shown = [each for each in found if every or each.direction != "same"]
    if json:
        typer.echo(json_module.dumps([_plain(each) for each in shown], ensure_ascii=False, indent=2))
        return
    own = language or read_plan(new).language
    heads = ("item", "before", "after", "", "what it asks for, and why") if own == "en" else (
        "項目", "前", "後", "", "要求と理由",
    )  # fmt: skip
    rows = []
    for each in shown:
        before, after = (STATUS_WORDS[s].of(own) if s else "" for s in (each.before, each.after))
        words = f"{each.title.of(own)}{_COLON[own]}{each.reason.of(own)}"
        rows.append((each.item, before, after, DIRECTION_WORDS[each.direction].of(own), words))
    _show(heads, rows)
    counts = {name: sum(each.direction == name for each in found) for name in DIRECTION_WORDS}
    typer.echo(_COMMA[own].join(f"{DIRECTION_WORDS[name].of(own)} {n}" for name, n in counts.items() if n))


def portfolio_command(
    folders: Annotated[list[Path], typer.Argument(help="Process folders.")],
    language: Annotated[Literal["en", "ja"], typer.Option(help="en or ja.")] = "en",
    report: Annotated[Path | None, typer.Option(help="Also write a page (HTML) to this file.")] = None,
    json: options.Json = False,
) -> None:
    """Many models on one page: gates, items met, what failed, what is overdue."""
    from speechfair.process.words import OUTCOME_WORDS
    from speechfair.verbs.process import process_portfolio

    found = process_portfolio(folders)
    if report is not None:
        from speechfair.reporting.portfolio_html import write_portfolio

        output.say(str(write_portfolio(found, report, language)))
    if json:
        typer.echo(json_module.dumps([asdict(each) for each in found], ensure_ascii=False, indent=2))
        return
    names = ("model", "AIFL", "data", "evaluation", "release", "update", "met", "failed", "overdue")
    ja = ("モデル", "AIFL", "データ", "評価", "公開", "更新", "充足", "不合格", "期限超過")
    rows: list[Sequence[str]] = []
    for each in found:
        if each.problem is not None:
            rows.append((each.folder, "", "", "", "", "", "", each.problem, ""))
            continue
        gates = [
            OUTCOME_WORDS[each.gates[g]].of(language) for g in ("data", "evaluation", "release", "update")
        ]
        failed = ", ".join(each.failed[:4]) + (" …" if len(each.failed) > 4 else "")
        met, late = f"{each.met}/{each.musts}", str(each.overdue)
        rows.append((each.name, str(each.aifl), *gates, met, failed, late))
    _show(names if language == "en" else ja, rows)
    if any(each.problem for each in found):
        raise typer.Exit(2)


def open_command(
    folder: Folder,
    csv: Annotated[Path | None, typer.Option(help="Also write the items to this CSV file.")] = None,
    json: options.Json = False,
) -> None:
    """List must-items that are not met, each with its owner and day; `assign` sets both."""
    from speechfair.process.side_by_side import open_items_csv
    from speechfair.process.status import read_state
    from speechfair.process.words import STATUS_WORDS
    from speechfair.store import write_atomically
    from speechfair.verbs.process import process_open

    found = process_open(folder)
    if csv is not None:
        write_atomically(csv, open_items_csv(read_state(folder)))
        output.say(str(csv))
    if json:
        typer.echo(json_module.dumps([_plain(each) for each in found], ensure_ascii=False, indent=2))
        return
    own = read_state(folder).material.plan.language
    late = "overdue" if own == "en" else "期限超過"
    for each in found:
        day = f"{each.due or '-'}{f' ({late})' if each.overdue else ''}"
        words = f"{each.item:8} {each.owner or '-':10} {day:22} {STATUS_WORDS[each.status].of(own)}"
        typer.echo(f"{words}  {each.title.of(own)}{_COLON[own]}{each.reason.of(own)}")


def assign_command(
    folder: Folder,
    item: Annotated[str, typer.Argument(help="Item id, such as AF-0.2.")],
    owner: Annotated[str, typer.Option(help="Id of the person in roles.yaml.")],
    due: Annotated[str, typer.Option(help="Day by which it is to be done, YYYY-MM-DD.")],
) -> None:
    """Say who has to see to an item, and until when."""
    from datetime import date

    from speechfair.verbs.process import process_assign

    try:
        day = date.fromisoformat(due)
    except ValueError:
        raise InputError(f"--due {due!r}: write a day as YYYY-MM-DD") from None
    typer.echo(str(process_assign(folder, item, owner=owner, due=day)))


def import_command(
    folder: Folder,
    name: Annotated[str, typer.Argument(help="Tool, such as git, mlflow or wandb; `list` lists them.")],
    path: Annotated[Path | None, typer.Argument(help="The tool's file or folder.")] = None,
    kept_as: Annotated[
        str | None, typer.Option("--as", help="Name of the copy, where two files have the same name.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put this in place of other evidence of the same name.")
    ] = False,
) -> None:
    """Keep what another tool recorded as evidence, and say what it proves and what it does not."""
    from speechfair.process.importers import importers, proves
    from speechfair.process.process_plan import read_plan
    from speechfair.verbs.process import process_import

    own = read_plan(folder).language
    yes, no = ("proves", "does not prove") if own == "en" else ("証明すること", "証明しないこと")
    if name == "list":
        for each in importers().names():
            shown, not_shown = proves(each)
            typer.echo(f"{each:12} {yes}: {shown.of(own)}\n{'':12} {no}: {not_shown.of(own)}")
        return
    if path is None:
        raise InputError("name the tool's file or folder")
    found = process_import(folder, name, path, kept_as=kept_as, replace=replace)
    typer.echo(str(found.path))
    typer.echo(f"{yes}: {found.proves.of(own)}\n{no}: {found.not_proven.of(own)}")
    for problem in found.problems:
        typer.echo(f"! {problem.of(own)}")


def _show(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from speechfair.result_table import Column, Table

    columns = tuple(Column(f"c{n}", head, whole=n == 0) for n, head in enumerate(heads))
    output.show_table(Table("", columns, tuple(tuple(row) for row in rows)))


def _plain(each: object) -> dict[str, object]:
    content = asdict(each)  # type: ignore[call-overload]
    for key in ("title", "reason"):
        content[key] = {"en": getattr(each, key).en, "ja": getattr(each, key).ja}
    return dict(content)
