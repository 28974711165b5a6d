"""No training at all: decoding settings are tried on the development speakers, and the best are kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import Field

from speechfair.debias.method import Method, Stage
from speechfair.debias.method_options import NoOptions
from speechfair.errors import InputError
from speechfair.store import write_atomically
from speechfair.strict_json import read_json

if TYPE_CHECKING:
    from speechfair.debias.recipe import DebiasRecipe

__all__ = ["Decode", "DecodeOptions"]

USUAL: dict[str, list[dict[str, Any]]] = {
    "faster-whisper": [
        {"window": "exact"},
        {"window": "exact", "beam_size": 5},
        {"window": "exact", "beam_size": 5, "patience": 2.0},
        {"window": "exact", "beam_size": 5, "length_penalty": 0.6},
        {"window": "exact", "beam_size": 10},
    ],
    "whisper": [{"window": "exact"}, {"window": "exact", "beam_size": 5}],
}
"""What is tried where the recipe names no settings, by the family of its recogniser."""


class DecodeOptions(NoOptions):
    """`settings` of the recipe's recogniser to try, each in addition to the recipe's own `recognizer.options`.

    The recipe's own settings are always tried too. Empty tries the usual ones of the family. For ``faster-whisper``:
    ``window``, ``beam_size``, ``patience``, ``length_penalty``, ``compression_ratio_threshold``,
    ``log_prob_threshold``, ``compute_type``, and for a multilingual model ``language`` (a code or ``detect``).
    """

    settings: list[dict[str, Any]] = Field(default_factory=list)


class Decode(Method):
    """The setting with the best worst-group rate on the development speakers decodes the audit after.

    The record has, for every setting, the rates and what decoding costs (``seconds_per_audio_second``).
    Where the recipe has protected development speakers, only settings that spare them count (``dev.protected``).
    Nobody is trained on, so most of the training speakers can be development speakers (``dev.share: 0.85``); name
    corpora of several accents under `train`.

    The weights stay as they are; the settings are in the record, to be given to the recogniser. What was measured is
    kept, so that a killed search goes on with the next setting.
    """

    name = "decode"
    summary = "search decoding settings on the development speakers; no training"
    source = "how insertions spike under one decoding and not another: arXiv 2604.21276"
    Options = DecodeOptions
    trains = False

    def check(self, recipe: DebiasRecipe) -> None:
        """A CTC model has one way to be decoded."""
        if recipe.recognizer.family not in USUAL:
            raise InputError(
                f"the recogniser family {recipe.recognizer.family!r} has one way to be decoded; 'decode' has nothing "
                "to try"
            )

    def finish(self, stage: Stage) -> dict[str, Any]:
        """Try every setting; ``recognizer_options`` are those of the best, the first of equals."""
        settings = self.options.settings or USUAL[stage.recipe.recognizer.family]
        curve = [self._tried(stage, number, setting) for number, setting in enumerate([{}, *settings])]
        tried = [point["development"] for point in curve]
        best = curve[stage.best_of(tried, before=tried[0])]
        return {
            "recognizer_options": best["settings"],
            "curve": curve,
        }

    def _tried(self, stage: Stage, number: int, setting: dict[str, Any]) -> dict[str, Any]:
        """The rates of a setting, measured once."""
        kept = stage.folder / f"decode-{number}.json"
        if not kept.is_file():
            found = {"settings": setting, "development": stage.decoded_rates(setting)}
            write_atomically(kept, json.dumps(found).encode())
        answer: dict[str, Any] = read_json(kept)
        return answer
