"""The order of gates and runs, from the ledger: was the gate that guards a run open when the run began?

The data gate guards training, the evaluation gate guards every run that gives test speech to a model. Time is checked
twice: by the order of ledger entries, and by the times that runs and training records state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from speechfair.process.catalogue import GATES, Gate, Text
from speechfair.process.finding import OPEN, Finding, Status, say, worst
from speechfair.process.ledger import Entry, Reading
from speechfair.process.material import Material, Role, Run
from speechfair.strict_json import parse_json

__all__ = [
    "AFTER",
    "GUARDED_ROLES",
    "Passage",
    "Unguarded",
    "in_order",
    "order_problems",
    "passage",
    "unguarded",
]

AFTER: dict[Gate, Gate] = {"evaluation": "data", "release": "evaluation"}
"""Which gate must have been open before another can open."""

GUARDED_ROLES: frozenset[Role] = frozenset({"baseline", "evaluation", "serving", "perturbed"})
"""Runs that read the test set: the evaluation gate guards them."""

_NAMES: dict[Gate, str] = {"data": "データ", "evaluation": "評価", "release": "公開", "update": "更新"}


@dataclass(frozen=True, slots=True)
class Passage:
    """Whether a gate let a run through: `open`, `overridden` (with a recorded reason) or `shut`, and why."""

    gate: Gate
    state: Literal["open", "overridden", "shut"]
    reason: Text


@dataclass(frozen=True, slots=True)
class Unguarded:
    """A run or a training that began while its gate was not open.

    Parameters
    ----------
    files : paths relative to the process folder; an item whose evidence lies in one of them is concerned.
    status : `fail`, or `undetermined` where the gate was overridden with a reason.
    """

    files: tuple[str, ...]
    status: Status
    reason: Text


def passage(
    reading: Reading,
    gate: Gate,
    *,
    number: int | None = None,
    time: str | None = None,
    folder: str | None = None,
) -> Passage:
    """What the ledger says of a gate before an entry or a time; without either, now.

    Parameters
    ----------
    number, time : only entries before this number, and before this time (UTC, as in the ledger), count.
    folder : run folder relative to the process folder, whose own override counts.
    """
    before = [
        e
        for e in reading.entries
        if (number is None or e.number < number) and (time is None or e.time < time)
    ]
    given = [
        e
        for e in before
        if e.kind == "gate_override"
        and e.body.get("gate") == gate
        and folder in (None, e.body.get("folder"))
        and str(e.body.get("reason") or "").strip()
    ]
    shut = _shut(before, gate)
    if shut is None:
        return Passage(gate, "open", say(f"the {gate} gate is open", f"{_NAMES[gate]}ゲートは開いている"))
    if given:
        body = given[-1].body
        reason = say(
            f"{shut.en}; overridden in entry {given[-1].number}: {body['reason']}",
            f"{shut.ja}。記録 {given[-1].number} で理由つきの例外とした:{body['reason']}",
        )
        return Passage(gate, "overridden", reason)
    return Passage(gate, "shut", shut)


def _shut(before: list[Entry], gate: Gate) -> Text | None:
    """Why the gate is not open after these entries; None if it is."""
    ja = _NAMES[gate]
    judged = [e for e in before if e.kind == "gate" and e.body.get("gate") == gate]
    if not judged:
        return say(f"the {gate} gate was not opened before", f"{ja}ゲートが事前に開かれていない")
    last = judged[-1]
    if last.body.get("outcome") != "open":
        return say(
            f"the {gate} gate was last judged {last.body.get('outcome')} (entry {last.number})",
            f"{ja}ゲートは最後の判定(記録 {last.number})で開いていない",
        )
    changed = [e for e in before if e.kind in ("plan", "criteria") and e.number > last.number]
    if changed:
        en, what = changed[-1].kind, "計画" if changed[-1].kind == "plan" else "合否基準"
        return say(
            f"the {en} was frozen again in entry {changed[-1].number}, after the {gate} gate opened",
            f"{ja}ゲートが開いた後、記録 {changed[-1].number} で{what}が凍結し直されている",
        )
    return None


def unguarded(material: Material) -> list[Unguarded]:
    """Every training and every run on the test set that began while its gate was not open."""
    return [*_trainings(material), *(each for run in material.runs for each in _run(run, material))]


def _trainings(material: Material) -> Iterator[Unguarded]:
    for record in material.training:
        places = [
            e
            for e in material.reading.of_kind("run_begun")
            if e.body.get("verb") == "debias" and Path(e.body["folder"]).name == record.id
        ]
        folder = str(places[0].body["folder"]) if places else None
        ways = [passage(material.reading, "data", time=record.started, folder=folder)]
        ways += [passage(material.reading, "data", number=e.number, folder=folder) for e in places]
        files = tuple(material.run_list.training_records)
        yield from _worst_of(ways, files, say(f"training {record.id}", f"学習 {record.id}"))


def _run(run: Run, material: Material) -> Iterator[Unguarded]:
    if run.role not in GUARDED_ROLES or not run.begun:
        return
    here = run.path.resolve()
    places = [
        e
        for e in material.reading.of_kind("run_begun")
        if e.body.get("verb") in ("audit", "transcribe")
        and (material.folder / e.body["folder"]).resolve() == here
    ]
    folder = run.source("").path
    ways = [passage(material.reading, "evaluation", time=run.evaluated or "", folder=folder)]
    ways += [passage(material.reading, "evaluation", number=e.number, folder=folder) for e in places]
    yield from _worst_of(ways, (folder,), say(run.name, run.name))


def _worst_of(ways: list[Passage], files: tuple[str, ...], what: Text) -> Iterator[Unguarded]:
    for state, status in (("shut", "fail"), ("overridden", "undetermined")):
        hit = next((way for way in ways if way.state == state), None)
        if hit is not None:
            reason = say(f"{what.en} began although {hit.reason.en}", f"{what.ja}:開始時に{hit.reason.ja}")
            yield Unguarded(files, status, reason)  # type: ignore[arg-type]
            return


def in_order(finding: Finding, phase: int, broken: list[Unguarded]) -> Finding:
    """A finding of an item from phase 3 on, worsened by what its evidence's runs did without an open gate."""
    if phase < 3 or finding.status not in ("pass", "undetermined", "fail"):
        return finding
    paths = {source.path for source in finding.sources}
    hits = [each for each in broken if any(_within(path, each.files) for path in paths)]
    if not hits:
        return finding
    reasons = list(dict.fromkeys(hit.reason for hit in hits))
    if finding.status != "pass":
        reasons.append(finding.reason)
    text = say("; ".join(each.en for each in reasons), "。".join(each.ja for each in reasons))
    status = worst([finding.status, *(hit.status for hit in hits)])
    return Finding(status, text, finding.facts, finding.sources)


def _within(path: str, files: tuple[str, ...]) -> bool:
    return any(path == file or path.startswith(f"{file}/") for file in files)


def order_problems(material: Material) -> list[Text]:
    """What `verify` reports about the order: runs without their gate, and gate entries that nothing supports."""
    found = [each.reason for each in unguarded(material) if each.status == "fail"]
    for entry in material.reading.of_kind("gate"):
        found += [
            say(
                f"entry {entry.number} (gate {entry.body.get('gate')}): {text.en}",
                f"記録 {entry.number}(ゲート):{text.ja}",
            )
            for text in _gate_problems(entry, material)
        ]
    for entry in material.reading.of_kind("gate_override"):
        if not str(entry.body.get("reason") or "").strip():
            found.append(
                say(
                    f"entry {entry.number}: a gate was overridden without a reason",
                    f"記録 {entry.number}:理由のないゲートの例外",
                )
            )
    return found


def _gate_problems(entry: Entry, material: Material) -> Iterator[Text]:
    body: Mapping[str, Any] = entry.body
    gate, looked = body.get("gate"), body.get("looked_at")
    if gate not in GATES or not isinstance(looked, Mapping) or not isinstance(body.get("open"), Mapping):
        yield say("is not what `process gate` writes", "`process gate` の記録の形でない")
        return
    before = [e for e in material.reading.entries if e.number < entry.number]
    if body.get("outcome") != "open":
        return
    earlier = AFTER.get(gate)
    if earlier and passage(material.reading, earlier, number=entry.number).state == "shut":
        yield say(f"opened before the {earlier} gate", f"{_NAMES[earlier]}ゲートより先に開いている")
    if gate == "release" and not any(e.kind == "release_decision" for e in before):
        yield say("opened before a release decision was signed", "公開判断の署名より先に開いている")
    if body["open"]:
        yield say("says open and lists open items", "開いたと記録しながら未完の項目を挙げている")
    yield from _forged(entry, looked, before, material)


def _forged(
    entry: Entry, looked: Mapping[str, Any], before: list[Entry], material: Material
) -> Iterator[Text]:
    """Items that the entry calls met against the evidence of its time, or that it leaves out."""
    parts = [e for e in before if e.kind == "catalogue"]
    same = bool(parts) and parts[-1].body["parts"] == [dict(part) for part in material.catalogue_parts]
    gate = entry.body["gate"]
    wanted = {item.id for item in material.catalogue.musts(material.plan.aifl) if gate in item.gates}
    if same and wanted != set(looked):
        names = ", ".join(sorted(wanted ^ set(looked))[:4])
        yield say(f"does not look at the items of its gate ({names})", f"ゲートの項目と一致しない({names})")
    collected = [e for e in before if e.kind == "collect"]
    recorded = collected[-1].body["evidence"] if collected else {}
    spoken = {e.body.get("item") for e in before if e.kind in ("attestation", "waiver")}
    for item, (status, sha256) in looked.items():
        if status in OPEN and item not in spoken:
            yield say(f"{item} was {status} and is not waived", f"{item} は未完で、免除もない")
        if sha256 is not None and recorded.get(item) != sha256:
            yield say(
                f"{item} rests on evidence that was not collected", f"{item} の証拠が収集されたものでない"
            )
        elif sha256 is not None and _said(material, item, sha256) in OPEN and item not in spoken:
            yield say(f"{item} does not pass by its evidence", f"{item} は証拠によれば通過しない")


def _said(material: Material, item: str, sha256: str) -> str | None:
    """The status that an evidence file gives, if it is still the one that an entry names."""
    from speechfair.store import file_digest

    path = material.folder / "evidence" / f"{item}.json"
    if not path.is_file() or file_digest(path) != sha256:
        return None
    return str(parse_json(path.read_text(encoding="utf-8")).get("status"))
