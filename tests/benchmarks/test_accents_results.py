"""The plan of the experiment on accents, its frozen targets, and the page that it writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import accents_results as module
from speechfair.debias.judging.before_after import AxisChange, GroupChange
from speechfair.types import Estimate
from tests.reporting.test_debias_html import change


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(module, "PAGE", tmp_path / "accents.md")
    monkeypatch.setattr(module, "DATA", tmp_path / "accents.json")
    (tmp_path / "accents.md").write_text(f"above\n\n{module.BEGIN}\nold\n{module.END}\n\nbelow\n")


def finish(name: str) -> None:
    folder = module.RUNS / name
    if name in module.AUDITS:
        path = folder / ("before" if name == "base" else "after") / "native" / "audit.json"
    else:
        path = folder / "debias.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}")


def test_the_base_model_comes_first_and_no_speaker_has_two_parts() -> None:
    assert module.plan(["erm", "anchor", "base"], [0, 1]) == [
        "base",
        "erm-0",
        "anchor-0",
        "erm-1",
        "anchor-1",
    ]
    recipe = module.recipe_of("anchor", 1)
    (held,), (watched,) = recipe.method.options["speech"], recipe.dev.protected
    left_out = recipe.evaluate[2].without_speakers
    assert sorted(left_out) == sorted([*held["speakers"], *watched.speakers])
    assert len(set(left_out)) == 10
    assert recipe.evaluate[0].protected_groups == ["first_language=eng"]
    assert module.recipe_of("erm", 1).evaluate == recipe.evaluate


def test_targets_are_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    module.freeze()
    module.freeze()
    monkeypatch.setattr(module, "TARGETS", {**module.TARGETS, "seeds": 1})
    with pytest.raises(SystemExit, match="holds other targets"):
        module.freeze()


def test_the_page_shows_what_is_finished_and_names_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    part = Estimate(-0.016, -0.02, -0.012, 0.95, 280, 280, "paired")

    def changes(name: str) -> tuple[list[GroupChange], list[AxisChange]]:
        more: dict[str, Any] = {"evaluation": "archive", "axis": "first_language"}
        return [change("ara", -0.025, **more)], [AxisChange(macro=part, worst=part, gap=part, **more)]

    monkeypatch.setattr(module, "changes", changes)
    names = module.plan([*module.AUDITS, *module.TRAINED], [0])
    module.write_page(names)
    assert "Not yet run: `base`, `beam`, `erm-0`, `anchor-0`." in module.PAGE.read_text()
    for name in ("base", "beam"):
        finish(name)
    module.write_page(names)
    text = module.PAGE.read_text()
    assert text.startswith("above")
    assert text.endswith("below\n")
    assert "old" not in text
    assert "### `beam` against" in text
    assert "| against greedy | Arabic |" in text
    assert "| `beam` | -2.5 [" in text
    assert "mean -1.6 [-2.0, -1.2]" in text
    assert "Not yet run: `erm-0`, `anchor-0`." in text
    assert list(json.loads(module.DATA.read_text())) == ["beam"]


@pytest.mark.parametrize(
    ("value", "harmed", "words"),
    [
        (-0.15, False, "Targets reached: mean of the other first languages -30.0 % against greedy"),
        (-0.10, False, "Targets not reached: mean of the other first languages -20.0 %"),
        (-0.15, None, "not shown not degraded"),
    ],
)
def test_each_seed_is_judged_by_the_targets(value: float, harmed: bool | None, words: str) -> None:
    more: dict[str, Any] = {"evaluation": "archive", "axis": "first_language"}
    guarded = change("eng", 0.0, harmed=harmed, **{**more, "protected": True})
    assert words in module._judged([change("ara", value, **more), guarded], [change("ara", -0.02, **more)])
