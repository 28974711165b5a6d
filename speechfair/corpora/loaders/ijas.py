"""Foreign-accented Japanese in the way of I-JAS: learners of Japanese who tell, talk and describe.

Sakoda et al., "International Corpus of Japanese as a Second Language", NINJAL Project Review 6 (3), 2016. Recordings
and plain transcripts are given to registered users; they tell no times, so utterances are **declared**, in two tables
that the holder writes (UTF-8, tab-separated, with a header)::

    audio/EAU01-ST1.mp3             anywhere below the root, as segments.tsv names it
    segments.tsv                    audio, start_s, end_s, speaker, text, and where known id, task
    speakers.tsv                    speaker (EAU01), first_language (a name or ISO 639-3), and where known gender,
                                    age, proficiency, age_of_onset, environment

Rows of people who are not in ``speakers.tsv``, such as interviewers, are excluded. Any collection of learners' Japanese
can be laid out so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.declared import declared_table, speakers_of
from speechfair.corpora.layout import age_band, inside
from speechfair.corpora.tables import rows_of
from speechfair.types import Exclusion, Label, Utterance

__all__ = ["LearnersOfJapanese"]


class LearnersOfJapanese(FolderCorpus):
    """The corpus, or one task of it.

    Parameters
    ----------
    root : folder that holds ``segments.tsv``, ``speakers.tsv`` and the audio.
    task : such as ``ST1``, where ``segments.tsv`` has the column; None for all.
    """

    name = "ijas"

    def __init__(self, root: Path | None, *, task: str | None = None) -> None:
        super().__init__(root)
        self._options = {"task": task}
        needed = ("audio", "start_s", "end_s", "speaker", "text", *(("task",) if task else ()))
        self._segments = declared_table(self.root / "segments.tsv", self.name, needed)
        self._speakers = declared_table(self.root / "speakers.tsv", self.name, ("speaker", "first_language"))

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        speakers = {who: (facts, self._labels(facts)) for who, facts in speakers_of(self._speakers).items()}
        task = self._options["task"]
        for number, row in rows_of(self._segments):
            where = f"{self._segments.name}, line {number}"
            if isinstance(row, str):
                yield Exclusion(f"line {number}", row, where)
                continue
            if task and row["task"].strip() != task:
                continue
            path, speaker = row["audio"].strip(), row["speaker"].strip()
            name = (row.get("id") or "").strip() or f"{Path(path).stem or 'line'}-{number}"
            audio = inside(self.root, path) if path else None
            times = _times(row)
            if audio is None:
                yield Exclusion(name, "no audio path that stays in the root", where)
            elif speaker not in speakers:
                yield Exclusion(name, "a speaker who is not in speakers.tsv", where)
            elif isinstance(times, str):
                yield Exclusion(name, times, where)
            else:
                labels = speakers[speaker][1] + self.label(task=row.get("task"))
                yield Utterance(name, audio, row["text"].strip() or None, "jpn", speaker, labels, *times)

    def _labels(self, facts: Mapping[str, str]) -> tuple[Label, ...]:
        return self.label(
            first_language=facts["first_language"],
            accent=facts["first_language"],
            gender=facts.get("gender"),
            age_band=age_band(facts.get("age") or ""),
            proficiency=facts.get("proficiency"),
            age_of_onset=facts.get("age_of_onset"),
            environment=facts.get("environment"),
        )


def _times(row: Mapping[str, str]) -> tuple[float, float] | str:
    try:
        start, end = float(row["start_s"]), float(row["end_s"])
    except ValueError:
        return f"times are not numbers: {row['start_s']!r:.20}, {row['end_s']!r:.20}"
    if not 0 <= start < end < float("inf"):
        return f"end {end} is not after start {start}"
    return start, end
