"""VoiceBench ``sd-qa``: the same spoken questions asked in eleven Englishes, with reference answers.

Chen et al., "VoiceBench: Benchmarking LLM-Based Voice Assistants", 2024; the recordings are of SD-QA (Faisal et al.,
EMNLP 2021). Layout, as the Hugging Face hub has it::

    sd-qa/{aus,gbr,ind_n,ind_s,irl,kenya,nga,nzl,phl,usa,zaf}-*.parquet     audio, prompt, reference
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from speechfair.corpora.hub import hub_files, hub_rows
from speechfair.corpora.layout import needs_root, reading_under
from speechfair.probes.questions.question_set import QuestionSet, SetQuestion, gather, set_card
from speechfair.probes.questions.set_rows import item_of
from speechfair.types import Exclusion, Label

__all__ = ["load"]

NAME = "voicebench-sd-qa"


def load(root: Path | None, *, split: str | None = None) -> QuestionSet:
    """The set, or one English of it.

    Parameters
    ----------
    root : a copy of VoiceBench from the hub, or its folder ``sd-qa``.
    split : such as ``aus``; None for all eleven.
    """
    folder = needs_root(root, NAME)
    with reading_under(folder):
        inner = folder / "sd-qa"
        files = hub_files(inner if inner.is_dir() else folder, NAME, split)
        return gather(set_card(NAME), folder, {"split": split}, _rows(files))


def _rows(files: list[Path]) -> Iterator[SetQuestion | Exclusion]:
    known = set_card(NAME).axes["english"]
    for path in files:
        english = path.name.split("-")[0].removesuffix(".parquet")
        for number, row, audio in hub_rows(path, ("prompt", "reference")):
            where = f"{path.name}, row {number + 1}"
            prompt, reference = (row["prompt"] or "").strip(), (row["reference"] or "").strip()
            value = known.map.get(english, english)
            yield SetQuestion(
                id=f"{english}-{number:04d}",
                item=item_of(prompt, reference),
                audio=audio,
                prompt=None,
                options=(),
                answers=(reference,) if reference else (),
                expects="answer",
                kind="sd-qa",
                voice=None,
                labels=(Label("english", value, known.source),),
                transcript=prompt or None,
                language="eng",
                where=where,
            )
