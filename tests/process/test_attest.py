"""What a person may say, what it opens, and when it stops to hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from speechfair.errors import InputError
from speechfair.process.attest import attest, waive
from speechfair.process.collect import collect
from speechfair.process.ledger import Ledger
from speechfair.process.status import read_state
from tests.process import project

SAYS = {"by": "ana", "role": "approver", "statement": "so it is"}


def test_a_person_s_word_is_needed_and_holds_for_exactly_that_evidence(unsigned: Path) -> None:
    assert read_state(unsigned).by_id["AF-0.2"].status == "not_assessed"
    attest(unsigned, "AF-0.2", **SAYS)
    assert read_state(unsigned).by_id["AF-0.2"].status == "pass"
    project.edit_form(unsigned, "use_case.yaml", task="something else")
    assert read_state(unsigned).by_id["AF-0.2"].status == "error"
    collect(unsigned)
    each = read_state(unsigned).by_id["AF-0.2"]
    assert each.status == "not_assessed"
    assert "other evidence than today's" in each.reason.en


def test_a_word_expires_and_a_later_one_wins(unsigned: Path) -> None:
    attest(unsigned, "AF-0.2", **SAYS, until=project.days(5))
    later = datetime.now(UTC) + timedelta(days=6)
    assert "expired" in read_state(unsigned, later).by_id["AF-0.2"].reason.en
    attest(unsigned, "AF-0.2", **SAYS, verdict="fail")
    assert read_state(unsigned).by_id["AF-0.2"].status == "fail"


def test_no_word_turns_what_failed_into_a_pass(unsigned: Path) -> None:
    project.edit_form(unsigned, "retention.yaml", logs_days=1)
    project.edit_form(unsigned, "review.yaml", reviewer="tom")
    collect(unsigned)
    attest(unsigned, "AF-4.12", **SAYS)
    assert read_state(unsigned).by_id["AF-4.12"].status == "fail"
    with pytest.raises(InputError, match="cannot turn that into a pass"):
        attest(unsigned, "AF-6.2", **SAYS, alternative=True)
    with pytest.raises(InputError, match="a waiver covers what cannot be determined"):
        waive(unsigned, "AF-6.2", by="ana", reason="r", control="c", until=project.days(3))
    body = {"item": "AF-6.2", **SAYS, "verdict": "pass", "alternative": True, "subjects": [],
            "evidence_sha256": read_state(unsigned).by_id["AF-6.2"].evidence_sha256,
            "expires": project.days(3).isoformat()}  # fmt: skip
    Ledger(unsigned).append("attestation", body)
    assert read_state(unsigned).by_id["AF-6.2"].status == "fail"


@pytest.mark.parametrize(
    ("item", "changes", "words"),
    [
        ("AF-4.2", {}, "decided by a program"),
        ("AF-5.4", {}, "use `speechfair process attest FOLDER --release`"),
        ("AF-5.3", {}, "give --key"),
        ("AF-0.5", {"alternative": True}, "no other means are accepted"),
        ("AF-4.2", {"alternative": True, "by": "tom"}, "trained the model"),
        ("AF-0.2", {"by": "anna"}, "did you mean 'ana'"),
        ("AF-0.2", {"statement": " "}, "say it in words"),
        ("AF-0.2", {"until": project.days(-1)}, "is past"),
        ("AF-0.22", {}, "did you mean 'AF-0.2'"),
    ],
)
def test_what_a_person_may_not_say_is_refused(
    unsigned: Path, item: str, changes: dict[str, Any], words: str
) -> None:
    before = len(Ledger(unsigned).read().entries)
    with pytest.raises(InputError, match=words.replace("(", r"\(")):
        attest(unsigned, item, **{**SAYS, **changes})
    assert len(Ledger(unsigned).read().entries) == before


def test_a_waiver_lets_an_undetermined_item_through_until_its_last_day(unsigned: Path) -> None:
    project.edit_form(unsigned, "transcription.yaml", limit=0.015)
    collect(unsigned)
    with pytest.raises(InputError, match="trained the model"):
        waive(unsigned, "AF-2.5", by="tom", reason="few", control="again", until=project.days(9))
    with pytest.raises(InputError, match="no waiver can cover"):
        waive(unsigned, "AF-2.4", by="ana", reason="few", control="again", until=project.days(9))
    waive(unsigned, "AF-2.5", by="ana", reason="few", control="again", until=project.days(9))
    each = read_state(unsigned).by_id["AF-2.5"]
    assert (each.status, each.met) == ("undetermined", True)
    later = datetime.now(UTC) + timedelta(days=10)
    assert not read_state(unsigned, later).by_id["AF-2.5"].met
    collect(unsigned, later)
    assert "expired" in read_state(unsigned, later).by_id["AF-7.2"].reason.en
