"""Preference training: of two transcripts that the model itself writes, the better one gains probability."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from speechfair.debias.method import Method, Stage
from speechfair.debias.method_options import NoOptions
from speechfair.errors import InputError
from speechfair.store import write_atomically
from speechfair.strict_json import read_json

if TYPE_CHECKING:
    from speechfair.debias.data.training_data import Row
    from speechfair.debias.recipe import DebiasRecipe
    from speechfair.debias.training.preference import Preference
    from speechfair.debias.training.trainer import ExtraLoss
    from speechfair.types import ErrorCounts

__all__ = ["Prefer", "PreferOptions"]

KEPT = "own-transcripts.json"
ALIKE = "no transcript is better than another"
ALL_RUNAWAYS = "even the best transcript looks like a runaway"
MEASURED_PAIRS = 64

Against = Literal["insertions", "errors"]


class PreferOptions(NoOptions):
    """`samples`: transcripts that are drawn from the model for each utterance at `temperature`, next to the greedy one.

    `against`: what makes a transcript the worse one of its pair, its insertions (invented and repeated words) or all
    of its errors. `weight` of the preference loss; `beta`: the greater, the closer the model stays to its base.
    `batch`: pairs of a step in addition to the recipe's utterances. `utterances`: the most that are transcribed, spread
    over the speakers.
    """

    samples: int = Field(default=3, ge=1)
    temperature: float = Field(default=0.8, gt=0)
    against: Against = "insertions"
    weight: float = Field(default=1.0, gt=0)
    beta: float = Field(default=0.1, gt=0)
    batch: int = Field(default=4, ge=1)
    utterances: int = Field(default=400, ge=1)


class Prefer(Method):
    """Plain fine-tuning, and at each step a batch of pairs of transcripts of which the better is to gain probability.

    loss = cross-entropy(training batch) + `weight` * -log sigmoid(`beta` * (gain of the better - gain of the worse))

    where a gain is the transcript's log-probability less that of the base model. Both transcripts of a pair are the
    model's own, so that they differ in what was heard and not in how it is written. An utterance whose transcripts are
    equally good gives no pair. Before training, each utterance is decoded `samples` + 1 times. A step costs a training
    step on 2 * `batch` utterances and a pass of the base more than plain fine-tuning, and memory for a second copy of
    the weights.
    """

    name = "prefer"
    summary = "train on pairs of the model's own transcripts, against invented and repeated words"
    source = "Rafailov et al., Direct preference optimization, NeurIPS 2023"
    Options = PreferOptions

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self._pairs: tuple[tuple[Row, Row], ...] = ()
        self._left_out: Counter[str] = Counter()

    def check(self, recipe: DebiasRecipe) -> None:
        """Only Whisper's transcripts have a probability that can be trained here."""
        if recipe.model_family != "whisper":
            raise InputError("the method 'prefer' is for Whisper models only")

    def prepare(self, stage: Stage) -> None:
        """Let the model transcribe training speech several times, once, and pair what it wrote."""
        import numpy as np

        from speechfair.debias.data.training_rows import thinned

        rng = np.random.default_rng([stage.recipe.seed, 8])
        rows = thinned(list(stage.data.train), self.options.utterances, rng)
        kept = stage.folder / KEPT
        if not kept.is_file():
            write_atomically(kept, json.dumps(self._transcripts(stage, rows)).encode())
        found = read_json(kept)
        self._pairs = tuple(self._paired(stage, rows, found))
        if not self._pairs:
            raise InputError(
                f"none of {len(rows)} utterances gives a pair of transcripts ({dict(self._left_out)}); "
                "the model's own transcripts do not differ in this: draw more samples, at a higher temperature, or "
                "set against: errors"
            )

    def _transcripts(self, stage: Stage, rows: Sequence[Row]) -> list[list[str]]:
        """By decoding, then by row."""
        options: PreferOptions = self.options
        seeds = range(stage.recipe.seed * options.samples, (stage.recipe.seed + 1) * options.samples)
        return [
            stage.transcripts(rows),
            *(stage.transcripts(rows, temperature=options.temperature, seed=seed) for seed in seeds),
        ]

    def _paired(self, stage: Stage, rows: Sequence[Row], found: list[list[str]]) -> list[tuple[Row, Row]]:
        """For each row that has one, the better and the worse transcript as its texts; others are counted by reason."""
        from speechfair.models.runaway import suspicion

        references = [row.text for row in rows]
        counts = [stage.development.compared(references, texts) for texts in found]
        pairs = []
        for place, row in enumerate(rows):
            chosen = pair_of([count[place] for count in counts], self.options.against)
            if chosen is None:
                self._left_out[ALIKE] += 1
                continue
            better, worse = (replace(row, text=found[number][place]) for number in chosen)
            if suspicion(better.text, row.duration_s):
                self._left_out[ALL_RUNAWAYS] += 1
            else:
                pairs.append((better, worse))
        return pairs

    def extra_loss(self, stage: Stage) -> ExtraLoss:
        """The preference loss. A dry run, which prepares nothing, is timed on pairs of equal texts."""
        pairs = self._pairs or tuple((row, row) for row in stage.data.train[: self.options.batch])
        return self._loss(stage, pairs, stage.recipe.steps, shuffle=True)

    def _loss(
        self, stage: Stage, pairs: Sequence[tuple[Row, Row]], steps: int, *, shuffle: bool
    ) -> Preference:
        import numpy as np

        from speechfair.debias.data.samplers import shuffled
        from speechfair.debias.training.preference import Preference

        options: PreferOptions = self.options
        places = np.resize(np.arange(len(pairs)), (steps, options.batch))
        if shuffle:
            rng = np.random.default_rng([stage.recipe.seed, 7])
            places = shuffled(len(pairs), steps * options.batch, rng).reshape(steps, options.batch)
        order = np.concatenate([places, places + len(pairs)], axis=1).ravel()
        rows = [better for better, _ in pairs] + [worse for _, worse in pairs]
        batches = stage.side_batches(rows, [_tokens(stage, row) for row in rows], order, 2 * options.batch)
        return Preference(stage.base_model(), batches, weight=options.weight, beta=options.beta)

    def finish(self, stage: Stage) -> dict[str, Any]:
        """What was used, and how far the model moved on it.

        ``margin`` is the mean over (at most 64) pairs of how much further apart the model puts the two transcripts than
        its base did, in nats; ``preferred`` the share of pairs where this is above 0.
        """
        import torch

        pairs = self._pairs[:MEASURED_PAIRS]
        steps = -(-len(pairs) // int(self.options.batch))
        loss = self._loss(stage, pairs, steps, shuffle=False)
        with torch.no_grad():
            margins = torch.cat([loss.margins(stage.model, step) for step in range(steps)])[: len(pairs)]
        return {
            "pairs": dict(sorted(Counter(row.group for row, _ in self._pairs).items())),
            "left_out": dict(sorted(self._left_out.items())),
            "margin": float(margins.mean()),
            "preferred": float((margins > 0).double().mean()),
        }


def pair_of(counts: Sequence[ErrorCounts], against: Against) -> tuple[int, int] | None:
    """Places of the better and the worse of several transcripts of an utterance; None where none is worse.

    The better has the fewest errors. The worse has the most insertions, or errors, and more errors than the better.
    """

    def bad(place: int) -> int:
        return int(getattr(counts[place], against))

    better = min(range(len(counts)), key=lambda place: (counts[place].errors, bad(place)))
    worse = max(range(len(counts)), key=lambda place: (bad(place), counts[place].errors))
    if bad(worse) <= bad(better) or counts[worse].errors <= counts[better].errors:
        return None
    return better, worse


def _tokens(stage: Stage, row: Row) -> tuple[int, ...]:
    """Target tokens of a transcript, cut where the decoder has no more room: a loop goes on to the end of it."""
    from speechfair.debias.data.training_batches import whisper_tokens
    from speechfair.debias.training.whisper_texts import room

    return whisper_tokens(stage.pieces.tokenizer, row, "verbatim")[: room(stage.pieces)]
