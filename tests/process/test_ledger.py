"""The ledger: nothing is lost between writers or by a kill, and every edit of it is found."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.errors import InputError, RunFolderError
from speechfair.hash_chain import next_entry, read_chain, undigested
from speechfair.process.ledger import GENESIS, Ledger, canonical, digest_of

START = datetime(2026, 1, 31, 12, tzinfo=UTC)


def written(folder: Path, n: int = 5) -> Ledger:
    ledger = Ledger(folder)
    for i in range(n):
        ledger.append("note", {"n": i, "text": "訛り"}, START + timedelta(seconds=i))
    return ledger


def _append_many(folder: Path, who: int, n: int) -> None:
    for i in range(n):
        Ledger(folder).append("note", {"who": who, "n": i})


def test_two_processes_writing_to_one_ledger_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append_many, args=(tmp_path, who, 40)) for who in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    reading = Ledger(tmp_path).read()
    assert reading.problems == ()
    found = [(e.body["who"], e.body["n"]) for e in reading.entries]
    assert sorted(found) == [(who, n) for who in range(2) for n in range(40)]


def _die_in(step: str, folder: Path) -> None:
    """Append, and be killed without warning at a step of the write."""
    import speechfair.hash_chain as hash_chain
    import speechfair.process.ledger as module
    import speechfair.store as store

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if step == "before the head is written":
        module.write_atomically = die  # type: ignore[assignment]
    elif step == "between write and rename of the head":
        store.os.replace = die  # type: ignore[assignment]
    elif step == "before the line is on the disk":
        hash_chain.os.fsync = die  # type: ignore[assignment]
    Ledger(folder).append("late", {"n": 9})


@pytest.mark.parametrize(
    "step",
    [
        "before the line is on the disk",
        "before the head is written",
        "between write and rename of the head",
    ],
)
def test_a_kill_at_any_step_leaves_a_ledger_that_verifies_and_goes_on(tmp_path: Path, step: str) -> None:
    written(tmp_path, 3)
    process = multiprocessing.get_context("spawn").Process(target=_die_in, args=(step, tmp_path))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    reading = Ledger(tmp_path).read()
    assert reading.problems == ()
    assert [e.body["n"] for e in reading.entries] in ([0, 1, 2], [0, 1, 2, 9])
    Ledger(tmp_path).append("note", {"n": 4})
    after = Ledger(tmp_path).read()
    assert after.problems == ()
    assert after.entries[-1].body["n"] == 4
    assert len(after.entries) == len(reading.entries) + 1


@pytest.mark.parametrize("n", [0, 1, 4])
def test_a_torn_tail_says_nothing_and_is_set_aside_by_the_next_writer(tmp_path: Path, n: int) -> None:
    ledger = written(tmp_path, n)
    torn = b'{"body":{"n":7'
    with ledger.path.open("ab") as stream:
        stream.write(torn)
    reading = ledger.read()
    assert (reading.problems, reading.torn, len(reading.entries)) == ((), torn, n)
    ledger.append("note", {"n": 8})
    after = ledger.read()
    assert after.problems == ()
    assert [e.kind for e in after.entries[n:]] == ["recovered", "note"]
    assert (tmp_path / after.entries[n].body["file"]).read_bytes() == torn


def test_every_changed_byte_of_the_ledger_is_found_and_the_line_is_named(tmp_path: Path) -> None:
    ledger = written(tmp_path, 3)
    data = ledger.path.read_bytes()
    for place in range(len(data) - 1):  # the last line end alone makes a torn tail, found below
        changed = bytearray(data)
        changed[place] ^= 1
        ledger.path.write_bytes(changed)
        problems = ledger.read().problems
        line = data[:place].count(b"\n") + 1
        assert problems, place
        assert f"line {line}" in problems[0] or "dropped or damaged" in problems[0], (place, problems)
    ledger.path.write_bytes(data[:-1])
    assert "dropped or damaged" in ledger.read().problems[0]


def test_every_changed_byte_of_the_head_is_found(tmp_path: Path) -> None:
    ledger = written(tmp_path, 2)
    data = ledger.head_path.read_bytes()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        ledger.head_path.write_bytes(changed)
        assert any("ledger.head" in problem for problem in ledger.read().problems), place


@settings(max_examples=30, deadline=None)
@given(order=st.lists(st.integers(0, 4), max_size=6))
def test_any_other_sequence_of_the_same_lines_is_found(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    ledger = written(tmp_path_factory.mktemp("ledger"))
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    ledger.path.write_bytes(b"".join(lines[i] for i in order))
    assert bool(ledger.read().problems) == (order != [0, 1, 2, 3, 4])


def test_a_dropped_last_line_is_found_by_the_head_and_a_dropped_head_too(tmp_path: Path) -> None:
    ledger = written(tmp_path)
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    ledger.path.write_bytes(b"".join(lines[:-1]))
    assert "1 entry at the end were dropped" in ledger.read().problems[0]
    ledger.path.write_bytes(b"".join(lines))
    ledger.head_path.unlink()
    assert ledger.read().problems == ("ledger.head: is missing",)


def test_a_line_that_is_dated_before_the_one_above_it_is_found(tmp_path: Path) -> None:
    ledger = written(tmp_path, 2)
    first, second = ledger.path.read_bytes().splitlines()
    content = json.loads(second)
    content["time"] = "2026-01-30T00:00:00.000000Z"
    del content["digest"]
    content["digest"] = digest_of(content)
    ledger.path.write_bytes(first + b"\n" + canonical(content) + b"\n")
    assert "before the line above it" in ledger.read().problems[0]


@pytest.mark.parametrize(
    "time",
    [
        "2026-02-30T00:00:00.000000Z",
        "2026-13-01T00:00:00.000000Z",
        "2026-01-31T24:00:00.000000Z",
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.000000",
        "0001-01-01T00:00:00.000000+09:00",
    ],
)
def test_a_time_that_no_writer_leaves_is_damage_of_a_ledger_and_a_run_s_log(time: str) -> None:
    entry = replace(next_entry(None, "note", {}), time=time)
    entry = replace(entry, digest=digest_of(undigested(entry)))
    entries, (problem,), _ = read_chain(entry.line, "log.jsonl")
    assert entries == ()
    assert problem.startswith("log.jsonl, line 1: was edited")
    assert "not a time" in problem


def test_nothing_is_added_to_a_ledger_that_does_not_hold(tmp_path: Path) -> None:
    ledger = written(tmp_path)
    data = ledger.path.read_bytes().replace(b'"n":1', b'"n":2')
    ledger.path.write_bytes(data)
    with pytest.raises(RunFolderError, match="line 2"):
        ledger.append("note", {})
    assert ledger.path.read_bytes() == data


def test_a_clock_that_runs_backwards_is_refused(tmp_path: Path) -> None:
    ledger = written(tmp_path)
    with pytest.raises(InputError, match="set the clock right"):
        ledger.append("note", {}, START - timedelta(days=1))
    assert len(ledger.read().entries) == 5


def test_an_empty_folder_has_an_empty_ledger_without_problems(tmp_path: Path) -> None:
    reading = Ledger(tmp_path).read()
    assert (reading.entries, reading.problems, reading.head) == ((), (), GENESIS)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abé訛\n", max_size=4), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(bodies=st.lists(st.dictionaries(st.text(max_size=4), json_values, max_size=3), min_size=1, max_size=3))
def test_an_untouched_ledger_is_never_flagged(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[dict[str, object]]
) -> None:
    ledger = Ledger(tmp_path_factory.mktemp("ledger"))
    for body in bodies:
        ledger.append("note", body)
    reading = ledger.read()
    assert reading.problems == ()
    assert [dict(e.body) for e in reading.entries] == bodies
