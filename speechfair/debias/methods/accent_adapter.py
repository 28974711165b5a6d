"""An adapter for each group, mixed into one model, or picked for every utterance by a router."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from speechfair.debias.method import Method, Stage
from speechfair.debias.method_options import NoOptions
from speechfair.errors import InputError
from speechfair.store import write_atomically
from speechfair.strict_json import read_json

if TYPE_CHECKING:
    from speechfair.debias.recipe import DebiasRecipe

__all__ = ["AccentAdapter", "AccentAdapterOptions"]


class AccentAdapterOptions(NoOptions):
    """`tilts`: mixtures to try. 0 takes every group's adapter equally; 1 takes one group's alone; each group in turn.

    The mixture with the best worst-group development rate is kept.

    `router`: also fit a classifier of the base encoder's mean states on the training speakers, which picks an adapter
    for every utterance; the audit after is of the model so routed. Only for Whisper, decoded by transformers.
    """

    tilts: list[float] = Field(default=[0.0, 0.5], min_length=1)
    router: bool = False


class AccentAdapter(Method):
    """Low-rank adapters trained on one group's rows each, then averaged into the weights.

    The mixture without a router: MAS-LoRA's own way for speakers of unknown accent. ``routed`` in the record is what a
    router that knows every group would reach on the development speakers, the most that routing could bring.
    Each is trained for the recipe's `steps`, so the training takes as many times as long as there are groups. The
    adapters stay in ``training/GROUP/adapter``.

    With `router`, ``model/`` still holds the mixture, and ``model/routed`` what the family ``routed`` loads. ``router``
    in the record says how many utterances of the development speakers it sends to their own group's adapter; one that
    is no better than chance makes another mixture, drawn by the utterance.
    """

    name = "accent_adapter"
    summary = "one LoRA adapter per group, mixed into one model"
    source = "MAS-LoRA, arXiv 2505.20006"
    Options = AccentAdapterOptions
    trains = False

    def check(self, recipe: DebiasRecipe) -> None:
        """Adapters need a lora section; a router, a Whisper that transformers decodes."""
        if recipe.lora is None:
            raise InputError("the method 'accent_adapter' trains adapters: give the recipe a lora section")
        if self.options.router and recipe.recognizer.family != "whisper":
            raise InputError(
                f"a router works with recognizer.family whisper only, not {recipe.recognizer.family!r}; the audits "
                "before and after must be decoded alike"
            )

    def finish(self, stage: Stage) -> dict[str, Any]:
        """Train the adapters, try the mixtures on the development speakers, keep the best."""
        self.check(stage.recipe)
        routing = self._route(stage) if self.options.router else {}
        base, groups = stage.base_weights(), list(stage.data.groups)
        steps = stage.recipe.steps
        tuned = {
            group: stage.train_on([row for row in stage.data.train if row.group == group], steps, group)
            for group in groups
        }
        routed = {}
        for group in groups:
            _mix(stage.model, base, tuned, {group: 1.0})
            routed[group] = stage.development_rates()["groups"].get(group)
        curve = []
        for shares in _mixtures(groups, self.options.tilts):
            _mix(stage.model, base, tuned, shares)
            curve.append({"shares": shares, "development": stage.development_rates()})
        best = curve[stage.best_of([point["development"] for point in curve])]
        _mix(stage.model, base, tuned, best["shares"])
        found = {"shares": best["shares"], "steps_per_group": steps, "routed": routed, "curve": curve}
        return {**found, **routing}

    def _route(self, stage: Stage) -> dict[str, Any]:
        """Fit the router on the model that the adapters start from, and keep both for `keep`."""
        from speechfair.debias.leakage.encoder_states import mean_states
        from speechfair.debias.routed import FOLDER, fit_router, write_router
        from speechfair.debias.training.pieces import save

        train, dev = stage.data.train, stage.data.dev
        heard = mean_states(stage.model, (*train, *dev), stage.pieces, stage.window_s)
        router = fit_router(heard[: len(train)], [row.group for row in train], stage.window_s)
        folder = stage.folder / FOLDER
        shutil.rmtree(folder, ignore_errors=True)
        save(stage.pieces, stage.model, folder / "base")
        write_router(router, folder)
        picked = [router.groups[number] for number in router.pick(heard[len(train) :])]
        return {"recognizer_family": "routed", "router": _hits([row.group for row in dev], picked)}

    def keep(self, stage: Stage, model: Path) -> None:
        """Move base, router and adapters to ``model/routed``."""
        if not self.options.router:
            return
        from speechfair.debias.routed import FOLDER, read_router

        folder = stage.folder / FOLDER
        for number, group in enumerate(stage.data.groups):
            _copy_adapter(stage.folder / group / "adapter", folder / "adapters" / str(number))
        read_router(folder)
        os.replace(folder, model / FOLDER)


def _hits(groups: Sequence[str], picked: Sequence[str]) -> dict[str, Any]:
    """Per group of the development speakers, the share of utterances that went to each adapter; and the mean hit."""
    shares = {
        group: {
            name: sum(p == name for g, p in zip(groups, picked, strict=True) if g == group)
            / groups.count(group)
            for name in sorted({*groups, *picked})
        }
        for group in sorted(set(groups))
    }
    right = [row[group] for group, row in shares.items()]
    return {"development": shares, "balanced_accuracy": sum(right) / len(right), "chance": 1 / len(right)}


def _copy_adapter(source: Path, target: Path) -> None:
    """The adapter alone: PEFT's readme says nothing, and its configuration names the folder it came from."""
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "adapter_model.safetensors", target / "adapter_model.safetensors")
    settings: Mapping[str, Any] = read_json(source / "adapter_config.json")
    content = json.dumps({**settings, "base_model_name_or_path": None}, indent=2)
    write_atomically(target / "adapter_config.json", content.encode())


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
