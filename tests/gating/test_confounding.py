"""Groups that differ in corpus or channel as well are found; groups that do not are left alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from speechfair.gating.judge import judge
from tests.gate_support import X, Y, criteria, facts, like, only, rows


def sources(
    *tables: pl.DataFrame, rate: Sequence[int] = (16000, 16000), ends: Sequence[str] = ("wav", "wav")
) -> pl.DataFrame:
    parts = [
        t.select("utterance_id", sample_rate=pl.lit(r), audio=pl.col("utterance_id") + f".{e}")
        for t, r, e in zip(tables, rate, ends, strict=True)
    ]
    return pl.concat(parts)


def same_texts(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(reference=pl.lit("the same for all"))


P, Q = rows("x", like(20), prefix="librispeech/"), rows("y", like(20), prefix="speechocean762/")


@pytest.mark.parametrize(
    ("one", "other", "files", "found"),
    [
        (X, Y, {}, None),
        (X, Y, {"rate": (8000, 16000)}, "channel"),
        (X, Y, {"ends": ("wav", "flac")}, "channel"),
        (P, Q, {}, "corpus, texts"),
        (P, Q, {"ends": ("flac", "wav")}, "channel, corpus, texts"),
        (same_texts(P), same_texts(Q), {}, None),
        (rows("x", like(20), prefix="x/"), rows("y", like(20), prefix="y/"), {}, None),
        (
            rows("x", like(20), labels={"device": "a"}),
            rows("y", like(20), labels={"device": "b"}),
            {},
            "channel",
        ),
        (rows("x", like(20), labels={"device": "a"}), rows("y", like(20), labels={"device": "a"}), {}, None),
        (rows("x", like(20), labels={"device": "a"}), Y, {}, None),
        (
            same_texts(rows("x", like(20), labels={"corpus": "a"})),
            same_texts(rows("y", like(20), labels={"corpus": "b"})),
            {},
            "corpus",
        ),
        (
            rows("x", like(20), labels={"corpus": "a"}, prefix="p/"),
            rows("y", like(20), labels={"corpus": "a"}, prefix="q/"),
            {},
            None,
        ),
    ],
)
def test_what_cannot_be_told_apart_is_said(
    one: pl.DataFrame, other: pl.DataFrame, files: dict[str, Any], found: str | None
) -> None:
    run = facts(one, other, sources=sources(one, other, **files))
    for metric, limit in (
        ("rate_ratio", 1.25),
        ("gap", 0.1),
        ("rate_difference", 0.1),
        ("worst_best_ratio", 1.3),
    ):
        verdict = only(judge(criteria(metric=metric, limit=limit), run))
        if found is None:
            assert verdict.verdict == "pass", verdict.reason
        else:
            assert (verdict.verdict, verdict.guard) == ("undetermined", "confounded")
            assert f"confounded ({found})" in verdict.reason
        accepted = only(judge(criteria(metric=metric, limit=limit, accept_confounded=True), run))
        assert accepted.verdict == "pass"
    rates = judge(criteria(metric="rate", limit=0.5), run)
    assert {c.verdict for c in rates} == {"pass"}, "a group's own rate compares nothing"


def test_a_comparison_of_corpora_is_confounded_by_itself() -> None:
    one = rows("", like(20), labels={"corpus": "a"}, prefix="a")
    other = rows("", like(20), labels={"corpus": "b"}, prefix="b")
    found = only(judge(criteria(axis="corpus", reference="a"), facts(one, other)))
    assert (found.verdict, found.guard) == ("undetermined", "confounded")


def test_one_speaker_a_folder_is_not_a_corpus_a_folder() -> None:
    def own_folders(table: pl.DataFrame) -> pl.DataFrame:
        return table.with_columns(utterance_id=pl.col("speaker") + "/1")

    assert only(judge(criteria(), facts(own_folders(X), own_folders(Y)))).verdict == "pass"
