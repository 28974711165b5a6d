"""Batches hold what the rows hold, whichever way they were made."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.corpora import load_corpus
from speechfair.corpora.batches import Batch, batch_of, batches_of
from speechfair.corpora.loaders.common_voice import CommonVoice
from speechfair.errors import CorpusError
from speechfair.registry import corpora
from speechfair.types import Exclusion, Utterance
from tests.contracts.test_corpora import build, load
from tests.corpora.trees import CV_COLUMNS


def flat(batch: Batch) -> list[tuple[object, ...]]:
    """Rows with their labels in place of the code."""
    return [
        tuple(row[name] if name != "labels" else batch.labels[row[name]] for name in batch.frame.columns)
        for row in batch.frame.iter_rows(named=True)
    ]


@pytest.mark.parametrize("name", corpora().names())
def test_batches_are_the_rows(name: str, tmp_path: Path) -> None:
    corpus = load(name, build(name, tmp_path / "tree"))
    items = list(corpus)
    made = [row for batch in batches_of(corpus, 2) for row in flat(batch)]
    assert made == flat(batch_of(items, corpus.root))
    assert [row[0] for row in made] == [item.id for item in items]


def test_an_excluded_row_has_only_its_reason() -> None:
    batch = batch_of(
        [Exclusion("e", "why", "there"), Utterance("u", Path("/a/u.wav"), "x", "eng", None)], Path("/a")
    )
    assert flat(batch) == [
        ("e", None, None, None, None, None, None, None, (), "why", "there"),
        ("u", "u.wav", "x", "eng", None, None, None, None, (), None, None),
    ]


cell = st.sampled_from(
    ["", " ", "x", "a.b", "en", "de", "us", "twenties", "sixties", "male", "martian", "\x1fq\xa0"]
) | (st.text(st.characters(codec="utf-8", exclude_characters="\t\n\r"), max_size=6))
path = cell | st.sampled_from(
    [
        "c.mp3",
        "c",
        ".hidden",
        "..",
        "../c.mp3",
        "sub/c.mp3",
        "a.",
        "link.mp3",
        "link",
        "a..b",
        "/etc/passwd",
        "a\0b",
    ]
)
accent = cell | st.sampled_from(
    ["Scottish English,Glaswegian", "England English,Irish English", "Mars, the red one", "us"]
)
row = st.tuples(cell, path, cell, cell, cell, accent, cell, st.sampled_from(["en", "en", "de", "", "sv-SE"]))
line = row.map(lambda r: "\t".join((*r[:3], "1", "0", *r[3:7], r[7], ""))) | st.sampled_from(
    ["", " ", "a\tb", "\t" * 10]
)


@settings(deadline=None, max_examples=60)
@given(st.lists(line, max_size=8), st.integers(1, 4))
def test_common_voice_as_columns(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], rows: int
) -> None:
    folder = tmp_path_factory.mktemp("cv") / "en"
    (folder / "clips").mkdir(parents=True)
    (folder / "clips" / "link.mp3").symlink_to("/etc/hostname")
    text = "\n".join(["\t".join(CV_COLUMNS), *lines]) + "\n"
    (folder / "validated.tsv").write_text(text, encoding="utf-8", newline="")
    one, other = CommonVoice(folder), CommonVoice(folder)
    expected = flat(batch_of(list(one), one.root))
    assert [row for batch in other.batches(rows) for row in flat(batch)] == expected
    assert other.label.unmatched == one.label.unmatched
    assert other.unmatched_accents == one.unmatched_accents


@pytest.mark.parametrize("bad", ["a\rb\tc", "x" * 10_000_001])
def test_a_line_that_is_refused_is_refused_either_way(tmp_path: Path, bad: str) -> None:
    (tmp_path / "clips").mkdir()
    text = "\t".join(CV_COLUMNS) + "\n" + bad + "\n"
    (tmp_path / "validated.tsv").write_text(text, encoding="utf-8", newline="")
    told = []
    for work in (list, lambda corpus: list(corpus.batches(10))):
        with pytest.raises(CorpusError) as caught:
            work(load_corpus("common_voice", tmp_path))
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert "near line 2" in told[0]
