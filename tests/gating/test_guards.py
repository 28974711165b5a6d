"""Each guard is what holds: with it there is no verdict, without it there would be another."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

from speechfair.gating import guards
from speechfair.gating import judge as gate_module
from speechfair.gating.cases import RunFacts
from speechfair.gating.criteria import CriteriaFile
from speechfair.gating.gate_result import overall
from speechfair.gating.judge import judge
from speechfair.types import Estimate
from tests.gate_support import IN_ORDER, X, Y, criteria, doubled, facts, like, only, repeated, rows, sources


def nan_interval(case: object) -> Callable[[float], Estimate]:
    return lambda level: Estimate(1.0, math.nan, 1.1, level, 80, 80, "broken")


OTHER = {"corpus": "b"}
FAILED = [t.with_columns(failed=pl.lit(True), substitutions=pl.lit(100)) for t in (X, Y)]
LOST = Y.with_columns(speaker=pl.when(pl.col("utterance_id") == "y0").then(None).otherwise(pl.col("speaker")))

DOUBLED = doubled(Y.head(35))

ALIKE = Y.with_columns(
    speaker=pl.concat_str("speaker", pl.int_range(pl.len()) % 2).replace_strict(
        {f"y{i}{i % 2}": (f"Y{i - 1} " if i % 2 else f"y{i}") for i in range(40)}
    )
)
"""Each speaker's second half under an id that differs in case and a blank."""

# name -> (facts, criteria, verdict and next guard when this one is taken away)
GUARDED: dict[str, tuple[RunFacts, CriteriaFile, tuple[str, str | None]]] = {
    "broken_folder": (facts(X, Y, differences=("a: was changed",)), criteria(), ("pass", None)),
    "accepted_changes": (facts(X, Y, accepted=("a: was changed",)), criteria(), ("pass", None)),
    "unlogged": (facts(X, Y, unlogged="edits of run.yaml"), criteria(), ("pass", None)),
    "unscored": (facts(), criteria(), ("error", "empty_run")),
    "empty_run": (facts(*FAILED), criteria(), ("pass", None)),
    "never_frozen": (
        facts(X, Y, standing=replace(IN_ORDER, problem=("never", "never"))),
        criteria(),
        ("pass", None),
    ),
    "criteria_changed": (
        facts(X, Y, standing=replace(IN_ORDER, problem=("changed", "changed"))),
        criteria(),
        ("pass", None),
    ),
    "frozen_late": (
        facts(X, Y, standing=replace(IN_ORDER, problem=("late", "late"))),
        criteria(),
        ("pass", None),
    ),
    "other_normalizer": (facts(X, Y, normalizer="verbatim"), criteria(), ("pass", None)),
    "other_tokens": (facts(X, Y, tokens="characters"), criteria(), ("pass", None)),
    "other_corpus": (
        facts(X, Y, corpus="b"),
        criteria().model_copy(update={"corpus": "a"}),
        ("pass", None),
    ),
    "other_manifest": (
        facts(X, Y, manifest_sha256="b" * 64),
        criteria().model_copy(update={"manifest_sha256": "a" * 8}),
        ("pass", None),
    ),
    "other_model": (
        facts(X, Y, model=("b", "b-0123")),
        criteria().model_copy(update={"model": "a"}),
        ("pass", None),
    ),
    "other_stripping": (facts(X, Y, stripped=(("well",), ())), criteria(), ("pass", None)),
    "missing_axis": (facts(X, Y), criteria(axis="acent", groups=["y"]), ("error", "missing_group")),
    "missing_group": (facts(X, Y), criteria(groups=["z"]), ("undetermined", "undefined")),
    "missing_reference": (
        facts(X, Y),
        criteria(groups=["y"], reference="z"),
        ("undetermined", "undefined"),
    ),
    "nothing_to_compare": (facts(X), criteria(), ("undetermined", "undefined")),
    "unlabelled": (
        facts(X, Y, rows("", like(20))),
        criteria({"metric": "gap", "limit": 0.1}),
        ("pass", None),
    ),
    "min_speakers": (facts(X, rows("y", like(20, 34))), criteria(), ("pass", None)),
    "inferred_only": (facts(X, rows("y", like(20), source="inferred")), criteria(), ("pass", None)),
    "repeated_audio": (facts(X, Y, sources=sources(X, Y, shared=2)), criteria(), ("pass", None)),
    "repeated_answers": (facts(X, DOUBLED), criteria(), ("pass", None)),
    "repeated_rows": (facts(X, repeated(Y)), criteria(), ("pass", None)),
    "alike_speakers": (facts(X, ALIKE), criteria(), ("pass", None)),
    "confounded": (
        facts(rows("x", like(20), labels={"corpus": "a"}), rows("y", like(20), labels=OTHER)),
        criteria(),
        ("pass", None),
    ),
    "not_a_number": (facts(X, Y), criteria(), ("undetermined", None)),
    "undefined": (facts(X, LOST), criteria(), ("undetermined", None)),
}


def test_no_guard_is_without_a_test() -> None:
    assert list(GUARDED) == [guard.name for guard in guards.GUARDS]


def test_what_the_guards_protect_from_is_a_pass_without_them() -> None:
    """The data of every case but the impossible ones would pass if nothing were wrong with them."""
    assert only(judge(criteria(), facts(X, Y))).verdict == "pass"
    assert [c.verdict for c in judge(criteria({"metric": "gap", "limit": 0.1}), facts(X, Y))] == ["pass"]


@pytest.mark.parametrize("guard", guards.GUARDS, ids=lambda guard: guard.name)
def test_each_guard_is_what_holds(guard: guards.Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    run, file, (verdict_without, next_guard) = GUARDED[guard.name]
    if guard.name == "not_a_number":
        monkeypatch.setattr(gate_module, "measurement", nan_interval)
    found = only(judge(file, run))
    assert (found.guard, found.verdict) == (guard.name, guard.verdict)
    assert found.reason
    monkeypatch.setattr(guards, "GUARDS", tuple(g for g in guards.GUARDS if g is not guard))
    without = only(judge(file, run))
    assert (without.verdict, without.guard) == (verdict_without, next_guard)
    assert (without.verdict, without.guard) != (found.verdict, found.guard), "the guard makes no difference"


def test_twenty_one_guards_are_the_last_line_before_a_pass() -> None:
    """For the others a second guard, or the interval itself, stands behind."""
    assert sum(without == ("pass", None) for *_, without in GUARDED.values()) == 21


def test_a_missing_group_does_not_spoil_or_hide_behind_the_others() -> None:
    found = judge(criteria(groups=["y", "z"]), facts(X, Y))
    assert [(c.group, c.verdict, c.guard) for c in found] == [
        ("y", "pass", None),
        ("z", "error", "missing_group"),
    ]
    assert overall([c.verdict for c in found]) == "error"


def test_unlabelled_utterances_are_shown_as_a_group() -> None:
    found = judge(criteria(), facts(X, Y, rows("", like(20))))
    assert [(c.group, c.verdict) for c in found] == [("y", "pass"), ("unknown", "undetermined")]
    assert "40 of 120 utterances have no label" in found[1].reason
    accepted = judge(criteria(accept_unlabelled=True), facts(X, Y, rows("", like(20))))
    assert [(c.group, c.verdict) for c in accepted] == [("y", "pass")]


def test_nothing_is_said_of_a_folder_that_is_broken() -> None:
    found = only(judge(criteria(), facts(X, Y, differences=("a", "b", "c", "d"))))
    assert found.estimate is None
    assert "and 1 more" in found.reason


@pytest.mark.parametrize("told", [0, 34])
def test_some_reported_labels_do_not_make_up_for_inferred_ones(told: int) -> None:
    guessed = rows("y", like(20), source="inferred", prefix="b")
    mixed = pl.concat([rows("y", like(20, told), prefix="a"), guessed]) if told else guessed
    found = only(judge(criteria(), facts(X, mixed)))
    assert (found.verdict, found.guard) == ("undetermined", "inferred_only")
    assert f"only {told} of {told + 40} speakers" in found.reason
    enough = pl.concat(
        [rows("y", like(20, 35), prefix="a"), rows("y", like(20, 9), source="inferred", prefix="b")]
    )
    assert only(judge(criteria(), facts(X, enough))).verdict == "pass"
