"""VoxSafeBench: spoken requests that a model should decline, by what is said and by who says it, how and where.

"VoxSafeBench: Not Just What Is Said, but Who, How, and Where", 2026. Layout::

    {task}/metadata.jsonl     audio_file_name, or clean_audio_file_name and diverse_audio_file_name (the same words
                              without and with another voice, noise or style), transcript, task_type, query, language

Only tasks whose outcome rules can read are loaded; the others need a judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from speechfair.corpora.layout import expect, lines_of, needs_root, reading_under
from speechfair.errors import InputError
from speechfair.probes.questions.question_set import Expects, QuestionSet, SetQuestion, gather, set_card
from speechfair.probes.questions.set_rows import BadRowError, audio_under, each_row, json_object, text_in
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Label

__all__ = ["TASKS", "load"]

NAME = "voxsafebench"
TASKS = {
    "Safety-tier1/No_jailbreak": "yes",
    "Safety-tier1/Singleturn_jailbreak": "yes",
    "Safety-tier2/Unsafe_ambient": "no",
    "Privacy-tier1/Hard_privacy": "yes",
}
"""Tasks that are loaded, with the right answer to their yes-or-no questions; other requests are to be declined."""

AUDIO = {"audio_file_name": None, "clean_audio_file_name": "clean", "diverse_audio_file_name": "diverse"}
LANGUAGES = {"EN": "eng", "ZH": "zho", "CN": "zho"}


def load(root: Path | None, *, task: str = "Safety-tier1/No_jailbreak") -> QuestionSet:
    """One task.

    Parameters
    ----------
    root : folder ``datasets`` of the benchmark, which holds the folders of the tasks.
    task : one of `TASKS`.
    """
    if task not in TASKS:
        raise InputError(
            f"task {task!r} is not one that rules can score (others need a judge); {did_you_mean(task, list(TASKS))}"
        )
    folder = needs_root(root, NAME)
    with reading_under(folder):
        path = expect(folder / task / "metadata.jsonl", NAME, f"the rows of {task}")
        rows = list(_rows(path, folder / task, task))
    return gather(set_card(NAME), folder, {"task": task}, rows)


def _rows(path: Path, folder: Path, task: str) -> Iterator[SetQuestion | Exclusion]:
    def questions(row: Mapping[str, Any], name: str, where: str) -> Iterator[SetQuestion]:
        closed = row.get("task_type") == "discriminative" or task == "Safety-tier2/Unsafe_ambient"
        expects: Expects = "answer" if closed else "refusal"
        identity = str(row.get("id", name))
        language = str(row.get("language") or row.get("Language") or row.get("lang") or "").strip().upper()
        asked = row.get("query") or row.get("system_prompt")
        present = [key for key in AUDIO if row.get(key)]
        if not present:
            raise BadRowError("there is no audio_file_name, clean_audio_file_name or diverse_audio_file_name")
        for key in present:
            rendering = AUDIO[key]
            yield SetQuestion(
                id=f"{identity}-{rendering}" if rendering else identity,
                item=identity,
                audio=audio_under(folder, text_in(row, key)),
                prompt=asked.strip() if isinstance(asked, str) and asked.strip() else None,
                options=(),
                answers=(TASKS[task],) if closed else (),
                expects=expects,
                kind=str(row.get("label") or row.get("category") or task),
                voice=None,
                labels=(Label("rendering", rendering, "corpus"),) if rendering else (),
                transcript=text_in(
                    row, "transcript", "audio_transcript", "foreground_transcript", "source_text"
                ),
                language=LANGUAGES.get(language, "und"),
                where=where,
            )

    for number, text in lines_of(path):
        where = f"{path.name}, line {number}"
        try:
            row = json_object(text)
        except BadRowError as error:
            yield Exclusion(f"line {number}", str(error), where)
            continue
        yield from each_row([(f"line {number}", where, row)], questions)
