"""No verb opens audio under a root that only a run folder from elsewhere names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from speechfair import prepare, transcribe, verify
from speechfair.auditing.run import audit
from speechfair.errors import RunFolderError
from speechfair.running import audio_root
from speechfair.running.audio_root import VARIABLE
from speechfair.running.run_manifest import locate_audio
from speechfair.running.run_record import read_record
from speechfair.store import RunFolder
from speechfair.testing import Scripted
from tests.support import ListCorpus, scripted_texts, small_corpus


@pytest.fixture
def corpus(tmp_path: Path) -> ListCorpus:
    return small_corpus(tmp_path / "wav", speakers=2, per_speaker=2)


@pytest.fixture
def model(corpus: ListCorpus) -> Scripted:
    return Scripted(scripted_texts(corpus, {"x": 1, "y": 3}))


@pytest.fixture
def arrive(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another machine: what this one remembers is gone."""
    monkeypatch.setenv("SPEECHFAIR_CACHE", str(tmp_path / "another cache"))
    monkeypatch.setattr(audio_root, "_REMEMBERED", set())


@pytest.fixture
def stranger(corpus: ListCorpus, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    prepare(corpus, tmp_path / "run")
    request.getfixturevalue("arrive")
    return tmp_path / "run"


def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Audio files that are read from now on."""
    found: list[Path] = []
    plain = Path.open

    def noting(self: Path, *args: object, **options: object) -> object:
        if self.suffix == ".wav":
            found.append(self)
        return plain(self, *args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", noting)
    return found


def test_no_verb_opens_what_a_stranger_names(
    stranger: Path, model: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = opened(monkeypatch)
    for call in (lambda: transcribe(stranger, model), lambda: transcribe(stranger, model, shard="1/2")):
        with pytest.raises(RunFolderError, match=f"not begun here by you.*set {VARIABLE}"):
            call()
    result = verify(stranger)
    assert result.ok
    assert any("4 utterances, which was not opened" in line for line in result.unchecked)
    assert not found
    assert not model.calls


@pytest.mark.parametrize("above", ["wav", ""])
def test_the_variable_allows_the_recorded_root(
    above: str, stranger: Path, model: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / above))
    transcribe(stranger, model)
    assert "audio of 4 utterances" in verify(stranger).checked


def test_the_variable_names_where_the_audio_lies_now(
    stranger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wav").rename(tmp_path / "moved")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "moved"))
    assert "audio of 4 utterances" in verify(stranger).checked
    with pytest.raises(RunFolderError, match="leads out of"):
        locate_audio("../secret", read_record(RunFolder(stranger)).root, stranger)


def test_a_shard_does_not_make_a_strangers_root_ones_own(
    stranger: Path, model: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tmp_path / "wav", tmp_path / "mine")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "mine"))
    shard = transcribe(stranger, model, shard="1/1")
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(RunFolderError, match="not begun here by you"):
        locate_audio("s00-0.wav", str(tmp_path / "wav"), shard.path)


def test_the_variable_wins_over_a_root_that_is_remembered(
    corpus: ListCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(corpus, tmp_path / "run")
    shutil.copytree(tmp_path / "wav", tmp_path / "moved")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "moved"))
    found = locate_audio("s00-0.wav", str(tmp_path / "wav"), tmp_path / "run")
    assert found == tmp_path / "moved" / "s00-0.wav"


def test_whoever_names_the_corpus_again_has_named_the_root(
    stranger: Path, corpus: ListCorpus, model: Scripted
) -> None:
    audit(corpus, model, ["accent"], out=stranger)
    assert "audio of 4 utterances" in verify(stranger).checked


def test_another_root_in_the_same_run_is_not_the_one_that_was_named(
    corpus: ListCorpus, tmp_path: Path
) -> None:
    prepare(corpus, tmp_path / "run")
    assert locate_audio("s00-0.wav", str(tmp_path / "wav"), tmp_path / "run").is_file()
    with pytest.raises(RunFolderError, match="not begun here by you"):
        locate_audio("s00-0.wav", str(tmp_path), tmp_path / "run")


def test_a_cache_that_cannot_be_written_or_is_damaged_is_no_obstacle(
    corpus: ListCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("SPEECHFAIR_CACHE", str(tmp_path / "file"))
    prepare(corpus, tmp_path / "run")
    assert "audio of 4 utterances" in verify(tmp_path / "run").checked
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "audio-roots.jsonl").write_bytes(b'["a","b"]\n\xff\n[1]\n"x"\n{"torn')
    monkeypatch.setenv("SPEECHFAIR_CACHE", str(cache))
    prepare(corpus, tmp_path / "second")
    assert "audio of 4 utterances" in verify(tmp_path / "second").checked
