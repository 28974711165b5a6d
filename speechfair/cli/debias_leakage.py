"""``speechfair debias leakage``: how much of a label the encoder states of any models give away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speechfair.cli import options, output
from speechfair.wording import points

if TYPE_CHECKING:
    from speechfair.debias.leakage.leakage_report import LeakageReport

__all__ = ["command"]


def command(
    models: Annotated[
        list[str],
        typer.Argument(
            help="bundled:NAME, whisper:FOLDER, ctc:FOLDER, or the folder of a debiasing run (its model before and "
            "after). Others are compared with the first."
        ),
    ],
    corpus: Annotated[
        str, typer.Option(help="Corpus of speakers that no model was trained on; `manifest` reads a file.")
    ],
    axis: Annotated[
        list[str], typer.Option("--axis", help="Label axis to predict, such as accent. Repeatable.")
    ],
    root: options.Root = None,
    split: options.Split = None,
    manifest: options.Manifest = None,
    columns: options.Columns = None,
    option: options.Option = None,
    per_speaker: Annotated[
        int | None, typer.Option(min=1, help="Only the first so many utterances of each speaker.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", help="Group to leave out. Repeatable.")
    ] = None,
    last_layer: Annotated[
        bool, typer.Option("--last-layer", help="Probe the last layer only, not every one.")
    ] = False,
    language: Annotated[str | None, typer.Option(help="Of a multilingual Whisper, such as en.")] = None,
    permutations: Annotated[
        int, typer.Option(min=1, help="Permuted labels that chance is taken from.")
    ] = 100,
    level: options.Level = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of folds, permutations and resamples.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Also write the JSON to this file.")] = None,
    json: options.Json = False,
) -> None:
    """Predict a label from encoder states with a linear probe, on speakers it was not fitted on; compare with chance.

    Example: speechfair debias leakage runs/erm --corpus speechocean762 --root DIR --split test --axis gender
    """
    from speechfair.corpora import load_corpus
    from speechfair.verbs.debias import debias_leakage

    given = options.key_values(option, "--option", split=split, manifest=manifest, columns=columns)
    found = debias_leakage(
        models,
        load_corpus(corpus, root, **given),
        axis,
        per_speaker=per_speaker,
        leave_out=exclude or (),
        every_layer=not last_layer,
        language=language,
        permutations=permutations,
        level=level,
        seed=seed,
        out=out,
        say=output.say,
    )
    if json:
        typer.echo(found.to_json(), nl=False)
    else:
        _show(found)
    if out is not None:
        output.say(f"written to {out}")


def _show(found: LeakageReport) -> None:
    from speechfair.debias.debias_tables import leakage_table

    for data in found.axes:
        groups = ", ".join(
            f"{group} {count} speakers, {data.utterances[group]} utterances"
            for group, count in data.speakers.items()
        )
        typer.echo(f"{data.axis}: {groups}")
        for reason, count in data.left_out.items():
            typer.echo(f"  left out: {count} ({reason})")
    output.show_table(leakage_table(found))
    for part in found.changes:
        value = part.change
        interval = value.reason or f"[{points(value.low)}, {points(value.high)}]"
        typer.echo(
            f"{part.axis}, layer {part.layer}{' (last)' if part.last else ''}: {points(value.value)} points "
            f"{interval} from {part.before} to {part.after}"
        )
    for note in found.notes:
        typer.echo(f"note: {note}")
