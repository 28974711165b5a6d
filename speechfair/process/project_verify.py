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
from speechfair.process.catalogue import catalogue_path
from speechfair.process.finding import AS_EXPORTED
from speechfair.process.identity import identity_problems, signer_problem
from speechfair.process.ledger import Entry, Ledger, Reading, utc
from speechfair.process.material import Material, Run, read_material
from speechfair.store import file_digest

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


@dataclass
class _Findings:
    """What the steps of one verification have found so far."""

    checked: list[str]
    problems: list[str]
    notes: list[str]


def verify_process(
    folder: str | Path, *, head: str | None = None, now: datetime | None = None, recompute: bool = True
) -> Verified:
    """Check a process folder.

    Parameters
    ----------
    head : a head digest that was kept elsewhere; the ledger must contain it. This is what finds a ledger that was
        rewritten as a whole.
    recompute : also compute every audit again and read the audio; False is quick and says so in the notes.

    Raises
    ------
    InputError : the folder is not a process folder: it has neither plan nor ledger.
    """
    folder = Path(folder)
    reading = Ledger(folder).read()
    found = _Findings([], list(reading.problems), [])
    material: Material | None = None
    try:
        material = read_material(folder, now)
    except SpeechfairError as error:
        if not reading.entries and not reading.problems:
            raise
        found.problems.append(str(error))
        found.notes.append(
            "runs and sign-offs were not checked, because a file that they need cannot be read"
        )
    _ledger(reading, head, found)
    _clock(reading, now, found)
    _frozen(folder, reading, found)
    _evidence(folder, reading, found)
    _exports(folder, reading, found)
    if material is not None:
        _catalogue(material, found)
        if recompute:
            _runs(material, found)
        else:
            found.notes.append("audits were not computed again and audio was not read (recompute)")
        for run in material.runs:
            _times(material, run, found)
        _words(material, found)
        _order(material, found)
        found.problems.extend(text.en for text in identity_problems(material))
    unique = tuple(dict.fromkeys(found.problems))
    return Verified(tuple(found.checked), unique, tuple(found.notes), reading.head)


def _ledger(reading: Reading, head: str | None, found: _Findings) -> None:
    found.checked.append(f"ledger: {len(reading.entries)} entries, each after the other")
    if not reading.entries and not reading.problems:
        found.problems.append("ledger.jsonl: is missing or empty")
    if reading.torn:
        found.notes.append(
            f"ledger.jsonl: {len(reading.torn)} bytes of an unfinished entry; the next entry sets them aside"
        )
    if head is None:
        found.notes.append(
            "no kept head was given (--head), so a ledger rewritten as a whole would not be noticed"
        )
    elif head in {entry.digest for entry in reading.entries}:
        found.checked.append("ledger: contains the head that was kept")
    else:
        found.problems.append(
            f"ledger.jsonl: does not contain the head {head[:16]}… that was kept; it was rewritten"
        )


def _clock(reading: Reading, now: datetime | None, found: _Findings) -> None:
    """Entries from the future; one that is dated before the line above it breaks the chain."""
    today = utc(now)
    for entry in reading.entries:
        if entry.time > today:
            found.problems.append(
                f"entry {entry.number} ({entry.kind}): its time {entry.time} is in the future"
            )


def _frozen(folder: Path, reading: Reading, found: _Findings) -> None:
    for kind, name in (("plan", "plan.yaml"), ("criteria", "criteria.yaml")):
        entry = reading.last(kind)
        path = folder / name
        if entry is None:
            if kind == "plan":
                found.problems.append("plan.yaml: was never frozen in the ledger")
            elif path.exists():
                found.problems.append(
                    "criteria.yaml: is not in the ledger; freeze it with `speechfair process freeze`"
                )
        elif not path.is_file():
            found.problems.append(f"{name}: is missing (entry {entry.number} froze it)")
        elif file_digest(path) != entry.body["sha256"]:
            found.problems.append(
                f"{name}: was changed after it was frozen (entry {entry.number}, {entry.time})"
            )
        else:
            found.checked.append(f"{name}: as frozen on {entry.time}")


def _evidence(folder: Path, reading: Reading, found: _Findings) -> None:
    collected = reading.last("collect")
    recorded = dict(collected.body["evidence"]) if collected else {}
    here = {path.stem: path for path in sorted((folder / "evidence").glob("*.json"))}
    files: dict[str, str] = {}
    if collected:
        files["runs.yaml"] = collected.body["runs"]
    for item, digest in recorded.items():
        path = here.get(item)
        if path is None:
            found.problems.append(f"evidence/{item}.json: is missing")
        elif file_digest(path) != digest:
            found.problems.append(f"evidence/{item}.json: was changed")
        else:
            for source in json.loads(path.read_text(encoding="utf-8"))["sources"]:
                if source["sha256"] != AS_EXPORTED:  # those are compared with their own entries
                    files[source["path"]] = source["sha256"]
    found.problems.extend(
        f"evidence/{item}.json: is not in the ledger" for item in here if item not in recorded
    )
    for name, digest in sorted(files.items()):
        path = folder / name
        if not path.is_file():
            found.problems.append(f"{name}: is missing, and evidence rests on it")
        elif file_digest(path) != digest:
            found.problems.append(f"{name}: was changed since it was collected")
    found.checked.append(f"evidence of {len(recorded)} items and the {len(files)} files that it rests on")


def _exports(folder: Path, reading: Reading, found: _Findings) -> None:
    latest = {entry.body["file"]: entry for entry in reading.of_kind("export")}
    for name, entry in sorted(latest.items()):
        path = folder / name
        if not path.is_file():
            found.problems.append(f"{name}: is missing (entry {entry.number} wrote it)")
        elif file_digest(path) != entry.body["sha256"]:
            found.problems.append(f"{name}: was changed after it was exported")
    found.checked.append(f"{len(latest)} exports")


def _catalogue(material: Material, found: _Findings) -> None:
    """An own catalogue that was changed is an edit; another shipped one is another version of this program."""
    entry = material.reading.last("catalogue")
    if entry is None:
        return
    if entry.body["shipped"] != file_digest(catalogue_path()):
        found.notes.append(
            f"the catalogue of this installation is not the one that entry {entry.number} recorded; collect again "
            "to judge by it"
        )
    before = [part["sha256"] for part in entry.body["parts"][1:]]
    for name, part, old in zip(material.plan.overlays, material.catalogue_parts[1:], before, strict=False):
        if part["sha256"] != old:
            found.problems.append(
                f"{name}: was changed after the catalogue was recorded (entry {entry.number})"
            )


def _runs(material: Material, found: _Findings) -> None:
    from speechfair.auditing.verify import verify

    for run in material.runs:
        where = run.entry.folder
        if isinstance(run.content, str):
            found.problems.append(run.content)
            continue
        try:
            result = verify(run.path)
        except (SpeechfairError, KeyError, TypeError, ValueError) as error:
            found.problems.append(f"{where}: cannot be recomputed: {error}")
            continue
        found.problems.extend(f"{where}/{line}" for line in result.differences)
        found.notes.extend(f"{where}: {line}" for line in result.unchecked if "not been scored" not in line)
    found.checked.append(
        f"{len(material.runs)} run folders: every file, every audit computed again, the audio"
    )


def _times(material: Material, run: Run, found: _Findings) -> None:
    """Times that contradict the ledger, which received its entries in order."""
    if run.evaluated is None:
        return
    if run.role == "evaluation" and (material.folder / "criteria.yaml").is_file():
        digest = file_digest(material.folder / "criteria.yaml")
        noted = [e for e in material.reading.of_kind("criteria") if e.body["sha256"] == digest]
        if noted and noted[0].time >= run.evaluated:
            found.problems.append(
                f"criteria.yaml: reached the ledger at {noted[0].time}, after the evaluation of {run.name} began "
                f"({run.evaluated})"
            )
    ended = [
        e for e in material.reading.of_kind("run_ended") if e.body.get("run_yaml_sha256") and
        (material.folder / e.body["folder"]).resolve() == run.path.resolve()
    ]  # fmt: skip
    if ended and ended[0].time < run.evaluated:
        found.problems.append(
            f"{run.entry.folder}/run.yaml: says that the evaluation began at {run.evaluated}, but entry "
            f"{ended[0].number} noted its end at {ended[0].time}"
        )


def _order(material: Material, found: _Findings) -> None:
    from speechfair.process.order import order_problems

    found.problems.extend(text.en for text in order_problems(material))
    gates = material.reading.of_kind("gate")
    found.checked.append(f"{len(gates)} judgements of gates, and that each run began after its gate opened")


def _words(material: Material, found: _Findings) -> None:
    said = material.reading.of_kind("attestation", "waiver", "release_decision")
    newest: dict[tuple[str, str], Entry] = {}
    for entry in said:
        newest[entry.kind, str(entry.body.get("item", ""))] = entry
        found.problems.extend(_word_problems(entry, material))
    for entry in newest.values():
        found.problems.extend(_standing_problems(entry, material))
        if entry.body["expires"] < material.today.isoformat():
            what = f"{entry.kind} {entry.body.get('item', '')}".strip()
            found.problems.append(
                f"entry {entry.number}: {what} by {entry.body['by']} expired on {entry.body['expires']}"
            )
    found.checked.append(f"{len(said)} statements, waivers and decisions")


def _word_problems(entry: Entry, material: Material) -> list[str]:
    body: Any = entry.body
    found: list[str] = []
    where = _where(entry)
    exception = entry.kind == "waiver" or body.get("alternative")
    if (exception or entry.kind == "release_decision") and body["by"] in material.trainers:
        found.append(f"{where}: signed by somebody who trained the model")
    if exception:
        try:
            if not material.catalogue.item(body["item"]).waivable:
                found.append(f"{where}: no exception can cover this item")
        except SpeechfairError as error:
            found.append(f"{where}: {error}")
    if problem := signer_problem(entry, material):
        found.append(f"{where}: {problem.en}")
    return found


def _standing_problems(entry: Entry, material: Material) -> list[str]:
    """Why the current attestation is invalid: its signer does not, or no longer, hold that role in roles.yaml."""
    by, found = entry.body["by"], []
    if by not in material.people:
        found.append(f"{_where(entry)}: the person is not in roles.yaml")
    approver = material.forms["roles.yaml"].values["fairness_approver"]
    if entry.kind == "release_decision" and by != approver:
        found.append(f"{_where(entry)}: the fairness approver in roles.yaml is {approver!r}")
    return found


def _where(entry: Entry) -> str:
    what = f"{entry.kind} {entry.body.get('item', '')}".strip()
    return f"entry {entry.number} ({what} by {entry.body['by']})"
