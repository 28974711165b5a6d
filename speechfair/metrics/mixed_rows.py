"""Which utterances, groups and texts an adjusted comparison can rest on, and why the others cannot be used.

Counts what is left out. The design matrix is made in `design_matrix`, the model in `mixed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError
from speechfair.metrics.error_counts import errors_of
from speechfair.metrics.rates import MIN_SPEAKERS
from speechfair.types import UNKNOWN

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ERRORS", "Question", "Rows", "apart", "modelled_rows", "refusal", "with_errors"]

ERRORS = "_errors"
"""Column of all errors of an utterance, added by `with_errors`."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared, and what for: the arguments of `speechfair.metrics.adjusted_ratios`."""

    group: str
    reference: str
    covariates: tuple[str, ...]
    text: str | None
    level: float

    def __post_init__(self) -> None:
        names = [self.group, *self.covariates, *([self.text] if self.text else [])]
        if len(set(names)) < len(names) or "speaker" in names:
            raise InputError(
                f"group, covariates and text must be different columns, and not 'speaker'; got {names}"
            )

    def formula(self, crossed: bool = False) -> str:
        """The model in lme4's notation; `crossed` where speakers occur in several groups."""
        random = ["(1 | speaker)", *([f"(1 | {self.text})"] if self.text else [])]
        if crossed:
            random.append(f"(1 | speaker:{self.group})")
        return (
            f"errors ~ {' + '.join([self.group, *self.covariates, *random])} + offset(log(reference_length))"
        )

    @property
    def columns(self) -> list[str]:
        """Columns of the table besides the counts."""
        return ["speaker", self.group, *self.covariates, *([self.text] if self.text else [])]


@dataclass(frozen=True, eq=False)
class Rows:
    """Utterances that can be modelled.

    Parameters
    ----------
    table : those utterances.
    left_out : by group that cannot be modelled, the reason.
    notes : what is left out, with counts.
    crossed : whether some speaker occurs in several groups.
    """

    table: pl.DataFrame
    left_out: Mapping[str, str]
    notes: tuple[str, ...]
    crossed: bool = False


def with_errors(table: pl.DataFrame, question: Question) -> pl.DataFrame:
    """The table with group and speaker as text, missing groups as ``unknown``, and the column `ERRORS`.

    Raises
    ------
    InputError
        If a column is missing or no row is of the reference.
    """
    import polars as pl

    if missing := [name for name in question.columns if name not in table.columns]:
        raise InputError(f"the scores lack the columns {missing}; they have {table.columns}")
    table = table.with_columns(
        pl.col(question.group).cast(pl.String).fill_null(UNKNOWN),
        pl.col("speaker").cast(pl.String),
        errors_of(table).cast(pl.Float64).alias(ERRORS),
    )
    values = sorted(table[question.group].unique().to_list())
    if question.reference not in values:
        raise InputError(f"no row has {question.group} = {question.reference!r}; the table has {values}")
    return table


def modelled_rows(table: pl.DataFrame, question: Question) -> Rows:
    """Leave out utterances without reference words, and groups that cannot be compared with the reference.

    A group is left out with its reason if it has too few speakers or no errors, or if nothing in it meets the
    reference: no value of a covariate, no text. The rows come in an order that does not depend on the table's, so
    that the fit gives the same digits whatever the order of the rows.
    """
    import polars as pl

    notes = []
    kept = table.filter(pl.col("reference_length") > 0)
    if silent := table.height - kept.height:
        notes.append(f"{silent} utterances without reference words have no rate and are not in the model")
    facts = kept.group_by(pl.col(question.group).alias("group")).agg(
        pl.col("speaker").n_unique().alias("speakers"),
        pl.col(ERRORS).sum().alias("errors"),
        pl.len().alias("rows"),
    )
    found = {row["group"]: row for row in facts.iter_rows(named=True)}
    left_out: dict[str, str] = {}
    for name in sorted(table[question.group].unique().to_list()):
        reason = _unusable(found.get(name))
        if reason is None and name != question.reference:
            reason = apart(kept, question, name)
        if reason:
            left_out[name] = reason
            if name != question.reference and name in found:
                notes.append(f"{found[name]['rows']} utterances of {name} are not in the model: {reason}")
    others = [name for name in left_out if name != question.reference]
    kept = kept.filter(~pl.col(question.group).is_in(others))
    groups = (
        kept.drop_nulls("speaker").group_by("speaker").agg(pl.col(question.group).n_unique().alias("groups"))
    )
    shared = int((groups["groups"] > 1).sum())
    if shared:
        notes.append(
            f"{shared} speakers occur in several groups: a random effect per speaker and group lets the group "
            "matter more for some speakers than for others"
        )
    kept = kept.sort(*question.columns, ERRORS, "reference_length")
    return Rows(kept, left_out, tuple(notes), bool(shared))


def refusal(rows: Rows, question: Question) -> str | None:
    """Why no model may be fitted to these rows, or None."""
    table = rows.table
    if missing := table["speaker"].null_count():
        return (
            f"{missing} of {table.height} utterances have no speaker id: no adjusted ratio, "
            "since utterances of one speaker are not independent"
        )
    if question.reference in rows.left_out:
        return f"reference {question.reference}: {rows.left_out[question.reference]}"
    if table[question.group].n_unique() < 2:
        reasons = set(rows.left_out.values())
        return reasons.pop() if len(reasons) == 1 else "no group besides the reference can be modelled"
    return _levels_without_errors(table, question) or _texts_unshared(table, question)


def apart(table: pl.DataFrame, question: Question, name: str) -> str | None:
    """Why the group `name` has nothing to be compared with the reference at, or None.

    A numeric covariate needs ranges that meet, a categorical one a value that occurs in both groups, and a text
    effect a text that is read in both. Otherwise the model would compare by extrapolation alone.
    """
    import polars as pl

    ours, theirs = (table.filter(pl.col(question.group) == value) for value in (name, question.reference))
    for covariate in question.covariates:
        check = _ranges_apart if table[covariate].dtype.is_numeric() else _values_apart
        if told := check(ours[covariate], theirs[covariate], name, question.reference):
            return f"{question.group} and {covariate} cannot be separated: {told}"
    if question.text is None:
        return None
    texts = ours[question.text].drop_nulls().unique()
    if texts.is_in(theirs[question.text].drop_nulls().unique().to_list()).any():
        return None
    return (
        f"{question.group} and {question.text} cannot be separated: {name} and {question.reference} share "
        "no text, so no adjustment can tell the speech from the text"
    )


def _ranges_apart(ours: pl.Series, theirs: pl.Series, name: str, reference: str) -> str | None:
    import polars as pl

    spans = []
    for values, who in ((ours, name), (theirs, reference)):
        numbers = values.cast(pl.Float64)
        known = numbers.filter(numbers.is_finite())
        if known.is_empty():
            return f"it is missing for all of {who}"
        spans.append((float(known.min()), float(known.max())))  # type: ignore[arg-type]
    (least, most), (low, high) = spans
    if least <= high and most >= low:
        return None
    return (
        f"it lies in [{least:g}, {most:g}] for {name} and in [{low:g}, {high:g}] for {reference}, "
        "which do not meet"
    )


def _values_apart(ours: pl.Series, theirs: pl.Series, name: str, reference: str) -> str | None:
    values = [set(_as_text(column).to_list()) for column in (ours, theirs)]
    if values[0] & values[1]:
        return None
    told = [", ".join(sorted(group)[:5]) for group in values]
    return (
        f"it is {told[0]} for {name} and {told[1]} for {reference}, with no value in common; "
        "no adjustment can tell which of the two makes the difference"
    )


def _as_text(column: pl.Series) -> pl.Series:
    import polars as pl

    return column.cast(pl.String).fill_null(UNKNOWN)


def _unusable(facts: Mapping[str, Any] | None) -> str | None:
    if facts is None:
        return "no utterance with reference words: no rate"
    if facts["speakers"] < MIN_SPEAKERS:
        return f"fewer than {MIN_SPEAKERS} speakers ({facts['speakers']}): no adjusted ratio"
    return None if facts["errors"] else "no errors: the log ratio has no estimate"


def _levels_without_errors(table: pl.DataFrame, question: Question) -> str | None:
    import polars as pl

    for name in question.covariates:
        if table[name].dtype.is_numeric():
            continue
        level = pl.col(name).cast(pl.String).fill_null(UNKNOWN)
        sums = table.group_by(level.alias("level")).agg(pl.col(ERRORS).sum())
        bare = sorted(sums.filter(pl.col(ERRORS) == 0)["level"].to_list())
        if bare:
            return f"{name} has no errors where it is {', '.join(bare)}, so its effect has no estimate: merge levels"
    return None


def _texts_unshared(table: pl.DataFrame, question: Question) -> str | None:
    import polars as pl

    if question.text is None:
        return None
    if missing := table[question.text].null_count():
        return f"{question.text} is missing in {missing} of {table.height} utterances: no text effect can be fitted"
    readers = table.group_by(question.text).agg(pl.col("speaker").n_unique().alias("readers"))["readers"]
    if not (readers > 1).any():
        return f"no {question.text} is read by more than one speaker: text and speaker cannot be separated"
    return None
