"""AIR-Bench, foundation part: multiple-choice questions about speech, sounds and music from many corpora.

Yang et al., "AIR-Bench: Benchmarking Large Audio-Language Models via Generative Comprehension", ACL 2024. Layout::

    Foundation/Foundation_meta.json     a list: path, question, choice_a … choice_d, answer_gt, task_name, dataset_name
    Foundation/{task_name}_{dataset_name}/{path}     for Audio_Grounding with the ending .flac

The chat part needs a judge and is not loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from speechfair.corpora.layout import expect, needs_root, reading_under
from speechfair.probes.questions.question_set import QuestionSet, SetQuestion, gather, set_card
from speechfair.probes.questions.set_rows import audio_under, each_row, json_list, text_in

__all__ = ["load"]

NAME = "air-bench"
CHOICES = ("choice_a", "choice_b", "choice_c", "choice_d")


def load(root: Path | None, *, task: str | None = None) -> QuestionSet:
    """The set.

    Parameters
    ----------
    root : folder that holds ``Foundation``, or that folder.
    task : such as ``Speaker_Gender_Recognition``; None for all.
    """
    given = needs_root(root, NAME)
    folder = given / "Foundation" if (given / "Foundation").is_dir() else given

    def questions(row: Mapping[str, Any], name: str, where: str) -> Iterator[SetQuestion]:
        kind = text_in(row, "task_name")
        if task is not None and kind != task:
            return
        file = text_in(row, "path")
        if kind == "Audio_Grounding":
            file = file[:-3] + "flac"
        options = tuple(str(row[key]).strip() for key in CHOICES if row.get(key) not in (None, ""))
        identity = str(row.get("uniq_id", name))
        yield SetQuestion(
            id=identity,
            item=identity,
            audio=audio_under(folder, f"{kind}_{text_in(row, 'dataset_name')}/{file}"),
            prompt=text_in(row, "question"),
            options=options,
            answers=(text_in(row, "answer_gt"),),
            expects="answer",
            kind=kind,
            voice=None,
            labels=(),
            transcript=None,
            language="und",
            where=where,
        )

    with reading_under(given):
        path = expect(folder / "Foundation_meta.json", NAME, "the list of questions")
        rows = ((f"row {n}", f"{path.name}, row {n}", row) for n, row in enumerate(json_list(path), 1))
        return gather(set_card(NAME), folder, {"task": task}, each_row(rows, questions))
