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
from speechfair.exploring.confidence import confidence
from speechfair.process.catalogue import GATES
from speechfair.process.side_by_side import Model
from speechfair.reporting.compare_html import write_comparison
from speechfair.reporting.confidence_html import write_confidence
from speechfair.reporting.corpus_html import write_corpus_page
from speechfair.reporting.debias_html import write_debias
from speechfair.reporting.html import write_report
from speechfair.reporting.leaderboard_html import write_leaderboard
from speechfair.reporting.portfolio_html import write_portfolio
from speechfair.testing import Scripted
from tests.debias.tiny import recipe
from tests.reporting import samples
from tests.reporting.debias_samples import debias_result
from tests.support import ListCorpus, scripted_texts, small_corpus

QUOTED = {"bdi", "cite", "code", "pre", "script", "style"}
"""Elements of names, code, and texts of people."""
NAMES = re.compile(
    r"speechfair( (audit|compare|leaderboard|corpora check|confidence|debias|process|view))?|--[a-z-]+|SHA-256"
    r"|MAPSSWE|NIST|in memory|whisper-english|faster-whisper|ctranslate2|basic|english|unicode|identity|latency"
    r"|accent\w*=|\bcity\b"
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


def test_the_confidence_page(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "wav", speakers=12, per_speaker=4, text="a b c d e f g h i j")
    texts = scripted_texts(corpus, {"x": 1, "y": 4})
    confidences = {row.id: 0.5 if row.id.endswith("-3") else 0.9 for row in corpus.rows}
    del texts[corpus.rows[0].id]
    model = Scripted(texts, name="模型", confidences=confidences, failures={corpus.rows[0].id: "broken"})
    audit(corpus, model, ["accent"], out=tmp_path / "run")
    for target in (0.001, 0.3):
        page = write_confidence(confidence(tmp_path / "run", target_error=target), tmp_path / "c.html", "ja")
        assert english_on(page, "listed", "scripted") == []


def test_the_debias_page(tmp_path: Path) -> None:
    made = recipe(tmp_path, "whisper:/home/somebody/models/base", method={"name": "average"})
    page = write_debias(debias_result("関西"), made, tmp_path / "d.html", "ja")
    assert english_on(page, "average", "target", "native") == []
    assert "関西 (アクセント)" in page.read_text("utf-8")


def test_the_portfolio(tmp_path: Path) -> None:
    gates = dict.fromkeys(GATES, "open")
    models = [
        Model("a", "模型", 2, gates, 3, 9, ("DATA-1",), 1, ("m",)),
        Model("b", "b", None, {}, 0, 0, (), 0, (), problem="plan.yaml is missing"),
    ]
    page = write_portfolio(models, tmp_path / "p.html", "ja")
    both = page.read_text("utf-8")
    page.write_text(re.sub(r'<span class="en" lang="en">.*?</span>', "", both), "utf-8")
    assert english_on(page, "English", "AIFL", "DATA") == []
