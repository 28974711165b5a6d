"""One training under a recipe: rows in, a model folder and the record of how it came about out.

Kill it at any time and call it again: it goes on from the last whole checkpoint to the same weights. Audits
are not made here.
"""

from __future__ import annotations

import copy
import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from speechfair.debias.data.training_rows import digest_of_rows
from speechfair.debias.method import Method, load_method
from speechfair.debias.training.window import FULL_WINDOW_S, choose_window
from speechfair.errors import ModelError
from speechfair.store import write_atomically
from speechfair.wording import percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from speechfair.debias.data.training_data import Row, TrainingData
    from speechfair.debias.recipe import DebiasRecipe
    from speechfair.debias.training.development import Development
    from speechfair.debias.training.objectives import Objective
    from speechfair.debias.training.pieces import Pieces

__all__ = ["Say", "Training", "draw_order", "group_numbers", "training_window"]

RECORD = "training.json"
Say = Callable[[str], None]


def training_window(recipe: DebiasRecipe, data: TrainingData) -> float:
    """Seconds of audio the encoder sees in training."""
    if recipe.window == "exact":
        return FULL_WINDOW_S
    if recipe.window == "auto":
        return choose_window([row.duration_s for row in data.train])
    return float(recipe.window)


def group_numbers(data: TrainingData) -> NDArray[np.int64]:
    """Group number of every training row."""
    number = {group: place for place, group in enumerate(data.groups)}
    return np.array([number[row.group] for row in data.train], dtype=np.int64)


def draw_order(
    recipe: DebiasRecipe, data: TrainingData, method: Method, steps: int | None = None
) -> NDArray[np.int64]:
    """Row number of every draw of the training, from the recipe's seed."""
    n_draws = (steps or recipe.steps) * recipe.batch
    return method.draw(group_numbers(data), n_draws, recipe.batch, np.random.default_rng([recipe.seed, 0]))


@dataclass
class Training:
    """A training and what its method may ask for (a `Stage`).

    Parameters
    ----------
    folder : for checkpoints and the record.
    on_cpu : do not use a GPU even where there is one.
    """

    recipe: DebiasRecipe
    data: TrainingData
    pieces: Pieces
    folder: Path
    say: Say
    on_cpu: bool = False

    def __post_init__(self) -> None:
        from speechfair.debias.training.development import Development
        from speechfair.text import default_normalizer, default_tokens, load_normalizer

        self.method = load_method(self.recipe.method)
        if self.pieces.kind == "ctc":
            from speechfair.debias.training.ctc_training import learnable

            self.data = learnable(self.data, self.pieces, self.recipe.case, self.method.shortest())
        else:
            from speechfair.debias.training.whisper_texts import with_room

            self.data = with_room(self.data, self.pieces, self.recipe.case)
        self.window_s = training_window(self.recipe, self.data)
        self._devices: set[str] = set()
        self.method.look(self.data.train)
        self.model: Any = self.pieces.model
        language = self.data.train[0].language
        name = self.recipe.normalizer or default_normalizer(language)
        self.development: Development = Development(
            self.data.dev,
            self.pieces,
            self.window_s,
            load_normalizer(name),
            default_tokens(language),
            self.data.guard,
        )

    def run(self, target: Path) -> dict[str, Any]:
        """Train, let the method finish, write the model to `target`, and return the record."""
        from speechfair.debias.training.pieces import adapted, merged, save
        from speechfair.debias.training.selection import rule

        done = self.folder / RECORD
        if done.is_file() and target.is_dir():
            found: dict[str, Any] = json.loads(done.read_text(encoding="utf-8"))
            return found
        started = time.perf_counter()
        _forget_peak()
        before = self._before()
        self.method.prepare(self)
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
            "development_digest": digest_of_rows((*self.data.dev, *self.data.guard)),
            "draws_by_group": self.draws_by_group() if self.method.trains else {},
            "development_before": before,
            "finish": (finish := self.method.finish(self)),
            "chosen_by": rule(self._limit(), keeps_a_check or "curve" in finish),
            "development_after": self.development_rates(),
            **({"added": dict(self.data.added)} if self.data.added else {}),
            **record,
        }
        save(self.pieces, self.model, target)
        self.method.keep(self, target)
        record["seconds"] = time.perf_counter() - started
        record["device"] = " and ".join(sorted(self._devices)) or None
        record["peak_megabytes"] = _peak_megabytes(record["device"])
        write_atomically(done, (json.dumps(record, indent=2) + "\n").encode())
        for leftover in (*self.folder.rglob("checkpoint-*"), self.folder / "decoding"):
            shutil.rmtree(leftover, ignore_errors=True)
        return record

    def draws_by_group(self) -> dict[str, int]:
        """How often a row of each group is drawn."""
        numbers = group_numbers(self.data)[draw_order(self.recipe, self.data, self.method)]
        counts = np.bincount(numbers, minlength=len(self.data.groups))
        return {group: int(count) for group, count in zip(self.data.groups, counts, strict=True)}

    # -- what a method may ask for -----------------------------------------------------------------

    def base_weights(self) -> Mapping[str, Any]:
        """The weights training started from, by name."""
        from speechfair.debias.training.pieces import load_weights

        return load_weights(self.pieces, self.pieces.folder)

    def development_rates(self) -> dict[str, Any]:
        """Word error rates of the model on the development speakers."""
        return self.development.rates(self.model)

    def leakage(self, when: str) -> dict[str, Any]:
        """How well a linear probe tells the groups apart from the model's mean encoder states; measured once."""
        from speechfair.debias.leakage.encoder_states import mean_states
        from speechfair.debias.leakage.leakage import probe

        kept = self.folder / f"leakage-{when}.json"
        if not kept.is_file():
            rows = (*self.data.train, *self.data.dev)
            states = mean_states(self.model, rows, self.pieces, self.window_s)
            found = probe(
                states, [row.group for row in rows], [row.speaker for row in rows], self.recipe.seed
            )
            write_atomically(kept, json.dumps(found.model_dump()).encode())
        answer: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        return answer

    def decoded_rates(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Word error rates on the development speakers through the recipe's recogniser, with `options` changed."""
        from speechfair.debias.judging.audits import recognizer_for

        recognizer = recognizer_for(
            self.recipe, self.pieces.folder, self.folder / "decoding", "tried", options
        )
        return self.development.decoded_rates(recognizer)

    def train_on_group(self, group: str, steps: int) -> Mapping[str, Any]:
        """Weights of a copy of the base model after `steps` of plain training on one group's rows, adapters merged."""
        from speechfair.debias.training.pieces import merged

        rows = tuple(row for row in self.data.train if row.group == group)
        own = self._plain_copy(self.folder / group, replace(self.data, train=rows))
        own._resume(own._trainer(own.method.objective([group], [len(rows)]), steps, None))
        if self.recipe.lora is not None:
            own.model.save_pretrained(own.folder / "adapter")
        weights: Mapping[str, Any] = merged(own.model).state_dict()
        return weights

    def train_and_find_errors(self, steps: int) -> list[bool]:
        """Train a copy plainly for `steps` steps; per training row, whether it then has any word wrong."""
        own = self._plain_copy(self.folder / "first-pass", self.data, lora=False)
        own._resume(own._trainer(own.method.objective(self.data.groups, self._rows_per_group()), steps, None))
        counts = self.development.counts(own.model, self.data.train)
        shutil.rmtree(own.folder, ignore_errors=True)
        return [count.errors > 0 for count in counts]

    def _plain_copy(self, folder: Path, data: TrainingData, lora: bool = True) -> Training:
        """This training with the base's weights, the method erm and other rows."""
        from speechfair.debias.training.pieces import adapted

        own = copy.copy(self)
        own.folder, own.data, own.method = folder, data, Method(Method.Options())
        own.model = copy.deepcopy(self.pieces.model)
        if lora and self.recipe.lora is not None:
            own.model = adapted(own.model, self.recipe.lora, self.recipe.seed)
        return own

    # -- the loop ----------------------------------------------------------------------------------

    def _before(self) -> dict[str, Any]:
        """Rates of the base model on the development speakers; measured once."""
        kept = self.folder / "development-before.json"
        if kept.is_file():
            found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
            return found
        rates = self.development_rates()
        write_atomically(kept, json.dumps(rates).encode())
        self.say(f"development speakers before: {_sentence(rates)}")
        return rates

    def _fit(self) -> dict[str, Any]:
        from speechfair.debias.training.trainer import best_step, last_checkpoint

        objective = self.method.objective(self.data.groups, self._rows_per_group())
        trainer = self._trainer(objective, self.recipe.steps, self.development.rates)
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

    def _trainer(self, objective: Objective, steps: int, check: Any) -> Any:
        from speechfair.debias.data.training_batches import Draws
        from speechfair.debias.leakage.encoder_states import state_width
        from speechfair.debias.training.trainer import DebiasTrainer, arguments, rhythm

        order = draw_order(self.recipe, self.data, self.method, steps)
        alter = None if type(self.method).alter is Method.alter else self.method.alter
        draws = Draws(
            self.data.train, order, self._prompt(), self._tokens,
            self.data.groups, alter, self.recipe.seed, self.method.masks(),
        )  # fmt: skip
        patience, limit = (self.recipe.patience, self._limit()) if check is not None else (None, None)
        objective.build(state_width(self.model), self.recipe.seed)
        trainer = DebiasTrainer(
            objective=objective,
            check=check,
            groups=self.data.groups,
            limit=limit,
            model=self.model,
            args=arguments(self.recipe, self.folder, steps, on_cpu=self.on_cpu, checked=check is not None),
            train_dataset=draws,
            eval_dataset=list(self.data.dev) if check is not None else None,
            data_collator=self._collator(),
            callbacks=[rhythm(patience, partial(self._observe, steps), limit)],
        )
        self._devices.add(trainer.args.device.type)
        return trainer

    def _prompt(self) -> list[int]:
        return [] if self.pieces.kind == "ctc" else [int(t) for t in self.pieces.tokenizer.prefix_tokens]

    def _tokens(self, row: Row) -> tuple[int, ...]:
        from speechfair.debias.data.training_batches import ctc_tokens, whisper_tokens

        tokens = ctc_tokens if self.pieces.kind == "ctc" else whisper_tokens
        return tokens(self.pieces.tokenizer, row, self.recipe.case)

    def _collator(self) -> Any:
        if self.pieces.kind == "ctc":
            from speechfair.debias.training.ctc_training import CtcCollator

            return CtcCollator(self.pieces)
        from speechfair.debias.data.training_batches import SpeechCollator

        pad = int(self.pieces.tokenizer.pad_token_id)
        return SpeechCollator(self.pieces.extractor, self.window_s, pad)

    def _resume(self, trainer: Any) -> None:
        """Train to the end, from the last whole checkpoint where there is one."""
        from transformers import TrainerState

        from speechfair.debias.training.trainer import TrainingError, has_stalled, last_checkpoint
        from speechfair.models.weights import quiet_transformers

        checkpoint = last_checkpoint(Path(str(trainer.args.output_dir)))
        if checkpoint is not None:
            state = TrainerState.load_from_json(str(checkpoint / "trainer_state.json"))
            patience = self.recipe.patience if trainer.check is not None else None
            stalled = has_stalled(state.log_history, patience, self._limit())
            if stalled or state.global_step >= trainer.args.max_steps:
                trainer._load_from_checkpoint(str(checkpoint))
                trainer.state = state
                return
            self.say(f"going on from step {state.global_step} of {trainer.args.max_steps}")
        try:
            with quiet_transformers():
                trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        except (MemoryError, RuntimeError) as error:
            if "out of memory" not in str(error).lower() and not isinstance(error, MemoryError):
                raise
            raise TrainingError(
                "out of memory: use a smaller batch, a smaller window, lora, or gradient_checkpointing: true in a new "
                f"run; the last checkpoint under {trainer.args.output_dir} is intact"
            ) from error

    def best_of(self, rates: Sequence[Mapping[str, Any]], before: Mapping[str, Any] | None = None) -> int:
        """Place of the candidate to keep among rates on the development speakers."""
        from speechfair.debias.training.selection import best_of, protected_limit

        return best_of(rates, protected_limit(before or self._before(), self.recipe.margin))

    def _limit(self) -> float | None:
        """The highest rate of the protected development speakers that is allowed."""
        from speechfair.debias.training.selection import protected_limit

        return protected_limit(self._before(), self.recipe.margin) if self.data.guard else None

    def _rows_per_group(self) -> list[int]:
        counts = np.bincount(group_numbers(self.data), minlength=len(self.data.groups))
        return [int(count) for count in counts]

    def _observe(self, steps: int, step: int, logs: Mapping[str, float]) -> None:
        if "loss" in logs:
            self.say(f"step {step}/{steps}  loss {float(logs['loss']):.3f}")
        elif "eval_worst" in logs:
            groups = {
                k.removeprefix("eval_group/"): v for k, v in logs.items() if k.startswith("eval_group/")
            }
            rates = {"groups": groups, "macro": logs["eval_macro"]}
            self.say(f"step {step}/{steps}  development speakers: {_sentence(rates)}")


def _forget_peak() -> None:
    """Count the GPU's memory from here: another training may have gone before in this process."""
    import torch

    if torch.cuda.is_initialized():
        torch.cuda.reset_peak_memory_stats()


def _peak_megabytes(device: str | None) -> float | None:
    """Most memory that was held, on the GPU if that trained, else by the process; None where it cannot be measured."""
    import torch

    if device == "cuda":
        return float(torch.cuda.max_memory_allocated()) / 2**20
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def _sentence(rates: Mapping[str, Any]) -> str:
    groups = ", ".join(
        f"{group} {percent(rate, sign=True)}" for group, rate in sorted(rates["groups"].items())
    )
    guarded = f"; protected {percent(rates['protected'], sign=True)}" if "protected" in rates else ""
    return f"{groups}; macro {percent(rates['macro'], sign=True)}{guarded}"


def _plain(entry: Mapping[str, Any]) -> dict[str, float]:
    return {key: float(value) for key, value in entry.items() if isinstance(value, (int, float))}
