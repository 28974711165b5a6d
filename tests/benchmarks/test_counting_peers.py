"""The benchmark of counting compares like with like, and its page shows ratios."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import benchmarks_page, counting_peers

REFERENCES = ["the cat sat on the mat", "a b c d", "one", ""]
HYPOTHESES = ["the cat sat in mat", "x a b d", "one two", "noise"]


@pytest.mark.parametrize("tokens", ["words", "characters"])
def test_every_peer_that_is_there_gives_the_same_errors(tokens: Any) -> None:
    ours = counting_peers._ours(REFERENCES[:3], HYPOTHESES[:3], tokens)
    found = counting_peers.peers(tokens, long=False)
    there = [count for package, count in found.values() if counting_peers._version(package) is not None]
    assert len(there) >= 2
    assert {count(REFERENCES[:3], HYPOTHESES[:3]) for count in there} == {ours}


def test_the_page_shows_ratios_and_withholds_another_count(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmarks_page, "PAGE", tmp_path / "benchmarks.md")
    row = {
        "what": "sentences", "unit": "words", "texts": 2, "errors": 7,
        "seconds": {"speechfair": 0.5, "jiwer": 6.0}, "another_count": {"werpy": 8},
    }  # fmt: skip
    versions = {"jiwer": "4", "werpy": "3", "meeteval": None}
    page = benchmarks_page.write({"parts": {"peers": {"rows": [row], "versions": versions}}}).read_text()
    assert "| sentences | words | 12 | another count |" in page
    assert "meeteval" not in page
