"""What an audit says next to an axis's raw ratios: ratios adjusted for covariates, and crossings partially pooled.

Turns the table of scores into what `speechfair.metrics` asks for, and its answers into records. It chooses no
covariates; it does choose whether texts get an effect of their own, by a fixed rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from speechfair.auditing.result import AdjustedRatio, AdjustmentModel, Shrinkage, ShrunkenCellRecord
from speechfair.errors import InputError, MissingExtraError
from speechfair.metrics.error_counts import KINDS
from speechfair.registry import did_you_mean
from speechfair.running.scoring import add_axis, axes_of
from speechfair.types import UNKNOWN, Estimate

if TYPE_CHECKING:
    import polars as pl

    from speechfair.metrics import Adjusted, SpeakerSums

__all__ = ["MEASURED", "TEXT_SHARE", "adjust_axis", "check_covariates", "require_extra", "shrink_axis"]

MEASURED = ("duration_s", "speech_rate")
"""Covariates that are no labels: length in seconds, and reference tokens per second."""

TEXT_SHARE = 0.5
"""Share of the utterances whose text two or more speakers read, from which on texts get a random effect."""


def require_extra(covariates: Sequence[str]) -> None:
    """Raise `MissingExtraError` before any work is done if an adjustment is asked for that cannot be computed."""
    from importlib.util import find_spec

    if covariates and find_spec("gpboost") is None:
        raise MissingExtraError("--adjust", "gpboost", "mixed")


def check_covariates(covariates: Sequence[str], table: pl.DataFrame) -> None:
    """Raise `InputError` for a covariate that is neither measured nor a label axis of `table`."""
    known = [*axes_of(table), *MEASURED] if covariates else []
    for name in covariates:
        if name not in known:
            raise InputError(f"--adjust {name!r}: no utterance has such a label; {did_you_mean(name, known)}")


def adjust_axis(
    counted: pl.DataFrame, axis: str, reference: str | None, covariates: Sequence[str], level: float
) -> tuple[list[AdjustedRatio], AdjustmentModel]:
    """Ratios of an axis's groups to the reference at equal covariates, and the model they rest on.

    Parameters
    ----------
    counted : rows of `scoring.score_table` that are not excluded.
    reference : the axis's reference group; None gives no ratio, and says so.
    covariates : label axes or names of `MEASURED`; those that are (part of) the axis itself are left out.
    """
    from speechfair.metrics import adjusted_ratios

    used = [name for name in covariates if name not in axis.split("+")]
    if reference is None or not used:
        told = "no reference group" if reference is None else f"{', '.join(covariates)} is the axis itself"
        return [], AdjustmentModel(covariates=used, reason=f"nothing to compare: {told}")
    group = axis.replace("+", ":")
    table = _table(counted, axis, group, used)
    shared = _share_of_shared_texts(table)
    text = "text" if shared >= TEXT_SHARE else None
    found = adjusted_ratios(table, group=group, reference=reference, covariates=used, text=text, level=level)
    note = (
        f"{shared:.0%} of the utterances have a text that several speakers read: texts have a random effect"
    )
    return _ratios(found), _model(found, used, [note] if text else [])


def shrink_axis(sums: Mapping[str, SpeakerSums], level: float) -> Shrinkage:
    """The cells of a crossing, each drawn towards their mean by as much as its speakers leave open.

    Cells with an ``unknown`` part are listed without a pooled rate and do not take part in the mean.
    """
    from speechfair.metrics import shrunken_rates

    labelled = {name: cell for name, cell in sums.items() if UNKNOWN not in name.split("+")}
    nothing = Estimate(None, None, None, level, 0, 0, "none", "not pooled")
    try:
        found = shrunken_rates(labelled, level=level)
    except InputError as error:
        cells = [_unpooled(name, cell, level, str(error)) for name, cell in sums.items()]
        return Shrinkage(
            cells=cells,
            mean_rate=None,
            between_sd=None,
            gap=nothing,
            n_left_out=len(cells),
            reason=str(error),
        )
    cells = []
    for name, cell in sums.items():
        if name not in labelled:
            cells.append(_unpooled(name, cell, level, "unlabelled in part: not pooled"))
            continue
        one = found.cells[name]
        cells.append(ShrunkenCellRecord(group=name, rate=one.rate, ratio=one.ratio, weight=one.weight))
    return Shrinkage(
        cells=cells,
        mean_rate=found.mean_rate,
        between_sd=found.between_sd,
        gap=found.gap,
        n_left_out=sum(cell.ratio.value is None for cell in cells),
        reason=found.reason,
    )


def _table(counted: pl.DataFrame, axis: str, group: str, covariates: Sequence[str]) -> pl.DataFrame:
    """Counts, speaker, text, group and covariates; numbers stay numbers, labels are text."""
    import polars as pl

    counts = [name for name in (*KINDS, "errors", "reference_length") if name in counted.columns]
    text = "reference" if "reference" in counted.columns else "utterance_id"  # without texts, none is shared
    columns = {"speaker": counted["speaker"], "text": counted[text]}
    columns |= {name: counted[name] for name in counts}
    seconds = counted["duration_s"].cast(pl.Float64)
    measured = {"duration_s": seconds, "speech_rate": counted["reference_length"].cast(pl.Float64) / seconds}
    for name, axis_or_measure in [(group, axis), *((name, name) for name in covariates)]:
        if name in columns:
            raise InputError(
                f"the axis {name!r} has the name of a column of the scores; rename it in the corpus"
            )
        is_measured = name in measured and name not in axes_of(counted)
        columns[name] = measured[name] if is_measured else add_axis(counted, axis_or_measure)["group"]
    return pl.DataFrame(columns)


def _share_of_shared_texts(table: pl.DataFrame) -> float:
    import polars as pl

    readers = table.select(pl.col("speaker").n_unique().over("text")).to_series()
    return float((readers > 1).sum()) / max(1, table.height)


def _ratios(found: Adjusted) -> list[AdjustedRatio]:
    return [
        AdjustedRatio(
            group=name,
            adjusted=one.adjusted,
            raw=one.raw,
            contributions=dict(one.contributions),
            explanation=one.explanation,
        )
        for name, one in found.groups.items()
    ]


def _model(found: Adjusted, covariates: list[str], notes: list[str]) -> AdjustmentModel:
    return AdjustmentModel(
        covariates=covariates,
        formula=found.formula,
        family=found.family,
        family_reason=found.family_reason or None,
        n_utterances=found.n_utterances,
        n_speakers=found.n_speakers,
        speaker_sd=found.speaker_sd,
        text_sd=found.text_sd,
        dispersion=found.dispersion,
        shape=found.shape,
        degrees_of_freedom=found.degrees_of_freedom,
        notes=[*notes, *found.notes],
        reason=found.reason,
    )


def _unpooled(name: str, sums: SpeakerSums, level: float, reason: str) -> ShrunkenCellRecord:
    ratio = Estimate(None, None, None, level, sums.n_utterances, sums.n_speakers, "none", reason)
    return ShrunkenCellRecord(group=name, rate=sums.rate, ratio=ratio, weight=None)
