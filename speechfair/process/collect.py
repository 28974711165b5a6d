"""`collect`: run every check, write what it found as evidence, and note the digests in the ledger.

Evidence files hold no times, so collecting twice from the same material writes the same bytes and notes nothing new.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from speechfair.errors import RunFolderError, SpeechfairError
from speechfair.process.catalogue import Item
from speechfair.process.checks import all_checks
from speechfair.process.checks.governance import trace
from speechfair.process.checks.operation import update
from speechfair.process.facts import Fact, applies, facts_of
from speechfair.process.finding import Finding, said, say
from speechfair.process.identity import note_keys
from speechfair.process.ledger import Ledger
from speechfair.process.material import Material, read_material
from speechfair.process.order import in_order, unguarded
from speechfair.store import file_digest, write_atomically

__all__ = ["Collected", "collect", "evidence_path", "findings_of"]

_LATE = {"AF-6.3": update, "AF-7.1": trace}
"""Checks that look at what the others found."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What `collect` did: findings by item, and whose evidence is new or changed."""

    findings: dict[str, Finding]
    changed: tuple[str, ...]


def collect(folder: str | Path, now: datetime | None = None) -> Collected:
    """Decide what can be decided from the folder's material, and keep it as evidence.

    Raises
    ------
    RunFolderError : the ledger does not hold.
    InputError : a form, the plan or the catalogue is not as it should be.
    """
    folder = Path(folder)
    material = read_material(folder, now)
    if material.reading.problems:
        raise RunFolderError(
            f"{folder / 'ledger.jsonl'} does not hold: {material.reading.problems[0]}; nothing is collected"
        )
    if note_keys(material) is not None:
        material = read_material(folder, now)
    findings = findings_of(material)
    digests = {}
    for item_id, finding in findings.items():
        path = evidence_path(folder, item_id)
        data = _evidence(item_id, finding)
        if not path.exists() or path.read_bytes() != data:
            write_atomically(path, data)
        digests[item_id] = file_digest(path)
    before = material.reading.last("collect")
    old = dict(before.body["evidence"]) if before else {}
    changed = tuple(item for item, digest in digests.items() if old.get(item) != digest)
    body = {
        "evidence": digests,
        "catalogue": [dict(part) for part in material.catalogue_parts],
        "plan": file_digest(folder / "plan.yaml"),
        "runs": file_digest(folder / "runs.yaml"),
    }
    if before is None or dict(before.body) != body:
        Ledger(folder).append("collect", body, now)
    return Collected(findings, changed)


def findings_of(material: Material) -> dict[str, Finding]:
    """What every check says, by item in the catalogue's order. Writes nothing."""
    facts, broken = facts_of(material), unguarded(material)
    found: dict[str, Finding] = {}
    for item in material.catalogue.items:
        if item.id not in _LATE:
            found[item.id] = in_order(_one(item, material, facts), item.phase, broken)
    for item in material.catalogue.items:
        if item.id in _LATE:
            found[item.id] = in_order(_LATE[item.id](material, found), item.phase, broken)
    return {item.id: found[item.id] for item in material.catalogue.items}


def evidence_path(folder: Path, item_id: str) -> Path:
    """Where an item's evidence lies."""
    return folder / "evidence" / f"{item_id}.json"


def _one(item: Item, material: Material, facts: dict[str, Fact]) -> Finding:
    used, why = applies(item, facts)
    if not used:
        # Which facts decide is computed; the plan and the runs are what it rests on.
        return Finding("not_applicable", why, {"when": item.when}, material.sources("plan.yaml", "runs.yaml"))
    check = all_checks().get(item.id)
    if check is None:
        return _unchecked(item)
    try:
        return check(material)
    except SpeechfairError as error:
        return Finding("error", said(error))


def _unchecked(item: Item) -> Finding:
    if item.mode == "A":
        return Finding("not_assessed", say("no program decides this item", "この項目を判定する処理がない"))
    return Finding("pass", say("a person judges this by the files it names", "人が証拠にもとづいて判断する"))


def _evidence(item_id: str, finding: Finding) -> bytes:
    content: dict[str, Any] = {
        "schema": "speechfair/process-evidence/1",
        "item": item_id,
        "status": finding.status,
        "reason": {"en": finding.reason.en, "ja": finding.reason.ja},
        "facts": _finite(finding.facts),
        "sources": [asdict(source) for source in finding.sources],
    }
    return (json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _finite(value: Any) -> Any:
    """JSON has no infinity: such a number is written as a word."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
