"""A slice of `benchmarks.chaos`, in a process of its own: it forks, which no process may that has used polars."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.chaos import FAULTS, End, Undisturbed, _verdict
from benchmarks.chaos_verbs import ChaosVerb

VERB = ChaosVerb("none", lambda out: None, lambda out: None)


def test_a_killed_audit_goes_on_to_the_same_folder() -> None:
    asked = ["--trials", "2", "--verbs", "audit", "--faults", "kill -9 before"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.chaos", *asked],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 disturbances, 0 of them with a wrong end" in done.stdout


def test_wrong_ends_are_seen() -> None:
    base = Undisturbed(VERB, Path(), 1, 0.0, {"a": "1"})
    killed, done = End("killed"), End("done")
    assert _verdict(base, killed, done, End("done", value={"a": "1"}))[0] == "same"
    assert _verdict(base, killed, done, End("done", value={"a": "2"}))[0] == "different"
    assert _verdict(base, killed, done, End("done", value={}))[0] == "different"
    assert _verdict(base, killed, done, End("traceback", "AssertionError"))[0] == "different"
    assert _verdict(base, End("traceback"), done, End("done", value={"a": "1"}))[0] == "traceback"
    assert _verdict(base, killed, End("stopped", "why"), killed) == ("refused", "why")
    assert len(FAULTS) > 10
