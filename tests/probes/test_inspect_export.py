"""The Inspect export: tasks run with our models, groups have clustered errors, and the audio stays out of the log."""

from __future__ import annotations

import gc
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from speechfair.auditing.run import audit
from speechfair.errors import MissingExtraError
from speechfair.models import from_callable
from speechfair.probes.inspect_export import audit_task, evaluate, grounding_task, group_figures
from speechfair.probes.items import options_of
from speechfair.testing import Scripted
from speechfair.types import Answer, Architecture, ModelIdentity, Question
from tests.probes.planted_model import scene_corpus
from tests.support import small_corpus

absent = importlib.util.find_spec("inspect_ai") is None


def runs_inspect(test: Callable[..., None]) -> Callable[..., None]:
    """For a test that runs an evaluation of Inspect: its two own warnings are let pass, here only.

    inspect-ai 0.3.285 calls tenacity with a parameter that is deprecated (``model/_retry.py``), and never closes the
    stream on which a sample's events are handed to its hooks (``hooks/_hooks.py``, ``drain_sample_events``). The stream
    dies with the garbage collection; `collected` has it die in the test that made it and not in a later one.
    """
    for mark in (
        pytest.mark.filterwarnings(
            "ignore:The 'initial' parameter is deprecated:DeprecationWarning:inspect_ai"
        ),
        pytest.mark.filterwarnings("ignore:Unclosed <MemoryObjectReceiveStream:ResourceWarning"),
        pytest.mark.usefixtures("collected"),
        pytest.mark.skipif(absent, reason="inspect-ai is not installed (extra inspect)"),
    ):
        test = mark(test)
    return test


@pytest.fixture
def collected() -> Iterator[None]:
    yield
    gc.collect()


def test_one_cluster_has_no_standard_error_and_speakers_are_the_clusters() -> None:
    found = group_figures([("a", "s1", 1.0), ("a", "s1", 0.0), ("b", "s1", 1.0), ("b", "s2", 0.0)])
    assert found == {"a": 0.5, "b": 0.5, "b_se": 0.5}
    repeated = group_figures([("b", "s1", 1.0), ("b", "s2", 0.0)] * 50)
    assert repeated["b_se"] == pytest.approx(0.5), "more answers of the same speakers make it no surer"
    assert "c_se" not in group_figures([("c", "unknown", 1.0), ("c", "s2", 0.0)])


def test_without_the_extra_the_message_names_the_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "inspect_ai", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'speechfair\[inspect\]'"):
        grounding_task(scene_corpus(tmp_path, n_scenes=1, speakers=1), "accent")


class First:
    """Always takes the first option."""

    sample_rate = 16_000
    architecture: Architecture = "native"
    identity = ModelIdentity("first", "test", "1", {}, {})

    def answer(self, batch: Sequence[Question]) -> list[Answer]:
        return [Answer(q.id, "A" if q.audio is not None else "B", None, 0.0, "k") for q in batch]


@runs_inspect
def test_the_grounding_task_runs_and_groups(tmp_path: Path) -> None:
    corpus = scene_corpus(tmp_path / "speech", n_scenes=2, speakers=2)
    log = evaluate(grounding_task(corpus, "accent"), First(), tmp_path / "logs")
    assert log.status == "success", log.error
    asked = [(scene, item) for scene in corpus.by_text.values() for item in scene.items]
    right = [options_of(scene.id, item, 0)[0] == item.answer for scene, item in asked]
    by_group = log.results.scores[0].metrics
    figures = {name: found.value for name, found in by_group.items()}
    assert figures["thick"] == pytest.approx(sum(right) / len(right))
    assert figures["thick_se"] == pytest.approx(0)
    assert any(name.startswith("thick L2") for name in figures)
    assert "unknown_se" not in figures
    written = b"".join(path.read_bytes() for path in (tmp_path / "logs").rglob("*") if path.is_file())
    assert len(written) < 400_000
    text = evaluate(grounding_task(corpus, "accent", arm="text"), First(), tmp_path / "logs2")
    assert text.status == "success"


@runs_inspect
def test_the_audit_task_scores_word_errors(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "speech", speakers=4, per_speaker=1)
    model = Scripted({}, default="one two three four five six seven eight nine wrong")
    log = evaluate(audit_task(corpus, "accent", normalizer="basic"), model, tmp_path / "logs")
    assert log.status == "success", log.error
    figures = {name: found.value for name, found in log.results.scores[0].metrics.items()}
    assert figures["x"] == pytest.approx(0.1)
    assert figures["x_se"] == pytest.approx(0)


@runs_inspect
def test_the_log_on_disk_says_of_every_utterance_what_the_audit_says(tmp_path: Path) -> None:
    from inspect_ai.log import read_eval_log

    corpus = small_corpus(tmp_path / "speech", speakers=4, per_speaker=2)
    model = from_callable(_words_by_length, name="by-length")
    evaluate(audit_task(corpus, "accent", normalizer="basic"), model, tmp_path / "logs")
    [path] = (tmp_path / "logs").glob("*.eval")
    log = read_eval_log(str(path))
    found = {sample.id: sample.scores["speechfair_audit_scorer"].value for sample in log.samples}
    audit(corpus, model, ["accent"], out=tmp_path / "run", normalizer="basic")
    [scores] = (tmp_path / "run" / "scores").glob("*.parquet")
    ours = {row["utterance_id"]: _rate(row) for row in pl.read_parquet(scores).iter_rows(named=True)}
    assert len(set(ours.values())) > 2, "a constant would be equal by chance"
    assert found == pytest.approx(ours)
    figures = {name: value.value for name, value in log.results.scores[0].metrics.items()}
    assert figures["mean"] == pytest.approx(sum(ours.values()) / len(ours))


def _words_by_length(samples: Any, rate: int) -> str:
    return " ".join(
        ["one", "two", "three", "four", "five", "six", "seven", "eight"][: 20 * len(samples) // rate]
    )


def _rate(row: dict[str, Any]) -> float:
    return float((row["substitutions"] + row["deletions"] + row["insertions"]) / row["reference_length"])
