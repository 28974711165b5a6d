"""CORAAL: sociolinguistic interviews in African American Language, by region.

Kendall and Farrington, "The Corpus of Regional African American Language", University of Oregon. Layout, each
component unpacked anywhere below the root::

    DCB_metadata_2018.10.06.txt                   CORAAL.File, CORAAL.Spkr, CORAAL.Sub, Gender, Age, …
    DCB_audio_part01_2018.10.06/DCB_se1_ag1_f_01_1.wav
    DCB_textfiles_2018.10.06/DCB_se1_ag1_f_01_1.txt     Line, Spkr, StTime, Content, EnTime

Lines of interviewers and other people, pauses, and lines with redacted or unintelligible speech are excluded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import age_band, expect, lines_of
from speechfair.errors import CorpusError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Label, Utterance

__all__ = ["Coraal"]

_FILES = ("CORAAL.File", "CORAAL.Spkr", "CORAAL.Sub", "Gender", "Age")
_LINES = ("Line", "Spkr", "StTime", "Content", "EnTime")
_PAUSE = re.compile(r"\(pause [\d.]+\)")
_UNCLEAR = re.compile(r"/(RD-[^/]*|unintelligible|inaudible|\?)/", re.IGNORECASE)


class Coraal(FolderCorpus):
    """The components that lie below the root.

    Parameters
    ----------
    root : folder of one or several unpacked components.
    """

    name = "coraal"

    def __init__(self, root: Path | None) -> None:
        super().__init__(root)
        self._metadata = sorted(self.root.glob("**/*_metadata_*.txt"))
        if not self._metadata:
            expect(self.root / "DCB_metadata_2018.10.06.txt", self.name, "a file COMPONENT_metadata_DATE.txt")
        self._audio = {path.stem: path for path in sorted(self.root.glob("**/*.wav"))}
        self._texts = {path.stem: path for path in sorted(self.root.glob("**/*_textfiles_*/*.txt"))}

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        listed: set[str] = set()
        for metadata in self._metadata:
            for number, row in _table(metadata, _FILES):
                name = row["CORAAL.File"]
                if name in listed:  # a metadata file has a line for every speaker of a file
                    continue
                listed.add(name)
                where = f"{metadata.name}, line {number}"
                if name not in self._texts or name not in self._audio:
                    missing = "transcript" if name not in self._texts else "audio"
                    yield Exclusion(name, f"interview without {missing}", where)
                else:
                    yield from self._interview(name, row)

    def _interview(self, name: str, facts: Mapping[str, str]) -> Iterator[Utterance | Exclusion]:
        speaker = facts["CORAAL.Spkr"]
        labels = self.label(
            accent="African American Language",
            region=facts["CORAAL.Sub"],
            gender=facts["Gender"],
            age_band=age_band(facts["Age"]),
        )
        for number, row in _table(self._texts[name], _LINES):
            line = f"{name}-{row['Line']}"
            item = self._line(line, row, speaker, self._audio[name], labels)
            where = f"{self._texts[name].name}, line {number}"
            yield Exclusion(line, item, where) if isinstance(item, str) else item

    def _line(
        self, name: str, row: Mapping[str, Any], speaker: str, audio: Path, labels: tuple[Label, ...]
    ) -> Utterance | str:
        text = row["Content"]
        if row["Spkr"] != speaker:
            return "not the interviewee"
        if not _PAUSE.sub("", text).strip():
            return "a pause"
        if _UNCLEAR.search(text):
            return "redacted or unintelligible"
        try:
            start, end = float(row["StTime"]), float(row["EnTime"])
        except ValueError:
            return f"times are not numbers: {row['StTime']!r:.20}, {row['EnTime']!r:.20}"
        if not 0 <= start < end < float("inf"):
            return f"end {end} is not after start {start}"
        return Utterance(name, audio, text, "eng", speaker, labels, start, end)


def _table(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Numbered rows of a tab-separated file; a short row is filled up, as upstream leaves empty cells away."""
    lines = lines_of(path)
    header = [cell.strip() for cell in next(lines, (0, ""))[1].split("\t")]
    for column in columns:
        if column not in header:
            raise CorpusError(f"{path} has no column {column!r}; {did_you_mean(column, header)}")
    for number, line in lines:
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) > len(header):
            raise CorpusError(
                f"{path}, line {number}: {len(cells)} cells, but the header has {len(header)} columns"
            )
        yield number, dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=True))
