"""The catalogue: strict, whole in two languages, true to the proposal it came from, and open to an organisation."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from speechfair.errors import InputError
from speechfair.process.catalogue import catalogue_path, changes, json_schema, load_catalogue
from speechfair.process.checks import all_checks
from speechfair.process.collect import _LATE
from speechfair.process.facts import FACTS
from speechfair.process.forms import form_specs
from speechfair.process.status import DECISION

SHIPPED = load_catalogue()[0]
PER_PHASE = {0: 6, 1: 9, 2: 6, 3: 6, 4: 15, 5: 5, 6: 5, 7: 4}
"""Items by phase."""
WITH_MARK = {
    "AF-1.6", "AF-1.7", "AF-1.8", "AF-1.9", "AF-3.6", "AF-4.14", "AF-4.15", "AF-5.5", "AF-6.5",
    "AF-0.3", "AF-2.3", "AF-2.6", "AF-3.2", "AF-4.2", "AF-4.12", "AF-5.3", "AF-6.3", "AF-6.4", "AF-7.1", "AF-7.2",
    "AF-7.3", "AF-7.4",
}  # fmt: skip
"""Items with a clause that could not be verified on the primary text; the mark stays."""


def test_ids_counts_and_levels_are_those_of_the_proposal() -> None:
    ids = [item.id for item in SHIPPED.items]
    assert ids == [f"AF-{phase}.{n}" for phase, last in PER_PHASE.items() for n in range(1, last + 1)]
    assert (len(ids), len(SHIPPED.musts(1)), len(SHIPPED.musts(2))) == (56, 43, 56)
    modes = [item.mode for item in SHIPPED.items]
    assert {mode: modes.count(mode) for mode in "ASH"} == {"A": 25, "S": 22, "H": 9}
    assert {item.id for item in SHIPPED.items if not item.waivable} == {"AF-0.5", "AF-2.4", "AF-5.4"}


def test_clauses_that_were_not_verified_keep_their_mark() -> None:
    marked = {item.id for item in SHIPPED.items if "~" in json.dumps(list(item.clauses.values()))}
    assert marked == WITH_MARK


@pytest.mark.parametrize("item", SHIPPED.items, ids=lambda item: item.id)
def test_an_item_is_whole_in_both_languages_and_has_a_check(item: object) -> None:
    from speechfair.process.catalogue import Item

    assert isinstance(item, Item)
    for text in (item.title, item.demand, item.evidence, item.pass_):
        assert any("぀" <= letter <= "鿿" for letter in text.ja), text
        assert text.en.isascii() or "–" in text.en
        assert text.en != text.ja
    assert item.clauses
    assert item.id in {*all_checks(), *_LATE, DECISION}


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ("Say who assigned each label", "AF-0.4"),
        ("voice as personal data", "AF-1.2"),
        ("transcription policy", "AF-2.5"),
        ("disagreement is compared between groups", "AF-2.5"),
        ("channel", "AF-2.6"),
        ("reference accent", "AF-4.6"),
        ("Insertions by group", "AF-4.7"),
        ("misheard speakers", "AF-6.4"),
        ("modular, native or hybrid", "AF-4.8"),
        ("not a claim of quality", "AF-4.8"),
        ("external guardrails", "AF-7.4"),
    ],
)
def test_items_speak_of_speech_and_of_speech_language_models(words: str, where: str) -> None:
    assert words in SHIPPED.item(where).demand.en


def test_the_published_schema_is_the_code_s_and_accepts_the_catalogue() -> None:
    published = json.loads((catalogue_path().parent / "catalogue.schema.json").read_text(encoding="utf-8"))
    assert published == json_schema()
    content = yaml.safe_load(catalogue_path().read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(published).validate(content)
    content["items"][0]["mode"] = "X"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(published).validate(content)


def test_every_form_serves_items_that_exist() -> None:
    known = {item.id for item in SHIPPED.items}
    for name, spec in form_specs().items():
        assert set(spec.items) <= known, name
        assert all(field.en and field.ja for field in spec.fields.values())


def overlay(folder: Path, *items: str) -> Path:
    path = folder / "own.yaml"
    text = "schema: speechfair/process-overlay/1\nname: acme\nversion: '3'\nitems:\n" + "".join(
        f"- {item}\n" for item in items
    )
    path.write_text(text, encoding="utf-8")
    return path


NEW = (
    "{id: ACME-2.1, aifl: 1, mode: H, gates: [release], title: {en: t, ja: 題}, demand: {en: d, ja: 求}, "
    "evidence: {en: e, ja: 証}, pass: {en: p, ja: 合}, clauses: {AIQM: [own]}}"
)


def test_an_organisation_adds_and_overrides_and_sees_the_difference(tmp_path: Path) -> None:
    found, parts = load_catalogue([overlay(tmp_path, NEW, "{id: AF-4.3, aifl: 1}")])
    assert found.version == f"{SHIPPED.version}+3"
    assert [part["name"] for part in parts] == [SHIPPED.name, "acme"]
    lines = changes(SHIPPED, found)
    assert "AF-4.3.aifl: 2 -> 1" in lines
    assert "ACME-2.1: added (t)" in lines
    assert any(line.startswith("version:") for line in lines)
    assert "ACME-2.1: removed (t)" in changes(found, SHIPPED)
    assert changes(SHIPPED, SHIPPED) == []
    assert len(found.musts(1)) == 45


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("{id: AF-4.1, mode: H}", "cannot make it a person's word"),
        ("{id: AF-9.1, aifl: 1}", "ids that begin with AF-"),
        ("{id: AF-2.4, waivable: true}", "no waiver can cover this item"),
        (NEW.replace("mode: H", "mode: A"), "no program decides this item"),
        (NEW.replace("AIQM", "AIQN"), "did you mean 'AIQM'"),
        (NEW.replace("aifl: 1", "aifl: 1, when: speech_lm"), "did you mean 'speech_llm'"),
        ("{id: AF-4.1, gates: [data]}", "add release to gates"),
        (NEW.replace("{en: t, ja: 題}", "{en: t}"), "ja"),
    ],
)
def test_an_overlay_that_loosens_or_misspells_is_refused_with_its_place(
    tmp_path: Path, item: str, words: str
) -> None:
    with pytest.raises(InputError, match=r"own\.yaml") as caught:
        load_catalogue([overlay(tmp_path, item)])
    assert words in str(caught.value)


def test_every_fact_that_a_predicate_names_is_known() -> None:
    named = {word for item in SHIPPED.items for word in item.when.split(" or ") if word != "always"}
    assert named == set(FACTS)
