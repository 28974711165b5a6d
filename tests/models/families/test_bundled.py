"""Joining weights that come in parts, and refusing what is not the promised content."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from speechfair.errors import DigestMismatchError, StorageError
from speechfair.models.families import bundled
from speechfair.models.families.bundled import join_parts

WHOLE = b"first half, second half"
DIGEST = hashlib.sha256(WHOLE).hexdigest()


@pytest.fixture
def sources(tmp_path: Path) -> tuple[list[Path], list[Path]]:
    parts = [tmp_path / "part1", tmp_path / "part2"]
    parts[0].write_bytes(WHOLE[:11])
    parts[1].write_bytes(WHOLE[11:])
    companion = tmp_path / "tokenizer.json"
    companion.write_text("{}")
    return parts, [companion]


def test_parts_are_joined_with_their_companions(
    tmp_path: Path, sources: tuple[list[Path], list[Path]]
) -> None:
    folder = join_parts(*sources, tmp_path / "cache" / "model", DIGEST)
    assert (folder / "model.bin").read_bytes() == WHOLE
    assert (folder / "tokenizer.json").read_text() == "{}"
    assert sorted(p.name for p in folder.iterdir() if p.name != ".lock") == ["model.bin", "tokenizer.json"]


def test_a_whole_cache_is_reused(tmp_path: Path, sources: tuple[list[Path], list[Path]]) -> None:
    folder = join_parts(*sources, tmp_path / "cache", DIGEST)
    before = (folder / "model.bin").stat().st_ino
    join_parts(*sources, folder, DIGEST)
    assert (folder / "model.bin").stat().st_ino == before


@pytest.mark.parametrize("damage", [WHOLE[:-1], b"", b"x" * len(WHOLE)])
def test_a_damaged_cache_is_rebuilt(
    damage: bytes, tmp_path: Path, sources: tuple[list[Path], list[Path]]
) -> None:
    folder = join_parts(*sources, tmp_path / "cache", DIGEST)
    (folder / "model.bin").write_bytes(damage)
    (folder / "tokenizer.json").write_text("cut sho")
    join_parts(*sources, folder, DIGEST)
    assert (folder / "model.bin").read_bytes() == WHOLE
    assert (folder / "tokenizer.json").read_text() == "{}"


def test_wrong_parts_are_refused_and_leave_nothing(
    tmp_path: Path, sources: tuple[list[Path], list[Path]]
) -> None:
    parts, companions = sources
    parts[1].write_bytes(b"something else")
    found = hashlib.sha256(WHOLE[:11] + b"something else").hexdigest()
    with pytest.raises(DigestMismatchError, match=rf"part2: expected sha256 {DIGEST}, found {found}"):
        join_parts(parts, companions, tmp_path / "cache", DIGEST)
    assert not (tmp_path / "cache" / "model.bin").exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path, sources: tuple[list[Path], list[Path]]) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="SPEECHFAIR_CACHE"):
        join_parts(*sources, tmp_path / "file" / "cache", DIGEST)


def test_installed_weights_that_were_changed_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.bin").write_bytes(b"not whisper")
    monkeypatch.setattr(bundled, "_package", lambda *names: tmp_path)
    with pytest.raises(DigestMismatchError, match=r"model\.bin: expected sha256 1a5afae0.*, found "):
        bundled.load("whisper-tiny.en")
