"""Counting errors and saying how sure one can be of rates, ratios and gaps between groups of speakers.

The speaker is the unit of sampling throughout. Nothing here reads a file, runs a model or knows a label axis.
A name is imported when it is first used, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from speechfair.metrics.bootstrap import bootstrap_estimate, bootstrap_rates
    from speechfair.metrics.design_effect import (
        observed_design_effect,
        rate_under_design_effect,
        ratio_under_design_effect,
    )
    from speechfair.metrics.disparity import rate_difference, rate_ratio
    from speechfair.metrics.errors import count_errors
    from speechfair.metrics.faas import Faas
    from speechfair.metrics.mixed import Adjusted, AdjustedGroup, adjusted_ratios
    from speechfair.metrics.multiplicity import holm
    from speechfair.metrics.rates import (
        DESIGN_EFFECT,
        MIN_SPEAKERS,
        SpeakerSums,
        pooled_rate,
        speaker_mean_rate,
        speaker_sums,
    )
    from speechfair.metrics.shrinkage import Shrunken, ShrunkenCell, shrunken_rates
    from speechfair.metrics.simultaneous import simultaneous_ratios
    from speechfair.metrics.summary import (
        GapPermutation,
        between_group_sd,
        max_min_gap,
        permute_gap,
        worst_best_ratio,
    )

_HOMES = {
    "Adjusted": "mixed",
    "AdjustedGroup": "mixed",
    "DESIGN_EFFECT": "rates",
    "Faas": "faas",
    "GapPermutation": "summary",
    "MIN_SPEAKERS": "rates",
    "Shrunken": "shrinkage",
    "ShrunkenCell": "shrinkage",
    "SpeakerSums": "rates",
    "adjusted_ratios": "mixed",
    "between_group_sd": "summary",
    "bootstrap_estimate": "bootstrap",
    "bootstrap_rates": "bootstrap",
    "count_errors": "errors",
    "holm": "multiplicity",
    "max_min_gap": "summary",
    "observed_design_effect": "design_effect",
    "permute_gap": "summary",
    "pooled_rate": "rates",
    "rate_difference": "disparity",
    "rate_ratio": "disparity",
    "rate_under_design_effect": "design_effect",
    "ratio_under_design_effect": "design_effect",
    "shrunken_rates": "shrinkage",
    "simultaneous_ratios": "simultaneous",
    "speaker_mean_rate": "rates",
    "speaker_sums": "rates",
    "worst_best_ratio": "summary",
}

__all__ = [
    "DESIGN_EFFECT",
    "MIN_SPEAKERS",
    "Adjusted",
    "AdjustedGroup",
    "Faas",
    "GapPermutation",
    "Shrunken",
    "ShrunkenCell",
    "SpeakerSums",
    "adjusted_ratios",
    "between_group_sd",
    "bootstrap_estimate",
    "bootstrap_rates",
    "count_errors",
    "holm",
    "max_min_gap",
    "observed_design_effect",
    "permute_gap",
    "pooled_rate",
    "rate_difference",
    "rate_ratio",
    "rate_under_design_effect",
    "ratio_under_design_effect",
    "shrunken_rates",
    "simultaneous_ratios",
    "speaker_mean_rate",
    "speaker_sums",
    "worst_best_ratio",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'speechfair.metrics' has no attribute {name!r}")
    return getattr(import_module(f"speechfair.metrics.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
