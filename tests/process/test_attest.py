"""What a person may say, what it opens, and when it stops to hold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from speechfair.errors import InputError, RunFolderError
from speechfair.process.attest import attest, decide_release, waive
from speechfair.process.collect import collect
from speechfair.process.gates import gate_of
from speechfair.process.init import freeze
from speechfair.process.ledger import Entry, Ledger
from speechfair.process.project_verify import verify_process
from speechfair.process.signing import new_key, valid_signature
from speechfair.process.status import read_state
from tests.process import project

SAYS = {"by": "eve", "role": "evaluator", "statement": "so it is"}


def test_a_person_s_word_is_needed_and_holds_for_exactly_that_evidence(unsigned: Path) -> None:
    assert read_state(unsigned).by_id["AF-6.4"].status == "not_assessed"
    attest(unsigned, "AF-6.4", **SAYS)
    assert read_state(unsigned).by_id["AF-6.4"].status == "pass"
    project.edit_form(unsigned, "redress.yaml", triage="otherwise")
    assert read_state(unsigned).by_id["AF-6.4"].status == "error"
    collect(unsigned)
    each = read_state(unsigned).by_id["AF-6.4"]
    assert each.status == "not_assessed"
    assert "other evidence than today's" in each.reason.en


def test_a_word_expires_and_a_later_one_wins(unsigned: Path) -> None:
    attest(unsigned, "AF-6.4", **SAYS, until=project.days(5))
    later = datetime.now(UTC) + timedelta(days=6)
    assert "expired" in read_state(unsigned, later).by_id["AF-6.4"].reason.en
    attest(unsigned, "AF-6.4", **SAYS, verdict="fail")
    assert read_state(unsigned).by_id["AF-6.4"].status == "fail"


def test_no_word_turns_what_failed_into_a_pass(unsigned: Path) -> None:
    project.edit_form(unsigned, "retention.yaml", logs_days=1)
    project.edit_form(unsigned, "review.yaml", reviewer="tom")
    collect(unsigned)
    attest(unsigned, "AF-4.12", **SAYS)
    assert read_state(unsigned).by_id["AF-4.12"].status == "fail"
    with pytest.raises(InputError, match="cannot turn that into a pass"):
        attest(unsigned, "AF-6.2", **SAYS, alternative=True)
    with pytest.raises(InputError, match="a waiver covers what cannot be determined"):
        waive(
            unsigned,
            "AF-6.2",
            by="ana",
            key=project.key(unsigned),
            reason="r",
            control="c",
            until=project.days(3),
        )
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
        ("AF-6.4", {"by": "anna"}, "did you mean 'ana'"),
        ("AF-6.4", {"statement": " "}, "say it in words"),
        ("AF-6.4", {"until": project.days(-1)}, "is past"),
        ("AF-6.44", {}, "did you mean 'AF-6.4'"),
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
        waive(
            unsigned,
            "AF-2.4",
            by="ana",
            key=project.key(unsigned),
            reason="few",
            control="again",
            until=project.days(9),
        )
    waive(
        unsigned,
        "AF-2.5",
        by="ana",
        key=project.key(unsigned),
        reason="few",
        control="again",
        until=project.days(9),
    )
    each = read_state(unsigned).by_id["AF-2.5"]
    assert (each.status, each.met) == ("undetermined", True)
    later = datetime.now(UTC) + timedelta(days=10)
    assert not read_state(unsigned, later).by_id["AF-2.5"].met
    collect(unsigned, later)
    assert "expired" in read_state(unsigned, later).by_id["AF-7.2"].reason.en


def test_the_release_is_decided_by_the_approver_on_today_s_evidence_and_nothing_open(mine: Path) -> None:
    assert gate_of(read_state(mine), "release").outcome == "open"
    for person, words in (("tom", "trained the model"), ("oli", "decided by the fairness approver, 'ana'")):
        with pytest.raises(InputError, match=words):
            decide_release(mine, by=person, decision="release", statement="fine")
    decide_release(mine, by="ana", key=project.key(mine), decision="none", statement="not yet")
    assert gate_of(read_state(mine), "release").outcome == "failed"
    decide_release(mine, by="ana", key=project.key(mine), decision="restricted", statement="pilot")
    assert gate_of(read_state(mine), "release").outcome == "open"
    attest(mine, "AF-6.4", **SAYS)
    assert "another state of the evidence" in read_state(mine).by_id["AF-5.4"].reason.en
    later = datetime.now(UTC) + timedelta(days=500)
    assert gate_of(read_state(mine, later), "release").outcome != "open"


def test_a_decision_over_open_items_does_not_open_the_gate(unsigned: Path) -> None:
    decide_release(unsigned, by="ana", key=project.key(unsigned), decision="release", statement="hurry")
    each = read_state(unsigned).by_id["AF-5.4"]
    assert (each.status, "still open" in each.reason.en) == ("fail", True)


def test_signatures_cover_the_text_and_keys_are_never_overwritten(unsigned: Path, tmp_path: Path) -> None:
    key = tmp_path / "a.pem"
    public = new_key(key)
    assert key.stat().st_mode & 0o077 == 0
    project.pin(unsigned, "eve", public)
    freeze(unsigned, key=project.key(unsigned))
    entry = attest(unsigned, "AF-6.4", **SAYS, key=key)
    assert entry.body["signature"]["public_key"] == public
    assert valid_signature(entry.body)
    assert not valid_signature({**entry.body, "statement": "something else"})
    with pytest.raises(InputError, match="never overwritten"):
        new_key(key)
    (tmp_path / "b.pem").write_text("no key")
    with pytest.raises(InputError, match="unencrypted private key"):
        attest(unsigned, "AF-6.4", **SAYS, key=tmp_path / "b.pem")


def test_two_who_sign_the_same_at_the_same_moment_both_count(
    signed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, both, append = project.light(signed, tmp_path), Barrier(2), Ledger.append

    def together(*given: Any) -> Entry:
        both.wait(timeout=60)
        return append(*given)

    monkeypatch.setattr(Ledger, "append", together)
    agree = {"by": "ana", "role": "approver", "statement": "so it is", "key": project.key(process)}
    with ThreadPoolExecutor() as pool:
        entries = list(pool.map(lambda _: attest(process, "AF-6.4", **agree), range(2)))
    assert len({entry.body["after"] for entry in entries}) == 2
    assert verify_process(process, recompute=False).problems == ()


def test_nobody_speaks_into_a_ledger_that_does_not_hold(unsigned: Path) -> None:
    path = unsigned / "ledger.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"aifl":2', b'"aifl":1'))
    with pytest.raises(RunFolderError, match="does not hold"):
        attest(unsigned, "AF-6.4", **SAYS)
    with pytest.raises(RunFolderError, match="does not hold"):
        collect(unsigned)
    assert {each.status for each in read_state(unsigned).items} == {"error"}
