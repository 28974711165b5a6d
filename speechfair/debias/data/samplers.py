"""Which rows are trained on, in order. A whole training's draws are decided at once, from one generator.

So a killed run goes on with the very draws it would have had. Within a group, no row comes a second time before all
of its rows have come once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from speechfair.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["balanced", "length_matched", "shuffled", "tempered"]


def shuffled(n_rows: int, n_draws: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Passes over all rows, each in a new random order, cut off after `n_draws`.

    >>> sorted(shuffled(3, 6, np.random.default_rng(0)).tolist())
    [0, 0, 1, 1, 2, 2]
    """
    _need_rows(n_rows)
    passes = -(-n_draws // n_rows)
    return np.concatenate([rng.permutation(n_rows) for _ in range(passes)])[:n_draws]


def balanced(
    groups: Sequence[int] | NDArray[np.int64], n_draws: int, batch: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Batches in which every group has as many rows as any other, give or take one; who has one more rotates.

    Parameters
    ----------
    groups : group number of every row; numbers that no row has take no part.

    >>> draws = balanced([0, 0, 0, 0, 0, 1], 8, 4, np.random.default_rng(0))
    >>> [sorted(int(row == 5) for row in draws[i : i + 4]) for i in (0, 4)]
    [[0, 0, 1, 1], [0, 0, 1, 1]]
    """
    numbers = np.asarray(groups, dtype=np.int64)
    _need_rows(len(numbers))
    present = np.unique(numbers)
    wanted: list[int] = []
    start = 0
    while len(wanted) < n_draws:
        chosen = [int(present[(start + i) % len(present)]) for i in range(batch)]
        start = (start + batch) % len(present)
        wanted += [chosen[i] for i in rng.permutation(batch)]
    return _rows_of(numbers, wanted[:n_draws], rng)


def tempered(
    groups: Sequence[int] | NDArray[np.int64], tau: float, n_draws: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Groups drawn with probability in proportion to (rows of the group) ** `tau`.

    Parameters
    ----------
    tau : 1 draws as the data are, 0 draws every group equally often.
    """
    numbers = np.asarray(groups, dtype=np.int64)
    _need_rows(len(numbers))
    present, counts = np.unique(numbers, return_counts=True)
    chances = counts.astype(np.float64) ** tau
    wanted = rng.choice(present, size=n_draws, p=chances / chances.sum())
    return _rows_of(numbers, wanted.tolist(), rng)


def length_matched(
    groups: Sequence[int] | NDArray[np.int64],
    seconds: Sequence[float] | NDArray[np.float64],
    n_draws: int,
    batch: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Draws in which the groups have equally many seconds of speech, however long their utterances are.

    Each place goes to the group that has the fewest seconds so far, counted over all batches: after any number of
    draws two groups differ by the longest utterance at most. So a group of short utterances gets more rows, and a
    batch that is small for the number of groups may lack a group of long ones.

    Parameters
    ----------
    seconds : length of every row.

    >>> rows = length_matched([0, 0, 1, 1, 1], [6.0, 6.0, 2.0, 2.0, 2.0], 8, 4, np.random.default_rng(0))
    >>> [sorted(int(row > 1) for row in rows[i : i + 4]) for i in (0, 4)]
    [[0, 1, 1, 1], [0, 1, 1, 1]]
    """
    numbers, lengths = np.asarray(groups, dtype=np.int64), np.asarray(seconds, dtype=np.float64)
    _need_rows(len(numbers))
    present = np.unique(numbers)
    if batch < len(present):
        raise InputError(
            f"a batch of {batch} cannot hold {len(present)} groups; batch must be {len(present)} or more"
        )
    queues: dict[int, list[int]] = {int(group): [] for group in present}
    filled = {int(group): 0.0 for group in rng.permutation(present)}
    draws: list[int] = []
    while len(draws) < n_draws:
        chosen: list[int] = []
        for _ in range(batch):
            group = min(filled, key=lambda name: filled[name])
            if not queues[group]:
                rows = np.flatnonzero(numbers == group)
                queues[group] = rows[rng.permutation(len(rows))].tolist()
            row = queues[group].pop()
            filled[group] += float(lengths[row])
            chosen.append(row)
        draws += [chosen[i] for i in rng.permutation(batch)]
    return np.array(draws[:n_draws], dtype=np.int64)


def _rows_of(groups: NDArray[np.int64], wanted: Sequence[int], rng: np.random.Generator) -> NDArray[np.int64]:
    """A row for every wanted group, each group's rows in shuffled passes."""
    order = np.asarray(wanted, dtype=np.int64)
    draws = np.empty(len(order), dtype=np.int64)
    for group in np.unique(order):
        places = np.flatnonzero(order == group)
        rows = np.flatnonzero(groups == group)
        draws[places] = rows[shuffled(len(rows), len(places), rng)]
    return draws


def _need_rows(count: int) -> None:
    if not count:
        raise InputError("there is no row to train on; look at the excluded rows and their reasons")
