"""The confidence report of a run folder: a planted unfair confidence is found, and old folders still read."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from speechfair.auditing.run import audit
from speechfair.cli.main import app
from speechfair.errors import InputError
from speechfair.exploring.confidence import confidence
from speechfair.running.transcription import read_hypotheses
from speechfair.store import RunFolder
from speechfair.testing import Scripted
from tests.support import small_corpus

TEXT = "one two three four five six seven eight nine ten"


def run_of(folder: Path, sure: bool = True) -> Path:
    """Accent y has 3 of 10 words wrong and claims what x claims, who has 1 wrong; the doubtful have more wrong."""
    corpus = small_corpus(folder / "wav", speakers=20, per_speaker=4)
    texts, confidences = {}, {}
    for row in corpus:
        doubtful = row.id.endswith("-3")  # type: ignore[union-attr]
        accent = {label.axis: label.value for label in row.labels}["accent"]  # type: ignore[union-attr]
        wrong = (1 if accent == "x" else 3) + (4 if doubtful else 0)
        words = TEXT.split()
        texts[row.id] = " ".join(["uh"] * wrong + words[wrong:])
        confidences[row.id] = 0.5 if doubtful else 0.9
    model = Scripted(texts, confidences=confidences if sure else None)
    audit(corpus, model, ["accent"], out=folder / "run")
    return folder / "run"


def test_a_group_that_claims_too_much_is_named_and_gets_its_own_threshold(tmp_path: Path) -> None:
    found = confidence(run_of(tmp_path), target_error=0.15)
    groups = {group.value: group for group in found.groups}
    assert set(groups) == {"x", "y"}
    # x claims .9, .9, .9, .5 and has .9, .9, .9, .5 right; y has .2 less right each time
    assert groups["x"].overconfidence.value == pytest.approx(0.0)
    assert groups["y"].overconfidence.value == pytest.approx(0.2)
    assert groups["x"].own is not None
    assert groups["x"].own.threshold == 0.9
    assert groups["x"].own.error_rate.value == pytest.approx(0.1)
    assert groups["y"].own is None
    assert found.common_threshold is None
    assert "no threshold brings the error down to the target in accent=y" in found.notes
    looser = confidence(tmp_path / "run", target_error=0.35)
    thresholds = {group.value: group.own.threshold for group in looser.groups if group.own}
    assert thresholds == {"x": 0.5, "y": 0.9}
    assert looser.common_threshold == 0.9
    (share,) = [g.own.coverage.value for g in looser.groups if g.own and g.value == "y"]
    assert share == pytest.approx(0.75)


def test_the_command_prints_a_table_or_json(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    runner = CliRunner()
    shown = runner.invoke(app, ["confidence", str(run)])
    assert shown.exit_code == 0, shown.output
    assert "accent=y" in shown.output
    asked = runner.invoke(app, ["confidence", str(run), "--json", "--target-error", "0.35"])
    assert json.loads(asked.stdout)["common_threshold"] == 0.9


def test_a_model_without_confidences_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gave no confidences"):
        confidence(run_of(tmp_path, sure=False))


def test_parts_from_before_there_were_confidences_still_read(tmp_path: Path) -> None:
    run = RunFolder(run_of(tmp_path))
    (key,) = {path.parent.name for path in run.path.glob("hypotheses/*/*.parquet")}
    before = read_hypotheses(run, key)
    for path in run.path.glob("hypotheses/*/*.parquet"):
        pl.read_parquet(path).drop("confidence").write_parquet(path)
    after = read_hypotheses(run, key)
    assert after["confidence"].null_count() == after.height
    assert after.drop("confidence").equals(before.drop("confidence"))
