"""A folder with one text file a recording, in subfolders or not: ``en-US/conv-0-turn-0.txt``.

The id is the path without its ending (``en-US/conv-0-turn-0``); an ending ``.gold.txt`` counts as one ending.
An empty file
is an empty transcript. The first folder is the column ``folder``, so that it can be a language or a label. This is how
MU-Bench stores references and submissions.
"""

from __future__ import annotations

from pathlib import Path

from speechfair.errors import CorpusError
from speechfair.importing.imported import PLACE, Format, ImportedTable, Refused

__all__ = ["FORMAT", "read"]


def read(path: Path) -> ImportedTable:
    """The transcripts of all ``.txt`` files under a folder."""
    import polars as pl

    names, texts, folders = [], [], []
    refused = []
    for file in sorted(path.rglob("*.txt")):
        relative = file.relative_to(path).as_posix()
        name = relative.removesuffix(".txt").removesuffix(".gold")
        try:
            text = file.read_bytes().decode("utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            refused.append(Refused(relative, f"cannot be read: {error}", name))
            continue
        names.append(name)
        texts.append(text)
        folders.append(name.split("/")[0] if "/" in name else None)
    if not names:
        raise CorpusError(f"{path} holds no .txt file that can be read")
    frame = pl.DataFrame(
        {PLACE: names, "id": names, "hypothesis": texts, "folder": pl.Series(folders, dtype=pl.String)}
    )
    return ImportedTable(frame, {"id": "id", "hypothesis": "hypothesis"}, path.name, tuple(refused))


FORMAT = Format(
    name="text-folder",
    title="a folder with one .txt file a recording",
    source="docs/how-to/transcripts.md",
    read=read,
    recognises=lambda path: path.is_dir() and next(path.rglob("*.txt"), None) is not None,
)
