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

from speechfair.auditing.audit_table import axis_names, metrics_of
from speechfair.auditing.findings import findings
from speechfair.messages.translation import Language, Translator
from speechfair.metrics.error_counts import rate_name, rate_title
from speechfair.reporting.alignment import align
from speechfair.reporting.axis_section import axis_section
from speechfair.reporting.bounded_texts import bounded, bounded_pieces, room_for_each
from speechfair.reporting.pages import render
from speechfair.store import write_atomically
from speechfair.types import UNKNOWN, ErrorCounts
from speechfair.wording import given_percent, worded

if TYPE_CHECKING:
    from speechfair.auditing.axis_details import AxisDetails
    from speechfair.auditing.result import AuditResult

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
    result: AuditResult,
    worst: Sequence[WorstUtterance],
    path: Path,
    *,
    embed_audio: bool,
    title: str | None = None,
    details: Mapping[str, AxisDetails] | None = None,
    language: Language = "en",
) -> Path:
    """Write the page of `result` to `path` and return it.

    Parameters
    ----------
    worst : utterances to show with their alignment, in the order of display.
    embed_audio : put the audio that `worst` brings into the page.
    title : of the page; None is the model on the corpus, or on the table that holds it.
    details : of each axis, what only the scores can tell; None leaves it out.
    language : of the page; sentences of a corpus card, a recogniser or a plug-in stay as they are.

    Raises
    ------
    StorageError : the file cannot be written; a file that was there before is intact.
    """
    details, tell = details or {}, Translator(language)
    page = render(
        "template.html.jinja",
        tell=tell,
        script="report.js",
        filters={"method": _method},
        UNKNOWN=UNKNOWN,
        r=result,
        **_words(result, tell),
        heading=_heading(result, title),
        axes=[axis_section(result, name, details.get(name), tell) for name in axis_names(result)],
        one_out={axis: one.one_out for axis, one in details.items()},
        findings=findings(result, tell.group),
        worst=[_worst(item, result, embed_audio, room_for_each(len(worst))) for item in worst],
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


def _heading(result: AuditResult, title: str | None) -> tuple[str, str]:
    """Model and corpus as the page is headed, or the title that was asked for and nothing."""
    return (title, "") if title else (result.model, result.corpus_record.title or "")


def _words(result: AuditResult, tell: Translator) -> dict[str, Any]:
    """The vocabulary of the page, which depends on what is counted."""
    return {
        "rate_name": tell(rate_title(result.tokens)),
        "short": rate_name(result.tokens),
        "tokens": tell(result.tokens if result.tokens in ("words", "characters") else "tokens"),
        "level": f"{given_percent(result.level)}",
        "minutes": worded(result.audio_seconds / 60, decimals=1) if result.audio_seconds else None,
    }


def _worst(item: WorstUtterance, result: AuditResult, embed_audio: bool, room: int) -> dict[str, Any]:
    """What the page shows of an utterance in `room` bytes; half of them are for the aligned texts."""
    source = None
    if embed_audio and item.audio is not None:
        source = f"data:{item.mime};base64,{base64.b64encode(item.audio).decode('ascii')}"
    pieces = align(item.reference_normalised, item.hypothesis_normalised, _unit(item, result))
    verbatim = {
        name: None if text is None else bounded(text, room // 6)
        for name, text in (
            ("reference", item.reference),
            ("hypothesis", item.hypothesis),
            ("rejected", item.rejected),
        )
    }
    return {
        "item": item,
        "pieces": bounded_pieces(pieces, room // 2),
        "n_pieces": len(pieces),
        **verbatim,
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
