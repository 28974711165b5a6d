"""The page of `benchmarks.folder_edits`: what came of every edit, by kind, by file and by verb."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.result_table import Column, Table
from speechfair.store import write_atomically

if TYPE_CHECKING:
    from benchmarks.folder_edits import Trial

__all__ = ["page", "write_page"]

PAGE = Path(__file__).parents[1] / "docs" / "results" / "folder-edits.md"
SEEN = ("found", "no effect", "unseen", "misnamed")
VERDICTS = ("stopped", "reported", "same", "other", "passed", "laundered", "traceback")

HEAD = """# Random edits of run folders

Made by `python -m benchmarks.folder_edits --edits {edits} --seed {seed}`. Each of the {edits} edits changes one file of
a run folder. `verify` is asked first, then each verb that reads a run, on a copy of its own: {calls:,} calls. The
folders are an audit with frozen criteria, an audit that was killed half way, a shard of an audit, the folder that
shards are merged into, an import of transcripts, and an audit as earlier versions wrote it, without a log. The
hypotheses are scripted.

**Laundered: {laundered}. Tracebacks: {tracebacks}. Passed by the gate: {passed}.**

What `verify` sees:

- *found*: it names the file.
- *no effect*: it finds nothing, and every verb gives and leaves what it does on the unedited folder.
- *unseen*: it finds nothing, and the outcome of some verb is another.
- *misnamed*: it finds the edit, but names another file.

What a verb does:

- *stopped*: it raises an error of speechfair, exit code 2.
- *reported*: the gate's verdict is error.
- *same*: it gives what it gives on the unedited folder, and leaves the same, or the edit is still found afterwards.
- *other*: an edit that `verify` did not find changes the outcome.
- *passed*: the gate passes such a folder.
- *laundered*: `verify` found the edit before, and the verb gave another result or left a folder that verifies.

"""

LAUNDERED = """## What was laundered

"""

UNSEEN = """## What was not seen

Only `run.yaml` of a folder without a log, and only parts that no digest or recomputation depends on, such as the
corpus root, the times, the list of frozen criteria and the versions of packages. `verify` says so for every such
folder, and no gate passes on one.

"""


def write_page(trials: Sequence[Trial], seed: int) -> Path:
    """Write docs/results/folder-edits.md and return its path."""
    write_atomically(PAGE, page(trials, seed).encode())
    return PAGE


def page(trials: Sequence[Trial], seed: int) -> str:
    """The page as Markdown."""
    verbs = Counter(kind.split(",")[0] for trial in trials for kind in trial.verbs.values())
    head = HEAD.format(
        edits=len(trials),
        seed=seed,
        calls=len(trials) + sum(verbs.values()),
        laundered=verbs["laundered"],
        tracebacks=verbs["traceback"],
        passed=verbs["passed"],
    )
    laundered = [trial for trial in trials if "laundered" in {v.split(",")[0] for v in trial.verbs.values()}]
    unseen = [trial for trial in trials if trial.seen == "unseen"]
    return head + "\n".join(
        [
            *_table("kind of edit", trials, lambda trial: trial.edit.kind),
            *_table("file", trials, _file),
            *_table("folder", trials, lambda trial: trial.subject),
            *_verbs(trials),
            LAUNDERED,
            *_places(laundered),
            UNSEEN,
            *_places(unseen),
        ]
    )


def _file(trial: Trial) -> str:
    if trial.edit.before is None:
        return "(added files)"
    name = trial.edit.file
    return f"{name.partition('/')[0]}/…" if "/" in name else name


def _places(trials: Sequence[Trial]) -> list[str]:
    if not trials:
        return ["Nothing.", ""]
    return _table("folder and file", trials, lambda trial: f"{trial.subject}: {_file(trial)}")


def _table(what: str, trials: Sequence[Trial], of: Callable[[Trial], str]) -> list[str]:
    rows = []
    for value in sorted({of(trial) for trial in trials}):
        found = Counter(trial.seen for trial in trials if of(trial) == value)
        rows.append((value, found.total(), *(found[kind] for kind in SEEN)))
    return _lines((what, "edits", *SEEN), rows)


def _verbs(trials: Sequence[Trial]) -> list[str]:
    rows = []
    for verb in sorted({verb for trial in trials for verb in trial.verbs}):
        found = Counter(trial.verbs[verb].split(",")[0] for trial in trials if verb in trial.verbs)
        rows.append((verb, found.total(), *(found[kind] for kind in VERDICTS)))
    return _lines(("verb", "calls", *VERDICTS), rows)


def _lines(titles: Sequence[str], rows: Sequence[tuple[str | int, ...]]) -> list[str]:
    columns = tuple(Column(title, title, "count" if place else "text") for place, title in enumerate(titles))
    return [Table("", columns, tuple(rows)).to_markdown(), ""]
