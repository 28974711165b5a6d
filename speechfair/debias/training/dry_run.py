"""What a debiasing run would do, before it does it: rows per group, steps, draws, and a measured guess at the time.

Two training steps and one development batch are timed on the real model; nothing is written.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from speechfair.debias.judging.expected_power import GroupPower
    from speechfair.debias.recipe import DebiasRecipe

__all__ = ["DebiasPlan", "plan"]


@dataclass(frozen=True)
class DebiasPlan:
    """The plan of a run.

    Parameters
    ----------
    groups : per group, utterances, speakers and hours of the training and development sets, and draws.
    unused : rows left out, by reason.
    added : rows that the method made, counted.
    evaluations : per evaluation, utterances and hours.
    power : what each group of each evaluation could show.
    training_seconds : two timed steps and one timed check, extrapolated; the audits are not in it.
    trainable_share : share of the weights that are trained.
    even_if_undetermined : the recipe goes on although the verdict can only be undetermined.
    """

    method: str
    groups: list[dict[str, Any]]
    unused: dict[str, int]
    added: dict[str, Any]
    evaluations: list[dict[str, Any]]
    power: list[GroupPower]
    steps: int
    passes: float
    window_s: float
    trainable_share: float
    seconds_per_step: float
    training_seconds: float
    even_if_undetermined: bool

    @property
    def hopeless(self) -> list[str]:
        """Groups for which the verdict can hardly be other than undetermined."""
        return [f"{row.evaluation}, {row.axis or 'everyone'}={row.group}" if row.axis else f"{row.evaluation}, everyone"
                for row in self.power if row.hopeless]  # fmt: skip


def plan(recipe: DebiasRecipe, pilot: Path | None = None) -> DebiasPlan:
    """Look at the data and time the model of a recipe. Raises what the run itself would raise before training.

    Parameters
    ----------
    pilot : folder of a finished debiasing run on the same evaluations, for the power; None takes assumed figures.
    """
    from speechfair.debias.data.same_person import naming_corpus
    from speechfair.debias.data.sources import corpus_of
    from speechfair.debias.data.training_rows import gather, refuse_overlap
    from speechfair.debias.judging.expected_power import check_groups, expected_power, read_pilot
    from speechfair.debias.training.fine_tuning import Training
    from speechfair.debias.training.pieces import load_pieces, need_training_packages
    from speechfair.running.run_manifest import build_manifest

    need_training_packages()
    evaluations, power = [], []
    with tempfile.TemporaryDirectory(prefix="speechfair-") as name:
        folder = Path(name)
        data = gather(recipe, folder)
        for source in recipe.evaluate:
            corpus = corpus_of(recipe, source)
            manifest = build_manifest(corpus, folder)
            refuse_overlap(data, manifest, source.name, naming_corpus(corpus))
            check_groups(recipe, source, manifest)
            pilots = read_pilot(pilot, source) if pilot else {}
            power += expected_power(recipe, source, manifest, pilots)
            evaluations.append(
                {
                    "name": source.name,
                    "protected": source.protected,
                    "utterances": manifest.filter(manifest["excluded"].is_null()).height,
                    "hours": float(manifest["duration_s"].fill_null(0.0).sum()) / 3600,
                }
            )
        training = Training(recipe, data, load_pieces(recipe.model, recipe.language), folder, lambda _: None)
        per_step, per_check, share = _timed(training)
        data = training.data
    draws = training.draws_by_group() if training.method.trains else {}
    steps = recipe.steps if training.method.trains else 0
    checks = -(-steps // recipe.check_every) + 2
    return DebiasPlan(
        method=recipe.method.name,
        groups=[{**row, "draws": draws.get(row["group"], 0)} for row in data.table()],
        unused=dict(data.unused),
        added=dict(data.added),
        evaluations=evaluations,
        power=power,
        steps=steps,
        passes=steps * recipe.batch / len(data.train),
        window_s=training.window_s,
        trainable_share=share,
        seconds_per_step=per_step,
        training_seconds=steps * per_step + checks * per_check,
        even_if_undetermined=recipe.even_if_undetermined,
    )


def _timed(training: Any) -> tuple[float, float, float]:
    """Seconds of a step (the second of two) and of a check, and the share of weights that are trained."""
    from speechfair.debias.training.development import DECODING_BATCH
    from speechfair.debias.training.pieces import adapted

    recipe, dev = training.recipe, training.data.dev
    started = time.perf_counter()
    training.development.counts(training.model, dev[:DECODING_BATCH])
    per_check = (time.perf_counter() - started) * len(dev) / min(len(dev), DECODING_BATCH)
    if recipe.lora is not None:
        training.model = adapted(training.model, recipe.lora, recipe.seed)
    objective = training.method.objective(training.data.groups, training._rows_per_group())
    trainer = training._trainer(objective, 2, None, training.method.extra_loss(training))
    batches = iter(trainer.get_train_dataloader())
    seconds = 0.0
    for _ in range(2):
        started = time.perf_counter()
        trainer.compute_loss(trainer.model, next(batches)).backward()
        seconds = time.perf_counter() - started
    every = sum(p.numel() for p in training.model.parameters())
    trained = sum(p.numel() for p in training.model.parameters() if p.requires_grad)
    return seconds, per_check, trained / every
