"""No training at all: decoding settings are tried on the development speakers, and the best are kept."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from speechfair.debias.method import Method, Stage
from speechfair.debias.method_options import NoOptions

__all__ = ["Decode", "DecodeOptions"]


class DecodeOptions(NoOptions):
    """`settings` of the recipe's recogniser to try, each in addition to the recipe's own `recognizer.options`.

    The recipe's own settings are always tried too. For the Whisper families: ``window`` and ``beam_size``.
    """

    settings: list[dict[str, Any]] = Field(
        default=[{"window": "exact"}, {"window": "exact", "beam_size": 5}], min_length=1
    )


class Decode(Method):
    """The setting with the best worst-group rate on the development speakers decodes the audit after.

    The record has, for every setting, the rates and what decoding costs (``seconds_per_audio_second``).
    Where the recipe has protected development speakers, only settings that spare them count (``dev.protected``).

    The weights stay as they are; the settings are in the record, to be given to the recogniser.
    """

    name = "decode"
    summary = "search decoding settings on the development speakers; no training"
    source = "how insertions spike under one decoding and not another: arXiv 2604.21276"
    Options = DecodeOptions
    trains = False

    def finish(self, stage: Stage) -> dict[str, Any]:
        """Try every setting; ``recognizer_options`` are those of the best, the first of equals."""
        curve = []
        for setting in [{}, *self.options.settings]:
            curve.append({"settings": setting, "development": stage.decoded_rates(setting)})
        tried = [point["development"] for point in curve]
        best = curve[stage.best_of(tried, before=tried[0])]
        return {
            "recognizer_options": best["settings"],
            "curve": curve,
        }
