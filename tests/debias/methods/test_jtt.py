"""Just train twice marks a minority, although most transcripts have some word wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from speechfair.debias.methods.jtt import Jtt, JttOptions

RATES = [0.0, 0.1, 0.2, 0.1, 0.9, 0.0, 0.5, 0.1, 0.3, 0.1, 0.0, 0.2]


def drawn(options: dict[str, Any]) -> tuple[Jtt, list[int]]:
    method = Jtt(JttOptions(**options))
    method.rates = RATES
    draws = method.draw(np.zeros(len(RATES), np.int64), 18, 2, np.random.default_rng(0))
    return method, np.bincount(draws, minlength=len(RATES)).tolist()


@pytest.mark.parametrize(
    ("options", "marked"),
    [
        ({}, {4, 6, 8}),
        ({"worst": 0.1}, {4}),
        ({"above": 0.25, "worst": 0.01}, {4, 6, 8}),
        ({"above": 5.0}, set()),
    ],
)
def test_the_worst_rows_are_repeated(options: dict[str, Any], marked: set[int]) -> None:
    method, counts = drawn(options)
    stage: Any = None
    found = method.finish(stage)["marked"]
    assert (found["rows"], found["of"], found["with_errors"]) == (len(marked), 12, 9)
    assert found["from_rate"] == min((RATES[row] for row in marked), default=None)
    if len(marked) == 3:  # 12 rows and 3 of them twice more are one pass
        assert {row for row, count in enumerate(counts) if count == 3} == marked
        assert sum(counts) == 18


def test_before_the_errors_are_known_nothing_is_repeated() -> None:
    draws = Jtt(JttOptions()).draw(np.zeros(4, np.int64), 8, 2, np.random.default_rng(0))
    assert np.bincount(draws).tolist() == [2, 2, 2, 2]
