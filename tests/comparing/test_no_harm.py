"""The one no-harm judge: three verdicts, what would settle an open one, and nobody else who judges."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import speechfair
from speechfair.auditing.run import audit
from speechfair.comparing.matching import same_utterances
from speechfair.comparing.no_harm import Margins, judge_no_harm, worst_verdict
from speechfair.errors import InputError, RunFolderError
from speechfair.metrics.paired import non_inferiority
from speechfair.metrics.pairing import Pair
from speechfair.metrics.rates import SpeakerSums
from speechfair.testing import Scripted
from tests.support import scripted_texts, small_corpus


def pair(n: int, rise: float, seed: int = 0, words: int = 200) -> Pair:
    rng = np.random.default_rng(seed)
    names, each = tuple(f"s{i}" for i in range(n)), np.full(n, float(words))
    before = rng.poisson(16 * rng.gamma(4, 0.25, n))
    after = np.maximum(before + rng.poisson(4, n) - rng.binomial(before, 0.25) + round(rise * words), 0)
    return Pair(*(SpeakerSums(names, s.astype(float), each, 20 * n) for s in (before, after)))


def test_three_verdicts() -> None:
    found = {rise: judge_no_harm(pair(60, rise), Margins()) for rise in (-0.02, 0.01, 0.08)}
    assert [f.verdict for f in found.values()] == ["pass", "undetermined", "fail"]
    for f in found.values():
        assert f.smallest_visible_share == pytest.approx(1 - 0.05 ** (1 / 60))
        assert f.change is not None
        assert (f.more_speakers is None) == (
            f.verdict != "undetermined" or "sits on" in (f.more_speakers_reason or "")
        )


def test_it_is_the_test_of_the_metrics() -> None:
    for seed in range(5):
        one = pair(40, 0.005, seed)
        held, found = non_inferiority(one), judge_no_harm(one, Margins())
        assert (found.scale, found.limit, found.change) == (held.scale, held.limit, held.change)
        assert found.verdict == {True: "pass", False: "fail", None: "undetermined"}[held.holds]


def test_that_many_more_speakers_do_settle_it() -> None:
    found = judge_no_harm(pair(8, -0.005), Margins())
    assert found.verdict == "undetermined"
    assert found.more_speakers is not None
    assert "1 / sqrt" in (found.more_speakers_reason or "")
    settled = [
        judge_no_harm(pair(4 * (8 + found.more_speakers), -0.005, s), Margins()).verdict for s in range(9)
    ]
    assert settled.count("pass") >= 7


def test_without_an_interval_it_says_what_would_give_one() -> None:
    found = judge_no_harm(pair(3, 0), Margins())
    assert (found.verdict, found.more_speakers) == ("undetermined", 2)
    nobody = Pair(*(SpeakerSums((), np.zeros(0), np.zeros(0), 0) for _ in range(2)))
    empty = judge_no_harm(nobody, Margins())
    assert (empty.verdict, empty.more_speakers, empty.smallest_visible_share) == ("undetermined", None, None)


def test_the_worst_decides_and_nothing_is_no_pass() -> None:
    good, open_, bad = (judge_no_harm(pair(60, rise), Margins()) for rise in (-0.02, 0.01, 0.08))
    assert worst_verdict([good, good]) == "pass"
    assert worst_verdict([good, open_]) == "undetermined"
    assert worst_verdict([open_, bad, good]) == "fail"


@pytest.mark.parametrize(
    "wrong",
    [
        {"relative": -1},
        {"relative": 10},
        {"absolute": 2.0},
        {"absolute": float("nan")},
        {"level": 0.3},
        {"level": 1},
    ],
)
def test_senseless_margins_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError):
        Margins(**wrong)


def test_nobody_else_judges() -> None:
    """Only the judge calls the test; the window trial asks another question before a run, of one speaker sample."""
    package = Path(speechfair.__file__).parent
    callers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"import .*\bnon_inferiority\b", path.read_text(encoding="utf-8"))
    }
    assert callers <= {"comparing/no_harm.py", "running/window_trial.py", "metrics/__init__.py"}


def test_only_the_same_utterances_scored_alike_are_paired(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "wav", speakers=4, per_speaker=2)
    model = Scripted(scripted_texts(corpus, {"x": 1, "y": 2}))
    for name in ("a", "b"):
        audit(corpus, model, ["accent"], out=tmp_path / name)
    old, new = same_utterances(tmp_path / "a", tmp_path / "b", ["accent"])
    assert old["utterance_id"].equals(new["utterance_id"])
    assert isinstance(old, pl.DataFrame)
    audit(small_corpus(tmp_path / "wav", speakers=6, per_speaker=2), Scripted({}, default="one"), ["accent"],
          out=tmp_path / "c")  # fmt: skip
    with pytest.raises(InputError, match="not runs over the same manifest"):
        same_utterances(tmp_path / "a", tmp_path / "c", ["accent"])
    audit(corpus, model, ["accent"], out=tmp_path / "d", normalizer="verbatim")
    with pytest.raises(InputError, match="normalizer"):
        same_utterances(tmp_path / "a", tmp_path / "d", ["accent"])
    with pytest.raises(RunFolderError):
        same_utterances(tmp_path / "a", tmp_path / "none", ["accent"])
