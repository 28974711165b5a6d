"""Tiny corpora for the generic doors: a Kaldi folder, tar shards, a saved dataset, lhotse cuts."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.corpora.planting import Tree, hollow, write


def kaldi(folder: Path) -> Tree:
    """Segments, one of them backwards; a pipe; a path that leads out; text without audio; labels in files."""
    write(folder / "wav.scp", "r1 audio/r1.wav", "r2 sox r2.wav -t wav - speed 1.1 |", "r3 /elsewhere/r3.wav")
    write(folder / "segments", "u1 r1 0.0 1.5", "u2 r1 2.0 1.5", "u3 r2 0 1", "u4 r3 0 1", "u5 r1 1.5 -1")
    write(folder / "text", "u1 hello there", "u2 x", "u3 x", "u4 x", "u9 nobody")
    write(folder / "utt2spk", *(f"u{number} s1" for number in range(1, 6)))
    write(folder / "spk2gender", "s1 f")
    write(folder / "spk2age", "s1 61")
    write(folder / "spk2utt", "s1 u1 u2")
    write(folder / "utt2accent", "u1 Scottish")
    hollow(folder / "audio" / "r1.wav")
    return Tree(folder, 2, 1, "wav.scp", frozenset({"u2", "u3", "u4", "u9"}))


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def webdataset(folder: Path) -> Tree:
    """Text in JSON and in a file of its own; a sample without audio, one with two; JSON that is none."""
    with tarfile.open(folder / "shard-000000.tar", "w") as archive:
        add(archive, "a/1.json", b'{"text": "hello", "speaker": "s1", "accent": "Welsh", "gender": "F"}')
        add(archive, "a/1.wav", b"not audio")
        add(archive, "a/2.flac", b"not audio either")
        add(archive, "a/2.txt", "grüezi\n".encode())
        add(archive, "a/3.json", b'{"text": "no audio"}')
    with tarfile.open(folder / "shard-000001.tar", "w") as archive:
        add(archive, "b/1.wav", b"x")
        add(archive, "b/1.mp3", b"y")
        add(archive, "b/2.wav", b"x")
        add(archive, "b/2.json", b"{")
        add(archive, "../c.wav", b"the name leads nowhere, since nothing is unpacked")
    return Tree(folder, 3, 1, "*.tar", frozenset({"a/3", "b/1", "b/2"}))


def huggingface(folder: Path) -> Tree:
    """Two splits, one of which is asked for; bytes in the dataset; a row with an impossible time."""
    datasets = pytest.importorskip("datasets", reason="the extra 'datasets' is not installed")
    rows = {
        "audio": [{"bytes": b"not audio", "path": "a.wav"}, {"bytes": b"no", "path": "b.wav"}],
        "text": ["hello", "there"],
        "id": ["u1", "u2"],
        "speaker": ["s1", "s1"],
        "accent": ["Welsh", None],
        "end_s": [1.5, -1.0],
    }
    audio = datasets.Audio(decode=False)
    split = datasets.Dataset.from_dict(rows).cast_column("audio", audio)
    datasets.disable_progress_bars()
    datasets.DatasetDict({"train": split, "test": split}).save_to_disk(str(folder))
    return Tree(folder, 1, 1, "dataset_info.json", frozenset({"u2"}), {"split": "test"})


def cut(name: str, source: str, supervisions: list[dict[str, Any]], **more: Any) -> str:
    recording = {
        "id": name,
        "sources": [{"type": "file", "channels": [0], "source": source}],
        "sampling_rate": 16000,
        "num_samples": 64000,
        "duration": 4.0,
        "channel_ids": [0],
        **more,
    }
    spoken = [
        {"id": f"{name}-{n}", "recording_id": name, "channel": 0, **facts}
        for n, facts in enumerate(supervisions)
    ]
    facts = {
        "id": name,
        "start": 0.0,
        "duration": 4.0,
        "channel": 0,
        "supervisions": spoken,
        "recording": recording,
    }
    return json.dumps({**facts, "type": "MonoCut"})


def lhotse(folder: Path) -> Tree:
    """Two utterances in one recording; a name for the language; speed perturbed; no supervision; a path outside."""
    whole = {"start": 0.0, "duration": 4.0, "text": "all of it", "language": "English", "speaker": "s2"}
    first = {"start": 0.0, "duration": 1.5, "text": "hello", "language": "en", "speaker": "s1", "gender": "F"}
    second = {
        "start": 2.0,
        "duration": 1.0,
        "text": "there",
        "speaker": "s1",
        "custom": {"accent": "Welsh", "x": 1},
    }
    speed = [{"name": "Speed", "kwargs": {"factor": 1.1}}]
    lines = [
        cut("c1", "a.wav", [first, second]),
        cut("c2", "b.wav", [whole]),
        cut("c3", "b.wav", [whole], transforms=speed),
        cut("c4", "b.wav", []),
        cut("c5", "../b.wav", [whole]),
    ]
    for name in ("a", "b"):
        hollow(folder / f"{name}.wav")
    path = folder / "cuts.jsonl.gz"
    path.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0))
    options, wrong = {"manifest": str(path)}, {"manifest": str(folder / "nowhere.jsonl.gz")}
    return Tree(folder, 3, 2, "nowhere.jsonl.gz", frozenset({"c3", "c4", "c5-0"}), options, wrong)
