"""What an evaluation could show: the formula agrees with simulated audits, and a hopeless plan is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speechfair.comparing.no_harm import Margins
from speechfair.debias.data.sources import corpus_of
from speechfair.debias.judging.expected_power import (
    ASSUMED,
    Pilot,
    _chance,
    check_groups,
    expected_power,
    simulated_pair,
    smallest_gain,
)
from speechfair.errors import InputError
from speechfair.metrics.paired import paired_ratio
from speechfair.running.run_manifest import build_manifest
from tests.debias.tiny import accents, recipe, speech


@pytest.mark.parametrize(("speakers", "each", "rate"), [(24, 69, 0.17), (12, 200, 0.4)])
def test_the_smallest_gain_is_found_four_times_of_five(speakers: int, each: int, rate: float) -> None:
    words, pilot = np.full(speakers, float(each)), Pilot(rate, 0.5, 0.5, 0.2, "stated")
    fall = smallest_gain(words, pilot, 0.95)
    assert fall is not None
    rng = np.random.default_rng(0)
    seen = 0
    for _ in range(200):
        high = paired_ratio(simulated_pair(words, pilot, -fall, rng)).high
        seen += high is not None and high < 1
    assert seen / 200 == pytest.approx(0.8, abs=0.1)


def test_more_speakers_show_more() -> None:
    few, many = (np.full(count, 69.0) for count in (11, 200))
    gains = [smallest_gain(words, ASSUMED, 0.95) for words in (few, many)]
    assert gains[0] is not None
    assert gains[1] is not None
    assert gains[1] < gains[0] / 3
    # eleven protected speakers cannot show that nothing happened; two hundred can
    protected = Pilot(0.07, 0.5, 0.5, 0.2, "stated")
    chances = [_chance(words, protected, 0.0, Margins()) for words in (few, many)]
    assert chances[0] < 0.5 < 0.9 < chances[1]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("power")
    speech(folder, "test", {**accents("e", 6, 6), "z0": "z"}, per_speaker=1)
    return folder


def chosen(home: Path, **changes: Any) -> Any:
    source = {
        "name": "target",
        "corpus": "manifest",
        "options": {"manifest": str(home / "test.csv")},
        "group_by": ["accent"],
        "protected_groups": ["accent=y"],
    }
    return recipe(home, home, axis="gender", evaluate=[source], **changes)


def test_each_group_has_its_power_and_a_lone_speaker_none(home: Path) -> None:
    plan = chosen(home)
    manifest = build_manifest(corpus_of(plan, plan.evaluate[0]), home)
    rows = {row.group: row for row in expected_power(plan, plan.evaluate[0], manifest, {})}
    assert [rows[name].n_speakers for name in ("everyone", "x", "y", "z")] == [13, 6, 6, 1]
    assert [rows[name].protected for name in ("everyone", "x", "y", "z")] == [False, False, True, False]
    assert rows["z"].hopeless
    assert rows["z"].reason == "fewer than 5 speakers: no interval"


def test_a_plan_that_can_only_be_undetermined_is_refused(home: Path) -> None:
    plan = chosen(home, even_if_undetermined=False)
    manifest = build_manifest(corpus_of(plan, plan.evaluate[0]), home)
    with pytest.raises(InputError, match=r"below 5 speakers: accent=z \(1\).*even_if_undetermined=true"):
        check_groups(plan, plan.evaluate[0], manifest)
    check_groups(chosen(home), plan.evaluate[0], manifest)
    source = plan.evaluate[0].model_copy(update={"protected_groups": ["accent=yy"]})
    with pytest.raises(
        InputError, match="no speaker of the protected group accent=yy; did you mean 'accent=y'"
    ):
        check_groups(plan, source, manifest)
