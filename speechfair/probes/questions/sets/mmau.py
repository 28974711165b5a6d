"""MMAU: multiple-choice questions about speech, sounds and music.

Sakshi et al., "MMAU: A Massive Multi-Task Audio Understanding and Reasoning Benchmark", 2024. Layout::

    mmau-test-mini.json     a list: id, audio_id (a path), question, choices, answer, task, category, sub-category
    test-mini-audios/*.wav
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from speechfair.corpora.layout import expect, needs_root, reading_under
from speechfair.probes.questions.question_set import QuestionSet, SetQuestion, gather, set_card
from speechfair.probes.questions.set_rows import BadRowError, audio_under, each_row, json_list, text_in

__all__ = ["load"]

NAME = "mmau"


def load(root: Path | None, *, items: str = "mmau-test-mini.json", task: str | None = None) -> QuestionSet:
    """The set.

    Parameters
    ----------
    root : folder that holds the list and the folder of recordings.
    items : the list. That of the large test set has no answers, so all of its rows are excluded.
    task : ``speech``, ``sound`` or ``music``; None for all.
    """
    folder = needs_root(root, NAME)

    def questions(row: Mapping[str, Any], name: str, where: str) -> Iterator[SetQuestion]:
        if task is not None and row.get("task") != task:
            return
        choices = row.get("choices")
        if not isinstance(choices, list) or not all(isinstance(one, str) for one in choices):
            raise BadRowError("the key 'choices' holds no list of texts")
        identity = text_in(row, "id")
        yield SetQuestion(
            id=identity,
            item=identity,
            audio=audio_under(folder, text_in(row, "audio_id").removeprefix("./")),
            prompt=text_in(row, "question"),
            options=tuple(choices),
            answers=(text_in(row, "answer"),),
            expects="answer",
            kind=f"{row.get('task', 'unknown')}: {row.get('sub-category', row.get('category', 'unknown'))}",
            voice=None,
            labels=(),
            transcript=None,
            language="und",
            where=where,
        )

    with reading_under(folder):
        path = expect(folder / items, NAME, "the list of questions")
        rows = ((f"row {n}", f"{path.name}, row {n}", row) for n, row in enumerate(json_list(path), 1))
        return gather(set_card(NAME), folder, {"items": items, "task": task}, each_row(rows, questions))
