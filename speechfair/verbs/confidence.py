"""`confidence` as people call it: with the JSON file and the page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.exploring import confidence as exploring
from speechfair.verbs.written import outside_run_folders, write_result

if TYPE_CHECKING:
    from speechfair.exploring.confidence import ConfidenceReport
    from speechfair.messages.translation import Language

__all__ = ["confidence"]


def confidence(
    run: str | Path,
    *,
    group_by: Sequence[str] | None = None,
    target_error: float | None = None,
    coverage: float = 0.8,
    level: float = 0.95,
    seed: int = 0,
    out: str | Path | None = None,
    html: str | Path | None = None,
    language: Language = "en",
) -> ConfidenceReport:
    """Calibration, rejection curves and thresholds of a scored run, per group.

    Parameters
    ----------
    run, group_by, target_error, coverage, level, seed : see `speechfair.exploring.confidence.confidence`.
    out : JSON file to write the report to.
    html : file to write the page to.
    language : of the page.

    Raises
    ------
    RunFolderError : the folder has not been scored.
    InputError : the model gives no confidences, a value is not usable, or a file would be written into a run folder.
    """
    from speechfair.reporting.confidence_html import write_confidence

    outside_run_folders(out, html)
    found = exploring.confidence(
        run, group_by=group_by, target_error=target_error, coverage=coverage, level=level, seed=seed
    )
    return write_result(found, out, html, partial(write_confidence, language=language))
