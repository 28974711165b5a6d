"""What a person sees while it runs: consoles, the progress bar, and plain lines where there is no terminal."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import typer

if TYPE_CHECKING:
    from speechfair.messages.translation import Language
    from speechfair.result_table import Sheet, Table
    from speechfair.running.transcription import Observer, Progress
    from speechfair.store import RunFolder
    from speechfair.types import Recognizer

__all__ = [
    "say",
    "say_how",
    "show_table",
    "show_tables",
    "tell",
    "transcription_progress",
]

_PLAIN_EVERY_S = 10.0


def say(text: str) -> None:
    """A line for a person, on standard error, so that ``--json`` output stays clean."""
    typer.echo(text, err=True)


def say_how(run: RunFolder, model: Recognizer) -> None:
    """Tell what was decided and spent on the way: the window that ``auto`` took, what a paid service may cost."""
    from speechfair.running.run_record import read_record

    calibration = read_record(run).recipe.calibration
    if calibration is not None:
        from speechfair.running.window_trial import describe

        say(describe(calibration))
    summary = getattr(model, "summary", None)
    if summary is not None:
        say(summary())


def show_table(table: Table | Sheet, language: Language = "en") -> None:
    """Print a table on standard output, as wide as the terminal or ``COLUMNS``; 120 columns where there is neither."""
    from rich.console import Console

    from speechfair.messages.told_tables import in_language
    from speechfair.messages.translation import Translator

    console = Console(highlight=False)
    if not console.is_terminal:
        given = os.environ.get("COLUMNS", "")
        width = int(given) if given.isdigit() and int(given) > 0 else 120
        console = Console(highlight=False, width=width, no_color=True)
    console.print(in_language(table, Translator(language)))


def tell(line: str, language: Language, *, after: str = "") -> None:
    """Print a line of the program in a language; `after`, of names, as it is."""
    from speechfair.messages.told_tables import told_line
    from speechfair.messages.translation import Translator

    typer.echo(told_line(line, Translator(language)) + after)


def show_tables(
    tables: Sequence[Table], form: Literal["text", "markdown", "csv", "latex"], language: Language = "en"
) -> None:
    """Print tables on standard output: for a person, or one after another in a form of their own.

    CSV is for programs, and the same in every language.
    """
    if form == "text":
        for table in tables:
            show_table(table, language)
        return
    from speechfair.messages.told_tables import in_language
    from speechfair.messages.translation import Translator

    written = {"markdown": "to_markdown", "csv": "to_csv", "latex": "to_latex"}[form]
    told = tables if form == "csv" else [in_language(table, Translator(language)) for table in tables]
    typer.echo("\n".join(getattr(table, written)() for table in told), nl=False)


@contextmanager
def transcription_progress() -> Iterator[Observer]:
    """An observer that draws a bar (rate, ETA, failures so far) on a terminal, and writes lines elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        with _beating(lines := _Lines()):
            yield lines
        return
    from rich import progress

    with progress.Progress(
        progress.SpinnerColumn(),
        progress.TextColumn("transcribing"),
        progress.BarColumn(),
        progress.TextColumn("{task.fields[count]}"),
        progress.TextColumn("{task.fields[speed]}"),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.fields[trouble]}"),
        console=console,
    ) as bar:
        task = bar.add_task("", total=None, count="", speed="", trouble="")
        started = time.monotonic()

        def observe(state: Progress) -> None:
            bar.update(
                task,
                total=max(state.audio_total_s, 1e-9),
                completed=state.audio_done_s,
                count=f"{state.done}/{state.total}",
                speed=_speed(state, started),
                trouble=_trouble(state),
            )

        yield observe


class _Lines:
    """Progress for logs: a line at the beginning, every ten seconds also while nothing gets done, and at the end."""

    def __init__(self) -> None:
        self.started = self.last = self.moved = time.monotonic()
        self.state: Progress | None = None
        self.writing = threading.Lock()

    def __call__(self, state: Progress) -> None:
        with self.writing:
            now = self.moved = time.monotonic()
            first, self.state = self.state is None, state
            if first or now - self.last >= _PLAIN_EVERY_S or state.done == state.total:
                rest = _rest(state, self.started)
                self._write(
                    f"transcribing {state.done}/{state.total}  {_speed(state, self.started)}"
                    f"{f'  about {rest:.0f} s left' if rest else ''}  {_trouble(state)}".rstrip()
                )

    def beat(self) -> None:
        """Write a line if there was none for ten seconds and work goes on: long recordings, a large corpus to list."""
        with self.writing:
            now = time.monotonic()
            if now - self.last < _PLAIN_EVERY_S or (self.state and self.state.done == self.state.total):
                return
            what = f"transcribing {self.state.done}/{self.state.total}" if self.state else "preparing"
            self._write(f"{what}  at the next part for {now - self.moved:.0f} s")

    def _write(self, line: str) -> None:
        say(line)
        self.last = time.monotonic()


@contextmanager
def _beating(lines: _Lines) -> Iterator[None]:
    """Beat once a second, in a thread of its own, until the work is over."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(1):
            lines.beat()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _speed(state: Progress, started: float) -> str:
    spent = time.monotonic() - started
    new = state.audio_done_s - state.audio_resumed_s
    return f"{new / spent:.1f} x real time" if new > 0 and spent > 0 else ""


def _rest(state: Progress, started: float) -> float | None:
    new = state.audio_done_s - state.audio_resumed_s
    if new <= 0 or state.done == state.total:
        return None
    return (time.monotonic() - started) * (state.audio_total_s - state.audio_done_s) / new


def _trouble(state: Progress) -> str:
    return f"{state.failed} failed, {state.redone} redone"
