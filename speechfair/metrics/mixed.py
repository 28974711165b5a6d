"""Rate ratios between groups of speakers, adjusted for what else differs between the groups.

A Poisson (or negative binomial) regression of each utterance's errors with a random intercept per speaker, and per
text where texts are read by many. It stands next to the raw ratio, never in its place, and refuses with a reason
where the data cannot tell the group's effect from a covariate's. It chooses no covariates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from speechfair.errors import InputError
from speechfair.metrics.design_matrix import Design, build_design
from speechfair.metrics.disparity import rate_ratio
from speechfair.metrics.jackknife import t_quantile
from speechfair.metrics.mixed_fit import MixedFit, fit_counts
from speechfair.metrics.mixed_rows import ERRORS, Question, Rows, modelled_rows, refusal, with_errors
from speechfair.metrics.mixed_words import explain
from speechfair.metrics.rates import require_level, speaker_sums
from speechfair.types import Estimate

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

__all__ = ["Adjusted", "AdjustedGroup", "adjusted_ratios"]

FEWEST_DEGREES_OF_FREEDOM = 3
"""Speakers must exceed the fixed effects that do not vary within speakers by this much."""


@dataclass(frozen=True, slots=True)
class AdjustedGroup:
    """One group against the reference: with and without adjustment, and why the two differ.

    Parameters
    ----------
    adjusted : rate ratio from the mixed model; value and interval are None, with the reason, where refused.
    raw : ratio of the pooled rates over all of the group's utterances, as by `speechfair.metrics.rate_ratio`.
    contributions : by covariate, the factor on the rate ratio that its different distribution in the two groups
        makes by the model: 1.2 means that it alone makes the group's rate 20 % higher.
    explanation : one sentence.
    """

    adjusted: Estimate
    raw: Estimate
    contributions: Mapping[str, float]
    explanation: str


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Adjusted rate ratios of every group to the reference, and the model they rest on.

    Parameters
    ----------
    formula : the model in lme4's notation.
    family : ``poisson`` or ``negative_binomial``; None where no model could be reported.
    family_reason : how the family was chosen.
    groups : by group, without the reference.
    n_utterances, n_speakers : what the model was fitted to.
    speaker_sd, text_sd : standard deviation of the random intercepts on the log scale.
    dispersion : Pearson dispersion of the Poisson model given its random effects; 1 if utterances of one speaker
        vary as Poisson counts do.
    shape : of the negative binomial (variance = mean + mean² / shape), else None.
    degrees_of_freedom : of the t quantiles.
    converged : whether the optimiser did; without it no number is reported.
    notes : what was done to the data, such as rows left out of the model, with counts.
    reason : why no group has an adjusted ratio, or None.
    versions : packages that computed it.
    """

    formula: str
    family: str | None
    family_reason: str
    groups: Mapping[str, AdjustedGroup]
    n_utterances: int
    n_speakers: int
    speaker_sd: float | None = None
    text_sd: float | None = None
    dispersion: float | None = None
    shape: float | None = None
    degrees_of_freedom: float | None = None
    converged: bool = False
    notes: tuple[str, ...] = ()
    reason: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    def probability_above(self, group: str, limit: float) -> float | None:
        """Probability that the group's adjusted ratio is above `limit`, given the data; None without an interval.

        Notes
        -----
        The log ratio is taken to be t-distributed around its estimate, with the model's standard error and degrees of
        freedom (a flat prior): it stands next to a verdict, which rests on the interval, and makes none.
        """
        from scipy.special import stdtr

        if not limit > 0:
            raise InputError(f"limit is {limit}; write a rate ratio greater than 0, such as 1.25")
        found, freedom = self.groups[group].adjusted, self.degrees_of_freedom
        if not found.value or not found.low or found.high is None or freedom is None:
            return None
        error = math.log(found.high / found.low) / 2 / t_quantile(freedom, found.level)
        distance = math.log(found.value / limit)
        return float(stdtr(freedom, distance / error)) if error else float(distance > 0)


def adjusted_ratios(
    table: pl.DataFrame,
    *,
    group: str,
    reference: str,
    covariates: Sequence[str] = (),
    text: str | None = None,
    level: float = 0.95,
) -> Adjusted:
    """Rate ratio of every group to the reference at equal covariates.

    Parameters
    ----------
    table : one row per utterance with ``speaker``, ``substitutions``, ``deletions``, ``insertions``,
        ``reference_length``, and the columns named by `group`, `covariates` and `text`.
    group : column whose values are the groups; missing values are the group ``unknown``.
    reference : value of `group` that the others are compared with.
    covariates : numeric columns enter linearly on the log scale, others as categories.
    text : column that identifies the text read, for a crossed random intercept; None for none.
    level : nominal coverage.

    Returns
    -------
    Adjusted
        Refusals are in `reason` fields: speakers not known, a group with fewer than `MIN_SPEAKERS` speakers or
        without errors, a group that cannot be separated from a covariate or from the texts, or no convergence.

    Raises
    ------
    InputError
        If a column is missing or named twice, a count is not a count, or no row is of the reference.
    MissingExtraError
        If gpboost is not installed.

    Notes
    -----
    log E[errors] = log reference_length + group + covariates + speaker (+ text) (+ speaker and group, where
    speakers occur in several groups), by Laplace-approximated maximum likelihood. Poisson, unless its Pearson
    dispersion exceeds 1.1 and the negative binomial has the lower AIC by at least 2. Intervals are Wald on the log
    scale: the standard error is widened by sqrt(S / (S - p)) for S speakers and p fixed effects that are constant
    within speakers, because maximum likelihood underestimates the speaker variance, and t has S - p degrees of
    freedom. Utterances without reference words have no rate and are left out of the model (not of the raw ratio);
    `notes` counts them.
    """
    require_level(level)
    question = Question(group, reference, tuple(covariates), text, level)
    table = with_errors(table, question)
    raw = _raw_ratios(table, question)
    rows = modelled_rows(table, question)
    if reason := refusal(rows, question):
        return _refused(question, rows, raw, reason)
    design = build_design(rows.table, group=group, reference=reference, covariates=covariates)
    if isinstance(design, str):
        return _refused(question, rows, raw, design)
    rows = replace(rows, notes=(*rows.notes, *design.notes))
    speakers, between = _between_speakers(design, rows.table)
    if speakers - between < FEWEST_DEGREES_OF_FREEDOM:
        reason = (
            f"{speakers} speakers are too few for {between} fixed effects that do not vary within speakers"
        )
        return _refused(question, rows, raw, reason)
    fit = _fit(design, rows, question)
    if isinstance(fit, str):
        return _refused(question, rows, raw, fit)
    return _report(question, rows, raw, design, fit, (speakers, speakers - between))


def _raw_ratios(table: pl.DataFrame, question: Question) -> dict[str, Estimate]:
    parts = table.partition_by(question.group, as_dict=True)
    sums = {str(key[0]): speaker_sums(part) for key, part in parts.items()}
    theirs = sums.pop(question.reference)
    return {name: rate_ratio(sums[name], theirs, question.level) for name in sorted(sums)}


def _between_speakers(design: Design, table: pl.DataFrame) -> tuple[int, int]:
    """Speakers, and fixed effects that are constant within every speaker."""
    names = table["speaker"].to_numpy().astype(str)
    _, first, place = np.unique(names, return_index=True, return_inverse=True)
    constant = (design.matrix == design.matrix[first][place]).all(axis=0)
    return len(first), int(constant.sum())


def _fit(design: Design, rows: Rows, question: Question) -> MixedFit | str:
    import polars as pl

    table = rows.table
    names = ["speaker", *([question.text] if question.text else [])]
    clusters = [table[name].cast(pl.String).to_numpy().astype(str) for name in names]
    if rows.crossed:
        cells = table.select(pl.struct("speaker", question.group).rank("dense")).to_series()
        clusters.append(cells.to_numpy().astype(str))
    offset = np.log(table["reference_length"].cast(pl.Float64).to_numpy())
    return fit_counts(table[ERRORS].to_numpy(), offset, design.matrix, clusters)


def _report(
    question: Question,
    rows: Rows,
    raw: Mapping[str, Estimate],
    design: Design,
    fit: MixedFit,
    freedom: tuple[int, int],
) -> Adjusted:
    """All groups' ratios; `freedom` is the number of speakers and the degrees of freedom they leave."""
    speakers, left = freedom
    half = t_quantile(left, question.level) * math.sqrt(speakers / left) * fit.standard_errors
    shares = _contributions(design, fit, rows.table["reference_length"].to_numpy().astype(np.float64))
    method = f"mixed-{fit.family.replace('_', '-')}-wald-log-t"
    groups = {}
    for name, unadjusted in raw.items():
        if name in rows.left_out:
            groups[name] = _refused_group(question, name, unadjusted, rows.left_out[name])
            continue
        column = 1 + design.group.labels.index(name)
        centre = float(fit.coefficients[column])
        ours = rows.table.filter(rows.table[question.group].is_in([name, question.reference]))
        adjusted = Estimate(
            math.exp(centre),
            math.exp(centre - half[column]),
            math.exp(centre + half[column]),
            question.level,
            ours.height,
            ours["speaker"].n_unique(),
            method,
        )
        told = explain(question, name, adjusted, unadjusted, shares[name])
        groups[name] = AdjustedGroup(adjusted, unadjusted, shares[name], told)
    return Adjusted(
        formula=question.formula(rows.crossed),
        family=fit.family,
        family_reason=fit.family_reason,
        groups=groups,
        n_utterances=rows.table.height,
        n_speakers=speakers,
        speaker_sd=math.sqrt(fit.variances[0]),
        text_sd=math.sqrt(fit.variances[1]) if question.text else None,
        dispersion=fit.dispersion,
        shape=fit.shape,
        degrees_of_freedom=float(left),
        converged=True,
        notes=rows.notes,
        versions=fit.versions,
    )


def _contributions(design: Design, fit: MixedFit, words: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    """exp(effect x difference of word-weighted means) per group and covariate."""
    members = {label: design.group.values[:, index] > 0 for index, label in enumerate(design.group.labels)}
    theirs = ~design.group.values.any(axis=1)
    found: dict[str, dict[str, float]] = {label: {} for label in members}
    for position, term in enumerate(design.covariates):
        effect = fit.coefficients[design.columns_of(position)]
        base = np.average(term.values[theirs], axis=0, weights=words[theirs])
        for label, chosen in members.items():
            moved = np.average(term.values[chosen], axis=0, weights=words[chosen]) - base
            found[label][term.name] = math.exp(float(moved @ effect))
    return found


def _refused_group(question: Question, name: str, raw: Estimate, reason: str) -> AdjustedGroup:
    adjusted = Estimate(None, None, None, question.level, raw.n_utterances, raw.n_speakers, "none", reason)
    return AdjustedGroup(adjusted, raw, {}, explain(question, name, adjusted, raw, {}))


def _refused(question: Question, rows: Rows, raw: Mapping[str, Estimate], reason: str) -> Adjusted:
    """No adjusted ratio for any group, and why."""
    groups = {
        name: _refused_group(question, name, estimate, rows.left_out.get(name, reason))
        for name, estimate in raw.items()
    }
    return Adjusted(
        formula=question.formula(rows.crossed),
        family=None,
        family_reason="",
        groups=groups,
        n_utterances=rows.table.height,
        n_speakers=rows.table["speaker"].drop_nulls().n_unique(),
        notes=rows.notes,
        reason=reason,
    )
