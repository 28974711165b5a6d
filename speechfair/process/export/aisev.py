"""The checklist as a goal structure (GSN) in the YAML that Japan AISI's aisev reads, with an answer at every leaf.

There an unanswered leaf counts as not applicable and drops out of the score. Here it never does: what is not assessed
is answered with 0.
"""

from __future__ import annotations

from typing import Any

from speechfair.errors import InputError
from speechfair.process.export.own_schema import check
from speechfair.process.finding import say
from speechfair.process.material import Material
from speechfair.process.status import ItemStatus, state_of
from speechfair.strict_yaml import parse_yaml_text

__all__ = ["FILE", "LOSES", "render", "validate"]

FILE = "aisev-gsn.yaml"
LOSES = say(
    "answers are 1, 0.5, 0 or excluded: fail, error, not assessed and undetermined all become 0, a waiver and other "
    "means 0.5; evidence, people and dates are not carried; aisev itself asks for the answers again",
    "回答は 1・0.5・0・対象外のみ。不合格・エラー・未評価・判定不能はいずれも 0、免除と代替手段は 0.5 とする。"
    "証拠・人・日付は含まない。aisev では回答を改めて入力する",
)

PERSPECTIVE = "公平性と包摂性"
"""The one of aisev's ten perspectives that this checklist belongs to."""


def render(material: Material) -> bytes:
    """The goal structure: the perspective, then the phases, then the must-items as leaves."""
    import yaml

    state, own = state_of(material), material.plan.language
    phases = [
        (phase, [each for each in state.items if each.must and each.item.phase == phase.id])
        for phase in material.catalogue.phases
    ]
    kept = [(phase, items) for phase, items in phases if items]
    nodes: dict[str, dict[str, Any]] = {
        "G1": {"goalType": "TopGoal", "definition": material.plan.name, "supportedBy": ["S1"]},
        "S1": {"goalType": "Strategy", "definition": "by perspective", "supportedBy": ["G2"]},
        "G2": {
            "goalType": "SecondGoal",
            "definition": PERSPECTIVE,
            "supportedBy": [f"P{phase.id}" for phase, _ in kept],
            "scoreRate": [round(1 / len(kept), 6)] * len(kept),
        },
    }
    for phase, items in kept:
        nodes[f"P{phase.id}"] = {
            "goalType": "Goal",
            "definition": phase.title.of(own),
            "supportedBy": [each.item.id for each in items],
            "scoreRate": [round(1 / len(items), 6)] * len(items),
        }
        nodes |= {each.item.id: _leaf(each, own == "ja") for each in items}
    head = f"# cannot carry: {LOSES.en}\n"
    return (head + yaml.safe_dump(nodes, allow_unicode=True, sort_keys=False, width=110)).encode()


def validate(data: bytes) -> None:
    """The nodes are those that aisev walks, one is the top goal, and every node that is named is there."""
    try:
        nodes = parse_yaml_text(data.decode(), FILE)
    except UnicodeDecodeError as error:
        raise InputError(f"{FILE}: is not YAML: {error}") from None
    check(nodes, "aisev", FILE)
    tops = [name for name, node in nodes.items() if node.get("goalType") == "TopGoal"]
    if len(tops) != 1:
        raise InputError(f"{FILE}: {len(tops)} top goals; there must be one")
    for name, node in nodes.items():
        children = node.get("supportedBy", [])
        if missing := [child for child in children if child not in nodes]:
            raise InputError(f"{FILE}: {name} is supported by {missing[0]!r}, which is not there")
        if "scoreRate" in node and len(node["scoreRate"]) != len(children):
            raise InputError(f"{FILE}: {name} has not one rate per supporting node")


def _leaf(each: ItemStatus, japanese: bool) -> dict[str, Any]:
    own = "ja" if japanese else "en"
    return {
        "definition": each.item.title.ja if japanese else each.item.title.en,
        "undeveloped": True,
        "question": each.item.demand.ja if japanese else each.item.demand.en,
        "answer": _answer(each),
        "status": each.status,
        "reason": each.reason.of("ja" if own == "ja" else "en"),
    }


def _answer(each: ItemStatus) -> float | None:
    if each.status == "not_applicable":
        return None
    if each.status == "pass":
        return 1
    return 0.5 if each.status == "alternative_means" or each.waiver is not None else 0
