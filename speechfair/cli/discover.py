"""``speechfair discover``: slices of speakers that no label names and that fare worse."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from speechfair.cli import options, output

__all__ = ["command"]


def command(
    run: options.RunArgument,
    audio: Annotated[
        bool,
        typer.Option(
            "--audio/--no-audio", help="Listen too: loudness, signal to noise, voice (mel cepstra)."
        ),
    ] = True,
    utterances: Annotated[int, typer.Option(help="Utterances of each speaker to listen to.")] = 10,
    method: Annotated[Literal["kmeans", "gmm"], typer.Option(help="Clustering.")] = "kmeans",
    most_clusters: Annotated[int, typer.Option(help="Most clusters to cut a feature into.")] = 4,
    most_slices: Annotated[int, typer.Option(help="Most slices to test; more need stronger evidence.")] = 3,
    level: options.Level = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of the halving and the clustering.")] = 0,
    json: options.Json = False,
) -> None:
    """Search a scored run for groups of speakers without a label that have a higher error rate.

    Example: speechfair discover runs/first
    """
    from speechfair.exploring.discovery import discover

    def observe(done: int, total: int) -> None:
        if done == total or done % 100 == 0:
            output.say(f"listened to {done}/{total} speakers")

    found = discover(
        run,
        audio=audio,
        utterances=utterances,
        method=method,
        level=level,
        seed=seed,
        most_clusters=most_clusters,
        most_slices=most_slices,
        observe=observe,
    )
    typer.echo(found.to_json() if json else f"{found}\n", nl=False)
