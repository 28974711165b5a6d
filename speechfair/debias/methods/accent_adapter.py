"""An adapter for each group, mixed into one model: nobody has to say, or be guessed, which group a speaker is of."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from speechfair.debias.method import Method, NoOptions, Stage
from speechfair.errors import InputError

__all__ = ["AccentAdapter", "AccentAdapterOptions"]


class AccentAdapterOptions(NoOptions):
    """`tilts`: mixtures to try. 0 takes every group's adapter equally; 1 takes one group's alone; each group in turn.

    The mixture with the best worst-group development rate is kept.
    """

    tilts: list[float] = Field(default=[0.0, 0.5], min_length=1)


class AccentAdapter(Method):
    """Low-rank adapters trained on one group's rows each, then averaged into the weights.

    The mixture without a router: MAS-LoRA's own way for speakers of unknown accent. ``routed`` in the record is what a
    router that knows every group would reach on the development speakers, the most that routing could bring.
    Steps are shared out over the groups. The adapters stay in ``training/GROUP/adapter``.
    """

    name = "accent_adapter"
    summary = "one LoRA adapter per group, mixed into one model"
    source = "MAS-LoRA, arXiv 2505.20006"
    Options = AccentAdapterOptions
    trains = False

    def finish(self, stage: Stage) -> dict[str, Any]:
        """Train the adapters, try the mixtures on the development speakers, keep the best."""
        if stage.recipe.lora is None:
            raise InputError("the method 'accent_adapter' trains adapters: give the recipe a lora section")
        base, groups = stage.base_weights(), list(stage.data.groups)
        steps = max(1, stage.recipe.steps // len(groups))
        tuned = {group: stage.train_on_group(group, steps) for group in groups}
        routed = {}
        for group in groups:
            _mix(stage.model, base, tuned, {group: 1.0})
            routed[group] = stage.development_rates()["groups"].get(group)
        curve = []
        for shares in _mixtures(groups, self.options.tilts):
            _mix(stage.model, base, tuned, shares)
            curve.append({"shares": shares, "development": stage.development_rates()})
        best = min(curve, key=lambda point: point["development"]["worst"])
        _mix(stage.model, base, tuned, best["shares"])
        return {"shares": best["shares"], "steps_per_group": steps, "routed": routed, "curve": curve}


def _mixtures(groups: list[str], tilts: list[float]) -> list[dict[str, float]]:
    """Shares of each group's adapter, for every tilt towards every group; equal ones once."""
    found: list[dict[str, float]] = []
    for tilt in tilts:
        for chosen in groups:
            shares = {g: (1 - tilt) / len(groups) + (tilt if g == chosen else 0.0) for g in groups}
            if shares not in found:
                found.append(shares)
    return found


def _mix(model: Any, base: Any, tuned: dict[str, Any], shares: dict[str, float]) -> None:
    """The base weights and the weighted sum of what each adapter changed."""
    mixed = {}
    for name, value in base.items():
        if not value.is_floating_point():
            mixed[name] = value
            continue
        change = sum(share * (tuned[group][name].to(value.device) - value) for group, share in shares.items())
        mixed[name] = value + change
    model.load_state_dict(mixed)
