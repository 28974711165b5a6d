"""Probe runs become measurements: no group is left out, nothing passes that was not measured after the freeze."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speechfair.cli.main import app
from speechfair.errors import InputError, RunFolderError
from speechfair.probes.grounding.probe_grounding import probe_grounding
from speechfair.probes.grounding.spoken import SceneCorpus
from speechfair.probes.response.probe_response import probe_response
from speechfair.process.checks.grounding import measured
from speechfair.process.init import Start, freeze, init
from speechfair.process.material import read_material
from speechfair.process.measurement import read_measurement
from speechfair.process.probe_evidence import measure
from speechfair.store import file_digest
from tests.probes.planted_model import Planted, scene_corpus
from tests.probes.response.test_probe_response import Servant
from tests.probes.response.test_probe_response import corpus as request_corpus
from tests.process.project import CRITERIA


def planted(corpus: SceneCorpus, level: int | None = None, drop: float = 0.0) -> Planted:
    model = Planted(corpus, level, drop=drop)
    model.identity = replace(model.identity, digest="a" * 64)
    return model


class Hired(Servant):
    """A servant with weights."""

    identity = replace(Servant.identity, digest="b" * 64)


def process_folder(root: Path) -> Path:
    process = root / "process"
    start = {"name": "probed", "aifl": 1, "languages": ["eng"], "numbers": {"min_speakers": 8}}
    init(process, Start.model_validate(start))
    (process / "criteria.yaml").write_text(CRITERIA)
    return process


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A process whose criteria were frozen, and three probes after that: grounding (thick is worse at L2), replies."""
    root = tmp_path_factory.mktemp("probed")
    early = scene_corpus(root / "speech", n_scenes=2)
    probe_grounding(early, planted(early), ["accent"], out=root / "early")
    freeze(process_folder(root))
    corpus = scene_corpus(root / "speech")
    probe_grounding(corpus, planted(corpus, 2, 0.6), ["accent"], out=root / "grounding")
    probe_response(request_corpus(root / "requests"), Hired(), ["accent"], out=root / "response")
    probe_grounding(early, Planted(early), ["accent"], out=root / "nameless")
    return root


def test_grounding_gives_every_group_of_every_level(root: Path) -> None:
    files = measure(root / "process", root / "grounding")
    assert [path.name for path in files] == [f"measurement-AF-4.{n}.json" for n in (8, 9, 10)]
    found = {one.item: one for one in map(read_measurement, files)}
    result = json.loads((root / "grounding" / "grounding.json").read_text())
    for one in found.values():
        assert {value.group for value in one.values} == {"thick", "other"}
        assert one.model_sha256 == result["model_record"]["digest"]
        assert one.criteria_sha256 == file_digest(root / "process" / "criteria.yaml")
        assert file_digest(root / "grounding" / "grounding.json") in one.measured_with
        assert one.judged_by == "counting"
        assert {value.limit for value in one.values} == {0.1}
    (thick,) = [v for v in found["AF-4.8"].values if v.group == "thick"]
    groups = {group["value"]: group for group in result["axes"][0]["groups"]}
    deficit = next(one for one in groups["thick"]["levels"] if one["level"] == 2)["deficit"]
    assert (thick.value, thick.low, thick.high) == (deficit["value"], deficit["low"], deficit["high"])
    assert thick.low > thick.limit
    losses = [v for v in found["AF-4.9"].values if "loss against text" in v.metric]
    assert {v.group for v in losses} == {"thick", "other"}
    for loss in losses:
        gaps = [
            next(one for one in groups[name]["levels"] if one["level"] == 3)["modality_gap"]
            for name in (loss.group, "plain")
        ]
        assert loss.value == pytest.approx(gaps[0]["value"] - gaps[1]["value"])
        assert loss.high - loss.low >= gaps[0]["high"] - gaps[0]["low"]


def test_the_check_reads_them(root: Path) -> None:
    measure(root / "process", root / "grounding")
    measure(root / "process", root / "grounding")
    material = read_material(root / "process")
    assert material.run_list.measurements.count("../grounding/measurement-AF-4.8.json") == 1
    found = measured(material, "AF-4.8")
    assert found.status == "fail"
    assert "accent=thick" in found.reason.en
    assert "beyond the limit" in found.reason.en
    assert "accent=other" not in found.reason.en


def test_replies_must_lie_within_the_margin_on_both_sides(root: Path) -> None:
    shown = CliRunner().invoke(app, ["process", "measure", str(root / "process"), str(root / "response")])
    assert shown.exit_code == 0, shown.output
    one = read_measurement(root / "response" / "measurement-AF-4.11.json")
    assert one.judged_by == "counting"
    by_measure = {value.metric for value in one.values}
    assert len(by_measure) == 11
    assert {(v.limit, v.better) for v in one.values if "times" not in v.metric} == {
        (0.1, "lower"),
        (-0.1, "higher"),
    }
    assert {v.better for v in one.values if "times" in v.metric} == {"lower", "higher"}
    declined = [v for v in one.values if "declined" in v.metric and v.better == "lower"]
    assert declined[0].low > 0.1


def test_a_probe_before_the_freeze_is_no_evidence(root: Path) -> None:
    with pytest.raises(InputError, match="not after the criteria were frozen"):
        measure(root / "process", root / "early")


def test_what_is_no_probe_or_was_changed_is_refused(root: Path, tmp_path: Path) -> None:
    import shutil

    (tmp_path / "other").mkdir()
    shutil.copy(root / "grounding" / "run.yaml", tmp_path / "other")
    with pytest.raises(InputError, match="holds neither"):
        measure(root / "process", tmp_path / "other")
    with pytest.raises(InputError, match="is no SHA-256"):
        measure(root / "process", root / "nameless")
    copy = tmp_path / "changed"
    shutil.copytree(root / "grounding", copy)
    text = (copy / "grounding.json").read_text()
    (copy / "grounding.json").write_text(text.replace('"margin": 0.1', '"margin": 0.9'))
    with pytest.raises(RunFolderError, match=r"grounding\.json: was changed"):
        measure(root / "process", copy)


def test_unfrozen_criteria(root: Path, tmp_path: Path) -> None:
    process = process_folder(tmp_path)
    with pytest.raises(InputError, match="the ledger does not hold"):
        measure(process, root / "grounding")
    (process / "criteria.yaml").unlink()
    with pytest.raises(InputError, match="is not there"):
        measure(process, root / "grounding")
