"""What hypotheses hold that nobody said, in words: how many rows of which system, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from speechfair.text.added_wording import AddedKind, AddedWording, added_wording

if TYPE_CHECKING:
    import polars as pl

__all__ = ["HypothesisFinding", "hypothesis_findings"]

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class HypothesisFinding:
    """One kind of addition in the hypotheses of one system.

    Parameters
    ----------
    rows : names of the first few rows.
    counted : whether it counts as errors.
    """

    kind: AddedKind
    words: str
    rows: tuple[str, ...]
    counted: bool


def hypothesis_findings(
    whose: str, hypotheses: pl.Series, references: pl.Series, rows: pl.Series
) -> Iterator[HypothesisFinding]:
    """A finding for each kind of addition that occurs.

    Parameters
    ----------
    whose : the system, or its column.
    rows : names of the rows.
    """
    for found in added_wording(hypotheses, references):
        shown = tuple(rows[row] for row in found.rows[:_SHOWN])
        yield HypothesisFinding(found.wording.kind, _words(whose, found), shown, _counted(found))


def _counted(found: AddedWording) -> bool:
    return found.wording.kind in ("introduction", "prompt")


def _words(whose: str, found: AddedWording) -> str:
    such = f", most often {found.commonest!r}" if found.commonest else ""
    line = f"{whose}: {len(found.rows)} of {found.n_in} hypotheses {found.wording.what}{such}; {found.wording.effect}"
    if _counted(found) and found.commonest:
        line += f". To leave it out, and record that: --strip-prefix {_quoted(found.commonest)}"
    return line


def _quoted(text: str) -> str:
    """`text` as one word of a shell.

    >>> print(_quoted("Here's the transcript"))
    "Here's the transcript"
    """
    from shlex import quote

    return quote(text) if "'" not in text or set(text) & set('"$`\\!') else f'"{text}"'
