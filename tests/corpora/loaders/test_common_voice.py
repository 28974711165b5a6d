"""Common Voice: every generation of columns, accents with commas, and what the table of accents does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechfair.corpora import load_corpus
from speechfair.corpora.languages import iso_639_3
from speechfair.corpora.loaders.common_voice import SEVERAL, AccentTable, CommonVoice, load_accents
from speechfair.errors import CorpusError
from speechfair.types import Exclusion, Utterance
from tests.corpora.trees import hollow, write


def planted(folder: Path, columns: str, *rows: str, locale: str = "en", split: str = "validated") -> Path:
    (folder / locale / "clips").mkdir(parents=True, exist_ok=True)
    lines = [row.replace(" | ", "\t").replace("|", "") for row in (columns, *rows)]
    write(folder / locale / f"{split}.tsv", *lines)
    return folder


def only(root: Path, **options: str) -> Utterance:
    (row,) = load_corpus("common_voice", root, **options)
    assert isinstance(row, Utterance), row
    return row


def labels(row: Utterance) -> dict[str, str]:
    return {label.axis: label.value for label in row.labels}


def test_the_first_generation_has_codes_in_accent(tmp_path: Path) -> None:
    root = planted(
        tmp_path,
        "client_id | path | sentence | up_votes | down_votes | age | gender | accent",
        "c1 | common_voice_en_1 | Hello | 1 | 0 | fourties | other | southatlandtic",
    )
    row = only(root)
    assert row.audio == root / "en" / "clips" / "common_voice_en_1.mp3"
    assert row.language == "eng"
    assert labels(row) == {
        "accent": "southatlandtic",
        "variety": "South Atlantic",
        "gender": "other",
        "age": "fourties",
        "age_band": "adult",
    }


def test_the_latest_generation_has_more_columns(tmp_path: Path) -> None:
    root = planted(
        tmp_path,
        "client_id | path | sentence_id | sentence | sentence_domain | up_votes | down_votes | age | gender | accents"
        " | variant | locale | segment",
        "c1 | a.mp3 | 9 | Hello |  | 1 | 0 |  | female_feminine | Welsh English | x | en | ",
    )
    assert labels(only(root)) == {
        "accent": "Welsh English",
        "variety": "Wales",
        "variant": "x",
        "gender": "female",
    }


@pytest.mark.parametrize(
    ("accent", "variety", "unmatched"),
    [
        ("United States English", "United States", []),
        ("united states english", "United States", []),
        ("India and South Asia (India, Pakistan, Sri Lanka)", "South Asia", []),
        ("India and South Asia (India, Pakistan, Sri Lanka),Bengali tint", "South Asia", ["Bengali tint"]),
        ("England English,Scottish English", SEVERAL, []),
        ("United States English,American English", "United States", []),
        ("India and South Asia (India, Pakistan, Sri Lanka)|England English", SEVERAL, []),
        ("England English;United States English", SEVERAL, []),
        ("England English | Received Pronunciation", "England", ["Received Pronunciation"]),
        ("slight lisp, non-native", None, ["slight lisp", "non-native"]),
        ("other", None, ["other"]),
    ],
)
def test_free_text_is_mapped_by_the_table(
    tmp_path: Path, accent: str, variety: str | None, unmatched: list[str]
) -> None:
    root = planted(tmp_path, "client_id | path | sentence | accents | locale", "c | a.mp3 | hi | @ | en")
    path = next(root.rglob("*.tsv"))
    path.write_text(path.read_text("utf-8").replace("@", accent), "utf-8")
    corpus = load_corpus("common_voice", root)
    assert isinstance(corpus, CommonVoice)
    (row,) = corpus
    assert isinstance(row, Utterance)
    assert labels(row).get("variety") == variety
    assert labels(row)["accent"] == accent, "what the speaker wrote is kept"
    assert sorted(corpus.unmatched_accents) == sorted(unmatched)


def test_quotation_marks_are_text(tmp_path: Path) -> None:
    root = planted(
        tmp_path, "client_id | path | sentence", 'c | a.mp3 | "Well', 'c | b.mp3 | he said "no" | '
    )
    rows = list(load_corpus("common_voice", root))
    assert isinstance(rows[0], Utterance)
    assert rows[0].text == '"Well'
    assert isinstance(rows[1], Exclusion)


def test_missing_columns_lists_and_languages_are_named(tmp_path: Path) -> None:
    root = planted(tmp_path, "client_id | path | text", "c | a.mp3 | hi")
    with pytest.raises(CorpusError, match=r"no column 'sentence'; .*Known: client_id, path, text"):
        load_corpus("common_voice", root)
    with pytest.raises(CorpusError, match=r"no list tset\.tsv; .*Known: validated"):
        load_corpus("common_voice", root, split="tset")
    planted(tmp_path, "client_id | path | sentence", locale="cy")
    with pytest.raises(CorpusError, match="holds cy, en; choose one with --option locale"):
        load_corpus("common_voice", root)
    with pytest.raises(CorpusError, match="no language 'eng'; did you mean 'en'"):
        load_corpus("common_voice", root, locale="eng")
    with pytest.raises(CorpusError, match="no language"):
        load_corpus("common_voice", root, locale="../..")
    assert list(load_corpus("common_voice", root, locale="cy")) == []


def test_the_table_names_no_accent_twice() -> None:
    table = load_accents()
    for language, varieties in table.languages.items():
        assert set(table.varieties(language).values()) == set(varieties)
    twice = AccentTable(version="1", languages={"eng": {"A": ["x"], "B": ["X"]}})
    with pytest.raises(CorpusError, match="'X' twice for eng: A, B"):
        twice.varieties("eng")


@pytest.mark.parametrize(
    ("tag", "code"),
    [("en", "eng"), ("zh-CN", "cmn"), ("zh-HK", "yue"), ("ga-IE", "gle"), ("hsb", "hsb"), ("nb_no", "nob")],
)
def test_language_tags(tag: str, code: str) -> None:
    assert iso_639_3(tag) == code


@pytest.mark.parametrize("tag", ["englishh", "xx", "", "e n"])
def test_what_is_no_language_tag(tag: str) -> None:
    with pytest.raises(CorpusError, match="no language tag"):
        iso_639_3(tag)


def test_a_link_out_of_clips_is_excluded(tmp_path: Path) -> None:
    root = planted(tmp_path / "cv", "client_id | path | sentence | locale", "c | a.mp3 | hi | en")
    (root / "en" / "clips" / "a.mp3").symlink_to(hollow(tmp_path / "outside.mp3"))
    (row,) = load_corpus("common_voice", root)
    assert isinstance(row, Exclusion)


@pytest.mark.data
def test_the_real_subset(data_root: Path) -> None:
    rows = list(load_corpus("common_voice", data_root / "cv-ja-8"))
    assert len(rows) == 8
    for row in rows:
        assert isinstance(row, Utterance)
        assert (row.language, row.speaker, row.labels) == ("jpn", None, ())
        assert isinstance(row.audio, Path)
        assert row.audio.is_file()
