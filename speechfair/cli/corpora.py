"""``speechfair corpora``: what corpora can be loaded, and what their cards say."""

from __future__ import annotations

from typing import Annotated

import typer

from speechfair.cli import options, output

__all__ = ["command"]


def command(
    name: Annotated[str | None, typer.Argument(help="Show the whole card of this corpus.")] = None,
    json: options.Json = False,
) -> None:
    """List the corpora that can be loaded, or show one corpus's card: labels, licence, layout, traps."""
    import json as json_module

    import yaml

    from speechfair import registry
    from speechfair.corpora.card import load_card

    names = [name] if name else registry.corpora().names()
    if name and name not in registry.corpora().names():
        registry.corpora().load(name)
    cards = [load_card(each).model_dump(mode="json") for each in names]
    if json:
        typer.echo(json_module.dumps(cards[0] if name else cards, ensure_ascii=False, indent=2))
        return
    if name:
        typer.echo(yaml.safe_dump(cards[0], sort_keys=False, allow_unicode=True, width=100), nl=False)
        return
    from rich.table import Table

    table = Table("corpus", "what it is", "label axes", "licence")
    for card in cards:
        table.add_row(card["name"], card["title"], ", ".join(card["axes"]), card["licence"]["id"])
    output.show_table(table)
