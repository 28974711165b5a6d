"""``speechfair process init --ask``: the questions of a new process folder in the terminal, in English or Japanese.

An empty answer leaves a fact unknown and a field empty; neither is ever taken for a yes or for a pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from speechfair.errors import InputError
from speechfair.process.catalogue import FACTS, Language
from speechfair.process.forms import FieldSpec, form_specs
from speechfair.process.init import Start
from speechfair.process.words import FACT_QUESTIONS

__all__ = ["ask"]

_YES, _NO = ("y", "yes", "はい"), ("n", "no", "いいえ")
_WORDS: dict[str, tuple[str, str]] = {
    "name": ("name of the system", "システムの名前"),
    "aifl": ("fairness level (0, 1 or 2)", "公平性レベル(0・1・2)"),
    "languages": ("spoken languages (ISO 639-3, comma between)", "音声の言語(ISO 639-3、コンマ区切り)"),
    "gain": (
        "groups that are to be served better (axis=value, comma between; - for none)",
        "改善をめざす群(属性=値、コンマ区切り。なければ -)",
    ),
    "facts": ("y, n, or empty if not known", "y(はい)・n(いいえ)。不明なら空欄"),
    "forms": ("fill in this form now? (y or empty)", "この様式を今記入するか(y または空欄)"),
    "again": ("not understood, once more", "読み取れないため、もう一度"),
}


def ask(given: Mapping[str, Any]) -> Start:
    """Ask what `given` does not hold, and return the whole."""
    language: Language = given.get("language") or (
        "ja" if typer.prompt("language / 言語 (en, ja)", default="en").strip() == "ja" else "en"
    )
    at = 0 if language == "en" else 1
    start: dict[str, Any] = {"language": language}
    start["name"] = given.get("name") or typer.prompt(_WORDS["name"][at])
    level = given.get("aifl")
    start["aifl"] = level if level is not None else typer.prompt(_WORDS["aifl"][at], type=int)
    codes = given.get("languages") or _list(typer.prompt(_WORDS["languages"][at]))
    start["languages"] = codes
    gain = given.get("gain_for")
    if gain is None:
        said = typer.prompt(_WORDS["gain"][at], default="", show_default=False).strip()
        gain = None if not said else [] if said == "-" else _list(said)
    start["gain_for"] = gain
    typer.echo(_WORDS["facts"][at])
    facts = dict(given.get("facts") or {})
    for name in FACTS:
        if name not in facts:
            facts[name] = _flag(f"{FACT_QUESTIONS[name].of(language)}", at)
    start["facts"] = facts
    start["forms"] = {**_forms(language, at, given.get("forms") or {})}
    try:
        return Start.model_validate(start)
    except ValueError as error:
        raise InputError(f"process init: {error}") from None


def _forms(language: Language, at: int, given: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(given)
    for name, spec in form_specs().items():
        if name in found:
            continue
        typer.echo(f"\n{name}: {spec.title.of(language)}")
        if typer.prompt(_WORDS["forms"][at], default="", show_default=False).strip().lower() not in _YES:
            continue
        values = {}
        for key, field in spec.fields.items():
            if field.kind != "table":
                value = _field(field, field.en if language == "en" else field.ja, at)
                if value is not None:
                    values[key] = value
        found[name] = values
    return found


def _field(field: FieldSpec, question: str, at: int) -> Any:
    if field.kind == "flag":
        return _flag(question, at)
    hint = f" ({' | '.join(field.choices)})" if field.choices else ""
    while True:
        said = typer.prompt(f"{question}{hint}", default="", show_default=False).strip()
        if not said:
            return None
        if field.kind == "list":
            return _list(said)
        if field.kind == "number":
            try:
                return float(said) if "." in said else int(said)
            except ValueError:
                typer.echo(_WORDS["again"][at])
                continue
        if field.choices and said not in field.choices:
            typer.echo(_WORDS["again"][at])
            continue
        return said


def _flag(question: str, at: int) -> bool | None:
    while True:
        said = typer.prompt(question, default="", show_default=False).strip().lower()
        if not said:
            return None
        if said in (*_YES, *_NO):
            return said in _YES
        typer.echo(_WORDS["again"][at])


def _list(text: str) -> list[str]:
    return [word.strip() for word in text.replace("、", ",").split(",") if word.strip()]
