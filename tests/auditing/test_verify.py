"""`verify` finds every edit and flags nothing that was not touched."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from speechfair import verify
from speechfair.auditing.run import audit
from speechfair.errors import RunFolderError
from speechfair.store import RunFolder, file_digest
from speechfair.testing import Scripted
from tests.support import scripted_texts, small_corpus, write_tone


@pytest.fixture
def run(tmp_path: Path) -> Path:
    corpus = small_corpus(tmp_path / "wav")
    audit(corpus, Scripted(scripted_texts(corpus, {"x": 1, "y": 3})), ["accent"], out=tmp_path / "run")
    return tmp_path / "run"


def test_untouched_is_ok(run: Path) -> None:
    found = verify(run)
    assert found.ok
    assert not found.unchecked


def test_any_changed_file_is_named(run: Path) -> None:
    for path in [p for p in run.rglob("*") if p.is_file() and p.name not in ("run.yaml", ".lock")]:
        whole = path.read_bytes()
        flipped = bytearray(whole)
        flipped[len(flipped) // 2] ^= 1
        path.write_bytes(bytes(flipped))
        name = path.relative_to(run).as_posix()
        assert any(name in line for line in verify(run).differences), name
        path.unlink()
        assert f"{name}: is missing" in verify(run).differences
        path.write_bytes(whole)
    assert verify(run).ok


def test_an_added_file_is_named(run: Path) -> None:
    (run / "hypotheses" / "note.txt").write_text("x")
    assert "hypotheses/note.txt: is not recorded in run.yaml or in run.log.jsonl" in verify(run).differences


def test_a_forged_number_is_found_even_with_forged_digests(run: Path) -> None:
    """The digests are re-made by the forger; the recomputed audit still disagrees."""
    path = run / "audit.json"
    content = json.loads(path.read_text())
    content["groups"][0]["rate"]["value"] = 0.01
    path.write_text(json.dumps(content))
    _forge_digest(run, "audit.json")
    assert any("groups[0].rate.value: 0.01 ->" in line for line in verify(run).differences)


def test_a_file_written_before_a_field_was_known_is_no_forgery(run: Path) -> None:
    path = run / "audit.json"
    content = json.loads(path.read_text())
    for group in content["groups"]:
        del group["kind_ratios"]
    path.write_text(json.dumps(content))
    _forge_digest(run, "audit.json")
    found = verify(run)
    assert found.ok
    assert any("written without kind_ratios" in line for line in found.unchecked)
    content["groups"][0]["rate"]["value"] = 0.01
    path.write_text(json.dumps(content))
    _forge_digest(run, "audit.json")
    assert not verify(run).ok


def test_forged_hypotheses_are_found_even_with_forged_digests(run: Path) -> None:
    part = next((run / "hypotheses").rglob("part-*.parquet"))
    table = pl.read_parquet(part.read_bytes()).with_columns(pl.lit("one two").alias("text"))
    table.write_parquet(part)
    _forge_digest(run, part.relative_to(run).as_posix())
    assert any("audit.json" in line for line in verify(run).differences)


def test_a_changed_manifest_is_found_even_with_forged_digests(run: Path) -> None:
    path = run / "manifest.parquet"
    pl.read_parquet(path.read_bytes()).with_columns(pl.lit("z").alias("speaker")).write_parquet(path)
    _forge_digest(run, "manifest.parquet")
    assert any("manifest.parquet was changed" in line for line in verify(run).differences)


def test_changed_and_absent_audio_is_told(run: Path) -> None:
    wav = run.parent / "wav"
    write_tone(wav / "s00-0.wav", 1.0)
    (wav / "s01-0.wav").unlink()
    found = verify(run)
    assert any("'s00-0'" in line for line in found.differences)
    assert found.unchecked == ("audio of 1 utterances: the files are not reachable from here",)
    assert verify(run, audio=False).ok


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="not a run folder"):
        verify(tmp_path)


def _forge_digest(run: Path, name: str) -> None:
    """As somebody would who writes run.yaml and its log anew."""
    folder = RunFolder(run)
    content = {key: value for key, value in folder.read().items() if key not in ("schema", "log")}
    content["digests"][name] = file_digest(run / name)
    folder.write(content)
