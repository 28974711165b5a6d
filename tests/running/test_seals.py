"""Nothing that was changed from outside is read, sealed again or forgotten."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from speechfair import audit, compare, import_transcripts, merge, prepare, score, transcribe, verify
from speechfair.errors import InputError, RunFolderError, SpeechfairError, StorageError
from speechfair.exploring.confidence import confidence
from speechfair.gating.freezing import freeze
from speechfair.gating.judge import gate
from speechfair.reporting.from_run import report
from speechfair.store import LOG, RunFolder
from speechfair.testing import Scripted
from tests.support import ListCorpus, scripted_texts, small_corpus

CRITERIA = """schema: speechfair/criteria/1
normalizer: basic
tokens: words
criteria:
  - {id: worst, metric: rate, axis: accent, groups: [x, y], limit: 0.9, min_speakers: 5}
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> ListCorpus:
    return small_corpus(tmp_path_factory.mktemp("wav"))


def model_of(corpus: ListCorpus) -> Scripted:
    return Scripted(scripted_texts(corpus, {"x": 1, "y": 3}))


@pytest.fixture(scope="module")
def made(corpus: ListCorpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scored run with criteria frozen in time."""
    folder = tmp_path_factory.mktemp("made")
    criteria = folder / "criteria.yaml"
    criteria.write_text(CRITERIA)
    prepare(corpus, folder / "run")
    freeze(criteria, folder / "run")
    transcribe(folder / "run", model_of(corpus))
    score(folder / "run", ["accent"], normalizer="basic")
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "run", tmp_path / "run")
    return tmp_path / "run"


def readers(corpus: ListCorpus, made: Path) -> dict[str, Callable[[Path], object]]:
    """Every verb that reads a run, but `verify` and `gate`, which report."""
    return {
        "transcribe": lambda run: transcribe(run, model_of(corpus)),
        "audit": lambda run: audit(corpus, model_of(corpus), ["accent"], out=run, normalizer="basic"),
        "score": lambda run: score(run, ["accent"], normalizer="basic"),
        "report": report,
        "compare": lambda run: compare(made / "run", run),
        "confidence": confidence,
    }


VERBS = ("transcribe", "audit", "score", "report", "compare", "confidence")


def perfect(run: Path) -> None:
    """The cheat: hypotheses become the references."""
    texts = dict(pl.read_parquet(run / "manifest.parquet").select("id", "text").iter_rows())
    for part in (run / "hypotheses").rglob("part-*.parquet"):
        table = pl.read_parquet(part.read_bytes())
        better = pl.Series("text", [texts[name] for name in table["utterance_id"]])
        table.with_columns(better).write_parquet(part)


@pytest.mark.parametrize("verb", VERBS)
def test_edited_hypotheses_are_never_laundered(corpus: ListCorpus, made: Path, run: Path, verb: str) -> None:
    perfect(run)
    with pytest.raises(RunFolderError, match=r"part-000000\.parquet: was changed") as stopped:
        readers(corpus, made)[verb](run)
    assert stopped.value.exit_code == 2
    assert any("part-000000.parquet: was changed" in line for line in verify(run).differences)
    assert gate(run, made / "criteria.yaml").verdict == "error"


@pytest.mark.parametrize("name", ["evaluated", "prepared"])
def test_a_changed_time_is_found(made: Path, run: Path, name: str) -> None:
    text = (run / "run.yaml").read_text()
    at = text.index(f"{name}: '20") + len(name) + 5
    (run / "run.yaml").write_text(f"{text[:at]}1{text[at + 1 :]}")
    assert any(line.startswith("run.yaml: was changed") for line in verify(run).differences)
    assert gate(run, made / "criteria.yaml").verdict == "error"
    with pytest.raises(RunFolderError, match=r"run\.yaml: was changed"):
        score(run, ["accent"])


def test_an_added_part_of_another_model_is_found(corpus: ListCorpus, run: Path, tmp_path: Path) -> None:
    other = Scripted({}, default="one two three four five six seven eight nine ten")
    audit(corpus, other, ["accent"], out=tmp_path / "other")
    mine = next((run / "hypotheses").iterdir())
    theirs = next((tmp_path / "other" / "hypotheses").rglob("part-*.parquet"))
    shutil.copy(theirs, mine / "part-000009.parquet")
    with pytest.raises(RunFolderError, match=r"part-000009\.parquet: is not recorded"):
        score(run, ["accent"])


def test_a_missing_log_is_found(run: Path) -> None:
    (run / LOG).unlink()
    assert f"{LOG}: is missing" in verify(run).differences
    with pytest.raises(RunFolderError, match="is missing"):
        score(run, ["accent"])


def test_accepted_changes_stay_on_record(made: Path, run: Path) -> None:
    assert gate(run, made / "criteria.yaml").comparisons[0].verdict == "pass"
    with pytest.raises(InputError, match="nothing to accept"):
        verify(run, accept_changes="for fun")
    perfect(run)
    with pytest.raises(InputError, match="reason"):
        verify(run, accept_changes=" ")
    verify(run, accept_changes="the parts were converted by hand")
    score(run, ["accent"], normalizer="basic")
    found = verify(run)
    assert found.ok
    assert "converted by hand" in found.accepted[0]
    verdict = gate(run, made / "criteria.yaml")
    assert (verdict.verdict, verdict.comparisons[0].guard) == ("undetermined", "accepted_changes")
    assert "converted by hand" in report(run).read_text()


def without_log(run: Path) -> None:
    """As an earlier version left its folders."""
    (run / LOG).unlink()
    text = (run / "run.yaml").read_text().replace("schema: speechfair/run/2", "schema: speechfair/run/1")
    (run / "run.yaml").write_text(re.sub(r"^log:\n(  .*\n)*", "", text, flags=re.M))


def test_no_gate_passes_where_edits_of_run_yaml_cannot_be_seen(made: Path, run: Path) -> None:
    without_log(run)
    found = gate(run, made / "criteria.yaml")
    assert (found.verdict, found.comparisons[0].guard) == ("undetermined", "unlogged")
    score(run, ["accent"], normalizer="basic")  # starts a log, in which the times of before are not witnessed
    again = gate(run, made / "criteria.yaml")
    assert (again.verdict, again.comparisons[0].guard) == ("undetermined", "unlogged")


SWAPS = {
    "statement": ("statement: null", "statement: fine"),
    "model": ("    name: ", "    name: better-"),
    "version": ("    version: ", "    version: 9"),
    "level": ("    level: 0.95", "    level: 0.5"),
    "seed": ("    seed: 0", "    seed: 7"),
    "normaliser": ("normalizer: basic", "normalizer: verbatim"),
}


def swapped(run: Path, kind: str) -> None:
    old, new = SWAPS[kind]
    text = (run / "run.yaml").read_text()
    assert old in text
    (run / "run.yaml").write_text(text.replace(old, new))


@pytest.mark.parametrize("verb", ["score", "audit", "transcribe", "score after a report"])
@pytest.mark.parametrize("kind", ["seed", "model"])
def test_without_a_log_audit_json_still_shows_edits(
    kind: str, verb: str, corpus: ListCorpus, made: Path, run: Path
) -> None:
    """The verb would write audit.json anew, or begin a log that knows nothing of the edit."""
    without_log(run)
    swapped(run, kind)
    if verb == "score after a report":
        report(run)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    call = score if verb.startswith("score") else readers(corpus, made)[verb]
    with pytest.raises(RunFolderError, match=r"audit\.json was made from another run\.yaml"):
        call(run)
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_a_merge_does_not_launder_edits_that_no_log_shows(run: Path, tmp_path: Path) -> None:
    without_log(run)
    swapped(run, "seed")
    with pytest.raises(RunFolderError, match=r"audit\.json was made from another run\.yaml"):
        merge(run, [tmp_path / "shard"])


@pytest.mark.parametrize("kind", SWAPS)
def test_every_setting_that_audit_json_repeats_is_compared(kind: str, run: Path) -> None:
    without_log(run)
    swapped(run, kind)
    with pytest.raises(RunFolderError, match="restore"):
        score(run, ["accent"])


def test_without_a_log_an_unedited_folder_goes_on(corpus: ListCorpus, made: Path, run: Path) -> None:
    without_log(run)
    readers(corpus, made)["audit"](run)
    score(run, ["accent"], level=0.9)
    score(run, ["accent"], seed=3)
    assert verify(run).ok


def test_a_log_that_run_yaml_names_is_missed_whatever_schema_it_claims(run: Path) -> None:
    (run / LOG).unlink()
    text = (run / "run.yaml").read_text()
    (run / "run.yaml").write_text(text.replace("schema: speechfair/run/2", "schema: speechfair/run/1"))
    assert f"{LOG}: is missing" in verify(run).differences
    with pytest.raises(RunFolderError, match="is missing"):
        score(run, ["accent"])


def test_a_run_that_lost_its_record_is_not_begun_again(corpus: ListCorpus, run: Path) -> None:
    (run / "run.yaml").unlink()
    log = (run / LOG).read_bytes()
    with pytest.raises(RunFolderError, match=r"run\.yaml is missing; restore it"):
        prepare(corpus, run)
    assert (run / LOG).read_bytes() == log


def test_importing_anew_forgets_nothing(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    lines = [f"u{i},s{i % 8},{'xy'[i % 2]},one two three,one two tree" for i in range(16)]
    table.write_text("\n".join(["id,speaker,accent,text,hypothesis", *lines, ""]))
    (folder,) = import_transcripts(table, {"a": "hypothesis"}, out=tmp_path / "runs").folders.values()
    first = RunFolder(folder).read()["history"]
    part = next((folder / "hypotheses").rglob("part-*"))
    pl.read_parquet(part.read_bytes()).with_columns(pl.lit("one").alias("text")).write_parquet(part)
    table.write_text(table.read_text().replace("tree", "three"))
    with pytest.raises(RunFolderError, match="was changed"):
        import_transcripts(table, {"a": "hypothesis"}, out=tmp_path / "runs", replace=True)
    verify(folder, accept_changes="converted by hand")
    import_transcripts(table, {"a": "hypothesis"}, out=tmp_path / "runs", replace=True)
    found = verify(folder)
    assert found.ok
    assert "converted by hand" in found.accepted[0]
    assert RunFolder(folder).read()["history"] == first


def test_what_was_there_before_a_run_is_not_sealed_with_it(corpus: ListCorpus, tmp_path: Path) -> None:
    (tmp_path / "run" / "audio").mkdir(parents=True)
    (tmp_path / "run" / "audio" / "stranger").write_bytes(b"x")
    prepare(corpus, tmp_path / "run")
    assert verify(tmp_path / "run").differences == (
        "audio/stranger: is not recorded in run.yaml or in run.log.jsonl",
    )


def test_what_cannot_be_seen_is_said(run: Path) -> None:
    assert any("written anew as a whole" in line for line in verify(run).unseen)


def test_a_deleted_folder_is_not_made_again(corpus: ListCorpus, tmp_path: Path) -> None:
    run = tmp_path / "run"

    class Deletes(Scripted):
        def transcribe(self, batch: object) -> list[object]:  # type: ignore[override]
            shutil.rmtree(run)
            return super().transcribe(batch)  # type: ignore[arg-type, return-value]

    with pytest.raises(StorageError, match="deleted"):
        audit(corpus, Deletes({}, default="one"), ["accent"], out=run)
    assert not run.exists() or not [path for path in run.rglob("*") if path.name != ".lock"]


@pytest.mark.parametrize("key", ["../../x", "/etc/passwd", "a/b", "..", ""])
def test_a_key_that_leads_out_is_refused(run: Path, key: str) -> None:
    text = (run / "run.yaml").read_text()
    old = next((run / "hypotheses").iterdir()).name
    (run / "run.yaml").write_text(text.replace(f"key: {old}", f"key: '{key}'"))
    for verb in (verify, score):
        with pytest.raises(RunFolderError, match=r"recipe\.model\.key"):
            verb(run)


def test_a_link_in_a_run_folder_is_not_followed(run: Path, tmp_path: Path) -> None:
    part = next((run / "hypotheses").rglob("part-*.parquet"))
    part.rename(tmp_path / "outside.parquet")
    part.symlink_to(tmp_path / "outside.parquet")
    with pytest.raises(SpeechfairError, match=r"symbolic|was changed"):
        score(run, ["accent"])
    assert not verify(run).ok


def test_audio_outside_of_the_root_is_not_opened(run: Path) -> None:
    folder = RunFolder(run)
    manifest = folder.read_table("manifest.parquet", "")
    moved = manifest.with_columns(pl.lit("/etc/passwd").alias("audio"))
    moved.write_parquet(run / "manifest.parquet")
    found = verify(run)
    assert any("leads out of" in line for line in found.unchecked)
