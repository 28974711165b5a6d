"""`speechfair criteria …` as functions: read, check and freeze acceptance criteria."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.gating.freezing import freeze as criteria_freeze

if TYPE_CHECKING:
    from speechfair.gating.criteria import CriteriaFile
    from speechfair.gating.freezing import Standing

__all__ = ["criteria_check", "criteria_freeze", "criteria_show"]


def criteria_show(file: str | Path | None = None) -> CriteriaFile:
    """Read a criteria file; None reads the one that ships.

    Raises
    ------
    InputError
        The file is not a criteria file; the message names file, line and key.
    """
    from speechfair.gating.criteria import read_criteria, shipped_criteria

    return read_criteria(Path(file) if file is not None else shipped_criteria())


def criteria_check(file: str | Path, run: str | Path | None = None) -> Standing:
    """Whether a criteria file is valid and frozen, and with `run` whether it may judge that run.

    `problem` of the result is None if it may.
    """
    from speechfair.gating.criteria import read_criteria
    from speechfair.gating.freezing import standing, standing_alone

    path = Path(file)
    read_criteria(path)
    return standing(path, Path(run)) if run is not None else standing_alone(path)
