"""Options that several verbs share, and how ``key=value`` words become arguments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from speechfair.cli import completion
from speechfair.errors import InputError

__all__ = [
    "Address",
    "Adjust",
    "EmptyReferences",
    "Engine",
    "EngineOption",
    "GroupBy",
    "Json",
    "Language",
    "Level",
    "Metric",
    "Model",
    "ModelOption",
    "Normalizer",
    "Option",
    "OverrideGate",
    "PageLanguage",
    "Process",
    "Reference",
    "RetryFailed",
    "Root",
    "RootArgument",
    "RunArgument",
    "Seed",
    "Split",
    "StripPrefix",
    "StripSuffix",
    "Tokens",
    "Window",
    "key_values",
    "model_options",
    "pairs",
]

CorpusName = Annotated[
    str,
    typer.Argument(help="Corpus name; `speechfair corpora` lists them.", autocompletion=completion.corpora),
]
Language = Annotated[
    Literal["en", "ja"],
    typer.Option(help="Language of the page and of what is printed: English or Japanese."),
]
PageLanguage = Annotated[
    Literal["en", "ja"],
    typer.Option(
        "--page-language",
        help="Language of the page and of what is printed, where --language is that of the speech.",
    ),
]
RunArgument = Annotated[Path, typer.Argument(help="Run folder.")]
Root = Annotated[
    Path | None,
    typer.Option(help="Folder of the corpus, or an address such as s3://bucket/corpus (extra remote)."),
]
RootArgument = Annotated[
    Path | None, typer.Argument(help="Folder of the corpus, or its address, such as s3://bucket/corpus.")
]
Split = Annotated[str | None, typer.Option(help="Part of the corpus, such as test.")]
Manifest = Annotated[
    Path | None,
    typer.Option(help="For the corpus `manifest`: CSV, TSV, JSONL or Parquet file, or its address."),
]
Columns = Annotated[Path | None, typer.Option(help="For the corpus `manifest`: YAML that maps columns.")]
Process = Annotated[
    Path | None,
    typer.Option(
        "--process",
        envvar="SPEECHFAIR_PROCESS",
        help="Process folder whose ledger notes this run; default: `process` next to the run folder or above it.",
    ),
]
OverrideGate = Annotated[
    str | None,
    typer.Option(
        "--override-gate",
        help="Reason to begin although the process folder's gate is not open. The ledger records it.",
    ),
]
Option = Annotated[
    list[str] | None,
    typer.Option("--option", help="Any other corpus option, as KEY=VALUE (YAML value). Repeatable."),
]
Model = Annotated[
    str,
    typer.Option(
        help="Model, such as bundled:whisper-tiny.en; `speechfair models` lists them.",
        autocompletion=completion.models,
    ),
]
ModelOption = Annotated[
    list[str] | None, typer.Option("--model-option", help="Any other model option, as KEY=VALUE. Repeatable.")
]
Window = Annotated[
    str | None,
    typer.Option(
        help="Whisper window: exact (30 s), seconds such as 10 (about 4 x faster), or auto: 10 where a sample "
        "shows that no group is worse off."
    ),
]
GroupBy = Annotated[
    list[str] | None,
    typer.Option(
        "--group-by",
        help="Label axis; gender+age_band is a crossing. Repeatable.",
        autocompletion=completion.axes,
    ),
]
Reference = Annotated[
    list[str] | None, typer.Option("--reference", help="Reference group, as AXIS=VALUE. Repeatable.")
]
Adjust = Annotated[
    list[str] | None,
    typer.Option(
        "--adjust",
        help="Label axis, duration_s or speech_rate: also give ratios at equal values. Repeatable.",
        autocompletion=completion.axes,
    ),
]
Metric = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        help="Metric to give for every group next to the error rate; `speechfair metrics` lists them. Repeatable.",
        autocompletion=completion.metrics,
    ),
]
Normalizer = Annotated[
    str | None,
    typer.Option(
        help="One normaliser for every row, such as english or basic; default by each row's language."
    ),
]
Tokens = Annotated[
    Literal["words", "characters", "mixed"] | None,
    typer.Option(help="What is counted in every row; default by each row's language."),
]
StripPrefix = Annotated[
    list[str] | None,
    typer.Option(
        "--strip-prefix",
        help="Words left out where a hypothesis begins with them, such as a speech-LLM's introduction. Repeatable.",
    ),
]
StripSuffix = Annotated[
    list[str] | None,
    typer.Option("--strip-suffix", help="Words left out where a hypothesis ends with them. Repeatable."),
]
EmptyReferences = Annotated[
    Literal["exclude", "errors", "errors-and-words"],
    typer.Option(
        help="What is recognised where the reference is empty: its own measure only, or counted into the rates "
        "as errors, or as errors and reference words."
    ),
]
Level = Annotated[float, typer.Option(help="Coverage of the intervals.")]
MarginRelative = Annotated[
    float, typer.Option(help="A group is degraded if its rate rises by more than this share of it …")
]
MarginAbsolute = Annotated[float, typer.Option(help="… and by more than this much (0.01 is one point).")]
TableFormat = Annotated[
    Literal["text", "markdown", "csv", "latex"], typer.Option(help="Form of what is printed.")
]
Seed = Annotated[int, typer.Option(help="Seed of bootstrap and permutation.")]
Engine = Annotated[
    str,
    typer.Option("--engine", help="What recognises: local, this process, or ray, workers of a Ray cluster."),
]
Address = Annotated[
    str | None,
    typer.Option(
        help="With --engine ray: the cluster, such as auto or head:6379; default the one that runs here, "
        "else one of this machine."
    ),
]
EngineOption = Annotated[
    list[str] | None,
    typer.Option(
        "--engine-option",
        help="With --engine ray: workers=N, cpus=N and gpus=N of each, grows=true for a cluster that adds machines. "
        "Repeatable.",
    ),
]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Recognise again what failed before.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines on standard output.")]


def pairs(words: Sequence[str] | None, flag: str) -> dict[str, str]:
    """``["a=1"]`` as ``{"a": "1"}``; a word without ``=`` or a key given twice raises `InputError`."""
    found: dict[str, str] = {}
    for word in words or ():
        key, sign, value = word.partition("=")
        if not sign or not key:
            raise InputError(f"{flag} {word!r}: write it as KEY=VALUE")
        if key in found:
            raise InputError(f"{flag}: {key!r} is given twice")
        found[key] = value
    return found


def key_values(words: Sequence[str] | None, flag: str, **given: Any) -> dict[str, Any]:
    """Options from ``KEY=VALUE`` words (values read as YAML) and those of `given` that are not None."""
    from speechfair.strict_yaml import yaml_value

    found: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    for key, value in pairs(words, flag).items():
        if key in found:
            raise InputError(f"{flag}: {key!r} is given twice")
        found[key] = yaml_value(value)
    return found


def model_options(words: Sequence[str] | None, window: str | None) -> dict[str, Any]:
    """Model options, with ``--window`` as ``exact``, ``auto`` or a number of seconds."""
    value: str | float | None = window
    if window not in (None, "exact", "auto"):
        try:
            value = float(window or "")
        except ValueError:
            raise InputError(f"--window {window!r}: write exact, auto, or seconds such as 10") from None
    return key_values(words, "--model-option", window=value)
