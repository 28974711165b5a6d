"""What a shell offers after a tab: corpora, models, metrics, and the label axes of the corpus or run on the line.

A shell asks while somebody types, so nothing here raises, and nothing heavy is imported.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from speechfair.strict_json import parse_json

__all__ = ["axes", "corpora", "metrics", "models"]


def corpora(incomplete: str) -> list[str]:
    """Names of corpora."""
    from speechfair import registry

    return _fitting(registry.corpora().names, incomplete)


def models(incomplete: str) -> list[str]:
    """Names of models and model families."""
    from speechfair import registry

    return _fitting(registry.models().names, incomplete)


def metrics(incomplete: str) -> list[str]:
    """Names of metrics."""
    from speechfair import registry

    return _fitting(registry.metrics().names, incomplete)


def axes(incomplete: str) -> list[str]:
    """Axes of the corpus that the line names, or of the run folders; after a ``+`` those of a crossing."""
    words = _line()
    known = {axis for word in words for axis in _axes_of_run(Path(word))}
    if not known:
        named = set(corpora(""))
        known = {axis for word in words if word in named for axis in _axes_of_card(word)}
    before, plus, last = incomplete.rpartition("+")
    taken = set(before.split("+"))
    return [f"{before}{plus}{axis}" for axis in sorted(known - taken) if axis.startswith(last)]


def _line() -> list[str]:
    """The words typed so far. (The parser gives up at an option whose value is being typed, and says nothing then.)"""
    line = os.environ.get("_TYPER_COMPLETE_ARGS") or os.environ.get("COMP_WORDS", "")
    try:
        return shlex.split(line)[1:]
    except ValueError:  # an open quote
        return line.split()[1:]


def _fitting(names: Any, incomplete: str) -> list[str]:
    from speechfair.errors import SpeechfairError

    try:
        return [name for name in names() if name.startswith(incomplete)]
    except SpeechfairError:
        return []


def _axes_of_run(run: Path) -> Iterable[str]:
    try:
        stored = parse_json((run / "audit.json").read_text(encoding="utf-8"))
        return [part for axis in stored["axes"] for part in str(axis["axis"]).split("+")]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _axes_of_card(name: str) -> Iterable[str]:
    from speechfair.corpora.card import load_card
    from speechfair.errors import SpeechfairError

    try:
        return list(load_card(name).axes)
    except SpeechfairError:
        return []
