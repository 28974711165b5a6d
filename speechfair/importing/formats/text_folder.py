"""A folder with one text file a recording, in subfolders or not: ``en-US/conv-0-turn-0.txt``.

The id is the path without its ending (``en-US/conv-0-turn-0``); an ending ``.gold.txt`` counts as one ending. An empty
file is an empty transcript. The first folder is the column ``folder``, so that it can be a language or a label. Where
transcripts are in subfolders, a text file next to these subfolders is no transcript; a note names it. This is how
MU-Bench stores references and submissions.
"""

from __future__ import annotations

from pathlib import Path

from speechfair.errors import CorpusError
from speechfair.importing.imported import PLACE, Format, ImportedTable, Refused, Role

__all__ = ["FORMAT", "read"]


def read(path: Path) -> ImportedTable:
    """The transcripts of all ``.txt`` files under a folder."""
    import polars as pl

    names, texts, folders = [], [], []
    refused = []
    files = sorted(path.rglob("*.txt"))
    loose = [file for file in files if file.parent == path]
    if len(loose) == len(files):
        loose = []
    for file in files:
        if file in loose:
            continue
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
    roles: dict[Role, str] = {"id": "id", "hypothesis": "hypothesis"}
    return ImportedTable(frame, roles, path.name, tuple(refused), notes=_notes(path, loose))


def _notes(path: Path, loose: list[Path]) -> tuple[str, ...]:
    if not loose:
        return ()
    return (
        f"{path.name}: transcripts are in its subfolders, so {len(loose)} text files next to them are not read "
        f"(the first: {loose[0].name})",
    )


FORMAT = Format(
    name="text-folder",
    title="a folder with one .txt file a recording",
    source="docs/how-to/transcripts.md",
    read=read,
    recognises=lambda path: path.is_dir() and next(path.rglob("*.txt"), None) is not None,
)
