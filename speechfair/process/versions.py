"""What an organisation on one version of the shipped catalogue has to do to work by another."""

from __future__ import annotations

from pathlib import Path

from speechfair.errors import InputError
from speechfair.process.catalogue import Catalogue, Item, Text, catalogue_path, terms
from speechfair.process.finding import say
from speechfair.process.forms import form_specs
from speechfair.process.words import FACT_QUESTIONS, GATE_WORDS, MODE_WORDS
from speechfair.registry import did_you_mean
from speechfair.strict_yaml import read_model

__all__ = ["steps_between", "version", "versions"]


def versions() -> list[str]:
    """The first numbers of all shipped versions, oldest first."""
    old = sorted(
        path.stem.removeprefix("catalogue-") for path in catalogue_path().parent.glob("catalogue-*.yaml")
    )
    return [*old, _current().version.partition(".")[0]]


def version(name: str) -> Catalogue:
    """A shipped version by its first number; an unknown one raises `InputError`."""
    if name not in versions():
        raise InputError(f"there is no catalogue {name!r}; {did_you_mean(name, versions())}")
    path = catalogue_path().parent / f"catalogue-{name}.yaml"
    return read_model(path, Catalogue) if path.is_file() else _current()


def steps_between(old: Catalogue, new: Catalogue) -> list[Text]:
    """What is to be done, one step per item that was added, removed, or asks for something else."""
    before, after = ({item.id: item for item in side.items} for side in (old, new))
    steps = [_added(item) for name, item in after.items() if name not in before]
    for name in before.keys() & after.keys():
        steps += _changed(before[name], after[name])
    for name in before.keys() - after.keys():
        title = before[name].title
        steps.append(say(f"{name} {title.en}: removed; nothing to do", f"{name} {title.ja}:廃止。対応は不要"))
    return sorted(steps, key=lambda text: _place(text.en.split(" ")[0]))


def _added(item: Item) -> Text:
    forms = [name for name, spec in form_specs().items() if item.id in spec.items]
    en = [
        f"{item.id} {item.title.en}: new, {MODE_WORDS[item.mode].en}, a must from fairness level {item.aifl}"
    ]
    ja = [f"{item.id} {item.title.ja}:新設、{MODE_WORDS[item.mode].ja}、AIFL {item.aifl} から必須"]
    if facts := terms(item.when):
        en.append("applies if: " + " or ".join(FACT_QUESTIONS[name].en for name in facts))
        ja.append("適用の条件:" + "、または".join(FACT_QUESTIONS[name].ja for name in facts))
    if forms:
        en.append(f"fill in {', '.join(forms)}")
        ja.append(f"{'、'.join(forms)} に記入する")
    en.append(f"it passes if {item.pass_.en}")
    ja.append(f"合格の条件:{item.pass_.ja}")
    return say("; ".join(en), "。".join(ja))


def _changed(old: Item, new: Item) -> list[Text]:
    name, title, steps = new.id, new.title, []
    if old.gates != new.gates:
        en, ja = ", ".join(new.gates), "・".join(GATE_WORDS[gate].ja for gate in new.gates)
        steps.append(
            say(
                f"{name} {title.en}: now looked at by the gates {en}",
                f"{name} {title.ja}:判定するゲートの変更({ja})",
            )
        )
    if old.pass_.en != new.pass_.en:
        steps.append(
            say(
                f"{name} {title.en}: now passes if {new.pass_.en}",
                f"{name} {title.ja}:合格の条件の変更:{new.pass_.ja}",
            )
        )
    if old.mode != new.mode:
        steps.append(
            say(
                f"{name} {title.en}: now {MODE_WORDS[new.mode].en}",
                f"{name} {title.ja}:判定方法が変更:{MODE_WORDS[new.mode].ja}",
            )
        )
    if old.aifl != new.aifl or old.when != new.when:
        steps.append(
            say(
                f"{name} {title.en}: a must from level {new.aifl}, when {new.when}",
                f"{name} {title.ja}:AIFL {new.aifl} から必須(条件 {new.when})",
            )
        )
    return steps


def _place(item: str) -> tuple[int, int]:
    phase, _, number = item.rpartition("-")[2].partition(".")
    return int(phase), int(number)


def _current() -> Catalogue:
    return read_model(Path(catalogue_path()), Catalogue)
