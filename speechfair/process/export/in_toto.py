"""An in-toto statement about the evaluated weights, with the predicate test-result v0.1."""

from __future__ import annotations

import json

from speechfair.errors import InputError, MissingExtraError
from speechfair.process.dsse import IN_TOTO
from speechfair.process.export.contents import evaluated_models, model_name
from speechfair.process.finding import say
from speechfair.process.material import Material
from speechfair.process.status import state_of
from speechfair.store import file_digest
from speechfair.strict_json import parse_json

__all__ = ["FILE", "LOSES", "PAYLOAD_TYPE", "render", "validate"]

FILE = "in-toto.json"
PAYLOAD_TYPE = IN_TOTO
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
LOSES = say(
    "knows passed, warned and failed only: undetermined and alternative means stand as warned, not assessed and error "
    "as failed, not applicable is left out; only --key signs the statement",
    "合格・警告・不合格しかない。判定不能と代替手段は警告、未評価とエラーは不合格とし、適用外は省く。"
    "署名は --key を付けたときだけ付く",
)


def render(material: Material) -> bytes:
    """The statement. Its result is FAILED, WARNED or PASSED by the worst must-item."""
    state = state_of(material)
    models = evaluated_models(material)
    if not models:
        raise InputError("no evaluation run names a model, so the statement would be about nothing")
    tests: dict[str, list[str]] = {"passedTests": [], "warnedTests": [], "failedTests": []}
    for each in state.items:
        place = {"pass": "passedTests", "undetermined": "warnedTests", "alternative_means": "warnedTests"}
        if each.must and each.status != "not_applicable":
            tests[place.get(each.status, "failedTests")].append(f"{each.item.id} ({each.status})")
    result = "FAILED" if tests["failedTests"] else "WARNED" if tests["warnedTests"] else "PASSED"
    names = ("plan.yaml", "criteria.yaml", "runs.yaml")
    content = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": model_name(material), "digest": {"sha256": digest}} for digest in models],
        "predicateType": PREDICATE,
        "predicate": {
            "result": result,
            "configuration": [
                {"name": name, "digest": {"sha256": file_digest(material.folder / name)}}
                for name in names
                if (material.folder / name).is_file()
            ],
            **tests,
        },
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def validate(data: bytes) -> None:
    """The in-toto library reads it as a valid statement, and the predicate has what test-result asks for."""
    try:
        from google.protobuf.json_format import ParseDict
        from in_toto_attestation.v1.resource_descriptor_pb2 import ResourceDescriptor
        from in_toto_attestation.v1.statement import Statement
    except ImportError:
        raise MissingExtraError("checking an in-toto statement", "in-toto-attestation", "exports") from None
    try:
        content = parse_json(data)
        subjects = [ParseDict(subject, ResourceDescriptor()) for subject in content["subject"]]
        Statement(subjects, content["predicateType"], content["predicate"]).validate()
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{FILE}: in-toto refuses it: {error}") from None
    predicate = content["predicate"]
    if predicate.get("result") not in ("PASSED", "WARNED", "FAILED") or not predicate.get("configuration"):
        raise InputError(f"{FILE}: a test result needs result and configuration")
