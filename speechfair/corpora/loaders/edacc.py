"""EdAcc: video calls between friends in some forty varieties of English.

Sanabria et al., "The Edinburgh International Accents of English Corpus", ICASSP 2023. Two layouts are read, the
original one and that of the copy on the Hugging Face hub::

    edacc_v1.0/data/EDACC-C01.wav                        data/test-00000-of-00001.parquet
    edacc_v1.0/{dev,test}/{segments,text,utt2spk}            speaker, text, accent, raw_accent, gender, l1, audio
    edacc_v1.0/linguistic_background.csv

Segments that the corpus leaves out of scoring, or that hold no word, are excluded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.hub import hub_files, hub_rows
from speechfair.corpora.layout import expect, inside, lines_of, table_of
from speechfair.corpora.tables import columns_of, rows_of
from speechfair.errors import CorpusError, InputError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Utterance

__all__ = ["EdAcc"]

_SPLITS = ("dev", "test")
_HUB_SPLITS = {"dev": "validation", "test": "test"}
_IGNORED = "IGNORE_TIME_SEGMENT_IN_SCORING"
_TAG = re.compile(r"<[^<>]*>")


class EdAcc(FolderCorpus):
    """The corpus, or one split of it.

    Parameters
    ----------
    root : folder that holds ``edacc_v1.0``, that folder itself, or a copy from the hub.
    split : ``dev``, ``test``, or None for both.
    """

    name = "edacc"

    def __init__(self, root: Path | None, *, split: str | None = None) -> None:
        super().__init__(root)
        if split is not None and split not in _SPLITS:
            raise InputError(f"edacc has no split {split!r}; {did_you_mean(split, _SPLITS)}")
        self._options = {"split": split}
        self._splits = (split,) if split else _SPLITS
        home = self.root / "edacc_v1.0"
        self._home = home if home.is_dir() else self.root
        self._hub: list[Path] = []
        if not (self._home / "linguistic_background.csv").exists() and any(self.root.glob("**/*.parquet")):
            self._hub = [
                path
                for path in hub_files(self.root, self.name, None)
                if path.name.split("-")[0] in {_HUB_SPLITS[each] for each in self._splits}
            ]
            if not self._hub:
                raise CorpusError(
                    f"{self.root} holds no validation-*.parquet or test-*.parquet; check --root"
                )
            return
        expect(self._home / "linguistic_background.csv", self.name, "the file linguistic_background.csv")
        for part in self._splits:
            for table in ("segments", "text", "utt2spk"):
                expect(self._home / part / table, self.name, f"the Kaldi file {part}/{table}")

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        for path in self._hub:
            yield from self._from_hub(path)
        if not self._hub:
            background = self._background()
            for part in self._splits:
                yield from self._from_kaldi(part, background)

    def _from_hub(self, path: Path) -> Iterator[Utterance | Exclusion]:
        for number, row, audio in hub_rows(path, ("speaker", "text")):
            name = f"{path.name.split('-')[0]}-{path.stem.split('-')[1]}-{number:06d}"
            text = (row["text"] or "").strip()
            if reason := _not_scored(text):
                yield Exclusion(name, reason, audio.name)
                continue
            labels = self.label(
                accent=row.get("accent"),
                self_described=row.get("raw_accent"),
                first_language=row.get("l1"),
                native_language=row.get("l1"),
                gender=row.get("gender"),
            )
            yield Utterance(name, audio, text, "eng", row["speaker"] or None, labels)

    def _from_kaldi(
        self, part: str, background: dict[str, dict[str, Any]]
    ) -> Iterator[Utterance | Exclusion]:
        texts = table_of(self._home / part / "text")
        speakers = table_of(self._home / part / "utt2spk")
        for number, line in lines_of(self._home / part / "segments"):
            where = f"{part}/segments, line {number}"
            cells = line.split()
            name = cells[0]
            times = _times(cells)
            audio = inside(self._home / "data", f"{cells[1]}.wav") if times else None
            text = texts.get(name, "")
            if times is None:
                yield Exclusion(name, "line is not SEGMENT RECORDING START END in seconds", where)
            elif audio is None:
                yield Exclusion(name, "audio path leads out of data", where)
            elif reason := _not_scored(text):
                yield Exclusion(name, reason, where)
            else:
                speaker = speakers.get(name) or None
                labels = self.label(**background.get(speaker or "", {}))
                yield Utterance(name, audio, text, "eng", speaker, labels, *times)

    def _background(self) -> dict[str, dict[str, Any]]:
        """Labels by participant, from the questionnaire, whose columns are questions in full."""
        path = self._home / "linguistic_background.csv"
        questions = {column.strip().casefold(): column for column in columns_of(path)}
        accent = next(
            (raw for key, raw in questions.items() if "describe your accent in english" in key), None
        )
        gender = next((raw for key, raw in questions.items() if "your gender" in key), None)
        if "participant_id" not in questions or accent is None:
            raise CorpusError(
                f"{path} has no column PARTICIPANT_ID, or none that asks "
                "'How would you describe your accent in English?'"
            )
        found: dict[str, dict[str, Any]] = {}
        for number, row in rows_of(path):
            if isinstance(row, str):
                raise CorpusError(f"{path}, line {number}: {row}")
            found[row[questions["participant_id"]].strip()] = {
                "self_described": row[accent],
                "gender": row[gender] if gender else None,
            }
        return found


def _not_scored(text: str) -> str | None:
    """Why a segment is no utterance to be scored, or None."""
    if _IGNORED in text:
        return "the corpus leaves this segment out of scoring"
    if not _TAG.sub("", text).strip():
        return "no words: " + (text or "no text")
    return None


def _times(cells: list[str]) -> tuple[float, float] | None:
    try:
        start, end = float(cells[2]), float(cells[3])
    except (IndexError, ValueError):
        return None
    return (start, end) if 0 <= start < end < float("inf") else None
