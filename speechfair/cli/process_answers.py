"""Answers of ``process init --ask`` as they are given: kept after each one, so that a stopped dialogue goes on."""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import typer
from pydantic import Field, ValidationError

from speechfair.process.catalogue import Language
from speechfair.records import StrictRecord
from speechfair.store import write_atomically
from speechfair.strict_yaml import dump_yaml, read_model

__all__ = ["Dialogue", "answers_path", "choice", "date", "first_line", "listed", "number", "yes_or_no"]

_YES, _NO = ("y", "yes", "はい"), ("n", "no", "いいえ")
_KINDS: dict[str, tuple[str, str]] = {
    "flag": ("y, n, or empty if not known", "y(はい)・n(いいえ)。不明なら空欄"),
    "date": ("a date as YYYY-MM-DD, or empty", "日付(YYYY-MM-DD)。不明なら空欄"),
    "number": ("a number, or empty", "数値。不明なら空欄"),
}


class _Answers(StrictRecord):
    """The file that answers are kept in until the folder is written."""

    schema_: Literal["speechfair/process-answers/1"] = Field(alias="schema")
    done: dict[str, Any]


def answers_path(folder: Path) -> Path:
    """Where the answers of a dialogue about a new process folder are kept until it is written."""
    return folder / "answers.yaml"


class Dialogue:
    """Questions in one language, each answer kept when it is given.

    Parameters
    ----------
    folder : process folder that is to be made. Answers that an earlier dialogue left there are not asked for again.
    """

    def __init__(self, folder: Path) -> None:
        self._path = answers_path(folder)
        self.done = read_model(self._path, _Answers).done if self._path.is_file() else {}
        self.resumed = bool(self.done)
        self.language: Language = "en"

    def say(self, en: str, ja: str) -> None:
        """Print one line in the language of the dialogue."""
        typer.echo(en if self.language == "en" else ja)

    def keep(self, name: str, value: Any) -> None:
        """Keep an answer on disk."""
        self.done[name] = value
        write_atomically(self._path, dump_yaml({"schema": "speechfair/process-answers/1", "done": self.done}))

    def ask(
        self, name: str, question: str, read: Callable[[str], Any], wanted: tuple[str, str] = ("", "")
    ) -> Any:
        """The answer to a question: the kept one, or a new one, asked again until `read` takes it.

        Parameters
        ----------
        read : makes the value of what was typed; raises `ValueError` for what is none.
        wanted : what an answer looks like, in both languages, said when it was not understood.
        """
        if name not in self.done:
            self.keep(name, self.typed(question, read, wanted))
        return self.done[name]

    def typed(self, question: str, read: Callable[[str], Any], wanted: tuple[str, str] = ("", "")) -> Any:
        """As `ask`, and nothing is kept."""
        while True:
            said = typer.prompt(question, default="", show_default=False).strip()
            try:
                return read(said)
            except ValueError:
                self.say(f"not understood; wanted: {wanted[0]}", f"読み取れない。答え方:{wanted[1]}")

    def kind(self, kind: str, question: str, choices: list[str]) -> Any:
        """A typed value of one kind of field, None if left empty."""
        if choices:
            words = " | ".join(choices)
            wanted = (f"one of {words}, or empty", f"{words} のいずれか。不明なら空欄")
            return self.typed(f"{question} ({words})", choice(choices), wanted)
        reads = {"flag": yes_or_no, "date": date, "number": number}
        hint = {"flag": " (y/n)", "date": " (YYYY-MM-DD)"}.get(kind, "")
        return self.typed(question + hint, reads.get(kind, _text), _KINDS.get(kind, ("", "")))


def _plain(said: str) -> str:
    """Full-width letters and digits of a Japanese keyboard as their plain ones."""
    return unicodedata.normalize("NFKC", said).strip()


def _text(said: str) -> str | None:
    return said or None


def first_line(error: Exception) -> str:
    """What is wrong, in one line: of a pydantic error the first key and its reason."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return str(error)


def yes_or_no(said: str) -> bool | None:
    """True, false, or None for an empty answer; `ValueError` for anything else."""
    word = _plain(said).lower()
    if not word:
        return None
    if word not in (*_YES, *_NO):
        raise ValueError(said)
    return word in _YES


def date(said: str) -> str | None:
    """A day as YYYY-MM-DD, or None."""
    return dt.date.fromisoformat(_plain(said)).isoformat() if said else None


def number(said: str) -> float | int | None:
    """A finite number, or None."""
    word = _plain(said)
    if not word:
        return None
    value = float(word)
    if not math.isfinite(value):
        raise ValueError(said)
    return int(word) if word.lstrip("+-").isdecimal() else value


def choice(choices: list[str]) -> Callable[[str], str | None]:
    """Reads one of `choices`, or None."""

    def read(said: str) -> str | None:
        word = _plain(said)
        if word and word not in choices:
            raise ValueError(said)
        return word or None

    return read


def listed(said: str) -> list[str]:
    """Codes with commas between, also Japanese ones."""
    return [word.strip() for word in _plain(said).replace("、", ",").split(",") if word.strip()]
