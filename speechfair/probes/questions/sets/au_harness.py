"""AU-Harness task files: a YAML file that says which columns of a stored dataset hold audio, question and answer.

Surapaneni et al., "AU-Harness: An Open-Source Toolkit for Holistic Evaluation of Audio LLMs", 2025. Layout::

    tasks/**/*.yaml     task_name, dataset_path, subset, split, audio_column, target_column, instruction_column,
                        choices_column, and extends: ["./base.yaml#"]
    the dataset, fetched by the user, as Parquet files with the encoded audio in a column

Tasks with several turns, tool calls or diarisation are not loaded.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from speechfair.corpora.hub import ParquetAudio, hub_files, hub_rows
from speechfair.corpora.layout import expect, inside, needs_root, reading_under
from speechfair.errors import CorpusError, InputError
from speechfair.probes.questions.question_set import QuestionSet, SetQuestion, gather, set_card
from speechfair.probes.questions.set_rows import BadRowError, each_row, text_in
from speechfair.strict_yaml import parse_yaml
from speechfair.types import Exclusion, Label

__all__ = ["load", "task_settings"]

NAME = "au-harness"
LANGUAGES = {"en": "eng", "ja": "jpn", "zh": "zho", "de": "deu", "es": "spa", "fr": "fra"}
LABELS = ("accent", "gender", "age", "speaker_accent", "nationality")
MOST_EXTENDED = 5


def load(root: Path | None, *, task: str | None = None, data: str | None = None) -> QuestionSet:
    """The questions of one task file.

    Parameters
    ----------
    root : folder that holds the task files and the data.
    task : the task file, relative to `root`.
    data : folder of the dataset's Parquet files, relative to `root`; None is ``data``.
    """
    folder = needs_root(root, NAME)
    if task is None:
        raise InputError("au-harness needs a task file; give --option task=tasks/…/NAME.yaml")
    with reading_under(folder):
        settings = task_settings(folder, task)
        split = str(settings.get("split", "test"))
        place = expect(folder / (data or "data"), NAME, "the dataset as Parquet files,")
        rows = list(_rows(hub_files(place, NAME, split), settings))
    return gather(set_card(NAME), folder, {"task": task, "data": data}, rows)


def task_settings(root: Path, task: str) -> dict[str, Any]:
    """The settings of a task file over those of the files that it extends.

    Raises
    ------
    CorpusError : a file is not there, leads out of `root`, or names no audio column.
    """
    found: dict[str, Any] = {}
    todo, seen = [task], 0
    while todo:
        name = todo.pop(0)
        seen += 1
        path = inside(root, name)
        if path is None or seen > MOST_EXTENDED:
            raise CorpusError(
                f"{name} leads out of {root}, or files extend each other in a circle; it is not read"
            )
        expect(path, NAME, "the task file")
        content, _ = parse_yaml(path)
        if not isinstance(content, Mapping):
            raise CorpusError(f"{path}: expected keys and values at the top level")
        found = {**content, **found}
        parent = Path(name).parent
        for other in content.get("extends") or []:
            todo.append((parent / str(other).split("#")[0]).as_posix())
    if not isinstance(found.get("audio_column"), str):
        raise CorpusError(f"{root / task}: the task names no audio_column")
    return found


def _rows(files: list[Path], settings: Mapping[str, Any]) -> Iterator[SetQuestion | Exclusion]:
    needed = [str(settings[key]) for key in ("target_column", "choices_column") if settings.get(key)]
    for path in files:
        for number, row, audio in hub_rows(path, tuple(needed), str(settings["audio_column"])):
            name = f"{path.stem}-{number:05d}"

            def make(
                row: Mapping[str, Any], name: str, where: str, audio: ParquetAudio = audio
            ) -> list[SetQuestion]:
                return [_question(row, name, where, audio, settings)]

            yield from each_row([(name, f"{path.name}, row {number + 1}", row)], make)


def _question(
    row: Mapping[str, Any], name: str, where: str, audio: ParquetAudio, settings: Mapping[str, Any]
) -> SetQuestion:
    target, choices = settings.get("target_column"), settings.get("choices_column")
    asked, fixed = settings.get("instruction_column"), settings.get("user_prompt") or settings.get("prompt")
    answers = (text_in(row, str(target)),) if target else ()
    prompt = str(fixed).strip() if fixed else None
    if prompt is None and asked in row:
        prompt = text_in(row, str(asked))
    known = ((axis, row.get(axis)) for axis in LABELS if axis != target)
    return SetQuestion(
        id=name,
        item=name,
        audio=audio,
        prompt=prompt,
        options=_choices(row.get(str(choices))) if choices else (),
        answers=answers,
        expects="answer" if answers else "reply",
        kind=str(settings.get("task_name", "task")),
        voice=None,
        labels=tuple(
            Label(axis, value, "corpus") for axis, value in known if isinstance(value, str) and value
        ),
        transcript=None,
        language=LANGUAGES.get(str(settings.get("language", "")).split("-")[0], "und"),
        where=where,
    )


def _choices(cell: Any) -> tuple[str, ...]:
    """Options in a list, or in a list that is written as text."""
    if isinstance(cell, str):
        try:
            cell = ast.literal_eval(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            raise BadRowError(f"choices {cell[:40]!r} are no list") from None
    if not isinstance(cell, list) or not all(isinstance(one, str) for one in cell):
        raise BadRowError("choices are no list of texts")
    return tuple(cell)
