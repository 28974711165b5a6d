"""`gate` as people call it: with the ledger of a process folder, the JUnit file and the Markdown summary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.gating import judge
from speechfair.messages.translation import Language, Translator
from speechfair.verbs.recorded import recorded
from speechfair.verbs.written import outside_run_folders

if TYPE_CHECKING:
    from speechfair.gating.gate_result import GateResult

__all__ = ["gate"]


def gate(
    run: str | Path,
    criteria: str | Path,
    *,
    junit: str | Path | None = None,
    markdown: str | Path | None = None,
    language: Language = "en",
) -> GateResult:
    """Judge a run by a criteria file.

    Parameters
    ----------
    run : run folder; its digests and its whole audit are verified first (the audio is not read again).
    criteria : criteria file, frozen before the run's evaluation.
    junit, markdown : files to write the verdict to. They are written too where the gate cannot judge, and say why, so
        that a pipeline that reads them never takes an old verdict for a new one.
    language : of those two files; why a gate cannot judge at all is in English.

    Raises
    ------
    InputError : the criteria file cannot be used as it is, or a file would be written into a run folder.
    RunFolderError : `run` is no run folder.
    """
    from speechfair.reporting.junit import junit as junit_of
    from speechfair.reporting.junit import junit_of_error
    from speechfair.reporting.markdown import markdown as markdown_of
    from speechfair.reporting.markdown import markdown_of_error

    outside_run_folders(junit, markdown)
    tell = Translator(language)
    try:
        found = _judged(run, criteria)
    except Exception as error:
        _write(junit, junit_of_error(str(error)), markdown, markdown_of_error(str(error), tell))
        raise
    _write(junit, junit_of(found, tell), markdown, markdown_of(found, tell))
    return found


_judged = recorded(judge.gate, "run", verb="gate")


def _write(junit: str | Path | None, xml: bytes, markdown: str | Path | None, text: str) -> None:
    from speechfair.store import write_atomically

    if junit is not None:
        write_atomically(Path(junit), xml)
    if markdown is not None:
        write_atomically(Path(markdown), text.encode())
