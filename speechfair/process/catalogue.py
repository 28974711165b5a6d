"""The checklist as data: strict reading, an organisation's own overlays, and the difference between two versions.

The wording lies in ``data/catalogue.yaml``; nothing here knows an item by name except the three that no waiver
covers, which an overlay cannot loosen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field, ValidationError, model_validator

from speechfair.errors import InputError
from speechfair.records import StrictRecord
from speechfair.registry import did_you_mean
from speechfair.resources import package_data
from speechfair.store import differences, file_digest
from speechfair.strict_yaml import parse_yaml, read_model

__all__ = [
    "FACTS",
    "Catalogue",
    "Gate",
    "Guideline",
    "Item",
    "Language",
    "Mode",
    "Text",
    "catalogue_path",
    "changes",
    "json_schema",
    "load_catalogue",
]

Language = Literal["en", "ja"]
Mode = Literal["A", "S", "H"]
Gate = Literal["data", "evaluation", "release", "update"]
GATES: tuple[Gate, ...] = get_args(Gate)

FACTS = (
    "adapted_from_base",
    "annotated",
    "deployed",
    "diarisation",
    "generates_speech",
    "generates_text",
    "minors",
    "personal_data",
    "pretrained_base",
    "reweighted_or_selected",
    "slot_task",
    "speech_llm",
    "synthetic_or_augmented",
    "third_party_data",
)
"""What `when` may name. Each is true, false or not known; not known means that the item applies."""

NEVER_WAIVED = frozenset({"AF-0.5", "AF-2.4", "AF-5.4"})


class Text(StrictRecord):
    """One text in both languages; neither may be empty."""

    en: str = Field(min_length=1)
    ja: str = Field(min_length=1)

    def of(self, language: Language) -> str:
        """The text in one language."""
        return self.en if language == "en" else self.ja


class Guideline(StrictRecord):
    """A guideline or standard that clauses refer to, and what this catalogue knows it from."""

    title: Text
    basis: str


class Phase(StrictRecord):
    """A phase of the work; an item belongs to the phase that its id names."""

    id: int
    title: Text


class Item(StrictRecord):
    """One demand: what it asks for, what proves it, when it passes, and which clauses it answers."""

    id: str = Field(pattern=r"^[A-Z][A-Z0-9]*-\d+\.\d+$")
    aifl: int = Field(ge=0, le=2)
    mode: Mode
    when: str = "always"
    waivable: bool = True
    gates: list[Gate]
    title: Text
    demand: Text
    evidence: Text
    pass_: Text = Field(alias="pass")
    clauses: dict[str, list[str]]

    @model_validator(mode="after")
    def _sound(self) -> Item:
        for name in terms(self.when):
            if name not in FACTS:
                raise ValueError(f"`when` names {name!r}; {did_you_mean(name, FACTS)}")
        if self.id in NEVER_WAIVED and self.waivable:
            raise ValueError("no waiver can cover this item: set waivable to false")
        if "release" not in self.gates:
            raise ValueError("every item is looked at by the release gate: add release to gates")
        return self

    @property
    def phase(self) -> int:
        """Number of the phase, from the id."""
        return int(self.id.rpartition("-")[2].partition(".")[0])


class Catalogue(StrictRecord):
    """All items, their phases and the guidelines they answer."""

    schema_: Literal["speechfair/process-catalogue/1"] = Field(alias="schema")
    name: str
    version: str
    guidelines: dict[str, Guideline]
    phases: list[Phase]
    items: list[Item]

    @model_validator(mode="after")
    def _fits_together(self) -> Catalogue:
        seen: set[str] = set()
        phases = {phase.id for phase in self.phases}
        for item in self.items:
            if item.id in seen:
                raise ValueError(f"the id {item.id} comes twice")
            seen.add(item.id)
            if item.phase not in phases:
                raise ValueError(f"{item.id}: there is no phase {item.phase}")
            for key in item.clauses:
                if key not in self.guidelines:
                    raise ValueError(f"{item.id}: {key!r}: {did_you_mean(key, sorted(self.guidelines))}")
        return self

    def item(self, item_id: str) -> Item:
        """The item with this id; an unknown one raises `InputError` with the nearest."""
        for item in self.items:
            if item.id == item_id:
                return item
        known = [item.id for item in self.items]
        raise InputError(f"there is no item {item_id!r} in the catalogue; {did_you_mean(item_id, known)}")

    def musts(self, aifl: int) -> list[Item]:
        """Items that must be met at a fairness level."""
        return [item for item in self.items if item.aifl <= aifl]


class _Overlay(StrictRecord):
    """An organisation's own catalogue: new items, and keys that replace those of an item of the base."""

    schema_: Literal["speechfair/process-overlay/1"] = Field(alias="schema")
    name: str
    version: str
    guidelines: dict[str, Guideline] = Field(default_factory=dict)
    items: list[dict[str, Any]]


def catalogue_path() -> Path:
    """The shipped catalogue."""
    return package_data("process") / "catalogue.yaml"


def load_catalogue(overlays: Sequence[Path] = ()) -> tuple[Catalogue, list[dict[str, str]]]:
    """The catalogue with overlays laid over it in order, and what it was made of.

    Returns
    -------
    The catalogue, and for each part its ``name``, ``version`` and ``sha256``.

    Raises
    ------
    InputError : file, line and key of what is wrong; an overlay that turns a check by program into a person's
        word, or makes waivable what no waiver covers.
    """
    base = _shipped(file_digest(catalogue_path()))
    parts = [_part(catalogue_path(), base.name, base.version)]
    for path in overlays:
        overlay = read_model(path, _Overlay)
        base = _laid_over(base, overlay, path)
        parts.append(_part(path, overlay.name, overlay.version))
    return base, parts


def changes(old: Catalogue, new: Catalogue) -> list[str]:
    """What differs between two catalogues, one line each, by item.

    An item that was added or removed is one line; a changed one has a line per key.
    """
    before, after = ({item.id: _plain(item) for item in side.items} for side in (old, new))
    lines = [] if old.version == new.version else [f"version: {old.version} -> {new.version}"]
    for item_id in [*before, *(i for i in after if i not in before)]:
        if item_id not in after:
            lines.append(f"{item_id}: removed ({before[item_id]['title']['en']})")
        elif item_id not in before:
            lines.append(f"{item_id}: added ({after[item_id]['title']['en']})")
        else:
            lines.extend(differences(before[item_id], after[item_id], item_id))
    return lines


def terms(when: str) -> list[str]:
    """The facts that a predicate names. ``always`` names none; otherwise names joined by ``or``.

    >>> terms("speech_llm or deployed")
    ['speech_llm', 'deployed']
    """
    return [] if when == "always" else [word.strip() for word in when.split(" or ")]


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a catalogue."""
    schema = Catalogue.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


@lru_cache(maxsize=2)
def _shipped(sha256: str) -> Catalogue:
    """The shipped catalogue; read again only when the file is another."""
    return read_model(catalogue_path(), Catalogue)


def _plain(item: Item) -> dict[str, Any]:
    return item.model_dump(mode="json", by_alias=True)


def _part(path: Path, name: str, version: str) -> dict[str, str]:
    return {"name": name, "version": version, "sha256": file_digest(path)}


def _laid_over(base: Catalogue, overlay: _Overlay, path: Path) -> Catalogue:
    content = base.model_dump(mode="json", by_alias=True)
    items = {item["id"]: item for item in content["items"]}
    for index, given in enumerate(overlay.items):
        item_id = str(given.get("id") or "")
        if not item_id:
            raise _at(path, index, "the item has no id")
        old = items.get(item_id)
        if old is None and item_id.startswith("AF-"):
            raise _at(
                path,
                index,
                f"ids that begin with AF- are the base catalogue's; name yours apart from {item_id!r}",
            )
        if old is not None and old["mode"] == "A" and given.get("mode", "A") != "A":
            raise _at(
                path, index, f"{item_id} is decided by a program; an overlay cannot make it a person's word"
            )
        if old is None and given.get("mode") == "A":
            raise _at(path, index, f"{item_id}: no program decides this item; use mode S or H")
        items[item_id] = {**(old or {}), **given}
    content["items"] = sorted(items.values(), key=_order)
    content["guidelines"] |= {key: value.model_dump() for key, value in overlay.guidelines.items()}
    content["name"] = f"{base.name}+{overlay.name}"
    content["version"] = f"{base.version}+{overlay.version}"
    try:
        return Catalogue.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = _named(first["loc"], content["items"])
        raise InputError(f"{path}: {where}: {first['msg']}") from None


def _order(item: Mapping[str, Any]) -> tuple[int, str, list[int]]:
    prefix, _, number = str(item["id"]).rpartition("-")
    numbers = [int(part) for part in re.findall(r"\d+", number)]
    return (numbers[0] if numbers else 0), prefix, numbers


def _named(loc: tuple[int | str, ...], items: Sequence[Mapping[str, Any]]) -> str:
    if len(loc) > 1 and loc[0] == "items" and isinstance(loc[1], int):
        return ".".join([str(items[loc[1]].get("id", loc[1])), *(str(part) for part in loc[2:])])
    return ".".join(str(part) for part in loc) or "the file"


def _at(path: Path, index: int, message: str) -> InputError:
    _, lines = parse_yaml(path)
    return InputError(f"{path}, line {lines.get(('items', index), 1)}: {message}")
