"""Tampering and false identities: each is found by `verify` and named; an untouched folder gives no finding.

Most attackers here can rewrite the whole ledger, so that the chain itself holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from speechfair.process.attest import attest
from speechfair.process.collect import collect
from speechfair.process.identity import keys_in, note_keys
from speechfair.process.init import freeze
from speechfair.process.ledger import Ledger
from speechfair.process.material import read_material
from speechfair.process.project_verify import verify_process
from speechfair.process.signing import _SMALL_ORDER, new_key, signature_of, signed_body, verifies
from speechfair.process.status import read_state, release_digest
from tests.process import project
from tests.process.test_order import end, is_gate, moved
from tests.process.test_project_verify import edit_lines, rewrite

Entry = dict[str, Any]
Attack = Callable[[Path], object]


def said(process: Path, kind: str = "waiver", key: str | None = "ana", **changes: Any) -> None:
    """An entry written by hand, signed with somebody's key."""
    body: Entry = {
        "item": "AF-2.2",
        "by": "ana",
        "reason": "r",
        "control": "c",
        "expires": project.days(9).isoformat(),
    }
    body |= changes
    if key is not None:
        body["signature"] = signature_of(body, process.parent / f"{key}.pem")
    Ledger(process).append(kind, body)


def released(process: Path, key: str | None = "ana", **changes: Any) -> None:
    body = {
        "by": "ana",
        "decision": "release",
        "statement": "fine",
        "digest": release_digest(read_state(process)),
    }
    said(process, "release_decision", key, **{**body, **changes})


def stranger(process: Path) -> str:
    return new_key(process / "stranger.pem")


def with_strangers_key(process: Path) -> None:
    stranger(process)
    said(process, key="process/stranger")


def pinned_afterwards(process: Path) -> None:
    public = stranger(process)
    said(process, key="process/stranger", by="eve")
    project.pin(process, "eve", public)
    freeze(process, key=project.key(process))


def pinned_by_nobody(process: Path) -> None:
    project.pin(process, "ana", stranger(process))
    freeze(process)
    said(process, key="process/stranger")


def pinned_by_itself(process: Path) -> None:
    project.pin(process, "ana", stranger(process))
    freeze(process, key=process / "stranger.pem")


def keys_from_the_start(process: Path, **days: str) -> None:
    """roles.yaml and every noted set of keys say otherwise about ana's key, as if they always had."""
    rows = yaml.safe_load((process / "roles.yaml").read_text())["keys"]
    project.edit_form(
        process, "roles.yaml", keys=[row | days if row["person"] == "ana" else row for row in rows]
    )
    names = ("valid_from", "valid_until", "revoked")

    def change(entry: Entry) -> Entry:
        if entry["kind"] != "keys":
            return entry
        keys = [[p, k, *(days.get(n, o) for n, o in zip(names, rest, strict=True))] if p == "ana" else [p, k, *rest]
                for p, k, *rest in entry["body"]["keys"]]  # fmt: skip
        return {**entry, "body": {**entry["body"], "keys": keys}}

    rewrite(process, change)


def bodies(process: Path, kind: str, **values: Any) -> None:
    rewrite(process, lambda e: {**e, "body": {**e["body"], **values}} if e["kind"] == kind else e)


def signature_of_another_entry(process: Path) -> None:
    entry = next(e for e in Ledger(process).read().of_kind("release_decision"))
    said(process, key=None, signature=dict(entry.body["signature"]))


def roles(**values: Any) -> Attack:
    return lambda process: project.edit_form(process, "roles.yaml", **values)


def people(process: Path, index: int, **values: Any) -> None:
    rows = yaml.safe_load((process / "roles.yaml").read_text())["people"]
    rows[index] |= values
    project.edit_form(process, "roles.yaml", people=rows)


def keys(process: Path, index: int, **values: Any) -> None:
    rows = yaml.safe_load((process / "roles.yaml").read_text())["keys"]
    rows[index] |= values
    project.edit_form(process, "roles.yaml", keys=rows)


def one_key_for_two(process: Path) -> None:
    project.pin(process, "eve", yaml.safe_load((process / "roles.yaml").read_text())["keys"][0]["public_key"])


def clock(process: Path, time: str) -> None:
    last = end(process)
    rewrite(process, lambda e: {**e, "time": time} if e["number"] == last else e)


def edited(name: str) -> Attack:
    return lambda process: (process / name).write_bytes((process / name).read_bytes().replace(b"e", b"a", 1))


def gone(kind: str) -> Attack:
    def attack(process: Path) -> None:
        edit_lines(process, lambda lines: [x for x in lines if json.loads(x)["kind"] != kind])
        rewrite(process, lambda entry: entry)

    return attack


ATTACKS: dict[str, tuple[Attack, str]] = {
    "another person's key": (
        lambda p: said(p, key="tom"),
        "waiver AF-2.2 by ana): is signed with the key of tom",
    ),
    "a key of nobody": (with_strangers_key, "a key that is not pinned to ana"),
    "a key pinned after the signature": (
        pinned_afterwards,
        "by eve): is signed with a key that was pinned to eve afterwards",
    ),
    "a key added by whoever could write": (
        pinned_by_nobody,
        "added or changed without the signature of a key pinned before",
    ),
    "a key that vouches for itself": (
        pinned_by_itself,
        "added or changed without the signature of a key pinned before",
    ),
    "an expired key": (
        lambda p: keys_from_the_start(p, valid_until="2020-01-01"),
        "the key expired on 2020-01-01",
    ),
    "a revoked key": (
        lambda p: keys_from_the_start(p, revoked="2020-01-01"),
        "the key was revoked on 2020-01-01",
    ),
    "a key that is not valid yet": (
        lambda p: keys_from_the_start(p, valid_from="2999-01-01"),
        "valid only from 2999",
    ),
    "a key revoked today in the form alone": (
        lambda p: keys(p, 0, revoked="2020-01-01"),
        "not those that the ledger noted",
    ),
    "a longer life for a key": (
        lambda p: (
            keys_from_the_start(p, valid_until="2999-01-01"),
            keys(p, 0, valid_until=None),
            note_keys(read_material(p)),
        ),
        "added or changed without",
    ),
    "no signature though a key is pinned": (
        lambda p: said(p, key=None),
        "is not signed, although a key of ana is pinned",
    ),
    "an unsigned release": (
        lambda p: released(p, key=None),
        "release_decision AF-2.2 by ana): is not signed",
    ),
    "a broken signature": (
        lambda p: said(
            p, signature={"algorithm": "ed25519", "public_key": "00" * 32, "value": "00" * 64}, key=None
        ),
        "the signature does not verify",
    ),
    "a signed text changed": (
        lambda p: bodies(p, "release_decision", statement="another"),
        "the signature does not verify",
    ),
    "a signature of another entry": (signature_of_another_entry, "the signature does not verify"),
    "the keys' entry removed": (gone("keys"), "a key that was pinned to ana afterwards"),
    "two people with one key": (one_key_for_two, "ana and eve have the same key"),
    "one person under two ids": (lambda p: people(p, 0, name=" tom"), "ana and tom have the same name"),
    "an id given twice": (lambda p: people(p, 2, id="tom"), "the id tom is given to two people"),
    "the trainer made approver": (
        roles(fairness_approver="tom"),
        "the fairness approver in roles.yaml is 'tom'",
    ),
    "the trainer releases": (
        lambda p: released(p, key="tom", by="tom"),
        "signed by somebody who trained the model",
    ),
    "the trainer waives": (
        lambda p: said(p, key="tom", by="tom"),
        "signed by somebody who trained the model",
    ),
    "the approver made trainer": (
        roles(trainer=["tom", "ana"]),
        "release_decision by ana): signed by somebody who trained",
    ),
    "somebody who is not listed": (
        lambda p: said(p, key=None, by="nobody"),
        "the person is not in roles.yaml",
    ),
    "a waiver where none is possible": (lambda p: said(p, item="AF-2.4"), "no exception can cover this item"),
    "an expired waiver": (lambda p: said(p, expires="2020-01-01"), "expired on 2020-01-01"),
    "the clock set back": (
        lambda p: clock(p, "2020-01-01T00:00:00.000000Z"),
        "before the line above it",
    ),
    "the clock set forward": (lambda p: clock(p, "2999-01-01T00:00:00.000000Z"), "is in the future"),
    "a gate opened after the run": (
        lambda p: moved(p, is_gate("evaluation"), end(p)),
        "test began although the evaluation gate",
    ),
    "an override without a reason": (
        lambda p: Ledger(p).append("gate_override", {"gate": "data", "reason": ""}),
        "without a reason",
    ),
    "two lines exchanged": (
        lambda p: edit_lines(p, lambda x: [*x[:4], x[5], x[4], *x[6:]]),
        "line 5: does not follow",
    ),
    "the last lines cut off": (
        lambda p: edit_lines(p, lambda x: x[:-3]),
        "3 entries at the end were dropped",
    ),
    "the plan changed": (edited("plan.yaml"), "plan.yaml"),
    "the evidence changed": (edited("evidence/AF-2.4.json"), "evidence/AF-2.4.json: was changed"),
    "a form changed": (edited("use_case.yaml"), "use_case.yaml: was changed since it was collected"),
    "an export changed": (edited("exports/model-card.md"), "exports/model-card.md: was changed"),
}


def elsewhere(process: Path) -> Path:
    """Another release by the same people with the same keys; returns its process folder."""
    other = project.light(process, process.parent / "elsewhere")
    edit_lines(other, lambda lines: lines[:1])
    rewrite(other, lambda entry: {**entry, "body": {**entry["body"], "name": "another release"}})
    return other


def from_elsewhere(process: Path, kind: str, **body: Any) -> None:
    """What somebody truly signed for another release is copied into this ledger."""
    signed = signed_body(kind, {"by": "ana", **body}, project.key(process), Ledger(elsewhere(process)).read())
    Ledger(process).append(kind, signed)


def said_again(process: Path, kind: str) -> None:
    """An old signed entry is appended once more, after what replaced it."""
    body = dict(Ledger(process).read().of_kind(kind)[0].body)
    body["signature"] = {**body["signature"], "value": body["signature"]["value"].upper()}
    Ledger(process).append(kind, body)


def turned_into_a_waiver(process: Path) -> None:
    """The person said that the item fails; the entry is written anew as the exception that they never gave."""
    last = end(process)
    body = {**WAIVED, "by": "ana", "verdict": "fail"}
    signed = signed_body("attestation", body, project.key(process), Ledger(process).read())
    Ledger(process).append("attestation", signed)
    rewrite(process, lambda entry: {**entry, "kind": "waiver"} if entry["number"] == last + 1 else entry)


def revoked_key_back(process: Path) -> None:
    """A set of keys that was signed before one of them was revoked is appended once more."""
    public = stranger(process)
    project.pin(process, "eve", public)
    freeze(process, key=project.key(process))
    signed = Ledger(process).read().of_kind("keys")[-1].body
    keys(process, 2, revoked="2020-01-01")
    freeze(process)
    Ledger(process).append("keys", signed)
    keys(process, 2, revoked=None)


def rewritten_before(process: Path, kind: str) -> None:
    """The whole chain is written anew with another reason in an unsigned entry; signatures stay as they are."""
    bodies(process, kind, note="said differently")


def linked(name: str) -> Attack:
    def attack(process: Path) -> None:
        (process / name).rename(process.parent / "moved")
        (process / name).symlink_to(process.parent / "moved")

    return attack


def item_twice(process: Path) -> None:
    one, two = b'"evidence":{', b'"evidence":{"AF-0.1":"0",'
    edit_lines(process, lambda lines: [line.replace(one, two, 1) for line in lines])


def lookalike(name: str, other: str) -> Attack:
    return lambda process: (process / other).write_bytes((process / name).read_bytes())


WAIVED = {"item": "AF-2.2", "reason": "r", "control": "c", "expires": project.days(9).isoformat()}
ATTACKS |= {
    "a waiver copied from another release": (
        lambda p: from_elsewhere(p, "waiver", **WAIVED),
        "waiver AF-2.2 by ana): was signed after an entry that is not in this ledger",
    ),
    "an attestation copied from another release": (
        lambda p: from_elsewhere(p, "attestation", item="AF-0.2", verdict="pass", evidence_sha256="0" * 64,
                                 expires=project.days(9).isoformat()),
        "attestation AF-0.2 by ana): was signed after an entry that is not in this ledger",
    ),
    "a release decision said again": (lambda p: said_again(p, "release_decision"), "repeats entry"),
    "an attestation turned into a waiver": (turned_into_a_waiver, "was signed as attestation"),
    "a revoked key brought back": (revoked_key_back, "added or changed without the signature of a key pinned before"),
    "the story before the signatures rewritten": (
        lambda p: rewritten_before(p, "gate"),
        "release_decision by ana): was signed after an entry that is not in this ledger",
    ),
    "a gate entry from another folder": (
        lambda p: bodies(p, "gate", looked_at={"AF-0.1": ["pass", "0" * 64]}),
        "rests on evidence that was not collected",
    ),
    "a time of another zone": (lambda p: clock(p, "2020-01-01T00:00:00.000000+09:00"), "not a time as a writer"),
    "evidence behind a link": (linked("evidence/AF-2.4.json"), "evidence/AF-2.4.json: is a link"),
    "a form behind a link": (linked("use_case.yaml"), "use_case.yaml: is a link"),
    "evidence of the same name in capitals": (
        lookalike("evidence/AF-2.4.json", "evidence/AF-2.4.JSON"), "evidence/AF-2.4.JSON: is not in the ledger",
    ),
    "evidence of the same name in other characters": (
        lookalike("evidence/AF-2.4.json", "evidence/AF\u22122.4.json"), "2.4.json: is not in the ledger",
    ),
    "evidence of the same name without a suffix": (
        lookalike("evidence/AF-2.4.json", "evidence/AF-2.4"), "evidence/AF-2.4: is not in the ledger",
    ),
    "evidence whose suffix was taken away": (
        lambda p: (p / "evidence/AF-2.4.json").rename(p / "evidence/AF-2.4"), "evidence/AF-2.4.json: is missing",
    ),
    "a day that does not exist": (
        lambda p: clock(p, "2026-02-30T00:00:00.000000Z"), "not a time as a writer",
    ),
    "a form edited after the signature": (
        edited("mitigation.yaml"), "mitigation.yaml: was changed since it was collected",
    ),
    "an item given twice in one entry": (item_twice, "its content is not that of its digest"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_found_and_named(signed: Path, tmp_path: Path, name: str) -> None:
    process = project.light(signed, tmp_path)
    attack, words = ATTACKS[name]
    attack(process)
    problems = verify_process(process, recompute=False).problems
    assert any(words in problem for problem in problems), problems


def test_an_untouched_folder_gives_no_finding_whoever_speaks(signed: Path, tmp_path: Path) -> None:
    process = project.light(signed, tmp_path)
    assert verify_process(process, recompute=False).problems == ()
    public = stranger(process)
    project.pin(process, "eve", public)
    freeze(process, key=project.key(process))
    collect(process)
    attest(process, "AF-6.4", by="eve", role="operator", statement="so it is", key=process / "stranger.pem")
    keys(process, 2, revoked=datetime.now(UTC).date().replace(year=2999).isoformat())
    collect(process)
    assert verify_process(process, recompute=False).problems == ()


def test_a_set_of_keys_that_an_older_version_signed_is_noted(signed: Path, tmp_path: Path) -> None:
    process = project.light(signed, tmp_path)
    body = {"keys": [list(astuple(key)) for key in keys_in(read_material(process).forms["roles.yaml"])]}
    entry = Ledger(process).append("keys", {**body, "signature": signature_of(body, project.key(process))})
    notes = verify_process(process, recompute=False).notes
    assert any(f"entries {entry.number}: their signatures do not say where" in note for note in notes)


@pytest.mark.parametrize("sign", ["", "80"], ids=["positive", "negative"])
@pytest.mark.parametrize("key", sorted(_SMALL_ORDER))
def test_no_signature_holds_under_a_weak_key(key: str, sign: str) -> None:
    """Without the check a signature of zeros holds for about every fourth message under the key of zeros."""
    raw = bytes.fromhex(key)
    weak = (raw[:-1] + bytes([raw[-1] | int(sign or "0", 16)])).hex()
    for message in range(40):
        assert not verifies(weak, bytes(64), str(message).encode())
        assert not verifies(weak, bytes([1, *[0] * 63]), str(message).encode())
