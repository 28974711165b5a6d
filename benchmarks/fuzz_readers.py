"""Damage the files that every reader reads: `python -m benchmarks.fuzz_readers --inputs 20000 --page`.

A reader may read a damaged file or refuse it; what it refuses with is a `SpeechfairError`. Anything else is a fault,
and so is more than `LONGEST_S` or `MOST_MB` for one input; it is printed with its place. `damaged` is what the tests of
single readers use too.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import shutil
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.fuzz_evidence import evidence_readers
from benchmarks.fuzz_page import Tally, write_page
from benchmarks.fuzz_results import result_readers
from speechfair import load_corpus
from speechfair.audio import decode, probe
from speechfair.auditing.result import read_audit
from speechfair.auditing.verify import verify
from speechfair.corpora.rows import column_map
from speechfair.debias.recipe import read_recipe
from speechfair.errors import MissingExtraError, SpeechfairError
from speechfair.gating.criteria import read_criteria
from speechfair.importing.columns import Asked
from speechfair.importing.read_transcripts import read_transcripts
from speechfair.registry import corpora
from speechfair.running.run_log import log_state
from speechfair.running.run_record import read_record
from speechfair.running.stored_manifest import read_manifest
from speechfair.running.transcription import read_hypotheses
from speechfair.store import RunFolder
from tests.contracts.test_importers import MADE, TEXTS, references
from tests.corpora.trees import TREES
from tests.support import write_tone

__all__ = ["Reader", "damaged", "fault_of", "readers"]

LONGEST_S = 20
MOST_MB = 1_000
SHARE = 0.02
"""Of the time, that one reader may take."""
CHECKOUT = Path(__file__).parents[1]
RUNS = CHECKOUT / "tests" / "fixtures" / "run_folders"
NASTY = (
    *(b'"\\ud800"', b"\xed\xa0\x80", b"\xff\xfe", b"\0", b"\xef\xbb\xbf", "\u2028".encode()),
    *(
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"-1",
        b"0",
        b"9" * 5000,
        b"9" * 30,
        b"true",
        b"null",
        b"[]",
        b"{}",
        b'""',
    ),
    *(
        b"[" * 5000,
        b'{"a":' * 5000,
        b"(" * 5000,
        b"&a [*a]",
        b"*b",
        b"!!timestamp x",
        b"2024-13-45",
        b"!!binary x",
    ),
    *(
        b"../../../etc/passwd",
        b"/etc/passwd",
        b"x" * 100_000,
        b'"',
        b"'",
        b"\t",
        b"\r",
        b"\n\n",
        b",",
        b"<<: 1",
    ),
)
"""What is put in the place of a word, number or bracket."""


@dataclass(frozen=True)
class Reader:
    """One reader and the files that it reads.

    Parameters
    ----------
    folder : where the files lie.
    files : those that may be damaged.
    read : reads them.
    """

    name: str
    folder: Path
    files: tuple[Path, ...]
    read: Callable[[], Any]


def damaged(data: bytes, generator: random.Random) -> bytes:
    """`data` with one to three changes: of bytes, of stretches, or of whole tokens."""
    for _ in range(generator.choice((1, 1, 1, 2, 3))):
        data = generator.choice((_byte, _cut, _doubled, _token, _token, _token))(data, generator)
    return data


def _byte(data: bytes, generator: random.Random) -> bytes:
    at = generator.randrange(len(data) + 1)
    return data[:at] + bytes([generator.randrange(256)]) + data[at + generator.randrange(2) :]


def _cut(data: bytes, generator: random.Random) -> bytes:
    start, stop = sorted(generator.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + data[stop:] if generator.random() < 0.5 else data[:stop]


def _doubled(data: bytes, generator: random.Random) -> bytes:
    start, stop = sorted(generator.randrange(len(data) + 1) for _ in range(2))
    return data[:stop] + data[start:stop] + data[stop:]


def _token(data: bytes, generator: random.Random) -> bytes:
    found = [match.span() for match in re.finditer(rb'"[^"\n]{0,80}"|[\w.+-]+|[\[\]{}(),:]', data[:200_000])]
    start, stop = generator.choice(found) if found else (0, 0)
    return data[:start] + generator.choice(NASTY) + data[stop:]


class HangError(BaseException):
    """A reader took longer than it may."""


def fault_of(reader: Reader, tally: Tally | None = None) -> str | None:
    """What a reader raises that is no `SpeechfairError`, with its place in the package; None if nothing."""
    try:
        reader.read()
    except SpeechfairError as error:
        if tally is not None:
            tally.refused += 1
        try:
            str(error).encode()
        except UnicodeEncodeError:
            return f"{type(error).__name__}, whose message cannot be printed"
        return None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a panic of polars is no Exception
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if f"{CHECKOUT}/speechfair" in f.filename] or frames
        place = f"{Path(own[-1].filename).name}:{own[-1].lineno}"
        return f"{type(error).__name__} at {place}: {str(error)[:150]!r}"
    return None


def readers(folder: Path, only: Callable[[str], bool] = lambda name: True) -> Iterator[Reader]:
    """Every reader, each with good files of its own under `folder`."""
    made = {
        **_of_corpora(),
        **_of_transcripts(),
        **_of_runs(),
        **_of_settings(),
        **evidence_readers(),
        **result_readers(),
        "audio": _audio,
    }
    for name, make in made.items():
        if only(name):
            place = folder / name.replace(" ", "-").replace("/", "-")
            place.mkdir()
            read = make(place)
            files = sorted(path for path in place.rglob("*") if path.is_file() and not path.is_symlink())
            yield Reader(name, place, tuple(files), read)


Make = Callable[[Path], Callable[[], Any]]


def _of_corpora() -> dict[str, Make]:
    def of(name: str) -> Make:
        def make(place: Path) -> Callable[[], Any]:
            tree = TREES[name](place)
            return lambda: list(load_corpus(name, tree.root, **tree.options))

        return make

    made_up = [name for name in corpora().names() if getattr(corpora().load(name), "makes_root", False)]
    return {f"corpus {name}": of(name) for name in TREES if name not in made_up}


def _of_transcripts() -> dict[str, Make]:
    def of(name: str) -> Make:
        def make(place: Path) -> Callable[[], Any]:
            (place / "r").mkdir()
            table, file = references(place / "r"), MADE[name](place, TEXTS)
            return lambda: read_transcripts(table, {"s": str(file)}, Asked(group_by=["accent"]))

        return make

    def stm(place: Path) -> Callable[[], Any]:
        table, file = MADE["stm"](place, TEXTS), MADE["ctm"](place, TEXTS)
        return lambda: read_transcripts(table, {"s": str(file)}, Asked())

    return {**{f"transcripts {name}": of(name) for name in MADE if name != "stm"}, "transcripts stm": stm}


def _of_runs() -> dict[str, Make]:
    def of(name: str, read: Callable[[RunFolder], Any]) -> Make:
        def make(place: Path) -> Callable[[], Any]:
            kept = {"run.yaml", *([name] if name != "hypotheses" else [])}
            for path in (RUNS / "frozen").rglob("*"):
                relative = path.relative_to(RUNS / "frozen")
                if path.is_file() and (relative.as_posix() in kept or relative.parts[0] == name):
                    (place / relative).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, place / relative)
            if name == "run.log.jsonl":
                (place / "run.yaml").unlink()
                run = RunFolder(place)
                run.begin()
                for number in range(4):
                    run.note("file", {"name": f"a{number}", "sha256": "0" * 64})
            return lambda: read(RunFolder(place))

        return make

    def hypotheses(run: RunFolder) -> Any:
        model = read_record(run).recipe.model
        return read_hypotheses(run, model.key) if model is not None else None

    return {
        "run.yaml": of("run.yaml", read_record),
        "audit.json": of("audit.json", lambda run: read_audit(run.path / "audit.json")),
        "manifest.parquet": of("manifest.parquet", read_manifest),
        "hypotheses": of("hypotheses", hypotheses),
        "run.log.jsonl": of("run.log.jsonl", log_state),
        "whole run": _whole,
    }


def _whole(place: Path) -> Callable[[], Any]:
    shutil.copytree(RUNS / "frozen", place / "run")
    return lambda: verify(place / "run")


def _of_settings() -> dict[str, Make]:
    def of(source: Path, read: Callable[[Path], Any]) -> Make:
        def make(place: Path) -> Callable[[], Any]:
            shutil.copy(source, place / "a.yaml")
            return lambda: read(place / "a.yaml")

        return make

    def columns(place: Path) -> Callable[[], Any]:
        (place / "c.yaml").write_text(
            "id: name\ntext: words\nlabels:\n  accent: {column: a, source: corpus}\n"
        )
        return lambda: column_map(place / "c.yaml")

    return {
        "criteria": of(RUNS / "frozen-criteria.yaml", read_criteria),
        "recipe": of(sorted((CHECKOUT / "recipes" / "debias").glob("*.yaml"))[0], read_recipe),
        "columns": columns,
    }


def _audio(place: Path) -> Callable[[], Any]:
    path = write_tone(place / "a.wav", 0.05)

    def read() -> Any:
        probe(path)
        return decode(path, 16_000)

    return read


def attempt(reader: Reader, generator: random.Random, tally: Tally | None = None) -> str | None:
    """Damage one file of a reader, read, and put the file back; the fault, if there is one."""
    path = generator.choice(reader.files)
    good = path.read_bytes()
    how = generator.random()
    try:
        if how < 0.02:
            path.unlink()
            path.symlink_to(path.name)  # a link to itself cannot be read by anybody, root included
        elif how < 0.04:
            path.unlink()
            path.mkdir()
        elif how < 0.06:
            path.write_bytes(b"")
        else:
            path.write_bytes(damaged(good, generator))
        return fault_of(reader, tally)
    finally:
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        path.unlink(missing_ok=True)
        path.write_bytes(good)


def measured(reader: Reader, generator: random.Random, tally: Tally) -> str | None:
    """`attempt` within the limits of time and memory; the tally counts it."""
    before, started = _peak_mb(), time.monotonic()
    signal.alarm(LONGEST_S)
    try:
        fault = attempt(reader, generator, tally)
    except HangError:
        fault = f"took more than {LONGEST_S} s"
    finally:
        signal.alarm(0)
    grown = _peak_mb() - before
    tally.inputs += 1
    tally.slowest_s = max(tally.slowest_s, time.monotonic() - started)
    tally.most_mb = max(tally.most_mb, grown)
    if fault is None and grown > MOST_MB:
        fault = f"took {grown:.0f} MB"
    tally.faults += fault is not None
    return fault


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _too_long(*_: object) -> None:
    raise HangError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="readers whose name contains this")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this time")
    parser.add_argument("--page", action="store_true", help="write docs/results/damaged-files.md")
    asked = parser.parse_args()
    signal.signal(signal.SIGALRM, _too_long)
    generator, faults = random.Random(asked.seed), Counter[str]()
    with tempfile.TemporaryDirectory(prefix="speechfair-fuzz-") as folder:
        tallies: list[tuple[Reader, Tally]] = []
        for reader in readers(Path(folder), lambda name: asked.only in name):
            try:
                reader.read()
            except MissingExtraError as error:
                print(f"{reader.name}: left out, {error}")
                continue
            tallies.append((reader, Tally(reader.name)))
        done, started = 0, time.monotonic()
        while done < asked.inputs and time.monotonic() - started < asked.seconds:
            for reader, tally in tallies:
                # the slower a reader, the rarer its turn, so that one of them does not take all the time
                if tally.seconds > SHARE * (time.monotonic() - started) + 1:
                    continue
                begun = time.monotonic()
                fault = measured(reader, generator, tally)
                tally.seconds += time.monotonic() - begun
                done += 1
                if fault is not None:
                    faults[f"{reader.name}: {fault}"] += 1
    for fault, count in faults.most_common():
        print(count, fault)
    print(f"{done:,} damaged inputs of {len(tallies)} readers, {faults.total()} faults")
    if asked.page:
        print(write_page([tally for _, tally in tallies], len(NASTY), asked.seed, LONGEST_S, MOST_MB))


if __name__ == "__main__":
    main()
