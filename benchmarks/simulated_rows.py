"""Counts of a simulation that are kept in blocks as they are made, so that a stopped run goes on where it was.

A block is found again only under the same key and the same code: figures of older code are not shown as this one's.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import textwrap
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import speechfair.metrics

# A row with ``made_by`` was made by code of that digest and taken over by hand: since then only `_pair_level` changed,
# which now stays 1e-12 below 1. `Rows` does not read the field; it is there for whoever checks.
BLOCK = 250
"""Simulated corpora of one block; each block has its own seed."""

EARLIER = "earlier"
"""In place of a block's number: draws with another seed, by the same functions, before there were blocks.

The row of gaps where there is none is of before the upper limit of a gap was made anew; it rests on the lower one."""


def code_digest(*parts: object, metrics: Sequence[str] = ()) -> str:
    """Digest of what decides the figures: functions by their source, constants, modules of `speechfair.metrics`.

    Comments, docstrings and line breaks decide nothing and are left out.
    """
    folder = Path(str(speechfair.metrics.__file__)).parent
    texts = [_meaning(inspect.getsource(part)) if callable(part) else repr(part) for part in parts]
    texts += [_meaning((folder / f"{name}.py").read_text(encoding="utf-8")) for name in metrics]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _meaning(source: str) -> str:
    tree = ast.parse(textwrap.dedent(source))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:]
    return ast.dump(tree)


class Rows:
    """A JSON-lines file with one block a line.

    Parameters
    ----------
    path : the file; it need not exist.
    code : digest of the code that makes the blocks; those of other code are left alone.
    compute : False to read only what is there.
    """

    def __init__(self, path: Path, code: str, *, compute: bool = True) -> None:
        self.path, self.code, self.compute = path, code, compute
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self.done: dict[str, dict[str, float]] = {}
        for row in map(json.loads, lines):
            if row["code"] == code:
                self.done[json.dumps(row["key"])] = row["sums"]

    def total(
        self, key: Sequence[Any], draws: int, make: Callable[[int], Mapping[str, float]]
    ) -> dict[str, float]:
        """Sums over the blocks of `key` up to that many draws, with ``draws``: how many were found or made.

        Parameters
        ----------
        draws : a multiple of `BLOCK`.
        make : from the number of a block to its sums.
        """
        earlier = self.done.get(json.dumps([*key, EARLIER]), {})
        total: defaultdict[str, float] = defaultdict(float, earlier)
        for block in range((draws - int(earlier.get("draws", 0))) // BLOCK):
            sums = self._block([*key, block], block, make)
            if sums is None:
                break
            for which, value in (sums | {"draws": BLOCK}).items():
                total[which] += value
        return dict(total)

    def _block(
        self, key: list[Any], block: int, make: Callable[[int], Mapping[str, float]]
    ) -> dict[str, float] | None:
        name = json.dumps(key)
        if name not in self.done and self.compute:
            sums = {which: float(value) for which, value in make(block).items()}
            self.path.parent.mkdir(exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"code": self.code, "key": key, "sums": sums}) + "\n")
            self.done[name] = sums
            print(self.path.stem, *key, sums, flush=True)
        return self.done.get(name)


def shares(total: Mapping[str, float]) -> dict[str, float]:
    """The sums as shares of the draws; nothing where there are none."""
    draws = total.get("draws", 0)
    return {name: value / draws for name, value in total.items() if name != "draws"} if draws else {}
