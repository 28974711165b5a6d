"""``speechfair metrics``: what can be measured for every group."""

from __future__ import annotations

import typer

from speechfair.cli import options, output

__all__ = ["command"]


def command(json: options.Json = False) -> None:
    """List the metrics that --metric takes: what each counts, and among what."""
    from speechfair.verbs.metrics import list_metrics

    found = list_metrics()
    if json:
        import json as json_module

        names = ("name", "title", "event", "trial", "kind", "unit", "higher_is_worse", "needs", "about")
        rows = [{name: getattr(metric, name) for name in names} for metric in found]
        typer.echo(json_module.dumps(rows, ensure_ascii=False, indent=2))
        return
    from speechfair.result_table import Column, Table

    columns = (
        Column("metric", "metric", whole=True),
        Column("counts", "counts"),
        Column("among", "among"),
        Column("unit", "in"),
        Column("about", "about"),
    )
    cells = tuple((one.name, one.event, one.trial, one.unit, one.about) for one in found)
    output.show_table(Table("", columns, cells))
