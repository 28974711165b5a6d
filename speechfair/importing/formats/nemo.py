"""NeMo manifests and results of the Open ASR leaderboard: JSON lines with ``text``, ``pred_text`` and ``duration``.

Ids are ``id`` or ``utt_id`` where given, else the file of the audio, with the offset where several rows share a file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from speechfair.importing.documents import documents_of, first_document, number, table_of_rows
from speechfair.importing.imported import Format, ImportedTable, Refused

__all__ = ["FORMAT", "read"]


def read(path: Path) -> ImportedTable:
    """References and hypotheses of a manifest."""
    rows: list[dict[str, Any]] = []
    refused = []
    for found in documents_of(path):
        content = found.content
        if not isinstance(content, dict):
            refused.append(
                Refused(found.place, found.reason or f"a JSON {type(content).__name__}, not an object")
            )
            continue
        offset, duration = number(content.get("offset")), number(content.get("duration"))
        audio = content.get("audio_filepath") or content.get("audio_file")
        rows.append(
            {
                "place": found.place.split(", ")[-1],
                "id": content.get("id") or content.get("utt_id") or audio,
                "text": content.get("text"),
                "hypothesis": content.get("pred_text"),
                "speaker": content.get("speaker"),
                "language": content.get("lang") or content.get("language"),
                "start_s": offset,
                "end_s": None if offset is None or duration is None else offset + duration,
                "duration_s": duration,
            }
        )
    counts: dict[Any, int] = {}
    for row in rows:
        counts[row["id"]] = counts.get(row["id"], 0) + 1
    for row in rows:
        if row["id"] is not None and counts[row["id"]] > 1 and row["start_s"] is not None:
            row["id"] = f"{row['id']}@{row['start_s']:g}"
    return table_of_rows(
        path, rows, refused,
        ("id", "text", "hypothesis", "speaker", "language", "start_s", "end_s", "duration_s"),
    )  # fmt: skip


def _recognises(path: Path) -> bool:
    if path.is_dir() or path.suffix.lower() not in (".json", ".jsonl", ".ndjson", ".manifest"):
        return False
    first = first_document(path)
    return (
        isinstance(first, dict) and "audio_filepath" in first and bool({"pred_text", "text"} & first.keys())
    )


FORMAT = Format(
    name="nemo",
    title="NeMo manifest or Open ASR leaderboard results: text, pred_text",
    source="https://docs.nvidia.com/nemo-framework/user-guide/latest/nemotoolkit/asr/datasets.html",
    read=read,
    recognises=_recognises,
)
