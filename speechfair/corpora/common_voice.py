"""Common Voice: sentences read by volunteers, who may say what their accent is (Mozilla).

Ardila et al., "Common Voice: A Massively-Multilingual Speech Corpus", LREC 2020. Layout, in every release::

    en/clips/common_voice_en_1.mp3
    en/{validated,train,dev,test,other,invalidated}.tsv

The columns ``client_id``, ``path`` and ``sentence`` are always there. The accent is in ``accent`` (a code out of a
closed list, until early 2022) or ``accents`` (free text, several separated by commas, and some that hold commas).
Both are mapped to the axis ``variety`` by ``corpora/common_voice/accents.yaml``; what that table does not know is
counted in `CommonVoice.unmatched_accents`.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.languages import iso_639_3
from speechfair.corpora.layout import expect, inside
from speechfair.corpora.tables import columns_of, rows_of
from speechfair.errors import CorpusError
from speechfair.registry import did_you_mean
from speechfair.resources import data_folder
from speechfair.strict_yaml import read_model
from speechfair.types import Exclusion, Label, Utterance

__all__ = ["AccentTable", "CommonVoice", "decade_band", "load_accents"]

_COMMA = re.compile(r",(?![^()]*\))")
_AGES = {
    "sixties": "senior",
    "seventies": "senior",
    "eighties": "senior",
    "nineties": "senior",
} | dict.fromkeys(("twenties", "thirties", "fourties", "forties", "fifties"), "adult")
SEVERAL = "several"
"""The variety of a speaker who names more than one that the table knows."""


class AccentTable(BaseModel):
    """``accents.yaml``: by language (ISO 639-3), variety -> what speakers wrote for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

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
        clips = self._folder / "clips"
        for number, row in rows_of(self._list):
            where = f"{self._list.name}, line {number}"
            if isinstance(row, str):
                yield Exclusion(f"line {number}", row, where)
                continue
            path = row["path"].strip()
            stem, ending = os.path.splitext(path)
            audio = inside(clips, path if ending else f"{path}.mp3") if path else None
            if audio is None:
                reason = "audio path leads out of clips" if path else "no path"
                yield Exclusion(path or f"line {number}", reason, where)
                continue
            language = iso_639_3(row.get("locale") or self._folder.name)
            yield Utterance(
                id=os.path.basename(stem),
                audio=audio,
                text=row["sentence"].strip() or None,
                language=language,
                speaker=row["client_id"].strip() or None,
                labels=self._labels(row, language),
            )

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
        for part in (part.strip() for part in _COMMA.split(accent)):
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
