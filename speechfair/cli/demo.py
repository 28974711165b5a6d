"""``speechfair demo``: a whole audit on synthetic accents with a planted truth, in a few minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from speechfair.cli import options, output
from speechfair.cli.audit import finish

__all__ = ["command"]


def command(
    out: Annotated[Path, typer.Option(help="Run folder to write; the same command resumes it.")] = Path(
        "runs/demo"
    ),
    model: options.Model = "bundled:whisper-tiny.en",
    window: options.Window = "10",
    language: options.Language = "en",
    json: options.Json = False,
) -> None:
    """Audit a real recogniser on synthetic accents whose order is known, so that you see what an audit says.

    The speech is made by espeak-ng with L1 phoneme rules at two strengths. It says nothing about real speakers.
    """
    from speechfair.models import load_model
    from speechfair.verbs.demo import demo

    output.say("making synthetic speech: four accents at two strengths, and the reference …")
    recognizer = load_model(model, **options.model_options(None, window))
    with output.transcription_progress() as observe:
        result = demo(recognizer, out=out, observe=observe)
    finish(result, out, json, language)
    output.say(
        "these accents were planted by rule and get worse with strength by design; now try real speech:\n"
        "  speechfair audit speechocean762 --root DIR --split test --group-by age_band --group-by gender"
    )
