"""What the package offers; the one list of its public names. A name is imported when it is first used."""

from .bootstrap import bootstrap_estimate, bootstrap_rates
from .design_effect import observed_design_effect, rate_under_design_effect, ratio_under_design_effect
from .disparity import rate_difference, rate_ratio
from .error_counts import count_errors
from .faas import Faas
from .metric import Metric, load_metric
from .mixed import Adjusted, AdjustedGroup, adjusted_ratios
from .multiplicity import holm
from .permutation import GapPermutation, permute_gap
from .post_stratification import post_stratified_rate
from .rates import (
    DESIGN_EFFECT,
    MIN_EFFECTIVE_SPEAKERS,
    MIN_SPEAKERS,
    SpeakerSums,
    pooled_rate,
    speaker_mean_rate,
    speaker_sums,
)
from .shrinkage import Shrunken, ShrunkenCell, shrunken_rates
from .simultaneous import simultaneous_ratios
from .summary import between_group_sd, max_min_gap, worst_best_ratio
from .two_way import two_way_rate, two_way_ratio

__all__ = [
    "DESIGN_EFFECT",
    "MIN_EFFECTIVE_SPEAKERS",
    "MIN_SPEAKERS",
    "Adjusted",
    "AdjustedGroup",
    "Faas",
    "GapPermutation",
    "Metric",
    "Shrunken",
    "ShrunkenCell",
    "SpeakerSums",
    "adjusted_ratios",
    "between_group_sd",
    "bootstrap_estimate",
    "bootstrap_rates",
    "count_errors",
    "holm",
    "load_metric",
    "max_min_gap",
    "observed_design_effect",
    "permute_gap",
    "pooled_rate",
    "post_stratified_rate",
    "rate_difference",
    "rate_ratio",
    "rate_under_design_effect",
    "ratio_under_design_effect",
    "shrunken_rates",
    "simultaneous_ratios",
    "speaker_mean_rate",
    "speaker_sums",
    "two_way_rate",
    "two_way_ratio",
    "worst_best_ratio",
]
