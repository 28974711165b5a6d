"""Run folders and ledgers of earlier versions stay readable.

The folders in ``tests/fixtures`` were written by the last version before ``run.yaml`` had a log. Only the corpus root
and the platform were replaced in them, so that they name no machine.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from speechfair import score, verify
from speechfair.auditing.result import read_audit
from speechfair.process.ledger import Ledger

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.mark.parametrize("name", ["prepared", "transcribed", "frozen", "calibrated"])
def test_an_old_run_folder_still_verifies(name: str) -> None:
    found = verify(FIXTURES / "run_folders" / name)
    assert found.differences == (), "statistics that were replaced since are listed as unchecked"
    assert any("kept no log" in line for line in found.unseen)


@pytest.mark.parametrize("name", ["frozen", "calibrated"])
def test_an_old_run_folder_can_be_scored_again(name: str, tmp_path: Path) -> None:
    run = shutil.copytree(FIXTURES / "run_folders" / name, tmp_path / name)
    before = read_audit(run / "audit.json")
    assert score(run).totals == before.totals
    assert score(run, seed=1).seed == 1


def test_an_old_ledger_still_holds() -> None:
    reading = Ledger(FIXTURES / "ledger").read()
    assert len(reading.entries) == 3
    assert reading.problems == ()
