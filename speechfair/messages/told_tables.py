"""Tables and sheets in the reader's language, for a terminal and for Markdown or LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import overload

from speechfair.messages.translation import Translated, Translator
from speechfair.result_table import Sheet, Table
from speechfair.types import UNKNOWN
from speechfair.wording import printable

__all__ = ["in_language", "told_line"]

_LABELS = ("note", "problem", "Note")


@overload
def in_language(shown: Table, tell: Translator) -> Table: ...


@overload
def in_language(shown: Table | Sheet, tell: Translator) -> Table | Sheet: ...


def in_language(shown: Table | Sheet, tell: Translator) -> Table | Sheet:
    """`shown` with its titles, words, notes and reasons as `tell` says them; the rows' names stay as they are.

    The cells of a table become texts, so its numbers are for reading alone; in English it is returned as it is.

    >>> from speechfair.result_table import Column
    >>> table = Table("", (Column("group", "group"), Column("n", "failed", "count")), (("f", 1200), ("none", None)))
    >>> in_language(table, Translator("ja")).texts, in_language(table, Translator("ja")).columns[1].title
    ([['f', '1,200'], ['none', '–']], '失敗')
    """
    if tell.language == "en":
        return shown
    return _told(shown, tell) if isinstance(shown, Table) else _ToldSheet(shown, tell)


def told_line(line: str, tell: Translator) -> str:
    """A line of a terminal, which may be indented or have a label before a colon, such as ``note: …``."""
    if isinstance(line, Translated) or tell.language == "en":
        return line
    text = line.lstrip(" ")
    label, colon, rest = text.partition(": ")
    parted = bool(colon) and tell.knows(label) and tell.knows(rest)
    if parted and (label in _LABELS or not tell.knows(text)):
        text = f"{tell(label)}:{tell(rest)}"
    elif text.endswith(".") and tell.knows(text[:-1]) and not tell.knows(text):
        text = tell(text[:-1]) + "。"
    else:
        text = tell(text)
    return line[: len(line) - len(line.lstrip(" "))] + text


def _told(table: Table, tell: Translator) -> Table:
    columns = tuple(
        replace(one, title=_word(one.title, tell), short=_word(one.short, tell) if one.short else "")
        for one in table.columns
    )
    axis = table.columns[0].title.replace(" + ", "+").replace(" ", "_") if table.columns else ""
    rows = tuple(
        (_name(name, axis, tell), *(_word(text, tell) for text in texts)) for name, *texts in table.texts
    )
    named = partial(_named, [row[0] for row in table.texts], axis, tell)
    notes = [told_line(named(note) if note.startswith("All ") else note, tell) for note in table.notes]
    for note in table.footnotes:
        mark, _, reason = note.partition(" ")
        notes.append(f"{mark} {told_line(reason, tell)}")
    return Table(_word(named(table.title), tell), columns, rows, tuple(notes), table.tones)


def _named(groups: Sequence[str], axis: str, tell: Translator, text: str) -> str:
    """`text` with the names of the groups of a table in the place of their codes."""
    codes = {one.partition(" (ref.)")[0] for one in groups} - {UNKNOWN}
    for code in sorted(codes, key=lambda one: (-len(one), one)):
        text = tell.group(axis, code).join(re.split(rf"(?<![\w+]){re.escape(code)}(?![\w+])", text))
    return text


def _name(text: str, axis: str, tell: Translator) -> str:
    """The name of a row: a group's as pages name it; what the program calls all of them, or a kind, is told."""
    bare, mark, rest = text.partition(" (ref.)")
    named = tell.group(axis, bare)
    if named != printable(bare):
        return named + (tell("(ref.)") if mark else "") + rest
    return _word(text, tell) if " " in text or text in ("all", "overall") else text


def _word(text: str, tell: Translator) -> str:
    """A word, title or figure, without its footnote's mark; a name of somebody's stays."""
    if isinstance(text, Translated):
        return text
    bare = text.rstrip("⁰¹²³⁴⁵⁶⁷⁸⁹")
    return tell(bare) + text[len(bare) :] if tell.knows(bare) else text


@dataclass(frozen=True)
class _ToldSheet(Sheet):
    """The parts of a sheet in a language."""

    sheet: Sheet
    tell: Translator

    def parts(self) -> Iterator[str | Table]:
        for part in self.sheet.parts():
            yield _told(part, self.tell) if isinstance(part, Table) else told_line(printable(part), self.tell)
