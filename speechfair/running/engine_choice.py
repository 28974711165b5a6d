"""Engines by name."""

from __future__ import annotations

import inspect
from typing import Any

from speechfair.errors import InputError
from speechfair.registry import did_you_mean
from speechfair.running.engine import Engine, LocalEngine
from speechfair.running.ray_engine import RayEngine

__all__ = ["as_engine", "load_engine"]

_ENGINES: dict[str, type[LocalEngine] | type[RayEngine]] = {"local": LocalEngine, "ray": RayEngine}


def load_engine(name: str, **options: Any) -> Engine:
    """The engine of a name.

    Parameters
    ----------
    name : ``local``, this process; or ``ray``, workers of a Ray cluster (extra ``ray``).
    options : of ``ray``: ``address``, ``workers``, ``cpus``, ``gpus`` and ``grows``, as for
        `speechfair.running.ray_engine.RayEngine`.

    Raises
    ------
    InputError
        The name, an option or its value is not usable.
    MissingExtraError
        The engine needs a package that is not installed.
    """
    if name not in _ENGINES:
        raise InputError(f"unknown engine {name!r}; {did_you_mean(name, list(_ENGINES))}")
    known = list(inspect.signature(_ENGINES[name]).parameters)
    for option in options:
        if option not in known:
            raise InputError(
                f"unknown option {option!r} for the engine {name!r}; {did_you_mean(option, known)}"
            )
    return _ENGINES[name](**options)


def as_engine(engine: str | Engine) -> Engine:
    """`engine`, or the one that it names."""
    return load_engine(engine) if isinstance(engine, str) else engine
