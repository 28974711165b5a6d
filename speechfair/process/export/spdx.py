"""SPDX 3.0.1 (JSON-LD): the model as an AI package with its error rates, its data sets, base models and packages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from speechfair import __version__
from speechfair.errors import InputError, MissingExtraError
from speechfair.process.export.contents import evaluated_models, group_rates, model_name, packages
from speechfair.process.finding import say
from speechfair.process.ledger import digest_of
from speechfair.process.material import Material, Role
from speechfair.strict_json import parse_json

__all__ = ["FILE", "LOSES", "render", "validate"]

FILE = "ai-bom.spdx.json"
CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
LOSES = say(
    "no status of items, no attestations, no ledger. It claims the profiles core and software only: supplier, download "
    "location and licence elements of the profiles AI and Dataset are not known here",
    "項目の状態、確認・署名、台帳は含まない。準拠を示すプロファイルは `core` と `software` のみ("
    "`AI`・`Dataset` が求める供給者・入手先・ライセンス要素は不明のため)",
)
_NAMES = ("spdxId", "from", "to", "rootElement", "element", "createdBy")
_TRAINED: tuple[Role, ...] = ("training", "development")
_TESTED: tuple[Role, ...] = ("evaluation", "serving", "perturbed", "speechless")


def render(material: Material) -> bytes:
    """The document; its namespace is derived from its content."""
    sets = _data_sets(material)
    bases = {record.base.sha256: record.base.name for record in material.training if record.base is not None}
    parts = [_model(material), *(row for row, _ in sets), *map(_base, bases.items())]
    parts += [_package(name, version) for name, version in packages(material)]
    ids = [part["spdxId"] for part in parts]
    ties = [
        *_ties("trainedOn", (row["spdxId"] for row, role in sets if role in _TRAINED)),
        *_ties("testedOn", (row["spdxId"] for row, role in sets if role in _TESTED)),
        *_ties("descendantOf", (f"#base-{digest}" for digest in bases)),
        *_ties("dependsOn", (f"#pkg-{name}-{version}" for name, version in packages(material))),
    ]
    tool = {"type": "SoftwareAgent", "spdxId": "#speechfair", "name": f"speechfair {__version__}"}
    document: dict[str, Any] = {
        "type": "SpdxDocument",
        "spdxId": "#document",
        "name": f"AI bill of materials of {material.plan.name}",
        "profileConformance": ["core", "software"],
        "rootElement": ["#model"],
        "element": [*ids, *(tie["spdxId"] for tie in ties), "#speechfair"],
    }
    graph = [document, tool, *parts, *ties]
    space = f"urn:speechfair:{digest_of({'graph': graph})}"
    created = {
        "type": "CreationInfo",
        "@id": "_:creation",
        "specVersion": "3.0.1",
        "created": _when(material),
        "createdBy": ["#speechfair"],
    }
    elements = [{**element, "creationInfo": "_:creation"} for element in graph]
    content = _absolute({"@context": CONTEXT, "@graph": [created, *elements]}, space)
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def validate(data: bytes) -> None:
    """The SPDX project's own classes read it, find every required property, and every reference is in the document."""
    try:
        from spdx_python_model import v3_0_1 as spdx
    except ImportError:
        raise MissingExtraError("checking an SPDX document", "spdx-python-model", "exports") from None
    objects = spdx.SHACLObjectSet()
    try:
        content = parse_json(data)
        spdx.JSONLDDeserializer().deserialize_data(content, objects)
        missing = objects.link()
        spdx.JSONLDSerializer().serialize_data(objects)  # this is where required properties are asked for
    except (
        Exception
    ) as error:  # the classes raise ValueError, TypeError, KeyError, AttributeError and their own
        raise InputError(f"{FILE}: the SPDX 3.0.1 model refuses it: {error!r}") from None
    if not list(objects.foreach_type(spdx.SpdxDocument)):
        raise InputError(f"{FILE}: holds no SpdxDocument")
    if missing:
        raise InputError(f"{FILE}: {sorted(missing)[0]!r} names nothing in the document")


def _model(material: Material) -> dict[str, Any]:
    card = material.forms["card.yaml"].values
    metrics = [
        (f"{kind}, {where}", f"{rate.value:.6f}" + _interval(rate.low, rate.high))
        for kind, where, rate in group_rates(material)
    ]
    settings = [
        (f"{record.id}: {name}", json.dumps(value, ensure_ascii=False, default=str))
        for record in material.training
        for name, value in record.settings.items()
    ]
    return {
        "type": "ai_AIPackage",
        "spdxId": "#model",
        "name": model_name(material),
        "software_primaryPurpose": "model",
        **_some("verifiedUsing", [_sha256(digest) for digest in evaluated_models(material)]),
        **_some("ai_metric", [_entry(*pair) for pair in metrics]),
        **_some("ai_hyperparameter", [_entry(*pair) for pair in settings]),
        **_some("ai_limitation", card["limits"]),
        **_some("ai_informationAboutApplication", card["intended_use"]),
        **_some("ai_informationAboutTraining", card["training_data"]),
    }


def _data_sets(material: Material) -> list[tuple[dict[str, Any], str]]:
    """A data set per manifest and role."""
    found: dict[str, tuple[dict[str, Any], str]] = {}
    for run in material.of_role(*_TRAINED, *_TESTED):
        if isinstance(run.content, str) or run.manifest_sha256 is None:
            continue
        identity = f"#data-{run.role}-{run.manifest_sha256}"
        row = {
            "type": "dataset_DatasetPackage",
            "spdxId": identity,
            "name": f"{run.content.recipe.corpus.name}, {run.role}",
            "comment": "The digest is that of the manifest: ids, texts, labels and audio digests.",
            "dataset_datasetType": ["audio"],
            "software_primaryPurpose": "data",
            "verifiedUsing": [_sha256(run.manifest_sha256)],
        }
        found[identity] = (row, run.role)
    return list(found.values())


def _base(base: tuple[str, str]) -> dict[str, Any]:
    digest, name = base
    return {
        "type": "ai_AIPackage",
        "spdxId": f"#base-{digest}",
        "name": name,
        "software_primaryPurpose": "model",
        "verifiedUsing": [_sha256(digest)],
    }


def _package(name: str, version: str) -> dict[str, Any]:
    return {
        "type": "software_Package",
        "spdxId": f"#pkg-{name}-{version}",
        "name": name,
        "software_packageVersion": version,
        "software_packageUrl": f"pkg:pypi/{name}@{version}",
    }


def _ties(kind: str, ids: Iterable[str]) -> list[dict[str, Any]]:
    """The relationship of the model to all of some elements; none without elements."""
    to = list(ids)
    row = {"type": "Relationship", "spdxId": f"#{kind}", "from": "#model", "relationshipType": kind, "to": to}
    return [row] if to else []


def _absolute(value: Any, space: str) -> Any:
    """The same with every ``#id`` written out as an IRI of the document's namespace."""
    if isinstance(value, dict):
        return {
            key: _named(one, space) if key in _NAMES else _absolute(one, space) for key, one in value.items()
        }
    return [_absolute(one, space) for one in value] if isinstance(value, list) else value


def _named(value: Any, space: str) -> Any:
    return [f"{space}{one}" for one in value] if isinstance(value, list) else f"{space}{value}"


def _when(material: Material) -> str:
    """Time of the last collection, so that the same evidence gives the same document."""
    entry = material.reading.last("collect") or material.reading.entries[0]
    return datetime.fromisoformat(entry.time).strftime("%Y-%m-%dT%H:%M:%SZ")


def _sha256(digest: str) -> dict[str, Any]:
    return {"type": "Hash", "algorithm": "sha256", "hashValue": digest}


def _entry(key: str, value: str) -> dict[str, Any]:
    return {"type": "DictionaryEntry", "key": key, "value": value}


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" (interval {low:.6f} to {high:.6f})"


def _some(key: str, value: Any) -> dict[str, Any]:
    """The property where there is something to say: SPDX has no empty one."""
    return {key: value} if value else {}
