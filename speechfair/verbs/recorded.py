"""What a verb does besides its work: the page of the run, and the entries in the ledger of a process folder."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from speechfair.process.journal import noted

__all__ = ["recorded"]

P = ParamSpec("P")
R = TypeVar("R")


def recorded(
    function: Callable[P, R], folder: str, *, verb: str | None = None, page: bool = False
) -> Callable[P, R]:
    """`function`, with what belongs to its run folder.

    Parameters
    ----------
    folder : name of the parameter that is the run folder; if it is None in a call, nothing is added.
    verb : the ledger of the process folder notes that this verb begins and how it ends; None notes nothing.
    page : also write ``report.html`` into the run folder.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def done(*args: P.args, **kwargs: P.kwargs) -> R:
        run = signature.bind(*args, **kwargs).arguments.get(folder)
        if run is None:
            return function(*args, **kwargs)
        if verb is None:
            return _with_page(function(*args, **kwargs), run, page)
        with noted(verb, Path(run)):
            return _with_page(function(*args, **kwargs), run, page)

    return done


def _with_page(result: R, run: str | Path, page: bool) -> R:
    if page:
        from speechfair.reporting.from_run import report

        report(run)
    return result
