"""Facts of the work that decide which items apply: computed from artefacts, and only else taken from the frozen plan.

A fact that nobody knows is not false: items that depend on it apply.
"""

from __future__ import annotations

from dataclasses import dataclass

from speechfair.process.catalogue import FACTS, Item, Text, terms
from speechfair.process.finding import say
from speechfair.process.material import Material
from speechfair.process.training_evidence import PLAIN_METHODS

__all__ = ["Fact", "applies", "facts_of"]

_RECOGNISERS = frozenset(
    {"faster-whisper", "whisper", "ctc", "seq2seq", "pocketsphinx", "bundled", "scripted", "openai", "routed"}
)
_SPEECH_LLMS = frozenset({"chat-audio", "cascade"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: true, false or None (not known), and where that comes from."""

    name: str
    value: bool | None
    reason: Text


def facts_of(material: Material) -> dict[str, Fact]:
    """Every fact. What artefacts show wins over what the plan says."""
    computed = {
        "adapted_from_base": _adapted(material),
        "minors": _minors(material),
        "pretrained_base": _pretrained(material),
        "reweighted_or_selected": _reweighted(material),
        "synthetic_or_augmented": _synthetic(material),
        "third_party_data": _third_party(material),
        "speech_llm": _speech_llm(material),
        "generates_text": _speech_llm(material),
    }
    return {name: _fact(name, computed.get(name), material) for name in FACTS}


def applies(item: Item, facts: dict[str, Fact]) -> tuple[bool, Text]:
    """Whether an item applies, and why. Not known counts as applying."""
    names = terms(item.when)
    if not names:
        return True, say("applies always", "常に適用")
    values = [facts[name] for name in names]
    for wanted in (True, None):
        hit = next((fact for fact in values if fact.value is wanted), None)
        if hit:
            return True, hit.reason
    return False, say("; ".join(f.reason.en for f in values), "。".join(f.reason.ja for f in values))


def _fact(name: str, computed: tuple[bool, Text] | None, material: Material) -> Fact:
    if computed is not None and (computed[0] or name not in ("generates_text", "minors")):
        value, why = computed
        return Fact(name, value, say(f"{name}: {why.en}", f"`{name}`:{why.ja}"))
    declared = material.plan.facts.get(name)
    if declared is None:
        return Fact(
            name, None, say(f"{name}: not known, so the item applies", f"`{name}`:不明のため適用する")
        )
    word = "true" if declared else "false"
    return Fact(name, declared, say(f"{name}: the plan says {word}", f"`{name}`:計画に `{word}` とある"))


def _minors(material: Material) -> tuple[bool, Text] | None:
    """True if a label of the data says child or gives an age under 18; other data does not show that there are none."""
    for run in material.runs:
        if isinstance(run.manifest, str):
            continue
        for row in run.manifest["labels"].to_list():
            for label in row or []:
                if label["axis"] in ("age", "age_band") and _young(str(label["value"])):
                    what = f"{label['axis']}={label['value']}"
                    return True, say(
                        f"{run.name} has speakers with {what}", f"{run.name} に {what} の話者がいる"
                    )
    return None


def _young(value: str) -> bool:
    first = value.split("-")[0].split("_")[0]
    return value in ("child", "children", "teens", "minor") or (first.isdigit() and int(first) < 18)


def _adapted(material: Material) -> tuple[bool, Text] | None:
    if any(record.base for record in material.training):
        return True, say("a training record names a base model", "学習記録に基盤モデルがある")
    if material.training and not material.training_problems:
        return False, say("no training record names a base model", "学習記録に基盤モデルがない")
    return None


def _pretrained(material: Material) -> tuple[bool, Text] | None:
    adapted = _adapted(material)
    if adapted is None and material.of_role("evaluation") and not material.run_list.training_records:
        return True, say(
            "a model is evaluated that no training record made", "学習記録のないモデルが評価されている"
        )
    return adapted


def _reweighted(material: Material) -> tuple[bool, Text] | None:
    for record in material.training:
        if record.selection is not None or record.method not in PLAIN_METHODS:
            return True, say(
                f"training {record.id} selected or re-weighted", f"学習 {record.id} で選択・重み付け"
            )
    if material.training and not material.training_problems:
        return False, say("plain training, nothing selected", "通常の学習で選択がない")
    return None


def _synthetic(material: Material) -> tuple[bool, Text] | None:
    from speechfair.process.speech_origin import origin_of, synthetic_training

    heard = [run for run in material.runs if run.role not in ("perturbed", "speechless")]
    names = [run.name for run in heard if origin_of(run, material) in ("synthetic", "augmented")]
    if names := [*names, *synthetic_training(material)]:
        return True, say(
            f"{names[0]} holds synthetic or augmented speech", f"{names[0]} に合成・加工音声がある"
        )
    stated = material.forms["mitigation.yaml"].values["synthetic_data"]
    if stated is None or (not stated and any(origin_of(run, material) is None for run in heard)):
        return None
    return bool(stated), say(
        f"mitigation.yaml says {str(stated).lower()}", f"mitigation.yaml に `{str(stated).lower()}` とある"
    )


def _third_party(material: Material) -> tuple[bool, Text] | None:
    for run in material.runs:
        if not isinstance(run.content, str) and run.content.recipe.corpus.name != "manifest":
            name = run.content.recipe.corpus.name
            return True, say(f"{run.name} uses the corpus {name}", f"{run.name} がコーパス {name} を使う")
    if material.forms["suppliers.yaml"].values["supplied"]:
        return True, say("suppliers.yaml lists something", "suppliers.yaml に記載がある")
    return None


def _speech_llm(material: Material) -> tuple[bool, Text] | None:
    families = set()
    for run in material.of_role("evaluation"):
        if not isinstance(run.content, str) and run.content.recipe.model is not None:
            families.add(run.content.recipe.model.family)
    if families & _SPEECH_LLMS:
        return True, say("the evaluated model answers in language", "評価したモデルは言語で応答する")
    if families and families <= _RECOGNISERS:
        return False, say("the evaluated model is a recogniser", "評価したモデルは認識器である")
    return None
