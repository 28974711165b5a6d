"""One training under a recipe: rows in, a model folder and the record of how it came about out.

Kill it at any time and call it again: it goes on from the last whole checkpoint to the same weights. Audits
are not made here.
"""

from __future__ import annotations

import copy
import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from speechfair.debias.data.earlier_models import note_speakers
from speechfair.debias.data.training_rows import digest_of_rows
from speechfair.debias.method import Method
from speechfair.debias.training.loop import TrainingLoop, draw_order, group_numbers
from speechfair.errors import InputError, ModelError
from speechfair.store import write_atomically
from speechfair.strict_json import read_json

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from speechfair.debias.data.training_data import Row, TrainingData
    from speechfair.types import Recognizer

__all__ = ["Training"]

RECORD = "training.json"


class Training(TrainingLoop):
    """A training, its record, and what its method may ask for (a `Stage`); `folder` takes the record too."""

    def run(self, target: Path) -> dict[str, Any]:
        """Train, let the method finish, write the model to `target`, and return the record."""
        from speechfair.debias.training.peak_memory import forget_peak, peak_megabytes
        from speechfair.debias.training.pieces import adapted, merged, save
        from speechfair.debias.training.selection import applied_before, protected_limit, rule

        done = self.folder / RECORD
        if done.is_file() and target.is_dir():
            found: dict[str, Any] = read_json(done)
            return found
        started = time.perf_counter()
        forget_peak()
        before = self._before()
        self.method.prepare(self)
        note_speakers(
            self.folder, self.data, () if self.data.earlier else (*self.data.train, *self.data.side)
        )
        self.data = replace(self.data, train=self.method.rows(self))
        record: dict[str, Any] = {}
        if self.method.trains:
            if self.recipe.lora is not None:
                self.model = adapted(self.model, self.recipe.lora, self.recipe.seed)
            record = self._fit()
            if self.recipe.lora is not None:
                self.model.save_pretrained(self.folder / "adapter")
            self.model = merged(self.model)
        self.model.eval()
        keeps_a_check = self.method.trains and self.recipe.patience is not None
        record = {
            "window_s": self.window_s,
            "groups": list(self.data.groups),
            "data": self.data.table(),
            "development_digest": digest_of_rows((*self.data.dev, *self.data.guard)),
            "draws_by_group": self.draws_by_group() if self.method.trains else {},
            "development_before": before,
            "finish": (finish := self.method.finish(self)),
            "chosen_by": rule(
                protected_limit(applied_before(finish, before), self.recipe.margin),
                keeps_a_check or "curve" in finish,
            ),
            "development_after": self.development_rates(),
            **({"added": dict(self.data.added)} if self.data.added else {}),
            **record,
        }
        save(self.pieces, self.model, target)
        self.method.keep(self, target)
        record["seconds"] = time.perf_counter() - started
        record["device"] = " and ".join(sorted(self._devices)) or None
        record["peak_megabytes"] = peak_megabytes(record["device"])
        write_atomically(done, (json.dumps(record, indent=2) + "\n").encode())
        for leftover in (*self.folder.rglob("checkpoint-*"), self.folder / "decoding"):
            shutil.rmtree(leftover, ignore_errors=True)
        return record

    def _fit(self) -> dict[str, Any]:
        from speechfair.debias.training.trainer import best_step, last_checkpoint

        objective = self.method.objective(self.data.groups, self._rows_per_group())
        trainer = self._trainer(
            objective, self.recipe.steps, self.development.rates, self.method.extra_loss(self)
        )
        trainer.observe(self._before()["groups"])  # a resumed training loads its own weights over these
        self._resume(trainer)
        history = trainer.state.log_history
        chosen = trainer.state.global_step
        if self.recipe.patience is not None:
            chosen = best_step(history, self._limit()) or chosen
            if chosen != trainer.state.global_step:
                trainer._load_from_checkpoint(str(self.folder / f"checkpoint-{chosen}"))
        if last_checkpoint(self.folder) is None:
            raise ModelError(f"{self.folder}: no whole checkpoint was left by the training")
        return {
            "steps": trainer.state.global_step,
            "kept_step": chosen,
            "objective": {"name": type(objective).__name__, **objective.state()},
            "history": [_plain(entry) for entry in history],
        }

    def draws_by_group(self) -> dict[str, int]:
        """How often a row of each group is drawn."""
        numbers = group_numbers(self.data)[draw_order(self.recipe, self.data, self.method)]
        counts = np.bincount(numbers, minlength=len(self.data.groups))
        return {group: int(count) for group, count in zip(self.data.groups, counts, strict=True)}

    def base_weights(self) -> Mapping[str, Any]:
        """The weights training started from, by name."""
        from speechfair.debias.training.pieces import load_weights

        return load_weights(self.pieces, self.pieces.folder)

    def base_model(self) -> Any:
        """A copy of the model that training started from."""
        from speechfair.debias.training.pieces import load_pieces

        return load_pieces(self.recipe.model, self.recipe.language).model

    def development_rates(self) -> dict[str, Any]:
        """Word error rates of the model on the development speakers."""
        return self.development.rates(self.model)

    def checkpoints(self) -> list[Path]:
        """Folders of the whole checkpoints that are left, in the order of their steps."""
        from speechfair.debias.training.trainer import whole_checkpoints

        return whole_checkpoints(self.folder)

    def transcripts(
        self, rows: Sequence[Row], *, temperature: float | None = None, seed: int = 0
    ) -> list[str]:
        """What the model hears in `rows`, decoded greedily, or drawn at a temperature."""
        from speechfair.debias.training.development import transcripts

        return transcripts(self.model, rows, self.pieces, self.window_s, temperature=temperature, seed=seed)

    def side_batches(
        self, rows: Sequence[Row], tokens: Sequence[tuple[int, ...]], order: NDArray[np.int64], batch: int
    ) -> Callable[[int], dict[str, Any]]:
        """Batches of rows that are not the training's: the n-th takes the n-th `batch` numbers of `order`."""
        from speechfair.debias.data.training_batches import Draws

        given = iter(tokens)  # `Draws` asks once for each row, in order
        draws = Draws(rows, order, self._prompt(), lambda _: next(given), sorted({r.group for r in rows}))
        collate = self._collator()

        def at(step: int) -> dict[str, Any]:
            inputs: dict[str, Any] = collate([draws[i] for i in range(step * batch, (step + 1) * batch)])
            return inputs

        return at

    def leakage(self, when: str, layer: int | None = None) -> dict[str, Any]:
        """How well a linear probe tells the groups apart from the model's mean encoder states; measured once."""
        from speechfair.debias.leakage.encoder_states import layer_means
        from speechfair.debias.leakage.leakage import probe

        kept = self.folder / f"leakage-{when}.json"
        if not kept.is_file():
            rows = (*self.data.train, *self.data.dev)
            means = layer_means(self.model, rows, self.pieces, self.window_s)
            if layer is not None and layer >= means.shape[1]:
                raise InputError(f"layer {layer}: the encoder has {means.shape[1] - 1} layers")
            states = means[:, -1 if layer is None else layer]
            found = probe(
                states, [row.group for row in rows], [row.speaker for row in rows], self.recipe.seed
            )
            write_atomically(kept, json.dumps(found.model_dump()).encode())
        answer: dict[str, Any] = read_json(kept)
        return answer

    def recognizer(self, options: Mapping[str, Any]) -> Recognizer:
        """The recipe's recogniser on the base model, with `options` changed."""
        from speechfair.debias.judging.audits import recognizer_for

        folder = self.folder / "decoding"
        return recognizer_for(self.recipe, self.pieces.folder, folder, "tried", options)

    def decoded_rates(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Word error rates on the development speakers through the recipe's recogniser, with `options` changed."""
        return self.development.decoded_rates(self.recognizer(options))

    def train_on(self, rows: Sequence[Row], steps: int, name: str) -> Mapping[str, Any]:
        """Weights of a copy of the base model after `steps` of plain training on `rows`, adapters merged."""
        from speechfair.debias.training.pieces import merged

        own = self._plain_copy(self.folder / name, replace(self.data, train=tuple(rows)))
        own._resume(own._trainer(own.method.objective(own.data.groups, own._rows_per_group()), steps, None))
        if self.recipe.lora is not None:
            own.model.save_pretrained(own.folder / "adapter")
        weights: Mapping[str, Any] = merged(own.model).state_dict()
        return weights

    def train_and_rate(self, steps: int) -> list[float]:
        """Train a copy plainly for `steps` steps; per training row, its word error rate then."""
        own = self._plain_copy(self.folder / "first-pass", self.data, lora=False)
        own._resume(own._trainer(own.method.objective(self.data.groups, self._rows_per_group()), steps, None))
        counts = self.development.counts(own.model, self.data.train)
        shutil.rmtree(own.folder, ignore_errors=True)
        return [count.errors / max(1, count.reference_length) for count in counts]

    def _plain_copy(self, folder: Path, data: TrainingData, lora: bool = True) -> Training:
        """This training with the base's weights, the method erm and other rows."""
        from speechfair.debias.training.pieces import adapted

        own = copy.copy(self)
        own.folder, own.data, own.method = folder, data, Method(Method.Options())
        own.model = self.base_model()  # the one of `pieces` is trained in place
        if lora and self.recipe.lora is not None:
            own.model = adapted(own.model, self.recipe.lora, self.recipe.seed)
        return own

    def best_of(self, rates: Sequence[Mapping[str, Any]], before: Mapping[str, Any] | None = None) -> int:
        """Place of the candidate to keep among rates on the development speakers."""
        from speechfair.debias.training.selection import best_of, protected_limit

        return best_of(rates, protected_limit(before or self._before(), self.recipe.margin))


def _plain(entry: Mapping[str, Any]) -> dict[str, float]:
    return {key: float(value) for key, value in entry.items() if isinstance(value, (int, float))}
