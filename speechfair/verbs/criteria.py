"""`speechfair criteria …` as functions: read, check and freeze acceptance criteria."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from speechfair.gating.criteria import CriteriaFile
    from speechfair.gating.fitting import Fit
    from speechfair.gating.freezing import Freeze, Standing

__all__ = ["criteria_check", "criteria_fit", "criteria_freeze", "criteria_show"]


def criteria_show(file: str | Path | None = None) -> CriteriaFile:
    """Read a criteria file; None reads the one that ships.

    Raises
    ------
    InputError
        The file is not a criteria file; the message names file, line and key.
    """
    from speechfair.gating.criteria import read_criteria, shipped_criteria

    return read_criteria(Path(file) if file is not None else shipped_criteria())


def criteria_fit(file: str | Path, run: str | Path) -> Fit:
    """How a criteria file fits a prepared run; see `speechfair.gating.fitting.criteria_fit`."""
    from speechfair.gating.fitting import criteria_fit as fit

    return fit(file, run)


def criteria_freeze(file: str | Path, run: str | Path | None = None) -> Freeze:
    """Check a criteria file and record its digest and the time.

    Parameters
    ----------
    run : a prepared run folder. The criteria are checked against its manifest, and the record goes in there; None
        writes ``FILE.frozen.yaml``.

    Raises
    ------
    InputError
        The file is not a criteria file, or does not fit the run: an unknown axis, a group or a reference that does
        not occur, another corpus or manifest. Nothing is recorded then.
    RunFolderError
        The run's evaluation has begun.
    """
    from speechfair.errors import InputError
    from speechfair.gating.freezing import freeze

    if run is not None and (errors := criteria_fit(file, run).errors):
        raise InputError(f"{file} does not fit {run}; nothing was frozen: {'; '.join(errors)}")
    return freeze(file, run)


def criteria_check(file: str | Path, run: str | Path | None = None) -> Standing:
    """Whether a criteria file is valid and frozen, and with `run` whether it may judge that run.

    `problem` of the result is None if it may.
    """
    from speechfair.gating.criteria import read_criteria
    from speechfair.gating.freezing import standing, standing_alone

    path = Path(file)
    read_criteria(path)
    return standing(path, Path(run)) if run is not None else standing_alone(path)
