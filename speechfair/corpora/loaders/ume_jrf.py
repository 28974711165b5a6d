"""UME-JRF: Japanese sentences and words read by foreign students, and by natives of Tokyo as their reference.

"Japanese Speech Database Read by Foreign Students", NII-SRC, doi:10.32130/src.UME-JRF. It is given on application and
its documents are not public. The audio lies as published code reads it; texts and speakers are **declared**, in two
tables that the holder writes from the corpus's own documents (UTF-8, tab-separated, with a header)::

    wav/FJ/TKT/F01/D1_001.wav       FJ learners, JJ natives; site; gender and number; set (A to D), list and number
    texts.tsv                       name (D1_001), text
    speakers.tsv                    speaker (TKT-F01), first_language (a name or ISO 639-3), and where known
                                    proficiency, age_of_onset

The teachers' ratings are not read. Set A is balanced, B difficult sounds, C prosody, D single words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.declared import declared_table, speakers_of
from speechfair.corpora.layout import expect
from speechfair.corpora.tables import rows_of
from speechfair.errors import CorpusError, InputError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Label, Utterance

__all__ = ["UmeJrf"]

_GROUPS = ("FJ", "JJ")
_SETS = ("A", "B", "C", "D")


class UmeJrf(FolderCorpus):
    """The corpus, or one of its sets.

    Parameters
    ----------
    root : folder that holds ``wav``, ``texts.tsv`` and ``speakers.tsv``.
    subset : ``A``, ``B``, ``C`` or ``D``; None for all.
    """

    name = "ume_jrf"

    def __init__(self, root: Path | None, *, subset: str | None = None) -> None:
        super().__init__(root)
        if subset is not None and subset not in _SETS:
            raise InputError(f"ume_jrf has no subset {subset!r}; {did_you_mean(subset, _SETS)}")
        self._options = {"subset": subset}
        self._wav = expect(self.root / "wav" / "FJ", self.name, "the folder wav/FJ").parent
        self._texts = declared_table(self.root / "texts.tsv", self.name, ("name", "text"))
        self._speakers = declared_table(self.root / "speakers.tsv", self.name, ("speaker", "first_language"))

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        texts = {}
        for number, row in rows_of(self._texts):
            if isinstance(row, str):
                raise CorpusError(f"{self._texts}, line {number}: {row}")
            texts[row["name"].strip()] = row["text"].strip()
        speakers = speakers_of(self._speakers)
        for group in _GROUPS:
            for audio in sorted((self._wav / group).glob(f"*/*/{self._options['subset'] or '[A-D]'}*_*.wav")):
                site, code = audio.parts[-3], audio.parts[-2]
                name, speaker = f"{group}-{site}-{code}-{audio.stem}", f"{site}-{code}"
                if not texts.get(audio.stem):
                    yield Exclusion(name, "audio whose text is not in texts.tsv", self.place(audio))
                    continue
                labels = self._labels(group, code, speakers.get(speaker, {}))
                yield Utterance(name, audio, texts[audio.stem], "jpn", f"{group}-{speaker}", labels)

    def _labels(self, group: str, code: str, facts: Mapping[str, str]) -> tuple[Label, ...]:
        native = group == "JJ"
        language = "Japanese" if native else facts.get("first_language")
        return self.label(
            first_language=language,
            accent=language,
            gender=code[:1],
            proficiency=None if native else facts.get("proficiency"),
            age_of_onset=None if native else facts.get("age_of_onset"),
        )
