"""SegLST, as meeteval reads it: a JSON list of segments with ``session_id``, ``speaker``, ``start_time`` and ``words``.

A segment's id is its ``segment_id``; without one, a speaker's segments in a session are one transcript in the order of
their times, under the id ``session/speaker``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from speechfair.importing.documents import documents_of, first_document, number, table_of_texts
from speechfair.importing.imported import Format, ImportedTable, Refused

__all__ = ["FORMAT", "read"]


def read(path: Path) -> ImportedTable:
    """One transcript a segment, or a speaker's transcript of a session."""
    rows: list[dict[str, Any]] = []
    refused = []
    for found in documents_of(path):
        content = found.content
        if (
            not isinstance(content, dict)
            or not isinstance(content.get("words"), str)
            or "session_id" not in content
        ):
            refused.append(Refused(found.place, found.reason or "a segment needs session_id and words"))
            continue
        speaker = content.get("speaker")
        name = content.get("segment_id") or f"{content['session_id']}/{speaker}"
        start, end = number(content.get("start_time")), number(content.get("end_time"))
        rows.append(
            {"place": found.place.split(", ")[-1], "id": str(name), "hypothesis": content["words"],
             "speaker": None if speaker is None else str(speaker), "start_s": start, "end_s": end}
        )  # fmt: skip
    joined: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["start_s"] or 0.0):
        if (before := joined.get(row["id"])) is None:
            joined[row["id"]] = row
        else:
            before["hypothesis"] = f"{before['hypothesis']} {row['hypothesis']}".strip()
            before["end_s"] = row["end_s"]
    return table_of_texts(path, joined.values(), refused)


def _recognises(path: Path) -> bool:
    if path.is_dir() or path.suffix.lower() != ".json":
        return False
    first = first_document(path)
    return isinstance(first, dict) and {"session_id", "words"} <= first.keys()


FORMAT = Format(
    name="seglst",
    title="SegLST JSON of meeteval and CHiME",
    source="https://github.com/fgnt/meeteval#segment-wise-long-form-speech-transcription-annotation-seglst",
    read=read,
    recognises=_recognises,
)
