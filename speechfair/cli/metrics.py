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
    from rich.table import Table
    from rich.text import Text

    table = Table()
    table.add_column("metric", no_wrap=True)
    for title in ("counts", "among", "in", "about"):
        table.add_column(title)
    for metric in found:
        table.add_row(*map(Text, (metric.name, metric.event, metric.trial, metric.unit, metric.about)))
    output.show_table(table)
