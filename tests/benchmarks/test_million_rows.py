"""The benchmark of a large list: its tree is what the loader reads, and its three works count the same rows."""

from __future__ import annotations

from pathlib import Path

from benchmarks.million_rows import _WORK, make_tree, measure
from speechfair.corpora import load_corpus
from speechfair.curating.corpus_check import check_corpus


def test_the_tree_has_speakers_accents_and_gaps(tmp_path: Path) -> None:
    make_tree(tmp_path, 500)
    found = check_corpus(load_corpus("common_voice", tmp_path), audio=False)
    assert found.parts["all"] == {"in": 500, "excluded": 0, "unreadable": 0, "usable": 500}
    assert found.n_speakers == 10
    assert found.unlabelled["accent"] > 0
    assert found.n_unmatched["variety"]


def test_the_three_works_count_the_same(tmp_path: Path) -> None:
    make_tree(tmp_path, 100)
    for work in _WORK:
        measured = measure(tmp_path, work)
        assert measured["rows"] == 100
        assert measured["cpu_seconds"] > 0
        assert 10 < measured["megabytes"] < 1500
