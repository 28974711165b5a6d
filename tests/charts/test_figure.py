"""Charts as files: their colours are the page's, all formats are written, and nothing is lost on a narrow screen."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import speechfair
from speechfair.auditing.audit_charts import axis_figures
from speechfair.charts.figure import LIGHT, Figure
from speechfair.errors import InputError
from tests.reporting.samples import HOSTILE, estimate, group

STYLE = Path(speechfair.__file__).parent / "reporting/report.css"


@pytest.fixture(scope="module")
def drawn() -> list[Figure]:
    groups = [
        group("first_language", "jpn", estimate(0.3, 0.2, 0.45), estimate(2.0, 1.2, 3.1)),
        group("first_language", HOSTILE, estimate(0.2), estimate(1.3)),
        group("first_language", "eng", estimate(0.15, 0.1, 0.2), reference=True),
    ]
    speakers = {"jpn": [0.1, 0.3, 0.9], "eng": [0.1, 0.2]}
    return axis_figures(groups, "word error rate", speakers)


def test_colours_are_those_of_the_page() -> None:
    """The style sheet's light colours come first in it."""
    given: dict[str, str] = {}
    for name, colour in re.findall(r"--([a-z-]+):(#[0-9a-f]+)", STYLE.read_text()):
        given.setdefault(name, colour)
    assert {name: given[name] for name in LIGHT} == LIGHT


def test_a_file_stands_alone(drawn: list[Figure]) -> None:
    for figure in drawn:
        text = figure.standalone()
        assert "var(" not in text
        assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
        assert "<script" not in text


def test_narrow_charts_hold_the_same_names_and_speakers(drawn: list[Figure]) -> None:
    assert [figure.name for figure in drawn] == [f"first_language-{k}" for k in ("rates", "ratios", "kinds")]
    for figure in drawn:
        for svg in (figure.svg, figure.narrow):
            assert "Japanese" in svg
            assert "<script" not in svg
            ElementTree.fromstring(svg)
    assert drawn[0].narrow.count('r="2"') == 5, "every speaker is a dot"


@pytest.mark.parametrize(("kind", "start"), [("svg", b"<svg"), ("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_every_format_is_written(drawn: list[Figure], kind: str, start: bytes, tmp_path: Path) -> None:
    assert drawn[1].save(tmp_path / f"a.{kind}").read_bytes().startswith(start)


def test_another_format_is_refused(drawn: list[Figure], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="svg, pdf, png"):
        drawn[0].save(tmp_path / "a.jpg")
