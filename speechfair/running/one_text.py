"""One verbatim text as it is scored: without the events that stand in brackets, normalised."""

from __future__ import annotations

from speechfair.text.annotations import Marker, Rule, without_events
from speechfair.types import Normalizer

__all__ = ["Rules", "normalised_text"]

Rules = tuple[tuple[Marker, Rule], ...] | None
"""A corpus card's rules for brackets, as a value that can be hashed; None applies none."""


def normalised_text(text: str, normalizer: Normalizer, rules: Rules) -> str:
    """The text that is scored."""
    from speechfair.text.normalizers import STRICT

    if rules is not None and normalizer.name not in STRICT:
        text = without_events(text, dict(rules))
    return normalizer(text)
