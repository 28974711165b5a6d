"""Training throughput beside the usual transformers Whisper fine-tuning: `python -m benchmarks.debias_throughput`.

Both train all weights of Whisper tiny.en on the same utterances of under 10 s, eight to a step, with transformers' own
trainer on one thread. The peer is the published example's way: `Seq2SeqTrainer`, features of 30 s, the model's own
loss; its features are made beforehand and not timed, ours are. The first step of each warms up and does not count.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
STEPS = 4


def run(steps: int = STEPS) -> dict[str, Any] | str:
    """Seconds a step of ours and of the peer, and the first losses of both; or why it cannot be run."""
    data = Path(os.environ.get("SPEECHFAIR_TEST_DATA", CHECKOUT.parent / "shared" / "data"))
    if not (data / "speechocean762-subset").is_dir():
        return f"no speech in {data}; set SPEECHFAIR_TEST_DATA"
    try:
        import torch
        import transformers  # noqa: F401
    except ImportError:
        return "torch and transformers are not installed: pip install 'speechfair[hf]'"
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="speechfair-") as name:
        training = _training(data, Path(name), steps)
        ours, our_loss = _ours(training, steps)
        theirs, their_loss = _peer(training, steps, Path(name))
    return {
        "what": "fine-tuning Whisper tiny.en, one step of 8",
        "peer": "Seq2SeqTrainer",
        "seconds": ours,
        "peer_seconds": theirs,
        "ratio": theirs / ours,
        "utterances_per_second": 8 / ours,
        "peer_utterances_per_second": 8 / theirs,
        "window_s": training.window_s,
        "first_loss": our_loss,
        "peer_first_loss": their_loss,
    }


def _training(data: Path, folder: Path, steps: int) -> Any:
    from speechfair.debias.data.training_rows import gather
    from speechfair.debias.recipe import find_recipe, read_recipe
    from speechfair.debias.training.fine_tuning import Training
    from speechfair.debias.training.pieces import load_pieces

    settings = [
        f"data_root={data}",
        "train.0.root=speechocean762-subset",
        f"steps={1 + steps}",
        "max_seconds=10",
    ]
    recipe = read_recipe(find_recipe("erm"), settings)
    return Training(
        recipe, gather(recipe, folder), load_pieces(recipe.model, None), folder, lambda _: None, on_cpu=True
    )


def _ours(training: Any, steps: int) -> tuple[float, float]:
    import copy

    training.model = copy.deepcopy(training.pieces.model)
    objective = training.method.objective(training.data.groups, training._rows_per_group())
    trainer = training._trainer(objective, 1 + steps, None)
    trainer.args.logging_steps = 1
    return _timed(trainer)


def _peer(training: Any, steps: int, folder: Path) -> tuple[float, float]:
    """The way of transformers' own speech-recognition example, on the same utterances in the same order."""
    from transformers import Seq2SeqTrainer, Seq2SeqTrainingArguments

    from speechfair.debias.data.training_batches import Draws, SpeechCollator
    from speechfair.debias.training.loop import draw_order

    pieces = training.pieces
    order = draw_order(training.recipe, training.data, training.method, 1 + steps)
    draws = Draws(training.data.train, order, training._prompt(), training._tokens, training.data.groups)
    collator = SpeechCollator(pieces.extractor, 30.0, int(pieces.tokenizer.pad_token_id))
    batches = []
    for start in range(0, len(order), 8):
        batch = collator([draws[place] for place in range(start, start + 8)])
        names = ("input_features", "decoder_input_ids", "labels")
        batches += [{name: batch[name][i] for name in names} for i in range(8)]
    arguments = Seq2SeqTrainingArguments(
        output_dir=str(folder / "peer"), max_steps=1 + steps, per_device_train_batch_size=8, use_cpu=True,
        learning_rate=training.recipe.learning_rate, logging_steps=1, save_strategy="no", disable_tqdm=True,
        report_to="none", train_sampling_strategy="sequential", remove_unused_columns=False,
        dataloader_pin_memory=False,
    )  # fmt: skip
    trainer = Seq2SeqTrainer(model=pieces.model, args=arguments, train_dataset=batches, data_collator=_padded)
    return _timed(trainer)


def _padded(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """One batch; its rows were padded together before."""
    import torch

    width = max(len(row["labels"]) for row in rows)
    return {
        name: torch.stack([row[name] if name == "input_features" else row[name][:width] for row in rows])
        for name in rows[0]
    }


def _timed(trainer: Any) -> tuple[float, float]:
    """Median seconds of a step after the first, and the first step's loss."""
    from transformers import TrainerCallback

    from speechfair.models.weights import quiet_transformers

    times: list[float] = []
    losses: list[float] = []

    class Clock(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            times.append(time.perf_counter())

        def on_log(self, *_: Any, logs: Any = None, **__: Any) -> None:
            if logs and "loss" in logs:
                losses.append(float(logs["loss"]))

    trainer.add_callback(Clock())
    with quiet_transformers():
        trainer.train()
    return statistics.median(b - a for a, b in pairwise(times)), losses[0]


if __name__ == "__main__":
    print(run())
