"""AU-Harness task files: a YAML file that says which columns of a stored dataset hold audio, question and answer.

Surapaneni et al., "AU-Harness: An Open-Source Toolkit for Holistic Evaluation of Audio LLMs", 2025. Layout::

    tasks/**/*.yaml     task_name, dataset_path, subset, split, modality, preprocessor, metrics, user_prompt,
                        audio_column, target_column, instruction_column, choices_column, and extends: ["./base.yaml#"]
    the dataset, fetched by the user, as Parquet files with the encoded audio in a column

Tasks that ask in writing, and those of several turns, tool calls, translation, transcription or diarisation, are not
loaded: their `modality`, `preprocessor` or `metrics` says so.
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
SPOKEN = ("VoiceBenchPreprocessor", "BigBenchAudioPreprocessor")
"""Preprocessors of datasets whose instruction column holds what is said, so that it must not be shown."""
SPOKEN_DATASETS = ("hlt-lab/voicebench", "fixie-ai/big_bench_audio")
PREPROCESSORS = ("GeneralPreprocessor", *SPOKEN)
METRICS = (
    "llm_judge_binary",
    "llm_judge_detailed",
    "llm_judge_big_bench_audio",
    "llm_judge_redteaming",
    "detailed_judge_prompt",
)
"""Metrics of tasks whose replies can be read as answers."""


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
    if found.get("preprocessor") == "BigBenchAudioPreprocessor":
        found.setdefault("audio_column", "audio")
    if not isinstance(found.get("audio_column"), str):
        raise CorpusError(f"{root / task}: the task names no audio_column")
    _check_kind(found, root / task)
    return found


def _check_kind(settings: Mapping[str, Any], path: Path) -> None:
    """Refuse a task that does not ask about what is heard."""
    if settings.get("modality", "audio") != "audio":
        raise CorpusError(
            f"{path}: modality {settings['modality']!r}: the task asks in writing, nothing is heard"
        )
    preprocessor = str(settings.get("preprocessor", PREPROCESSORS[0]))
    if preprocessor not in PREPROCESSORS:
        raise CorpusError(
            f"{path}: tasks of {preprocessor} are not loaded; give one of {', '.join(PREPROCESSORS)}"
        )
    metrics = _metrics(settings)
    if metrics and not metrics & set(METRICS):
        raise CorpusError(
            f"{path}: the task is scored by {', '.join(sorted(metrics))}, which needs more than an answer; "
            f"loaded are tasks scored by {', '.join(METRICS)}"
        )


def _metrics(settings: Mapping[str, Any]) -> set[str]:
    listed = settings.get("metrics") or []
    named = listed if isinstance(listed, list) else [listed]
    return {str(one.get("metric")) if isinstance(one, Mapping) else str(one) for one in named}


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
    asked, fixed = settings.get("instruction_column"), settings.get("user_prompt")
    answers = (text_in(row, str(target)),) if target else ()
    cell = row.get(str(asked))
    written = cell.strip() if isinstance(cell, str) and cell.strip() else None
    spoken = settings.get("preprocessor") in SPOKEN or settings.get("dataset_path") in SPOKEN_DATASETS
    parts = [str(fixed).strip() if fixed else None, None if spoken else written]
    prompt = " ".join(part for part in parts if part) or str(settings.get("prompt") or "").strip() or None
    refuse = "llm_judge_redteaming" in _metrics(settings)
    known = ((axis, row.get(axis)) for axis in LABELS if axis != target)
    return SetQuestion(
        id=name,
        item=name,
        audio=audio,
        prompt=prompt,
        options=_choices(row.get(str(choices))) if choices else (),
        answers=answers,
        expects="answer" if answers else "refusal" if refuse else "reply",
        kind=str(settings.get("task_name", "task")),
        voice=None,
        labels=tuple(
            Label(axis, value, "corpus") for axis, value in known if isinstance(value, str) and value
        ),
        transcript=written if spoken else None,
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
