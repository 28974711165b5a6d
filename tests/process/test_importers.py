"""Evidence from other tools: read as their own libraries write it, kept with digests, and honest about its reach."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
import yaml

from speechfair.errors import InputError
from speechfair.process.importers import import_evidence, importers, proves
from speechfair.process.init import Start, init
from speechfair.process.ledger import Ledger
from speechfair.process.project_verify import verify_process


@pytest.fixture
def process(tmp_path: Path) -> Path:
    init(tmp_path / "process", Start.model_validate({"name": "n", "aifl": 1, "languages": ["eng"]}))
    return tmp_path / "process"


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def checkout(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "train.py").write_text("print(1)\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    git(folder, "tag", "plain")
    git(folder, "tag", "-a", "v1", "-m", "one")
    return folder


def mlflow_run(folder: Path) -> Path:
    """A run as MLflow's file store lays it out."""
    for name in ("params", "metrics", "tags"):
        (folder / name).mkdir(parents=True)
    meta = {"run_id": "abc", "status": 3, "start_time": 1, "end_time": 2, "lifecycle_stage": "active"}
    (folder / "meta.yaml").write_text(yaml.safe_dump(meta))
    (folder / "params" / "lr").write_text("0.001")
    (folder / "metrics" / "wer").write_text("1700000000000 0.4 1\n1700000000001 0.3 2\n")
    (folder / "tags" / "mlflow.source.git.commit").write_text("0123456789abcdef")
    return folder


def dvc_lock(folder: Path) -> Path:
    folder.mkdir()
    (folder / "data.csv").write_text("a,b\n")
    digest = hashlib.md5((folder / "data.csv").read_bytes(), usedforsecurity=False).hexdigest()
    out = {"path": "model.bin", "md5": "0" * 32, "size": 1}
    stage = {
        "cmd": "python train.py",
        "deps": [{"path": "data.csv", "md5": digest, "size": 4}],
        "outs": [out],
    }
    (folder / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": {"train": stage}}))
    return folder / "dvc.lock"


def trainer_state(folder: Path) -> Path:
    folder.mkdir()
    log = [{"loss": 2.0, "step": 1}, {"eval_wer": 0.3, "step": 2}, {"loss": 1.0, "step": 2}]
    content = {"global_step": 2, "max_steps": 2, "epoch": 1.0, "best_metric": 0.3, "log_history": log}
    (folder / "trainer_state.json").write_text(json.dumps(content))
    return folder / "trainer_state.json"


def measurement(folder: Path) -> Path:
    folder.mkdir()
    value = {
        "metric": "loss", "axis": "accent", "group": "x", "value": 0.1, "low": 0.0, "high": 0.2, "n_speakers": 9,
        "limit": 1,
    }  # fmt: skip
    content = {
        "item": "AF-4.8", "model_sha256": "0" * 64, "criteria_sha256": "1" * 64, "measured_with": "t 1",
        "judged_by": "people", "values": [value],
    }  # fmt: skip
    (folder / "measurement.json").write_text(json.dumps(content))
    return folder / "measurement.json"


MADE = {
    "git": (checkout, "changed_files", 0),
    "mlflow": (mlflow_run, "metrics", {"wer": 0.3}),
    "dvc": (dvc_lock, "files_compared", 1),
    "trainer": (trainer_state, "first_and_last_loss", [2.0, 1.0]),
    "measurement": (measurement, "item", "AF-4.8"),
}


def test_every_importer_is_tested_here() -> None:
    assert set(importers().names()) == set(MADE)


@pytest.mark.parametrize("name", MADE)
def test_evidence_is_kept_noted_and_verified(process: Path, tmp_path: Path, name: str) -> None:
    make, key, expected = MADE[name]
    found = import_evidence(process, name, make(tmp_path / "tool"))
    content = json.loads(found.path.read_text())
    assert content["facts"][key] == expected
    assert found.problems == ()
    shown, not_shown = proves(name)
    assert (content["proves"]["en"], content["not_proven"]["ja"]) == (shown.en, not_shown.ja)
    (entry,) = Ledger(process).read().of_kind("import")
    assert entry.body["file"] == f"imported/{found.path.name}"
    assert verify_process(process).ok
    import_evidence(
        process, name, tmp_path / "tool" if name in ("git", "mlflow") else make_path(name, tmp_path)
    )
    assert len(Ledger(process).read().of_kind("import")) == 1
    found.path.write_text(found.path.read_text().replace("facts", "fakes"))
    assert any(found.path.name in problem for problem in verify_process(process).problems)


def make_path(name: str, folder: Path) -> Path:
    return (
        folder
        / "tool"
        / {"dvc": "dvc.lock", "trainer": "trainer_state.json", "measurement": "measurement.json"}[name]
    )


@pytest.mark.parametrize("name", MADE)
def test_what_is_not_of_the_tool_is_refused(process: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.json").write_text("{}")
    with pytest.raises(InputError):
        import_evidence(process, name, tmp_path / "other" / "x.json")
    assert not Ledger(process).read().of_kind("import")


def test_what_does_not_fit_is_named(process: Path, tmp_path: Path) -> None:
    lock = dvc_lock(tmp_path / "dvc")
    (tmp_path / "dvc" / "data.csv").write_text("changed")
    assert import_evidence(process, "dvc", lock).problems == ("train: data.csv is not as dvc.lock says",)
    folder = checkout(tmp_path / "git")
    (folder / "train.py").write_text("print(2)\n")
    found = import_evidence(process, "git", folder)
    assert "1 files differ from commit" in found.problems[0]
    assert json.loads(found.path.read_text())["facts"]["tags"] == {"plain": "none", "v1": "none"}
