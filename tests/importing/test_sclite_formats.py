"""NIST stm references with ctm words: each word is scored in the stretch that holds its middle."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechfair.errors import CorpusError
from speechfair.verbs.import_transcripts import import_transcripts

STM = """;; a comment
call-1 A alice 0.0 2.0 <o,f0,female> one two three
call-1 A bob 2.0 4.0 four five
call-1 A bob 4.0 5.0 ignore_time_segment_in_scoring
call-1 B carol 0.0 2.0 {uh / um} no
call-1 B carol 2.0 3.0 six
call-1 B carol 9.0 8.0 seven
"""
CTM = """call-1 A 0.1 0.4 one 0.9
call-1 A 0.6 0.4 too 0.5
call-1 A 1.8 0.3 three 0.7
call-1 A 2.2 0.3 four 0.8
call-1 A 4.5 0.3 noise 0.8
call-1 B 0.5
"""


def write(folder: Path, ctm: str = CTM) -> tuple[Path, dict[str, str]]:
    (folder / "ref.stm").write_text(STM, encoding="utf-8")
    (folder / "hyp.ctm").write_text(ctm, encoding="utf-8")
    return folder / "ref.stm", {"a": str(folder / "hyp.ctm")}


def test_words_are_scored_in_the_stretch_that_holds_their_middle(tmp_path: Path) -> None:
    source, systems = write(tmp_path)
    done = import_transcripts(source, systems, out=tmp_path / "r", normalizer="basic")
    result = done.results["a"]
    assert (result.totals.n_in, result.totals.scored, result.totals.excluded) == (6, 3, 3)
    overall = result.overall  # "two" as "too", "five" and "six" not written
    assert (overall.substitutions, overall.deletions, overall.insertions) == (1, 2, 0)
    assert overall.n_speakers == 3
    assert result.audio_seconds == pytest.approx(5.0)
    assert {one.reason for one in result.excluded} >= {"ignore_time_segment_in_scoring"}
    assert any("1 of 5 words are in no stretch" in line for line in done.said)
    assert any("1 rows of hyp.ctm could not be read" in line for line in done.said)


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    source, systems = write(tmp_path, "call-1 A 0.1 0.4 <ALT_BEGIN>\n")
    with pytest.raises(CorpusError, match=r"hyp.ctm, line 1: holds alternatives"):
        import_transcripts(source, systems, out=tmp_path / "r")
