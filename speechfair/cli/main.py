"""The entry point: verbs, exit codes, and errors as one clear message instead of a traceback.

Exit codes: 0 done or pass, 1 a criterion or a check failed, 2 nothing could be decided (bad usage, an unreadable or
damaged file, a full disk, a fault of speechfair itself), 3 undetermined, 130 interrupted (resumable), 141 the reader
of the output went away. A pipeline may rely on 1: no error ends with it.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Collection
from importlib import import_module
from typing import Annotated

import typer

from speechfair import __version__
from speechfair.errors import SpeechfairError

__all__ = ["app", "main"]

app: typer.Typer
"""The whole command line; built when it is first asked for."""

_VERBS = (
    "demo",
    "audit",
    "prepare",
    "transcribe",
    "merge",
    "score",
    "report",
    "figures",
    "table",
    "compare",
    "leaderboard",
    "sequence",
    "confidence",
    "verify",
    "view",
    "gate",
    "plan",
    "discover",
    "models",
    "metrics",
    "doctor",
    "import",
)
_FAMILIES = ("criteria", "corpora", "debias", "probe", "process")
"""Verbs that have verbs of their own."""
_MODULES = {"import": "import_transcripts"}
"""Where a verb cannot be the name of its module."""


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"speechfair {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Audit speech models for accent bias, with intervals that can be trusted and re-derived."""


def _command_line(asked: Collection[str]) -> typer.Typer:
    """The command line with some of its verbs, in the order of its help."""
    built = typer.Typer(
        name="speechfair",
        help="Audit speech models for accent bias, with intervals that can be trusted and re-derived.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    built.callback()(_root)
    for name in (*_VERBS, *_FAMILIES):
        if name in asked:
            module = import_module(f"speechfair.cli.{_MODULES.get(name, name)}")
            if name in _FAMILIES:
                built.add_typer(module.app, name=name)
            else:
                built.command(name)(module.command)
    return built


def __getattr__(name: str) -> typer.Typer:
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["app"] = whole = _command_line((*_VERBS, *_FAMILIES))
    return whole


def _asked() -> Collection[str]:
    """The verb that is called, alone: reading the options of every verb takes a quarter of a second."""
    first = sys.argv[1:2]
    return first if first and first[0] in (*_VERBS, *_FAMILIES) else (*_VERBS, *_FAMILIES)


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(_exit_code())


def _exit_code() -> int:
    """Run one command; the code to exit with. Nothing but a criterion or a check that failed gives 1."""
    try:
        code = _command_line(_asked())(standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except SpeechfairError as error:
        return _failed(str(error), type(error).__name__, error.exit_code)
    except typer.Abort:
        return _said("aborted", 2)
    except KeyboardInterrupt:
        return _said("interrupted; finished work is saved, run the same command again to continue", 130)
    except BrokenPipeError:
        _discard_output()
        return 141
    except (
        SystemExit
    ) as error:  # typer's own way to end; with 1 only where the reader of the output went away
        return 141 if error.code == 1 else 2 if error.code else 0
    except OSError as error:
        if error.filename is None:
            _discard_output()
        where = error.filename if error.filename is not None else "standard output"
        return _failed(f"{where}: {error.strerror or error}; no verdict was reached", "OSError", 2)
    except Exception as error:
        if hasattr(error, "show") and hasattr(
            error, "format_message"
        ):  # what typer found wrong with the command line; it is of a private module
            error.show()
            return _as_json(str(error.format_message()), "UsageError", 2)
        traceback.print_exc()
        what = "this is a fault of speechfair, please report it; no verdict was reached"
        return _failed(what, type(error).__name__, 2)


def _failed(text: str, kind: str, code: int) -> int:
    """Say on standard error what is wrong, and with ``--json`` on standard output too, for machines."""
    typer.echo(f"error: {text}", err=True)
    return _as_json(text, kind, code)


def _as_json(text: str, kind: str, code: int) -> int:
    if "--json" in sys.argv[1:]:
        import json

        error = {"kind": kind, "message": text, "exit_code": code}
        try:
            typer.echo(json.dumps({"error": error}, ensure_ascii=False, indent=2))
        except OSError:  # standard output is what failed
            _discard_output()
    return code


def _said(text: str, code: int) -> int:
    typer.echo(text, err=True)
    return code


def _discard_output() -> None:
    """Point standard output nowhere, so that what is still buffered cannot fail again when Python ends."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # no real file behind it, as in a test
        return
