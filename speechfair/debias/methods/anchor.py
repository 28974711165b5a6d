"""Anchoring: fine-tuning that is held to what the model did before on the speech of those who must not lose."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

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
    from speechfair.debias.training.trainer import ExtraLoss

__all__ = ["Anchor", "AnchorOptions"]

KEPT = "anchor-transcripts.json"
TOO_LONG = "anchor: reference longer than the decoder has tokens for"
RUNAWAY = "anchor: transcript of the base model looks like a runaway"


class AnchorOptions(NoOptions):
    """`speech`: corpora of protected speakers who are neither development nor evaluation speakers. No text is needed.

    `distil`: weight of the divergence from the base model's predictions on that speech, at `temperature`. `replay`:
    weight of plain fine-tuning on it; the speech then needs texts, and the predictions are compared along them. `pull`:
    weight of the squared distance from the base's weights (L2-SP). `part`: train all weights or only the encoder's.
    `batch`: utterances of a step in addition to the recipe's. `utterances`: the most that are used, spread over the
    speakers.
    """

    speech: list[TrainingSource] = Field(default_factory=list)
    distil: float = Field(default=1.0, ge=0)
    temperature: float = Field(default=1.0, gt=0)
    replay: float = Field(default=0.0, ge=0)
    pull: float = Field(default=0.0, ge=0)
    part: Literal["all", "encoder"] = "all"
    batch: int = Field(default=4, ge=1)
    utterances: int = Field(default=200, ge=1)


class Anchor(Method):
    """Plain fine-tuning, and at each step a batch of protected speech on which the model must predict what it did.

    loss = cross-entropy(training batch) + `distil` * T^2 * KL(base || model on the anchor batch)
    + `replay` * cross-entropy(anchor batch) + `pull` / 2 * |weights - base weights|^2

    Both models read the transcripts that the base wrote before training (greedy; runaways are left out and counted). A
    step costs a pass of the base and a step of the model on `batch` utterances more than plain fine-tuning, and memory
    for a second copy of the weights. ``divergence`` in the record: from the base on the anchor speech at the end, in
    nats per token.
    """

    name = "anchor"
    summary = "fine-tuning held to the base model's own predictions on protected speech"
    source = (
        "Li and Hoiem, Learning without forgetting, TPAMI 2018; "
        "L2-SP: Li, Grandvalet and Davoine, Explicit inductive bias for transfer learning, ICML 2018"
    )
    Options = AnchorOptions
    _rows: tuple[Row, ...] = ()
    _left_out: Counter[str]

    def check(self, recipe: DebiasRecipe) -> None:
        """There must be something to hold the model by, and the model must be able to use it."""
        options: AnchorOptions = self.options
        speaks = bool(options.speech) and bool(options.distil or options.replay)
        if not speaks and not options.pull:
            raise InputError(
                "the method 'anchor' has nothing to hold the model by: name protected corpora in method.options.speech "
                "(and leave distil or replay above 0), or give pull"
            )
        if options.replay and recipe.model_family == "ctc":
            raise InputError(
                "anchor's replay is for Whisper only; add the protected speakers to train instead"
            )
        if options.pull and recipe.lora is not None:
            raise InputError("anchor's pull is for training all weights; with lora, use weight_decay instead")

    def side_sources(self) -> Sequence[TrainingSource]:
        """The protected speech."""
        options: AnchorOptions = self.options
        return options.speech

    def extend(self, data: TrainingData, recipe: DebiasRecipe, folder: Path) -> TrainingData:
        """Put the protected speech into `side`; no training row is added."""
        from speechfair.debias.data.side_rows import with_side_rows

        options: AnchorOptions = self.options
        return with_side_rows(
            data, recipe, options.speech, folder, "speech", texts=options.replay > 0, most=options.utterances
        )

    def freezes(self, name: str) -> bool:
        """All but the encoder, where only that is trained."""
        return self.options.part == "encoder" and "encoder." not in name

    def prepare(self, stage: Stage) -> None:
        """Let the base model transcribe the anchor speech, once."""
        kept = stage.folder / KEPT
        if not kept.is_file():
            write_atomically(kept, json.dumps(self._texts(stage)).encode())
        texts = read_json(kept)
        self._rows, self._left_out = _fitting(stage, texts)
        if stage.data.side and not self._rows:
            raise InputError(f"no anchor utterance is left: {dict(self._left_out)}; give other speech")

    def _texts(self, stage: Stage) -> list[str]:
        from speechfair.debias.data.training_batches import in_case

        rows = stage.data.side
        if self.options.replay:
            return [in_case(row.text.strip(), stage.recipe.case) for row in rows]
        return stage.transcripts(rows) if rows else []

    def extra_loss(self, stage: Stage) -> ExtraLoss:
        """The anchor's loss. A dry run, which prepares nothing, is timed on the references."""
        from speechfair.debias.training import anchoring

        options: AnchorOptions = self.options
        rows = self._rows or stage.data.side
        return anchoring.Anchor(
            stage.base_model(),
            self._batches(stage, rows, stage.recipe.steps) if rows else None,
            distil=options.distil,
            temperature=options.temperature,
            replay=options.replay,
            pull=options.pull,
        )

    def _batches(self, stage: Stage, rows: tuple[Row, ...], steps: int) -> Any:
        import numpy as np

        from speechfair.debias.data.samplers import shuffled

        rng = np.random.default_rng([stage.recipe.seed, 6])
        order = shuffled(len(rows), steps * self.options.batch, rng)
        return stage.side_batches(rows, [_tokens(stage, row) for row in rows], order, self.options.batch)

    def finish(self, stage: Stage) -> dict[str, Any]:
        """How far the model is from its base on the anchor speech, and what was used."""
        found: dict[str, Any] = {"utterances": len(self._rows), "left_out": dict(self._left_out)}
        if self._rows:
            found["divergence"] = self._measured(stage)
        return found

    def _measured(self, stage: Stage) -> float:
        """Mean divergence over batches of the first 64 anchor utterances."""
        import numpy as np
        import torch

        from speechfair.debias.training import anchoring

        rows, size = self._rows[:64], int(self.options.batch)
        steps = -(-len(rows) // size)
        order = np.resize(np.arange(len(rows), dtype=np.int64), steps * size)
        batches = stage.side_batches(rows, [_tokens(stage, row) for row in rows], order, size)
        measure = anchoring.Anchor(stage.base_model(), batches, distil=1.0)
        with torch.no_grad():
            distances = [float(measure(stage.model, step)) for step in range(steps)]
        return sum(distances) / steps


def _tokens(stage: Stage, row: Row) -> tuple[int, ...]:
    """Target tokens of a row whose text is as it is to be; a CTC model is compared frame by frame and needs none."""
    from speechfair.debias.data.training_batches import whisper_tokens

    return () if stage.pieces.kind == "ctc" else whisper_tokens(stage.pieces.tokenizer, row, "verbatim")


def _fitting(stage: Stage, texts: list[str]) -> tuple[tuple[Row, ...], Counter[str]]:
    """The anchor rows with the texts that both models read, without those that cannot be used, which are counted."""
    from speechfair.debias.training.whisper_texts import has_room
    from speechfair.models.runaway import suspicion

    rows, left_out = [], Counter[str]()
    for row, text in zip(stage.data.side, texts, strict=True):
        changed = replace(row, text=text)
        if suspicion(text, row.duration_s):
            left_out[RUNAWAY] += 1
        elif stage.pieces.kind == "whisper" and not has_room(stage.pieces, _tokens(stage, changed)):
            left_out[TOO_LONG] += 1
        else:
            rows.append(changed)
    return tuple(rows), left_out
