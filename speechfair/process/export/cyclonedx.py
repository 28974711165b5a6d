"""CycloneDX 1.6: model, packages, the catalogue as a standard, and every item as an attestation with its evidence."""

from __future__ import annotations

import json
import uuid
from typing import Any

from speechfair import __version__
from speechfair.errors import InputError, MissingExtraError
from speechfair.process.export.contents import evaluated_models, group_rates, model_name, packages
from speechfair.process.finding import say
from speechfair.process.ledger import digest_of
from speechfair.process.material import Material
from speechfair.process.status import ItemStatus, State, state_of
from speechfair.strict_json import parse_json

__all__ = ["FILE", "LOSES", "render", "validate"]

FILE = "cyclonedx.json"
LOSES = say(
    "conformance is a number from 0 to 1: only pass (1) and fail (0) get one, all other statuses are in the "
    "rationale; ledger order is not carried",
    "適合度は 0〜1 の数しかなく、合格(1)と不合格(0)以外は理由欄に書く。台帳の順序は含まない",
)


def render(material: Material) -> bytes:
    """The document; its serial number is derived from its content."""
    state = state_of(material)
    content: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "speechfair", "version": __version__}]},
            "component": _model(material),
            "properties": [{"name": "speechfair:loses", "value": LOSES.en}],
        },
        "components": _packages(material),
        "definitions": {"standards": [_standard(state)]},
        "declarations": _declarations(state),
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, f"speechfair:{digest_of(content)}")
    content["serialNumber"] = f"urn:uuid:{serial}"
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def validate(data: bytes) -> None:
    """Valid under the strict 1.6 schema, and every reference names something in the document."""
    try:
        from cyclonedx.schema import SchemaVersion
        from cyclonedx.validation.json import JsonStrictValidator
    except ImportError:
        raise MissingExtraError("checking a CycloneDX document", "cyclonedx-python-lib", "exports") from None
    text = data.decode()
    try:
        parse_json(text)
    except ValueError as error:
        raise InputError(f"{FILE}: is not JSON: {error}") from None
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if problem is not None:
        raise InputError(f"{FILE}: the CycloneDX 1.6 schema refuses it: {problem}")
    content = parse_json(text)
    known: set[str] = set()
    _walk(content, "bom-ref", known)
    for name in ("requirement", "assessor", "target"):
        named: set[str] = set()
        _walk(content["declarations"], name, named)
        if missing := named - known:
            raise InputError(f"{FILE}: {name} {sorted(missing)[0]!r} names nothing in the document")
    for claim in content["declarations"].get("claims", []):
        if missing := set(claim.get("evidence", [])) - known:
            raise InputError(f"{FILE}: evidence {sorted(missing)[0]!r} names nothing in the document")


def _walk(content: Any, key: str, found: set[str]) -> None:
    if isinstance(content, dict):
        if isinstance(content.get(key), str):
            found.add(content[key])
        for value in content.values():
            _walk(value, key, found)
    elif isinstance(content, list):
        for value in content:
            _walk(value, key, found)


def _model(material: Material) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": model_name(material),
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in evaluated_models(material)],
    }
    metrics = []
    for kind, where, rate in group_rates(material):
        metric: dict[str, Any] = {"type": kind, "value": f"{rate.value:.6f}", "slice": where}
        if rate.low is not None and rate.high is not None:
            metric["confidenceInterval"] = {"lowerBound": f"{rate.low:.6f}", "upperBound": f"{rate.high:.6f}"}
        metrics.append(metric)
    if metrics:
        component["modelCard"] = {"quantitativeAnalysis": {"performanceMetrics": metrics}}
    return component


def _packages(material: Material) -> list[dict[str, Any]]:
    return [
        {"type": "library", "bom-ref": f"pkg:pypi/{name}@{version}", "name": name, "version": version,
         "purl": f"pkg:pypi/{name}@{version}"}
        for name, version in packages(material)
    ]  # fmt: skip


def _standard(state: State) -> dict[str, Any]:
    catalogue = state.material.catalogue
    return {
        "bom-ref": "catalogue",
        "name": catalogue.name,
        "version": catalogue.version,
        "requirements": [
            {
                "bom-ref": f"requirement-{item.id}",
                "identifier": item.id,
                "title": item.title.en,
                "text": item.demand.en,
                "descriptions": [
                    item.demand.ja,
                    *(f"{key}: {', '.join(clauses)}" for key, clauses in item.clauses.items()),
                ],
            }
            for item in catalogue.items
        ],
    }


def _declarations(state: State) -> dict[str, Any]:
    people = state.material.forms["roles.yaml"].values["people"]
    approver = state.material.forms["roles.yaml"].values["fairness_approver"]
    name = next((row["name"] for row in people if row["id"] == approver and row["name"]), None)
    return {
        "assessors": [
            {
                "bom-ref": "speechfair",
                "thirdParty": False,
                "organization": {"name": f"speechfair {__version__}"},
            }
        ],
        "attestations": [
            {
                "summary": f"Checklist of {state.material.plan.name}, fairness level {state.material.plan.aifl}",
                "assessor": "speechfair",
                "map": [_mapped(each) for each in state.items],
            }
        ],
        "claims": [_claim(each) for each in state.items if each.evidence_sha256],
        "evidence": [_evidence(each) for each in state.items if each.evidence_sha256],
        "targets": {
            "components": [{"type": "machine-learning-model", "bom-ref": "target-model", "name": "model"}]
        },
        **({"affirmation": {"statement": f"Fairness approver: {name}"}} if name else {}),
    }


def _mapped(each: ItemStatus) -> dict[str, Any]:
    conformance: dict[str, Any] = {"rationale": f"{each.status}: {each.reason.en}"}
    if each.status in ("pass", "fail"):
        conformance["score"] = 1 if each.status == "pass" else 0
    claims = [f"claim-{each.item.id}"] if each.evidence_sha256 else []
    side = "claims" if each.met else "counterClaims"
    return {"requirement": f"requirement-{each.item.id}", side: claims, "conformance": conformance}


def _claim(each: ItemStatus) -> dict[str, Any]:
    return {
        "bom-ref": f"claim-{each.item.id}",
        "target": "target-model",
        "predicate": f"{each.item.id} is {each.status}",
        "reasoning": each.reason.en,
        "evidence": [f"evidence-{each.item.id}"],
    }


def _evidence(each: ItemStatus) -> dict[str, Any]:
    found: dict[str, Any] = {
        "bom-ref": f"evidence-{each.item.id}",
        "propertyName": "speechfair:evidence",
        "description": f"evidence/{each.item.id}.json, sha256 {each.evidence_sha256}",
        "data": [
            {"name": f"{source.path} sha256 {source.sha256}", "contents": {}} for source in each.sources
        ],
    }  # fmt: skip
    if each.statement is not None:
        found["created"] = each.statement.time
        found["expires"] = f"{each.statement.body['expires']}T23:59:59Z"
        found["author"] = {"name": str(each.statement.body["by"])}
    return found
