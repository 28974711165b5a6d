"""Weight averaging between the models before and after fine-tuning (WiSE-FT): the cheapest protection of others.

Several fine-tuned models may be averaged first (a soup).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from speechfair.debias.method import Method, Stage
from speechfair.debias.method_options import NoOptions

__all__ = ["Average", "AverageOptions"]


class AverageOptions(NoOptions):
    """`shares` of the fine-tuned weights to try; the one with the best worst-group development rate is kept,
    of those that spare the protected development speakers where the recipe has some (``dev.protected``).

    `trained`: folder of a model that was fine-tuned from the recipe's `model` before (``RUN/model``), or several,
    whose mean is taken (a soup); None fine-tunes plainly first. They must not have heard the development speakers:
    same data, axis, dev and seed. One that did is refused, as far as its run recorded its speakers.
    """

    shares: list[float] = Field(default=[0.25, 0.5, 0.75], min_length=1)
    trained: Path | Annotated[list[Path], Field(min_length=1)] | None = None


class Average(Method):
    """``(1 - share) * base + share * fine-tuned``, weight by weight.

    ``averaged`` in the record: the digest (sha256 over weights and configuration) of each model of `trained`, in order.
    """

    name = "average"
    summary = "interpolate between the weights before and after (WiSE-FT)"
    source = "Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022; of several: Model soups, ICML 2022"
    Options = AverageOptions

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.trains = options.trained is None

    def earlier_models(self) -> list[Path]:
        """The models of `trained`."""
        trained = self.options.trained
        return [] if trained is None else list(trained) if isinstance(trained, list) else [trained]

    def finish(self, stage: Stage) -> dict[str, Any]:
        """Try the shares on the development speakers, and leave the best one's weights in the model."""
        from speechfair.models.weights import digest_of

        base = stage.base_weights()
        folders = self._folders(stage)
        digests = [digest_of(folder) for folder in folders]
        tuned = self._tuned(stage, base, folders)
        curve = []
        for share in self.options.shares:
            _mix(stage.model, base, tuned, share)
            curve.append({"share": share, "development": stage.development_rates()})
        # the first of equals is the smallest share
        tried = sorted(curve, key=lambda point: float(point["share"]))
        best = tried[stage.best_of([point["development"] for point in tried])]
        _mix(stage.model, base, tuned, best["share"])
        found = {"share": best["share"], "curve": curve}
        return {**found, "averaged": digests} if digests else found

    def _folders(self, stage: Stage) -> list[Path]:
        """Where the models lie that were fine-tuned before."""
        from speechfair.models.weights import model_folder

        return [Path(model_folder(str(folder), stage.pieces.kind)) for folder in self.earlier_models()]

    def _tuned(self, stage: Stage, base: Mapping[str, Any], folders: Sequence[Path]) -> dict[str, Any]:
        """The fine-tuned weights; of several models their mean, as they come one by one."""
        if not folders:
            return {name: value.detach().clone() for name, value in stage.model.state_dict().items()}
        from speechfair.debias.training.pieces import load_alike

        mean: dict[str, Any] = {}
        for count, folder in enumerate(folders, 1):
            for name, value in load_alike(stage.pieces, folder, base).items():
                if count == 1 or not value.is_floating_point():
                    mean[name] = value
                else:
                    mean[name] = mean[name].lerp(value, 1 / count)
        return mean


def _mix(model: Any, base: Any, tuned: Any, share: float) -> None:
    mixed = {
        name: base[name].to(value.device).lerp(value, share) if value.is_floating_point() else value
        for name, value in tuned.items()
    }
    model.load_state_dict(mixed)
