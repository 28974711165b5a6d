"""Common Voice: sentences read by volunteers, who may say what their accent is (Mozilla).

Ardila et al., "Common Voice: A Massively-Multilingual Speech Corpus", LREC 2020. Layout, in every release::

    en/clips/common_voice_en_1.mp3
    en/{validated,train,dev,test,other,invalidated}.tsv

The columns ``client_id``, ``path`` and ``sentence`` are always there. The accent is in ``accent`` (a code out of a
closed list, until early 2022) or ``accents`` (free text, several separated by commas, bars or semicolons, and some that
hold commas). Both are mapped to the axis ``variety`` by ``corpora/common_voice/accents.yaml``; what that table does not
know is counted in `CommonVoice.unmatched_accents`.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.batches import Batch, batch_of, batch_schema, placed
from speechfair.corpora.languages import iso_639_3
from speechfair.corpora.layout import expect, inside
from speechfair.corpora.tables import columns_of, rows_of, tsv_frames
from speechfair.errors import CorpusError
from speechfair.records import Record
from speechfair.registry import did_you_mean
from speechfair.resources import data_folder
from speechfair.strict_yaml import read_model
from speechfair.types import Exclusion, Label, Utterance

if TYPE_CHECKING:
    import polars as pl

__all__ = ["AccentTable", "CommonVoice", "decade_band", "load_accents"]

_FACTS = ("accents", "accent", "variant", "gender", "age", "locale")
_BLANKS = "".join(mark for mark in map(chr, range(0x3001)) if mark.isspace())  # what str.strip takes away
_BETWEEN = re.compile(r"[|;]|,(?![^()]*\))")
_AGES = {
    "sixties": "senior",
    "seventies": "senior",
    "eighties": "senior",
    "nineties": "senior",
} | dict.fromkeys(("twenties", "thirties", "fourties", "forties", "fifties"), "adult")
SEVERAL = "several"
"""The variety of a speaker who names more than one that the table knows."""


class AccentTable(Record):
    """``accents.yaml``: by language (ISO 639-3), variety -> what speakers wrote for it."""

    version: str
    languages: dict[str, dict[str, list[str]]]

    def varieties(self, language: str) -> dict[str, str]:
        """What was written, in lower case -> variety; an entry of two varieties raises `CorpusError`."""
        found: dict[str, str] = {}
        for variety, words in self.languages.get(language, {}).items():
            for word in (variety, *words):
                if found.setdefault(word.casefold(), variety) != variety:
                    raise CorpusError(
                        f"the accent table has {word!r} twice for {language}: {found[word.casefold()]}, {variety}"
                    )
        return found


def load_accents() -> AccentTable:
    """The shipped table."""
    return read_model(data_folder("corpora") / "common_voice" / "accents.yaml", AccentTable)


def decade_band(age: str) -> str | None:
    """The age band that holds a decade as Common Voice words it (``twenties``); None for teens and for no decade.

    >>> decade_band("fourties"), decade_band("sixties"), decade_band("teens")
    ('adult', 'senior', None)
    """
    return _AGES.get(age.strip().casefold())


class CommonVoice(FolderCorpus):
    """One list of one language.

    Parameters
    ----------
    root : folder of the language (it holds ``clips``), or the release folder that holds it.
    split : the list, such as ``validated`` (default; train, dev and test are parts of it) or ``test``.
    locale : folder name of the language, such as ``en``, where the release folder holds several.
    """

    name = "common_voice"

    def __init__(self, root: Path | None, *, split: str = "validated", locale: str | None = None) -> None:
        super().__init__(root)
        self._options = {"split": split, "locale": locale}
        self._folder = self._language_folder(locale)
        known = sorted(path.stem for path in self._folder.glob("*.tsv"))
        if split not in known:
            raise CorpusError(f"{self._folder} holds no list {split}.tsv; {did_you_mean(split, known)}")
        self._list = self._folder / f"{split}.tsv"
        present = self._present = set(columns_of(self._list))
        for column in ("client_id", "path", "sentence"):
            if column not in present:
                raise CorpusError(
                    f"{self._list} has no column {column!r}; {did_you_mean(column, sorted(present))}"
                )
        self._table = load_accents()
        self.unmatched_accents: Counter[str] = Counter()

    def _language_folder(self, locale: str | None) -> Path:
        if locale is not None:
            folder = inside(self.root, locale)
            if folder is None or not folder.is_dir():
                known = sorted(path.parent.name for path in self.root.glob("*/clips"))
                raise CorpusError(f"{self.root} holds no language {locale!r}; {did_you_mean(locale, known)}")
            return folder
        if (self.root / "clips").is_dir():
            return self.root
        found = sorted(path.parent for path in self.root.glob("*/clips"))
        if len(found) > 1:
            raise CorpusError(
                f"{self.root} holds {', '.join(path.name for path in found)}; choose one with --option locale=…"
            )
        return found[0] if found else expect(self.root / "clips", self.name, "the folder clips").parent

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        for number, row in rows_of(self._list):
            yield self._row(number, row)

    def _row(self, number: int, row: Mapping[str, Any] | str) -> Utterance | Exclusion:
        where = f"{self._list.name}, line {number}"
        if isinstance(row, str):
            return Exclusion(f"line {number}", row, where)
        path = row["path"].strip()
        stem, ending = os.path.splitext(path)
        audio = inside(self._folder / "clips", path if ending else f"{path}.mp3") if path else None
        if audio is None:
            reason = "audio path leads out of clips" if path else "no path"
            return Exclusion(path or f"line {number}", reason, where)
        language = iso_639_3(row.get("locale") or self._folder.name)
        return Utterance(
            id=os.path.basename(stem),
            audio=audio,
            text=row["sentence"].strip() or None,
            language=language,
            speaker=row["client_id"].strip() or None,
            labels=self._labels(row, language),
        )

    def batches(self, rows: int) -> Iterator[Batch]:
        """The rows of `__iter__` as columns; only what is out of the ordinary is looked at row by row."""
        with os.scandir(self._folder / "clips") as entries:
            links = [entry.name for entry in entries if entry.is_symlink()]
        for frame in tsv_frames(self._list, rows):
            yield self._batch(frame, links)

    def _batch(self, frame: pl.DataFrame, links: list[str]) -> Batch:
        import polars as pl

        frame = frame.with_columns(pl.col("path").str.strip_chars(_BLANKS).alias("path"))
        name = pl.when(pl.col("path").str.contains(r"\.")).then("path").otherwise(pl.col("path") + ".mp3")
        # a file of clips itself: no folder, no hidden file, no link, so that it cannot lead out
        plain = pl.col("reason").is_null() & pl.col("path").str.contains(r"^[^./\x00][^/\x00]*$")
        frame = frame.with_columns(name.alias("file")).with_columns(
            (plain & ~pl.col("file").is_in(links)).fill_null(False).alias("plain")
        )
        usual, labels = self._usual(frame.filter("plain"))
        odd = [
            self._row(row["number"], row["reason"] or row)
            for row in frame.filter(~pl.col("plain")).iter_rows(named=True)
        ]
        if not odd:
            return Batch(usual.select(list(batch_schema())), labels)
        rest = batch_of(odd, self.root)
        numbers = frame.filter(~pl.col("plain"))["number"]
        shifted = rest.frame.with_columns(numbers, pl.col("labels") + len(labels))
        both = pl.concat([usual, shifted.select(usual.columns)]).sort("number")
        return Batch(both.select(list(batch_schema())), [*labels, *rest.labels])

    def _usual(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[Label, ...]]]:
        """Rows whose audio certainly lies in clips, and their labels; equal metadata is mapped once."""
        import polars as pl

        facts = [name for name in _FACTS if name in self._present]
        labels: list[tuple[Label, ...]] = [()]
        languages = []
        keyed = frame.with_columns(
            pl.concat_str(facts, separator="\t").alias("key") if facts else pl.lit("").alias("key")
        )
        known = keyed.group_by("key", maintain_order=True).agg(pl.len().alias("n"), pl.col(facts).first())
        for row in known.iter_rows(named=True):
            languages.append(iso_639_3(row.get("locale") or self._folder.name))
            labels.append(self._counted(row, languages[-1], row["n"]))
        codes = pl.int_range(1, known.height + 1, dtype=pl.UInt32).alias("labels")
        known = known.select("key", codes, pl.Series("language", languages, pl.String))
        none = pl.lit(None)
        clips = placed(self._folder / "clips", self.root)
        made = keyed.join(known, on="key", how="left", maintain_order="left").select(
            "number",
            pl.col("path").str.replace(r"\.[^.]*$", "").alias("id"),
            (pl.lit(f"{clips}/") + pl.col("file")).alias("audio"),
            _told("sentence").alias("text"),
            "language",
            _told("client_id").alias("speaker"),
            none.cast(pl.Float64).alias("start_s"),
            none.cast(pl.Float64).alias("end_s"),
            none.cast(pl.Int16).alias("channel"),
            "labels",
            none.cast(pl.String).alias("excluded"),
            none.cast(pl.String).alias("place"),
        )
        return made, labels

    def _counted(self, row: Mapping[str, Any], language: str, times: int) -> tuple[Label, ...]:
        """The labels of a row that comes `times` times, with what no map knows counted as often."""
        counters = self.label.unmatched, self.unmatched_accents
        self.label.unmatched, self.unmatched_accents = Counter(), Counter()
        labels = self._labels(row, language)
        once = self.label.unmatched, self.unmatched_accents
        self.label.unmatched, self.unmatched_accents = counters
        for key, count in once[0].items():
            counters[0][key] += count * times
        for accent, count in once[1].items():
            counters[1][accent] += count * times
        return labels

    def _labels(self, row: Mapping[str, Any], language: str) -> tuple[Label, ...]:
        accent = (row.get("accents") or row.get("accent") or "").strip()
        age = (row.get("age") or "").strip()
        return self.label(
            accent=accent,
            variety=self._variety(accent, language),
            variant=row.get("variant"),
            gender=row.get("gender"),
            age=age,
            age_band=decade_band(age),
        )

    def _variety(self, accent: str, language: str) -> str | None:
        if not accent:
            return None
        known = self._varieties(language)
        if accent.casefold() in known:
            return known[accent.casefold()]
        found = set()
        for part in (part.strip() for part in _BETWEEN.split(accent)):
            if part.casefold() in known:
                found.add(known[part.casefold()])
            elif part:
                self.unmatched_accents[part] += 1
        if len(found) > 1:
            return SEVERAL
        return found.pop() if found else None

    def _varieties(self, language: str) -> dict[str, str]:
        if not hasattr(self, "_cache"):
            self._cache: dict[str, dict[str, str]] = {}
        if language not in self._cache:
            self._cache[language] = self._table.varieties(language)
        return self._cache[language]


def _told(column: str) -> pl.Expr:
    """A cell without the blanks around it; null where nothing is left."""
    import polars as pl

    text = pl.col(column).str.strip_chars(_BLANKS)
    return pl.when(text != "").then(text)
