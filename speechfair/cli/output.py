"""What a person sees while it runs: consoles, the progress bar, and plain lines where there is no terminal."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from speechfair.result_table import Sheet, Table
    from speechfair.running.transcription import Observer, Progress
    from speechfair.store import RunFolder
    from speechfair.types import Recognizer

__all__ = [
    "say",
    "say_how",
    "show_table",
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


def show_table(table: Table | Sheet) -> None:
    """Print a table on standard output, as wide as the terminal or ``COLUMNS``; 120 columns where there is neither."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        given = os.environ.get("COLUMNS", "")
        width = int(given) if given.isdigit() and int(given) > 0 else 120
        console = Console(highlight=False, width=width, no_color=True)
    console.print(table)


@contextmanager
def transcription_progress() -> Iterator[Observer]:
    """An observer that draws a bar (rate, ETA, failures so far) on a terminal, and writes lines elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines()
        return
    from rich import progress

    with progress.Progress(
        progress.TextColumn("transcribing"),
        progress.BarColumn(),
        progress.TextColumn("{task.fields[count]}"),
        progress.TextColumn("{task.fields[speed]}"),
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
    """Progress for logs: a line at the beginning, every ten seconds, and at the end."""

    def __init__(self) -> None:
        self.started = self.last = time.monotonic()
        self.first = True

    def __call__(self, state: Progress) -> None:
        now = time.monotonic()
        if self.first or now - self.last >= _PLAIN_EVERY_S or state.done == state.total:
            rest = _rest(state, self.started)
            say(
                f"transcribing {state.done}/{state.total}  {_speed(state, self.started)}"
                f"{f'  about {rest:.0f} s left' if rest else ''}  {_trouble(state)}".rstrip()
            )
            self.last, self.first = now, False


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
