from __future__ import annotations

import errno
import os
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechfair.errors import RunFolderError, StorageError
from speechfair.store import RunFolder, differences, storing, whole_folder, write_atomically

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_a_value_does_not_differ_from_itself(value: object) -> None:
    assert differences(value, value) == []


@given(json_values, json_values)
def test_differences_are_found_exactly_when_values_differ(old: object, new: object) -> None:
    assert bool(differences(old, new)) == (old != new)


def test_write_replaces_whole_files_and_leaves_no_temporary(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_full_disk_keeps_the_old_file_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"disk is full.*intact.*resumes"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_really_full_device_is_a_storage_error() -> None:
    with pytest.raises(StorageError):
        write_atomically(Path("/dev/full/x"), b"data")


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    with (
        run.locked(new=True),
        pytest.raises(RunFolderError, match="another speechfair process"),
        RunFolder(run.path).locked(new=True),
    ):
        pass


def test_a_foreign_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(RunFolderError, match=r"thesis\.tex"):
        RunFolder(tmp_path).claim_empty()


@pytest.mark.parametrize("content", ["", "schema: something/else\n", "a: [", "- 1\n"])
def test_a_damaged_run_yaml_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.yaml").write_text(content)
    with pytest.raises(RunFolderError, match=r"run\.yaml"):
        RunFolder(tmp_path).read()


def test_parts_are_numbered_and_never_overwritten(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.begin()
    for i in range(3):
        run.add_part("m", pl.DataFrame({"i": [i]}))
    run.parts("m")[0].unlink()
    run.add_part("m", pl.DataFrame({"i": [9]}))
    assert [p.name for p in run.parts("m")] == [f"part-{i:06d}.parquet" for i in (1, 2, 3)]


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(RunFolderError, match=r"t\.parquet is damaged.*do this"):
        RunFolder(tmp_path).read_table("t.parquet", "do this")


def test_a_disk_that_takes_no_change_any_more_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The temporary file cannot be removed either; that must not hide why nothing was written."""

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "replace", refused)
    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(StorageError, match=r"cannot write .*Read-only file system"):
        write_atomically(tmp_path / "file", b"new")


def test_what_polars_says_of_a_full_disk_is_a_storage_error(tmp_path: Path) -> None:
    said = pl.exceptions.ComputeError("parquet: underlying IO error: No space left on device (os error 28)")
    with pytest.raises(StorageError, match="the disk is full"), whole_folder(tmp_path / "new"):
        raise said
    assert not list(tmp_path.iterdir())
    with pytest.raises(pl.exceptions.ComputeError), storing(tmp_path):
        raise pl.exceptions.ComputeError("something else")


def test_parts_are_numbered_on_after_those_that_are_there(tmp_path: Path) -> None:
    table = pl.DataFrame({"a": [1]})
    run = RunFolder(tmp_path / "run")
    run.begin()
    names = [run.add_part("k", table).name for _ in range(2)]
    again = RunFolder(run.path)
    names += [again.add_part("k", table).name, again.add_part("other", table).name]
    assert names == [*(f"part-00000{n}.parquet" for n in range(3)), "part-000000.parquet"]


def test_a_folder_that_was_killed_before_its_record_is_still_ours(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    run.begin()
    run.write_file("scenes.json", b"[]")
    run.claim_empty()
    (run.path / "notes.txt").write_text("somebody's")
    with pytest.raises(RunFolderError, match=r"it holds 'notes\.txt'"):
        run.claim_empty()
