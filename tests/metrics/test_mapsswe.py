"""MAPSSWE is sclite's: its own outputs on made-up texts are in ``tests/oracles/mapsswe``."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from speechfair.errors import InputError
from speechfair.metrics.mapsswe import _aligned, align, mapsswe, segments

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "mapsswe" / "cases.json").read_text())["cases"]
spoken = st.lists(st.sampled_from("abcd"), max_size=12).map(" ".join)
texts = st.lists(st.tuples(spoken, spoken, spoken), min_size=1, max_size=12)


@pytest.mark.parametrize("case", CASES)
def test_it_is_what_sclite_says(case: dict[str, Any]) -> None:
    ours = mapsswe(case["references"], case["a"], case["b"])
    assert (ours.n_segments, [ours.errors_a, ours.errors_b]) == (case["n_segments"], case["errors"])
    assert ours.mean == pytest.approx(case["mean"], abs=1e-9)
    if not case["sd"] and case["mean"]:
        # sclite divides by 0 here and prints z = 0 and p = 1, however large the difference.
        assert (case["z"], case["p_value"]) == (0.0, "1.000")
        assert (ours.z, ours.p_value) == (None, None)
        assert "the same in every segment" in str(ours.reason)
        return
    assert ours.sd == pytest.approx(case["sd"], abs=1e-9)
    assert ours.z == pytest.approx(case["z"], abs=1e-9)
    assert ours.p_value_sclite is not None
    if case["p_value"] == "<0.001":
        assert ours.p_value_sclite < 0.001
    else:
        assert f"{ours.p_value_sclite:.3f}" == case["p_value"]


def test_the_oracle_has_seen_something_of_everything() -> None:
    assert len(CASES) >= 12
    assert any(case["p_value"] == "<0.001" for case in CASES)
    assert any(not case["sd"] for case in CASES)
    assert any("" in case["references"] for case in CASES)
    assert any("" in case["a"] for case in CASES)


@given(texts)
def test_swapping_sides_turns_the_sign(rows: list[tuple[str, str, str]]) -> None:
    references, one, other = zip(*rows, strict=True)
    there, back = mapsswe(references, one, other), mapsswe(references, other, one)
    assert (there.errors_a, there.errors_b) == (back.errors_b, back.errors_a)
    assert there.p_value == back.p_value
    if there.z is not None:
        assert back.z == pytest.approx(-there.z)


@given(texts, st.randoms(use_true_random=False))
def test_the_order_of_utterances_does_not_matter(rows: list[tuple[str, str, str]], random: Any) -> None:
    first = mapsswe(*zip(*rows, strict=True))
    random.shuffle(rows)
    again = mapsswe(*zip(*rows, strict=True))
    assert (first.n_segments, first.errors_a, first.errors_b) == (
        again.n_segments,
        again.errors_a,
        again.errors_b,
    )
    assert (first.z is None) == (again.z is None)
    assert first.z is None or again.z == pytest.approx(first.z)


@given(texts)
def test_segments_hold_every_error(rows: list[tuple[str, str, str]]) -> None:
    ours = mapsswe(*zip(*rows, strict=True))
    for errors, column in ((ours.errors_a, 1), (ours.errors_b, 2)):
        aligned = "".join(align(row[0].split(), row[column].split()) for row in rows)
        assert errors == len(aligned) - aligned.count("C")


@given(texts)
def test_a_model_does_not_differ_from_itself(rows: list[tuple[str, str, str]]) -> None:
    references, one, _ = zip(*rows, strict=True)
    ours = mapsswe(references, one, one)
    assert ours.mean in (0, None)
    assert ours.z in (0, None)
    assert ours.p_value in (1, None)
    assert (ours.z is None) == (ours.n_segments < 2)


@given(spoken, spoken)
def test_an_alignment_turns_one_text_into_the_other(reference: str, hypothesis: str) -> None:
    operations = align(reference.split(), hypothesis.split())
    assert len(operations) - operations.count("I") == len(reference.split())
    assert len(operations) - operations.count("D") == len(hypothesis.split())


def test_two_words_in_a_row_that_both_have_right_end_a_segment() -> None:
    assert segments("SCCS", "CCCC") == [(1, 0), (1, 0)]
    assert segments("SCS", "CCC") == [(2, 0)]
    assert segments("SCCS", "CCCC", boundary=3) == [(2, 0)]


def test_p_is_two_tailed_and_normal() -> None:
    ours = mapsswe(
        ["a b c d e f g h"] * 9, ["a b c X e f g h"] * 9, ["a b c d e f g h"] * 8 + ["X Y Z b c d"]
    )
    assert ours.z is not None
    assert ours.p_value == pytest.approx(2 * stats.norm.sf(abs(ours.z)))
    assert math.isclose(ours.z, ours.mean / (ours.sd / math.sqrt(ours.n_segments)))  # type: ignore[operator]


def test_nothing_to_compare_is_said() -> None:
    assert "no errors" in str(mapsswe(["a b"], ["a b"], ["a b"]).reason)
    assert mapsswe([], [], []).n_segments == 0
    assert "one segment" in str(mapsswe(["a b"], ["a"], ["a b"]).reason)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match=r"\(2, 1, 1\) texts"):
        mapsswe(["a", "b"], ["a"], ["a"])
    with pytest.raises(InputError, match="boundary is 0"):
        mapsswe(["a"], ["a"], ["a"], boundary=0)


@given(spoken, spoken)
def test_what_is_told_at_sight_is_what_the_whole_table_says(reference: str, hypothesis: str) -> None:
    words, heard = reference.split(), hypothesis.split()
    assert align(words, heard) == _aligned(tuple(words), tuple(heard))


@given(spoken, st.integers(0, 12), st.sampled_from(["S", "D", "I", ""]), st.sampled_from("abcd"))
def test_one_error_anywhere_is_where_the_whole_table_puts_it(
    reference: str, place: int, kind: str, word: str
) -> None:
    words = reference.split()
    place = min(place, len(words))
    heard = (
        words[:place]
        + [word] * (kind in "SI" and bool(kind))
        + words[place + (kind in "SD" and bool(kind)) :]
    )
    assert align(words, heard) == _aligned(tuple(words), tuple(heard))
