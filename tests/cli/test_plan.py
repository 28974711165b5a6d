from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from speechfair.auditing.run import audit
from speechfair.testing import Scripted
from tests.cli.conftest import Done
from tests.support import scripted_texts, small_corpus

STATED = ["--rate", "0.2", "--cv", "0.5", "--words-per-speaker", "200"]


def test_stated_figures_as_text_json_and_picture(speechfair: Callable[..., Done], tmp_path: Path) -> None:
    told = speechfair("plan", *STATED)
    assert (told.returncode, told.stderr) == (0, "")
    done = speechfair("plan", *STATED, "--json", "--picture", str(tmp_path / "curve.svg"))
    content = json.loads(done.stdout)
    assert f"Needed: {content['speakers']} speakers per group" in told.stdout
    assert (tmp_path / "curve.svg").exists()


def test_pilot_and_finished(speechfair: Callable[..., Done], tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "wav")
    run = tmp_path / "run"
    audit(corpus, Scripted(scripted_texts(corpus, {"x": 1, "y": 2})), ["accent"], out=run)
    pilot = speechfair("plan", "--pilot", str(run), "--axis", "accent", "--ratio", "1.5", "--json")
    assert json.loads(pilot.stdout)["pilot"]["reference"] == "x"
    finished = speechfair("plan", "--finished", str(run), "--json")
    (row,) = json.loads(finished.stdout)["groups"]
    assert row["group"] == "y"
    assert row["detectable_ratio"] > 1


def test_texts_metrics_and_two_models(speechfair: Callable[..., Done], tmp_path: Path) -> None:
    texts = speechfair("plan", *STATED, "--texts", "40", "--text-cv", "0.3")
    assert "The interval is for other texts too" in texts.stdout
    failures = speechfair(
        "plan", "--metric", "failure_rate", "--rate", "0.03", "--cv", "1", "--trials-per-speaker", "30"
    )
    assert "utterances per group" in failures.stdout
    paired = speechfair(
        "plan", "--paired", *STATED, "--churn", "0.04", "--json", "--out", str(tmp_path / "plan.json")
    )
    assert json.loads(paired.stdout) == json.loads((tmp_path / "plan.json").read_text("utf-8"))
    assert json.loads(paired.stdout)["no_harm"] > 5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--rate, --cv, --words-per-speaker missing"),
        (["--finished", "nowhere"], "not a run folder"),
        (["--finished", "nowhere", "--ratio", "2"], "leave out --ratio"),
        ([*STATED, "--rate", "20"], "as a fraction"),
        ([*STATED, "--power", "80"], "power is 80"),
        ([*STATED, "--reference-speakers", "3"], "fewer than 5 speakers"),
        ([*STATED, "--churn", "0.1"], "for two models add --paired; leave out --churn"),
        (["--paired", *STATED, "--ratio", "2"], "leave out --ratio"),
        (["--paired", *STATED], "--churn missing"),
        (["--finished", "nowhere", "--paired"], "leave out --paired"),
        ([*STATED, "--picture", "curve.gif"], ".svg or .png"),
    ],
)
def test_bad_input_is_one_clear_line(speechfair: Callable[..., Done], words: list[str], message: str) -> None:
    done = speechfair("plan", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
