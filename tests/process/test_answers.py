"""Every answer that a form asks for is read by a check: words for being there, everything else for what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from speechfair.process.catalogue import FACTS, load_catalogue, terms
from speechfair.process.collect import findings_of
from speechfair.process.forms import form_specs
from speechfair.process.material import read_material
from speechfair.process.words import FACT_QUESTIONS
from tests.process import project


class Noted(dict[str, Any]):
    """Values that remember which of them were read."""

    def __init__(self, where: str, values: Any, seen: set[str]) -> None:
        super().__init__(values)
        self.where, self.seen = where, seen

    def __getitem__(self, key: str) -> Any:
        self.seen.add(f"{self.where}.{key}")
        return super().__getitem__(key)


def noted(form: str, values: Any, seen: set[str]) -> Noted:
    def rows(key: str, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return [Noted(f"{form}.{key}", row, seen) if isinstance(row, dict) else row for row in value]

    return Noted(form, {key: rows(key, value) for key, value in values.items()}, seen)


def test_every_answer_is_read(mine: Path) -> None:
    project.edit_form(mine, "review.yaml", findings=[{"finding": "f", "closed": True, "how": "h"}])
    due = project.days(9).isoformat()
    project.edit_form(mine, "assignments.yaml", assignments=[{"item": "AF-0.2", "owner": "ana", "due": due}])
    withdrawn = [{"speaker": "gone", "asked": project.days(0).isoformat(), "deleted": None}]
    project.edit_form(mine, "withdrawal.yaml", withdrawn=withdrawn)
    material, seen = read_material(mine), set[str]()
    forms = {
        name: replace(form, values=noted(name, form.values, seen)) for name, form in material.forms.items()
    }
    findings_of(replace(material, forms=forms))
    unread = []
    for name, spec in form_specs().items():
        for key, field in spec.fields.items():
            # of a needed text the form itself says whether it is there
            if field.kind not in ("text", "list") or not field.needed:
                unread += [f"{name}.{key}"] if f"{name}.{key}" not in seen else []
            columns = [column for column, kind in field.columns.items() if kind != "text"]
            unread += [c for c in (f"{name}.{key}.{column}" for column in columns) if c not in seen]
    assert unread == []


def test_every_fact_that_is_asked_decides_an_item() -> None:
    used = {name for item in load_catalogue()[0].items for name in terms(item.when)}
    assert set(FACTS) == used == set(FACT_QUESTIONS)
