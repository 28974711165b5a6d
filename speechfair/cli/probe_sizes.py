"""Before a probe is run: what it would cost, and which gap it can show. Shared by the verbs of ``speechfair probe``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from speechfair.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from speechfair.probes.probe_cost import ProbeCost

__all__ = ["Assume", "DryRun", "assumed", "command", "show_cost"]

DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Ask nothing: print clips, requests, audio, tokens, price, visible gaps."),
]
Assume = Annotated[
    list[str] | None,
    typer.Option(
        "--assume",
        help="For --dry-run: audio_tokens_a_second, reply_tokens, price_text, price_audio, price_reply (per million "
        "tokens), as KEY=VALUE. Repeatable.",
    ),
]


def command(
    voices: Annotated[str, typer.Option(help="Voices of a group.")] = "8,12",
    items: Annotated[str, typer.Option(help="Items (scenes) that every voice says.")] = "8,12,24,48",
    questions: Annotated[float, typer.Option(help="Questions about each item at a level.")] = 2.0,
    comparisons: Annotated[int, typer.Option(min=1, help="Groups times levels that are tested.")] = 8,
    power: Annotated[float, typer.Option(help="Wanted probability of showing the gap.")] = 0.8,
    share: Annotated[float, typer.Option(help="Assumed share right in the reference group.")] = 0.85,
    voice_sd: Annotated[float, typer.Option(help="Assumed SD of the gap over voices, a share.")] = 0.05,
    item_sd: Annotated[float, typer.Option(help="Assumed SD of the gap over items, a share.")] = 0.10,
    level: options.Level = 0.95,
    json: options.Json = False,
) -> None:
    """Say which gap between two groups a probe of some size can show, by formula and from stated assumptions.

    Example: speechfair probe plan --voices 8,12 --items 12,24,48
    """
    from speechfair.verbs.probe import probe_plan

    found = probe_plan(
        _sizes("--voices", voices),
        _sizes("--items", items),
        questions=questions,
        comparisons=comparisons,
        power=power,
        level=level,
        share=share,
        voice_sd=voice_sd,
        item_sd=item_sd,
    )
    if json:
        import json as format_json
        from dataclasses import asdict

        typer.echo(format_json.dumps([asdict(one) for one in found], indent=2))
        return
    for one in found:
        typer.echo(_line(one.voices, one.items, one.gap))


def show_cost(
    cost: ProbeCost, voices: int | None, items: int, questions: float = 2.0, comparisons: int = 8
) -> None:
    """Print a cost, and which gaps this size and larger ones show."""
    from speechfair.verbs.probe import probe_plan

    for line in cost.lines():
        typer.echo(line)
    if voices is None:
        typer.echo("gap:      no speaker ids, so no interval and no verdict at any size")
        return
    sizes = (items, 2 * items, 4 * items)
    for one in probe_plan([voices], sizes, questions=questions, comparisons=comparisons):
        typer.echo(_line(one.voices, one.items, one.gap))
    typer.echo("(power 80 %, by formula; `speechfair probe plan --help` names the assumptions)")


def assumed(given: Sequence[str] | None) -> Any:
    """`Assumed` of ``KEY=VALUE`` words."""
    from speechfair.probes.probe_cost import Assumed

    return Assumed.of(options.key_values(given, "--assume"))


def _line(voices: int, items: int, gap: float | None) -> str:
    from speechfair.wording import percent

    shown = "none: too few for an interval" if gap is None else f"{percent(gap)} points"
    return f"gap:      {voices} voices, {items} items show {shown}"


def _sizes(flag: str, words: str) -> list[int]:
    from speechfair.errors import InputError

    try:
        return [int(word) for word in words.split(",")]
    except ValueError:
        raise InputError(f"{flag} {words!r}: write whole numbers, such as 8,12") from None
