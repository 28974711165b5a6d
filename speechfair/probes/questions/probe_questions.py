"""The verb ``probe questions``: the questions of a set are put to a speech-LLM, and its share right given by group.

Resumable like an audit: the run folder holds the manifest, the questions and every reply.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from speechfair import __version__
from speechfair.auditing.result import CorpusRecord, ModelRecord
from speechfair.errors import InputError
from speechfair.probes.asking import AUDIO, TEXT, Ask, ask_missing, by_ask
from speechfair.probes.letter_bias import Chosen, letter_bias_notes
from speechfair.probes.probe_folder import begin_or_compare, listed, settle
from speechfair.probes.questions.question_reading import WORDING, prompt_of, read_reply, shown_options
from speechfair.probes.questions.question_set import Expects, QuestionSet, SetQuestion
from speechfair.probes.questions.questions_estimates import part_of
from speechfair.probes.questions.questions_results import ExcludedRow, QuestionsResult
from speechfair.running.content_digest import content_digest
from speechfair.running.run_recipe import Analysis, CardPart, corpus_part, model_part
from speechfair.running.run_record import RunRecord, reseal, scores_name
from speechfair.running.transcription import Observer
from speechfair.store import RunFolder
from speechfair.types import SpeechLanguageModel

if TYPE_CHECKING:
    import polars as pl

__all__ = ["asks_of_set", "axes_of_set", "probe_questions"]

QUESTIONS, RESULT = "questions-asked.json", "questions.json"
MARGIN = 0.10
_TEXT_ITEM = "question"


def probe_questions(
    questions: QuestionSet,
    model: SpeechLanguageModel,
    group_by: Sequence[str] | None = None,
    *,
    out: str | Path | None = None,
    reference: Mapping[str, str] | None = None,
    level: float = 0.95,
    margin: float = MARGIN,
    alpha: float = 0.05,
    seed: int = 0,
    retry_failed: bool = False,
    observe: Observer | None = None,
) -> QuestionsResult:
    """Put the questions of a set to a speech-LLM, and the same to the transcripts; compare groups of speakers.

    Parameters
    ----------
    questions : from `speechfair.probes.load_question_set`.
    group_by : label axes; None is every axis on which the set has at least two values.
    out : run folder. The same call on the same folder resumes; None keeps nothing.
    reference : reference group by axis; where absent the card's, else the largest group.
    level : coverage of the intervals, which speak of other voices and other items.
    margin : a difference whose interval stays within this share counts as alike.
    alpha : of the tests, adjusted over the groups of an axis (Holm).
    seed : of the order of options.
    retry_failed, observe : as in `speechfair.audit`.

    Raises
    ------
    RunFolderError : `out` holds a run of another recipe.
    InputError : an argument is not usable.
    """
    if not 0 < margin < 1 or not 0 < alpha < 1:
        raise InputError(f"margin ({margin}) and alpha ({alpha}) are shares between 0 and 1")
    axes = tuple(axes_of_set(questions) if group_by is None else group_by)
    analysis = Analysis(group_by=axes, reference=dict(reference or {}), level=level, seed=seed)
    limits = (level, margin, alpha)
    if out is None:
        with tempfile.TemporaryDirectory(prefix="speechfair-") as folder:
            return _probe(RunFolder(folder), questions, model, analysis, limits, retry_failed, observe)
    return _probe(RunFolder(out), questions, model, analysis, limits, retry_failed, observe)


def axes_of_set(questions: QuestionSet) -> list[str]:
    """Label axes on which the set has at least two values."""
    values: dict[str, set[str]] = {}
    for group in questions.questions.values():
        for label in group[0].labels:
            values.setdefault(label.axis, set()).add(label.value)
    return sorted(axis for axis, known in values.items() if len(known) > 1)


def asks_of_set(questions: QuestionSet, seed: int) -> tuple[list[Ask], dict[str, str]]:
    """Every prompt of both arms, and the id of its text control by question id, where there is one.

    The control is asked once for each item and transcript, however many voices say it.
    """
    asks: list[Ask] = []
    controls: dict[tuple[str, str], str] = {}
    control_of: dict[str, str] = {}
    for about, group in questions.questions.items():
        for one in group:
            prompt = prompt_of(one, seed)
            asks.append(Ask(AUDIO, about, one.id, prompt))
            if one.transcript is None:
                continue
            key = (one.item, one.transcript)
            if key not in controls:
                others = sum(item == one.item for item, _ in controls)
                controls[key] = f"{one.item}#{others + 1}" if others else one.item
                asks.append(Ask(TEXT, controls[key], _TEXT_ITEM, prompt, one.transcript))
            control_of[one.id] = controls[key]
    return asks, control_of


def _probe(
    run: RunFolder,
    questions: QuestionSet,
    model: SpeechLanguageModel,
    analysis: Analysis,
    limits: tuple[float, float, float],
    retry_failed: bool,
    observe: Observer | None,
) -> QuestionsResult:
    with run.locked(new=True):
        manifest = _prepare(run, questions, analysis.seed, limits)
        record = settle(run, model, analysis)
        asks, control_of = asks_of_set(questions, analysis.seed)
        replies = ask_missing(
            run, manifest, asks, model, record.root, retry_failed=retry_failed, observe=observe
        )
        table = _table(manifest, questions, replies, control_of, analysis.seed)
        run.write_table(scores_name(record.recipe), table)
        result = _result(record, table, questions, model, analysis, limits)
        run.write_file(RESULT, result.to_json().encode())
        reseal(run, record)
        return result


def _prepare(
    run: RunFolder, questions: QuestionSet, seed: int, limits: tuple[float, float, float]
) -> pl.DataFrame:
    manifest = listed(run, questions)
    asked = json.dumps(
        [_plain(one) for group in questions.questions.values() for one in group], ensure_ascii=False, indent=1
    )
    part = corpus_part(questions, content_digest(manifest))
    probe: dict[str, Any] = {
        "wording": WORDING,
        "seed": seed,
        "margin": limits[1],
        "alpha": limits[2],
        "questions_sha256": hashlib.sha256(asked.encode()).hexdigest(),
    }
    card = CardPart(reference=dict(questions.card.reference), speech=questions.speech)
    return begin_or_compare(
        run, questions, manifest, card, {"corpus": part, "probe": probe}, {QUESTIONS: asked}
    )


def _plain(one: SetQuestion) -> dict[str, Any]:
    """What of a question decides an answer, as JSON."""
    return {
        "id": one.id,
        "item": one.item,
        "prompt": one.prompt,
        "options": list(one.options),
        "answers": list(one.answers),
        "expects": one.expects,
        "kind": one.kind,
    }


def _table(
    manifest: pl.DataFrame,
    questions: QuestionSet,
    replies: pl.DataFrame,
    control_of: Mapping[str, str],
    seed: int,
) -> pl.DataFrame:
    """One row per question asked of the audio, with what its reply says and what the control's does."""
    import polars as pl

    reply_to = by_ask(replies)
    facts = {row["id"]: row for row in manifest.iter_rows(named=True)}
    rows: list[dict[str, Any]] = []
    for about, group in questions.questions.items():
        for one in group:
            reply = reply_to(Ask(AUDIO, about, one.id, ""))
            reading = read_reply(reply, one, seed)
            control = control_of.get(one.id)
            said = None
            if control is not None:
                said = read_reply(reply_to(Ask(TEXT, control, _TEXT_ITEM, "")), one, seed)
            rows.append(
                {
                    "utterance_id": about,
                    "speaker": facts[about]["speaker"],
                    "labels": facts[about]["labels"],
                    "question": one.id,
                    "item": one.item,
                    "expects": one.expects,
                    "kind": one.kind,
                    "n_options": len(one.options),
                    "control": control,
                    "reply": reply,
                    "answer": reading.answer,
                    "outcome": reading.outcome,
                    "how": reading.how,
                    "text_outcome": said and said.outcome,
                    "text_answer": said and said.answer,
                }
            )
    label = pl.Struct({"axis": pl.String, "value": pl.String, "source": pl.String})
    texts: dict[str, Any] = dict.fromkeys(rows[0], pl.String)
    schema = texts | {"labels": pl.List(label), "n_options": pl.Int8}
    return pl.DataFrame(rows, schema=schema)


def _result(
    record: RunRecord,
    table: pl.DataFrame,
    questions: QuestionSet,
    model: SpeechLanguageModel,
    analysis: Analysis,
    limits: tuple[float, float, float],
) -> QuestionsResult:
    recipe = record.recipe
    present: list[Expects] = [one for one in get_args(Expects) if (table["expects"] == one).any()]
    parts = [
        part_of(table.filter(table["expects"] == one), one, analysis.group_by, recipe, limits)
        for one in present
    ]
    excluded = [ExcludedRow(row=one.id, where=one.where, reason=one.reason) for one in questions.exclusions]
    assert sum(part.audio.n_asked for part in parts) == table.height
    return QuestionsResult(
        speechfair=__version__,
        model=model.identity.name,
        model_record=ModelRecord(**model_part(model).plain()),
        architecture=model.architecture,
        corpus=recipe.corpus.name,
        corpus_record=CorpusRecord(**recipe.corpus.plain(), statement=record.statement),
        licence=f"{questions.card.licence.id}: {questions.card.licence.text}",
        n_rows=table.height + len(excluded),
        n_questions=table.height,
        n_items=table["item"].n_unique(),
        n_recordings=len(questions.questions),
        excluded=excluded,
        seed=analysis.seed,
        level=limits[0],
        margin=limits[1],
        alpha=limits[2],
        parts=parts,
        notes=_notes(table, questions, parts) + _letter_notes(table, questions, analysis.seed),
    )


def _notes(table: pl.DataFrame, questions: QuestionSet, parts: Sequence[Any]) -> list[str]:
    notes = [*questions.card.traps]
    if table["speaker"].is_null().any():
        unknown = int(table["speaker"].is_null().sum())
        notes.append(
            f"{unknown} of {table.height} questions are about a recording whose speaker is not known: no interval and "
            "no verdict, since recordings of one speaker are not independent"
        )
    if table["text_outcome"].is_null().any():
        notes.append(
            "where the set has no transcript there is no text control: hearing and knowing are not told apart"
        )
    free = table.filter((table["expects"] == "answer") & (table["n_options"] == 0))
    if not free.is_empty():
        notes.append(
            "a free answer is right if it names an accepted answer word for word; a right answer in other words counts "
            "as wrong, so differences between groups say more than the share itself"
        )
    for part in parts:
        for arm, counted in (("audio", part.audio), ("text control", part.text)):
            if counted.n_asked and counted.not_measured:
                notes.append(
                    f"not measured ({arm}): {counted.not_measured}; look at the replies in the scores file"
                )
    return notes


def _letter_notes(table: pl.DataFrame, questions: QuestionSet, seed: int) -> list[str]:
    """Whether one letter is chosen far too often; each question is asked of a transcript once."""
    asked = {one.id: one for group in questions.questions.values() for one in group if one.options}
    lettered = table.filter(table["n_options"] > 0)
    controls = lettered.unique(["control"], maintain_order=True)

    def chosen(rows: pl.DataFrame, column: str) -> list[Chosen]:
        said = [(asked[row["question"]], row[column]) for row in rows.iter_rows(named=True)]
        shown = [(shown_options(one, seed), answer, one.answers[0]) for one, answer in said]
        return [Chosen(options, answer, truth) for options, answer, truth in shown if answer in options]

    return letter_bias_notes(chosen(lettered, "answer"), chosen(controls, "text_answer"))
