"""Ways to get a pass without deserving it: none of them passes, and the page that lists them names tests that exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from speechfair.gating.cases import RunFacts
from speechfair.gating.completeness import group_shares, requirements
from speechfair.gating.criteria import CriteriaFile
from speechfair.gating.gate_result import overall
from speechfair.gating.judge import judge
from tests.gate_support import IN_ORDER, X, Y, criteria, doubled, facts, like, repeated, rows, sources
from tests.gating.test_guards import ALIKE

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "explanation" / f"undeserved-passes{part}.md" for part in ("", "-more")]

RATIO: dict[str, Any] = {}
RATE: dict[str, Any] = {"metric": "rate", "limit": 0.5}
FAILURES: dict[str, Any] = {"metric": "failure_rate", "limit": 0.2}


def file(*items: Mapping[str, Any], **about: Any) -> CriteriaFile:
    strict = {"without_absolute": None, "without_failure_rate": None, **about}
    return criteria(*(items or (RATIO, RATE, FAILURES))).model_copy(update=strict)


def verdict(asked: CriteriaFile, run: RunFacts) -> str:
    needed = requirements(asked, run, group_shares(asked, run))
    return overall([*(c.verdict for c in judge(asked, run)), *(each.verdict for each in needed)])


def failed(table: pl.DataFrame, which: pl.Expr) -> pl.DataFrame:
    return table.with_columns(
        failed=which,
        hypothesis=pl.when(which).then(pl.lit("")).otherwise("hypothesis"),
        substitutions=pl.when(which).then("reference_length").otherwise("substitutions"),
    )


def silent(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(
        hypothesis=pl.lit(""), substitutions=pl.lit(0, pl.Int64), deletions=pl.col("reference_length")
    )


def copied() -> RunFacts:
    """The reference group's audio a second time, under another label."""
    y = X.with_columns(
        utterance_id=pl.col("utterance_id") + "-y", labels=Y["labels"], hypothesis=Y["hypothesis"]
    )
    of = sources(X, y).with_columns(audio_sha256=pl.col("utterance_id").str.strip_suffix("-y"))
    return facts(X, y, sources=of)


def copies(table: pl.DataFrame) -> pl.DataFrame:
    """Sources of the rows and of `X`, in which a repeated row is of the same audio."""
    return sources(X, table).with_columns(audio_sha256=pl.col("utterance_id").str.strip_prefix("again-"))


def lopsided() -> pl.DataFrame:
    one = pl.col("utterance_id") == "y0"
    return Y.with_columns(
        reference_length=pl.when(one).then(100_000).otherwise(20).cast(pl.Int64),
        substitutions=pl.when(one).then(20_000).otherwise(15).cast(pl.Int64),
    )


EVERY = pl.lit(True)
HALF = pl.int_range(pl.len()) % 2 == 0
BAD = rows("z", like(60))
LATE: Callable[[Any], RunFacts] = lambda kind: facts(X, Y, standing=replace(IN_ORDER, problem=(kind, kind)))  # noqa: E731

WAYS: dict[str, tuple[CriteriaFile, RunFacts]] = {
    "nothing returned": (file(), facts(silent(X), silent(Y))),
    "nothing returned, limits waived": (criteria(), facts(silent(X), silent(Y))),
    "every word wrong": (file(), facts(rows("x", [100] * 40), rows("y", [100] * 40))),
    "half failed": (file(), facts(failed(X, HALF), failed(Y, HALF))),
    "half failed, limits waived": (criteria(), facts(failed(X, HALF), failed(Y, HALF))),
    "all failed": (file(), facts(failed(X, EVERY), failed(Y, EVERY))),
    "one group failed": (criteria({"metric": "rate_difference", "limit": 1.0}), facts(X, failed(Y, EVERY))),
    "no limit on errors": (file(RATIO, FAILURES), facts(X, Y)),
    "no limit on failures": (file(RATIO, RATE), facts(X, Y)),
    "limit on errors for one group only": (file(RATIO, {**RATE, "groups": ["y"]}, FAILURES), facts(X, Y)),
    "limit on failures for one group only": (file(RATIO, RATE, {**FAILURES, "groups": ["y"]}), facts(X, Y)),
    "bad group not named in the ratio": (file({"groups": ["y"]}, RATE, FAILURES), facts(X, Y, BAD)),
    "bad group named nowhere": (
        file(*({**c, "groups": g} for c, g in ((RATIO, ["y"]), (RATE, ["x", "y"]), (FAILURES, ["x", "y"])))),
        facts(X, Y, BAD),
    ),
    "labels of the bad dropped": (file(), facts(X, Y, rows("", like(60)))),
    "labels of the bad dropped, and the others named": (
        file({"groups": ["y"]}, *({**c, "groups": ["x", "y"]} for c in (RATE, FAILURES))),
        facts(X, Y, rows("", like(60))),
    ),
    "easy rows repeated for their speaker": (file(), facts(X, repeated(Y))),
    "easy audio repeated for its speaker": (
        file(),
        facts(X, repeated(Y).with_columns(hypothesis="utterance_id"), sources=copies(repeated(Y))),
    ),
    "speakers split by case and blanks": (file(), facts(X, ALIKE)),
    "ends of hypotheses left out after the results": (file(), facts(X, Y, stripped=((), ("thank you",)))),
    "a fifth of a group excluded": (
        file(),
        facts(X, Y, rows("y", like(60, 10), prefix="hard").with_columns(excluded=pl.lit("no text"))),
    ),
    "speakers doubled": (file(), facts(X, Y, sources=sources(X, Y, shared=Y.height))),
    "speakers doubled and encoded again": (file(), facts(X, doubled(Y.head(20)))),
    "reference copied under another label": (file(), copied()),
    "too few speakers": (file(), facts(X, rows("y", like(20, 34)))),
    "too few speakers in the reference": (file(), facts(rows("x", like(20, 34)), Y)),
    "labels only inferred": (file(), facts(X, rows("y", like(20), source="inferred"))),
    "speaker ids removed": (file(), facts(X, Y.with_columns(speaker=pl.lit(None, pl.String)))),
    "one speaker has nearly all words": (file(), facts(X, lopsided())),
    "too few words to tell": (file(), facts(rows("x", [1] * 40, words=5), rows("y", [1] * 40, words=5))),
    "axis that does not occur": (file({**RATIO, "axis": "acent"}, RATE, FAILURES), facts(X, Y)),
    "group that does not occur": (file({"groups": ["y", "Y"]}, RATE, FAILURES), facts(X, Y)),
    "reference that does not occur": (file({"reference": "z"}, RATE, FAILURES), facts(X, Y)),
    "no reference named": (file(), facts(X, Y, card_reference={})),
    "other corpora": (
        file(),
        facts(rows("x", like(20), labels={"corpus": "a"}), rows("y", like(20), labels={"corpus": "b"})),
    ),
    "other channels": (
        file(),
        facts(rows("x", like(20), labels={"device": "a"}), rows("y", like(20), labels={"device": "b"})),
    ),
    "never frozen": (file(), LATE("never")),
    "changed after the freeze": (file(), LATE("changed")),
    "frozen after the evaluation": (file(), LATE("late")),
    "other normaliser": (file(), facts(X, Y, normalizer="whisper-english")),
    "other tokens": (file(), facts(X, Y, tokens="characters")),
    "another corpus than the criteria's": (file(corpus="hard"), facts(X, Y, corpus="easy")),
    "another manifest than the criteria's": (
        file(manifest_sha256="a" * 64),
        facts(X, Y, manifest_sha256="b" * 64),
    ),
    "another model than the criteria's": (file(model="ours"), facts(X, Y, model=("theirs", "t-1", "c" * 64))),
    "hard rows excluded": (
        file(),
        facts(X, Y, rows("y", like(60), prefix="hard").with_columns(excluded=pl.lit("no audio"))),
    ),
    "a limit that so few speakers cannot show": (file(RATIO, RATE, {**FAILURES, "limit": 0.02}), facts(X, Y)),
    "the folder edited": (file(), facts(X, Y, differences=("scores: was changed",))),
    "run.yaml of a folder without a log": (file(), facts(X, Y, unlogged="nobody can see edits of run.yaml")),
    "not scored": (file(), facts()),
}


def test_the_run_that_they_start_from_passes() -> None:
    assert verdict(file(), facts(X, Y, sources=sources(X, Y))) == "pass"


@pytest.mark.parametrize("way", WAYS)
def test_it_does_not_pass(way: str) -> None:
    assert verdict(*WAYS[way]) in ("fail", "undetermined", "error")


def lines() -> list[tuple[str, str, str]]:
    """Number, way and what catches it, of every line of the page's table."""
    table = "".join(page.read_text(encoding="utf-8").split("\n## ")[0] for page in PAGES)
    found = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \|$", table, re.MULTILINE)
    return [(number, way, caught) for number, way, caught in found]


def test_the_page_lists_at_least_forty_and_every_one_of_these() -> None:
    numbers = [int(number) for number, _, _ in lines()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 40
    listed = {name for _, _, caught in lines() for name in re.findall(r"\[([^\]]+)\]", caught)}
    assert listed == set(WAYS)


@pytest.mark.parametrize(("number", "way", "caught"), lines(), ids=lambda value: str(value)[:40])
def test_what_the_page_names_exists(number: str, way: str, caught: str) -> None:
    tests = re.findall(r"`(test_[a-z0-9_]+)`", caught)
    assert tests, f"{number}: {way} names no test"
    for name in tests:
        found = [
            p for p in (ROOT / "tests").rglob("test_*.py") if f"def {name}(" in p.read_text(encoding="utf-8")
        ]
        assert found, f"{number}: there is no test {name}"
