"""`speechfair probe …` as functions: each probes a model, and writes its page into the run folder if there is one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from speechfair.probes.grounding import probe_grounding as _grounding
from speechfair.probes.response import probe_response as _response
from speechfair.probes.strength import probe_strength as _strength
from speechfair.running.run_record import read_record, reseal
from speechfair.store import RunFolder

__all__ = ["probe_grounding", "probe_response", "probe_strength"]

P = ParamSpec("P")
R = TypeVar("R")


def _with_page(
    probe: Callable[P, R], page: str, writer: Callable[[], Callable[[R, Path], Path]]
) -> Callable[P, R]:
    """`probe`, which then writes ``out/page``; `writer` imports the function that does."""

    @wraps(probe)
    def probed(*args: P.args, **kwargs: P.kwargs) -> R:
        result = probe(*args, **kwargs)
        out = kwargs.get("out")
        if isinstance(out, (str, Path)):
            _seal_page(RunFolder(out), page, lambda path: writer()(result, path))
        return result

    return probed


def _seal_page(run: RunFolder, name: str, write: Callable[[Path], Path]) -> None:
    """Write a page into a run folder and record its digest with those of the other files."""
    with tempfile.TemporaryDirectory(prefix="speechfair-") as folder, run.locked():
        data = write(Path(folder) / name).read_bytes()
        run.write_file(name, data)
        reseal(run, read_record(run))


def _write_grounding() -> Callable[..., Path]:
    from speechfair.reporting.probe_html import write_grounding

    return write_grounding


def _write_strength() -> Callable[..., Path]:
    from speechfair.reporting.probe_html import write_strength

    return write_strength


def _write_response() -> Callable[..., Path]:
    from speechfair.reporting.probe_html import write_response

    return write_response


probe_grounding = _with_page(_grounding.probe_grounding, "grounding.html", _write_grounding)
probe_strength = _with_page(_strength.probe_strength, "strength.html", _write_strength)
probe_response = _with_page(_response.probe_response, "response.html", _write_response)
