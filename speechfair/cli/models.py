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
    from rich.table import Table
    from rich.text import Text

    table = Table()
    # a name that is cut short cannot be copied
    table.add_column("model", no_wrap=True)
    longest = max(len(word) for row in rows for word in row["needs"].split())
    table.add_column("does")
    table.add_column("needs", min_width=longest)
    table.add_column("licence")
    table.add_column("ready here")
    for row in rows:
        ready = "; ".join(filter(None, ("yes" if row["ready"] else "no", row["reason"])))
        # as Text, because rich would take the [extra] of a pip install for markup
        table.add_row(*map(Text, (row["spec"], row["does"], row["needs"], row["licence"], ready)))
    output.show_table(table)
