"""What a scored run's confidences are worth, group by group, and a threshold that treats the groups alike.

Selective recognition is a guardrail outside the model: what is less sure than a threshold is not used, but asked
again or passed to a person. One threshold for all leaves groups with unequal error among what is accepted; here each
group gets the threshold at which that error is the same, and what it pays for it in rejected words is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair import __version__
from speechfair.auditing.result import CorpusRecord, ModelRecord
from speechfair.comparing.matching import read_scored
from speechfair.errors import InputError
from speechfair.records import Record
from speechfair.result_table import Column, Table
from speechfair.running.scoring import add_axis
from speechfair.running.transcription import read_hypotheses
from speechfair.store import RunFolder
from speechfair.types import Estimate
from speechfair.wording import count, percent

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

__all__ = ["ConfidenceReport", "CurvePoint", "GroupConfidence", "ReliabilityBin", "Selection", "confidence"]

CURVE = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5)
"""Shares of the words at which the rejection curve is drawn."""


class CurvePoint(Record):
    """Error rate among the most confident utterances that hold `coverage` of the words."""

    coverage: float
    threshold: float | None
    error_rate: Estimate | None


class ReliabilityBin(Record):
    """See `speechfair.metrics.calibration.Bin`."""

    low: float
    high: float
    words: int
    confidence: float
    accuracy: float


class Selection(Record):
    """A threshold, the share of words it accepts, and the error among them."""

    threshold: float
    coverage: Estimate
    error_rate: Estimate


class GroupConfidence(Record):
    """One group of speakers.

    Parameters
    ----------
    n_without : utterances without a confidence (failed ones): never accepted, and in no calibration.
    overconfidence : claimed less right, as a share of words.
    usual : what the one threshold that is chosen on all speakers together lets through of this group.
    common : the same of the one threshold at which no group exceeds the target.
    own : what the group's own threshold lets through, on speakers it was not chosen on; None where it cannot be found.
    """

    axis: str
    value: str
    n_utterances: int
    n_without: int
    error_rate: Estimate
    overconfidence: Estimate
    calibration_error: Estimate
    reliability: list[ReliabilityBin]
    curve: list[CurvePoint]
    usual: Selection | None
    common: Selection | None
    own: Selection | None


class ConfidenceReport(Record):
    """What confidences are worth.

    Parameters
    ----------
    audit_sha256 : of the ``audit.json`` of the run.
    tokens : what is counted, words or characters.
    target_error : error rate that is wanted among what is accepted.
    usual_threshold : least threshold at which all speakers together do not exceed the target: what is used where
        nobody looks at groups.
    common_threshold : least one threshold at which no group exceeds the target (in this sample); None where
        some group has none.
    """

    speechfair: str
    model: str
    corpus: str
    model_record: ModelRecord
    corpus_record: CorpusRecord
    audit_sha256: str
    tokens: str
    level: float
    seed: int
    target_error: float
    usual_threshold: float | None
    common_threshold: float | None
    overall: GroupConfidence
    groups: list[GroupConfidence]
    notes: list[str]

    def to_json(self) -> str:
        """Indented JSON with a final newline."""
        return self.model_dump_json(indent=2) + "\n"

    def table(self) -> Table:
        """One row per group, all speakers together first."""
        wanted = percent(self.target_error, sign=True)
        columns = (
            Column("group", "group"),
            Column("n_utterances", "utterances", "count", 3),
            Column("error_rate", "errors, %", "percent"),
            Column("overconfidence", "overconfidence in points", "points", 2),
            Column("threshold", "own threshold", "number"),
            Column("coverage", "accepted, %", "percent"),
            Column("accepted_error", "errors among accepted, %", "percent", 1),
        )
        rows = tuple(
            (
                "all" if group.axis == "overall" else f"{group.axis}={group.value}",
                group.n_utterances,
                group.error_rate,
                group.overconfidence,
                *(
                    (group.own.threshold, group.own.coverage, group.own.error_rate)
                    if group.own is not None
                    else ("none found", None, None)
                ),
            )
            for group in [self.overall, *self.groups]
        )
        title = f"{self.model} on {self.corpus}; wanted among what is accepted: {wanted} errors"
        return Table(title, columns, rows, tuple(self.notes))


def confidence(
    run: str | Path,
    *,
    group_by: Sequence[str] | None = None,
    target_error: float | None = None,
    coverage: float = 0.8,
    level: float = 0.95,
    seed: int = 0,
) -> ConfidenceReport:
    """Calibration, rejection curves and thresholds of a scored run, per group.

    Parameters
    ----------
    run : scored run folder.
    group_by : label axes; default those of the audit.
    target_error : error rate wanted among what is accepted; default that of the most confident utterances that hold
        `coverage` of all words.
    level, seed : coverage of the intervals; seed of bootstrap and folds.

    Raises
    ------
    RunFolderError
        The folder has not been scored.
    InputError
        The model gives no confidences, or a value is not usable.
    """
    import numpy as np
    import polars as pl

    from speechfair.metrics import pooled_rate, speaker_sums
    from speechfair.metrics.calibration import coverages, require_target, threshold_for

    scored = read_scored(run)
    model, analysis = scored.recipe.settled()
    found = read_hypotheses(RunFolder(run), model.key).select("utterance_id", "confidence")
    table = scored.scores.filter(pl.col("excluded").is_null()).join(found, on="utterance_id", how="left")
    if table["confidence"].null_count() == table.height:
        raise InputError(
            f"{run}: the model {model.name} gave no confidences, or they were made by an older "
            "version; models that give them are faster-whisper (bundled), ctc and seq2seq"
        )
    if not 0.0 < coverage <= 1.0:
        raise InputError(f"coverage={coverage!r} is not usable: give a share of the words, such as 0.8")
    if target_error is None:
        (reached,) = coverages(table, [coverage])
        kept = table.filter(pl.col("confidence") >= (reached or 0.0))
        target_error = pooled_rate(speaker_sums(kept), level).value or 0.0
    if target_error:
        require_target(target_error)
    axes = list(group_by) if group_by else list(analysis.group_by)
    parts = [
        (axis, str(value), part)
        for axis in axes
        for (value,), part in sorted(add_axis(table, axis).partition_by("group", as_dict=True).items())
    ]
    thresholds = [threshold_for(part, target_error) for _, _, part in parts]
    usable = [value for value in thresholds if value is not None]
    common = max(usable) if parts and len(usable) == len(parts) else None
    usual = threshold_for(table, target_error)
    rng = np.random.default_rng(seed)
    return ConfidenceReport(
        speechfair=__version__,
        model=model.name,
        corpus=scored.recipe.corpus.name,
        model_record=scored.result.model_record,
        corpus_record=scored.result.corpus_record,
        audit_sha256=scored.audit_sha256,
        tokens=scored.result.tokens,
        level=level,
        seed=seed,
        target_error=target_error,
        usual_threshold=usual,
        common_threshold=common,
        overall=_group("overall", "all", table, target_error, (usual, common), rng, level),
        groups=[
            _group(axis, value, part, target_error, (usual, common), rng, level)
            for axis, value, part in parts
        ],
        notes=_notes(table, parts, thresholds, common),
    )


def _group(
    axis: str,
    value: str,
    table: pl.DataFrame,
    target: float,
    thresholds: tuple[float | None, float | None],
    rng: np.random.Generator,
    level: float,
) -> GroupConfidence:
    """`thresholds` are those for all groups: the usual one and the common one."""
    from dataclasses import asdict

    from speechfair.metrics import calibration as measures
    from speechfair.metrics import pooled_rate, speaker_sums

    usual, common = (
        None if one is None else _selection(measures.accepted(table, one, level=level)) for one in thresholds
    )
    return GroupConfidence(
        axis=axis,
        value=value,
        n_utterances=table.height,
        n_without=table["confidence"].null_count(),
        error_rate=pooled_rate(speaker_sums(table), level),
        overconfidence=measures.overconfidence(table, level=level),
        calibration_error=measures.calibration_error(table, level=level),
        reliability=[ReliabilityBin(**asdict(one)) for one in measures.reliability(table)],
        curve=_curve(table, level),
        usual=usual,
        common=common,
        own=_selection(measures.held_out(table, target, rng=rng, level=level)),
    )


def _curve(table: pl.DataFrame, level: float) -> list[CurvePoint]:
    import polars as pl

    from speechfair.metrics import pooled_rate, speaker_sums
    from speechfair.metrics.calibration import coverages

    points = []
    for share, threshold in zip(CURVE, coverages(table, CURVE), strict=True):
        rate = None
        if threshold is not None:
            kept = table.filter(pl.col("confidence") >= threshold)
            rate = pooled_rate(speaker_sums(kept), level)
        points.append(CurvePoint(coverage=share, threshold=threshold, error_rate=rate))
    return points


def _selection(found: Any) -> Selection | None:
    if found is None:
        return None
    return Selection(
        threshold=found.threshold,
        coverage=found.coverage,
        error_rate=found.error_rate,
    )


def _notes(
    table: pl.DataFrame,
    parts: Sequence[tuple[str, str, pl.DataFrame]],
    thresholds: Sequence[float | None],
    common: float | None,
) -> list[str]:
    notes = ["errors among accepted: on speakers that the threshold was not chosen on"]
    if without := table["confidence"].null_count():
        notes.append(f"{count(without, 'utterance')} without a confidence (failed, say): never accepted")
    none = [
        f"{axis}={value}" for (axis, value, _), found in zip(parts, thresholds, strict=True) if found is None
    ]
    if none:
        notes.append(f"no threshold brings the error down to the target in {', '.join(none)}")
    elif common is not None:
        notes.append(f"one threshold for all at which no group exceeds the target here: {common:.3f}")
    return notes
