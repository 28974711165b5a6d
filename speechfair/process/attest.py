"""A person's word in the ledger: a statement on an item, a waiver, the release decision.

Each names who, in which role, over which digest, until when; it may carry an Ed25519 signature. What a person may not
say is refused here, and found again by everything that reads the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

from speechfair.errors import InputError, RunFolderError
from speechfair.process.identity import note_keys, require_key
from speechfair.process.ledger import Entry, Ledger
from speechfair.process.material import Material, read_material
from speechfair.process.signing import signed_body
from speechfair.process.status import DECISION, ItemStatus, State, release_digest, state_of
from speechfair.registry import did_you_mean

__all__ = ["attest", "decide_release", "waive"]


def attest(
    folder: str | Path,
    item: str,
    *,
    by: str,
    role: str,
    statement: str,
    verdict: Literal["pass", "fail"] = "pass",
    alternative: bool = False,
    until: date | None = None,
    key: Path | None = None,
    now: datetime | None = None,
) -> Entry:
    """Record what a person says about an item's evidence as it is now.

    Parameters
    ----------
    item : catalogue id. Items of mode A take only `alternative`, and AF-5.3 also a signature over the weights.
    by : id of the person in ``roles.yaml``.
    role : in which role they speak.
    statement : in their words.
    alternative : the demand is met by other means; never on a failed item, never by a trainer.
    until : last day on which it holds; default: the plan's ``valid_days`` from today.
    key : Ed25519 private key (PEM) to sign with.

    Raises
    ------
    InputError : the person, the item or the date cannot be used; the message says why.
    """
    state, found, material = _start(Path(folder), item, by, now)
    if item == DECISION:
        raise InputError(f"{item} is the release decision: use `speechfair process attest FOLDER --release`")
    if found.evidence_sha256 is None:
        raise InputError(
            f"{item}: {found.reason.en}; run `speechfair process collect` first, so that there is something to sign"
        )
    if found.status == "error":
        raise InputError(f"{item} is in error: {found.reason.en}")
    signs_weights = item == "AF-5.3"
    if found.item.mode == "A" and not alternative and not signs_weights:
        raise InputError(f"{item} is decided by a program from evidence; a person's word cannot decide it")
    if signs_weights and not alternative and key is None:
        raise InputError(f"{item} asks for a signature over the weights: give --key")
    if alternative:
        _approver(material, by)
        if found.status == "fail":
            raise InputError(f"{item} failed ({found.reason.en}); other means cannot turn that into a pass")
        if not found.item.waivable:
            raise InputError(f"{item} must be met as it stands; no other means are accepted")
    body = {
        "item": item,
        "by": by,
        "role": _text(role, "role"),
        "verdict": verdict,
        "statement": _text(statement, "statement"),
        "alternative": alternative,
        "evidence_sha256": found.evidence_sha256,
        "expires": _until(until, material),
        "subjects": _weights(state) if signs_weights else [],
    }
    return _append(material, "attestation", body, key, now)


def waive(
    folder: str | Path,
    item: str,
    *,
    by: str,
    reason: str,
    control: str,
    until: date,
    key: Path | None = None,
    now: datetime | None = None,
) -> Entry:
    """Let an undetermined item through the gates until a date, with a control that makes up for it.

    Raises
    ------
    InputError : the item cannot be waived, the person trained the model, or the date is past.
    """
    _, found, material = _start(Path(folder), item, by, now)
    if not found.item.waivable:
        raise InputError(f"{item} ({found.item.title.en}) is one of the items that no waiver can cover")
    if found.status in ("fail", "error", "not_assessed"):
        raise InputError(
            f"{item} is {found.status}: {found.reason.en}; a waiver covers what cannot be determined, not this"
        )
    _approver(material, by)
    body = {
        "item": item,
        "by": by,
        "reason": _text(reason, "reason"),
        "control": _text(control, "control"),
        "expires": _until(until, material),
    }
    return _append(material, "waiver", body, key, now)


def decide_release(
    folder: str | Path,
    *,
    by: str,
    decision: Literal["release", "restricted", "none"],
    statement: str,
    until: date | None = None,
    key: Path | None = None,
    now: datetime | None = None,
) -> Entry:
    """Sign the release decision over the state as it is now. It opens the gate only if nothing is open.

    Raises
    ------
    InputError : the person is not the fairness approver, or trained the model.
    """
    state, _, material = _start(Path(folder), DECISION, by, now)
    _approver(material, by)
    approver = material.forms["roles.yaml"].values["fairness_approver"]
    if by != approver:
        raise InputError(
            f"the release is decided by the fairness approver, {approver!r} in roles.yaml, not by {by!r}"
        )
    if key is None and material.plan.aifl >= 1:
        raise InputError(
            f"at fairness level {material.plan.aifl} the release decision is signed: pin a key of {by} in roles.yaml "
            "(`speechfair process key FILE` makes one), and give --key FILE"
        )
    body = {
        "by": by,
        "decision": decision,
        "statement": _text(statement, "statement"),
        "digest": release_digest(state),
        "expires": _until(until, material),
    }
    return _append(material, "release_decision", body, key, now)


def _start(folder: Path, item: str, by: str, now: datetime | None) -> tuple[State, ItemStatus, Material]:
    material = read_material(folder, now)
    if material.reading.problems:
        raise RunFolderError(f"{folder / 'ledger.jsonl'} does not hold: {material.reading.problems[0]}")
    material.catalogue.item(item)
    people = [row["id"] for row in material.forms["roles.yaml"].values["people"] if row["id"]]
    if by not in people:
        raise InputError(f"{by!r} is not among people in roles.yaml; {did_you_mean(by, people)}")
    state = state_of(material)
    return state, state.by_id[item], material


def _approver(material: Material, by: str) -> None:
    if by in material.trainers:
        raise InputError(f"{by!r} trained the model; whoever approves is somebody else")


def _until(until: date | None, material: Material) -> str:
    last = until or material.today + timedelta(days=material.plan.numbers.valid_days)
    if last < material.today:
        raise InputError(f"{last} is past; give a day from {material.today} on")
    return last.isoformat()


def _text(value: str, what: str) -> str:
    if not value.strip():
        raise InputError(f"the {what} is empty; say it in words")
    return value.strip()


def _weights(state: State) -> list[str]:
    digests = {run.model_sha256 for run in state.material.of_role("evaluation") if run.model_sha256}
    if not digests:
        raise InputError("no evaluation run names a model, so there are no weights to sign")
    return sorted(digests)


def _append(
    material: Material, kind: str, body: Mapping[str, Any], key: Path | None, now: datetime | None
) -> Entry:
    require_key(material, str(body["by"]), key)
    note_keys(material)
    content = body if key is None else partial(signed_body, kind, body, key)
    return Ledger(material.folder).append(kind, content, now)
