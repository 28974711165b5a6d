"""The loop of a training: rows and an objective in, trained weights out, from the last whole checkpoint on.

Whoever trains twice, or on one group alone, uses the loop as it is; what a run does around it is in `fine_tuning`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from speechfair.debias.method import Method, load_method
from speechfair.debias.training.window import choose_window
from speechfair.errors import InputError
from speechfair.store import write_atomically
from speechfair.strict_json import read_json
from speechfair.wording import percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from speechfair.debias.data.training_data import Row, TrainingData
    from speechfair.debias.recipe import DebiasRecipe
    from speechfair.debias.training.development import Development
    from speechfair.debias.training.objectives import Objective
    from speechfair.debias.training.pieces import Pieces
    from speechfair.debias.training.trainer import ExtraLoss

__all__ = ["Say", "TrainingLoop", "draw_order", "group_numbers", "training_window"]

Say = Callable[[str], None]


def training_window(recipe: DebiasRecipe, data: TrainingData, full_s: float) -> float:
    """Seconds of audio the encoder sees in training; `full_s` is the model's own window."""
    if recipe.window == "exact":
        return full_s
    if recipe.window == "auto":
        return choose_window([row.duration_s for row in data.train], full_s)
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
class TrainingLoop:
    """A model, the rows it is trained on, and the method that decides how.

    Parameters
    ----------
    folder : for checkpoints.
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
        elif self.method.needs_texts:
            from speechfair.debias.training.whisper_texts import with_room

            self.data = with_room(self.data, self.pieces, self.recipe.case)
        self.window_s = training_window(self.recipe, self.data, self.pieces.full_window_s)
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

    def _before(self) -> dict[str, Any]:
        """Rates of the base model on the development speakers; measured once."""
        kept = self.folder / "development-before.json"
        if kept.is_file():
            found: dict[str, Any] = read_json(kept)
            return found
        rates = self.development.rates(self.model)
        write_atomically(kept, json.dumps(rates).encode())
        self.say(f"development speakers before: {_sentence(rates)}")
        return rates

    def _trainer(self, objective: Objective, steps: int, check: Any, extra: ExtraLoss | None = None) -> Any:
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
        objective.build(state_width(self.model), self.recipe.seed, steps)
        for name, weight in self.model.named_parameters():
            if self.method.freezes(name):
                weight.requires_grad_(False)
        if not any(weight.requires_grad for weight in self.model.parameters()):
            raise InputError(
                "no weight is left to train; choose other lora.targets or train all of the model"
            )
        trainer = DebiasTrainer(
            objective=objective,
            check=check,
            groups=self.data.groups,
            limit=limit,
            extra=extra,
            model=self.model,
            args=arguments(
                self.recipe,
                self.folder,
                steps,
                on_cpu=self.on_cpu,
                checked=check is not None,
                keep_all=self.method.keeps_checkpoints,
            ),
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


def _sentence(rates: Mapping[str, Any]) -> str:
    groups = ", ".join(
        f"{group} {percent(rate, sign=True)}" for group, rate in sorted(rates["groups"].items())
    )
    guarded = f"; protected {percent(rates['protected'], sign=True)}" if "protected" in rates else ""
    return f"{groups}; macro {percent(rates['macro'], sign=True)}{guarded}"
