"""Every importer reads the same two transcripts from its own made file, and says where a damaged file is damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from speechfair.errors import SpeechfairError
from speechfair.importing.columns import Asked
from speechfair.importing.read_transcripts import format_of, importers, read_table, read_transcripts
from speechfair.importing.transcripts import Transcripts

TEXTS = {"call-1": "red green blue", "call-2": "big old hat"}


def each(folder: Path, documents: dict[str, Any]) -> Path:
    folder.mkdir()
    for name, document in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    return folder


def whole(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def lines(documents: list[Any]) -> str:
    return "".join(json.dumps(document) + "\n" for document in documents)


def saved(folder: Path, texts: dict[str, str]) -> Path:
    folder.mkdir()
    frame = pl.DataFrame({"id": list(texts), "text": list(texts.values()), "accent": [0, 1]})
    frame.write_ipc_stream(folder / "data-00000-of-00001.arrow", compat_level=pl.CompatLevel.oldest())
    features = {"accent": {"names": ["x", "y"], "_type": "ClassLabel"}, "id": {"_type": "Value"}, "text": {}}
    (folder / "dataset_info.json").write_text(json.dumps({"features": features}))
    return folder


def text_folder(folder: Path, texts: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


MADE: dict[str, Callable[[Path, dict[str, str]], Path]] = {
    "amazon": lambda f, t: each(
        f / "a",
        {
            name: {"jobName": "j", "results": {"transcripts": [{"transcript": text}]}, "status": "COMPLETED"}
            for name, text in t.items()
        },
    ),
    "assemblyai": lambda f, t: each(
        f / "a",
        {
            name: {"id": "x", "status": "completed", "text": text, "confidence": 0.5, "audio_url": "u"}
            for name, text in t.items()
        },
    ),
    "azure": lambda f, t: each(
        f / "a",
        {
            name: {"RecognitionStatus": "Success", "NBest": [{"Confidence": 0.5, "Display": text}]}
            for name, text in t.items()
        },
    ),
    "ctm": lambda f, t: whole(
        f, "h.ctm",
        "".join(f"{n} 1 {at} 0.5 {word} 0.5\n" for n, x in t.items() for at, word in enumerate(x.split())),
    ),
    "deepgram": lambda f, t: each(
        f / "a",
        {
            name: {"results": {"channels": [{"alternatives": [{"transcript": text, "confidence": 0.5}]}]}}
            for name, text in t.items()
        },
    ),
    "google": lambda f, t: each(
        f / "a",
        {
            name: {"results": [{"alternatives": [{"transcript": text, "confidence": 0.5}]}]}
            for name, text in t.items()
        },
    ),
    "kaldi": lambda f, t: whole(f, "text", "".join(f"{name} {text}\n" for name, text in t.items())),
    "nemo": lambda f, t: whole(
        f, "m.jsonl", lines([{"audio_filepath": f"a/{name}.wav", "pred_text": text} for name, text in t.items()])
    ),
    "saved-dataset": lambda f, t: saved(f / "d", t),
    "seglst": lambda f, t: whole(
        f, "s.json",
        json.dumps([{"session_id": "s", "segment_id": name, "words": text} for name, text in t.items()]),
    ),
    "stm": lambda f, t: whole(f, "r.stm", "".join(f"{n} 1 s 0.0 1.0 {x}\n" for n, x in t.items())),
    "table": lambda f, t: whole(f, "t.csv", "id,text\n" + "".join(f"{n},{x}\n" for n, x in t.items())),
    "text-folder": lambda f, t: text_folder(f / "d", t),
    "trn": lambda f, t: whole(f, "h.trn", "".join(f"{text} ({name})\n" for name, text in t.items())),
    "whisper": lambda f, t: each(
        f / "a",
        {
            name: {"text": f" {text}", "segments": [
                {"start": 0, "end": 1, "text": text, "tokens": [1, 2], "avg_logprob": -0.5}], "language": "en"}
            for name, text in t.items()
        },
    ),
}  # fmt: skip


JOINED = sorted(set(MADE) - {"stm"})  # whose ids are of stretches, not of recordings


def references(folder: Path) -> Path:
    return whole(
        folder, "refs.csv", "id,text,speaker,accent\ncall-1,red green blue,p,x\ncall-2,big old cat,q,y\n"
    )


def joined(folder: Path, file: Path) -> Transcripts:
    return read_transcripts(references(folder), {"s": str(file)}, Asked(group_by=["accent"]))


def test_every_importer_is_tried() -> None:
    assert sorted(MADE) == importers().names()


@pytest.mark.parametrize("name", JOINED)
def test_every_format_is_recognised_and_gives_the_same_texts(name: str, tmp_path: Path) -> None:
    file = MADE[name](tmp_path, TEXTS)
    assert format_of(file, None).name == name
    (system,) = joined(tmp_path, file).systems
    assert [text.strip() for text in system.table["text"]] == list(TEXTS.values())
    assert system.table["id"].to_list() == list(TEXTS)
    assert system.table["error"].null_count() == 2


@pytest.mark.parametrize("name", sorted(set(JOINED) - {"saved-dataset"}))
def test_an_unknown_id_and_a_missing_hypothesis_are_counted(name: str, tmp_path: Path) -> None:
    found = joined(tmp_path, MADE[name](tmp_path, {"call-1": TEXTS["call-1"], "call-9": "who is this"}))
    (system,) = found.systems
    assert [error is None for error in system.table["error"]] == [True, False]
    assert any("1 of 2 hypotheses are for ids that the references do not have" in line for line in found.said)
    assert system.source["hypotheses_for_unknown_ids"] == 1


@pytest.mark.parametrize("name", sorted(MADE))  # an id of a stretch is no id of a recording
def test_no_id_in_common_is_refused(name: str, tmp_path: Path) -> None:
    file = MADE[name](tmp_path, {"x": "a", "y": "b"})
    with pytest.raises(SpeechfairError, match="not one of its 2 ids"):
        joined(tmp_path, file)


@pytest.mark.parametrize("name", ["kaldi", "nemo", "table", "trn"])
def test_two_hypotheses_for_one_id_are_refused_with_both_places(name: str, tmp_path: Path) -> None:
    file = MADE[name](tmp_path, TEXTS)
    file.write_text(file.read_text() + file.read_text().splitlines()[-1] + "\n")
    with pytest.raises(SpeechfairError, match=r"comes twice, in line \d and line \d"):
        joined(tmp_path, file)


@pytest.mark.parametrize("name", sorted(set(MADE) - {"saved-dataset"}))
def test_bytes_that_are_no_utf8_are_named(name: str, tmp_path: Path) -> None:
    file = MADE[name](tmp_path, TEXTS)
    one = sorted(file.rglob("*.*"))[0] if file.is_dir() else file
    one.write_bytes(one.read_bytes().replace(b"red", b"r\xff"))
    if file.is_dir():
        table = read_table(file, name)
        assert len(table.refused) == 1
        assert one.name in table.refused[0].place
    else:
        with pytest.raises(SpeechfairError, match=one.name):
            read_table(file, name)


@pytest.mark.parametrize("name", ["amazon", "assemblyai", "azure", "deepgram", "google", "whisper"])
def test_a_document_that_is_cut_off_is_one_row_that_could_not_be_read(name: str, tmp_path: Path) -> None:
    folder = MADE[name](tmp_path, TEXTS)
    file = folder / "call-2.json"
    file.write_text(file.read_text()[:-9])
    found = joined(tmp_path, folder)
    assert found.systems[0].table["error"].null_count() == 1
    assert any("call-2.json" in line and "line 1, column" in line for line in found.said)


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("azure", {"RecognitionStatus": "Error"}),
        ("assemblyai", {"status": "error", "text": None, "error": "too short", "audio_url": "u"}),
        ("amazon", {"jobName": "j", "status": "FAILED"}),
        ("google", {"error": {"message": "quota"}, "results": []}),
    ],
)
def test_a_failed_answer_of_a_service_is_a_failure_with_its_words(
    name: str, document: dict[str, Any], tmp_path: Path
) -> None:
    folder = MADE[name](tmp_path, TEXTS)
    (folder / "call-2.json").write_text(json.dumps(document))
    error = joined(tmp_path, folder).systems[0].table["error"][1]
    assert error is not None
    assert "no hypothesis" not in error


def test_a_nemo_manifest_with_text_is_an_import_of_its_own(tmp_path: Path) -> None:
    rows = [
        {"audio_filepath": "a.wav", "offset": 2.0 * n, "duration": 2.0, "text": text, "pred_text": text}
        for n, text in enumerate(TEXTS.values())
    ]
    found = read_transcripts(whole(tmp_path, "greedy.jsonl", lines(rows)), {}, Asked())
    assert found.systems[0].name == "greedy"
    assert found.manifest["text"].equals(found.systems[0].table["text"])
    assert found.manifest["duration_s"].sum() == 4.0


def test_kaldi_pairs_with_speakers_and_genders(tmp_path: Path) -> None:
    ref = tmp_path / "ref"
    ref.mkdir()
    (ref / "text").write_text("a-1 red hat\na-2 \nb-1 old cat\n")
    (ref / "utt2spk").write_text("a-1 a\na-2 a\nb-1 b\n")
    (ref / "spk2gender").write_text("a f\nb m\n")
    hyp = whole(tmp_path, "text", "a-1 red hat\na-2 oh\nb-1 old bat\n")
    found = read_transcripts(hyp, {}, Asked(group_by=["gender"]), references=ref)
    assert found.manifest["speaker"].to_list() == ["a", "a", "b"]
    assert [row[0]["value"] for row in found.manifest["labels"].to_list()] == ["f", "f", "m"]
    assert found.manifest["text"].to_list() == ["red hat", "", "old cat"]
    assert found.systems[0].table["text"].to_list() == ["red hat", "oh", "old bat"]
