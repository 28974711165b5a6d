"""FLEURS: the same sentences read in 102 languages.

Conneau et al., "FLEURS: Few-shot Learning Evaluation of Universal Representations of Speech", SLT 2022. Layout, with
the archives of audio unpacked (lhotse's download has ``en_us/test/*.wav`` and ``metadata/en_us/test.tsv`` instead)::

    data/en_us/test.tsv     id, file, raw transcription, transcription, characters, samples, gender; no header
    data/en_us/audio/test/10004088536354799741.wav

There are no speaker ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.languages import iso_639_3
from speechfair.corpora.layout import expect, inside, lines_of
from speechfair.errors import CorpusError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Utterance

__all__ = ["Fleurs"]


class Fleurs(FolderCorpus):
    """One split of one language, or of all that are there.

    Parameters
    ----------
    root : folder that holds ``data`` (or ``metadata``).
    split : ``train``, ``dev`` or ``test``.
    locale : such as ``en_us``; None for every language.
    """

    name = "fleurs"

    def __init__(self, root: Path | None, *, split: str = "test", locale: str | None = None) -> None:
        super().__init__(root)
        self._options = {"split": split, "locale": locale}
        self._split = split
        self._lists = "metadata" if (self.root / "metadata").is_dir() else "data"
        folder = expect(self.root / self._lists, self.name, "the folder data")
        known = sorted(path.parent.name for path in folder.glob("*/*.tsv"))
        if not known:
            expect(folder / "en_us" / f"{split}.tsv", self.name, "lists such as en_us/test.tsv")
        if locale is not None and locale not in known:
            raise CorpusError(
                f"{folder} holds no language {locale!r}; {did_you_mean(locale, sorted(set(known)))}"
            )
        self._locales = [locale] if locale else sorted(set(known))
        for each in self._locales:
            expect(folder / each / f"{split}.tsv", self.name, f"the list {split}.tsv of {each}")

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        for locale in self._locales:
            yield from self._language(locale)

    def _language(self, locale: str) -> Iterator[Utterance | Exclusion]:
        path = self.root / self._lists / locale / f"{self._split}.tsv"
        home = self.root / locale if self._lists == "metadata" else self.root / "data" / locale / "audio"
        language = iso_639_3(locale)
        for number, line in lines_of(path):
            where = f"{self.place(path)}, line {number}"
            cells = [cell.strip() for cell in line.split("\t")]
            if len(cells) != 7:
                yield Exclusion(f"{locale}-line {number}", f"{len(cells)} cells where 7 are expected", where)
                continue
            _, file, raw, text, _, _, gender = cells
            name = f"{locale}-{Path(file).stem}"
            audio = inside(home / self._split, file) if file else None
            if audio is None:
                yield Exclusion(name, "audio path leads out of its folder", where)
            else:
                yield Utterance(name, audio, raw or text or None, language, None, self.label(gender=gender))
