"""One run folder with hostile and endless texts, and one page of every kind, for all tests of files and pages."""

from __future__ import annotations

from pathlib import Path

import pytest

import speechfair
from tests.reporting.every_page import every_page

HOSTILE = "<script>alert(1)</script>\u202e\x1b[31m"
SAID = "one two three four five six seven eight nine ten"


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Japanese speakers lose a word and get one wrong; English ones lose it once; one utterance is a very long word."""
    references, hypotheses, languages, speakers = [], [], [], []
    for language, n in (("jpn", 8), ("eng", 8)):
        for speaker in range(n):
            for row in range(3):
                heard = SAID.replace(" nine", "").replace("one", "won") if language == "jpn" else SAID
                if (speaker, row) == (1, 0):
                    heard = SAID.replace("ten", HOSTILE)
                if (language, speaker, row) == ("eng", 2, 0):
                    heard = "x" * 20_000
                if (language, row) == ("eng", 1):
                    heard = SAID.replace("two", "")
                references.append(SAID)
                hypotheses.append(heard)
                languages.append(language)
                speakers.append(f"{language}-{speaker}")
    folder = tmp_path_factory.mktemp("runs") / "run"
    speechfair.evaluate(
        references, hypotheses, {"first_language": languages}, speakers=speakers, out=folder,
        reference={"first_language": "eng"}, normalizer="basic",
    )  # fmt: skip
    speechfair.report(folder, title=HOSTILE)
    return folder


@pytest.fixture(scope="session")
def japanese_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A Japanese page of every kind, by kind."""
    return every_page(tmp_path_factory.mktemp("pages"), "ja")
