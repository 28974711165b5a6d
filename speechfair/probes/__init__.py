"""Probes: what a speech-LLM grounds in what it hears, how strongly an accent hurts, how a voice changes a reply.

A name is imported when it is first used, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from speechfair.probes.accent_strength import probe_strength
    from speechfair.probes.grounding import probe_grounding
    from speechfair.probes.response_quality import probe_response
    from speechfair.probes.spoken import bind, speak

_HOMES = {
    "bind": "spoken",
    "probe_grounding": "grounding",
    "probe_response": "response_quality",
    "probe_strength": "accent_strength",
    "speak": "spoken",
}

__all__ = ["bind", "probe_grounding", "probe_response", "probe_strength", "speak"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'speechfair.probes' has no attribute {name!r}")
    return getattr(import_module(f"speechfair.probes.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
