"""`speechfair probe …` as functions: each probes a model, and writes its page into the run folder if there is one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from speechfair.messages.translation import Language
from speechfair.probes.grounding import probe_grounding as _grounding
from speechfair.probes.questions import probe_questions as _questions
from speechfair.probes.response import probe_response as _response
from speechfair.probes.strength import probe_strength as _strength
from speechfair.probes.visible_gap import Variation, VisibleGap, visible_gap
from speechfair.records import Record
from speechfair.running.run_record import read_record, reseal
from speechfair.store import RunFolder

__all__ = [
    "probe_grounding",
    "probe_page",
    "probe_plan",
    "probe_questions",
    "probe_response",
    "probe_strength",
]

P = ParamSpec("P")
R = TypeVar("R", bound=Record)


def _with_page(probe: Callable[P, R]) -> Callable[P, R]:
    """`probe`, which then writes its page into `out`."""

    @wraps(probe)
    def probed(*args: P.args, **kwargs: P.kwargs) -> R:
        result = probe(*args, **kwargs)
        out = kwargs.get("out")
        if isinstance(out, (str, Path)):
            probe_page(result, out)
        return result

    return probed


def _seal_page(run: RunFolder, name: str, write: Callable[[Path], Path]) -> None:
    """Write a page into a run folder and record its digest with those of the other files."""
    with tempfile.TemporaryDirectory(prefix="speechfair-") as folder, run.locked():
        data = write(Path(folder) / name).read_bytes()
        run.write_file(name, data)
        reseal(run, read_record(run))


probe_grounding = _with_page(_grounding.probe_grounding)
probe_questions = _with_page(_questions.probe_questions)
probe_strength = _with_page(_strength.probe_strength)
probe_response = _with_page(_response.probe_response)


def probe_page(result: Record, out: str | Path, language: Language = "en") -> Path:
    """Write the page of a probe's result into its run folder, in English or Japanese (``ja``); it replaces the old one.

    Parameters
    ----------
    result : of `probe_grounding`, `probe_questions`, `probe_strength` or `probe_response`.
    """
    from speechfair.reporting import probe_html

    kind = str(result.model_dump(by_alias=True)["schema"]).split("/")[1].removeprefix("probe-")
    write = getattr(probe_html, f"write_{kind}")
    _seal_page(RunFolder(out), f"{kind}.html", lambda path: write(result, path, language))
    return Path(out) / f"{kind}.html"


def probe_plan(
    voices: Sequence[int] = (8, 12),
    items: Sequence[int] = (8, 12, 24, 48),
    *,
    questions: float = 2.0,
    comparisons: int = 8,
    power: float = 0.8,
    level: float = 0.95,
    share: float = 0.85,
    voice_sd: float = 0.05,
    item_sd: float = 0.10,
) -> list[VisibleGap]:
    """The smallest gap between two groups that a probe of each size shows.

    Parameters
    ----------
    voices, items : sizes, in each group; every voice says every item.
    questions : about each item, at one level; the grounding probe asks two.
    comparisons : groups times levels that are tested.
    power, level : wanted probability of showing the gap; coverage of the intervals.
    share, voice_sd, item_sd : assumptions, see `speechfair.probes.visible_gap.Variation`.
    """
    variation = Variation(share, voice_sd, item_sd)
    options = {"comparisons": comparisons, "power": power, "level": level, "variation": variation}
    return [
        VisibleGap(v, i, questions, visible_gap(v, i, questions, **options))  # type: ignore[arg-type]
        for v in voices
        for i in items
    ]
