"""``speechfair models``: what can be audited, what each needs installed, and whether it is ready here."""

from __future__ import annotations

import typer

from speechfair.cli import options, output

__all__ = ["command"]


def command(json: options.Json = False) -> None:
    """List the models, what each needs installed, its licence, and whether it is ready here."""
    from dataclasses import asdict

    from speechfair.verbs.models import list_models

    rows = [asdict(row) for row in list_models()]
    if json:
        import json as json_module

        typer.echo(json_module.dumps(rows, ensure_ascii=False, indent=2))
        return
    from speechfair.result_table import Column, Table

    columns = (
        Column("model", "model", whole=True),
        Column("does", "does"),
        Column("needs", "needs", whole=True),
        Column("licence", "licence"),
        Column("ready", "ready here"),
    )
    cells = tuple(
        (
            row["spec"],
            row["does"],
            row["needs"],
            row["licence"],
            "; ".join(filter(None, ("yes" if row["ready"] else "no", row["reason"]))),
        )
        for row in rows
    )
    output.show_table(Table("", columns, cells))
