"""``speechfair doctor``: what is installed here, what is ready, and what to do about the rest."""

from __future__ import annotations

import typer

from speechfair.cli import options, output

__all__ = ["command"]


def command(json: options.Json = False) -> None:
    """Check this installation: versions, optional parts, models, cache and disk. Exit 1 if the core is unfit."""
    from dataclasses import asdict

    from speechfair.verbs.doctor import doctor

    findings = doctor()
    if json:
        import json as json_module

        typer.echo(json_module.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        from speechfair.result_table import Column, Table

        columns = (
            Column("status", ""),
            Column("what", "what"),
            Column("found", "found"),
            Column("advice", "what to do"),
        )
        rows = tuple((f.status, f.what, f.found, f.advice or "") for f in findings)
        output.show_table(Table("", columns, rows))
    if any(finding.status == "bad" for finding in findings):
        raise typer.Exit(1)
