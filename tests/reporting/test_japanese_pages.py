"""Every page in Japanese: no English is left on it but names, code, and what people wrote."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

import speechfair
from speechfair.auditing.result import AuditResult
from speechfair.auditing.run import audit
from speechfair.curating.corpus_check import check_corpus
from speechfair.reporting.compare_html import write_comparison
from speechfair.reporting.corpus_html import write_corpus_page
from speechfair.reporting.html import write_report
from speechfair.reporting.leaderboard_html import write_leaderboard
from speechfair.testing import Scripted
from tests.reporting import samples
from tests.support import ListCorpus, scripted_texts, small_corpus

QUOTED = {"bdi", "code", "pre", "script", "style"}
"""Elements of names, code, and texts of people."""
NAMES = re.compile(
    r"speechfair( (audit|compare|leaderboard|corpora check))?|--[a-z-]+|SHA-256|MAPSSWE|NIST|in memory"
    r"|whisper-english|faster-whisper|ctranslate2|basic|english|unicode|identity|latency|accent\w*=|\bcity\b"
)
ENGLISH = re.compile(r"[A-Za-z]{3,}(?: [A-Za-z]+)+|\b[a-z]{4,}\b")
Maker = Callable[[], AuditResult]


class _Texts(HTMLParser):
    """Texts and labels of a page without what is quoted; and what is marked as another language."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[bool] = []
        self.texts: list[str] = []
        self.foreign: list[str] = []
        self._foreign = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in ("meta", "link", "br", "input"):
            return
        self._foreign = found.get("lang") == "en"
        written = {"verbatim", "aligned"} & set((found.get("class") or "").split())
        self.open.append(tag in QUOTED or self._foreign or bool(written))
        self.texts += [found[name] or "" for name in ("aria-label", "title", "data-said") if name in found]

    def handle_endtag(self, tag: str) -> None:
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self.open):
            self.texts.append(re.sub("\u2068.*?\u2069", "", data))
        elif self._foreign:
            self.foreign.append(data)
            self._foreign = False


def english_on(path: Path, *names: str) -> list[str]:
    """What reads as English, and what is marked as such."""
    page = path.read_text("utf-8")
    assert '<html lang="ja">' in page
    parser = _Texts()
    # a drawing ends its elements without a tag of their own
    parser.feed(re.sub(r"<(\w+)([^<>]*)/>", r"<\1\2></\1>", page))
    found = []
    for text in parser.texts:
        for name in sorted(names, key=len, reverse=True):
            text = text.replace(name, "")
        if ENGLISH.search(NAMES.sub("", text)):
            found.append(text)
    return found + parser.foreign


@pytest.mark.parametrize(
    "make", [samples.speechocean, samples.digits, samples.characters, samples.single, samples.many]
)
def test_the_audit_page(make: Maker, tmp_path: Path) -> None:
    result = make()
    page = write_report(result, [], tmp_path / "a.html", embed_audio=False, language="ja")
    names = {result.model, result.corpus, *(group.value for group in result.groups)}
    quoted = {result.corpus_record.statement, *(reason.reason for reason in result.failed)}
    assert not set(english_on(page, *names)) - quoted


def test_the_audit_page_of_a_run_with_its_words(run: Path, tmp_path: Path) -> None:
    page = speechfair.report(shutil.copytree(run, tmp_path / "run"), language="ja")
    assert english_on(page, "hypotheses", "transcripts") == []
    assert "日本語" in page.read_text("utf-8")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two runs whose names are Japanese, so that what is English is the page's."""
    folder = tmp_path_factory.mktemp("runs")
    corpus = small_corpus(folder / "wav", speakers=13, text=" ".join(f"w{i}" for i in range(40)))
    for name, wrong in (("旧", {"x": 4, "y": 9}), ("新", {"x": 3, "y": 20})):
        texts = scripted_texts(corpus, wrong)
        audit(corpus, Scripted(texts, name=name), ["accent"], out=folder / name)
    return [folder / "旧", folder / "新"]


def test_the_comparison_and_the_leaderboard(folders: list[Path], tmp_path: Path) -> None:
    compared = speechfair.compare(*folders, metrics=["sentence_error_rate"])
    assert english_on(write_comparison(compared, tmp_path / "c.html", "ja"), "listed") == []
    ranked = speechfair.leaderboard(folders)
    assert english_on(write_leaderboard(ranked, tmp_path / "l.html", "ja"), "listed") == []


def test_the_corpus_check(tmp_path: Path) -> None:
    sound = small_corpus(tmp_path / "tones")
    found = check_corpus(ListCorpus([*sound.rows, sound.rows[0]], sound.root))
    assert english_on(write_corpus_page(found, "電話", tmp_path / "k.html", "ja")) == []
