"""A run divided among shards and merged is the run undivided; what does not belong together is refused by name."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from speechfair import import_transcripts, merge, verify
from speechfair.auditing.run import audit, prepare, score, transcribe
from speechfair.errors import InputError, RunFolderError
from speechfair.gating.freezing import freeze, standing
from speechfair.running import batch_plan
from speechfair.running.batch_plan import plan_batches
from speechfair.running.run_record import read_record
from speechfair.running.run_shards import parse_shard, shard_folder
from speechfair.store import RunFolder
from speechfair.testing import Scripted
from speechfair.types import Audio, Hypothesis, Utterance
from tests.gate_support import write as write_criteria
from tests.support import ListCorpus, scripted_texts, small_corpus

OF = 16


class Timed(Scripted):
    """Takes another time for each utterance, as a model does; so two runs differ in their times and in nothing else."""

    clock = 0.0

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        Timed.clock += 1
        return [replace(found, seconds=Timed.clock) for found in super().transcribe(batch)]


@pytest.fixture(scope="module", autouse=True)
def _small_batches() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_plan, "BATCH", 4)
        yield


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> ListCorpus:
    """17 batches, one of them of audio that cannot be read."""
    folder = tmp_path_factory.mktemp("wav")
    found = small_corpus(folder, speakers=8, per_speaker=8)
    broken = folder / "broken.wav"
    broken.write_bytes(b"no audio")
    return replace(found, rows=[*found.rows, Utterance("broken", broken, "one two", "eng", "s00")])


@pytest.fixture(scope="module")
def model(corpus: ListCorpus) -> Timed:
    sound = replace(corpus, rows=corpus.rows[:-1])
    return Timed(scripted_texts(sound, {"x": 1, "y": 3}), failures={"s03-1": "no answer"})


@pytest.fixture(scope="module")
def made(corpus: ListCorpus, model: Timed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared folder ``run`` and its shards, and ``whole``, the same recognised at once."""
    folder = tmp_path_factory.mktemp("made")
    audit(corpus, model, ["accent"], out=folder / "whole")
    prepare(corpus, folder / "run")
    for number in range(1, OF + 1):
        transcribe(folder / "run", model, shard=f"{number}/{OF}")
    return folder


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    for name in ("run", "run.shards"):
        shutil.copytree(made / name, tmp_path / name)
    return tmp_path


def shards(folder: Path) -> list[Path]:
    return sorted((folder / "run.shards").iterdir())


def without_times(folder: Path) -> dict[str, object]:
    """Every file of a run but ``run.yaml`` and the log, as it is but for the times of recognition."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".parquet":
            found[name] = pl.read_parquet(path).drop("seconds", strict=False).write_json()
        elif name == "audit.json":
            content = json.loads(path.read_text())
            content.pop("times")
            found[name] = json.dumps(content)
        elif path.is_file() and name not in ("run.yaml", "run.log.jsonl", ".lock"):
            found[name] = path.read_bytes()
    return found


def test_sixteen_shards_merged_are_one_run(made: Path, copy: Path) -> None:
    found = merge(copy / "run", shards(copy))
    assert (found.n_hypotheses, found.n_new, found.n_failed) == (65, 65, 2)
    assert (found.n_missing, found.missing_from) == (0, ())
    score(copy / "run", ["accent"])
    assert without_times(copy / "run") == without_times(made / "whole")
    assert verify(copy / "run").ok


def test_merging_again_or_bit_by_bit_changes_nothing(copy: Path) -> None:
    merge(copy / "run", shards(copy)[3:9], partial=True)
    merge(copy / "run", shards(copy))
    before = without_times(copy / "run")
    assert merge(copy / "run", shards(copy)).n_new == 0
    assert without_times(copy / "run") == before
    assert verify(copy / "run").ok


def test_a_shard_without_a_log_could_claim_any_time_and_is_refused(copy: Path) -> None:
    shard = shards(copy)[4]
    (shard / "run.log.jsonl").unlink()
    text = (shard / "run.yaml").read_text().replace("schema: speechfair/run/2", "schema: speechfair/run/1")
    text = re.sub(r"^log:\n(  .*\n)*", "", text, flags=re.M)
    (shard / "run.yaml").write_text(re.sub("evaluated: '?20..", "evaluated: '1999", text, count=1))
    before = without_times(copy / "run")
    with pytest.raises(
        RunFolderError, match=r"(?s)nobody can see edits of run\.yaml.*transcribe shard 5/16 again"
    ):
        merge(copy / "run", shards(copy))
    assert without_times(copy / "run") == before


def test_a_merge_that_was_killed_goes_on(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add, left = RunFolder.add_part, [5]

    def dying(self: RunFolder, key: str, table: pl.DataFrame) -> Path:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return add(self, key, table)

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "add_part", dying)
        with pytest.raises(KeyboardInterrupt):
            merge(copy / "run", shards(copy))
    assert merge(copy / "run", shards(copy)).n_hypotheses == 65
    assert verify(copy / "run").ok


def test_a_lost_shard_is_named_and_the_rest_can_be_recognised(made: Path, copy: Path, model: Timed) -> None:
    lost = shards(copy)[6]
    shutil.rmtree(lost)
    with pytest.raises(RunFolderError, match="shard 7/16 lacks 4 utterances"):
        merge(copy / "run", shards(copy))
    found = merge(copy / "run", shards(copy), partial=True)
    assert (found.n_missing, found.missing_from) == (4, ("7/16",))
    with pytest.raises(RunFolderError):
        score(copy / "run", ["accent"])
    asked = len(model.calls)
    transcribe(copy / "run", model)
    assert len(model.calls) == asked + 1
    result = score(copy / "run", ["accent"])
    whole = json.loads((made / "whole" / "audit.json").read_text())
    assert result.model_dump(mode="json", by_alias=True)["groups"] == whole["groups"]


def test_a_shard_given_twice_is_refused(copy: Path) -> None:
    shutil.copytree(shards(copy)[2], copy / "again")
    with pytest.raises(RunFolderError, match=r"again is shard 3/16, and so is .*03-of-16"):
        merge(copy / "run", [*shards(copy), copy / "again"])
    assert not RunFolder(copy / "run").parts(next((copy / "run.shards").glob("01*/hypotheses/*")).name)


def test_every_shard_that_does_not_belong_is_named(
    corpus: ListCorpus, model: Timed, copy: Path, made: Path
) -> None:
    other_texts = Timed({}, default="another model")
    fewer = replace(corpus, rows=corpus.rows[:40])
    transcribe(copy / "run", other_texts, shard="4/16", shard_out=copy / "other-model")
    transcribe(copy / "run", model, shard="1/3", shard_out=copy / "other-division")
    prepare(fewer, copy / "fewer")
    transcribe(copy / "fewer", model, shard="5/16", shard_out=copy / "other-manifest")
    edited = shards(copy)[1]
    part = next(edited.rglob("part-*"))
    pl.read_parquet(part).with_columns(text=pl.lit("perfect")).write_parquet(part)
    names = ("other-model", "other-division", "other-manifest")
    with pytest.raises(RunFolderError) as refused:
        merge(copy / "run", [*shards(copy), *(copy / name for name in names), made / "whole", copy])
    said = str(refused.value)
    for expected in (
        "other-model is of another run (model)",
        "other-division is shard 1/3, but",
        "other-manifest is of another run (corpus)",
        "02-of-16 is not as it was written",
        "whole is not a shard",
        "is not a run folder",
    ):
        assert expected in said
    assert not (copy / "run" / "hypotheses").exists()


def test_a_text_is_not_replaced_and_a_failure_is(copy: Path, model: Timed, corpus: ListCorpus) -> None:
    merge(copy / "run", shards(copy))
    broken = shards(copy)[0]
    transcribe(copy / "run", model, shard="1/16", retry_failed=True)
    assert merge(copy / "run", shards(copy)).n_failed == 2
    shutil.rmtree(broken)
    for number in (1, 2):
        transcribe(copy / "run", model, shard=f"{number}/16", shard_out=copy / f"new-{number}")
    with pytest.raises(RunFolderError, match="already holds another hypothesis of utterance"):
        merge(copy / "run", [copy / "new-2"])


def test_merging_again_after_a_failure_was_healed_keeps_the_text(
    copy: Path, model: Timed, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge(copy / "run", shards(copy))
    monkeypatch.setattr(model, "_failures", {})
    transcribe(copy / "run", model, retry_failed=True)
    before = without_times(copy / "run")
    found = merge(copy / "run", shards(copy))
    assert (found.n_new, found.n_failed) == (0, 1)  # what cannot be read stays a failure
    assert without_times(copy / "run") == before


def test_a_shard_of_another_model_or_of_an_imported_run_is_refused_before_anything_is_heard(
    made: Path, copy: Path, model: Timed, tmp_path: Path
) -> None:
    merge(copy / "run", shards(copy))
    other = Scripted({}, default="one", name="other")
    with pytest.raises(RunFolderError, match=r"another recipe \(model\)"):
        transcribe(copy / "run", other, shard="1/16", shard_out=copy / "new")
    table = tmp_path / "t.csv"
    table.write_text("id,text,heard\na,one,one\n")
    (imported,) = import_transcripts(table, {"s": "heard"}, out=tmp_path / "runs").folders.values()
    with pytest.raises(RunFolderError, match="was imported, so it has no audio"):
        transcribe(imported, other, shard="1/2", shard_out=copy / "new")
    assert not other.calls
    assert not (copy / "new").exists()


def test_a_gate_can_decide_on_a_merged_folder(corpus: ListCorpus, model: Timed, tmp_path: Path) -> None:
    early, late = (write_criteria(tmp_path / f"{name}.yaml") for name in ("early", "late"))
    prepare(corpus, tmp_path / "run")
    freeze(early, tmp_path / "run")
    transcribe(tmp_path / "run", model, shard="2/2")
    late.write_text(late.read_text() + "# later\n")
    freeze(late, tmp_path / "run")
    transcribe(tmp_path / "run", model, shard="1/2")
    began = [
        read_record(RunFolder(folder)).history.evaluated
        for folder in sorted((tmp_path / "run.shards").iterdir())
    ]
    merge(tmp_path / "run", sorted((tmp_path / "run.shards").iterdir()))
    assert read_record(RunFolder(tmp_path / "run")).history.evaluated == began[1] < (began[0] or "")
    assert standing(early, tmp_path / "run").problem is None
    problem = standing(late, tmp_path / "run").problem
    assert problem is not None
    assert problem[0] == "late"


def test_a_shard_is_no_run(copy: Path, model: Timed, corpus: ListCorpus) -> None:
    shard = shards(copy)[0]
    for call in (
        lambda: transcribe(shard, model),
        lambda: score(shard, ["accent"]),
        lambda: audit(corpus, model, ["accent"], out=shard),
        lambda: merge(shard, shards(copy)[1:]),
        lambda: transcribe(shard, model, shard="2/16", shard_out=copy / "new"),
    ):
        with pytest.raises(RunFolderError, match="holds shard 1/16 of a run"):
            call()
    with pytest.raises(RunFolderError, match="of another recipe"):
        transcribe(copy / "run", model, shard="2/16", shard_out=shard)
    assert verify(shard).ok


def test_each_window_is_named_with_a_shard(copy: Path, model: Timed) -> None:
    model.candidate_window_s = 10.0  # type: ignore[attr-defined]
    try:
        with pytest.raises(InputError, match="every machine would choose the window for itself"):
            transcribe(copy / "run", model, shard="1/16")
    finally:
        del model.candidate_window_s  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "-1/4", "1/0", "a/b", "1/2/3", "1 / 2"])
def test_bad_shards_are_refused(text: str, copy: Path, model: Timed) -> None:
    with pytest.raises(InputError, match="write it as NUMBER/COUNT"):
        transcribe(copy / "run", model, shard=text)


@pytest.mark.parametrize("text", ["1/100001", "999999/999999"])
def test_too_many_shards_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="100,000 shards at most"):
        parse_shard(text)


def test_folders_sort_by_number() -> None:
    names = [shard_folder(Path("runs/a"), parse_shard(f"{n}/100")).as_posix() for n in (2, 10, 100)]
    assert names == [f"runs/a.shards/{n}-of-100" for n in ("002", "010", "100")]


def test_every_batch_is_in_one_shard(corpus: ListCorpus, made: Path) -> None:
    manifest = pl.read_parquet(made / "run" / "manifest.parquet")
    parts = [pl.read_parquet(path) for path in (made / "run.shards").rglob("part-*")]
    assert len(parts) == len(plan_batches(manifest))
    assert sorted(pl.concat(parts)["utterance_id"]) == sorted(manifest["id"])
