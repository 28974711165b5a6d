"""Workers of a Ray cluster give what one process gives, whoever is killed; one small cluster for the whole module."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from speechfair import verify
from speechfair.auditing.run import audit, prepare, transcribe
from speechfair.errors import InputError, ModelError
from speechfair.models.specification import ModelSpecification, note_specification
from speechfair.running import batch_plan, ray_engine, ray_pool
from speechfair.running.engine_choice import load_engine
from speechfair.running.transcription import Progress
from speechfair.testing import Scripted
from speechfair.types import Audio, Hypothesis
from tests.running.test_run_shards import without_times
from tests.support import ListCorpus, scripted_texts, small_corpus

ray = pytest.importorskip("ray", reason="Ray is not installed")

FAULTS: dict[str, Any] = {"failures": {"s05-1": "no answer"}, "crash_on": ["s03-2"]}


class Mortal(Scripted):
    """Ends its process when it hears `victim`: once for each line that `marks` lacks of `deaths`."""

    victim, deaths, marks = "", 0, Path()

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        died = self.marks.read_text().count("\n") if self.marks.is_file() else 0
        if died < self.deaths and self.victim in {audio.utterance_id for audio in batch}:
            with self.marks.open("a") as file:
                file.write("died\n")
            os._exit(1)
        return super().transcribe(batch)

    def dying(self, marks: Path, deaths: int) -> Mortal:
        self.victim, self.deaths, self.marks = "s07-7", deaths, marks
        return self


class Occupant:
    """Takes what it was given of the cluster."""

    def ready(self) -> None:
        """Runs."""


@pytest.fixture(scope="module", autouse=True)
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Two processors, or the cluster of RAY_ADDRESS. Ray's processes import jsonschema, whose grammar of IRIs
    alone would take seconds in each."""
    lean = tmp_path_factory.mktemp("lean")
    (lean / "rfc3987_syntax.py").write_text("raise ImportError\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_plan, "BATCH", 4)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("PYTHONPATH", str(lean), prepend=os.pathsep)
        patch.setenv("RAY_memory_monitor_refresh_ms", "0")
        ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
        own = (
            {}
            if "RAY_ADDRESS" in os.environ
            else {"address": "local", "num_cpus": 2, "num_gpus": 0, "include_dashboard": False}
        )
        try:
            ray.init(**own, logging_level="ERROR", log_to_driver=False)
        except Exception as error:  # Ray gives up after 15 seconds, which a busy machine needs longer
            _end()
            if "timed out during startup" not in str(error):
                raise
            pytest.skip(
                "this machine is too busy for Ray's node to start in the 15 seconds that Ray waits for it"
            )
        yield
        _end()


def _end() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray leaves the processes of its cluster to the collector
        ray.shutdown()
        gc.collect()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> ListCorpus:
    """16 batches."""
    return small_corpus(tmp_path_factory.mktemp("wav"), speakers=8, per_speaker=8)


@pytest.fixture
def model(corpus: ListCorpus) -> Mortal:
    return Mortal(scripted_texts(corpus, {"x": 1, "y": 3}), **FAULTS)


@pytest.fixture(scope="module")
def local(corpus: ListCorpus, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What one process writes."""
    out = tmp_path_factory.mktemp("local") / "run"
    found = Mortal(scripted_texts(corpus, {"x": 1, "y": 3}), **FAULTS)
    audit(corpus, found, ["accent"], out=out)
    return without_times(out)


def test_a_killed_driver_and_a_lost_worker_change_nothing(
    corpus: ListCorpus, model: Mortal, local: dict[str, object], tmp_path: Path
) -> None:
    done: list[int] = []

    def kill(progress: Progress) -> None:
        done.append(progress.done)
        if len(done) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audit(corpus, model, ["accent"], out=tmp_path / "run", engine="ray", observe=kill)
    assert done == [0, 4, 8, 12]  # in the order of the plan, a batch each
    audit(corpus, model.dying(tmp_path / "marks", 2), ["accent"], out=tmp_path / "run", engine="ray")
    assert (tmp_path / "marks").read_text().count("\n") == 2
    assert without_times(tmp_path / "run") == local
    assert verify(tmp_path / "run").ok


def test_a_batch_that_ends_every_worker_ends_the_run_and_loses_nothing(
    corpus: ListCorpus, model: Mortal, local: dict[str, object], tmp_path: Path
) -> None:
    prepare(corpus, tmp_path / "run")
    with pytest.raises(
        ModelError, match="3 workers were lost while they held only the batch that begins with"
    ):
        transcribe(tmp_path / "run", model.dying(tmp_path / "marks", 99), engine="ray")
    model.deaths = 0
    transcribe(tmp_path / "run", model, engine="local")
    assert {name: content for name, content in local.items() if "part-" in name}.items() <= without_times(
        tmp_path / "run"
    ).items()


def test_a_worker_with_another_model_stops_the_run(corpus: ListCorpus, model: Mortal, tmp_path: Path) -> None:
    note_specification(model, ModelSpecification("python:math:hypot", {}))
    with pytest.raises(ModelError, match=r"is another model here .*; install the same on every machine"):
        audit(corpus, model, ["accent"], out=tmp_path, engine="ray")


def test_a_folder_that_workers_do_not_see_is_no_failed_utterance(
    corpus: ListCorpus, model: Mortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_engine, "_root", lambda work: Path("/elsewhere/audio"))
    with pytest.raises(ModelError, match="there is no folder /elsewhere/audio; every machine must see it"):
        audit(corpus, model, ["accent"], out=tmp_path, engine="ray")


def test_too_large_workers_are_refused(corpus: ListCorpus, model: Mortal, tmp_path: Path) -> None:
    expected = (
        "a worker takes 1 CPUs and 1 GPUs, and no machine of the Ray cluster has that: one with 2 CPUs and 0"
    )
    with pytest.raises(InputError, match=expected):
        audit(corpus, model, ["accent"], out=tmp_path, engine=load_engine("ray", gpus=1))


def test_what_a_worker_waits_for_is_said(
    corpus: ListCorpus,
    model: Mortal,
    local: dict[str, object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another program holds the whole cluster until the first notice."""
    other = ray.remote(num_cpus=2)(Occupant).remote()
    ray.get(other.ready.remote())
    notices: list[str] = []

    def hear(notice: str) -> None:
        notices.append(notice)
        ray.kill(other)

    monkeypatch.setattr(ray_pool, "NOTICE_S", 0.5)
    monkeypatch.setattr(ray_pool._LOG, "warning", hear)
    audit(corpus, model, ["accent"], out=tmp_path / "run", engine="ray")
    assert "waiting for room: each worker takes 1 CPUs and 0 GPUs, and 0 CPUs" in notices[0]
    assert without_times(tmp_path / "run") == local


def test_a_model_that_cannot_be_sent_is_refused(corpus: ListCorpus, model: Mortal, tmp_path: Path) -> None:
    model.lock = multiprocessing.Lock()  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="cannot be sent to other processes"):
        audit(corpus, model, ["accent"], out=tmp_path, engine="ray")
