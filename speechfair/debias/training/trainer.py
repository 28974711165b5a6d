"""transformers' `Trainer` with an objective in place of its loss, and checks by group in place of its evaluation.

What is added: the objective's buffers and weights go into every checkpoint; a checkpoint counts only once it is whole;
a loss that is not a finite number ends the training; when to stop is read from the logged checks alone, so that a
resumed run stops where an undisturbed one does. torch is imported with this module.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import cross_entropy
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from speechfair.debias.data.training_batches import IGNORED, SAMPLE_RATE
from speechfair.debias.training.selection import best_of, score
from speechfair.debias.training.window import POSITIONS_PER_SECOND, audio_window
from speechfair.errors import InputError, ModelError, SpeechfairError
from speechfair.strict_json import parse_json

if TYPE_CHECKING:
    from torch import Tensor

    from speechfair.debias.recipe import DebiasRecipe
    from speechfair.debias.training.objectives import Objective

__all__ = [
    "DebiasTrainer",
    "ExtraLoss",
    "TrainingError",
    "arguments",
    "batch_logits",
    "batch_loss",
    "best_step",
    "has_stalled",
    "last_checkpoint",
    "mean_over_frames",
    "token_losses",
    "whole_checkpoints",
]

WORST = "eval_worst"
PROTECTED = "eval_protected"
CHOICE = "eval_choice"
"""transformers keeps the checkpoint that is best by this, so it must rank as `best_step` does."""
RECEIPT = "whole.json"
OBJECTIVE = "objective.safetensors"
MEL_FRAMES_PER_SECOND = 100
LAST = -1
"""In place of a layer's number: the last one, as the decoder reads it."""

Check = Callable[[Any], Mapping[str, Any]]
ExtraLoss = Callable[[Any, int], "Tensor"]
"""A loss of the model in training and the number of the step, from 0."""


class TrainingError(SpeechfairError):
    """Training cannot go on; the last checkpoint stands."""


def batch_loss(model: Any, objective: Objective, inputs: Mapping[str, Any]) -> Tensor:
    """The objective's loss of one batch, and in training its penalty on the encoder's states."""
    layer = objective.layer or LAST if objective.training and objective.reads_states else None
    losses, counted, states, frames = token_losses(model, inputs, layer)
    loss: Tensor = objective(losses, counted, inputs["groups"])
    if states is not None:
        loss = loss + objective.penalty(mean_over_frames(states, frames), inputs["groups"])
    return loss


def token_losses(
    model: Any, inputs: Mapping[str, Any], layer: int | None
) -> tuple[Tensor, Tensor, Tensor | None, Tensor]:
    """Loss of every token of one batch, Whisper's on the window that the batch was padded to.

    Parameters
    ----------
    layer : after which the encoder's states are wanted, from 1, or `LAST`; None wants none.

    Returns
    -------
    losses (B, T), which of them count, encoder states (B, frames, D) or None, frames of speech (B,)
    """
    if "decoder_input_ids" not in inputs:
        from speechfair.debias.training.ctc_training import ctc_token_losses

        return ctc_token_losses(model, inputs, layer)
    labels = inputs["labels"]
    output = _whisper_output(model, inputs, states=layer not in (None, LAST))
    losses = cross_entropy(
        output.logits.float().transpose(1, 2), labels, ignore_index=IGNORED, reduction="none"
    )
    frames = (inputs["lengths"] * POSITIONS_PER_SECOND / SAMPLE_RATE).ceil().long().clamp(min=1)
    states = None
    if layer is not None:
        states = output.encoder_last_hidden_state if layer == LAST else output.encoder_hidden_states[layer]
    return losses, labels != IGNORED, states, frames


def batch_logits(model: Any, inputs: Mapping[str, Any]) -> tuple[Tensor, Tensor]:
    """What the model predicts at every place of a batch: tokens of Whisper's labels, frames of a CTC model.

    Returns
    -------
    logits (B, places, tokens), which places count (B, places)
    """
    if "decoder_input_ids" not in inputs:
        from speechfair.debias.training.ctc_training import ctc_logits

        logits, frames = ctc_logits(model, inputs)
        places = torch.arange(logits.shape[1], device=logits.device)
        return logits, places < frames.to(logits.device).unsqueeze(1)
    return _whisper_output(model, inputs).logits.float(), inputs["labels"] != IGNORED


def _whisper_output(model: Any, inputs: Mapping[str, Any], states: bool = False) -> Any:
    """Of one forward pass on the window that the batch was padded to, with every layer's states if `states`."""
    with audio_window(model, inputs["input_features"].shape[-1] / MEL_FRAMES_PER_SECOND):
        return model(
            input_features=inputs["input_features"],
            decoder_input_ids=inputs["decoder_input_ids"],
            output_hidden_states=states,
        )


def mean_over_frames(states: Tensor, frames: Tensor) -> Tensor:
    """Mean state of every utterance over its own frames: from (B, frames, D) to (B, D); padding does not count."""
    inside = torch.arange(states.shape[1], device=states.device) < frames.to(states.device).unsqueeze(1)
    weights = inside.to(states.dtype).unsqueeze(2)
    return (states * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)


class DebiasTrainer(Trainer):
    """A `Trainer` whose loss is an `Objective`.

    Parameters
    ----------
    objective : moved to the model's device; in training mode on training batches only.
    check : gives word error rates of a model on the development speakers: ``groups``, ``macro``, ``worst``; None
        trains without checks.
    groups : names of the groups by number.
    limit : the highest rate of the protected development speakers that is allowed.
    extra : a loss that is added to the objective's at each step.
    """

    control: Any

    def __init__(
        self,
        *,
        objective: Objective,
        check: Check | None,
        groups: Sequence[str] = (),
        limit: float | None = None,
        extra: ExtraLoss | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.extra = extra
        self.groups, self.limit = tuple(groups), limit
        self.objective = objective.to(self.args.device)
        self.check = check
        self.model_accepts_loss_kwargs = False
        self.remove_callback(PrinterCallback)
        if self.args.world_size > 1 and list(objective.parameters()):
            raise InputError(
                f"{type(objective).__name__} has weights of its own, which are not shared between processes; "
                "train it in one"
            )

    def create_optimizer(self, model: Any = None) -> Any:
        """The optimizer, with the objective's own weights where it has any."""
        made = self.optimizer is None
        optimizer = super().create_optimizer() if model is None else super().create_optimizer(model)
        if made and (own := list(self.objective.parameters())):
            optimizer.add_param_group(
                {"params": own, "weight_decay": 0.0, "lr": self.args.learning_rate * self.objective.rate}
            )
        return optimizer

    def training_step(self, *arguments: Any, **options: Any) -> Any:
        """A step; transformers clears the model's gradients only, so the objective's are cleared here."""
        self.objective.zero_grad()
        return super().training_step(*arguments, **options)

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The objective of the batch; raises `TrainingError` where it is not a finite number."""
        self.objective.train(model.training)
        loss = batch_loss(model, self.objective, inputs)
        if self.extra is not None:
            loss = loss + self.extra(model, self.state.global_step)
        if not torch.isfinite(loss):
            raise TrainingError(
                f"the loss is {float(loss.detach())} at step {self.state.global_step + 1}: a learning rate that is too "
                "high, or audio that is not speech. Checkpoints up to here are intact; start a new run with a lower "
                "learning_rate"
            )
        return loss

    def evaluate(
        self, eval_dataset: Any = None, ignore_keys: Any = None, metric_key_prefix: str = "eval"
    ) -> dict[str, float]:
        """Word error rates by group on the development speakers."""
        if self.check is None:
            return {}
        found = self.check(self.model)
        self.observe(found["groups"])
        metrics = {f"eval_group/{group}": float(rate) for group, rate in found["groups"].items()}
        metrics.update({"eval_macro": float(found["macro"]), WORST: float(found["worst"])})
        if "protected" in found:
            metrics[PROTECTED] = float(found["protected"])
        metrics[CHOICE] = score(found, self.limit)
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def observe(self, rates: Mapping[str, float]) -> None:
        """Show the objective the groups' word error rates, if every group that is trained on has one."""
        if set(self.groups) <= set(rates):
            self.objective.observe([float(rates[group]) for group in self.groups])

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        if not self.args.should_save:
            return
        folder = Path(str(self.args.output_dir)) / f"checkpoint-{self.state.global_step}"
        # cloned: safetensors refuses tensors that share memory
        buffers = {name: value.detach().cpu().clone() for name, value in self.objective.state_dict().items()}
        save_file(buffers, folder / OBJECTIVE)
        sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.is_file()}
        (folder / RECEIPT).write_text(json.dumps(sizes), encoding="utf-8")

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        self.load_objective(Path(resume_from_checkpoint))

    def load_objective(self, checkpoint: Path) -> None:
        """Put the objective's buffers and weights back as they were at a checkpoint."""
        found = load_file(checkpoint / OBJECTIVE)
        mine = {name: value.shape for name, value in self.objective.state_dict().items()}
        if {name: buffer.shape for name, buffer in found.items()} != mine:
            raise ModelError(f"{checkpoint}: was written by another objective; choose another --out")
        self.objective.load_state_dict(found)


class _Rhythm(TrainerCallback):
    """Checks and saves at the last step too, and stops when the checks no longer get better."""

    def __init__(
        self,
        patience: int | None,
        observe: Callable[[int, Mapping[str, float]], None] | None,
        limit: float | None,
    ) -> None:
        self.patience, self.observe, self.limit = patience, observe, limit

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Ask for a check and a checkpoint at the end."""
        if state.global_step >= state.max_steps:
            control.should_evaluate = control.should_save = True

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Stop after `patience` checks without a better worst group."""
        if has_stalled(state.log_history, self.patience, self.limit):
            control.should_training_stop = control.should_save = True

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Report progress to the observer."""
        if self.observe is not None and logs:
            self.observe(state.global_step, logs)


def arguments(
    recipe: DebiasRecipe, folder: Path, steps: int, *, on_cpu: bool, checked: bool, keep_all: bool = False
) -> TrainingArguments:
    """`TrainingArguments` of a recipe; bfloat16 where a GPU has it. `keep_all` keeps the checkpoint of every check."""
    from os import environ

    processes = int(environ.get("WORLD_SIZE", "1"))
    if recipe.batch % processes:
        raise InputError(
            f"batch {recipe.batch} cannot be shared out over {processes} processes; make it a multiple"
        )
    return TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=recipe.batch // processes,
        learning_rate=recipe.learning_rate,
        warmup_steps=round(recipe.warmup_share * steps),
        weight_decay=recipe.weight_decay,
        lr_scheduler_type="linear",
        eval_strategy="steps" if checked else "no",
        eval_steps=recipe.check_every,
        save_strategy="steps",
        save_steps=recipe.check_every,
        save_total_limit=None if keep_all else 2,
        metric_for_best_model=CHOICE if checked else None,
        greater_is_better=False if checked else None,
        logging_steps=min(10, recipe.check_every),
        logging_nan_inf_filter=False,
        bf16=not on_cpu and torch.cuda.is_available() and torch.cuda.is_bf16_supported(),
        use_cpu=on_cpu,
        dataloader_pin_memory=not on_cpu and torch.cuda.is_available(),
        **_checkpointing(recipe.gradient_checkpointing),
        train_sampling_strategy="sequential",
        remove_unused_columns=False,
        disable_tqdm=True,
        report_to="none",
        seed=recipe.seed,
        data_seed=recipe.seed,
    )


def _checkpointing(asked: bool) -> dict[str, Any]:
    """The option under the name that the installed transformers has for it; nothing where it is not asked for."""
    names = TrainingArguments.__dataclass_fields__
    name = "activation_checkpointing" if "activation_checkpointing" in names else "gradient_checkpointing"
    return {name: True} if asked else {}


def rhythm(
    patience: int | None,
    observe: Callable[[int, Mapping[str, float]], None] | None,
    limit: float | None = None,
) -> TrainerCallback:
    """The callback that checks, saves, stops and reports; `limit` as in `best_step`."""
    return _Rhythm(patience, observe, limit)


def has_stalled(
    history: Sequence[Mapping[str, Any]], patience: int | None, limit: float | None = None
) -> bool:
    """Whether the last `patience` checks were no better than the best before them, which `best_step` finds.

    >>> checks = [{"step": s, "eval_worst": w} for s, w in ((10, 0.5), (20, 0.4), (30, 0.4), (40, 0.45))]
    >>> has_stalled(checks, 2), has_stalled(checks, 3), has_stalled(checks, None)
    (True, False, False)
    """
    step = best_step(history, limit)
    later = [entry for entry in history if WORST in entry and step is not None and entry["step"] > step]
    return patience is not None and len(later) >= patience


def best_step(history: Sequence[Mapping[str, Any]], limit: float | None = None) -> int | None:
    """The step of the check to keep, the first of equals; None without a check.

    Parameters
    ----------
    limit : the highest rate of the protected development speakers that is allowed, see `selection.best_of`.

    >>> best_step([{"step": 10, "eval_worst": 0.5}, {"step": 20, "eval_worst": 0.4}, {"step": 25, "loss": 1.0}])
    20
    """
    checks = [entry for entry in history if WORST in entry]
    checks.sort(key=lambda entry: entry["step"])
    rates = [{"worst": entry[WORST], "protected": entry.get(PROTECTED)} for entry in checks]
    return int(checks[best_of(rates, limit)]["step"]) if checks else None


def last_checkpoint(folder: Path) -> Path | None:
    """The newest whole checkpoint under `folder`; what a kill left half written is removed."""
    found = whole_checkpoints(folder)
    return found[-1] if found else None


def whole_checkpoints(folder: Path) -> list[Path]:
    """The whole checkpoints under `folder` in the order of their steps; what a kill left half written is removed."""
    numbered = [
        (int(match[1]), path)
        for path in folder.glob("checkpoint-*")
        if (match := re.fullmatch(r"checkpoint-(\d+)", path.name))
    ]
    whole = []
    for _, path in sorted(numbered):
        if _is_whole(path):
            whole.append(path)
        else:
            shutil.rmtree(path)
    return whole


def _is_whole(checkpoint: Path) -> bool:
    try:
        sizes = parse_json((checkpoint / RECEIPT).read_text(encoding="utf-8"))
        return all((checkpoint / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError):
        return False
