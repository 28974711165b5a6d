"""What a check found about one item, and which files it rests on. Values only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from speechfair.process.catalogue import Text

__all__ = ["AS_EXPORTED", "OPEN", "STATUSES", "Finding", "Source", "Status", "decide", "said", "say", "worst"]

Status = Literal[
    "pass", "fail", "undetermined", "not_assessed", "not_applicable", "alternative_means", "error"
]
STATUSES: tuple[Status, ...] = get_args(Status)

OPEN: frozenset[Status] = frozenset({"fail", "undetermined", "not_assessed", "error"})
"""Statuses that a gate does not take for met."""

_WORST_FIRST: tuple[Status, ...] = ("error", "fail", "not_assessed", "undetermined", "pass")


AS_EXPORTED = "as exported"
"""Stands for the digest of a file that must be as the ledger says that it was last exported.

An export that lists the items' status would otherwise change the evidence for itself each time that it is written.
"""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that a finding rests on: path relative to the process folder, sha256, and where in it to look."""

    path: str
    sha256: str
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a program can say about an item.

    For an item of mode S or H a `pass` means no more than that the material is complete; a person must still speak.

    Parameters
    ----------
    reason : why this status, in both languages.
    facts : the numbers and names it rests on, JSON-serialisable.
    sources : the files it rests on.
    """

    status: Status
    reason: Text
    facts: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()


def say(en: str, ja: str) -> Text:
    """One sentence in both languages."""
    return Text(en=en, ja=ja)


def said(error: object) -> Text:
    """An error, which speaks English, as a reason in both languages; the Japanese keeps its place."""
    text = str(error)
    place = text.partition(": ")[0]
    where = place if place != text and " " not in place.split(", line")[0].strip() else ""
    return say(
        text,
        f"{where.replace(', line ', ' の行 ')}:読めないか、形式に合わない"
        if where
        else "読めないか、形式に合わない",
    )


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of some statuses; of none it is ``not_assessed``, because nothing is no evidence.

    >>> worst(["pass", "undetermined"]), worst([])
    ('undetermined', 'not_assessed')
    """
    found = list(statuses)
    return next((status for status in _WORST_FIRST if status in found), "not_assessed")


def decide(
    parts: Iterable[tuple[Status, Text]],
    met: Text,
    sources: Iterable[Source] = (),
    facts: Mapping[str, Any] | None = None,
) -> Finding:
    """The finding of several parts: the worst status, with the reasons of all parts that are not a pass.

    Parameters
    ----------
    parts : status and reason of each part; parts that pass need no reason.
    met : the reason where every part passes. Without any part the item is not assessed.
    """
    listed = list(parts)
    status = worst(part for part, _ in listed)
    trouble = sorted(
        (part for part in listed if part[0] != "pass"), key=lambda part: _WORST_FIRST.index(part[0])
    )
    if not listed:
        reason = say("nothing to judge by", "判断の材料がない")
    elif status == "pass":
        reason = met
    else:
        shown = [text for _, text in trouble[:8]]
        more = len(trouble) - len(shown)
        reason = say(
            "; ".join(text.en for text in shown) + (f"; and {more} more" if more else ""),
            "。".join(text.ja for text in shown) + (f"。ほか {more} 件" if more else ""),
        )
    return Finding(status, reason, dict(facts or {}), tuple(dict.fromkeys(sources)))
