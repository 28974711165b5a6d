"""A planted problem, trained from scratch: where a group is rare, balanced batches must beat plain fine-tuning."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.debias_planted import compare
from speechfair.debias.judging.method_table import MethodTable
from speechfair.reporting.debias_figures import write_method_chart


def test_balanced_batches_find_the_rare_accent(tmp_path: Path) -> None:
    table = compare(tmp_path, ["erm", "balanced"], [0], steps=200)
    plain, balanced = table.rows
    assert (plain.name, balanced.name) == ("erm", "balanced")
    assert plain.seeds[0].worst is not None
    assert balanced.seeds[0].worst is not None
    assert plain.seeds[0].worst > 2 * balanced.seeds[0].worst
    for change in (balanced.macro, balanced.worst, balanced.gap):
        assert change is not None
        assert change.high is not None
        assert change.high < 0, "the interval is clear of no change"
    assert balanced.answer.startswith("undetermined"), "one seed is too few to accept a method"
    again = MethodTable.model_validate(json.loads((tmp_path / "runs" / "compare.json").read_text()))
    assert again == table
    picture = write_method_chart(table, tmp_path / "compare.svg").read_text()
    assert "balanced 0" in picture
