"""The status of every item now: what was collected, whether it still holds, and what persons said about it.

A person's word never turns what a program found failed into a pass; a changed or missing file turns every item that
rests on it into an error; a ledger that does not hold does so for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from speechfair.process.catalogue import Gate, Item, Text
from speechfair.process.collect import evidence_path
from speechfair.process.finding import AS_EXPORTED, OPEN, STATUSES, Source, Status, say
from speechfair.process.identity import signer_problem
from speechfair.process.ledger import Entry, digest_of
from speechfair.process.material import Material, read_material
from speechfair.store import file_digest
from speechfair.strict_json import parse_json

__all__ = ["DECISION", "ItemStatus", "State", "read_state", "release_digest"]

_DECISIONS = {"release": "公開", "restricted": "限定公開", "none": "非公開"}
DECISION = "AF-5.4"
"""The item that the release decision is about; its evidence is everything else."""


@dataclass(frozen=True)
class ItemStatus:
    """One item now.

    Parameters
    ----------
    must : whether the plan's fairness level makes it a must.
    evidence_sha256 : of its evidence file; None where nothing was collected.
    facts, sources : as collected.
    found : what the program found, before what persons said; None where nothing was collected.
    statement : the current attestation, if any.
    waiver : the current waiver, if any.
    """

    item: Item
    status: Status
    reason: Text
    must: bool
    evidence_sha256: str | None = None
    facts: Mapping[str, Any] | None = None
    sources: tuple[Source, ...] = ()
    statement: Entry | None = None
    waiver: Entry | None = None
    found: Status | None = None

    @property
    def waits_for_person(self) -> bool:
        """Whether the program found nothing missing, and a person has to confirm it."""
        return self.found == "pass" and self.status == "not_assessed"

    @property
    def met(self) -> bool:
        """Whether a gate takes it for met: passed, not applicable, or undetermined with a current waiver."""
        if self.status in ("undetermined", "alternative_means"):
            return self.waiver is not None
        return self.status not in OPEN


@dataclass(frozen=True)
class State:
    """Every item of a process folder, now."""

    material: Material
    items: tuple[ItemStatus, ...]

    @cached_property
    def by_id(self) -> dict[str, ItemStatus]:
        """Items by id."""
        return {each.item.id: each for each in self.items}

    @property
    def counts(self) -> dict[str, int]:
        """How many items have each status."""
        return {status: sum(each.status == status for each in self.items) for status in STATUSES}

    def of_gate(self, gate: Gate) -> list[ItemStatus]:
        """The must-items that a gate looks at."""
        return [each for each in self.items if each.must and gate in each.item.gates]


def read_state(folder: str | Path, now: datetime | None = None) -> State:
    """The state of a process folder; a form, plan or catalogue that is wrong raises `InputError`."""
    return state_of(read_material(Path(folder), now))


def state_of(material: Material) -> State:
    """The state of material that was read."""
    digests: dict[str, str | None] = {}
    general = _general_problem(material)
    collected = material.reading.last("collect")
    recorded = dict(collected.body["evidence"]) if collected else {}
    items = []
    for item in material.catalogue.items:
        if item.id != DECISION:
            items.append(_status(item, material, recorded, general, digests))
    state = State(material, tuple(items))
    decision = _decision(material.catalogue.item(DECISION), state, general)
    order = [item.id for item in material.catalogue.items]
    return State(material, tuple(sorted([*items, decision], key=lambda each: order.index(each.item.id))))


def release_digest(state: State) -> str:
    """What a release decision signs: status and evidence of other must-items, current attestations and waivers."""
    return digest_of(
        {
            each.item.id: [
                each.status,
                each.evidence_sha256,
                each.statement.digest if each.statement else None,
                each.waiver.digest if each.waiver else None,
            ]
            for each in state.items
            if each.must and each.item.id != DECISION
        }
    )


def _general_problem(material: Material) -> Text | None:
    """What makes every item an error."""
    if material.reading.problems:
        problem = material.reading.problems[0]
        return say(
            f"the ledger does not hold: {problem}", f"{problem.partition(': ')[0]}:台帳の連鎖が途切れている"
        )
    collected = material.reading.last("collect")
    if collected is None:
        return None
    if collected.body["plan"] != file_digest(material.folder / "plan.yaml"):
        return say(
            "plan.yaml was changed since the evidence was collected",
            "証拠の収集後に plan.yaml が変わっている",
        )
    if collected.body["runs"] != file_digest(material.folder / "runs.yaml"):
        return say(
            "runs.yaml was changed since the evidence was collected; collect again",
            "証拠の収集後に runs.yaml が変わっている。集め直す",
        )
    if collected.body["catalogue"] != [dict(part) for part in material.catalogue_parts]:
        return say(
            "the catalogue is another than the evidence was collected for; collect again",
            "証拠を集めたときとカタログが異なる。集め直す",
        )
    return None


def _status(
    item: Item,
    material: Material,
    recorded: Mapping[str, str],
    general: Text | None,
    digests: dict[str, str | None],
) -> ItemStatus:
    must = item.aifl <= material.plan.aifl
    path = evidence_path(material.folder, item.id)
    expected = recorded.get(item.id)
    if general is not None:
        return ItemStatus(item, "error", general, must)
    if expected is None:
        reason = say("nothing was collected yet", "まだ証拠が集められていない")
        return ItemStatus(item, "not_assessed", reason, must)
    if not path.is_file() or file_digest(path) != expected:
        what = "was changed" if path.is_file() else "is missing"
        ja = "変わっている" if path.is_file() else "ない"
        name = path.relative_to(material.folder)
        return ItemStatus(item, "error", say(f"{name} {what}", f"{name} が{ja}"), must)
    content = parse_json(path.read_text(encoding="utf-8"))
    sources = tuple(Source(**source) for source in content["sources"])
    problem = _source_problem(material, sources, digests)
    if problem is not None:
        return ItemStatus(item, "error", problem, must, expected, content["facts"], sources)
    status, reason, statement = _with_words(item, material, content, expected)
    waiver, found = _waiver(item, material), content["status"]
    facts = content["facts"]
    return ItemStatus(item, status, reason, must, expected, facts, sources, statement, waiver, found)


def _source_problem(
    material: Material, sources: tuple[Source, ...], digests: dict[str, str | None]
) -> Text | None:
    for source in sources:
        if source.path not in digests:
            path = material.folder / source.path
            digests[source.path] = file_digest(path) if path.is_file() else None
        found = digests[source.path]
        if found is None:
            return say(f"{source.path} is missing", f"{source.path} がない")
        expected = source.sha256 if source.sha256 != AS_EXPORTED else material.exported.get(source.path)
        if found != expected:
            return say(
                f"{source.path} was changed since it was collected; restore it, or collect again",
                f"{source.path} が収集後に変わっている。元に戻すか、集め直す",
            )
    return None


def _with_words(
    item: Item, material: Material, content: Mapping[str, Any], evidence: str
) -> tuple[Status, Text, Entry | None]:
    """The status after what persons said: only on S and H, or as alternative means."""
    found: Status = content["status"]
    reason = Text(**content["reason"])
    entry = _statement(item, material)
    if item.mode == "A" and not (entry and entry.body.get("alternative")):
        return found, reason, None
    if found in ("fail", "error", "not_applicable"):
        return found, reason, None
    if entry is None:
        if found != "pass":
            return found, reason, None
        wait = say(f"{reason.en}; a person has not spoken yet", f"{reason.ja}。人による確認がまだない")
        return "not_assessed", wait, None
    problem = _stale(entry, material, evidence)
    if problem is not None:
        # an attestation that does not count leaves what the program found
        return ("not_assessed", problem, None) if found == "pass" else (found, reason, None)
    who = f"{entry.body['by']}, {entry.time[:10]}"
    if entry.body["verdict"] == "fail":
        return "fail", say(f"{who}: {entry.body['statement']}", f"{who}:{entry.body['statement']}"), entry
    if entry.body.get("alternative"):
        text = say(
            f"by other means ({who}): {entry.body['statement']}", f"代替手段({who}):{entry.body['statement']}"
        )
        return "alternative_means", text, entry
    if found != "pass":
        return found, reason, entry
    return "pass", say(f"{reason.en}; confirmed by {who}", f"{reason.ja}。確認:{who}"), entry


def _statement(item: Item, material: Material) -> Entry | None:
    said = [e for e in material.reading.of_kind("attestation") if e.body.get("item") == item.id]
    if item.mode == "A":
        said = [entry for entry in said if entry.body.get("alternative")]
    return said[-1] if said else None


def _stale(entry: Entry, material: Material, evidence: str) -> Text | None:
    body, who = entry.body, f"{entry.body['by']}, {entry.time[:10]}"
    if date.fromisoformat(body["expires"]) < material.today:
        return say(
            f"the attestation by {who} expired on {body['expires']}",
            f"{who} の確認・署名は {body['expires']} に失効",
        )
    if body["evidence_sha256"] != evidence:
        return say(
            f"{who} spoke about other evidence than today's",
            f"{who} の確認・署名は、今ある証拠とは別の証拠に対するものである",
        )
    if body["by"] not in material.people:
        return say(f"{who} is not among people in roles.yaml", f"{who} が roles.yaml にいない")
    if body.get("alternative") and body["by"] in material.trainers:
        return say(
            f"{who} trained the model and cannot approve other means", f"{who} は学習担当で承認できない"
        )
    problem = signer_problem(entry, material)
    return say(f"{who}: {problem.en}", f"{who}:{problem.ja}") if problem else None


def _waiver(item: Item, material: Material) -> Entry | None:
    """The current waiver: the last for the item, not expired, not by a trainer, on an item that can be waived."""
    if not item.waivable:
        return None
    given = [e for e in material.reading.of_kind("waiver") if e.body.get("item") == item.id]
    if not given:
        return None
    body = given[-1].body
    expired = date.fromisoformat(body["expires"]) < material.today
    broken = signer_problem(given[-1], material) is not None
    outside = body["by"] in material.trainers or body["by"] not in material.people
    return None if expired or broken or outside else given[-1]


def _decision(item: Item, state: State, general: Text | None) -> ItemStatus:
    """AF-5.4: signed over exactly this state by someone who did not train, and nothing is open."""
    material = state.material
    must = item.aifl <= material.plan.aifl
    if general is not None:
        return ItemStatus(item, "error", general, must)
    digest = release_digest(state)
    entry = material.reading.last("release_decision")
    facts = {"release_digest": digest}
    if entry is None:
        reason = say("no release decision is signed", "公開判断の署名がない")
        return ItemStatus(item, "not_assessed", reason, must, None, facts)
    body, who = entry.body, f"{entry.body['by']}, {entry.time[:10]}"
    if body["by"] in material.trainers:
        reason = say(f"signed by a trainer ({who})", f"学習担当({who})が署名している")
        return ItemStatus(item, "fail", reason, must, None, facts)
    if (
        body["by"] != material.forms["roles.yaml"].values["fairness_approver"]
        or body["by"] not in material.people
    ):
        reason = say(
            f"{who} is not the fairness approver of roles.yaml", f"{who} は roles.yaml の承認者でない"
        )
        return ItemStatus(item, "fail", reason, must, None, facts)
    problem = signer_problem(entry, material)
    if problem is not None:
        reason = say(f"{who}: {problem.en}", f"{who}:{problem.ja}")
        return ItemStatus(item, "fail", reason, must, None, facts)
    if date.fromisoformat(body["expires"]) < material.today:
        reason = say(
            f"the decision of {who} expired on {body['expires']}", f"{who} の判断は {body['expires']} に失効"
        )
        return ItemStatus(item, "not_assessed", reason, must, None, facts)
    if body["digest"] != digest:
        reason = say(
            f"{who} decided on another state of the evidence than today's",
            f"{who} の判断は、今ある証拠とは別の証拠に対するものである",
        )
        return ItemStatus(item, "not_assessed", reason, must, None, facts)
    if body["decision"] == "none":
        reason = say(
            f"{who} decided not to release: {body['statement']}", f"{who} は非公開とした:{body['statement']}"
        )
        return ItemStatus(item, "fail", reason, must, None, facts, (), entry)
    still = [each.item.id for each in state.items if each.must and not each.met]
    if still:
        names = ", ".join(still[:6]) + (" …" if len(still) > 6 else "")
        reason = say(f"signed, but still open: {names}", f"署名済みだが未完:{names}")
        return ItemStatus(item, "fail", reason, must, None, facts, (), entry)
    reason = say(f"{body['decision']}, decided by {who}", f"{who} が{_DECISIONS[body['decision']]}と判断")
    return ItemStatus(item, "pass", reason, must, None, facts, (), entry)
