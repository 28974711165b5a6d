"""The catalogue as a Qunomon guideline: a quality dimension per phase, a level per fairness level, an item per demand.

Qunomon reads it as one more guideline next to its own; findings are attached as measurements.
"""

from __future__ import annotations

import json
from typing import Any

from speechfair.errors import InputError
from speechfair.process.catalogue import Item, Phase
from speechfair.process.export.own_schema import check
from speechfair.process.finding import say
from speechfair.process.material import Material
from speechfair.process.status import State, state_of
from speechfair.strict_json import parse_json

__all__ = ["FILE", "LOSES", "render", "validate"]

FILE = "qunomon-guideline.json"
LOSES = say(
    "a guideline says what is asked, not what was found: statuses stand only in the descriptions of the measurements; "
    "conditions of applicability, evidence, signatures and waivers are not carried",
    "要求を表す形式で、結果の欄がない。状態は測定の説明文にのみ書く。適用条件・証拠・署名・免除は含まない",
)


def render(material: Material) -> bytes:
    """The guideline, in the language of the plan."""
    state = state_of(material)
    catalogue, language = material.catalogue, material.plan.language
    phases = [(phase, [i for i in catalogue.items if i.phase == phase.id]) for phase in catalogue.phases]
    kept = [(phase, items) for phase, items in phases if items]
    ids = [_id(phase) for phase, _ in kept]
    content = {
        "guideline": {
            "scopes": [
                {
                    "name": catalogue.name,
                    "scope_descriptors": [
                        {"title": "scope", "description": "training of speech models that serve several accents"},
                        {"title": "clauses", "description": "an item that answers a clause claims no conformity"},
                    ],
                    "quality_scope": {"quality_dimensions": ids},
                    "quality_scopes": [{"quality_dimensions": ids}],
                }
            ],
            "quality_dimensions": [_dimension(phase, items, material) for phase, items in kept],
            "quality_inhibitors": [],
            "measurements": [_measurement(state, item) for _, items in kept for item in items],
            "meta_info": [
                {"property": "title", "content": f"{catalogue.name} {catalogue.version}"},
                {"property": "name", "content": catalogue.name},
                {"property": "identifier", "content": f"{catalogue.name}:{catalogue.version}"},
                {"property": "language", "content": language},
                {"property": "description", "content": f"cannot carry: {LOSES.en}"},
            ],
        }
    }  # fmt: skip
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def validate(data: bytes) -> None:
    """The fields are those of Qunomon's guideline schema, and every id that is named exists."""
    try:
        content = parse_json(data)
    except ValueError as error:
        raise InputError(f"{FILE}: is not JSON: {error}") from None
    check(content, "qunomon-guideline", FILE)
    guideline = content["guideline"]
    dimensions = {each["id"] for each in guideline["quality_dimensions"]}
    measurements = {each["id"] for each in guideline["measurements"]}
    named = {i for scope in guideline["scopes"] for i in scope["quality_scope"]["quality_dimensions"]}
    used = {i for each in guideline["quality_dimensions"] for i in each["measurements"]}
    if missing := sorted((named - dimensions) | (used - measurements)):
        raise InputError(f"{FILE}: {missing[0]!r} names nothing in the document")


def _id(phase: Phase) -> str:
    return f"AF-{phase.id}"


def _dimension(phase: Phase, items: list[Item], material: Material) -> dict[str, Any]:
    own = material.plan.language
    levels = []
    for aifl in sorted({item.aifl for item in items}):
        new = [item for item in items if item.aifl == aifl]
        levels.append(
            {
                "id": f"{_id(phase)}-AIFL{aifl}",
                "name": f"AIFL {aifl}",
                "description": f"asked for from fairness level {aifl} on",
                "level": aifl,
                "level_requirements": [{"id": i.id, "description": i.demand.of(own)} for i in new],
            }
        )
    return {
        "id": _id(phase),
        "name": phase.title.of(own),
        "description": phase.title.en,
        "category": "process",
        "measurements": [item.id for item in items],
        "levels": levels,
    }


def _measurement(state: State, item: Item) -> dict[str, Any]:
    own, each = state.material.plan.language, state.by_id[item.id]
    return {
        "id": item.id,
        "name": item.title.of(own),
        "type": "categorical",
        "description": f"{item.pass_.of(own)} [{each.status}: {each.reason.of(own)}]",
    }
