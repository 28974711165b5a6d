"""Tar shards: read in place, cut short with an error, never unpacked."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from speechfair.audio import AudioError, load_bytes
from speechfair.corpora import load_corpus
from speechfair.errors import CorpusError
from speechfair.types import Utterance
from tests.corpora.door_trees import add, webdataset


def utterances(root: Path, **options: object) -> dict[str, Utterance]:
    return {row.id: row for row in load_corpus("webdataset", root, **options) if isinstance(row, Utterance)}


def test_audio_is_read_where_it_lies(tmp_path: Path) -> None:
    webdataset(tmp_path)
    found = utterances(tmp_path)
    assert {name: load_bytes(row.audio) for name, row in found.items()} == {
        "a/1": b"not audio",
        "a/2": b"not audio either",
        "../c": b"the name leads nowhere, since nothing is unpacked",
    }
    assert (found["a/1"].text, found["a/2"].text, found["../c"].text) == ("hello", "grüezi", None)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["shard-000000.tar", "shard-000001.tar"]


@pytest.mark.parametrize("kept", [700, 1024, 1300, 3000])
def test_a_shard_that_is_cut_short(tmp_path: Path, kept: int) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for number in range(3):
            add(archive, f"{number}.wav", bytes(1000))
    whole = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(whole[:kept])
    with pytest.raises(CorpusError, match=r"a\.tar .*cut short"):
        list(load_corpus("webdataset", tmp_path))


def test_compressed_or_other_files(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        add(archive, "1.wav", b"x")
    (tmp_path / "a.tar").write_bytes(gzip.compress(buffer.getvalue()))
    with pytest.raises(CorpusError, match="is compressed"):
        list(load_corpus("webdataset", tmp_path))


def test_a_link_in_an_archive_is_no_file(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        link = tarfile.TarInfo("1.wav")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
        add(archive, "2.wav", b"x")
    assert set(utterances(tmp_path)) == {"2"}


def test_keys_that_are_mapped_must_be_somewhere(tmp_path: Path) -> None:
    webdataset(tmp_path)
    labels = {"accent": {"column": "accent", "source": "self_reported"}}
    row = utterances(tmp_path, columns={"labels": labels})["a/1"]
    assert [(label.axis, label.source) for label in row.labels] == [("accent", "self_reported")]
    with pytest.raises(CorpusError, match="no sample has the key 'acent'"):
        utterances(tmp_path, columns={"labels": {"accent": {"column": "acent"}}})


def test_an_archive_that_shrinks_is_a_failed_read(tmp_path: Path) -> None:
    webdataset(tmp_path)
    row = utterances(tmp_path)["a/2"]
    (tmp_path / "shard-000000.tar").write_bytes(b"")
    with pytest.raises(AudioError, match="cannot be read"):
        load_bytes(row.audio)
