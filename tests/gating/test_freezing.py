"""The freeze of a criteria file tells what came before the evaluation and what after."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from speechfair import verify
from speechfair.auditing.run import audit, prepare, transcribe
from speechfair.errors import InputError, RunFolderError
from speechfair.gating.freezing import Standing, freeze, sidecar, standing, standing_alone
from speechfair.running import run_record as recipe
from speechfair.store import file_digest
from speechfair.testing import Scripted
from tests.gate_support import ONE, write
from tests.support import ListCorpus, scripted_texts, small_corpus


@pytest.fixture
def criteria(tmp_path: Path) -> Path:
    return write(tmp_path / "criteria.yaml")


@pytest.fixture
def corpus(tmp_path: Path) -> ListCorpus:
    return small_corpus(tmp_path / "wav")


@pytest.fixture
def model(corpus: ListCorpus) -> Scripted:
    return Scripted(scripted_texts(corpus, {"x": 1, "y": 1}))


def kind(state: Standing) -> str | None:
    return state.problem[0] if state.problem is not None else None


def test_frozen_before_the_evaluation_is_in_order(
    criteria: Path, corpus: ListCorpus, model: Scripted, tmp_path: Path
) -> None:
    record = freeze(criteria)
    assert record.sha256 == file_digest(criteria)
    audit(corpus, model, ["accent"], out=tmp_path / "run")
    state = standing(criteria, tmp_path / "run")
    assert state.problem is None
    assert (state.frozen, state.recorded_in) == (record.time, "sidecar")
    assert state.evaluated is not None
    assert state.evaluated > record.time


def test_freezing_twice_keeps_the_first_time(criteria: Path) -> None:
    first = freeze(criteria)
    before = sidecar(criteria).read_bytes()
    assert freeze(criteria) == first
    assert sidecar(criteria).read_bytes() == before


def test_never_frozen_frozen_late_and_changed(
    criteria: Path, corpus: ListCorpus, model: Scripted, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    assert kind(standing_alone(criteria)) == "never"
    audit(corpus, model, ["accent"], out=run)
    assert kind(standing(criteria, run)) == "never"
    freeze(criteria)
    assert standing_alone(criteria).problem is None
    late = standing(criteria, run)
    assert kind(late) == "late"
    assert late.problem is not None
    assert "after the evaluation began" in late.problem[1]
    write(criteria, ONE.replace("1.25", "3"))
    assert kind(standing(criteria, run)) == "changed"


def test_of_two_versions_the_last_before_the_evaluation_is_in_force(
    criteria: Path, corpus: ListCorpus, model: Scripted, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    lax, strict = ONE.replace("1.25", "3"), ONE
    write(criteria, lax)
    freeze(criteria)
    write(criteria, strict)
    freeze(criteria)
    audit(corpus, model, ["accent"], out=run)
    assert standing(criteria, run).problem is None
    write(criteria, lax)
    state = standing(criteria, run)
    assert kind(state) == "changed", (
        "a version that was frozen earlier, and replaced, is not to be picked afterwards"
    )
    freeze(criteria)
    assert kind(standing(criteria, run)) == "changed", "freezing it again afterwards does not help"


def test_the_run_folder_keeps_record_and_copy(
    criteria: Path, corpus: ListCorpus, model: Scripted, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    prepare(corpus, run)
    record = freeze(criteria, run)
    assert freeze(criteria, run) == record
    assert not sidecar(criteria).exists()
    assert standing(criteria, run).problem is None, "before the evaluation too"
    audit(corpus, model, ["accent"], out=run)
    state = standing(criteria, run)
    assert (state.problem, state.recorded_in, state.frozen) == (None, "run folder", record.time)
    copy = run / "criteria" / f"{record.sha256[:16]}.yaml"
    assert copy.read_bytes() == criteria.read_bytes()
    assert verify(run).ok
    copy.write_text("x")
    assert not verify(run).ok


def test_a_sidecar_cannot_overrule_the_run_folder(
    criteria: Path, corpus: ListCorpus, model: Scripted, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    prepare(corpus, run)
    freeze(criteria, run)
    write(criteria, ONE.replace("1.25", "3"))
    freeze(criteria)
    audit(corpus, model, ["accent"], out=run)
    assert kind(standing(criteria, run)) == "changed"


def test_other_criteria_of_the_run_are_named(
    criteria: Path, corpus: ListCorpus, model: Scripted, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    prepare(corpus, run)
    freeze(criteria, run)
    freeze(write(tmp_path / "lax.yaml", ONE.replace("1.25", "3")), run)
    audit(corpus, model, ["accent"], out=run)
    assert standing(criteria, run).others == ("lax.yaml",)


def test_it_is_too_late_once_a_model_was_asked(
    criteria: Path, corpus: ListCorpus, model: Scripted, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    prepare(corpus, run)
    transcribe(run, model)
    before = (run / "run.yaml").read_bytes()
    with pytest.raises(RunFolderError, match="the evaluation began at"):
        freeze(criteria, run)
    assert (run / "run.yaml").read_bytes() == before
    with pytest.raises(RunFolderError, match="not a run folder"):
        freeze(criteria, tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_what_is_no_criteria_file_cannot_be_frozen(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("criteria: []\n")
    with pytest.raises(InputError):
        freeze(path)
    assert not sidecar(path).exists()


def test_an_older_folder_without_times_cannot_be_judged(
    criteria: Path, corpus: ListCorpus, model: Scripted, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    freeze(criteria)
    audit(corpus, model, ["accent"], out=run)
    content = yaml.safe_load((run / "run.yaml").read_text())
    del content["history"], content["log"]
    content["schema"] = "speechfair/run/1"
    (run / "run.yaml").write_text(yaml.safe_dump(content))
    (run / "run.log.jsonl").unlink()
    assert kind(standing(criteria, run)) == "late"
    audit(corpus, model, ["accent"], out=run)
    assert kind(standing(criteria, run)) == "late", "going on with it invents no time"


def test_the_first_evaluation_counts_and_not_a_later_one(
    criteria: Path, corpus: ListCorpus, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    texts = scripted_texts(corpus, {"x": 1, "y": 1})
    audit(corpus, Scripted(texts, failures={"s00-0": "told to"}), ["accent"], out=run)
    freeze(criteria)
    again = Scripted(texts, failures={"s00-0": "told to"})
    audit(corpus, again, ["accent"], out=run, retry_failed=True)
    assert again.calls
    assert kind(standing(criteria, run)) == "late"


def test_a_clock_that_contradicts_itself_is_not_believed(
    criteria: Path, corpus: ListCorpus, model: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    freeze(criteria)
    with monkeypatch.context() as patch:
        patch.setattr(recipe, "utc_now", lambda: "2999-01-01T00:00:00.000000Z")
        audit(corpus, model, ["accent"], out=run)
    state = standing(criteria, run)
    assert kind(state) == "late"
    assert state.problem is not None
    assert "clock" in state.problem[1]


@pytest.mark.parametrize("damage", ["a list", {"evaluated": "yesterday"}, {"criteria": [{"file": "x"}]}])
def test_a_damaged_history_is_refused(
    criteria: Path, corpus: ListCorpus, model: Scripted, tmp_path: Path, damage: object
) -> None:
    run = tmp_path / "run"
    freeze(criteria)
    audit(corpus, model, ["accent"], out=run)
    content = yaml.safe_load((run / "run.yaml").read_text())
    content["history"] = damage
    (run / "run.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(RunFolderError, match="history"):
        standing(criteria, run)


def test_a_damaged_sidecar_is_refused(criteria: Path) -> None:
    freeze(criteria)
    sidecar(criteria).write_text(sidecar(criteria).read_text().replace("time:", "tme:"))
    with pytest.raises(InputError, match="frozen"):
        standing_alone(criteria)
