from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from speechfair.auditing.run import audit
from speechfair.testing import Scripted
from speechfair.wording import count
from tests.cli.conftest import Done
from tests.support import scripted_texts, small_corpus


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("discover")
    corpus = small_corpus(place / "wav", speakers=30)
    audit(corpus, Scripted(scripted_texts(corpus, {"x": 1, "y": 2})), ["accent"], out=place / "run")
    return place / "run"


def test_text_and_json_tell_the_same(speechfair: Callable[..., Done], run: Path) -> None:
    told, asked = speechfair("discover", str(run)), speechfair("discover", str(run), "--json")
    assert (told.returncode, asked.returncode) == (0, 0), told.stderr
    content = json.loads(asked.stdout)
    assert content["n_speakers"] == 30
    found = sum(part["found"] for part in content["slices"])
    assert f"{count(found, 'slice')} with a higher error rate found" in told.stdout
    assert "listened to 30/30 speakers" in told.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--method", "dbscan"], "'dbscan' is not one of 'kmeans', 'gmm'"),
        (["--most-clusters", "1", "--no-audio"], "most_clusters is 1"),
        (["--level", "95", "--no-audio"], "level is 95"),
    ],
)
def test_bad_input_is_one_clear_line(
    speechfair: Callable[..., Done], run: Path, words: list[str], message: str
) -> None:
    done = speechfair("discover", str(run), *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
