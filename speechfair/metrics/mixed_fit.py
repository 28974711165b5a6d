"""Fit one mixed-effects count model with gpboost and hand back plain numbers, or the reason why there are none.

Chooses between Poisson and negative binomial by a fixed rule. It knows no groups and no columns: see `mixed`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from speechfair.errors import MissingExtraError, SpeechfairError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AIC_MARGIN", "DISPERSION_LIMIT", "MixedFit", "fit_counts"]

DISPERSION_LIMIT = 1.1
"""Pearson dispersion of the Poisson model above which the negative binomial is tried."""

AIC_MARGIN = 2.0
"""By how much the negative binomial's AIC must be lower to be taken."""

_LARGEST_EFFECT = 12.0


@dataclass(frozen=True, eq=False)
class MixedFit:
    """A converged fit.

    Parameters
    ----------
    family : ``poisson`` or ``negative_binomial``.
    family_reason : how it was chosen.
    coefficients, standard_errors : fixed effects on the log scale, shape (n_columns,).
    variances : of the random intercepts, one per clustering, in their order.
    dispersion : Pearson dispersion of the Poisson fit, given its random effects.
    shape : of the negative binomial.
    log_likelihood : Laplace-approximated, at the maximum.
    iterations : of the optimiser.
    """

    family: str
    family_reason: str
    coefficients: NDArray[np.float64]
    standard_errors: NDArray[np.float64]
    variances: tuple[float, ...]
    dispersion: float
    shape: float | None
    log_likelihood: float
    iterations: int
    versions: Mapping[str, str]


def fit_counts(
    counts: NDArray[np.float64],
    offset: NDArray[np.float64],
    design: NDArray[np.float64],
    clusters: Sequence[NDArray[np.str_]],
    *,
    poisson_only: bool = False,
) -> MixedFit | str:
    """Maximum likelihood (Laplace) of log mean = offset + design @ effects + random intercepts.

    Parameters
    ----------
    counts, offset : shape (n_rows,).
    design : shape (n_rows, n_columns), of full rank, with an intercept.
    clusters : one or more clusterings, each of shape (n_rows,).
    poisson_only : never take the negative binomial.

    Returns
    -------
    MixedFit, or the reason why there is none: no convergence, effects that run away, or no standard errors.
    """
    gpboost = _gpboost()
    versions = {"gpboost": str(gpboost.__version__)}
    with _quiet(gpboost) as messages:
        poisson = _fit_family(gpboost, "poisson", counts, offset, design, clusters)
        if isinstance(poisson, str):
            return f"{poisson}{_last(messages)}"
        dispersion = _pearson(poisson, counts, offset, design)
        if poisson_only:
            return _numbers("poisson", "as asked for", poisson, dispersion, versions)
        if dispersion <= DISPERSION_LIMIT:
            why = f"Pearson dispersion {dispersion:.2f} is at most {DISPERSION_LIMIT:g}"
            return _numbers("poisson", why, poisson, dispersion, versions)
        negative = _fit_family(gpboost, "negative_binomial", counts, offset, design, clusters)
    if isinstance(negative, str):
        return f"over-dispersed (Pearson dispersion {dispersion:.2f}), but {negative}{_last(messages)}"
    gain = 2 * (poisson.negative_log_likelihood - negative.negative_log_likelihood) - 2
    why = f"Pearson dispersion {dispersion:.2f}, negative binomial's AIC lower by {gain:.1f}"
    if gain < AIC_MARGIN:
        return _numbers("poisson", why, poisson, dispersion, versions)
    return _numbers("negative_binomial", why, negative, dispersion, versions)


@dataclass(frozen=True, eq=False)
class _Fitted:
    effects: NDArray[np.float64]
    errors: NDArray[np.float64]
    variances: NDArray[np.float64]
    shape: float | None
    negative_log_likelihood: float
    random: NDArray[np.float64]
    iterations: int


def _gpboost() -> Any:
    try:
        return import_module("gpboost")
    except ImportError as missing:
        raise MissingExtraError("the adjusted disparity", "gpboost", "mixed") from missing
    except OSError as broken:
        raise SpeechfairError(
            f"gpboost is installed but its library cannot be loaded: {broken}; it needs the OpenMP runtime "
            "(Debian and Ubuntu: libgomp1; macOS: libomp)"
        ) from broken


def _fit_family(
    gpboost: Any,
    family: str,
    counts: NDArray[np.float64],
    offset: NDArray[np.float64],
    design: NDArray[np.float64],
    clusters: Sequence[NDArray[np.str_]],
) -> _Fitted | str:
    named = family.replace("_", " ")
    codes = np.column_stack([np.unique(cluster, return_inverse=True)[1] for cluster in clusters])
    try:
        # One thread: the sum over rows is then made in one order, and two runs give the same digits. Cholesky: the
        # default for two clusterings is a stochastic approximation, whose standard errors were seen 12 % off.
        model = gpboost.GPModel(
            group_data=codes, likelihood=family, num_parallel_threads=1, matrix_inversion_method="cholesky"
        )
        params = {"trace": False, "maxit": 2000, "delta_rel_conv": 1e-9}
        model.fit(y=counts, X=design, offset=offset, params=params)
        status = int(model._get_convergence_status())
        if status:
            return f"the {named} model did not converge (gpboost status {status})"
        effects, errors = model.get_coef(std_err=True).to_numpy(dtype=np.float64)[:2]
        variances = np.asarray(model.get_cov_pars(), dtype=np.float64).ravel()
        shape = None
        if family == "negative_binomial":
            shape = float(np.asarray(model.get_aux_pars(), dtype=np.float64).ravel()[0])
        random = np.asarray(model.predict_training_data_random_effects(), dtype=np.float64).sum(axis=1)
        likelihood = float(model.get_current_neg_log_likelihood())
    except gpboost.basic.GPBoostError as failure:
        return f"the {named} model could not be fitted: {failure}"
    if not (np.isfinite(effects).all() and np.isfinite(variances).all() and np.isfinite(likelihood)):
        return f"the {named} model did not converge to finite effects"
    if (largest := float(np.abs(effects[1:]).max(initial=0.0))) > _LARGEST_EFFECT:
        return f"the {named} model did not converge: an effect runs away ({largest:.0f} on the log scale)"
    if not (np.isfinite(errors).all() and (errors > 0).all()):
        return f"the {named} model gives no standard errors (its Hessian is not positive definite)"
    return _Fitted(effects, errors, variances, shape, likelihood, random, int(model._get_num_optim_iter()))


def _pearson(
    fitted: _Fitted, counts: NDArray[np.float64], offset: NDArray[np.float64], design: NDArray[np.float64]
) -> float:
    """Sum of squared Pearson residuals given the random effects / (rows - fixed effects)."""
    mean = np.exp(offset + design @ fitted.effects + fitted.random)
    freedom = max(1, len(counts) - design.shape[1])
    return float((((counts - mean) ** 2) / mean).sum() / freedom)


def _numbers(
    family: str, why: str, fitted: _Fitted, dispersion: float, versions: Mapping[str, str]
) -> MixedFit:
    variances = tuple(float(variance) for variance in fitted.variances)
    return MixedFit(
        family, why, fitted.effects, fitted.errors, variances, dispersion,
        fitted.shape, -fitted.negative_log_likelihood, fitted.iterations, versions,
    )  # fmt: skip


@contextmanager
def _quiet(gpboost: Any) -> Iterator[list[str]]:
    """Keep what gpboost would print to standard output."""
    messages: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage().strip())

    logger = logging.Logger("speechfair.gpboost")
    logger.addHandler(Keep())
    before = gpboost.basic._LOGGER
    gpboost.register_logger(logger)
    try:
        yield messages
    finally:
        gpboost.basic._LOGGER = before


def _last(messages: Sequence[str]) -> str:
    told = [message for message in messages if "Warning" in message]
    return f"; gpboost says: {told[-1]}" if told else ""
