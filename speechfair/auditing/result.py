"""What an audit found: the content of ``audit.json``, and its published JSON Schema.

Strict models, so that a file that was edited or written by another version is refused with the field named.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from speechfair.auditing.audit_record import (
    SCHEMA,
    AdjustedRatio,
    AdjustmentModel,
    AuditRecord,
    Axis,
    CorpusRecord,
    Group,
    LanguageRecord,
    ModelRecord,
    NormalizerRecord,
    ReasonCount,
    Shrinkage,
    ShrunkenCellRecord,
    Silence,
    Totals,
    UnitRecord,
)
from speechfair.errors import InputError, RunFolderError
from speechfair.registry import did_you_mean
from speechfair.types import Estimate

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from speechfair.auditing.audit_table import AuditTable
    from speechfair.charts.figure import Figure

__all__ = [
    "SCHEMA",
    "AdjustedRatio",
    "AdjustmentModel",
    "AuditResult",
    "Axis",
    "CorpusRecord",
    "Group",
    "LanguageRecord",
    "ModelRecord",
    "NormalizerRecord",
    "ReasonCount",
    "Shrinkage",
    "ShrunkenCellRecord",
    "Silence",
    "Totals",
    "UnitRecord",
    "json_schema",
    "read_audit",
]


class AuditResult(AuditRecord):
    """One audit: one corpus, one model, one normaliser, any number of axes."""

    # Where its run folder is, if it is known. Not a field: the same audit in two places is the same.
    __slots__ = ("_folder",)

    def in_folder(self, folder: Path | None) -> AuditResult:
        """This result, which now knows where its utterances are; None forgets it."""
        object.__setattr__(self, "_folder", folder)
        return self

    def table(self) -> AuditTable:
        """The result as a table a person reads, worst group first in each axis."""
        from speechfair.auditing.audit_table import AuditTable

        return AuditTable(self)

    def __getitem__(self, axis: str) -> dict[str, Group]:
        """The groups of one axis by name: ``result["accent"]["cmn"].rate``.

        Raises
        ------
        InputError
            If the audit has no such axis; the message names those it has.
        """
        groups = {group.value: group for group in self.groups_of(axis)}
        if not groups:
            raise InputError(
                f"the audit has no axis {axis!r}; {did_you_mean(axis, [a.axis for a in self.axes])}"
            )
        return groups

    def to_polars(self) -> pl.DataFrame:
        """One row overall and one a group, worst first; rates are fractions, what is undefined is null."""
        return self.table().to_polars()

    def to_pandas(self) -> pd.DataFrame:
        """`to_polars` as a pandas frame. Needs pandas."""
        import pandas as pd

        return pd.DataFrame(self.table().rows)

    def plot(self, axis: str | None = None, kind: Literal["rates", "ratios", "kinds"] = "ratios") -> Figure:
        """One chart of one axis, which a notebook shows and ``.save("chart.pdf")`` writes.

        Parameters
        ----------
        axis : None takes the first.
        kind : error rates, ratios to the reference, or kinds of error. Speakers are dots in the chart of the rates
            where the run folder is at hand.

        Raises
        ------
        InputError
            There is no such axis, or nothing to draw on it.
        """
        from speechfair.auditing.audit_charts import plot
        from speechfair.auditing.speaker_rates import rates_by_group

        known = getattr(self, "_folder", None) is not None
        return plot(self, axis, kind, (lambda name: rates_by_group(self._scores(), name)) if known else None)

    def speakers(self, axis: str | None = None) -> pl.DataFrame:
        """One row for each group and speaker: utterances, errors, reference tokens and rate, the worst first.

        Raises
        ------
        InputError
            There is no such axis, or the result knows no run folder (`evaluate` without ``out``, a changed copy).
        """
        from speechfair.auditing.speaker_rates import speaker_table

        return speaker_table(self._scores(), axis if axis is not None else self._first_axis())

    def post_stratified(self, weights: Mapping[str, float], axis: str | None = None) -> Estimate:
        """The error rate of a population whose groups have these shares, such as those of a census.

        Parameters
        ----------
        weights : by group of the axis; they are divided by their sum, and groups without one do not count.
        axis : None takes the first.

        Raises
        ------
        InputError
            A group does not occur, a weight is negative or not finite, all are 0, a speaker is in two of the groups,
            or the result knows no run folder.
        """
        from speechfair.auditing.speaker_rates import population_rate

        return population_rate(
            self._scores(), axis if axis is not None else self._first_axis(), weights, self.level
        )

    def utterances(self) -> pl.DataFrame:
        """Every utterance with its speaker, labels, texts and errors, as scored; excluded ones with the reason.

        Raises
        ------
        InputError
            The result knows no run folder.
        """
        return self._scores()

    def _first_axis(self) -> str:
        if not self.axes:
            raise InputError("the audit has no axis; score the run with group_by")
        return self.axes[0].axis

    def _scores(self) -> pl.DataFrame:
        from speechfair.auditing.speaker_rates import read_scores

        folder: Path | None = getattr(self, "_folder", None)
        if folder is None:
            raise InputError(
                "this result knows no run folder, where its utterances are; give `out`, or read it with read_audit"
            )
        return read_scores(folder)

    def __repr__(self) -> str:
        axes = ", ".join(axis.axis for axis in self.axes) or "no axis"
        return (
            f"<AuditResult {self.model} on {self.corpus}, by {axes}: {self.totals.scored} utterances scored>"
        )

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def to_json(self) -> str:
        """The text of ``audit.json``: UTF-8, sorted as declared, two-space indent, newline at the end."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False) + "\n"


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of ``audit.json``."""
    schema = AuditResult.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def read_audit(path: Path) -> AuditResult:
    """Read ``audit.json``; a file that does not fit the schema raises `RunFolderError` naming the field."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RunFolderError(f"{path} does not exist; run `speechfair score` on the folder first") from None
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise RunFolderError(
            f"{path} is not UTF-8 (byte {error.start}); it was damaged, score again"
        ) from None
    try:
        return AuditResult.model_validate_json(text).in_folder(path.parent)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the top level"
        raise RunFolderError(f"{path}: at {where}: {first['msg']}; score the run folder again") from None
