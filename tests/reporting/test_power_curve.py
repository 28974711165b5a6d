from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from speechfair.errors import InputError
from speechfair.exploring.planning import Plan, plan
from speechfair.reporting.power_curve import power_curve, write_power_curve


@pytest.fixture(scope="module")
def made() -> Plan:
    return plan(rate=0.2, cv=0.5, words_per_speaker=200)


def test_the_svg_says_what_the_plan_says(made: Plan) -> None:
    drawn = power_curve(made)
    root = ElementTree.fromstring(drawn)
    assert root.tag.endswith("svg")
    assert drawn.count(f"{made.speakers} speakers for 80 %") == 1, "drawn once, not once per point"
    assert f"{made.speakers} speakers per group reach 80 %" in drawn
    assert "Power to find a rate ratio of 1.25" in drawn


def test_a_plan_without_an_answer_is_drawn_too() -> None:
    drawn = power_curve(plan(rate=0.2, cv=0.5, words_per_speaker=200, ratio=1.001))
    assert "more than 100,000 speakers" in drawn
    assert " speakers for " not in drawn


def test_files_by_their_ending(made: Plan, tmp_path: Path) -> None:
    write_power_curve(made, tmp_path / "curve.svg")
    write_power_curve(made, tmp_path / "curve.PNG")
    assert (tmp_path / "curve.svg").read_text(encoding="utf-8").startswith("<svg")
    assert (tmp_path / "curve.PNG").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match=r"\.svg or \.png"):
        write_power_curve(made, tmp_path / "curve.gif")
