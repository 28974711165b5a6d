from __future__ import annotations

import polars as pl
import pytest

import speechfair.metrics.error_counts as errors
from speechfair.errors import InputError
from speechfair.metrics.error_counts import count_errors


def test_known_answers_in_order() -> None:
    counted = count_errors(["a b c", "", "a b", "a"], ["a x c", "hello there", "", "a"])
    assert counted.columns == ["substitutions", "deletions", "insertions", "reference_length"]
    assert set(counted.dtypes) == {pl.Int64}
    assert counted.rows() == [(1, 0, 0, 3), (0, 0, 2, 0), (0, 2, 0, 2), (0, 0, 0, 1)]


def test_no_pairs_give_an_empty_frame_with_the_columns() -> None:
    counted = count_errors([], [])
    assert counted.height == 0
    assert set(counted.dtypes) == {pl.Int64}


@pytest.mark.parametrize("space", ["\t", "\n", "\u00a0", "\u2028", "\u3000", "\x1c", "\x85", "   "])
def test_any_white_space_separates_words(space: str) -> None:
    assert count_errors([f"{space}a{space}b "], ["a b"]).row(0) == (0, 0, 0, 2)
    assert count_errors([f"a{space}b", ""], ["a", space]).rows() == [(0, 1, 0, 2), (0, 0, 0, 0)]


def test_every_python_space_is_known() -> None:
    spaces = {chr(code) for code in range(0x110000) if chr(code).isspace()}
    assert spaces == {" ", *errors._OTHER_SPACES}


def test_characters_ignore_spaces() -> None:
    assert count_errors(["日 本"], ["日本語"], tokens="characters").row(0) == (0, 0, 1, 2)


def test_lone_surrogates_are_scored() -> None:
    assert count_errors(["a \ud800 b", "c"], ["a b", "c"]).rows() == [(0, 1, 0, 3), (0, 0, 0, 1)]


def test_vocabularies_beyond_the_surrogates_and_beyond_unicode(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [f"w{number}" for number in range(70_000)]
    references = [" ".join(many[start : start + 700]) for start in range(0, 70_000, 700)]
    hypotheses = [reference.replace("9 ", "8 ") for reference in references]
    counted = count_errors(references, hypotheses)
    monkeypatch.setattr(errors, "_VOCABULARY_LIMIT", 10)
    assert count_errors(references, hypotheses).equals(counted)
    assert counted["substitutions"].sum() == sum(word.endswith("9") for word in many) - sum(
        reference.endswith("9") for reference in references
    )


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    references = ["a b c", "d", "", "e f"] * 5
    hypotheses = ["a c b", "d d", "g", "f e"] * 5
    whole = count_errors(references, hypotheses)
    monkeypatch.setattr(errors, "_BLOCK", 3)
    assert count_errors(references, hypotheses).equals(whole)


def test_unequal_lengths_are_refused_with_both() -> None:
    with pytest.raises(InputError, match="3 references but 2 hypotheses"):
        count_errors(["a", "b", "c"], ["a", "b"])


def test_a_missing_text_is_refused_with_its_row() -> None:
    with pytest.raises(InputError, match="row 1: the hypothesis is None"):
        count_errors(["a", "b"], ["a", None])  # type: ignore[list-item]
    with pytest.raises(InputError, match="row 0: the reference is 3"):
        count_errors([3], ["a"])  # type: ignore[list-item]


def test_unknown_tokens_are_refused() -> None:
    with pytest.raises(InputError, match="'words', 'characters' or 'mixed'"):
        count_errors(["a"], ["a"], tokens="phones")  # type: ignore[arg-type]
