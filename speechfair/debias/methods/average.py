"""Weight averaging between the models before and after fine-tuning (WiSE-FT): the cheapest protection of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from speechfair.debias.method import Method, NoOptions, Stage
from speechfair.errors import ModelError

__all__ = ["Average", "AverageOptions"]


class AverageOptions(NoOptions):
    """`shares` of the fine-tuned weights to try; the one with the best worst-group development rate is kept.

    `trained`: folder of a model that was fine-tuned from the recipe's `model` before (``RUN/model``); None
    fine-tunes plainly first. It must not have heard the development speakers: same data, axis, dev and seed.
    """

    shares: list[float] = Field(default=[0.25, 0.5, 0.75], min_length=1)
    trained: Path | None = None


class Average(Method):
    """``(1 - share) * base + share * fine-tuned``, weight by weight."""

    name = "average"
    summary = "interpolate between the weights before and after (WiSE-FT)"
    source = "Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022"
    Options = AverageOptions

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.trains = options.trained is None

    def finish(self, stage: Stage) -> dict[str, Any]:
        """Try the shares on the development speakers, and leave the best one's weights in the model."""
        base = stage.base_weights()
        tuned = self._tuned(stage)
        if set(base) != set(tuned) or any(base[name].shape != tuned[name].shape for name in base):
            raise ModelError("the fine-tuned weights do not have the names and shapes of the base model's")
        curve = []
        for share in self.options.shares:
            _mix(stage.model, base, tuned, share)
            curve.append({"share": share, "development": stage.development_rates()})
        best = min(curve, key=lambda point: (point["development"]["worst"], point["share"]))
        _mix(stage.model, base, tuned, best["share"])
        return {"share": best["share"], "chosen_by": "worst-group development rate", "curve": curve}

    def _tuned(self, stage: Stage) -> dict[str, Any]:
        if self.options.trained is not None:
            from speechfair.debias.pieces import load_weights
            from speechfair.models.weights import model_folder

            return load_weights(stage.pieces, model_folder(str(self.options.trained), stage.pieces.kind))
        return {name: value.detach().clone() for name, value in stage.model.state_dict().items()}


def _mix(model: Any, base: Any, tuned: Any, share: float) -> None:
    mixed = {
        name: base[name].to(value.device).lerp(value, share) if value.is_floating_point() else value
        for name, value in tuned.items()
    }
    model.load_state_dict(mixed)
