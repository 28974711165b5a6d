"""`speechfair process …` as functions: plan, evidence, attestations, gates and exports of a process folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.process.attest import attest as process_attest
from speechfair.process.attest import decide_release as process_decide_release
from speechfair.process.attest import waive as process_waive
from speechfair.process.catalogue import load_catalogue
from speechfair.process.export import export as process_export
from speechfair.process.gates import gate as process_gate
from speechfair.process.importers import import_evidence as process_import
from speechfair.process.init import add_runs
from speechfair.process.init import freeze as process_freeze
from speechfair.process.init import init as process_init
from speechfair.process.probe_evidence import measure as process_measure
from speechfair.process.project_verify import verify_process as process_verify
from speechfair.process.side_by_side import assign as process_assign
from speechfair.process.side_by_side import compare_processes as process_diff
from speechfair.process.side_by_side import portfolio as process_portfolio
from speechfair.process.signed_folders import sign_folder_in as process_sign
from speechfair.process.signing import new_key as process_key
from speechfair.process.stamps import stamp as process_stamp
from speechfair.process.stamps import stamp_request as process_stamp_request

if TYPE_CHECKING:
    from speechfair.debias.worked_example import Example
    from speechfair.process.catalogue import Catalogue
    from speechfair.process.collect import Collected
    from speechfair.process.side_by_side import OpenItem

__all__ = [
    "process_assign",
    "process_attest",
    "process_catalogue",
    "process_collect",
    "process_decide_release",
    "process_diff",
    "process_example",
    "process_export",
    "process_freeze",
    "process_gate",
    "process_import",
    "process_init",
    "process_key",
    "process_measure",
    "process_open",
    "process_portfolio",
    "process_report",
    "process_sign",
    "process_stamp",
    "process_stamp_request",
    "process_verify",
    "process_waive",
]


def process_collect(folder: str | Path, runs: Sequence[tuple[str, str]] = ()) -> Collected:
    """Decide every item that evidence can decide, and keep the evidence.

    Parameters
    ----------
    folder : process folder.
    runs : pairs of role and run folder to list in ``runs.yaml`` first, such as ``("evaluation", "../runs/test")``.
    """
    from speechfair.process.collect import collect

    if runs:
        add_runs(folder, list(runs))
    return collect(folder)


def process_open(folder: str | Path) -> list[OpenItem]:
    """Must-items of a process folder that are not met, with owner and day; the earliest day first."""
    from speechfair.process.side_by_side import open_items
    from speechfair.process.status import read_state

    return open_items(read_state(folder))


def process_report(folder: str | Path, path: str | Path | None = None) -> Path:
    """Write the checklist page (English and Japanese) and return its path; default ``checklist.html`` in `folder`."""
    from speechfair.reporting.checklist_html import write_checklist

    return write_checklist(folder, path)


def process_catalogue(overlays: Sequence[Path] = ()) -> Catalogue:
    """The items of the checklist, changed as an organisation's own catalogues say."""
    return load_catalogue(overlays)[0]


def process_example(
    out: str | Path,
    root: str | Path,
    *,
    corpus: str = "speechocean762",
    aifl: int = 0,
    settings: Sequence[str] = (),
    say: Callable[[str], None] | None = None,
) -> Example:
    """Run a whole small project on real speech: plan, criteria, training, audits, checklist, sign-off. Minutes.

    Parameters
    ----------
    out : new folder for everything.
    root : folder that holds the corpus folder `corpus`.
    aifl : fairness level, 0 to 2; from 1 on, a failed item keeps the gate shut.
    settings : changes of the training recipe as ``KEY=VALUE``, such as ``steps=8``.
    say : called with each line of progress.
    """
    from speechfair.debias.worked_example import run_example

    return run_example(out, root, corpus=corpus, aifl=aifl, settings=settings, say=say)
