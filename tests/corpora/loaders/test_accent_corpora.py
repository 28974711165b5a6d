"""What the loaders of accented corpora make of their trees: labels, texts, times; and tables that lack a column."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechfair.corpora import load_corpus
from speechfair.errors import CorpusError, InputError
from speechfair.types import Utterance
from tests.corpora.trees import TREES

Facts = dict[str, str]


def rows(name: str, folder: Path, **options: object) -> dict[str, Utterance]:
    tree = TREES[name](folder)
    found = load_corpus(name, tree.root, **{**tree.options, **options})
    return {row.id: row for row in found if isinstance(row, Utterance)}


def labels(row: Utterance) -> Facts:
    return {label.axis: label.value for label in row.labels}


EXPECTED: dict[str, dict[str, Facts]] = {
    "aesrc2020": {
        "American-G00001S1001": {"accent": "American", "first_language": "eng"},
        "Japanese-G00001S1001": {"accent": "Japanese", "first_language": "jpn"},
    },
    "artie": {
        "common_voice_en_1": {"accent": "indian", "gender": "female", "age": "twenties", "age_band": "adult"},
    },
    "cmu_arctic": {
        "awb-arctic_a0001": {"accent": "Scottish", "gender": "male"},
        "rxr-arctic_a0001": {},
    },
    "coraal": {
        "DCB_se1_ag1_f_01_1-2": {
            "accent": "African American Language",
            "region": "Washington DC 2016",
            "gender": "female",
            "age_band": "child",
        },
    },
    "edacc": {
        "C01-A-1": {"self_described": "Scottish, mostly", "gender": "female"},
        "C01-B-1": {"gender": "male"},
        "C02-A-1": {},
    },
    "fair_speech": {
        "a1": {
            "first_language": "tel",
            "accent": "Telugu",
            "gender": "female",
            "age": "18 - 22",
            "age_band": "adult",
            "ethnicity": "Asian",
            "socioeconomic_background": "Low",
        },
        "a2": {
            "accent": "Quechua",
            "gender": "male",
            "age": "66+",
            "age_band": "senior",
            "ethnicity": "Native American",
            "socioeconomic_background": "Medium",
        },
    },
    "globe": {
        "data/test-00000-of-00001-000000": {
            "accent": "New Zealand English",
            "gender": "male",
            "age": "thirties",
            "age_band": "adult",
        },
        "data/test-00000-of-00001-000001": {"accent": "Welsh English", "gender": "female", "age": "teens"},
    },
    "jsut": {"BASIC5000_0001": {"gender": "female"}},
    "jvs": {
        "jvs001-parallel100-VOICEACTRESS100_001": {"gender": "male"},
        "jvs002-parallel100-VOICEACTRESS100_001": {},
    },
    "kaldi": {
        "u1": {"accent": "Scottish", "gender": "female", "age_band": "senior"},
        "u5": {"gender": "female", "age_band": "senior"},
    },
    "lhotse": {
        "c1-0": {"gender": "female"},
        "c1-1": {"accent": "Welsh"},
        "c2-0": {},
    },
    "sonos": {"audio_1": {"accent": "USA Mid-Atlantic", "gender": "male", "age_band": "senior"}},
    "speech_accent_archive": {
        "afrikaans1": {
            "first_language": "afr",
            "accent": "afrikaans",
            "country": "south africa",
            "gender": "female",
            "age_band": "adult",
            "age_of_onset": "9",
        },
        "synthesized1": {
            "accent": "synthesized",
            "country": "usa",
            "gender": "female",
            "age_band": "adult",
            "age_of_onset": "5",
        },
    },
    "svarah": {
        "1_a": {
            "first_language": "brx",
            "accent": "Bodo",
            "region": "Assam",
            "district": "Baksa",
            "gender": "male",
            "age": "18-30",
            "age_band": "adult",
        },
        "1_b": {
            "accent": "Tulu",
            "region": "Karnataka",
            "district": "Udupi",
            "gender": "female",
            "age": "60+",
            "age_band": "senior",
        },
    },
}


@pytest.mark.parametrize("name", EXPECTED)
def test_labels(name: str, tmp_path: Path) -> None:
    if name == "lhotse":
        pytest.importorskip("lhotse", reason="the extra 'lhotse' is not installed")
    assert {key: labels(row) for key, row in rows(name, tmp_path).items()} == EXPECTED[name]


@pytest.mark.parametrize(
    ("name", "row", "text"),
    [
        ("cmu_arctic", "awb-arctic_a0001", 'Author of the danger trail, "Philip" Steels, etc.'),
        ("coraal", "DCB_se1_ag1_f_01_1-2", "In Northeast, <laugh> mostly."),
        ("edacc", "C01-A-1", "well <laugh> yes"),
        ("fair_speech", "a1", 'play "that" song'),
        ("fleurs", "en_us-100", "Hello, World"),
        ("fleurs", "cmn_hans_cn-100", "你好,世界"),
        ("jvs", "jvs001-parallel100-VOICEACTRESS100_001", "また、東寺のように。"),
        ("l2_arctic", "suitcase-ABA", "A man and a woman with suitcases"),
        (
            "speech_accent_archive",
            "afrikaans1",
            "Please call Stella. Ask her to bring these things with her.",
        ),
        ("svarah", "1_a", "well, yes"),
    ],
)
def test_texts_are_verbatim(name: str, row: str, text: str, tmp_path: Path) -> None:
    assert rows(name, tmp_path)[row].text == text


@pytest.mark.parametrize(
    ("name", "row", "times"),
    [
        ("edacc", "C01-A-1", (0.5, 2.0)),
        ("coraal", "DCB_se1_ag1_f_01_1-2", (1.2, 3.4)),
        ("kaldi", "u1", (0.0, 1.5)),
        ("kaldi", "u5", (1.5, None)),
        ("lhotse", "c1-1", (2.0, 3.0)),
        ("lhotse", "c2-0", (None, None)),
    ],
)
def test_stretches(name: str, row: str, times: tuple[float | None, float | None], tmp_path: Path) -> None:
    if name == "lhotse":
        pytest.importorskip("lhotse", reason="the extra 'lhotse' is not installed")
    found = rows(name, tmp_path)[row]
    assert (found.start_s, found.end_s) == times


def test_languages(tmp_path: Path) -> None:
    assert {key: row.language for key, row in rows("fleurs", tmp_path).items()} == {
        "en_us-100": "eng",
        "cmn_hans_cn-100": "cmn",
    }


@pytest.mark.parametrize(
    ("name", "file", "column"),
    [
        ("artie", "data/artie-bias-corpus.tsv", "sentence"),
        ("coraal", "DCB_metadata_2018.10.06.txt", "CORAAL.Spkr"),
        ("coraal", "DCB_textfiles_2018.10.06/DCB_se1_ag1_f_01_1.txt", "StTime"),
        ("edacc", "edacc_v1.0/linguistic_background.csv", "PARTICIPANT_ID"),
        ("fair_speech", "metadata.tsv", "hash_name"),
        ("speech_accent_archive", "speakers_all.csv", "native_language"),
        ("svarah", "meta_speaker_stats.csv", "primary_language"),
    ],
)
def test_a_table_without_its_column(name: str, file: str, column: str, tmp_path: Path) -> None:
    root = TREES[name](tmp_path).root
    path = root / file
    path.write_text(path.read_text(encoding="utf-8").replace(column, f"{column}x", 1), encoding="utf-8")
    with pytest.raises(CorpusError, match=f"no column '?{column}") as caught:
        list(load_corpus(name, root))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("edacc", {"split": "tset"}, "did you mean 'test'"),
        ("fleurs", {"locale": "en_uk"}, "did you mean 'en_us'"),
        ("fleurs", {"split": "dev"}, "expected the list dev.tsv"),
        ("jsut", {"part": "basic500"}, "did you mean 'basic5000'"),
        ("jvs", {"part": "whisper"}, "did you mean 'whisper10'"),
        ("kaldi", {"source": "hearsay"}, "no label source"),
        ("kaldi", {"audio_root": "nowhere"}, "there is no such folder"),
        ("l2_arctic", {"part": "reed"}, "did you mean 'read'"),
        ("sonos", {"split": "dev"}, "Known: test, train"),
    ],
)
def test_options_that_cannot_be(name: str, options: dict[str, str], message: str, tmp_path: Path) -> None:
    root = TREES[name](tmp_path).root
    with pytest.raises((CorpusError, InputError)) as caught:
        load_corpus(name, root, **options)
    assert message in str(caught.value)


def test_parts_that_are_chosen(tmp_path: Path) -> None:
    assert set(rows("l2_arctic", tmp_path, part="suitcase")) == {"suitcase-ABA"}
    whispered = rows("jvs", tmp_path / "j", part="whisper10")
    assert {key.split("-")[1] for key in whispered} == {"whisper10"}


def test_broken_sonos_metadata(tmp_path: Path) -> None:
    root = TREES["sonos"](tmp_path).root
    path = root / "metadata" / "test_metadata.json"
    for content, message in (("{", "is not JSON"), ("[1]", "found a list")):
        path.write_text(content)
        with pytest.raises(CorpusError, match=message):
            list(load_corpus("sonos", root))


def test_what_no_map_knows_is_counted(tmp_path: Path) -> None:
    corpus = load_corpus("svarah", TREES["svarah"](tmp_path).root)
    list(corpus)
    assert dict(corpus.label.unmatched) == {("first_language", "Tulu"): 1}  # type: ignore[attr-defined]


def test_kaldi_audio_elsewhere(tmp_path: Path) -> None:
    root = TREES["kaldi"](tmp_path / "lists").root
    (tmp_path / "sounds").mkdir()
    (root / "wav.scp").write_text(f"r1 {tmp_path}/sounds/r1.wav\nr3 r3.wav\n")
    corpus = load_corpus("kaldi", root, audio_root=str(tmp_path / "sounds"))
    found = {row.id: row.audio for row in corpus if isinstance(row, Utterance)}
    assert found == {
        name: tmp_path / "sounds" / f"{r}.wav" for name, r in (("u1", "r1"), ("u4", "r3"), ("u5", "r1"))
    }
    assert corpus.root == tmp_path / "sounds"


@pytest.mark.parametrize("name", ["fair_speech", "fleurs", "svarah"])
def test_nobody_is_told_apart_without_speaker_ids(name: str, tmp_path: Path) -> None:
    assert {row.speaker for row in rows(name, tmp_path).values()} == {None}
