"""The page is whole, shows what the result holds, and is safe against hostile texts."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from speechfair import audit
from speechfair.errors import InputError
from speechfair.models.scripted import Scripted
from speechfair.reporting.from_run import report
from speechfair.types import Label, Utterance
from tests.support import ListCorpus, scripted_texts, small_corpus, write_tone

HOSTILE = '<script>alert("x")</script> & "quoted" \'single\''


@pytest.fixture
def page(tmp_path: Path) -> str:
    corpus = small_corpus(tmp_path / "wav")
    audit(
        corpus,
        Scripted(scripted_texts(corpus, {"x": 1, "y": 3}), failures={"s03-1": f"it said {HOSTILE}"}),
        ["accent", "accent+gender"],
        out=tmp_path / "run",
    )
    return report(tmp_path / "run").read_text(encoding="utf-8")


def test_it_needs_no_network(page: str) -> None:
    assert not re.findall(r"""(?:src|href|action)\s*=\s*["'](?!data:)[^"'#]""", page)
    assert "@import" not in page
    assert "default-src 'none'" in page
    assert "<script" not in page


def test_groups_and_totals_are_there(page: str) -> None:
    text = unescape(page)
    for value in ("x", "y", "x+female", "y+male"):
        assert f"<td>{value}</td>" in text
    assert "36 rows in = 35 scored + 1 failed + 0 excluded" in text
    assert "times the word error rate of x" in text


def test_hostile_texts_are_escaped(tmp_path: Path) -> None:
    wav = write_tone(tmp_path / "a.wav")
    rows = [
        Utterance(
            f"u{i}{HOSTILE}", wav, f"hello {HOSTILE}", "eng", HOSTILE, (Label("accent", HOSTILE, "corpus"),)
        )
        for i in range(2)
    ]
    model = Scripted({}, default=f"bye {HOSTILE}", rejected={rows[0].id: HOSTILE})
    audit(ListCorpus(rows, tmp_path), model, ["accent"], out=tmp_path / "run")
    page = report(tmp_path / "run").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "alert(" in unescape(page), "shown, as text"


def test_a_corpus_without_a_card_gives_no_audio_away(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "wav")
    audit(corpus, Scripted({}, default="no"), ["accent"], out=tmp_path / "run")
    assert "<audio" not in report(tmp_path / "run").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="licence does not allow"):
        report(tmp_path / "run", embed_audio=True)


def test_groups_without_intervals_say_why(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "wav", speakers=2)
    audit(corpus, Scripted({}, default="one"), ["accent"], out=tmp_path / "run")
    page = unescape(report(tmp_path / "run").read_text(encoding="utf-8"))
    assert "fewer than 5 speakers" in page
    assert "how sure that is cannot be said" in page
