"""`verify`: check the chain, every digest, every signature and every sign-off again, offline, from the folder.

It trusts nothing that it can compute. What it cannot reach it says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from speechfair.errors import SpeechfairError
from speechfair.process.ledger import Entry, Reading
from speechfair.process.material import Material, read_material
from speechfair.store import RunFolder, file_digest

__all__ = ["Verified", "verify_process"]


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found. `problems` is empty when everything that was checked agrees."""

    checked: tuple[str, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    head: str

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify_process(folder: str | Path, *, head: str | None = None, now: datetime | None = None) -> Verified:
    """Check a process folder.

    Parameters
    ----------
    head : a head digest that was kept elsewhere; the ledger must contain it. This is what finds a ledger that was
        rewritten as a whole.

    Raises
    ------
    InputError : the folder is not a process folder, or a form or the plan cannot be read.
    """
    folder = Path(folder)
    material = read_material(folder, now)
    checked: list[str] = []
    problems = list(material.reading.problems)
    notes: list[str] = []
    _ledger(material.reading, head, checked, problems, notes)
    _plan_and_criteria(material, checked, problems)
    _evidence(material, checked, problems)
    _exports(material, checked, problems)
    _runs(material, checked, problems)
    _words(material, checked, problems)
    unique = tuple(dict.fromkeys(problems))
    return Verified(tuple(checked), unique, tuple(notes), material.reading.head)


def _ledger(
    reading: Reading, head: str | None, checked: list[str], problems: list[str], notes: list[str]
) -> None:
    checked.append(f"ledger: {len(reading.entries)} entries, each after the other")
    if not reading.entries and not reading.problems:
        problems.append("ledger.jsonl: is missing or empty")
    if reading.torn:
        notes.append(
            f"ledger.jsonl: {len(reading.torn)} bytes of an unfinished entry; the next entry sets them aside"
        )
    if head is not None:
        if head not in {entry.digest for entry in reading.entries}:
            problems.append(
                f"ledger.jsonl: does not contain the head {head[:16]}… that was kept; it was rewritten"
            )
        else:
            checked.append("ledger: contains the head that was kept")
    else:
        notes.append("no kept head was given (--head), so a ledger rewritten as a whole would not be noticed")


def _plan_and_criteria(material: Material, checked: list[str], problems: list[str]) -> None:
    for kind, name in (("plan", "plan.yaml"), ("criteria", "criteria.yaml")):
        entry = material.reading.last(kind)
        path = material.folder / name
        if entry is None:
            if kind == "plan":
                problems.append("plan.yaml: was never frozen in the ledger")
            elif path.exists():
                problems.append(
                    "criteria.yaml: is not in the ledger; freeze it with `speechfair process freeze`"
                )
            continue
        if not path.is_file():
            problems.append(f"{name}: is missing (entry {entry.number} froze it)")
        elif file_digest(path) != entry.body["sha256"]:
            problems.append(f"{name}: was changed after it was frozen (entry {entry.number}, {entry.time})")
        else:
            checked.append(f"{name}: as frozen on {entry.time}")
    for run in material.of_role("evaluation"):
        _back_dated(material, run.evaluated, run.name, problems)


def _back_dated(material: Material, evaluated: str | None, name: str, problems: list[str]) -> None:
    """A freeze that the sidecar dates earlier than the ledger received it was back-dated, or came late."""
    entry = next(iter(material.reading.of_kind("criteria")), None)
    if entry and evaluated and entry.time >= evaluated:
        problems.append(
            f"criteria.yaml: reached the ledger at {entry.time}, after the evaluation of {name} began ({evaluated})"
        )


def _evidence(material: Material, checked: list[str], problems: list[str]) -> None:
    collected = material.reading.last("collect")
    recorded = dict(collected.body["evidence"]) if collected else {}
    here = {path.stem: path for path in sorted((material.folder / "evidence").glob("*.json"))}
    files: dict[str, str] = {}
    for item, digest in recorded.items():
        path = here.get(item)
        if path is None:
            problems.append(f"evidence/{item}.json: is missing")
        elif file_digest(path) != digest:
            problems.append(f"evidence/{item}.json: was changed")
        else:
            for source in json.loads(path.read_text(encoding="utf-8"))["sources"]:
                files[source["path"]] = source["sha256"]
    problems.extend(f"evidence/{item}.json: is not in the ledger" for item in here if item not in recorded)
    for name, digest in sorted(files.items()):
        path = material.folder / name
        if not path.is_file():
            problems.append(f"{name}: is missing, and evidence rests on it")
        elif file_digest(path) != digest:
            problems.append(f"{name}: was changed since it was collected")
    checked.append(f"evidence of {len(recorded)} items and the {len(files)} files that it rests on")


def _exports(material: Material, checked: list[str], problems: list[str]) -> None:
    latest = {entry.body["file"]: entry for entry in material.reading.of_kind("export")}
    for name, entry in sorted(latest.items()):
        path = material.folder / name
        if not path.is_file():
            problems.append(f"{name}: is missing (entry {entry.number} wrote it)")
        elif file_digest(path) != entry.body["sha256"]:
            problems.append(f"{name}: was changed after it was exported")
    checked.append(f"{len(latest)} exports")


def _runs(material: Material, checked: list[str], problems: list[str]) -> None:
    count = 0
    for run in material.runs:
        if isinstance(run.content, str):
            problems.append(run.content)
            continue
        folder = RunFolder(run.path)
        recorded, now = run.content.get("digests") or {}, folder.digests()
        for name in sorted({*recorded, *now}):
            if recorded.get(name) != now.get(name):
                what = "is missing" if name not in now else "was changed or added"
                problems.append(f"{run.entry.folder}/{name}: {what}")
        if isinstance(run.manifest, str):
            problems.append(run.manifest)
        count += 1
    checked.append(f"{count} run folders, every file by its digest")


def _words(material: Material, checked: list[str], problems: list[str]) -> None:
    said = material.reading.of_kind("attestation", "waiver", "release_decision")
    people = {row["id"] for row in material.forms["roles.yaml"].values["people"]}
    newest: dict[tuple[str, str], Entry] = {}
    for entry in said:
        newest[entry.kind, str(entry.body.get("item", ""))] = entry
        problems.extend(_word_problems(entry, material, people))
    for entry in newest.values():
        if entry.body["expires"] < material.today.isoformat():
            what = f"{entry.kind} {entry.body.get('item', '')}".strip()
            problems.append(
                f"entry {entry.number}: {what} by {entry.body['by']} expired on {entry.body['expires']}"
            )
    checked.append(f"{len(said)} statements, waivers and decisions")


def _word_problems(entry: Entry, material: Material, people: set[Any]) -> list[str]:
    body, found = entry.body, []
    where = f"entry {entry.number} ({entry.kind} {body.get('item', '')} by {body['by']})"
    approves = entry.kind in ("waiver", "release_decision") or body.get("alternative")
    if approves and body["by"] in material.trainers:
        found.append(f"{where}: signed by somebody who trained the model")
    if body["by"] not in people:
        found.append(f"{where}: the person is not in roles.yaml")
    if entry.kind == "waiver":
        try:
            if not material.catalogue.item(body["item"]).waivable:
                found.append(f"{where}: no waiver can cover this item")
        except SpeechfairError as error:
            found.append(f"{where}: {error}")
    if body.get("signature") is not None:
        from speechfair.process.signing import valid_signature

        if not valid_signature(body):
            found.append(f"{where}: the signature does not verify")
    return found
