"""A verdict is told in names and in the reader's language; the data keep codes."""

from __future__ import annotations

import re

import pytest

from speechfair.gating import guards
from speechfair.gating import judge as gate_module
from speechfair.gating.completeness import group_shares, requirements
from speechfair.gating.gate_result import Comparison, GateResult, overall
from speechfair.gating.gate_words import compared, in_words, remarks
from speechfair.gating.judge import judge
from speechfair.messages.translation import ENGLISH, Translator
from tests.gate_support import X, Y, criteria, facts, like, rows
from tests.gating.test_guards import GUARDED, nan_interval
from tests.reporting.gate_samples import comparison
from tests.reporting.gate_samples import result as made

JAPANESE = Translator("ja")
ENGLISH_LEFT = re.compile(r"[A-Za-z]{3,}(?: [A-Za-z]+){2,}")


def gated(comparisons: list[Comparison], **more: list[object]) -> GateResult:
    return made(*comparisons).model_copy(update=more)


@pytest.mark.parametrize("guard", guards.GUARDS, ids=lambda guard: guard.name)
def test_the_reason_of_every_guard_is_japanese(guard: guards.Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    run, file, _ = GUARDED[guard.name]
    if guard.name == "not_a_number":
        monkeypatch.setattr(gate_module, "measurement", nan_interval)
    for one in in_words(gated(judge(file, run)), JAPANESE).comparisons:
        for said in (one.metric, *remarks(one, JAPANESE)):
            assert not ENGLISH_LEFT.search(said), said
            assert said in ("never", "late", "changed") or re.search(r"[ぁ-ん一-龥]", said), said


@pytest.mark.parametrize("groups", ["all", ["y"]])
@pytest.mark.parametrize("metric", ["rate", "rate_ratio", "failure_rate"])
def test_requirements_are_japanese(metric: str, groups: str | list[str]) -> None:
    file = criteria({"metric": metric, "limit": 1, "groups": groups}).model_copy(
        update={"without_absolute": None, "without_failure_rate": None}
    )
    for run in (facts(X, Y), facts(X, rows("y", like(20)).head(0)), facts(X.with_columns(failed=True), Y)):
        shares = group_shares(file, run)
        found = gated([], requirements=requirements(file, run, shares), groups=shares)
        for each in in_words(found, JAPANESE).requirements:
            assert not ENGLISH_LEFT.search(each.reason), each.reason


def test_groups_and_axes_are_named_where_a_verdict_is_shown_and_coded_in_the_data() -> None:
    few = comparison("undetermined", "jpn").model_copy(
        update={"reason": "34 speakers in the group 'jpn', fewer than the minimum of 35"}
    )
    found = gated([few], notes=["first_language=jpn: no criterion judges its 2 rows"])
    (said,), (note,) = in_words(found).comparisons, in_words(found).notes
    assert compared(said) == "Japanese / English"
    assert said.axis == "first language"
    assert said.reason == "34 speakers in the group Japanese, fewer than the minimum of 35"
    assert note == "Japanese (first language): no criterion judges its 2 rows"
    assert "'jpn'" in found.comparisons[0].reason
    assert overall([one.verdict for one in in_words(found).comparisons]) == found.verdict


def test_codes_stay_where_the_criteria_file_needs_them() -> None:
    asked = comparison("error", "jap").model_copy(
        update={
            "guard": "missing_group",
            "reason": "no utterance is of the group 'jap' on first_language; did you mean 'jpn'? Known: jpn",
        }
    )
    (said,) = in_words(gated([asked])).comparisons
    assert "did you mean 'jpn'" in said.reason
    assert "first_language" in said.reason


def test_a_name_inside_of_another_word_is_left_alone() -> None:
    one = comparison("fail", "a").model_copy(
        update={"axis": "on", "reason": "no group on on: 'a' on=ab on=a"}
    )
    (said,) = in_words(gated([one])).comparisons
    assert said.reason == "no group on on: 'a' on=ab a (on)"


def test_one_speaker_is_one() -> None:
    one = comparison("undetermined", more=1)
    assert remarks(one, ENGLISH)[1] == "1 more speaker if the estimate stayed"
