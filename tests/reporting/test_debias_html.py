"""The page of a debiasing run: every group with its change, how it was chosen, and nothing that could run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from speechfair.debias.debias_card import card_text
from speechfair.debias.judging.before_after import DebiasResult
from speechfair.debias.recipe import DebiasRecipe
from speechfair.reporting.debias_html import change_chart, write_debias
from tests.debias.tiny import recipe
from tests.reporting.debias_samples import NONE, change, debias_result

NASTY = "x<script>alert(1)</script>"


@pytest.fixture
def chosen(tmp_path: Path) -> DebiasRecipe:
    return recipe(tmp_path, "whisper:/home/somebody/models/base", method={"name": "average"})


@pytest.fixture
def result() -> DebiasResult:
    return debias_result(NASTY)


def test_the_page_shows_groups_candidates_and_what_was_left_out(
    result: DebiasResult, chosen: DebiasRecipe, tmp_path: Path
) -> None:
    page = write_debias(result, chosen, tmp_path / "report.html").read_text()
    assert "<script>" not in page, "names are text"
    assert "x&lt;script&gt;" in page
    for words in (
        "average: undetermined", "-20.0", "share 0.5", "left out: 3 rows, no reference text", "fewer than 5 speakers",
        "4 of 4 utterances; the weights of step 2", "worst-group development rate", "base",
    ):  # fmt: skip
        assert words in page, words
    assert "/home/somebody" not in page
    assert page.count("<svg") == 2, "wide and narrow, of the evaluation whose changes are known"


def test_no_known_change_is_no_chart() -> None:
    assert change_chart([change("z", 0.0, change=NONE)]) is None


def test_the_card_says_who_lost_and_holds_no_path(result: DebiasResult, chosen: DebiasRecipe) -> None:
    text = card_text(chosen, result)
    assert text.startswith("---\nlibrary_name: transformers\n")
    assert "Verdict: **undetermined**" in text
    assert "whisper:base" in text
    assert "/home/somebody" not in text
    assert "<script>" not in text


@pytest.mark.parametrize(
    ("method", "finish", "words"),
    [
        ("decode", {}, ["Nothing was trained here"]),
        ("merge", {"merged": ["a" * 64]}, ["Nothing was trained here", f"sha256 {'a' * 64}"]),
        ("anchor", {}, ["Trained on manifest", "(speech of the method): librispeech"]),
        ("self_train", {"teacher": {"name": "big", "sha256": "b" * 64}},
         ["Trained on manifest", f"transcripts by big (sha256 {'b' * 64})"]),
    ],
)  # fmt: skip
def test_the_card_says_what_the_weights_were_made_from(
    result: DebiasResult, tmp_path: Path, method: str, finish: dict[str, Any], words: list[str]
) -> None:
    options = {"merge": {"models": ["m"]}, "anchor": {"speech": [{"corpus": "librispeech"}]}}
    asked = {"name": method, "options": options.get(method, {})}
    made = result.model_copy(update={"training": {**result.training, "finish": finish}})
    text = card_text(recipe(tmp_path, "whisper:base", method=asked), made)
    assert all(each in text for each in words), text
    assert ("Trained on" in text) != ("Nothing was trained" in text)
