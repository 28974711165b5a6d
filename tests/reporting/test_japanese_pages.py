"""Every page in Japanese: no English is left on it but names, code, and what people wrote."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

import speechfair
from speechfair import reporting as pages
from speechfair.auditing.result import AuditResult
from speechfair.auditing.run import audit
from speechfair.exploring.confidence import confidence
from speechfair.reporting.confidence_html import write_confidence
from speechfair.reporting.html import write_report
from speechfair.testing import Scripted
from tests.reporting import samples
from tests.reporting.every_page import KINDS
from tests.support import scripted_texts, small_corpus

QUOTED = {"bdi", "cite", "code", "pre", "script", "style"}
"""Elements of names, code, and texts of people."""
NAMES = re.compile(
    r"speechfair( (audit|compare|leaderboard|sequence|corpora check|confidence|debias|probe \w+|process|view))?"
    r"|--[a-z-]+|SHA-256|MAPSSWE|NIST|in memory|whisper-english|faster-whisper|ctranslate2|basic|english|unicode"
    r"|identity|latency|accent\w*=|\bcity\b"
    r"|\.hack…\S*?\[31m"  # the second line of a long name in a narrow chart
    r"|=<scrip.*?(?:1b\[31m|(?=[:;]|$))|「[^」]*」|\{[^}]*\}|\w+\.(?:yaml|json)|\x60[^\x60]*\x60"
    r"|Annex|Croissant|Data Statements|Ed25519|ISO/IEC T[SR]"
)
ENGLISH = re.compile(r"[A-Za-z]{3,}(?: [A-Za-z]+)+|\b[a-z]{4,}\b")
DATA = (
    "Reply in English to what the speaker asks of you.", "not JSON", "line 9", "items", "family test", "test",
    "female", "male", "annotations", "angle", "view / ", "entries / ", "numbers / ", "checklist / ", "plan",
    "accent-fair-speech", "catalogue", "hypotheses", "newest",
    "listed", "scripted", "servant", "planted", "target", "native", "average", "accent:", "aisev", "in-toto", "English",
)  # fmt: skip
"""Names of models, corpora, columns and guidelines, and what was said."""
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
    page = re.sub(
        r'<span class="en" lang="en">.*?</span>', "", page
    )  # both languages are there, one is shown
    parser = _Texts()
    # a drawing ends its elements without a tag of their own
    parser.feed(re.sub(r"<(\w+)([^<>]*)/>", r"<\1\2></\1>", page))
    found = []
    for text in parser.texts:
        rest = NAMES.sub("", text)
        for name in sorted(names, key=len, reverse=True):
            rest = rest.replace(name, "")
        if ENGLISH.search(rest):
            found.append(text)
    return [*found, *(text for text in parser.foreign if not text.startswith("ScriptedFailureError"))]


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


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_page(japanese_pages: dict[str, Path], kind: str) -> None:
    assert english_on(japanese_pages[kind], *DATA) == []


def test_every_kind_is_tested(japanese_pages: dict[str, Path]) -> None:
    assert list(japanese_pages) == list(KINDS)
    writers = {path.name for path in Path(pages.__file__).parent.glob("*html.py")}
    assert len(KINDS) == len(writers) + 3  # one module writes the pages of four probes


def test_findings_and_charts_of_probes_are_japanese(japanese_pages: dict[str, Path]) -> None:
    sound = japanese_pages["probe-sound"].read_text("utf-8")
    assert "聞こえていないもの:話者" in sound
    assert "中国語 は回答なしが多く" in sound
    assert "(下限)" in sound
    svg = "".join(re.findall("<svg.*?</svg>", sound, flags=re.S))
    assert "L2 帰属" in svg
    assert "attribution" not in svg


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
