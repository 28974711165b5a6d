"""Evidence from other tools: read as their own libraries write it, kept with digests, and honest about its reach."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from speechfair.errors import InputError
from speechfair.process.importers import Read, import_evidence, importers, proves, read_evidence
from speechfair.process.init import Start, init
from speechfair.process.ledger import Ledger
from speechfair.process.project_verify import verify_process
from tests.process.test_japanese import english


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
    """A run that MLflow's own file store wrote."""
    from mlflow.entities import Metric, Param, RunStatus, RunTag
    from mlflow.store.tracking.file_store import FileStore

    store = FileStore(str(folder), str(folder))
    tags = [RunTag("mlflow.source.git.commit", "0123456789abcdef"), RunTag("team", "speech")]
    run = store.create_run("0", "ana", 1, tags, "first").info.run_id
    store.log_param(run, Param("lr", "0.001"))
    store.log_batch(run, [Metric("wer", value, 5, step) for step, value in enumerate((0.4, 0.3))], [], [])
    store.log_metric(run, Metric("loss", float("nan"), 6, 2))
    store.update_run_info(run, RunStatus.FINISHED, 2, "first")
    return folder / "0" / run


def mlflow_database(folder: Path) -> Path:
    """The same run in the tables of MLflow's own models."""
    import sqlalchemy
    from mlflow.store.tracking.dbmodels import models

    folder.mkdir()
    engine = sqlalchemy.create_engine(f"sqlite:///{folder}/mlflow.db")
    kinds = (models.SqlExperiment, models.SqlRun, models.SqlParam, models.SqlLatestMetric, models.SqlTag)
    models.Base.metadata.create_all(engine, tables=[kind.__table__ for kind in kinds])
    run = {"run_uuid": "abc"}
    rows = [
        models.SqlExperiment(experiment_id=1, name="e", lifecycle_stage="active"),
        models.SqlRun(**run, status="FINISHED", start_time=1, end_time=2, experiment_id=1),
        models.SqlParam(**run, key="lr", value="0.001"),
        models.SqlLatestMetric(**run, key="wer", value=0.3, timestamp=5, step=1, is_nan=False),
        models.SqlLatestMetric(**run, key="loss", value=0, timestamp=6, step=2, is_nan=True),
        models.SqlTag(**run, key="mlflow.source.git.commit", value="0123456789abcdef"),
        models.SqlTag(**run, key="team", value="speech"),
    ]
    with sqlalchemy.orm.Session(engine) as session:
        session.add_all(rows)
        session.commit()
    engine.dispose()
    return folder / "mlflow.db" / "abc"


def dvc_lock(folder: Path) -> Path:
    """A pipeline of one stage that DVC itself ran and locked."""
    from dvc.repo import Repo

    (folder / "data" / "deep").mkdir(parents=True)
    for name in ("data/b.csv", "data/deep/a.csv", "data.csv"):
        (folder / name).write_text(f"{name}\n")
    with Repo.init(str(folder), no_scm=True) as repo, contextlib.chdir(folder):
        repo.run(
            name="train",
            cmd="cat data.csv data/b.csv > model.bin",
            deps=["data", "data.csv"],
            outs=["model.bin"],
        )
    return folder / "dvc.lock"


def trainer_state(folder: Path) -> Path:
    """The state as the Trainer's own class saves it, and reads it."""
    callbacks = pytest.importorskip("transformers.trainer_callback", reason="the extra hf is not installed")
    folder.mkdir()
    log = [{"loss": 2.0, "step": 1}, {"eval_wer": 0.3, "step": 2}, {"loss": 1.0, "step": 2}]
    state = callbacks.TrainerState(global_step=2, max_steps=2, epoch=1.0, best_metric=0.3, log_history=log)
    path = folder / "trainer_state.json"
    state.save_to_json(str(path))
    assert callbacks.TrainerState.load_from_json(str(path)) == state
    return path


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


def wandb_files(folder: Path) -> Path:
    """The files of a run as the service lists them. W&B's client writes them only where it is online."""
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "wandb-summary.json").write_text(
        '{"wer": 0.3, "loss": NaN, "_step": 2, "_runtime": 9}'
    )
    (folder / "files" / "config.yaml").write_text("_wandb:\n    value: {t: 1}\nlr:\n    value: 0.001\n")
    metadata = {
        "git": {"commit": "0123456789abcdef"},
        "program": "train.py",
        "startedAt": "2026-01-01T00:00:00Z",
    }
    (folder / "files" / "wandb-metadata.json").write_text(json.dumps(metadata))
    return folder


def lm_eval_results(folder: Path) -> Path:
    """Results and samples that the harness's own tracker saved."""
    from lm_eval.loggers import EvaluationTracker

    samples = [
        {
            "doc_id": i, "doc": {}, "target": "yes", "arguments": [], "resps": [], "filtered_resps": [],
            "filter": "none", "metrics": ["acc"], "doc_hash": f"d{i}", "prompt_hash": f"p{i}", "target_hash": "t",
            "acc": float(i < 3),
        }
        for i in range(4)
    ]  # fmt: skip
    results = {
        "results": {"yes_no": {"alias": "yes_no", "acc,none": 0.75, "acc_stderr,none": 0.25}},
        "versions": {"yes_no": 1}, "n-shot": {"yes_no": 0}, "config": {"model_args": "pretrained=here"},
        "n-samples": {"yes_no": {"original": 4, "effective": 4}}, "git_hash": "feedbee",
        "configs": {"yes_no": {"metric_list": [{"metric": "acc", "aggregation": "mean"}]}},
    }  # fmt: skip
    tracker = EvaluationTracker(output_path=str(folder))
    tracker.general_config_tracker.model_name = tracker.general_config_tracker.model_name_sanitized = "m"
    tracker.save_results_aggregated(results, {"yes_no": samples})
    tracker.save_results_samples("yes_no", samples)
    (file,) = folder.rglob("results_*.json")
    return file


def inspect_log(folder: Path) -> Path:
    """A log that Inspect's own writer saved."""
    from inspect_ai.log import EvalLog, write_eval_log

    log = EvalLog.model_validate(
        {
            "status": "success",
            "eval": {
                "created": "2026-01-01T00:00:00+00:00", "task": "yes_no", "model": "mockllm/model",
                "dataset": {"name": "d", "samples": 2}, "config": {"epochs": 1},
                "scorers": [{"name": "match", "metrics": [{"name": "inspect_ai/accuracy", "options": {}}]}],
            },
            "results": {
                "total_samples": 2, "completed_samples": 2,
                "scores": [{"name": "match", "scorer": "match",
                            "metrics": {"accuracy": {"name": "accuracy", "value": 0.5}}}],
            },
            "samples": [{"id": i, "epoch": 1, "input": "say yes", "target": "yes", "scores": {"match": {"value": v}}}
                        for i, v in enumerate("CI")],
        }
    )  # fmt: skip
    folder.mkdir()
    write_eval_log(log, str(folder / "log.eval"))
    return folder / "log.eval"


MADE: dict[str, tuple[str, Callable[[Path], Path], str, Any]] = {
    "git": ("git", checkout, "changed_files", 0),
    "mlflow": ("mlflow", mlflow_run, "metrics", {"loss": "nan", "wer": 0.3}),
    "mlflow's database": ("mlflow", mlflow_database, "metrics", {"loss": "nan", "wer": 0.3}),
    "dvc": ("dvc", dvc_lock, "compared", 3),
    "trainer": ("trainer", trainer_state, "first_and_last_loss", [2.0, 1.0]),
    "measurement": ("measurement", measurement, "item", "AF-4.8"),
    "wandb": ("wandb", wandb_files, "metrics", {"loss": "nan", "wer": 0.3}),
    "lm-eval": ("lm-eval", lm_eval_results, "compared", ["yes_no"]),
    "inspect": ("inspect", inspect_log, "metrics", {"match/accuracy": 0.5}),
}


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """What each tool wrote, made once. Not to be changed."""
    folder = tmp_path_factory.mktemp("tools")

    @cache
    def made(name: str) -> Path:
        with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
            warnings.simplefilter("ignore")  # the tools' own
            patch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
            patch.setenv("DVC_NO_ANALYTICS", "true")
            return MADE[name][1](folder / name.replace(" ", "-"))

    return made


def test_every_importer_is_tested_here() -> None:
    assert set(importers().names()) == {name for name, *_ in MADE.values()}


@pytest.mark.parametrize("case", MADE)
def test_evidence_is_kept_noted_and_verified(process: Path, tools: Callable[[str], Path], case: str) -> None:
    name, _, key, expected = MADE[case]
    source = tools(case)
    found = import_evidence(process, name, source)
    content = json.loads(found.path.read_text())
    assert content["facts"][key] == expected
    assert found.problems == ()
    shown, not_shown = proves(name)
    assert (content["proves"]["en"], content["not_proven"]["ja"]) == (shown.en, not_shown.ja)
    (entry,) = Ledger(process).read().of_kind("import")
    assert entry.body["file"] == f"imported/{found.path.name}"
    assert verify_process(process).ok
    import_evidence(process, name, source)
    assert len(Ledger(process).read().of_kind("import")) == 1
    found.path.write_text(found.path.read_text().replace("facts", "fakes"))
    assert any(found.path.name in problem for problem in verify_process(process).problems)


@pytest.mark.parametrize("name", importers().names())
@pytest.mark.parametrize("text", ["{}", "[]", "", "\x00", '{"a": {"b": 1}}'])
def test_what_is_not_of_the_tool_is_refused(process: Path, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.json").write_text(text)
    for path in (tmp_path / "other" / "x.json", tmp_path / "other", tmp_path / "other" / "x.json" / "run"):
        with pytest.raises(InputError):
            import_evidence(process, name, path)
    assert not Ledger(process).read().of_kind("import")


def test_both_stores_of_mlflow_give_the_same_facts(process: Path, tools: Callable[[str], Path]) -> None:
    folder, base = (
        json.loads(import_evidence(process, "mlflow", tools(case)).path.read_text())["facts"]
        for case in ("mlflow", "mlflow's database")
    )
    own = {"run_id", "user"}
    assert {k: v for k, v in folder.items() if k not in own} == {
        k: v for k, v in base.items() if k not in own
    }
    with pytest.raises(InputError, match="holds no run 'abd'"):
        import_evidence(process, "mlflow", tools("mlflow's database").with_name("abd"))


def changed(source: Path, target: Path, file: str, old: str, new: str) -> Path:
    """A copy of a tool's folder with one text replaced in one file."""
    shutil.copytree(source, target)
    (path,) = target.rglob(file)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    return path


def test_what_does_not_fit_is_named(process: Path, tools: Callable[[str], Path], tmp_path: Path) -> None:
    def problems(name: str, path: Path) -> tuple[str, ...]:
        return tuple(problem.en for problem in import_evidence(process, name, path, replace=True).problems)

    lock = changed(tools("dvc").parent, tmp_path / "dvc", "a.csv", "deep", "x").parents[2] / "dvc.lock"
    assert problems("dvc", lock) == ("train: data is not as dvc.lock says",)
    checked_out = changed(tools("git"), tmp_path / "git", "train.py", "1", "2").parent
    assert "1 files differ from commit" in problems("git", checked_out)[0]
    home = tools("lm-eval").parent
    samples = changed(home, tmp_path / "lm", "samples_*.jsonl", '"d0"', '"d9"')
    assert "not those whose digest" in problems("lm-eval", samples.parent)[0]
    fewer = changed(home, tmp_path / "lm2", "results_*.json", '"effective": 4', '"effective": 9')
    assert problems("lm-eval", fewer) == ("yes_no: 4 samples are there, the results name 9",)
    better = changed(home, tmp_path / "lm3", "results_*.json", "0.75", "0.85")
    assert problems("lm-eval", better) == (
        "yes_no: acc is reported as 0.85, the mean of the samples is 0.75",
    )
    bare = changed(tools("wandb"), tmp_path / "wandb", "config.yaml", "lr", "rate")
    bare.unlink()
    assert problems("wandb", tmp_path / "wandb") == ("config.yaml is not among the files",)


def test_a_metric_of_a_log_that_does_not_follow_from_its_scores_is_named(
    process: Path, tools: Callable[[str], Path], tmp_path: Path
) -> None:
    from inspect_ai.log import read_eval_log, write_eval_log

    log = read_eval_log(str(tools("inspect")))
    assert log.results
    log.results.scores[0].metrics["accuracy"].value = 0.9
    log.status = "error"
    write_eval_log(log, str(tmp_path / "log.json"))
    found = import_evidence(process, "inspect", tmp_path / "log.json")
    assert [problem.en for problem in found.problems] == [
        "the run's status is error, not success",
        "match/accuracy is reported as 0.9, computed again it is 0.5",
    ]


def evidence(name: str, path: Path) -> Read:
    """What an importer finds; its problems hold no English word in Japanese."""
    found = read_evidence(name, path)
    assert [english(problem.ja) for problem in found.problems] == [[] for _ in found.problems]
    return found


def test_an_edited_metric_is_found_whichever_reducer_it_is_of(
    tmp_path: Path, tools: Callable[[str], Path]
) -> None:
    from inspect_ai.log import read_eval_log, recompute_metrics, write_eval_log

    log = read_eval_log(str(tools("inspect")))
    assert log.results
    assert log.samples
    log.samples += [sample.model_copy(update={"epoch": 2}) for sample in log.samples]
    log.eval.config.epochs, log.eval.config.epochs_reducer = 2, ["mean", "max"]
    recompute_metrics(log)
    write_eval_log(log, str(tmp_path / "sound.json"))
    assert evidence("inspect", tmp_path / "sound.json").problems == ()
    for place, reducer in enumerate(("mean", "max")):
        edited = log.model_copy(deep=True)
        assert edited.results
        edited.results.scores[place].metrics["accuracy"].value = 0.9
        edited.results.scores[place].metrics["made_up"] = edited.results.scores[place].metrics["accuracy"]
        write_eval_log(edited, str(tmp_path / "log.json"))
        found = [problem.en for problem in evidence("inspect", tmp_path / "log.json").problems]
        assert found == [
            f"match/accuracy ({reducer}) is reported as 0.9, computed again it is 0.5",
            f"match/made_up ({reducer}): reported, but not among the metrics that were computed again",
        ]


def test_paths_of_a_stage_are_relative_to_its_working_folder(tmp_path: Path) -> None:
    import hashlib

    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.csv").write_text("a")
    (tmp_path / "a.csv").write_text("another")
    row = {"path": "a.csv", "hash": "md5", "md5": hashlib.md5(b"a").hexdigest()}
    names = ("plain", "each@1", "varied@x")
    lock = {"schema": "2.0", "stages": {name: {"cmd": "c", "deps": [row]} for name in names}}
    (tmp_path / "dvc.lock").write_text(json.dumps(lock))
    unknown = evidence("dvc", tmp_path)
    assert "dvc.yaml is not next to dvc.lock" in unknown.problems[-1].en
    stages = {
        "plain": {"cmd": "c", "wdir": "src"},
        "each": {"foreach": [1], "do": {"cmd": "c", "wdir": "src"}},
        "varied": {"matrix": {"where": ["x"]}, "cmd": "c", "wdir": "${item.where}"},
    }
    (tmp_path / "dvc.yaml").write_text(json.dumps({"stages": stages}))
    found = evidence("dvc", tmp_path)
    assert [problem.en for problem in found.problems] == [
        "varied@x: its wdir holds a variable, so its files were not compared"
    ]
    assert (found.facts["compared"], found.facts["not_compared"]) == (2, ["varied@x: a.csv"])
    assert tmp_path / "dvc.yaml" in found.files


def test_what_is_left_out_of_a_wandb_run_is_listed_and_its_state_reported(tmp_path: Path) -> None:
    files = wandb_files(tmp_path / "run") / "files"
    (files / "config.yaml").write_text("_mine: {value: 1}\nlr: 0.001\ndepth:\n    value: 3\n")
    (files / "wandb-metadata.json").write_text('{"state": "crashed"}')
    found = evidence("wandb", tmp_path / "run")
    assert found.facts["config"] == {"lr": 0.001, "depth": 3}
    assert found.facts["left_out"] == {"metrics": ["_step", "_runtime"], "config": ["_mine"]}
    assert "config.yaml: lr: not written as NAME" in found.problems[0].en
    assert found.problems[1].en == "the run's state is crashed, not finished"


def mlflow_folder(folder: Path, stage: str, lines: str) -> Path:
    (folder / "metrics").mkdir(parents=True)
    (folder / "meta.yaml").write_text(f"run_id: a\nstatus: 3\nlifecycle_stage: {stage}\n")
    (folder / "metrics" / "wer").write_text(lines)
    return folder


def test_a_deleted_run_is_named_and_the_highest_step_is_the_last(tmp_path: Path) -> None:
    found = evidence(
        "mlflow", mlflow_folder(tmp_path / "a", "deleted", "5 0.3 9\n7 0.8 2\n6 0.9 9 d e\n4 1\n")
    )
    assert found.facts["metrics"] == {"wer": 0.9}
    assert "lifecycle stage is deleted" in found.problems[0].en
    assert evidence("mlflow", mlflow_folder(tmp_path / "b", "active", "1 0.5\n")).problems == ()


def lm_eval_with(source: Path, folder: Path, **values: Any) -> Path:
    """A copy of the harness's files with other entries at the top of the results."""
    shutil.copytree(source.parent, folder)
    path = folder / source.name
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
    return path


def test_only_means_are_compared_with_means_and_only_with_a_digest_are_samples_compared(
    tools: Callable[[str], Path], tmp_path: Path
) -> None:
    source = tools("lm-eval")
    metrics = {"yes_no": {"metric_list": [{"metric": "acc", "aggregation": "weighted_perplexity"}]}}
    changed_figure = {"yes_no": {"acc,none": 0.85}}
    other = lm_eval_with(source, tmp_path / "a", configs=metrics, results=changed_figure)
    found = evidence("lm-eval", other)
    assert found.problems == ()
    assert found.facts["means_compared"] == {"yes_no": []}
    unhashed = evidence("lm-eval", lm_eval_with(source, tmp_path / "b", task_hashes={}))
    assert (unhashed.facts["compared"], unhashed.facts["not_compared"]) == ([], ["yes_no"])
    assert unhashed.facts["means_compared"] == {"yes_no": ["acc,none"]}
    undefined = lm_eval_with(
        source, tmp_path / "c", results={"yes_no": {"acc,none": float("nan")}}, task_hashes={}
    )
    (samples,) = (tmp_path / "c").glob("samples_*.jsonl")
    assert "nan, the mean of the samples is 0.75" in evidence("lm-eval", undefined).problems[0].en
    samples.write_text(samples.read_text().replace('"acc": 1.0', '"acc": NaN'))
    assert evidence("lm-eval", undefined).problems == ()


def test_other_evidence_of_the_same_name_is_not_overwritten(process: Path, tmp_path: Path) -> None:
    first, second = trainer_state(tmp_path / "a"), trainer_state(tmp_path / "b")
    second.write_text(second.read_text().replace("2.0", "3.0"))
    kept = import_evidence(process, "trainer", first).path
    with pytest.raises(InputError, match="--as NAME"):
        import_evidence(process, "trainer", second)
    both = import_evidence(process, "trainer", second, kept_as="second").path
    assert (kept.name, both.name) == ("trainer-trainer_state-json.json", "trainer-second.json")
    import_evidence(process, "trainer", second, replace=True)
    assert len(Ledger(process).read().of_kind("import")) == 3
    assert verify_process(process).ok
    with pytest.raises(InputError, match="cannot be part of a file name"):
        import_evidence(process, "trainer", second, kept_as="../x")
