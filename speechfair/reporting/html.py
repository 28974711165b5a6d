"""The report: one self-contained HTML page without any reference to the network.

It shows what `audit.json` holds; it computes no estimate of its own.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.auditing.table import percent, times
from speechfair.reporting.figures import rate_chart
from speechfair.reporting.sentences import findings
from speechfair.store import write_atomically
from speechfair.types import ErrorCounts

if TYPE_CHECKING:
    from speechfair.auditing.result import AuditResult

__all__ = ["WorstUtterance", "write_report"]


@dataclass(frozen=True, slots=True)
class WorstUtterance:
    """An utterance to show: texts verbatim and normalised, counts, and audio as encoded bytes or None."""

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
    audio: bytes | None
    mime: str
    duration_s: float | None


def write_report(
    result: AuditResult, worst: Sequence[WorstUtterance], path: Path, *, embed_audio: bool
) -> Path:
    """Write the page and return `path`."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    environment.filters["times"] = times
    page = environment.get_template("template.html.jinja").render(
        result=result,
        unit="WER" if result.tokens == "words" else "CER",
        axes=[_axis(result, axis.axis) for axis in result.axes],
        worst=[_shown(item, embed_audio) for item in worst],
    )
    write_atomically(path, page.encode())
    return path


def _axis(result: AuditResult, name: str) -> dict[str, Any]:
    return {
        "record": next(axis for axis in result.axes if axis.axis == name),
        "groups": result.groups_of(name),
        "findings": findings(result, name),
        "chart": rate_chart(result, name),
    }


def _shown(item: WorstUtterance, embed_audio: bool) -> dict[str, Any]:
    source = None
    if embed_audio and item.audio is not None:
        source = f"data:{item.mime};base64,{base64.b64encode(item.audio).decode()}"
    return {"item": item, "audio": source, "words": _alignment(item)}


def _alignment(item: WorstUtterance) -> list[tuple[str, str, str]]:
    """(kind, reference words, hypothesis words) per aligned chunk, as jiwer aligns them."""
    import jiwer

    if item.error is not None or not item.reference_normalised:
        return []
    if not item.hypothesis_normalised:
        return [("delete", item.reference_normalised, "")]
    output = jiwer.process_words(item.reference_normalised, item.hypothesis_normalised)
    reference, hypothesis = output.references[0], output.hypotheses[0]
    return [
        (
            chunk.type,
            " ".join(reference[chunk.ref_start_idx : chunk.ref_end_idx]),
            " ".join(hypothesis[chunk.hyp_start_idx : chunk.hyp_end_idx]),
        )
        for chunk in output.alignments[0]
    ]
