"""Readers of results: two runs compared, a run gated, runs in a row, probes, debiasing runs, and replies of servers.

For `benchmarks.fuzz_readers`, which damages their files.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from speechfair.comparing.compare_models import compare
from speechfair.comparing.leaderboard import leaderboard
from speechfair.comparing.sequence import sequence
from speechfair.debias.data.earlier_models import earlier_model
from speechfair.debias.judging.before_after import DebiasResult
from speechfair.debias.judging.method_table import read_run
from speechfair.debias.process_record import ending_of, training_record
from speechfair.debias.recipe import DebiasRecipe
from speechfair.gating.judge import gate
from speechfair.models import load_model, load_speech_llm
from speechfair.models.served.http_client import Retries
from speechfair.probes.grounding.probe_grounding import probe_grounding
from speechfair.probes.response.probe_response import probe_response
from speechfair.process.probe_evidence import read_probe_result
from speechfair.types import Audio, Question
from tests.models.server import Answer, TranscriptionServer
from tests.probes.planted_model import Planted, scene_corpus
from tests.probes.response.test_probe_response import Servant
from tests.probes.response.test_probe_response import corpus as request_corpus

__all__ = ["result_readers"]

Make = Callable[[Path], Callable[[], Any]]
CHECKOUT = Path(__file__).parents[1]
FROZEN = CHECKOUT / "tests" / "fixtures" / "run_folders" / "frozen"
SOUND = Audio("a", np.full(1600, 0.25, np.float32), 16_000)


def result_readers() -> dict[str, Make]:
    """How each reader's good files are made, by its name."""
    return {
        "comparison": _of_two(compare),
        "leaderboard": _of_two(lambda one, two: leaderboard([one, two])),
        "sequence": _of_two(lambda one, two: sequence([one, two])),
        "verdict": _verdict,
        "probe grounding": _probe("grounding.json", _grounding),
        "probe response": _probe("response.json", _response),
        "debias result": _debias(read_run),
        "debias record": _debias(lambda run: training_record(run, trainer="a", commit="abcdef0")),
        "debias ending": _debias(ending_of),
        "debias speakers": _debias(lambda run: earlier_model(run / "model")),
        "reply transcription": _reply({"text": "one two"}, _transcribed),
        "reply chat": _reply({"choices": [{"message": {"content": "two"}}]}, _answered),
    }


def _of_two(read: Callable[[Path, Path], Any]) -> Make:
    def make(place: Path) -> Callable[[], Any]:
        for name in ("before", "after"):
            shutil.copytree(FROZEN, place / name)
        return lambda: read(place / "before", place / "after")

    return make


def _verdict(place: Path) -> Callable[[], Any]:
    shutil.copytree(FROZEN, place / "run")
    shutil.copy(FROZEN.parent / "frozen-criteria.yaml", place / "criteria.yaml")
    return lambda: gate(place / "run", place / "criteria.yaml")


def _grounding(folder: Path) -> None:
    corpus = scene_corpus(folder / "speech", n_scenes=2)
    probe_grounding(corpus, Planted(corpus), ["accent"], out=folder / "made")


def _response(folder: Path) -> None:
    probe_response(request_corpus(folder / "speech"), Servant(), ["accent"], out=folder / "made")


def _probe(name: str, probe: Callable[[Path], None]) -> Make:
    def make(place: Path) -> Callable[[], Any]:
        probe(place / "probe")
        shutil.copy(place / "probe" / "made" / name, place / name)
        shutil.rmtree(place / "probe")
        return lambda: read_probe_result(place / name)

    return make


def _debias(read: Callable[[Path], Any]) -> Make:
    """The files of a finished run that are read again, as short as they may be."""

    def make(place: Path) -> Callable[[], Any]:
        training = place / "training"
        training.mkdir()
        source = {"corpus": "librispeech"}
        asked = {
            "model": "bundled:m",
            "language": "eng",
            "axis": "accent",
            "method": {"name": "erm"},
            "train": [source],
        }
        evaluate = [{"name": "target", **source, "group_by": ["accent"]}]
        recipe = DebiasRecipe.model_validate({**asked, "steps": 1, "evaluate": evaluate})
        record = {
            "schema": "speechfair/debias-run/1", "recipe": recipe.settings(), "base_digest": "2" * 64,
            "training_manifests": ["3" * 64], "started": "2026-01-01T00:00:00Z",
            "trained": {
                "ended": "2026-01-01T01:00:00Z", "output_sha256": "1" * 64, "environment": {"torch": "2"},
                "hardware": "CPU",
            },
        }  # fmt: skip
        check = {"step": 1, "eval_worst": 0.1, "eval_macro": 0.1, "eval_group/x": 0.1}
        rates = {"groups": {"x": 0.1}, "macro": 0.1, "worst": 0.1}
        made = {
            "development_digest": "3" * 64, "history": [check], "kept_step": 1, "finish": {},
            "development_before": rates,
        }  # fmt: skip
        result = DebiasResult(
            verdict="undetermined",
            reasons=[],
            groups=[],
            axes=[],
            training=made,
            data=[],
            unused={},
            notes=[],
        )
        (place / "debias.yaml").write_text(yaml.safe_dump(record))
        (place / "debias.json").write_text(result.to_json())
        (training / "training.json").write_text(json.dumps(made))
        speakers = {"trained": ["a"], "development": ["b"], "complete": True}
        (training / "speakers.json").write_text(json.dumps(speakers))
        return lambda: read(place)

    return make


def _reply(body: Any, ask: Callable[[str], Any]) -> Make:
    """A server on loopback whose reply is a file; it lives as long as the process."""

    def make(place: Path) -> Callable[[], Any]:
        path = place / "reply.json"
        path.write_text(json.dumps(body))
        server = TranscriptionServer(lambda seen, number: Answer(body=_bytes(path))).start()
        Retries.wait_s = lambda *_: 0.0  # type: ignore[method-assign]  # nobody waits for a reply that stays damaged
        return lambda: ask(server.base_url)

    return make


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _transcribed(base_url: str) -> Any:
    return load_model("openai:made-up", base_url=base_url, key_env="").transcribe([SOUND])


def _answered(base_url: str) -> Any:
    return load_speech_llm("openai-chat:made-up", base_url=base_url, key_env="").answer(
        [Question("q", "How many?", audio=SOUND)]
    )
