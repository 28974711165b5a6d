"""Counts of a simulation that are kept in blocks as they are made, so that a stopped run goes on where it was.

A block is found again only under the same key and the same code. What other code made is shown, as that code's, until
the present one has made as many draws.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import math
import textwrap
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import speechfair.metrics

# A row with ``made_by`` was made by code of that digest and taken over by hand, after blocks made again by the present
# code had the same sums to the last digit (8 of the worlds, 4 of the adjusted ratios). `Rows` does not read the field;
# it is there for whoever checks.
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
    sources = (callable, inspect.ismodule)
    texts = [
        _meaning(inspect.getsource(part)) if any(of(part) for of in sources) else repr(part) for part in parts
    ]
    texts += [_meaning((folder / f"{name}.py").read_text(encoding="utf-8")) for name in metrics]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _meaning(source: str) -> str:
    tree = ast.parse(textwrap.dedent(source))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:]
    return ast.dump(tree)


@dataclass(frozen=True)
class Total:
    """Sums over the blocks of one cell.

    Parameters
    ----------
    sums : by name; what is counted in fewer draws than all has its own number as ``NAME: n``.
    draws : simulated corpora.
    code : digest of the code that made them, None without any.
    """

    sums: Mapping[str, float]
    draws: int
    code: str | None

    def shares(self) -> dict[str, float]:
        """The sums as shares of the draws in which they were counted."""
        counted = {name: value for name, value in self.sums.items() if not name.endswith(": n")}
        return {name: value / n for name, value in counted.items() if (n := self._number(name))}

    def _number(self, name: str) -> float:
        peers = "bootstraps: n" if name.endswith((": BCa", ": percentile", ": rows")) else ""
        return self.sums.get(f"{name}: n", self.sums.get(peers, self.draws))

    def row(self) -> dict[str, Any]:
        """``shares``, ``draws``, and ``code`` of a row of a simulation."""
        return {"shares": self.shares(), "draws": self.draws, "code": self.code}


class Rows:
    """A JSON-lines file with one block a line.

    Parameters
    ----------
    path : the file; it need not exist.
    code : digest of the code that makes the blocks now; blocks of other code are shown until there are as many of it.
    compute : False to read only what is there.
    until : no block is begun after this (`time.monotonic`).
    """

    def __init__(self, path: Path, code: str, *, compute: bool = True, until: float = math.inf) -> None:
        self.path, self.code, self.compute, self.until = path, code, compute, until
        self.done: defaultdict[str, dict[str, dict[str, float]]] = defaultdict(dict)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for row in map(json.loads, lines):
            self.done[row["code"]] = self.done.pop(
                row["code"], {}
            )  # the code that made the last line comes last
            self.done[row["code"]][json.dumps(row["key"])] = row["sums"]

    def total(self, key: Sequence[Any], draws: int, make: Callable[[int], Mapping[str, float]]) -> Total:
        """Sums over the blocks of `key` by one code.

        The present code's, if they are `draws` or the most; else those of the latest code that has so many; else the
        most.

        Parameters
        ----------
        draws : a multiple of `BLOCK`; so many are made by the present code.
        make : from the number of a block to its sums.
        """
        for block in range(draws // BLOCK):
            if not self._block([*key, block], block, make):
                break
        found = [self._sum(code, key, draws) for code in self.done]
        own = self._sum(self.code, key, draws)
        enough = [total for total in found if total.draws >= draws]
        most = enough[-1] if enough else max(found, key=lambda total: total.draws, default=own)
        return own if own.draws >= min(draws, most.draws) else most

    def _sum(self, code: str, key: Sequence[Any], draws: int) -> Total:
        blocks = self.done.get(code, {})
        sums: defaultdict[str, float] = defaultdict(float)
        for block in [EARLIER, *range(draws // BLOCK)]:
            for which, value in (
                {"draws": BLOCK} | blocks.get(json.dumps([*key, block]), {"draws": 0})
            ).items():
                sums[which] += value
        count = int(sums.pop("draws"))
        return Total(dict(sums), count, code if count else None)

    def _block(self, key: list[Any], block: int, make: Callable[[int], Mapping[str, float]]) -> bool:
        """Whether the block is there, or could be made."""
        name = json.dumps(key)
        if name in self.done[self.code]:
            return True
        if not self.compute or time.monotonic() > self.until:
            return False
        sums = {which: float(value) for which, value in make(block).items()}
        self.path.parent.mkdir(exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"code": self.code, "key": key, "sums": sums}) + "\n")
        self.done[self.code][name] = sums
        print(self.path.stem, *key, sums, flush=True)
        return True
