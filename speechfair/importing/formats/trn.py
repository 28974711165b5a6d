"""NIST ``trn``: a transcript a line, its id in brackets at the end: ``the words (speaker-utterance)``.

Alternatives (``{ uh / um }``) have no one reading and are refused by line. The id is kept whole: what part of it is the
speaker is not part of the format.
"""

from __future__ import annotations

import re
from pathlib import Path

from speechfair.corpora.layout import lines_of
from speechfair.importing.documents import table_of_texts
from speechfair.importing.imported import Format, ImportedTable, Refused

__all__ = ["FORMAT", "read"]

_LINE = re.compile(r"^(?P<text>.*?)\s*\((?P<id>[^()\s]+)\)\s*$")


def read(path: Path) -> ImportedTable:
    """The transcripts of a file."""
    rows, refused = [], []
    for number, line in lines_of(path):
        place = f"line {number}"
        if line.startswith(";;"):
            continue
        found = _LINE.match(line)
        if found is None:
            refused.append(Refused(f"{path.name}, {place}", "no id in brackets at the end of the line"))
        elif re.search(r"\{.*/.*\}", found["text"]):
            refused.append(
                Refused(f"{path.name}, {place}", "alternatives in braces are not supported", found["id"])
            )
        else:
            rows.append({"place": place, "id": found["id"], "hypothesis": found["text"].strip()})
    return table_of_texts(path, rows, refused)


FORMAT = Format(
    name="trn",
    title="NIST trn: words (id)",
    source="SCTK, sclite(1), https://github.com/usnistgov/SCTK/blob/master/doc/infmts.htm",
    read=read,
    endings=(".trn",),
)
