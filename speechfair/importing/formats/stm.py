"""NIST ``stm``: a line for each stretch of speech: file, channel, speaker, begin, end, optional ``<labels>``, text.

The id of a stretch is ``FILE-CHANNEL-BEGIN-END``, its channel and times as written. Stretches that say
``ignore_time_segment_in_scoring`` are excluded with that reason, and so are lines with alternatives (``{a / b}``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from speechfair.corpora.layout import lines_of
from speechfair.errors import CorpusError
from speechfair.importing.documents import number, table_of_rows
from speechfair.importing.imported import Format, ImportedTable, Refused

__all__ = ["FORMAT", "read"]

_IGNORED = "ignore_time_segment_in_scoring"
_FIELDS = 5


def read(path: Path) -> ImportedTable:
    """The stretches of an ``stm`` file as references."""
    rows: list[dict[str, Any]] = []
    refused: list[Refused] = []
    for line, text in lines_of(path):
        if not text.strip() or text.startswith(";;"):
            continue
        row = _row(text, f"{path.name}, line {line}")
        if isinstance(row, Refused):
            refused.append(row)
        else:
            rows.append(row)
    if not rows:
        raise CorpusError(f"{path} holds no stretch of speech that can be scored")
    return table_of_rows(path, rows, refused, ("id", "text", "speaker", "start_s", "end_s"))


def _row(text: str, place: str) -> dict[str, Any] | Refused:
    parts = text.split(None, _FIELDS)
    if len(parts) < _FIELDS:
        return Refused(place, f"has {len(parts)} fields; stm has file, channel, speaker, begin, end and text")
    recording, channel, speaker, begin, end = parts[:_FIELDS]
    words = parts[_FIELDS].strip() if len(parts) > _FIELDS else ""
    if words.startswith("<") and ">" in words:
        words = words[words.index(">") + 1 :].strip()
    name = f"{recording}-{channel}-{begin}-{end}"
    start_s, end_s = number(begin), number(end)
    if start_s is None or end_s is None or end_s <= start_s:
        return Refused(place, f"{begin} to {end} is no stretch of time", name)
    if words.lower() == _IGNORED:
        return Refused(place, _IGNORED, name)
    if "{" in words and "/" in words:
        return Refused(place, "holds alternatives; write one of them", name)
    return {
        "place": place, "id": name, "text": words, "speaker": speaker, "start_s": start_s, "end_s": end_s,
    }  # fmt: skip


FORMAT = Format(
    name="stm",
    title="NIST stm: stretches with speaker, times and text",
    source="https://github.com/usnistgov/SCTK/blob/master/doc/infmts.htm",
    read=read,
    endings=(".stm",),
)
