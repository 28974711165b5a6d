"""Free Spoken Digit Dataset: single English digits by six speakers, one or two to an accent (Zohar Jackson et al.).

Layout: ``recordings/{digit}_{speaker}_{take}.wav`` and upstream a ``metadata.py``, which is parsed and never
executed. One speaker to an accent can carry no statement about the accent.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from speechfair.corpora.base import guarded
from speechfair.corpora.card import Card, load_card
from speechfair.corpora.layout import expect, needs_root, readable
from speechfair.errors import CorpusError
from speechfair.strict_yaml import read_text
from speechfair.types import Exclusion, Label, Utterance

__all__ = ["FreeSpokenDigits"]

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NAME = re.compile(r"(\d)_([A-Za-z]\w*?)_(\d+)")
_SPEAKERS = {
    "jackson": ("male", "USA/neutral"),
    "theo": ("male", "USA/neutral"),
    "nicolas": ("male", "BEL/French"),
    "yweweler": ("male", "DEU/German"),
    "lucas": ("male", "DEU/German"),
    "george": ("male", "GRC/Greek"),
}


@guarded
class FreeSpokenDigits:
    """The corpus.

    Parameters
    ----------
    root : folder that holds ``recordings``.
    """

    name = "fsdd"

    def __init__(self, root: Path | None) -> None:
        self.root = needs_root(root, self.name)
        expect(self.root / "recordings", self.name, "the folder recordings")
        self._speakers = _speakers(self.root / "metadata.py")

    @property
    def card(self) -> Card:
        """The corpus's card."""
        return load_card(self.name)

    @property
    def options(self) -> Mapping[str, Any]:
        """There are none."""
        return {}

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        paths = sorted((self.root / "recordings").glob("*.wav"))
        if not paths:
            raise CorpusError(f"{self.root / 'recordings'} holds no .wav file; check --root")
        languages = self.card.axes["first_language"].map
        for path in paths:
            match = _NAME.fullmatch(path.stem)
            if not match:
                yield Exclusion(
                    path.stem, "file name is not DIGIT_SPEAKER_TAKE.wav", f"recordings/{path.name}"
                )
                continue
            digit, speaker, _ = match.groups()
            gender, accent = self._speakers.get(speaker, (None, None))
            values = {
                "first_language": languages.get(accent) if accent else None,
                "accent": accent,
                "gender": gender,
            }
            yield Utterance(
                id=path.stem,
                audio=path,
                text=_WORDS[int(digit)],
                language="eng",
                speaker=speaker,
                labels=tuple(Label(axis, value, "corpus") for axis, value in values.items() if value),
            )


def _speakers(metadata: Path) -> dict[str, tuple[str | None, str | None]]:
    """Gender and accent by speaker, from upstream's ``metadata.py`` where it is there."""
    known: dict[str, tuple[str | None, str | None]] = dict(_SPEAKERS)
    if not metadata.exists():
        return known
    try:
        for speaker, facts in _literal(read_text(readable(metadata))).items():
            known[speaker] = (_word(facts, "gender"), _word(facts, "accent"))
    except (SyntaxError, ValueError, TypeError, AttributeError, RecursionError, MemoryError) as error:
        raise CorpusError(
            f"{metadata} cannot be read as plain data ({error}); it is never executed: restore upstream's file or "
            "remove it, then the card's table is used"
        ) from None
    return known


def _literal(source: str) -> dict[str, dict[str, Any]]:
    """What the file assigns to ``metadata``, which must be a literal."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "metadata" for t in node.targets):
            value = ast.literal_eval(node.value)
            if not isinstance(value, dict):
                raise ValueError(f"metadata is a {type(value).__name__}, not a dict by speaker")
            return value
    raise ValueError("it assigns nothing to metadata")


def _word(facts: dict[str, Any], key: str) -> str | None:
    value = facts.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key} is {value!r}, not a word")
    return value or None
