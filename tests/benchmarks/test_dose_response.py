"""The page of doses: steps are paired by voice, and an accent that does not rise is said not to."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from benchmarks import dose_response_page as page

RATES = {("eng", "0"): 0.1, ("kor", "0.5"): 0.2, ("kor", "1"): 0.4, ("deu", "0.5"): 0.3, ("deu", "1"): 0.2}


def cells(tmp_path: Path) -> list[page.Cell]:
    rows = [
        {
            "speaker": f"v{voice}",
            "labels": [
                {"axis": "first_language", "value": code, "source": "corpus"},
                {"axis": "strength", "value": strength, "source": "corpus"},
            ],
            "substitutions": round(100 * rate) + voice,
            "deletions": 0,
            "insertions": 0,
            "reference_length": 100,
        }
        for (code, strength), rate in RATES.items()
        for voice in range(6)
    ]
    (tmp_path / "scores").mkdir()
    pl.DataFrame(rows).write_parquet(tmp_path / "scores" / "m.parquet")
    result: Any = SimpleNamespace(model_record=SimpleNamespace(key="m"))
    return page._cells(tmp_path, result)


def test_steps_are_between_neighbouring_strengths_and_paired(tmp_path: Path) -> None:
    found = cells(tmp_path)
    steps = {(cell.code, cell.strength): cell.step for cell in found}
    assert [*steps] == [("eng", 0.0), ("kor", 0.5), ("kor", 1.0), ("deu", 0.5), ("deu", 1.0)]
    assert steps["eng", 0.0] is None
    values = {key: step.value for key, step in steps.items() if step is not None}
    assert values == pytest.approx(
        {("kor", 0.5): 0.1, ("kor", 1.0): 0.2, ("deu", 0.5): 0.2, ("deu", 1.0): -0.1}
    )
    first = steps["kor", 0.5]
    assert first is not None
    assert first.low is not None
    assert 0.05 < first.low < 0.1, "the voices' own levels cancel"


def test_the_verdict_names_what_does_not_rise(tmp_path: Path) -> None:
    every, shown, first = page._verdict(cells(tmp_path))
    assert "rises at every step for 1 of 2 first languages; not for deu" in every
    assert "for 1: kor." in shown
    assert "for 2: kor, deu." in first


def test_the_chart_begins_each_accent_at_the_reference(tmp_path: Path) -> None:
    result: Any = SimpleNamespace(tokens="characters")
    drawn = page._chart(cells(tmp_path), result)
    assert drawn.startswith("<svg")
    assert {"kor", "deu", "CER"} <= set(drawn.replace(">", " ").replace("<", " ").split())
