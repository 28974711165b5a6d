"""What a verb writes of its result: a JSON file and a page, never into a run folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

from speechfair.errors import InputError
from speechfair.store import write_atomically

__all__ = ["outside_run_folders", "refusing_run_folders", "write_result"]


class _Result(Protocol):
    def to_json(self) -> str: ...


R = TypeVar("R", bound=_Result)
P = ParamSpec("P")


def outside_run_folders(*paths: str | Path | None) -> None:
    """Raise `InputError` for a file to be written that lies in a run folder.

    Every file in a run folder is under its digests, so a file that is put there breaks the folder.
    """
    for path in paths:
        if path is None:
            continue
        for folder in Path(path).resolve().parents:
            if (folder / "run.yaml").exists():
                raise InputError(
                    f"{path} lies in the run folder {folder}, whose digests would no longer agree; "
                    "name a file outside of it"
                )


def refusing_run_folders(function: Callable[P, R], file: str) -> Callable[P, R]:
    """`function`, which first refuses a run folder as the place of its keyword argument `file`."""

    @wraps(function)
    def done(*args: P.args, **kwargs: P.kwargs) -> R:
        outside_run_folders(kwargs.get(file))  # type: ignore[arg-type]  # a path, or none is given
        return function(*args, **kwargs)

    return done


def write_result(
    found: R, out: str | Path | None, page: str | Path | None, write_page: Callable[[R, Path], object]
) -> R:
    """Write the result to `out` as JSON and to `page` by `write_page`, where they are given, and return it."""
    if out is not None:
        write_atomically(Path(out), found.to_json().encode())
    if page is not None:
        write_page(found, Path(page))
    return found
