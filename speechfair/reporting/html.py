"""The page of an audit: one HTML file that needs no network, no font and no script to be read.

It words and draws what the `AuditResult` holds and computes no statistic. A content policy in the page forbids every
connection and every script and style but its own two, which it names by their digests.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.auditing.audit_table import axis_names, metrics_of, worst_first
from speechfair.auditing.findings import findings
from speechfair.metrics.error_counts import rate_name, rate_title
from speechfair.reporting.alignment import align
from speechfair.reporting.pages import render
from speechfair.store import write_atomically
from speechfair.types import UNKNOWN, ErrorCounts
from speechfair.wording import (
    NOTHING,
    Unit,
    given_percent,
    interval,
    p_value,
    percent,
    printable,
    times,
    worded,
)

if TYPE_CHECKING:
    from speechfair.auditing.result import AuditResult, Axis
    from speechfair.types import Estimate

__all__ = ["WorstUtterance", "write_report"]


METHODS = {
    "jackknife-log-t": "leave one speaker out at a time, on the logarithm of the rate, with t quantiles",
    "jackknife-log-t-ratio": "leave one speaker out at a time, on the logarithm of the ratio, with t quantiles",
    "mover-jackknife-log-t": "the two rates' intervals (leave one speaker out), combined into one of their difference",
    "max-t-pairs-inverted-gap": "lower limit: all pairs of groups at once, so that choosing the largest gap afterwards "
    "is allowed for; upper limit: the largest true gap that would not make the observed one improbably small",
    "jackknife-log-t-max-t-pairs": "all pairs of groups at once, leave one speaker out, so that choosing the largest "
    "gap afterwards is allowed for",
    "speaker-bootstrap-max-t-pairs": "all pairs of groups at once, speakers drawn again with replacement",
    "speaker-bootstrap-expanded-percentile": "speakers drawn again with replacement, widened for few speakers",
    "speaker-bootstrap-bias-corrected-percentile": "speakers drawn again with replacement, corrected for bias",
    "exact-poisson-one-cluster": "exact Poisson limits, as if all errors came from one speaker",
    "none": "no interval",
}
"""What each method does, in plain words; a name that is not here is shown as it is."""


@dataclass(frozen=True, slots=True)
class WorstUtterance:
    """An utterance with many errors, as the page shows it.

    Parameters
    ----------
    labels : value by axis.
    reference, hypothesis : verbatim; `hypothesis` is None where recognition failed, and `error` then says why.
    rejected : verbatim text of a first decode that was thrown away as a runaway, or None.
    reference_normalised, hypothesis_normalised : what was compared.
    counts : errors as counted by the audit.
    audio : encoded audio (WAV, FLAC) to put into the page, or None.
    mime : media type of `audio`.
    duration_s : length in seconds, or None where it is not known.
    """

    utterance_id: str
    speaker: str | None
    labels: Mapping[str, str]
    reference: str
    hypothesis: str | None
    error: str | None
    rejected: str | None
    reference_normalised: str
    hypothesis_normalised: str
    counts: ErrorCounts
    audio: bytes | None = None
    mime: str = "audio/flac"
    duration_s: float | None = None


def write_report(
    result: AuditResult, worst: Sequence[WorstUtterance], path: Path, *, embed_audio: bool
) -> Path:
    """Write the page of `result` to `path` and return it.

    Parameters
    ----------
    worst : utterances to show with their alignment, in the order of display.
    embed_audio : put the audio that `worst` brings into the page.

    Raises
    ------
    StorageError : the file cannot be written; a file that was there before is intact.
    """
    page = render(
        "template.html.jinja",
        script="report.js",
        filters={"method": _method, "number": _number},
        UNKNOWN=UNKNOWN,
        r=result,
        **_words(result),
        axes=[_axis(result, name) for name in axis_names(result)],
        findings=findings(result),
        worst=[_worst(item, result, embed_audio) for item in worst],
        worst_labels=_worst_labels(worst),
        has_audio=embed_audio and any(item.audio for item in worst),
        metrics=metrics_of(result),
        methods=_methods(result),
        options=json.dumps(result.model_record.options, indent=2, ensure_ascii=False, sort_keys=True),
        corpus_options=json.dumps(result.corpus_record.options, indent=2, ensure_ascii=False, sort_keys=True),
    )
    write_atomically(path, page)
    return path


def _method(name: str) -> str:
    return METHODS.get(name, name)


def _number(value: float) -> str:
    return f"{value:,}".replace(",", "\u202f")


def _rate_name(result: AuditResult) -> str:
    return rate_title(result.tokens)


def _words(result: AuditResult) -> dict[str, Any]:
    """The vocabulary of the page, which depends on what is counted."""
    return {
        "rate_name": _rate_name(result),
        "short": rate_name(result.tokens),
        "token": {"words": "word", "characters": "character"}.get(result.tokens, "token"),
        "level": f"{given_percent(result.level)}",
        "minutes": f"{result.audio_seconds / 60:.1f}",
    }


def _axis(result: AuditResult, name: str) -> dict[str, Any]:
    from markupsafe import Markup

    from speechfair.reporting.figures import composition_chart, rate_chart, ratio_chart

    groups = worst_first(result, name)
    summary = next((a for a in result.axes if a.axis == name), None)
    rate = _rate_name(result)
    # The charts come out of the SVG renderer, which escapes every label itself.
    charts = [draw(groups, rate) for draw in (rate_chart, ratio_chart, composition_chart)] if groups else []
    return {
        "name": name,
        "groups": groups,
        "summary": summary,
        "charts": [Markup(chart) if chart else None for chart in charts or [None] * 3],
        "gap": _gap(summary) if summary else [],
        "together": any(group.ratio_simultaneous is not None for group in groups),
        "kinds": [(group.value, _kinds(group.kind_ratios)) for group in groups if group.kind_ratios],
        "redone": any(group.n_redone or group.n_runaway for group in groups),
        "sources": sorted({source for group in groups for source in group.sources}),
    }


def _kinds(ratios: Mapping[str, Estimate]) -> list[str]:
    """Ratio and interval of each kind of error, in the order of the columns."""
    wanted = (ratios[kind] for kind in ("substitutions", "deletions", "insertions"))
    return [f"{times(ratio.value)} {interval(ratio, 'ratio') or ''}".strip() for ratio in wanted]


def _gap(axis: Axis) -> list[tuple[str, str, str]]:
    """(what, value, remark) of the figures that hold for all groups of an axis together."""
    found = []
    kinds: list[tuple[str, Estimate, Unit, str]] = [
        ("Gap, largest minus smallest rate", axis.gap, "percent", " points"),
        ("Worst rate over best rate", axis.worst_best_ratio, "ratio", "×"),
        ("Spread between groups (standard deviation)", axis.between_group_sd, "percent", " points"),
    ]
    for what, estimate, unit, after in kinds:
        limits = interval(estimate, unit)
        if estimate.value is None:
            found.append((what, NOTHING, printable(estimate.reason or "")))
        else:
            value = f"{worded(estimate.value, unit)}{after} {limits or ''}".strip()
            found.append((what, value, "" if limits else printable(estimate.reason or "")))
    if axis.gap_expected_without_difference is not None:
        chance = f"{percent(axis.gap_expected_without_difference)} points"
        remark = (
            f"{p_value(axis.gap_p_value)} for a gap as large as this one"
            if axis.gap_p_value is not None
            else ""
        )
        found.append(("Gap to expect by chance alone", chance, remark))
    elif axis.gap_null_reason:
        found.append(("Gap to expect by chance alone", NOTHING, printable(axis.gap_null_reason)))
    return found


def _worst(item: WorstUtterance, result: AuditResult, embed_audio: bool) -> dict[str, Any]:
    source = None
    if embed_audio and item.audio is not None:
        source = f"data:{item.mime};base64,{base64.b64encode(item.audio).decode('ascii')}"
    return {
        "item": item,
        "pieces": align(item.reference_normalised, item.hypothesis_normalised, _unit(item, result)),
        "audio": source,
        "keys": json.dumps([[axis, value] for axis, value in item.labels.items()]),
    }


def _unit(item: WorstUtterance, result: AuditResult) -> str:
    """The unit in which an utterance was counted; where the run has several, that of its language."""
    if result.tokens != "several":
        return result.tokens
    units = {one.language: one.tokens for one in result.languages or ()}
    return units.get(item.labels.get("language", ""), "words")


def _worst_labels(worst: Sequence[WorstUtterance]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for item in worst:
        for axis, value in item.labels.items():
            found.setdefault(axis, set()).add(value)
    return {axis: sorted(values) for axis, values in sorted(found.items())}


def _methods(result: AuditResult) -> list[tuple[str, str]]:
    """Which method made the intervals of what, each named once, as the result records it."""
    found: dict[tuple[str, str], None] = {}
    for group in [result.overall, *result.groups]:
        for what, estimate in (
            ("rates", group.rate),
            ("ratios", group.ratio),
            ("differences", group.difference),
        ):
            if estimate is not None and estimate.low is not None:
                found[what, estimate.method] = None
    for axis in result.axes:
        for what, estimate in (("gaps", axis.gap), ("worst over best", axis.worst_best_ratio)):
            if estimate.low is not None:
                found[what, estimate.method] = None
    order = ["rates", "ratios", "differences", "gaps", "worst over best"]
    return sorted(found, key=lambda pair: order.index(pair[0]))
