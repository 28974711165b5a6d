"""The page of `benchmarks.chaos`: what came of every disturbance, by verb and by fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from speechfair.result_table import Column, Table
from speechfair.store import write_atomically

__all__ = ["Trial", "write_page"]

PAGE = Path(__file__).parents[1] / "docs" / "results" / "faults.md"
FIRST = ("killed", "interrupted", "stopped", "done", "traceback")
AFTER = ("same", "refused", "different", "traceback")
HEAD = """# Faults on the way

Made by `python -m benchmarks.chaos --trials {count} --seed {seed} --page` (`make chaos`). Each of the {n:,} trials runs
a verb in a process of its own, disturbs it once, and gives the same command again. The folder is then compared with
that of an undisturbed run, but for times; run folders must verify. Speech is made up, models are scripted, and a batch
is four utterances.

**A wrong number, a lost or doubled row: {different}. Tracebacks: {traceback}.**

How the disturbed call ends:

- *killed*: by the signal. *interrupted*: by Ctrl-C, exit code 130.
- *stopped*: by an error of speechfair that says what happened and what to do, exit code 2.
- *done*: the disturbance came too late, or did not matter.

What is there after the same command again:

- *same*: every file is that of an undisturbed run.
- *refused*: the command names the file or folder that is in the way, and changes nothing.
- *different*, *traceback*: a fault of speechfair.

"""


@dataclass(frozen=True)
class Trial:
    """One disturbance: how the call ended (`first`), what was there in the end (`after`), and the words for it."""

    verb: str
    fault: str
    first: str
    after: str
    text: str


def write_page(trials: Sequence[Trial], count: int, seed: int) -> Path:
    """Write docs/results/faults.md and return its path."""
    after = Counter(trial.after for trial in trials)
    head = HEAD.format(
        count=count, seed=seed, n=len(trials), different=after["different"], traceback=after["traceback"]
    )
    tables = (
        _table("fault", trials, lambda trial: trial.fault),
        _table("verb", trials, lambda trial: trial.verb),
    )
    refused = sorted({(t.fault, t.verb) for t in trials if t.after == "refused"})
    said = {(t.fault, t.verb): t.text.splitlines()[0] for t in trials if t.after == "refused"}
    columns = tuple(Column(name, name, "text") for name in ("fault", "verb", "an example of the words"))
    rows = tuple((*pair, _short(said[pair])) for pair in refused)
    text = head + "\n\n".join(tables) + "\n\n## Refused\n\n" + Table("", columns, rows).to_markdown() + "\n"
    write_atomically(PAGE, text.encode())
    return PAGE


def _short(text: str) -> str:
    """Without the place of the scratch folder."""
    words = [word.rpartition("/trial/")[2] if "/trial/" in word else word for word in text.split()]
    return " ".join(words)[:160].replace("|", "/")


def _table(what: str, trials: Sequence[Trial], of: Callable[[Trial], str]) -> str:
    rows = []
    for value in dict.fromkeys(map(of, trials)):
        mine = [trial for trial in trials if of(trial) == value]
        first, after = Counter(t.first for t in mine), Counter(t.after for t in mine)
        rows.append((value, len(mine), *(first[k] for k in FIRST), *(after[k] for k in AFTER)))
    columns = (
        Column(what, what, "text"),
        Column("trials", "trials", "count"),
        *(Column(f"first {k}", f"call {k}", "count") for k in FIRST),
        *(Column(f"after {k}", f"then {k}", "count") for k in AFTER),
    )
    return Table("", columns, tuple(rows)).to_markdown()
