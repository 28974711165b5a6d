"""Groups of speakers that no label names: clusters of speakers with a higher error rate than the others.

Clusters are made, and the worst of them chosen, on half of the speakers; what is reported as found holds on the
other half, which had no part in the choice. So noise is called a slice in at most (1 - level) of the searches.
What the features mean and where they come from is decided in `speechfair.exploring.discovery`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from speechfair.errors import InputError, MissingExtraError
from speechfair.metrics.disparity import log_ratio_error, rate_ratio
from speechfair.metrics.multiplicity import holm
from speechfair.metrics.rates import MIN_SPEAKERS, SpeakerSums, require_level

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from speechfair.types import Estimate

__all__ = ["MIN_SEARCHED", "Method", "Slice", "SliceSearch", "find_slices"]

Method = Literal["kmeans", "gmm"]

MIN_SEARCHED = 4 * MIN_SPEAKERS
"""Fewer speakers than this cannot be halved into a cluster and a rest that both have an interval."""

_MOST_DIMENSIONS = 5
_STARTS = 4
_ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class Slice:
    """A cluster that was worse than the rest in the first half, and what became of it in the second.

    Parameters
    ----------
    features : name of the feature set it was made from.
    cluster, n_clusters : which one of how many.
    members : indices of all its speakers, of both halves.
    n_chosen_on, n_tested_on : its speakers in either half.
    ratio_where_chosen : its error rate / the rest's in the first half. Too high by selection; never quote it.
    ratio : the same in the second half, with its interval.
    p_value : one-sided, that the ratio in the second half is over 1; None where it cannot be tested.
    p_adjusted : after Holm, over all slices that were tested.
    found : p_adjusted < 1 - level.
    reason : why it was not tested.
    """

    features: str
    cluster: int
    n_clusters: int
    members: tuple[int, ...]
    n_chosen_on: int
    n_tested_on: int
    ratio_where_chosen: float
    ratio: Estimate
    p_value: float | None = None
    p_adjusted: float | None = None
    found: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SliceSearch:
    """All slices that were looked at in the second half, the found ones first.

    `n_clusters_tried` counts the clusters of the first half from which they were chosen.
    """

    slices: tuple[Slice, ...]
    n_chosen_on: int
    n_tested_on: int
    n_clusters_tried: int
    level: float


def find_slices(
    features: NDArray[np.float64],
    sets: Mapping[str, Sequence[int]],
    sums: SpeakerSums,
    utterances: NDArray[np.int64],
    *,
    rng: np.random.Generator,
    method: Method = "kmeans",
    most_clusters: int = 4,
    most_slices: int = 3,
    level: float = 0.95,
) -> SliceSearch:
    """Search for clusters of speakers with a high error rate, and test them on speakers held out.

    Parameters
    ----------
    features : shape (n_speakers, n_features), finite; rows in the order of `sums.speakers`. They must not be made
        from errors.
    sets : columns to be clustered together, by name; clusters are sought in each set alone.
    sums : errors and words of the speakers.
    utterances : how many of each speaker the sums rest on, shape (n_speakers,).
    rng : splits the speakers and starts the clusterings.
    method : ``kmeans``, or ``gmm`` (Gaussian mixture with diagonal covariance).
    most_clusters : each set is cut into 2 up to so many clusters.
    most_slices : at most so many slices are tested; more tests need stronger evidence.
    level : 1 - level is the probability of finding anything where there is nothing.

    Raises
    ------
    InputError
        If there are fewer than `MIN_SEARCHED` speakers, or shapes, numbers or names do not fit.
    MissingExtraError
        If scikit-learn is not installed.
    """
    require_level(level)
    _check(features, sets, sums, utterances, method, most_clusters, most_slices)
    order = rng.permutation(sums.n_speakers)
    chosen_on = np.zeros(sums.n_speakers, dtype=bool)
    chosen_on[order[: sums.n_speakers // 2]] = True
    seed = int(rng.integers(2**31))
    people = _People(sums, utterances)
    candidates: list[tuple[float, Slice]] = []
    tried = 0
    for name, columns in sets.items():
        for count, labels in _clusterings(features[:, list(columns)], chosen_on, method, most_clusters, seed):
            for cluster in range(count):
                tried += 1
                candidate = _candidate(name, cluster, count, labels == cluster, chosen_on, people, level)
                if candidate is not None:
                    candidates.append(candidate)
    slices = _tested(_distinct(candidates, most_slices), level)
    half = int(chosen_on.sum())
    return SliceSearch(slices, half, sums.n_speakers - half, tried, level)


def _clusterings(
    values: NDArray[np.float64], chosen_on: NDArray[np.bool_], method: Method, most: int, seed: int
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Cluster of every speaker, for each number of clusters; made from the first half alone."""
    first = values[chosen_on]
    spread = first.std(axis=0)
    kept = spread > 1e-9 * np.maximum(1.0, np.abs(first).max(axis=0))
    if not kept.any():
        return
    scaled = (values[:, kept] - first[:, kept].mean(axis=0)) / spread[kept]
    scaled = _projected(scaled, chosen_on)
    distinct = len(np.unique(scaled[chosen_on], axis=0))
    for count in range(2, most + 1):
        if distinct > count:
            yield count, _fitted(method, count, seed, scaled[chosen_on]).predict(scaled).astype(np.int64)


def _projected(scaled: NDArray[np.float64], chosen_on: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The first principal components, where there are many columns: distances in many dimensions say little."""
    if scaled.shape[1] <= _MOST_DIMENSIONS:
        return scaled
    _, _, axes = np.linalg.svd(scaled[chosen_on], full_matrices=False)
    projected: NDArray[np.float64] = scaled @ axes[:_MOST_DIMENSIONS].T
    return projected


def _fitted(method: Method, count: int, seed: int, values: NDArray[np.float64]) -> Any:
    try:
        from sklearn.cluster import KMeans
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture
    except ImportError:
        raise MissingExtraError("finding slices", "scikit-learn", "discover") from None
    if method == "kmeans":
        model = KMeans(count, n_init=_STARTS, random_state=seed)
    else:
        model = GaussianMixture(
            count, covariance_type="diag", n_init=_STARTS, random_state=seed, reg_covar=1e-3
        )
    with warnings.catch_warnings():
        # A clustering that has not quite settled is as good a candidate as any: the second half decides.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(values)


def _candidate(
    name: str,
    cluster: int,
    count: int,
    inside: NDArray[np.bool_],
    chosen_on: NDArray[np.bool_],
    people: _People,
    level: float,
) -> tuple[float, Slice] | None:
    """The slice with how clearly it is worse in the first half; None where it is not worse or too small."""
    ours, others = people.part(inside & chosen_on), people.part(~inside & chosen_on)
    error = log_ratio_error(ours, others)
    if isinstance(error, str) or not ours.rate or not others.rate or ours.rate <= others.rate:
        return None
    first = ours.rate / others.rate
    ours, others = people.part(inside & ~chosen_on), people.part(~inside & ~chosen_on)
    found = Slice(
        features=name,
        cluster=cluster + 1,
        n_clusters=count,
        members=tuple(int(i) for i in np.flatnonzero(inside)),
        n_chosen_on=int((inside & chosen_on).sum()),
        n_tested_on=ours.n_speakers,
        ratio_where_chosen=first,
        ratio=rate_ratio(ours, others, level),
    )
    second = log_ratio_error(ours, others)
    if isinstance(second, str):
        why = second.replace("reference group:", "the rest, held out:").replace(
            "group:", "the cluster, held out:"
        )
        found = replace(found, reason=why)
    elif found.ratio.value:
        found = replace(found, p_value=_one_sided(math.log(found.ratio.value) / second[0], second[1]))
    return math.log(first) / error[0], found


@dataclass(frozen=True, eq=False)
class _People:
    """All speakers, of whom parts are taken."""

    sums: SpeakerSums
    utterances: NDArray[np.int64]

    def part(self, chosen: NDArray[np.bool_]) -> SpeakerSums:
        names = tuple(name for name, inside in zip(self.sums.speakers, chosen, strict=True) if inside)
        count = int(self.utterances[chosen].sum())
        return SpeakerSums(names, self.sums.errors[chosen], self.sums.words[chosen], count)


def _distinct(candidates: Sequence[tuple[float, Slice]], most: int) -> list[Slice]:
    """The clearest candidates of which no two are nearly the same speakers."""
    kept: list[Slice] = []
    for _, found in sorted(candidates, key=lambda item: -item[0]):
        members = set(found.members)
        alike = (len(members & set(o.members)) / len(members | set(o.members)) for o in kept)
        if len(kept) < most and all(share < _ALIKE for share in alike):
            kept.append(found)
    return kept


def _tested(slices: Sequence[Slice], level: float) -> tuple[Slice, ...]:
    known = [found for found in slices if found.p_value is not None]
    adjusted = iter(holm([found.p_value for found in known if found.p_value is not None]))
    done = []
    for found in slices:
        if found.p_value is None:
            done.append(found)
            continue
        p = float(next(adjusted))
        done.append(replace(found, p_adjusted=p, found=p < 1 - level))
    return tuple(sorted(done, key=lambda s: (not s.found, s.p_adjusted is None, s.p_adjusted or 0.0)))


def _one_sided(statistic: float, freedom: float) -> float:
    from scipy.special import stdtr

    return float(stdtr(freedom, -statistic))


def _check(
    features: NDArray[np.float64],
    sets: Mapping[str, Sequence[int]],
    sums: SpeakerSums,
    utterances: NDArray[np.int64],
    method: str,
    most_clusters: int,
    most_slices: int,
) -> None:
    if sums.n_speakers < MIN_SEARCHED:
        raise InputError(
            f"{sums.n_speakers} speakers: a search for slices halves the speakers and needs at least {MIN_SEARCHED}"
        )
    if features.ndim != 2 or len(features) != sums.n_speakers:
        raise InputError(
            f"features have shape {features.shape}; give one row for each of {sums.n_speakers} speakers"
        )
    if utterances.shape != (sums.n_speakers,):
        raise InputError(
            f"utterances have shape {utterances.shape}; give one count for each of {sums.n_speakers} speakers"
        )
    if not np.isfinite(features).all():
        row, column = (int(i) for i in np.argwhere(~np.isfinite(features))[0])
        raise InputError(f"feature {column} of speaker {sums.speakers[row]!r} is not a finite number")
    if not sets:
        raise InputError("no feature set is given: there is nothing to cluster by")
    for name, columns in sets.items():
        if not columns or not all(0 <= column < features.shape[1] for column in columns):
            raise InputError(f"feature set {name!r} has the columns {list(columns)} of {features.shape[1]}")
    if method not in ("kmeans", "gmm"):
        raise InputError(f"method is {method!r}; write kmeans or gmm")
    if most_clusters < 2:
        raise InputError(f"most_clusters is {most_clusters}; it must be at least 2")
    if most_slices < 1:
        raise InputError(f"most_slices is {most_slices}; it must be at least 1")
