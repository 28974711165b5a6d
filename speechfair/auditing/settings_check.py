"""Settings checked against a listed corpus before any audio is opened: axes, references, covariates, normaliser.

A wrong name is refused in seconds, and nothing is written. Listing stops as soon as everything that was asked for has
been seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from speechfair.auditing.adjusting import MEASURED, check_covariates, require_extra
from speechfair.corpora.batches import batches_of
from speechfair.errors import InputError
from speechfair.registry import did_you_mean
from speechfair.running.run_recipe import Analysis, CardPart
from speechfair.running.scoring import add_axis, axes_of
from speechfair.running.scoring_choice import choose_scoring
from speechfair.types import UNKNOWN, Corpus, Label

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_listed", "check_settings"]


def check_settings(corpus: Corpus, analysis: Analysis) -> None:
    """Raise `InputError` if the analysis asks for what no row of the corpus has.

    Parameters
    ----------
    corpus : is listed without its audio, as far as is needed.
    analysis : its axes, references, covariates and normaliser are looked up.
    """
    from speechfair.text import load_normalizer

    if analysis.normalizer is not None:
        load_normalizer(analysis.normalizer)
    covariates = [name for name in analysis.adjust if name not in MEASURED]
    axes = dict.fromkeys([part for axis in analysis.group_by for part in axis.split("+")] + covariates)
    axes.pop("language", None)  # a fact of every row, and no label
    if not axes:
        return
    mapped = getattr(corpus, "label_axes", None)
    if mapped is not None:
        _check_axes(axes, mapped, corpus, covariates)
    label_sets = getattr(corpus, "label_sets", None)
    if label_sets is not None and analysis.reference and (found := label_sets()):
        _check_references(analysis, found)
    _check_rows(corpus, axes, covariates, analysis)


def check_listed(manifest: pl.DataFrame, analysis: Analysis, card: CardPart) -> None:
    """Raise `InputError` if the analysis asks for what no usable row of a manifest has.

    Parameters
    ----------
    manifest : columns of `speechfair.running.run_manifest.manifest_schema`.
    analysis : its axes, references, covariates and normaliser are looked up.
    """
    import polars as pl

    rows = manifest.filter(pl.col("excluded").is_null())
    if rows.is_empty():
        return  # a wholly excluded manifest has its own message
    require_extra(analysis.adjust)
    check_covariates(analysis.adjust, rows)
    known = axes_of(rows)
    for axis in analysis.group_by:
        for part in axis.split("+"):
            if part not in known and part != "language":
                hint = did_you_mean(part, known)
                raise InputError(f"no utterance has a label on the axis {part!r}; {hint}")
    for axis, value in analysis.reference.items():
        groups = (
            add_axis(rows, axis)["group"].unique().sort().to_list() if axis in analysis.group_by else [value]
        )
        if value not in groups:
            hint = did_you_mean(value, groups)
            raise InputError(f"axis {axis!r} has no group {value!r} to compare with; {hint}")
    choose_scoring(rows, analysis, card)


def _check_rows(corpus: Corpus, axes: Iterable[str], covariates: list[str], analysis: Analysis) -> None:
    known: dict[str, None] = {}
    groups: dict[str, dict[str, None]] = {
        axis: {} for axis in analysis.reference if "language" not in axis.split("+")
    }
    excluded: str | None = None
    listed = 0
    for batch in batches_of(corpus):
        used = set(batch.frame.filter(batch.frame["excluded"].is_null())["labels"].to_list())
        reasons = batch.frame["excluded"].drop_nulls()
        excluded = excluded or (str(reasons[0]) if len(reasons) else None)
        listed += len(batch.frame) - len(reasons)
        for place in used:
            labels = batch.labels[place]
            known.update(dict.fromkeys(label.axis for label in labels))
            for axis, found in groups.items():
                found[_value(labels, axis)] = None
        if all(axis in known for axis in axes) and all(
            value in groups[axis] for axis, value in analysis.reference.items() if axis in groups
        ):
            return
    if not listed:
        return  # an empty or wholly excluded corpus has its own message
    _check_axes(axes, known, corpus, covariates)
    for axis in groups:
        _check_reference(axis, analysis.reference[axis], groups[axis])


def _check_references(analysis: Analysis, labels: Collection[tuple[Label, ...]]) -> None:
    """Refuse a reference group that no row has, usable or not."""
    for axis, value in analysis.reference.items():
        if "language" not in axis.split("+"):
            _check_reference(axis, value, dict.fromkeys(_value(each, axis) for each in labels))


def _check_reference(axis: str, value: str, groups: Iterable[str]) -> None:
    if value not in (known := list(groups)):
        raise InputError(
            f"axis {axis!r} has no group {value!r} to compare with; {did_you_mean(value, known)}"
        )


def _check_axes(axes: Iterable[str], known: Iterable[str], corpus: Corpus, covariates: list[str]) -> None:
    names = list(known)
    for axis in axes:
        if axis in names:
            continue
        columns = getattr(corpus, "unread_columns", ())
        if axis in columns:
            raise InputError(
                f"{axis!r} is a column of your table, but not mapped as a label; give --columns a YAML file with\n"
                f"labels:\n  {axis}: {{column: {axis}}}\nand a line like it for every other axis"
            )
        if axis in covariates:
            hint = did_you_mean(axis, [*names, *MEASURED])
            raise InputError(f"--adjust {axis!r}: no utterance has such a label; {hint}")
        also = f". Columns that are not mapped: {', '.join(columns)}" if columns else ""
        raise InputError(
            f"no utterance of this corpus has a label on the axis {axis!r}; {did_you_mean(axis, names)}{also}"
        )


def _value(labels: tuple[Label, ...], axis: str) -> str:
    """The group of those labels on an axis or crossing, as `add_axis` names it."""
    values = {label.axis: label.value for label in labels}
    return "+".join(values.get(part, UNKNOWN) for part in axis.split("+"))
