"""Earnings-22, KeSpeech, ERJ, UME-JRF and I-JAS-like trees: what the labels say, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from speechfair.corpora import load_corpus
from speechfair.errors import CorpusError, InputError
from speechfair.types import Exclusion, Utterance
from tests.corpora import learner_trees
from tests.corpora.planting import write


def rows(name: str, folder: Path, **options: Any) -> dict[str, Utterance]:
    getattr(learner_trees, name)(folder)
    found = load_corpus(name, folder, **options)
    return {row.id: row for row in found if isinstance(row, Utterance)}


def labels(row: Utterance) -> dict[str, str]:
    return {label.axis: label.value for label in row.labels}


def test_calls_are_cut_at_speakers_and_sentences(tmp_path: Path) -> None:
    found = rows("earnings22", tmp_path)
    first = found["4420696-000002"]
    assert (first.text, first.speaker, first.start_s, first.end_s) == ("Good morning.", "4420696-0", 0.5, 1.1)
    assert [found[f"4420696-{n:06d}"].text for n in (7, 8)] == ["Well", "then."], "cut before 30 s are over"
    assert {label.axis: label.source for label in first.labels} == {
        "company_country": "corpus",
        "company_region": "corpus",
        "accent": "inferred",
    }
    reasons = {
        row.id: row.reason for row in load_corpus("earnings22", tmp_path) if isinstance(row, Exclusion)
    }
    assert reasons["4420696-000004"] == "words that the alignment did not find"
    assert reasons["4420696-000006"] == "inaudible or several people at once"
    assert reasons["4420696-000009"] == "end 37.0 is not after start 38.0"
    assert reasons["4444444"] == "a call without audio"


def test_a_damaged_reference_is_refused_with_its_line(tmp_path: Path) -> None:
    learner_trees.earnings22(tmp_path)
    (path,) = tmp_path.glob("transcripts/*/*.nlp")
    path.write_text("token|speaker|ts|endTs|punctuation\nonly|two\n")
    with pytest.raises(CorpusError, match="line 2: 2 cells, but the header has 5 columns"):
        list(load_corpus("earnings22", tmp_path))
    path.write_text("token|speaker|ts|end|punctuation\n")
    with pytest.raises(CorpusError, match="no column 'endTs'"):
        list(load_corpus("earnings22", tmp_path))


def test_subdialects_and_noise(tmp_path: Path) -> None:
    found = rows("kespeech", tmp_path)
    assert labels(found["u1"]) == {"accent": "Mandarin", "variety": "Standard"}
    assert labels(found["u2"])["variety"] == "Jiang-Huai"
    assert (found["u2"].text, found["u3"].text) == ("你好", None)
    with pytest.raises(InputError, match="no split 'tset'; did you mean 'test'"):
        load_corpus("kespeech", tmp_path, split="tset")


def test_ratings_of_teachers(tmp_path: Path) -> None:
    found = rows("erj", tmp_path)
    assert found["TUT-F01-S1_001"].text == "He told me “so”, ｶﾅ.", "the first list has precedence"
    assert labels(found["TUT-F01-S1_001"]) == {
        "first_language": "jpn",
        "accent": "Japanese",
        "gender": "female",
        "proficiency": "4",  # 3.5, rounded half up
    }
    assert "proficiency" not in labels(found["TUT-M01-S1_001"])
    assert {row.speaker for row in found.values()} == {"TUT-F01", "TUT-M01", "KYO-F01"}
    tab = tmp_path / "doc" / "JEcontent" / "tab" / "sentence1.tab"
    tab.write_bytes(b"S1_001 sel \x81\n")
    with pytest.raises(CorpusError, match=r"sentence1\.tab, line 1: byte 0x81 at column 12 is not CP932"):
        list(load_corpus("erj", tmp_path))
    tab.write_bytes(b"S1_001 sel\n")
    with pytest.raises(CorpusError, match="line 1: expected a file name"):
        list(load_corpus("erj", tmp_path))


def test_learners_and_natives_of_one_number_are_two_people(tmp_path: Path) -> None:
    found = rows("ume_jrf", tmp_path)
    learner, native = found["FJ-TKT-F01-A1_001"], found["JJ-TKT-F01-A1_001"]
    assert (learner.speaker, native.speaker) == ("FJ-TKT-F01", "JJ-TKT-F01")
    assert labels(learner)["first_language"] == "cmn"
    assert labels(learner)["proficiency"] == "2"
    assert labels(native) == {"first_language": "jpn", "accent": "Japanese", "gender": "female"}
    assert labels(found["FJ-TUT-M02-A1_001"]) == {"accent": "Quechua", "gender": "male"}
    assert labels(found["FJ-TUT-M03-A1_001"]) == {"gender": "male"}, "who is not declared has no language"
    assert set(rows("ume_jrf", tmp_path, subset="D")) == {"FJ-TKT-F01-D1_001"}


def test_what_must_be_declared_is_said(tmp_path: Path) -> None:
    learner_trees.ume_jrf(tmp_path)
    (tmp_path / "texts.tsv").unlink()
    with pytest.raises(
        CorpusError, match=r"declared table texts\.tsv \(name, text; see `speechfair corpora ume_jrf`"
    ):
        load_corpus("ume_jrf", tmp_path)
    write(tmp_path / "texts.tsv", "name\ttekst")
    with pytest.raises(CorpusError, match="no column 'text'; did you mean 'tekst'"):
        load_corpus("ume_jrf", tmp_path)


def test_talk_of_learners(tmp_path: Path) -> None:
    found = rows("ijas", tmp_path)
    assert (found["a"].start_s, found["a"].end_s, found["a"].speaker) == (0.5, 3.25, "EAU01")
    assert labels(found["a"]) == {
        "first_language": "eng",
        "accent": "English",
        "gender": "female",
        "age_band": "adult",
        "proficiency": "B1",
        "age_of_onset": "16",
        "environment": "overseas",
        "task": "ST1",
    }
    assert "JJJ01-ST1-3" in found
    reasons = {row.id: row.reason for row in load_corpus("ijas", tmp_path) if isinstance(row, Exclusion)}
    assert reasons["c"] == "a speaker who is not in speakers.tsv"
    assert list(rows("ijas", tmp_path, task="ST2")) == []
    write(tmp_path / "speakers.tsv", "speaker\tfirst_language", "A\tThai", "A\tThai")
    with pytest.raises(CorpusError, match=r"speakers\.tsv, line 3: the speaker 'A' comes twice"):
        list(load_corpus("ijas", tmp_path))
