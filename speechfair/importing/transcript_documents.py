"""Formats of one JSON document a recording: what differs is where the transcript, the confidence and the error stand.

A document that has no transcript in the documented place is a row that could not be read, with its file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speechfair.importing.documents import documents_of, first_document, stem, table_of_texts
from speechfair.importing.imported import Format, ImportedTable, Refused

__all__ = ["Found", "document_format"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a document says of one recording.

    Parameters
    ----------
    text : the transcript; None with the reason in `error`.
    confidence : as the service means it, in [0, 1], or None.
    id : of the recording as the document names it; None takes the file's name.
    """

    text: str | None
    error: str | None = None
    confidence: float | None = None
    id: str | None = None
    language: str | None = None


def document_format(
    name: str, title: str, source: str, mine: Callable[[Any], bool], find: Callable[[Any], Found]
) -> Format:
    """A format whose files are JSON documents, one for each recording, in a file, a list or a folder.

    Parameters
    ----------
    mine : whether a parsed document is of this format.
    find : what a document says; a `KeyError`, `IndexError` or `TypeError` means that it is not as documented.
    """

    def read(path: Path) -> ImportedTable:
        rows, refused = [], []
        for each in documents_of(path):
            if each.reason is not None:
                refused.append(Refused(each.place, each.reason, each.id))
                continue
            try:
                found = find(each.content)
                if found.text is not None and not isinstance(found.text, str):
                    raise TypeError(f"the transcript is a {type(found.text).__name__}")
                if found.confidence is not None and not isinstance(found.confidence, (int, float)):
                    raise TypeError(f"the confidence is a {type(found.confidence).__name__}")
            except (KeyError, IndexError, TypeError, AttributeError) as error:
                reason = f"not as {name} documents it: {type(error).__name__} {error}"
                refused.append(Refused(each.place, reason, each.id))
                continue
            name_ = each.id or (stem(found.id) if found.id else None)
            if name_ is None:
                refused.append(Refused(each.place, "the document does not name its recording"))
                continue
            sure = found.confidence if found.confidence is not None and 0 <= found.confidence <= 1 else None
            rows.append(
                {
                    "place": each.place,
                    "id": name_,
                    "hypothesis": found.text,
                    "error": found.error if found.text is None else None,
                    "confidence": sure,
                }
            )
        return table_of_texts(path, rows, refused)

    def recognises(path: Path) -> bool:
        if path.is_file() and path.suffix.lower() not in (".json", ".jsonl", ".ndjson"):
            return False
        first = first_document(path)
        try:
            return first is not None and mine(first)
        except (KeyError, IndexError, TypeError, AttributeError):
            return False

    return Format(name=name, title=title, source=source, read=read, recognises=recognises)
