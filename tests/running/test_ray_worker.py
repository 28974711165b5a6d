"""A worker gives what the local engine gives, and says in words why it cannot go on; Ray is not needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from speechfair.running.batch_dispatch import Stopped
from speechfair.running.batch_plan import plan_batches
from speechfair.running.engine import LocalEngine, Work
from speechfair.running.ray_worker import Task, Worker
from speechfair.running.run_manifest import build_manifest
from speechfair.testing import Scripted
from speechfair.types import Audio, Hypothesis, ModelIdentity, Recognizer
from tests.support import small_corpus


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    folder = tmp_path_factory.mktemp("work")
    corpus = small_corpus(folder / "wav", speakers=2, per_speaker=3)
    manifest = build_manifest(corpus, folder)
    return Work(manifest, plan_batches(manifest, 2), str(folder / "wav"), folder)


@pytest.fixture(autouse=True)
def _named(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEECHFAIR_AUDIO_ROOT", str(work.root))


def scripted() -> Scripted:
    texts = {f"s0{s}-{u}": "one two" for s in range(2) for u in range(3)}
    return Scripted(texts, failures={"s00-1": "no answer"}, crash_on=["s01-0"])


def worker_of(model: Recognizer, work: Work, identity: ModelIdentity | None = None) -> Worker:
    return Worker(
        Task(
            model=model,
            identity=identity or model.identity,
            sample_rate=model.sample_rate,
            root=Path(str(work.root)),
            folder=work.folder,
            working_folder=Path.cwd(),
            processors=1,
        )
    )


def without_time(found: Sequence[Hypothesis]) -> list[Hypothesis]:
    return [replace(hypothesis, seconds=0.0) for hypothesis in found]


def test_an_exception_of_the_model_is_the_failed_row_of_the_local_engine(work: Work) -> None:
    worker = worker_of(scripted(), work)
    assert worker.ready() is None
    there = [without_time(worker.recognize(work.manifest[rows])) for rows in work.batches]
    here = [without_time(found) for _, found in LocalEngine().recognize(scripted(), work)]
    assert there == here
    assert sum("RuntimeError" in (hypothesis.error or "") for batch in here for hypothesis in batch) == 1


def test_an_exception_elsewhere_is_a_reason_with_its_place(work: Work) -> None:
    class Broken(Scripted):
        def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
            raise MemoryError("no more")

    found = worker_of(Broken({}), work).recognize(work.manifest[work.batches[0]])
    assert isinstance(found, Stopped)
    assert "stopped: MemoryError: no more (test_ray_worker.py, line " in found.reason


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"options": {"device": "cpu"}}, r"option device \(cuda instead of cpu\).*--engine-option gpus=N"),
        ({"versions": {"torch": "1"}}, r"torch \(2 instead of 1\); install the same on every machine"),
        ({"digest": "f" * 64}, r"its weights \(0{16} instead of f{16}\)"),
    ],
)
def test_another_model_is_named_by_what_differs(work: Work, other: dict[str, object], expected: str) -> None:
    class There(Scripted):
        identity = ModelIdentity("m", "f", "0" * 64, {"device": "cuda"}, {"torch": "2"})  # type: ignore[assignment]

    model = There({})
    found = worker_of(model, work, replace(model.identity, **other)).ready()  # type: ignore[arg-type]
    assert found is not None
    with pytest.raises(AssertionError, match=expected):
        raise AssertionError(found.reason)
