"""The page is whole, shows what the result holds, and is safe against hostile texts."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from speechfair.auditing.audit_table import axis_names
from speechfair.auditing.findings import finding
from speechfair.auditing.result import AuditResult
from speechfair.auditing.run import audit
from speechfair.errors import InputError
from speechfair.reporting.from_run import report
from speechfair.reporting.html import WorstUtterance, write_report
from speechfair.testing import Scripted
from speechfair.types import ErrorCounts, Label, Utterance
from speechfair.wording import percent, printable
from tests.reporting.samples import ALL, HOSTILE, digits, single, speechocean
from tests.support import ListCorpus, scripted_texts, small_corpus, write_tone

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Balanced(HTMLParser):
    """Collects tags and texts, and fails at a tag that closes what was not open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def worst(text: str) -> WorstUtterance:
    return WorstUtterance(
        utterance_id=text,
        speaker=text,
        labels={"accent": text},
        reference=text,
        hypothesis=text,
        error=None,
        rejected=text,
        reference_normalised="one two three",
        hypothesis_normalised="one too three four",
        counts=ErrorCounts(1, 0, 1, 3),
        audio=b"fLaC",
        duration_s=1.5,
    )


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[AuditResult, str]]:
    """A sample by its name and the page of it, with a hostile text among the worst utterances."""
    folder = tmp_path_factory.mktemp("hostile")

    @cache
    def made(name: str) -> tuple[AuditResult, str]:
        result = ALL[name]()
        path = write_report(result, [worst(HOSTILE)], folder / "report.html", embed_audio=True)
        return result, path.read_text(encoding="utf-8")

    return made


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


@pytest.mark.parametrize("name", sorted(ALL))
def test_any_result_makes_a_whole_page(name: str, hostile: Callable[[str], tuple[AuditResult, str]]) -> None:
    result, page = hostile(name)
    Balanced(page)
    text = unescape(page)
    totals = result.totals
    assert f"= {totals.scored} scored + {totals.failed} failed + {totals.excluded} excluded" in text
    for group in result.groups:
        assert printable(group.value) in text
        if group.rate.value is not None:
            assert f"<b>{percent(group.rate.value)}</b>" in page
        elif group.rate.reason:
            assert printable(group.rate.reason) in text
    for note in result.notes:
        assert printable(note) in text


@pytest.mark.parametrize("name", sorted(ALL))
def test_the_policy_names_the_only_script_and_style(
    name: str, hostile: Callable[[str], tuple[AuditResult, str]]
) -> None:
    _, page = hostile(name)
    tags = Balanced(page).found
    policy = next(a["content"] for t, a in tags if t == "meta" and a.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    for kind in ("script", "style"):
        bodies = re.findall(f"<{kind}>(.*?)</{kind}>", page, flags=re.DOTALL)
        assert len(bodies) == sum(tag == kind for tag, _ in tags) == 1
        digest = base64.b64encode(hashlib.sha256(bodies[0].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    attributes = [(key, value or "") for _, found in tags for key, value in found.items()]
    assert not [key for key, _ in attributes if key.startswith("on")]
    links = [value for key, value in attributes if key in {"src", "href", "action", "xlink:href"}]
    assert all(value.startswith(("#", "data:audio/flac;base64,")) for value in links)


def test_groups_and_totals_are_there(page: str) -> None:
    text = unescape(page)
    for value in ("x", "y", "x+female", "y+male"):
        assert f"<bdi>{value.replace(chr(43), chr(32) + chr(43) + chr(32))}</bdi>" in text
    assert "= 35 scored + 1 failed + 0 excluded" in text
    assert "times the word error rate of those labelled x" in text


def test_hostile_texts_are_shown_as_text(tmp_path: Path) -> None:
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
    assert page.count("<script") == 1, "the page's own"
    assert "alert(" in unescape(page)
    assert "\x1b" not in page, "nothing moves a cursor"
    assert "\u202e" not in page, "nothing turns the writing direction"


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
    assert "Cannot tell: speakers labelled" in page


def test_a_clear_difference_is_called_one() -> None:
    found = finding(speechocean(), "gender")
    assert found.verdict == "difference"
    assert "female had 1.53 times the word error rate of those labelled male" in found.text
    assert "interval 1.20 to 1.90" in found.text


def test_an_interval_that_holds_1_is_no_difference() -> None:
    found = finding(speechocean(), "city")
    assert found.verdict == "unclear"
    assert found.text.startswith("Cannot tell:")
    assert "1 group could not be judged" not in found.more, "the unlabelled are no group to judge"


def test_without_intervals_nothing_is_claimed() -> None:
    assert finding(digits(), "accent").verdict == "unclear"
    assert finding(single(), "gender").verdict == "nothing"


@pytest.mark.parametrize("name", sorted(ALL))
def test_no_finding_claims_a_difference_that_no_interval_shows(name: str) -> None:
    result = ALL[name]()
    for axis in axis_names(result):
        ratios = [g.ratio_simultaneous or g.ratio for g in result.groups_of(axis)]
        limits = [(r.low, r.high) for r in ratios if r is not None and r.low is not None]
        clear = any((low or 0.0) > 1 or (high is not None and high < 1) for low, high in limits)
        assert (finding(result, axis).verdict == "difference") <= clear
