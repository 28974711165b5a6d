"""Run folders and ledgers of earlier versions stay readable.

The folders in ``tests/fixtures`` were written by the last version before ``run.yaml`` had a log. Only the corpus root
and the platform were replaced in them, so that they name no machine.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from speechfair import verify
from speechfair.process.ledger import Ledger

# Statistics over all groups of an axis whose method was replaced since: `verify` names them, and nothing else.
REPLACED = re.compile(
    r"audit\.json: axes\[0\]\.(gap\.high|gap_p_value|worst_best_ratio\.high|between_group_sd\.\w+): "
)
FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.mark.parametrize("name", ["prepared", "transcribed", "frozen", "calibrated"])
def test_an_old_run_folder_still_verifies(name: str) -> None:
    found = verify(FIXTURES / "run_folders" / name)
    assert [told for told in found.differences if not REPLACED.match(told)] == []


def test_an_old_ledger_still_holds() -> None:
    reading = Ledger(FIXTURES / "ledger").read()
    assert len(reading.entries) == 3
    assert reading.problems == ()
