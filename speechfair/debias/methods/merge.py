"""Merging: models that were trained apart, or the checkpoints of one training, are combined into one model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from speechfair.debias.method import Method, Stage
from speechfair.debias.method_options import NoOptions
from speechfair.errors import InputError

if TYPE_CHECKING:
    from speechfair.debias.recipe import DebiasRecipe

__all__ = ["Merge", "MergeOptions"]


class MergeOptions(NoOptions):
    """`how`: ``arithmetic`` adds up what each of `models` changed, times its weight; ``ties`` averages of it what is
    large and of one sign; ``trajectory`` trains plainly and averages the checkpoints of the last `checks` checks.

    `models`: folders (``RUN/model``) trained from the recipe's `model` by other methods or settings, with the same
    train, axis, dev and seed, or on other speakers. Runs of other seeds have other development speakers. A model that
    was trained on this recipe's development or evaluation speakers is refused, as far as its run recorded them.

    `weights`: one for each model; the default shares out 1 equally, and a negative one takes away what that model has
    learnt. `density`: share of each model's changes that ``ties`` keeps.

    `scales` of the merged change to try, and `checks` to try; what is best on the development speakers is kept.
    `only`: beginnings of the names of the weights that are merged, such as ``model.encoder.``; the others stay the
    base's.
    """

    how: Literal["arithmetic", "ties", "trajectory"] = "arithmetic"
    models: list[Path] = Field(default_factory=list)
    weights: list[float] = Field(default_factory=list)
    density: float = Field(default=0.2, gt=0, le=1)
    scales: list[float] = Field(default=[0.5, 1.0], min_length=1)
    checks: list[int] = Field(default=[2, 4], min_length=1)
    only: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits(self) -> MergeOptions:
        if self.weights and len(self.weights) != len(self.models):
            raise ValueError(f"{len(self.weights)} weights for {len(self.models)} models; give one for each")
        if self.weights and self.how != "arithmetic":
            raise ValueError(f"weights are for how: arithmetic; {self.how} counts all alike")
        if min(self.checks) < 1:
            raise ValueError(f"checks must be 1 or more; got {self.checks}")
        return self


class Merge(Method):
    """``base + scale * merged change``; of a trajectory, the change is the mean of the checkpoints'.

    Every candidate costs one check on the development speakers. A trajectory keeps all checkpoints until the end, each
    about three times the weights' size on disk.
    """

    name = "merge"
    summary = "combine trained models, or the checkpoints of one training (task arithmetic, TIES, averages)"
    source = (
        "Ilharco et al., Editing models with task arithmetic, ICLR 2023; Yadav et al., TIES-merging, NeurIPS 2023; "
        "trajectories: Ducorroy and Riad, arXiv 2505.20477; merges compared for speech: arXiv 2603.05354"
    )
    Options = MergeOptions

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.trains = self.keeps_checkpoints = options.how == "trajectory"

    def check(self, recipe: DebiasRecipe) -> None:
        """Models are for merging apart, checkpoints of all weights for a trajectory."""
        options: MergeOptions = self.options
        if options.how == "trajectory" and (options.models or recipe.lora is not None):
            what = "models" if options.models else "a lora section"
            raise InputError(
                f"merge with how: trajectory merges its own checkpoints of all weights, not {what}"
            )
        if options.how != "trajectory" and not options.models:
            raise InputError(
                "merge has nothing to merge: name finished models in method.options.models, such as "
                "[runs/erm/model, runs/spec_augment/model], or take how: trajectory"
            )

    def earlier_models(self) -> list[Path]:
        """The models to merge."""
        return list(self.options.models)

    def finish(self, stage: Stage) -> dict[str, Any]:
        """Try the candidates on the development speakers, and leave the best one's weights in the model."""
        from speechfair.debias.training.task_vectors import added, own_weights

        base = own_weights(stage.base_weights())
        merged: dict[str, Mapping[str, Any]] = {}
        curve: list[dict[str, Any]] = []
        for label, vector in self._candidates(stage, base):
            merged[str(label)] = vector
            for scale in self.options.scales:
                stage.model.load_state_dict(added(base, vector, scale), strict=False)
                curve.append({**label, "scale": scale, "development": stage.development_rates()})
        best = curve[stage.best_of([point["development"] for point in curve])]
        label = {name: value for name, value in best.items() if name not in ("scale", "development")}
        stage.model.load_state_dict(added(base, merged[str(label)], best["scale"]), strict=False)
        return {"kept": {**label, "scale": best["scale"]}, "merged": self._digests(stage), "curve": curve}

    def _candidates(
        self, stage: Stage, base: Mapping[str, Any]
    ) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """What may be added to the base, each with what tells it from the others."""
        from speechfair.debias.training.task_vectors import summed, ties

        options: MergeOptions = self.options
        if options.how == "trajectory":
            folders = stage.checkpoints()
            for count in sorted({min(count, len(folders)) for count in options.checks}):
                yield (
                    {"checks": count},
                    summed(self._vectors(stage, base, folders[-count:]), [1 / count] * count),
                )
            return
        vectors = self._vectors(stage, base, self._folders(stage))
        if options.how == "ties":
            yield {"density": options.density}, ties(vectors, options.density)
        else:
            weights = options.weights or [1 / len(vectors)] * len(vectors)
            yield {"weights": weights}, summed(vectors, weights)

    def _vectors(
        self, stage: Stage, base: Mapping[str, Any], folders: Sequence[Path]
    ) -> list[dict[str, Any]]:
        """What each model changed of the weights that are to be merged."""
        from speechfair.debias.training.pieces import load_alike
        from speechfair.debias.training.task_vectors import task_vector

        starts = tuple(self.options.only) or ("",)
        wanted = {name: value for name, value in base.items() if name.startswith(starts)}
        if not wanted:
            raise InputError(
                f"no weight begins with {', '.join(self.options.only)}; one is called {next(iter(base))}"
            )
        return [task_vector(load_alike(stage.pieces, folder, base), wanted) for folder in folders]

    def _folders(self, stage: Stage) -> list[Path]:
        from speechfair.models.weights import model_folder

        return [Path(model_folder(str(folder), stage.pieces.kind)) for folder in self.options.models]

    def _digests(self, stage: Stage) -> list[str]:
        """sha256 over weights and configuration of each model of `models`, in order."""
        from speechfair.models.weights import digest_of

        return [digest_of(folder) for folder in self._folders(stage)]
