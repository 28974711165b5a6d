"""Run a block of the documentation in the current folder, as a reader would, or let the program read its commands."""

from __future__ import annotations

import glob
import shlex
import subprocess
import sys
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner

from speechfair.cli.main import app
from tests.docs.pages import Block

PROGRAM: Any = typer.main.get_command(app)
VERDICTS = frozenset({0, 1, 3})
"""Exit codes of a command that did its work and judged what it found."""


def parse(words: list[str]) -> None:
    """Let the program read the words, and end before it does anything."""
    command, path = PROGRAM, "speechfair"
    while True:
        with command.make_context(path, words) as context:
            words = [*context._protected_args, *context.args]
            if not words or not hasattr(command, "commands"):
                return
            name, command, words = command.resolve_command(context, words)
            path = f"{path} {name}"


def run_block(
    block: Block, stand_ins: Mapping[str, str] | None = None, codes: Container[int] | None = None
) -> str:
    """What the block prints.

    ``stand_ins`` maps what the page says to what is here in its place. Where that decides the verdict, ``codes`` are
    the exit codes that every command may have; otherwise the last one has the code that the page states.
    """
    text = block.text
    for said, here in (stand_ins or {}).items():
        text = text.replace(said, here)
    block = Block(block.remark, block.language, block.file, text)
    if block.file:
        Path(block.file).write_text(block.text + "\n", "utf-8")
        return ""
    if block.language == "python":
        exec(compile(block.text, "block", "exec"), {"__name__": "block"})
        return ""
    *before, last = block.commands
    return "".join(_run(line, codes or (0,)) for line in before) + _run(last, codes or (block.exit_code,))


def _run(line: str, codes: Container[int]) -> str:
    words = shlex.split(line, comments=True)
    if not words:
        return ""
    if words[0] == "python":
        done = subprocess.run([sys.executable, *words[1:]], check=True, capture_output=True, text=True)
        return done.stdout
    assert words[0] == "speechfair", line
    target = None
    if ">" in words:
        words, target = words[: words.index(">")], words[-1]
    words = [each for word in words for each in (sorted(glob.glob(word)) if "*" in word else [word])]
    ended = CliRunner().invoke(app, words[1:], env={"COLUMNS": "160"})
    assert ended.exception is None or isinstance(ended.exception, SystemExit), f"{line}\n{ended.exception!r}"
    assert ended.exit_code in codes, f"{line}\n{ended.output}{ended.exception!r}"
    if target:
        Path(target).write_text(ended.stdout, "utf-8")
    return ended.output
