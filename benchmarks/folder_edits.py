"""Edit run folders at random, then give every verb that reads a run: `python -m benchmarks.folder_edits --edits 500`.

Each edit changes one file: a character, a line, a value, a whole file. `verify` is asked first, then each verb on a
copy of its own. A verb *launders* an edit if `verify` found it before, the verb raised no error, and what it gave or
left differs from what it gives on the unedited folder. The page is docs/results/folder-edits.md.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.folder_edits_page import write_page
from benchmarks.folder_subjects import Subject, make_subjects, outcome_of
from speechfair import verify
from speechfair.errors import SpeechfairError

__all__ = ["EDITS", "Edit", "Trial", "random_edits", "tried"]

Content = bytes | None
FORMATS = (".yaml", ".json", ".jsonl", ".html")


@dataclass(frozen=True)
class Edit:
    """One change of one file; `after` None removes the file, `before` None adds it."""

    kind: str
    file: str
    before: Content
    after: Content

    def apply(self, folder: Path) -> None:
        """Make the change in a folder that is as it was."""
        path = folder / self.file
        if self.after is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.after)


@dataclass
class Trial:
    """What came of one edit.

    Parameters
    ----------
    seen : ``found`` (`verify` names the file), ``misnamed`` (`verify` names another), ``no effect`` (nothing anywhere
        depends on it), or ``unseen``.
    said : whether `verify` lists edits of this file among what it cannot see.
    verbs : by verb ``stopped``, ``reported``, ``same``, ``other`` (an unseen edit changed the outcome), ``laundered``,
        ``passed`` or ``traceback``.
    """

    subject: str
    edit: Edit
    seen: str = "unseen"
    said: bool = False
    verbs: dict[str, str] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)


def random_edits(subject: Subject, generator: random.Random) -> Iterator[Edit]:
    """Edits without end, of every file and every kind in turn."""
    names = sorted(
        path.relative_to(subject.folder).as_posix()
        for path in subject.folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    )
    while True:
        for kind in generator.sample(list(EDITS), len(EDITS)):
            for _ in range(20):
                name = generator.choice(names)
                edit = EDITS[kind](subject, name, generator)
                if edit is not None and edit.before != edit.after:
                    yield edit
                    break


def _text(change: Callable[[list[bytes], random.Random], list[bytes] | None]) -> Any:
    """An edit of the lines of a text file; of a table, the bytes between line ends are its lines."""

    def made(subject: Subject, name: str, generator: random.Random) -> Edit | None:
        before = (subject.folder / name).read_bytes()
        lines = change(before.splitlines(keepends=True), generator)
        return None if lines is None else Edit(kinds[change], name, before, b"".join(lines))

    return made


def _removed_line(lines: list[bytes], generator: random.Random) -> list[bytes] | None:
    at = generator.randrange(len(lines)) if lines else 0
    return lines[:at] + lines[at + 1 :]


def _doubled_line(lines: list[bytes], generator: random.Random) -> list[bytes] | None:
    at = generator.randrange(len(lines)) if lines else 0
    return lines[: at + 1] + lines[at : at + 1] + lines[at + 1 :]


def _swapped_lines(lines: list[bytes], generator: random.Random) -> list[bytes] | None:
    if len(lines) < 2:
        return None
    one, other = generator.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return lines


kinds = {
    _removed_line: "line removed",
    _doubled_line: "line duplicated",
    _swapped_lines: "lines swapped",
}


def _character(subject: Subject, name: str, generator: random.Random) -> Edit | None:
    before = (subject.folder / name).read_bytes()
    if not before:
        return None
    at, new = (
        generator.randrange(len(before)),
        bytes([generator.choice(b"0123456789abcxyz \n'\"{}:-\x00\xff")]),
    )
    return Edit("one character", name, before, before[:at] + new + before[at + 1 :])


def _value(subject: Subject, name: str, generator: random.Random) -> Edit | None:
    """One value in the place of another: a cell of a table, or a word or number of a text."""
    import re

    before = (subject.folder / name).read_bytes()
    if name.endswith(".parquet"):
        return _cell(subject, name, before, generator)
    found = list(re.finditer(rb"[A-Za-z0-9_.]+", before))
    if len(found) < 2:
        return None
    one, other = generator.sample(found, 2)
    return Edit("value replaced", name, before, before[: one.start()] + other[0] + before[one.end() :])


def _cell(subject: Subject, name: str, before: bytes, generator: random.Random) -> Edit | None:
    import io

    import polars as pl

    table = pl.read_parquet(io.BytesIO(before))
    column = generator.choice(table.columns)
    if table.height < 2:
        return None
    values = table[column].to_list()
    one, other = generator.sample(range(table.height), 2)
    if values[one] == values[other]:
        return None
    values[one] = values[other]
    buffer = io.BytesIO()
    table.with_columns(pl.Series(column, values, dtype=table.schema[column])).write_parquet(buffer)
    return Edit("value replaced", name, before, buffer.getvalue())


def _truncated(subject: Subject, name: str, generator: random.Random) -> Edit | None:
    before = (subject.folder / name).read_bytes()
    return Edit("truncated", name, before, before[: generator.randrange(len(before))]) if before else None


def _removed(subject: Subject, name: str, generator: random.Random) -> Edit | None:
    return Edit("file removed", name, (subject.folder / name).read_bytes(), None)


def _added(subject: Subject, name: str, generator: random.Random) -> Edit | None:
    """A further file next to one that is there, with that one's content or that of another run's file of its kind."""
    source = generator.choice([subject.folder / name, *subject.like(name)])
    place, _, suffix = name.rpartition(".")
    stem = place[:-1] + "9" if "/part-" in name else f"{place}-2"
    new = generator.choice([f"{stem}.{suffix}", f"{Path(name).parent.as_posix()}/more.{suffix}"])
    new = new.removeprefix("./")
    return None if (subject.folder / new).exists() else Edit("file added", new, None, source.read_bytes())


def _foreign(subject: Subject, name: str, generator: random.Random) -> Edit | None:
    others = subject.like(name)
    if not others:
        return None
    before, after = (subject.folder / name).read_bytes(), generator.choice(others).read_bytes()
    return Edit("file of another run", name, before, after)


EDITS: Mapping[str, Callable[[Subject, str, random.Random], Edit | None]] = {
    "one character": _character,
    "line removed": _text(_removed_line),
    "line duplicated": _text(_doubled_line),
    "lines swapped": _text(_swapped_lines),
    "value replaced": _value,
    "truncated": _truncated,
    "file removed": _removed,
    "file added": _added,
    "file of another run": _foreign,
}


def tried(subject: Subject, edit: Edit, scratch: Path) -> Trial:
    """Make one edit and give every verb, each on a copy of its own under `scratch`."""
    trial = Trial(subject.name, edit)
    folder = _copy(subject, edit, scratch)
    broken = False
    try:
        found = verify(folder)
        broken = not found.ok
        trial.said = any(Path(edit.file).name in line for line in found.unseen)
        if broken:
            trial.seen = "found" if any(edit.file in line for line in found.differences) else "misnamed"
    except SpeechfairError as error:
        broken = True
        trial.seen = "found" if edit.file in str(error) else "misnamed"
        trial.details.append(f"verify: {error}")
    except Exception as error:
        trial.verbs["verify"] = "traceback"
        trial.details.append(f"verify: {type(error).__name__}: {error}")
    for verb in subject.verbs:
        _give(subject, verb, _copy(subject, edit, scratch), trial, broken)
    if trial.seen == "unseen" and {*trial.verbs.values()} <= {"same"}:
        trial.seen = "no effect"
    return trial


def _give(subject: Subject, verb: str, folder: Path, trial: Trial, broken: bool) -> None:
    try:
        got = outcome_of(subject, verb, folder)
    except SpeechfairError as error:
        named = trial.edit.file in str(error)
        trial.verbs[verb] = "stopped" if named or not broken else "stopped, another file named"
        if not named:
            trial.details.append(f"{verb}: {error}")
        return
    except Exception as error:
        trial.verbs[verb] = "traceback"
        trial.details.append(f"{verb}: {type(error).__name__}: {error}")
        return
    if got.error:
        trial.verbs[verb] = "reported"
    elif got.same_as(subject.clean(verb)):
        trial.verbs[verb] = "same"
    else:
        trial.verbs[verb] = "laundered" if broken else "passed" if got.passed else "other"
        trial.details.append(f"{verb}: {got.difference(subject.clean(verb))}")


def _copy(subject: Subject, edit: Edit, scratch: Path) -> Path:
    folder = scratch / subject.folder.name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(subject.folder, folder)
    edit.apply(folder)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--edits", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dry", action="store_true", help="write no page")
    asked = parser.parse_args()
    trials = []
    with tempfile.TemporaryDirectory(prefix="speechfair-edits-") as folder:
        subjects = make_subjects(Path(folder))
        generator = random.Random(asked.seed)
        streams = [(subject, random_edits(subject, generator)) for subject in subjects]
        for number in range(asked.edits):
            subject, stream = streams[number % len(streams)]
            trials.append(tried(subject, next(stream), Path(folder) / "scratch"))
            bad = {"laundered", "passed", "traceback"} & {*trials[-1].verbs.values()}
            if bad or trials[-1].seen in ("unseen", "misnamed"):
                trial = trials[-1]
                print(
                    number,
                    trial.subject,
                    trial.edit.kind,
                    trial.edit.file,
                    trial.seen,
                    *trial.details,
                    sep=" | ",
                )
    print(
        Counter(trial.seen for trial in trials), Counter(v for trial in trials for v in trial.verbs.values())
    )
    if not asked.dry:
        print(f"written to {write_page(trials, asked.seed)}")


if __name__ == "__main__":
    main()
