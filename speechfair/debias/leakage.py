"""How much of the group can be read off the encoder's states by a linear probe, against the chance of permuted labels.

Speakers are split between fitting and testing, otherwise a probe learns voices and calls them accents; for the same
reason labels are permuted between speakers, not between utterances.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from speechfair.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Leakage", "probe"]

FOLDS = 5
PERMUTATIONS = 100


class Leakage(BaseModel):
    """Balanced accuracy (a fraction) of a probe on speakers it has not seen, beside that of permuted labels.

    `accuracy` is None where it cannot be measured, with the `reason`. `p` is the share of permutations that do as
    well, the observed one among them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    accuracy: float | None
    chance: float | None
    chance_high: float | None
    p: float | None
    n_utterances: int
    n_speakers: int
    groups: list[str]
    permutations: int
    reason: str | None


def probe(
    states: NDArray[np.float64],
    groups: Sequence[str],
    speakers: Sequence[str],
    seed: int,
    permutations: int = PERMUTATIONS,
) -> Leakage:
    """Cross-validated over speakers: a ridge classifier on standardised states (Alain and Bengio, 2016).

    Parameters
    ----------
    states : shape (utterances, D).
    permutations : of the groups between speakers; `chance` is their mean accuracy, `chance_high` their 95th percentile.

    Raises
    ------
    InputError
        The three do not have one length, or a speaker is in two groups.
    """
    if not len(states) == len(groups) == len(speakers):
        raise InputError(
            f"{len(states)} states, {len(groups)} groups and {len(speakers)} speakers do not match"
        )
    group_of = dict(zip(speakers, groups, strict=True))
    if mixed := [s for s, g in zip(speakers, groups, strict=True) if group_of[s] != g]:
        raise InputError(
            f"speaker {mixed[0]!r} is in more than one group; a probe needs one group per speaker"
        )
    names, everyone = sorted(set(groups)), sorted(group_of)
    about: dict[str, Any] = {
        "n_utterances": len(groups),
        "n_speakers": len(everyone),
        "groups": names,
    }
    fewest = min(sum(group_of[s] == name for s in everyone) for name in names)
    if len(names) < 2 or fewest < 2:
        reason = "one group only" if len(names) < 2 else "a group has fewer than two speakers"
        return Leakage(
            accuracy=None, chance=None, chance_high=None, p=None, permutations=0, reason=reason, **about
        )
    rng = np.random.default_rng([seed, 4])
    folds = _folds(group_of, min(FOLDS, fewest), rng)
    observed = _accuracy(states, speakers, group_of, folds)
    values = [group_of[s] for s in everyone]
    permuted = np.array(
        [
            _accuracy(states, speakers, dict(zip(everyone, rng.permutation(values), strict=True)), folds)
            for _ in range(permutations)
        ]
    )
    return Leakage(
        accuracy=observed,
        chance=float(permuted.mean()),
        chance_high=float(np.quantile(permuted, 0.95)),
        p=float((1 + (permuted >= observed - 1e-12).sum()) / (1 + permutations)),
        permutations=permutations,
        reason=None,
        **about,
    )


def _folds(group_of: dict[str, str], n_folds: int, rng: np.random.Generator) -> dict[str, int]:
    """A fold for every speaker, each group spread over all folds."""
    found: dict[str, int] = {}
    for name in sorted(set(group_of.values())):
        mine = sorted(speaker for speaker, group in group_of.items() if group == name)
        for place, i in enumerate(rng.permutation(len(mine))):
            found[mine[i]] = place % n_folds
    return found


def _accuracy(
    states: NDArray[np.float64], speakers: Sequence[str], group_of: dict[str, Any], folds: dict[str, int]
) -> float:
    """Balanced accuracy over all folds together."""
    from sklearn.linear_model import RidgeClassifier
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    truth = np.array([str(group_of[s]) for s in speakers])
    fold = np.array([folds[s] for s in speakers])
    guessed = truth.copy()
    for number in np.unique(fold):
        seen = fold != number
        if len(set(truth[seen])) < 2:  # a permutation may put a whole group into one fold
            guessed[~seen] = truth[seen][0]
            continue
        model = make_pipeline(StandardScaler(), RidgeClassifier(alpha=10.0, class_weight="balanced"))
        guessed[~seen] = model.fit(states[seen], truth[seen]).predict(states[~seen])
    return float(balanced_accuracy_score(truth, guessed))
