"""Self-training: speech without texts, trained on with the transcripts of a stronger model or of the model itself."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from speechfair.debias.method import Method, Stage
from speechfair.debias.method_options import NoOptions
from speechfair.debias.recipe import TrainingSource
from speechfair.errors import InputError
from speechfair.store import write_atomically
from speechfair.strict_json import read_json

if TYPE_CHECKING:
    from speechfair.debias.data.training_data import Row, TrainingData
    from speechfair.debias.recipe import DebiasRecipe
    from speechfair.types import ErrorCounts

__all__ = ["SelfTrain", "SelfTrainOptions"]

KEPT = "pseudo-labels.json"
FAILED = "the teacher gave no text"
RUNAWAY = "the teacher's text looks like a runaway"
TOO_LONG = "a text is longer than the decoder has tokens for"
DISAGREE = "the two transcripts differ too much"


class SelfTrainOptions(NoOptions):
    """`teacher`: a model such as ``bundled:whisper-base``, with `teacher_options`; None is the model itself.

    `disagreement`: a transcript is used if its rate of differences from a second one is no higher; None uses all. The
    second is the model's own before training; where it is the teacher, that of its beam search.

    `source`: corpora with texts, for the correction of what the teacher gets wrong systematically; `source_steps` of
    training on each kind of its texts (the default is the recipe's `steps`), `source_utterances` of it at most, and
    the `strengths` to try.
    """

    teacher: str | None = None
    teacher_options: dict[str, Any] = Field(default_factory=dict)
    disagreement: float | None = Field(default=0.5, ge=0)
    source: list[TrainingSource] = Field(default_factory=list)
    source_steps: int | None = Field(default=None, ge=1)
    source_utterances: int = Field(default=2000, ge=1)
    strengths: list[float] = Field(default=[0.0, 0.5, 1.0], min_length=1)


class SelfTrain(Method):
    """Plain fine-tuning on the teacher's transcripts; the texts of the training corpora are not looked at.

    Transcripts that are empty, look like runaways or that two decodings disagree on are left out and counted. With
    `source`, two more copies of the base are trained, on the source's texts and on the teacher's transcripts of it, and

    weights = self-trained + strength * (trained on texts - trained on transcripts)

    where the strength with the best rates on the development speakers is kept, who do have texts. Costs: a decoding of
    all training (and source) speech by the teacher and one more, and with `source` up to three trainings for one.
    """

    name = "self_train"
    summary = "train on a teacher's transcripts, filtered, and correct what it gets wrong systematically"
    source = "Lin et al., Pseudo2Real: Task arithmetic for pseudo-label correction in ASR, arXiv 2510.08047"
    Options = SelfTrainOptions
    needs_texts = False

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self._train: tuple[Row, ...] = ()
        self._side: tuple[Row, ...] = ()
        self._side_texts: tuple[Row, ...] = ()
        self._left_out: dict[str, dict[str, int]] = {}
        self._teacher: dict[str, Any] | None = None

    def check(self, recipe: DebiasRecipe) -> None:
        """Only Whisper models have a second way to be decoded here."""
        if recipe.model_family != "whisper":
            raise InputError("the method 'self_train' is for Whisper models only")

    def side_sources(self) -> Sequence[TrainingSource]:
        """The source corpora."""
        options: SelfTrainOptions = self.options
        return options.source

    def extend(self, data: TrainingData, recipe: DebiasRecipe, folder: Path) -> TrainingData:
        """Put the source's rows into `side`."""
        from speechfair.debias.data.side_rows import with_side_rows

        options: SelfTrainOptions = self.options
        return with_side_rows(
            data, recipe, options.source, folder, "source", texts=True, most=options.source_utterances
        )

    def prepare(self, stage: Stage) -> None:
        """Let the teacher transcribe, once, and leave out what cannot be trusted."""
        kept = stage.folder / KEPT
        if not kept.is_file():
            rows = (*stage.data.train, *stage.data.side)
            write_atomically(kept, json.dumps(self._transcripts(stage, rows)).encode())
        found = read_json(kept)
        self._teacher = found.get("teacher")
        n = len(stage.data.train)
        for name, rows, part in (
            ("train", stage.data.train, slice(n)),
            ("source", stage.data.side, slice(n, None)),
        ):
            usable, left_out = self._trusted(
                stage, rows, found["label"][part], found["second"][part], read=name == "source"
            )
            self._left_out[name] = dict(sorted(left_out.items()))
            labelled = tuple(row for _, row in usable)
            if name == "train":
                self._train = labelled
            else:
                self._side, self._side_texts = labelled, tuple(row for row, _ in usable)
        if lost := sorted(set(stage.data.groups) - {row.group for row in self._train}):
            raise InputError(
                f"no transcript of the group {lost[0]!r} can be trusted ({self._left_out['train']}); allow more "
                "disagreement or choose a stronger teacher"
            )
        if stage.data.side and not self._side:
            raise InputError(f"no transcript of the source can be trusted: {self._left_out['source']}")

    def _transcripts(self, stage: Stage, rows: Sequence[Row]) -> dict[str, Any]:
        """The teacher's transcripts, the second ones that they are compared with, and what the teacher is."""
        from speechfair.debias.training.development import recognized
        from speechfair.models import load_model

        options: SelfTrainOptions = self.options
        own: list[str | None] = list(stage.transcripts(rows))
        if options.teacher is None:
            searched = [one.text for one in recognized(stage.recognizer({"beam_size": 5}), rows)]
            return {"label": searched, "second": own}
        teacher = load_model(options.teacher, **options.teacher_options)
        labels = [one.text for one in recognized(teacher, rows)]
        name, digest = teacher.identity.name.rstrip("/").rsplit("/", 1)[-1], teacher.identity.digest
        known = {"name": name, "sha256": digest if len(digest) == 64 else None}
        return {"label": labels, "second": own, "teacher": known}

    def _trusted(
        self,
        stage: Stage,
        rows: Sequence[Row],
        labels: Sequence[str | None],
        seconds: Sequence[str | None],
        *,
        read: bool,
    ) -> tuple[list[tuple[Row, Row]], Counter[str]]:
        """The rows that are used, each with one that has the label as its text, and the others counted by reason.

        Parameters
        ----------
        read : whether the rows' own texts are trained on too.
        """
        from speechfair.debias.data.training_batches import whisper_tokens
        from speechfair.debias.training.whisper_texts import has_room

        def fits(row: Row) -> bool:
            return has_room(stage.pieces, whisper_tokens(stage.pieces.tokenizer, row, stage.recipe.case))

        kept, left_out = [], Counter[str]()
        apart = stage.development.compared(
            [label or "" for label in labels], [text or "" for text in seconds]
        )
        for row, label, count in zip(rows, labels, apart, strict=True):
            if reason := self._doubt(label, row.duration_s, count):
                left_out[reason] += 1
                continue
            labelled = replace(row, text=str(label))
            if not fits(labelled) or (read and not fits(row)):
                left_out[TOO_LONG] += 1
            else:
                kept.append((row, labelled))
        return kept, left_out

    def _doubt(self, label: str | None, duration_s: float, apart: ErrorCounts) -> str | None:
        """Why a transcript cannot be trusted."""
        from speechfair.models.runaway import suspicion

        limit = self.options.disagreement
        if not (label or "").strip() or not apart.reference_length:
            return FAILED
        if suspicion(str(label), duration_s):
            return RUNAWAY
        return DISAGREE if limit is not None and apart.errors > limit * apart.reference_length else None

    def rows(self, stage: Stage) -> tuple[Row, ...]:
        """The training rows whose transcripts can be trusted, with these as their texts."""
        return self._train

    def finish(self, stage: Stage) -> dict[str, Any]:
        """Correct the weights where there is a source."""
        found: dict[str, Any] = {"used": len(self._train), "left_out": self._left_out}
        if self._teacher is not None:
            found["teacher"] = self._teacher
        if not self._side:
            return found
        from speechfair.debias.training.task_vectors import added, own_weights, task_vector

        steps = self.options.source_steps or stage.recipe.steps
        # the same rows in the same order, so that the texts are all that differs
        on_texts = stage.train_on(self._side_texts, steps, "source-texts")
        on_labels = stage.train_on(self._side, steps, "source-labels")
        trained = {
            name: value.detach().clone() for name, value in own_weights(stage.model.state_dict()).items()
        }
        correction = task_vector(on_texts, {name: on_labels[name] for name in trained})
        curve = []
        for strength in self.options.strengths:
            stage.model.load_state_dict(added(trained, correction, strength), strict=False)
            curve.append({"strength": strength, "development": stage.development_rates()})
        best = curve[stage.best_of([point["development"] for point in curve])]
        stage.model.load_state_dict(added(trained, correction, best["strength"]), strict=False)
        return {**found, "source_used": len(self._side), "strength": best["strength"], "curve": curve}
