"""The page of `benchmarks.fuzz_readers`: readers, inputs, faults, and the most time and memory of one input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from speechfair.result_table import Column, Table
from speechfair.store import write_atomically

__all__ = ["Tally", "write_page"]

PAGE = Path(__file__).parents[1] / "docs" / "results" / "damaged-files.md"

HEAD = """# Damaged files

Made by `python -m benchmarks.fuzz_readers --inputs {inputs} --seed {seed} --page`: good files of every reader, damaged
and read. An input is one file with one to three changes: a byte, a stretch cut out, cut off or doubled, or a word, a
number or a bracket replaced by one of {nasty} that programs stumble over (half of a surrogate pair, 5,000 brackets, an
alias bomb, NaN, `/etc/passwd` …). Some files become empty, a folder, or a link to themselves.

A reader may read such a file or refuse it with an error of speechfair. A **fault** is anything else: another exception,
more than {longest_s} s, or more than {most_mb:,} MB for one input.

**{inputs:,} inputs of {readers} readers: {faults} faults. One input took at most {most:.0f} MB.**

"""


@dataclass
class Tally:
    """What came of a reader's inputs. `most_mb` is by how much one input raised the peak of the process's memory."""

    reader: str
    inputs: int = 0
    refused: int = 0
    faults: int = 0
    slowest_s: float = 0.0
    most_mb: float = 0.0
    seconds: float = 0.0


def write_page(tallies: Sequence[Tally], nasty: int, seed: int, longest_s: int, most_mb: int) -> Path:
    """Write docs/results/damaged-files.md and return its path."""
    head = HEAD.format(
        inputs=sum(tally.inputs for tally in tallies),
        readers=len(tallies),
        faults=sum(tally.faults for tally in tallies),
        most=max((tally.most_mb for tally in tallies), default=0.0),
        nasty=nasty,
        seed=seed,
        longest_s=longest_s,
        most_mb=most_mb,
    )
    columns = (
        Column("reader", "reader", "text"),
        *(Column(name, name, "count") for name in ("inputs", "refused", "faults")),
        Column("slowest", "slowest, s", "text"),
    )
    rows = tuple((t.reader, t.inputs, t.refused, t.faults, f"{t.slowest_s:.2f}") for t in tallies)
    write_atomically(PAGE, (head + Table("", columns, rows).to_markdown() + "\n").encode())
    return PAGE
