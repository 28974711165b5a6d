"""A Kaldi data folder of the user's own.

Layout: ``wav.scp`` and ``text``; where known ``segments``, ``utt2spk``, ``spk2gender`` and any ``spk2AXIS`` or
``utt2AXIS`` with labels, such as ``spk2accent``. Commands in ``wav.scp`` are not run; those that take one channel of
a file are understood (`speechfair.corpora.wav_scp`), rows with another one are excluded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import age_band, expect, inside, lines_of, table_of
from speechfair.corpora.wav_scp import recording_of
from speechfair.errors import CorpusError, InputError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Label, LabelSource, Utterance

__all__ = ["KaldiFolder"]

_NO_AXES = ("spk", "utt", "num_frames", "dur", "lang", "uniq", "age")


class KaldiFolder(FolderCorpus):
    """A data folder.

    Parameters
    ----------
    root : the folder that holds ``wav.scp``.
    audio_root : folder that the audio lies under and that relative paths start from; None is `root`.
    language : ISO 639-3 code of what is spoken.
    source : who assigned the labels: ``self_reported``, ``corpus``, ``annotator`` or ``inferred``.
    """

    name = "kaldi"

    def __init__(
        self,
        root: Path | None,
        *,
        audio_root: str | Path | None = None,
        language: str = "eng",
        source: LabelSource = "corpus",
    ) -> None:
        super().__init__(root)
        if source not in get_args(LabelSource):
            raise InputError(
                f"source={source!r} is no label source; {did_you_mean(source, get_args(LabelSource))}"
            )
        self._options = {
            "audio_root": str(audio_root) if audio_root else None,
            "language": language,
            "source": source,
        }
        self._language, self._source = language, source
        self.tables = self.root
        for table in ("wav.scp", "text"):
            expect(self.tables / table, self.name, f"the Kaldi file {table}")
        if audio_root is not None:
            self.root = Path(audio_root).absolute()
            if not self.root.is_dir():
                raise CorpusError(f"audio_root {audio_root}: there is no such folder")

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        recordings = table_of(self.tables / "wav.scp")
        texts = table_of(self.tables / "text")
        speakers = self._optional("utt2spk")
        labels = self._label_tables()
        listed = set()
        for name, recording, times, where in self._stretches(recordings):
            listed.add(name)
            found = self._audio(recordings.get(recording, ""))
            if isinstance(times, str) or isinstance(found, str):
                yield Exclusion(name, times if isinstance(times, str) else str(found), where)
                continue
            audio, channel = found
            speaker = speakers.get(name) or None
            yield Utterance(
                id=name,
                audio=audio,
                text=texts.get(name) or None,
                language=self._language,
                speaker=speaker,
                labels=self._labels(labels, name, speaker),
                start_s=times[0],
                end_s=times[1],
                channel=channel,
            )
        for name in texts:
            if name not in listed:
                yield Exclusion(name, "text without audio", "text")

    def _stretches(
        self, recordings: Mapping[str, str]
    ) -> Iterator[tuple[str, str, tuple[float | None, float | None] | str, str]]:
        """Utterance, recording, times (or what is wrong with them) and place; whole recordings without segments."""
        segments = self.tables / "segments"
        if not segments.exists():
            for number, name in enumerate(recordings, 1):
                yield name, name, (None, None), f"wav.scp, entry {number}"
            return
        for number, line in lines_of(segments):
            cells = line.split()
            recording = cells[1] if len(cells) > 1 else ""
            yield cells[0], recording, _times(cells), f"segments, line {number}"

    def _audio(self, entry: str) -> tuple[Path, int | None] | str:
        found = recording_of(entry)
        if isinstance(found, str):
            return found
        path = inside(self.root, found[0])
        if path is None:
            return "audio path leads out of the folder; give --option audio_root=FOLDER"
        return path, found[1]

    def _optional(self, table: str) -> dict[str, str]:
        path = self.tables / table
        return table_of(path) if path.exists() else {}

    def _label_tables(self) -> dict[str, tuple[str, dict[str, str]]]:
        """Axis -> whether it is by ``spk`` or by ``utt``, and its table."""
        found: dict[str, tuple[str, dict[str, str]]] = {}
        for path in sorted(self.tables.iterdir()):
            unit, two, axis = path.name.partition("2")
            if unit not in ("spk", "utt") or not two or axis in _NO_AXES or not axis.isidentifier():
                continue
            if axis in found:
                raise CorpusError(
                    f"{self.tables} has labels {axis!r} by speaker and by utterance; keep one file"
                )
            found[axis] = (unit, table_of(path))
        if "age_band" not in found:
            ages = {who: band for who, age in self._optional("spk2age").items() if (band := age_band(age))}
            found["age_band"] = ("spk", ages)
        return found

    def _labels(
        self, tables: Mapping[str, tuple[str, Mapping[str, str]]], utterance: str, speaker: str | None
    ) -> tuple[Label, ...]:
        made = []
        for axis, (unit, table) in tables.items():
            raw = table.get(utterance if unit == "utt" else speaker or "", "").strip()
            value = self.card.axes[axis].map.get(raw, raw) if axis in self.card.axes else raw
            if value:
                made.append(Label(axis, value, self._source))
        return tuple(made)


def _times(cells: list[str]) -> tuple[float, float | None] | str:
    try:
        start, end = float(cells[2]), float(cells[3])
    except (IndexError, ValueError):
        return "line is not SEGMENT RECORDING START END in seconds"
    if end == -1:  # Kaldi's "to the end of the recording"
        return (start, None) if math.isfinite(start) and start >= 0 else f"start {start} is no time"
    if not (math.isfinite(end) and 0 <= start < end):
        return f"end {end} is not after start {start}"
    return start, end
