"""Earnings-22: earnings calls of companies from 27 countries, in English (Rev.com).

Del Rio et al., "Earnings-22: A Practical Benchmark for Accents in the Wild", arXiv 2203.15591, 2022. Layout, as in the
publisher's repository (and as lhotse's recipe reads it)::

    metadata.csv        File ID, Ticker Symbol, Country by Ticker, UN Defined, Major Dialect Family, …
    media/4420696.mp3
    transcripts/force_aligned_nlp_references/4420696.aligned.nlp     token|speaker|ts|endTs|punctuation|…

An hour of talk is cut into utterances: where the speaker changes, at the end of a sentence, and after 30 s. Only the
force-aligned references tell times, so only they are read. What the metadata tells is where the company is listed, not
who speaks; see the card.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import expect, inside, lines_of
from speechfair.corpora.tables import columns_of, rows_of
from speechfair.errors import CorpusError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Label, Utterance

__all__ = ["Earnings22"]

_COLUMNS = ("File ID", "Country by Ticker", "UN Defined", "Major Dialect Family")
_FIELDS = ("token", "speaker", "ts", "endTs", "punctuation")
_REFERENCES = "transcripts/force_aligned_nlp_references"
_ENDS = frozenset(".?!")
_UNHEARD = ("<inaudible>", "<crosstalk>", "<unk>")
_LONGEST_S = 30.0


@dataclass(frozen=True, slots=True)
class _Token:
    line: int
    text: str
    speaker: str
    start_s: float | None
    end_s: float | None
    ends: bool


class Earnings22(FolderCorpus):
    """The corpus.

    Parameters
    ----------
    root : folder that holds ``metadata.csv``, ``media`` and ``transcripts``.
    """

    name = "earnings22"

    def __init__(self, root: Path | None) -> None:
        super().__init__(root)
        self._table = expect(self.root / "metadata.csv", self.name, "the file metadata.csv")
        expect(self.root / _REFERENCES, self.name, "the folder force_aligned_nlp_references")
        present = columns_of(self._table)
        for column in _COLUMNS:
            if column not in present:
                raise CorpusError(f"{self._table} has no column {column!r}; {did_you_mean(column, present)}")

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        for number, row in rows_of(self._table):
            where = f"{self._table.name}, line {number}"
            if isinstance(row, str):
                yield Exclusion(f"line {number}", row, where)
                continue
            name = row["File ID"].strip()
            audio = inside(self.root / "media", f"{name}.mp3") if name else None
            text = inside(self.root / _REFERENCES, f"{name}.aligned.nlp") if name else None
            if audio is None or text is None:
                yield Exclusion(name or f"line {number}", "no file name that stays in the corpus", where)
            elif not audio.exists() or not text.exists():
                missing = "audio" if not audio.exists() else "an aligned transcript"
                yield Exclusion(name, f"a call without {missing}", where)
            else:
                yield from self._call(name, audio, text, self._labels(row))

    def _labels(self, row: Mapping[str, str]) -> tuple[Label, ...]:
        return self.label(
            company_country=row["Country by Ticker"],
            company_region=row["UN Defined"],
            accent=row["Major Dialect Family"],
        )

    def _call(
        self, name: str, audio: Path, text: Path, labels: tuple[Label, ...]
    ) -> Iterator[Utterance | Exclusion]:
        place = self.place(text)
        for tokens in _stretches(_tokens(text)):
            first = tokens[0]
            known = [token for token in tokens if token.start_s is not None and token.end_s is not None]
            words = " ".join(token.text for token in tokens)
            item, where = f"{name}-{first.line:06d}", f"{place}, line {first.line}"
            start = min((t.start_s for t in known if t.start_s is not None), default=0.0)
            end = max((t.end_s for t in known if t.end_s is not None), default=0.0)
            if len(known) < len(tokens):
                yield Exclusion(item, "words that the alignment did not find", where)
            elif any(mark in words.casefold() for mark in _UNHEARD):
                yield Exclusion(item, "inaudible or several people at once", where)
            elif not end > start >= 0:
                yield Exclusion(item, f"end {end} is not after start {start}", where)
            else:
                yield Utterance(item, audio, words, "eng", f"{name}-{first.speaker}", labels, start, end)


def _stretches(tokens: Iterator[_Token]) -> Iterator[list[_Token]]:
    """Runs of tokens of one speaker that end with a sentence, or before they last longer than 30 s."""
    run: list[_Token] = []
    for token in tokens:
        if run:
            begin, now = run[0].start_s, token.end_s
            long = begin is not None and now is not None and now - begin > _LONGEST_S
            if token.speaker != run[0].speaker or run[-1].ends or long:
                yield run
                run = []
        run.append(token)
    if run:
        yield run


def _tokens(path: Path) -> Iterator[_Token]:
    lines = lines_of(path)
    header = next(lines, (0, ""))[1].split("|")
    for column in _FIELDS:
        if column not in header:
            raise CorpusError(f"{path} has no column {column!r}; {did_you_mean(column, header)}")
    at = {column: header.index(column) for column in _FIELDS}
    for number, line in lines:
        cells = line.split("|")
        if len(cells) != len(header):
            raise CorpusError(
                f"{path}, line {number}: {len(cells)} cells, but the header has {len(header)} columns"
            )
        token, speaker, start, end, mark = (cells[at[column]].strip() for column in _FIELDS)
        yield _Token(number, token + mark, speaker, _seconds(start), _seconds(end), bool(_ENDS & set(mark)))


def _seconds(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
