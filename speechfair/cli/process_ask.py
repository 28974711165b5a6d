"""``speechfair process init --ask``: the questions of a new process folder in the terminal, in English or Japanese.

An empty answer leaves a fact unknown and a field empty; neither is ever taken for a yes or for a pass. Each answer is
checked and kept when it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from speechfair.cli.process_answers import Dialogue, answers_path, choice, first_line, listed, yes_or_no
from speechfair.errors import InputError
from speechfair.process.catalogue import FACTS
from speechfair.process.forms import FieldSpec, FormSpec, form_specs
from speechfair.process.init import Start, plan_of, require_new
from speechfair.process.words import FACT_QUESTIONS

__all__ = ["ask"]

_YES_NO = ("y, n, or empty if not known", "y(はい)・n(いいえ)。不明なら空欄")
_MINIMAL: dict[str, Any] = {"name": "x", "aifl": 0, "languages": ["eng"], "language": "en"}
"""A start that holds, to check one answer in."""


def ask(folder: Path, given: Mapping[str, Any]) -> Start:
    """Ask what `given` does not hold, and return the whole.

    Raises
    ------
    InputError : the folder holds a plan already, or `given` or the kept answers cannot be used.
    typer.Exit : the user stopped; what was answered is kept.
    """
    require_new(folder)
    known = {key: value for key, value in given.items() if value is not None}
    _start(known, "process init")
    talk = Dialogue(folder)
    try:
        start = _asked(talk, known)
    except (typer.Abort, KeyboardInterrupt):
        typer.echo()
        if not talk.done:
            talk.say(
                "stopped; nothing was answered, nothing was written",
                "中断した。回答はなく、何も書き込んでいない",
            )
        else:
            path = answers_path(folder)
            talk.say(
                f"stopped; the answers so far are in {path}. The same command goes on from there",
                f"中断した。ここまでの回答は {path} にある。同じコマンドで続きから再開できる",
            )
        raise typer.Exit(2) from None
    return _start(start, str(answers_path(folder)))


def _start(values: Mapping[str, Any], where: str) -> Start:
    try:
        start = Start.model_validate({**_MINIMAL, **values})
        plan_of(start)
    except (InputError, ValueError) as error:
        raise InputError(f"{where}: {first_line(error)}") from None
    return start


def _asked(talk: Dialogue, given: Mapping[str, Any]) -> dict[str, Any]:
    language = given.get("language") or talk.ask(
        "language",
        "language / 言語 (en, ja) [en]",
        _language,
        ("en (English) or ja (日本語 / Japanese)", "en(英語)または ja(日本語)"),
    )
    talk.language = language
    at = 0 if language == "en" else 1
    if talk.resumed:
        talk.say(
            "going on; answers that were kept are not asked again (to change one, edit answers.yaml)",
            "前回の続きから再開する。保存済みの回答は再度尋ねない(変更するには answers.yaml を編集する)",
        )
    talk.say(
        "an empty answer leaves it open; Ctrl-C stops, and the answers are kept",
        "空欄のまま進めると未回答になる。Ctrl-C で中断しても回答は残る",
    )
    start: dict[str, Any] = {"language": language}
    for key, (question, read, wanted) in _PLAN.items():
        start[key] = given[key] if key in given else talk.ask(key, question[at], read, wanted)
    facts = dict(given.get("facts") or {})
    if not facts.keys() >= set(FACTS):
        talk.say(*_YES_NO)
    for name in FACTS:
        if name not in facts:
            facts[name] = talk.ask(f"fact:{name}", FACT_QUESTIONS[name].of(language), yes_or_no, _YES_NO)
    start["facts"] = facts
    start["forms"] = _forms(talk, at, given.get("forms") or {})
    return start


def _language(said: str) -> str:
    words = {"": "en", "english": "en", "英語": "en", "japanese": "ja", "日本語": "ja"}
    found = choice(["en", "ja"])(words.get(said.lower(), said.lower()))
    return found or "en"


def _name(said: str) -> str:
    if not said:
        raise ValueError(said)
    return said


def _level(said: str) -> int:
    return int(choice(["0", "1", "2"])(said) or "none")


def _languages(said: str) -> list[str]:
    return _checked("languages", listed(said))


def _gain(said: str) -> list[str] | None:
    return (
        None
        if not said
        else []
        if said in ("-", "-", "ー", "なし", "none")
        else _checked("gain_for", listed(said))
    )


def _checked(key: str, value: list[str]) -> list[str]:
    try:
        plan_of(Start.model_validate({**_MINIMAL, key: value}))
    except InputError as error:
        raise ValueError(str(error)) from None
    return value


_PLAN: dict[str, tuple[tuple[str, str], Any, tuple[str, str]]] = {
    "name": (("name of the system", "システムの名前"), _name, ("a name", "名前(空欄不可)")),
    "aifl": (
        ("fairness level (0, 1 or 2)", "公平性レベル(0・1・2)"),
        _level,
        ("0, 1 or 2", "0・1・2 のいずれか"),
    ),
    "languages": (
        ("spoken languages (ISO 639-3, comma between)", "音声の言語(ISO 639-3、コンマ区切り)"),
        _languages,
        ("codes of three small letters, such as eng, jpn", "英小文字 3 字のコード(例:eng, jpn)"),
    ),
    "gain_for": (
        (
            "groups that are to be served better (axis=value, comma between; - for none)",
            "改善をめざす群(属性=値、コンマ区切り。なければ -)",
        ),
        _gain,
        (
            "axis=value, such as accent=cmn; - for none; empty: not decided",
            "属性=値(例:accent=cmn)。なければ -、未定なら空欄",
        ),
    ),
}
"""Questions, readers and hints of what the plan holds."""


def _forms(talk: Dialogue, at: int, given: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: dict(values) for name, values in given.items()}
    specs = form_specs()
    for count, (name, spec) in enumerate(specs.items(), 1):
        if f"form:{name}" not in talk.done:
            typer.echo(f"\n[{count}/{len(specs)}] {name}: {(spec.title.en, spec.title.ja)[at]}")
        question = ("fill in this form now? (y or empty)", "この様式を今記入するか(y または空欄)")[at]
        if talk.ask(f"form:{name}", question, yes_or_no, ("y, n or empty", "y・n または空欄")):
            values = _form(talk, at, name, spec, found.get(name, {}))
            if values:
                found[name] = values
    return found


def _form(talk: Dialogue, at: int, name: str, spec: FormSpec, given: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(given)
    for key, field in spec.fields.items():
        if key in values:
            continue
        where, question = f"{name}:{key}", (field.en, field.ja)[at]
        if where in talk.done and f"{where}:open" not in talk.done:
            value = talk.done[where]
        elif field.kind in ("table", "list"):
            value = _several(talk, at, where, question, field)
        else:
            value = talk.kind(field.kind, question, field.choices)
            talk.keep(where, value)
        if value not in (None, []):
            values[key] = value
    return values


def _several(talk: Dialogue, at: int, where: str, question: str, field: FieldSpec) -> list[Any]:
    """Entries of a list, or rows of a table, one after the other until one is left empty; each is kept at once."""
    typer.echo(question)
    entries: list[Any] = list(talk.done.get(where) or [])
    if entries:
        talk.say(f"  ({len(entries)} kept)", f"  (保存済み {len(entries)} 件)")
    talk.done[f"{where}:open"] = True
    while True:
        entry = (
            _row(talk, at, len(entries) + 1, field)
            if field.kind == "table"
            else _line(talk, at, len(entries) + 1)
        )
        if not entry:
            break
        entries = [*entries, entry]
        talk.keep(where, entries)
    del talk.done[f"{where}:open"]
    talk.keep(where, entries)
    return entries


def _line(talk: Dialogue, at: int, count: int) -> str | None:
    found: str | None = talk.kind("text", (f"  {count}. (empty: no more)", f"  {count}.(空欄で終了)")[at], [])
    return found


def _row(talk: Dialogue, at: int, count: int, field: FieldSpec) -> dict[str, Any]:
    """One row; its first column left empty ends the table."""
    first, *others = field.columns
    end = (" (empty: no more rows)", "(空欄で終了)")[at]
    value = talk.kind(field.columns[first], f"  {count}. {first}{end}", [])
    if value is None:
        return {}
    return {first: value} | {
        name: talk.kind(field.columns[name], f"  {count}. {name}", []) for name in others
    }
