"""The Fairness Adjusted ASR Score (FAAS) of the ASR-FairBench leaderboard, as published, for comparison with it.

No verdict of speechfair rests on it, and none should: it has no interval, its fairness part does not grow with the
gap (of two equally large groups the score is 50 however far they lie apart), and its penalty is a p-value, so that
the same gap scores worse the more speakers were recorded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from speechfair.errors import InputError
from speechfair.metrics.design_matrix import Term, category_term, inseparable
from speechfair.metrics.error_counts import errors_of
from speechfair.metrics.mixed_fit import MixedFit, fit_counts
from speechfair.metrics.rates import speaker_sums

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

__all__ = ["SIGNIFICANCE", "Faas", "FaasAttribute", "faas", "faas_score"]

SIGNIFICANCE = 0.05
"""Below this p-value an attribute's fairness is multiplied by p / 0.05."""


@dataclass(frozen=True, slots=True)
class FaasAttribute:
    """The fairness score of one attribute, such as gender.

    Parameters
    ----------
    groups : fairness of each group in [0, 100]: 100 for the lowest predicted rate, 0 for the highest.
    category_score : mean of `groups`, weighted by their share of the utterances.
    p_value : of the likelihood ratio test of the attribute alone against no attribute.
    adjusted_score : `category_score`, times p / 0.05 where p < 0.05.
    """

    groups: Mapping[str, float]
    category_score: float
    p_value: float
    adjusted_score: float


@dataclass(frozen=True, slots=True)
class Faas:
    """The score and what it is made of.

    Parameters
    ----------
    score : 10 log10(fairness / wer), in decibels; None with the `reason`.
    fairness : unweighted mean of the attributes' adjusted scores, in [0, 100].
    wer : mean of the utterances' own error rates, as a fraction.
    attributes : by name.
    notes : attributes and rows that were left out.
    """

    score: float | None
    fairness: float | None
    wer: float | None
    attributes: Mapping[str, FaasAttribute]
    n_utterances: int
    n_speakers: int
    reason: str | None = None
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


def faas_score(fairness: float, wer: float) -> float:
    """10 log10(fairness / wer) for a fairness in [0, 100] and a WER as a fraction, as on the leaderboard.

    A WER in percent would lower the score by 20, which is why it is not accepted above 10 (1,000 %).

    >>> round(faas_score(42.94, 0.40), 2)
    20.31
    """
    if not (0 < fairness <= 100):
        raise InputError(f"fairness is {fairness}; the score needs one above 0 and at most 100")
    if not (0 < wer <= 10):
        raise InputError(f"wer is {wer}; give it as a fraction above 0, such as 0.12 for 12 %")
    return 10 * math.log10(fairness / wer)


def faas(table: pl.DataFrame, attributes: Sequence[str]) -> Faas:
    """FAAS of one model's errors.

    Parameters
    ----------
    table : one row per utterance with ``speaker``, the error counts, ``reference_length`` and the attributes.
    attributes : columns such as ``gender`` and ``first_language``; a missing value is the group ``unknown``.

    Raises
    ------
    InputError
        If a column is missing or named twice, or a count is not a count.
    MissingExtraError
        If gpboost is not installed.

    Notes
    -----
    Rai et al., ASR-FAIRBENCH (Interspeech 2025), and the leaderboard's page on its metrics. Where these leave a
    choice, the conventions here are:

    - log E[errors] = log reference_length + all attributes + speaker, Poisson, by maximum likelihood. The paper's
      equation has the offset; the page's coefficient of log(words + 1) is a factor that cancels in the next step.
    - fairness of a group: 100 (1 - (rate - lowest) / (highest - lowest)) of the attribute's predicted rates.
    - the test compares the attribute alone with no attribute, on the same random effect.
    - all attributes weigh the same; shares are shares of utterances.
    - WER is the mean over utterances of errors / words, as a fraction; fairness is in [0, 100]. The leaderboard's
      printed rows agree with this. In percent the score would be 20 lower.

    Utterances without reference words are left out and counted. Without speaker ids there is no score.
    """
    import polars as pl

    rows, notes = _rows(table, attributes)
    speakers = rows["speaker"].n_unique()
    if not rows.height:
        return Faas(None, None, None, {}, 0, 0, "no utterance with reference words", tuple(notes))
    if missing := rows["speaker"].null_count():
        told = f"{missing} of {rows.height} utterances have no speaker id, which the model needs"
        return Faas(None, None, None, {}, rows.height, 0, told, tuple(notes))
    errors = rows["_errors"].to_numpy()
    wer = float((errors / rows["reference_length"].cast(pl.Float64).to_numpy()).mean())
    scored = _attributes(rows, attributes, errors, notes)
    if isinstance(scored, str):
        return Faas(None, None, wer, {}, rows.height, speakers, scored, tuple(notes))
    found, versions = scored
    fairness = float(np.mean([attribute.adjusted_score for attribute in found.values()]))
    reason = None if fairness > 0 else "the fairness score is 0: its logarithm is not defined"
    score = None if reason else faas_score(fairness, wer)
    return Faas(score, fairness, wer, found, rows.height, speakers, reason, tuple(notes), versions)


def _rows(table: pl.DataFrame, attributes: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
    """Utterances with words, in an order of their own, with the column ``_errors``."""
    import polars as pl

    if not attributes or len(set(attributes)) < len(attributes) or "speaker" in attributes:
        raise InputError(
            f"attributes are {list(attributes)}; name one or more columns, each once, not 'speaker'"
        )
    if missing := [name for name in attributes if name not in table.columns]:
        raise InputError(f"the scores lack the columns {missing}; they have {table.columns}")
    speaker_sums(table)  # refuses what is not a count
    rows = table.filter(pl.col("reference_length") > 0).with_columns(
        errors_of(table).cast(pl.Float64).alias("_errors"), pl.col("speaker").cast(pl.String)
    )
    silent = table.height - rows.height
    notes = [f"{silent} utterances without reference words are left out"] if silent else []
    return rows.sort("speaker", *attributes, "_errors", "reference_length"), notes


def _attributes(
    rows: pl.DataFrame, attributes: Sequence[str], errors: NDArray[np.float64], notes: list[str]
) -> tuple[dict[str, FaasAttribute], Mapping[str, str]] | str:
    import polars as pl
    from scipy.stats import chi2

    if not errors.any():
        return "no errors: the WER is 0 and its logarithm is not defined"
    terms = [category_term(rows[name], name) for name in attributes]
    notes.extend(f"{term.name} has one group only and is left out" for term in terms if not term.labels)
    terms = [term for term in terms if term.labels]
    if not terms:
        return "no attribute has two groups"
    if problem := inseparable(terms[0], terms[1:]):
        return problem
    offset = np.log(rows["reference_length"].cast(pl.Float64).to_numpy())
    speakers = rows["speaker"].to_numpy().astype(str)

    def fit(chosen: Sequence[Term]) -> MixedFit | str:
        design = np.hstack([np.ones((rows.height, 1)), *(term.values for term in chosen)])
        return fit_counts(errors, offset, design, [speakers], poisson_only=True)

    every, none = fit(terms), fit([])
    if isinstance(every, str) or isinstance(none, str):
        return every if isinstance(every, str) else str(none)
    found, start = {}, 1
    for term in terms:
        alone = every if len(terms) == 1 else fit([term])
        if isinstance(alone, str):
            return f"{term.name}: {alone}"
        gain = max(0.0, 2 * (alone.log_likelihood - none.log_likelihood))
        effects = np.concatenate([[0.0], every.coefficients[start : start + len(term.labels)]])
        found[term.name] = _attribute(term, effects, float(chi2.sf(gain, len(term.labels))))
        start += len(term.labels)
    return found, every.versions


def _attribute(term: Term, effects: NDArray[np.float64], p_value: float) -> FaasAttribute:
    """`effects` are log rates of the base group (0) and of the groups of `term.labels`."""
    rates = np.exp(effects)
    spread = float(np.ptp(rates))
    fairness = 100 * (1 - (rates - rates.min()) / spread) if spread else np.full(len(rates), 100.0)
    shares = term.values.mean(axis=0)
    score = float(fairness @ np.concatenate([[1 - shares.sum()], shares]))
    penalty = p_value / SIGNIFICANCE if p_value < SIGNIFICANCE else 1.0
    names = (term.base, *term.labels)
    groups = {name: float(value) for name, value in zip(names, fairness, strict=True)}
    return FaasAttribute(dict(sorted(groups.items())), score, p_value, score * penalty)
