"""A slice of `benchmarks.folder_edits`: no verb launders an edit of a run folder or ends in a traceback."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.folder_edits import EDITS, random_edits, tried
from benchmarks.folder_edits_page import page
from benchmarks.folder_subjects import Subject, make_subjects
from speechfair import cli
from speechfair.running.run_record import read_record
from speechfair.store import RunFolder


@pytest.fixture(scope="module")
def subjects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Subject]:
    return {subject.name: subject for subject in make_subjects(tmp_path_factory.mktemp("subjects"))}


def test_edits_of_run_folders_are_found(subjects: dict[str, Subject], tmp_path: Path) -> None:
    generator = random.Random(1)
    trials = []
    for name, count in (("half done", 9), ("imported", 2), ("without a log", 2)):
        stream = random_edits(subjects[name], generator)
        trials += [tried(subjects[name], next(stream), tmp_path) for _ in range(count)]
    outcomes = {outcome for trial in trials for outcome in trial.verbs.values()}
    assert not {"laundered", "passed", "traceback"} & outcomes, [trial.details for trial in trials]
    assert {trial.seen for trial in trials} == {"found"}, [
        (trial.edit.file, trial.details) for trial in trials
    ]
    assert {trial.edit.kind for trial in trials[:9]} == {*EDITS}
    assert "**Laundered: 0. Tracebacks: 0." in page(trials, 1)


def test_no_verb_that_reads_a_run_is_left_out(subjects: dict[str, Subject]) -> None:
    takes_a_run = re.compile(r"RunArgument|typer\.Argument\(help=\"[^\"]*[Rr]un folder")
    commands = {
        path.stem
        for path in (Path(cli.__file__).parent).glob("*.py")
        if path.stem not in ("options", "process")  # `process measure` takes the folder of a probe
        and takes_a_run.search(path.read_text(encoding="utf-8"))
    }
    assert {"gate", "compare", "view", "sequence", "merge"} <= commands
    tried_verbs = {verb.split(" ")[0] for subject in subjects.values() for verb in subject.verbs}
    assert commands - tried_verbs == {"verify"}, "every edit is given to `verify` first"


def test_laundering_would_be_seen(subjects: dict[str, Subject], tmp_path: Path) -> None:
    """A verb that seals whatever it finds launders."""

    def seals_all(path: Path) -> None:
        run = RunFolder(path)
        run.write(read_record(run).model_copy(update={"digests": run.digests()}).plain())

    subject = replace(subjects["half done"], verbs={"seal": seals_all}, _clean={})
    stream = random_edits(subject, random.Random(0))
    edit = next(e for e in stream if e.kind == "value replaced" and e.file.startswith("hypotheses"))
    trial = tried(subject, edit, tmp_path)
    assert (trial.seen, trial.verbs) == ("found", {"seal": "laundered"})
