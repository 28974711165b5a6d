"""Disturb every long verb and give its command again: `python -m benchmarks.chaos --trials 20 --page`, or `make chaos`.

Each trial runs a verb in a process of its own, disturbs it once, gives the same command again, and compares the folder
with that of an undisturbed run: every row once, every number the same, every stop explained. What is written is seen
by an audit hook of Python, so a kill can come before any single write, and any write can fail.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

from benchmarks.chaos_page import Trial, write_page
from benchmarks.chaos_verbs import ChaosVerb, chaos_verbs, verified
from benchmarks.folder_subjects import steady_content
from speechfair.errors import SpeechfairError

__all__ = ["FAULTS", "Undisturbed", "disturb", "undisturbed"]

OUT = "run"
UNSTEADY = ("report.html", "run.log.jsonl")
REMOVALS = ("os.remove", "os.rmdir")
Hook = Callable[[int, str], None]


@dataclass(frozen=True)
class End:
    """How a process ended: done, stopped (by an error of speechfair), interrupted, killed, or with a traceback."""

    kind: str
    text: str = ""
    value: Any = None


@dataclass(frozen=True)
class Undisturbed:
    """What a verb starts from, how often it writes, how long it takes, and what it leaves."""

    verb: ChaosVerb
    begin: Path
    writes: int
    seconds: float
    left: Any


def in_child(work: Callable[[], Any], scratch: Path, kill: tuple[int, float] | None = None) -> End:
    """Do `work` in a process of its own; `kill` sends a signal after some seconds."""
    answer = scratch / "answer.json"
    answer.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        _answer(work, answer)
    if kill is not None:
        number, after = kill
        time.sleep(after)
        if os.waitpid(child, os.WNOHANG) == (0, 0):
            os.kill(child, number)
            os.waitpid(child, 0)
    else:
        os.waitpid(child, 0)
    return End(**json.loads(answer.read_text())) if answer.exists() else End("killed")


def _answer(work: Callable[[], Any], answer: Path) -> None:
    """In the child: work, write how it ended, and end."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    try:
        end = {"kind": "done", "value": work()}
    except SpeechfairError as error:
        end = {"kind": "stopped", "text": str(error)}
    except KeyboardInterrupt:
        end = {"kind": "interrupted"}
    except BaseException as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "/speechfair/" in f.filename]
        place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        end = {"kind": "traceback", "text": f"{type(error).__name__}{place}: {error}"}
    _HOOK.clear()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    part = answer.with_suffix(".part")
    part.write_text(json.dumps(end, default=str))
    os.replace(part, answer)
    os._exit(0)


_HOOK: list[tuple[str, Hook]] = []
_SEEN = [0]


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Python's audit hook: counts what is written below the watched folder, and asks the fault before each write."""
    if not _HOOK or event not in ("open", "os.rename", "os.mkdir", *REMOVALS):
        return
    folder, fault = _HOOK[0]
    path = arguments[0]
    if not isinstance(path, (str, bytes, os.PathLike)) or not os.fsdecode(path).startswith(folder):
        return
    if event == "open" and not (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        return
    _SEEN[0] += 1
    fault(_SEEN[0], event)


sys.addaudithook(_watch)


def watched(verb: ChaosVerb, out: Path, fault: Hook) -> int:
    """Run a verb under a fault; how often it wrote."""
    _SEEN[0] = 0
    _HOOK[:] = [(str(out.parent), fault)]
    try:
        verb.run(out)
    finally:
        _HOOK.clear()
    return _SEEN[0]


def content_of(verb: ChaosVerb, out: Path) -> Any:
    """Everything in a folder but times; `AssertionError` for a run folder that does not verify."""
    verified(verb, out)
    return {
        path.relative_to(out).as_posix(): repr(steady_content(path))
        for path in sorted(out.parent.rglob("*"))
        if path.is_file()
        and path.is_relative_to(out)
        and path.name not in UNSTEADY
        and not path.name.startswith(".")
    }


def undisturbed(verb: ChaosVerb, scratch: Path) -> Undisturbed:
    """What the verb does when nothing happens."""
    begin, whole = scratch / "begin", scratch / "whole"
    for folder in (begin, whole):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    _expect(in_child(lambda: verb.begin(begin / OUT) and None, scratch))
    shutil.copytree(begin, whole, dirs_exist_ok=True)
    end = _expect(
        in_child(lambda: (watched(verb, whole / OUT, lambda *_: None), sorted(sys.modules)), scratch)
    )
    writes, modules = end.value
    for name in set(modules) - sys.modules.keys():  # loaded once here, not in every child again
        with suppress(Exception):
            importlib.import_module(name)
    left = _expect(in_child(lambda: content_of(verb, whole / OUT), scratch)).value
    shutil.rmtree(whole)
    shutil.copytree(begin, whole)
    started = time.monotonic()
    _expect(in_child(lambda: verb.run(whole / OUT) and None, scratch))
    seconds = time.monotonic() - started
    return Undisturbed(verb, begin, int(writes), seconds, left)


def _expect(end: End) -> End:
    if end.kind != "done":
        raise AssertionError(f"an undisturbed verb ended with {end.kind}: {end.text}")
    return end


# -- faults ----------------------------------------------------------------------------------------

Act = Callable[[Path, str], None]
Fault = Callable[[Undisturbed, Path, Path, random.Random], End]


def _at_a_write(act: Act, *, on: bool = False) -> Fault:
    """Act before one random write, or before it and all after it (`on`)."""

    def fault(base: Undisturbed, out: Path, scratch: Path, generator: random.Random) -> End:
        at = generator.randint(1, max(base.writes, 1))

        def hook(number: int, event: str) -> None:
            if number == at or (on and number > at):
                act(out, event)

        return in_child(lambda: watched(base.verb, out, hook), scratch)

    return fault


def _signalled(number: int) -> Fault:
    """Send a signal at a random moment."""

    def fault(base: Undisturbed, out: Path, scratch: Path, generator: random.Random) -> End:
        return in_child(
            lambda: base.verb.run(out) and None, scratch, (number, generator.random() * base.seconds)
        )

    return fault


def _failing(code: int) -> Act:
    def act(_: Path, event: str) -> None:
        if code != errno.ENOSPC or event not in REMOVALS:  # a full disk can be emptied
            raise OSError(code, os.strerror(code))

    return act


def _small_files(base: Undisturbed, out: Path, scratch: Path, generator: random.Random) -> End:
    """No file may become longer than a random size: what is written by other libraries fails too."""
    size = int(2 ** generator.uniform(4, 14))

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        base.verb.run(out)

    return in_child(limited, scratch)


def _cut_short(base: Undisturbed, out: Path, scratch: Path, generator: random.Random) -> End:
    """The verb ends well; then one of its files is cut short."""
    in_child(lambda: base.verb.run(out) and None, scratch)
    files = sorted(
        path for path in out.rglob("*") if path.is_file() and path.stat().st_size and path.name != ".lock"
    )
    path = generator.choice(files)
    data = path.read_bytes()
    path.write_bytes(data[: generator.randrange(len(data))])
    return End("done", path.relative_to(out).as_posix())


def _clock_jumps(base: Undisturbed, out: Path, scratch: Path, generator: random.Random) -> End:
    """The clock jumps by up to a year at one write, and the process is killed at a later one or ends well."""
    at, end = sorted(generator.randint(1, max(base.writes, 1)) for _ in range(2))
    jump = timedelta(days=generator.uniform(-365, 365))
    jumped: list[timedelta] = []

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + sum(jumped, timedelta())

    def hook(number: int, _: str) -> None:
        if number == at:
            jumped.append(jump)
        if number == end > at:
            os.kill(os.getpid(), signal.SIGKILL)

    def run() -> None:
        for name, module in list(sys.modules.items()):
            if name.startswith("speechfair.") and getattr(module, "datetime", None) is datetime:
                module.datetime = Clock  # type: ignore[attr-defined]
        watched(base.verb, out, hook)

    return in_child(run, scratch)


def _two_writers(base: Undisturbed, out: Path, scratch: Path, generator: random.Random) -> End:
    """The same command twice at once."""
    first = os.fork()
    if first == 0:
        (scratch / "first").mkdir(exist_ok=True)
        _answer(lambda: base.verb.run(out) and None, scratch / "first" / "answer.json")
    time.sleep(generator.random() * base.seconds / 2)
    second = in_child(lambda: base.verb.run(out) and None, scratch)
    os.waitpid(first, 0)
    other = End(**json.loads((scratch / "first" / "answer.json").read_text()))
    return max(second, other, key=lambda end: ("done", "stopped", "traceback").index(end.kind))


FAULTS: Mapping[str, Fault] = {
    "kill -9 before a write": _at_a_write(lambda *_: os.kill(os.getpid(), signal.SIGKILL)),
    "kill -9 at any moment": _signalled(signal.SIGKILL),
    "SIGTERM": _signalled(signal.SIGTERM),
    "SIGINT": _signalled(signal.SIGINT),
    "disk full": _at_a_write(_failing(errno.ENOSPC), on=True),
    "limit on the size of files": _small_files,
    "disk becomes read-only": _at_a_write(_failing(errno.EROFS), on=True),
    "one write fails": _at_a_write(_failing(errno.EIO)),
    "folder vanishes": _at_a_write(lambda out, _: shutil.rmtree(out, ignore_errors=True)),
    "a file is cut short afterwards": _cut_short,
    "clock jumps, then kill -9": _clock_jumps,
    "two writers": _two_writers,
}


def disturb(base: Undisturbed, fault: str, scratch: Path, generator: random.Random) -> Trial:
    """One trial: disturb, give the command again, compare."""
    place = scratch / "trial"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(base.begin, place)
    out = place / OUT
    first = FAULTS[fault](base, out, scratch, generator)
    if fault == "folder vanishes" and base.begin.joinpath(OUT).exists() and not (out / "run.yaml").exists():
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(base.begin / OUT, out)  # whoever lost a prepared folder prepares it again
    again = in_child(lambda: base.verb.run(out) and None, scratch)
    checked = in_child(lambda: content_of(base.verb, out), scratch)
    return Trial(base.verb.name, fault, first.kind, *_verdict(base, first, again, checked))


def _verdict(base: Undisturbed, first: End, again: End, checked: End) -> tuple[str, str]:
    """What came of it in the end, and the words for it."""
    if "traceback" in (first.kind, again.kind):
        return "traceback", first.text if first.kind == "traceback" else again.text
    if again.kind == "stopped" and checked.kind == "done" and checked.value == base.left:
        return "same", again.text  # it was complete before
    if again.kind == "stopped":
        return "refused", again.text
    if again.kind != "done" or checked.kind != "done":
        return "different", f"{again.kind}; {checked.text}"
    if checked.value != base.left:
        names = [k for k in {*base.left, *checked.value} if base.left.get(k) != checked.value.get(k)]
        return "different", f"files that differ: {sorted(names)}"
    return "same", ""


def trials(folder: Path, count: int, seed: int, verbs: str = "", faults: str = "") -> Iterator[Trial]:
    """`count` trials of every fault for every verb whose names contain these words."""
    generator = random.Random(seed)
    for verb in chaos_verbs(folder).values():
        if verbs in verb.name:
            scratch = folder / verb.name.replace(" ", "-").replace(",", "")
            scratch.mkdir()
            base = undisturbed(verb, scratch)
            for fault in (name for name in FAULTS if faults in name):
                for _ in range(count):
                    yield disturb(base, fault, scratch, generator)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--trials", type=int, default=5, help="of every fault for every verb")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbs", default="", help="verbs whose name contains this")
    parser.add_argument("--faults", default="", help="faults whose name contains this")
    parser.add_argument("--page", action="store_true", help="write docs/results/faults.md")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="speechfair-chaos-") as folder:
        os.environ["SPEECHFAIR_CACHE"] = str(Path(folder) / "cache")
        found = []
        for trial in trials(Path(folder), asked.trials, asked.seed, asked.verbs, asked.faults):
            found.append(trial)
            if trial.after not in ("same", "refused"):
                print(trial, flush=True)
    bad = sum(trial.after not in ("same", "refused") for trial in found)
    print(f"{len(found):,} disturbances, {bad} of them with a wrong end")
    if asked.page:
        print(write_page(found, asked.trials, asked.seed))
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
