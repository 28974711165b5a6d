"""``speechfair prepare``: list a corpus into the manifest of a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from speechfair.cli import options, output

__all__ = ["command"]


def command(
    corpus: options.CorpusName,
    out: Annotated[Path, typer.Option(help="Run folder to write.")],
    root: options.Root = None,
    split: options.Split = None,
    manifest: options.Manifest = None,
    columns: options.Columns = None,
    option: options.Option = None,
    json: options.Json = False,
) -> None:
    """List a corpus into a run folder: labels, audio digests, durations. Nothing is transcribed yet."""
    from speechfair.auditing.run import prepare
    from speechfair.corpora import load_corpus
    from speechfair.running.stored_manifest import read_manifest

    loaded = load_corpus(
        corpus,
        root,
        **options.key_values(option, "--option", split=split, manifest=manifest, columns=columns),
    )
    table = read_manifest(prepare(loaded, out))
    excluded = int(table["excluded"].is_not_null().sum())
    broken = int(table["audio_error"].is_not_null().sum())
    facts = {
        "rows": table.height,
        "excluded": excluded,
        "audio_errors": broken,
        "speakers": table["speaker"].drop_nulls().n_unique(),
        "hours": float(table["duration_s"].fill_null(0.0).sum()) / 3600,
    }
    if json:
        import json as json_module

        typer.echo(json_module.dumps(facts))
    else:
        typer.echo(
            f"{facts['rows']} rows: {facts['rows'] - excluded - broken} ready, {broken} with unusable audio, "
            f"{excluded} excluded; {facts['speakers']} speakers, {facts['hours']:.2f} h"
        )
    output.say(f"next: speechfair transcribe {out} --model bundled:whisper-tiny.en")
