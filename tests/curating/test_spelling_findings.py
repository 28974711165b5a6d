"""Traps in the spelling of labels and speakers are named, with their rows and a mapping that settles them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import soundfile
import yaml

from speechfair.corpora import load_corpus
from speechfair.curating.corpus_check import CorpusCheck, check_corpus

ROWS = (
    ("s1", "Indian", "x"), ("s2", "indian", "x"), ("s3", "indian ", "x"), ("S3", "INDIAN", "x"),
    ("s4", "nan", "x"), ("s5", "N/A", "x"), ("N/A", "NA", "x"), ("s6", "not provided", "x"),
    ("7", "scottish", "y"), ("7", "indian", "x"), ("s8", "scottish|indian", "y"),
)  # fmt: skip


def table(folder: Path) -> Path:
    lines = ["audio;text;speaker;accent;country"]
    lines += [f"{n}.wav;hi;{speaker};{accent};{country}" for n, (speaker, accent, country) in enumerate(ROWS)]
    path = folder / "m.csv"
    path.write_text("\n".join(lines), "utf-8")
    return path


def check(path: Path, columns: object = None, **options: bool) -> CorpusCheck:
    return check_corpus(load_corpus("manifest", manifest=path, columns=columns), **options)


def by_kind(found: CorpusCheck) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for finding in found.findings:
        kinds.setdefault(finding.kind, []).append(finding.message)
    return kinds


def test_every_trap_is_named(tmp_path: Path) -> None:
    found = by_kind(check(table(tmp_path), audio=False))
    assert "'indian' (3 rows)" in found["labels-alike"][0]
    assert sorted(found["missing-words"]) == [
        "accent: 1 rows say 'N/A', which counts as missing",
        "accent: 1 rows say 'nan', which counts as missing",
        "speaker: 1 rows say 'N/A', which counts as missing",
    ]
    assert "2 speakers (2 rows) differ" in found["speakers-alike"][0]
    assert "'S3' = 's3'" in found["speakers-alike"][0]
    assert "accent: 1 speakers (2 rows) have several values" in found["speaker-in-groups"][0]
    assert "speaker_within: accent" in found["speaker-in-groups"][0]
    assert "columns that nothing reads: country" in found["unread-columns"][0]
    assert "2 rows have a value that may mean missing" in found["perhaps-missing"][0]
    assert 'separator: "|"' in found["several-values"][0]


def test_what_is_to_be_pasted_settles_it(tmp_path: Path) -> None:
    path = table(tmp_path)
    found = by_kind(check(path, audio=False))
    pasted = re.search(r"labels: .*$", found["several-values"][0], re.M)
    assert pasted, "the last mapping holds those before it"
    columns = yaml.safe_load(pasted[0])["labels"]["accent"]
    left = by_kind(check(path, {"labels": {"accent": columns}, "speaker_within": "accent"}, audio=False))
    assert not {"labels-alike", "perhaps-missing", "several-values", "speaker-in-groups"} & set(left)


def test_averaged_channels_are_a_note_and_opposite_phase_is_unreadable(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (4000, 2))
    soundfile.write(tmp_path / "pair.wav", noise, 16_000)
    soundfile.write(tmp_path / "anti.wav", noise[:, :1] * [1, -1], 16_000)
    path = tmp_path / "m.csv"
    path.write_text(
        "audio,text,speaker,accent,channel\npair.wav,a,s1,x,\npair.wav,b,s2,y,1\nanti.wav,c,s3,x,\nanti.wav,d,s4,x,0\n",
        "utf-8",
    )
    found = by_kind(check(path))
    assert found["averaged-channels"] == ["recordings of several channels, which are averaged: 1"]
    assert found["unreadable"] == ["rows with unusable audio: 1"]
