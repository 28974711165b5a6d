"""Gates open in order and before the runs that they guard; a copy in which the order is broken is caught each time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from speechfair.errors import InputError
from speechfair.process.collect import collect
from speechfair.process.gates import gate
from speechfair.process.init import Start, init
from speechfair.process.journal import noted, process_folder, require_gate
from speechfair.process.ledger import Ledger
from speechfair.process.material import read_material
from speechfair.process.order import order_problems, passage
from speechfair.process.status import read_state
from speechfair.store import RunFolder
from tests.process import project
from tests.process.test_project_verify import rewrite

Entry = dict[str, Any]


def moved(process: Path, picked: Callable[[Entry], bool], to: int) -> None:
    """Write the ledger anew with the first entry that is picked at another place."""
    entries = [json.loads(line) for line in (process / "ledger.jsonl").read_bytes().splitlines()]
    index = next(i for i, entry in enumerate(entries) if picked(entry))
    entry = entries.pop(index)
    entries.insert(to, {**entry, "time": entries[to - 1]["time"]})
    again = iter(entries)
    rewrite(process, lambda _: next(again))


def dropped(process: Path, picked: Callable[[Entry], bool]) -> None:
    """Write the ledger anew without an entry of another kind than its first ones."""
    lines = (process / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    (process / "ledger.jsonl").write_bytes(b"".join(x for x in lines if not picked(json.loads(x))))
    rewrite(process, lambda entry: entry)


def changed(process: Path, picked: Callable[[Entry], bool], **body: Any) -> None:
    rewrite(process, lambda e: {**e, "body": {**e["body"], **body}} if picked(e) else e)


def is_gate(name: str) -> Callable[[Entry], bool]:
    return lambda entry: entry["kind"] == "gate" and entry["body"]["gate"] == name


def end(process: Path) -> int:
    return len(Ledger(process).read().entries) - 1


def evaluated_at(process: Path, time: str) -> None:
    path = process.parent / "runs" / "test" / "run.yaml"
    content = yaml.safe_load(path.read_text())
    content["history"]["evaluated"] = time
    path.write_text(yaml.safe_dump(content))


def first(process: Path, kind: str) -> Entry:
    return next(
        json.loads(x)
        for x in (process / "ledger.jsonl").read_bytes().splitlines()
        if json.loads(x)["kind"] == kind
    )


def forged(process: Path) -> None:
    """Somebody appends what the gate would write, over evidence that nobody collected."""
    looked = dict(first(process, "gate")["body"]["looked_at"])
    looked["AF-0.1"] = ["pass", "0" * 64]
    Ledger(process).append("gate", {"gate": "data", "outcome": "open", "open": {}, "looked_at": looked})


def fewer(process: Path) -> None:
    looked = {k: v for k, v in first(process, "gate")["body"]["looked_at"].items() if k != "AF-2.4"}
    changed(process, is_gate("data"), looked_at=looked)


BREAKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "the data gate opens after the training": (
        lambda p: moved(p, is_gate("data"), end(p)), "training t1 began although the data gate was not opened",
    ),
    "the evaluation gate opens after the evaluation": (
        lambda p: moved(p, is_gate("evaluation"), end(p)), "test began although the evaluation gate was not opened",
    ),
    "the evaluation gate opens before the data gate": (
        lambda p: moved(p, is_gate("evaluation"), 3), "opened before the data gate",
    ),
    "the data gate was never judged": (
        lambda p: dropped(p, is_gate("data")), "training t1 began although the data gate was not opened",
    ),
    "the gate was judged and stayed shut": (
        lambda p: changed(p, is_gate("evaluation"), outcome="failed"), "gate was last judged failed",
    ),
    "the run says that it began before its gate": (
        lambda p: evaluated_at(p, "2020-01-01T00:00:00.000000Z"), "test began although the evaluation gate",
    ),
    "the training record says that it began before its gate": (
        lambda p: project.edit_record(p, started="2020-01-01T00:00:00Z"), "training t1 began although the data gate",
    ),
    "the criteria were frozen again between gate and run": (
        lambda p: moved(p, lambda e: e["kind"] == "criteria", _at(p, "evaluation")),
        "the criteria was frozen again",
    ),
    "a gate entry is written by hand": (forged, "AF-0.1 rests on evidence that was not collected"),
    "a gate leaves an item out": (fewer, "does not look at the items of its gate (AF-2.4)"),
    "a gate is overridden without a reason": (
        lambda p: Ledger(p).append("gate_override", {"gate": "data", "folder": "../runs/t1", "reason": " "}),
        "overridden without a reason",
    ),
    "the release gate opens before anybody decided": (
        lambda p: Ledger(p).append("gate", {"gate": "release", "outcome": "open", "open": {}, "looked_at": {}}),
        "opened before a release decision was signed",
    ),
}  # fmt: skip


def _at(process: Path, name: str) -> int:
    lines = (process / "ledger.jsonl").read_bytes().splitlines()
    return next(i for i, line in enumerate(lines) if is_gate(name)(json.loads(line)))


@pytest.mark.parametrize("how", BREAKS)
def test_each_break_of_the_order_is_found_and_named(unsigned: Path, how: str) -> None:
    change, words = BREAKS[how]
    change(unsigned)
    found = [text.en for text in order_problems(read_material(unsigned))]
    assert any(words in text for text in found), found


def test_an_untouched_project_has_no_problem_of_order(signed: Path) -> None:
    assert order_problems(read_material(signed)) == []


def test_a_run_without_its_gate_fails_its_items_with_that_reason(unsigned: Path) -> None:
    moved(unsigned, is_gate("evaluation"), end(unsigned))
    collect(unsigned)
    items = read_state(unsigned).by_id
    for item in ("AF-4.1", "AF-4.2", "AF-4.6", "AF-3.5", "AF-6.3"):
        assert items[item].status == "fail"
        assert "began although the evaluation gate was not opened before" in items[item].reason.en
    assert {items[item].status for item in ("AF-2.2", "AF-2.4", "AF-4.12")} <= {"pass", "not_assessed"}


def test_an_override_leaves_items_undetermined_until_somebody_waives_them(unsigned: Path) -> None:
    dropped(unsigned, is_gate("evaluation"))
    at = _at(unsigned, "data") + 1
    for name in ("base", "test", "serving", "noisy"):
        body = {"gate": "evaluation", "folder": f"../runs/{name}", "reason": "a deadline", "verb": "audit"}
        Ledger(unsigned).append("gate_override", body)
        moved(unsigned, lambda e, name=name: e["body"].get("folder") == f"../runs/{name}", at)  # type: ignore[misc]
    collect(unsigned)
    found = read_state(unsigned).by_id["AF-4.2"]
    assert found.status == "undetermined", found.reason.en
    assert "overridden in entry" in found.reason.en
    assert "a deadline" in found.reason.en
    assert found.reason.ja.endswith("a deadline")


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A process folder in which no gate is open."""
    init(tmp_path / "process", Start.model_validate({"name": "n", "aifl": 1, "languages": ["eng"]}))
    return tmp_path / "process"


@pytest.mark.parametrize(
    ("verb", "needed"),
    [
        ("debias", "data"),
        ("audit", "evaluation"),
        ("compare", "evaluation"),
        ("leaderboard", "evaluation"),
        ("sequence", "evaluation"),
    ],
)
def test_a_verb_refuses_while_its_gate_is_shut_and_says_what_to_do(
    begun: Path, verb: str, needed: str
) -> None:
    run = begun.parent / "runs" / "a"
    with pytest.raises(InputError, match=rf"gate {begun} {needed}.*--override-gate REASON") as refusal:
        require_gate(verb, run)
    assert refusal.value.exit_code == 2
    assert not Ledger(begun).read().of_kind("run_begun")
    with process_folder(None, "a deadline"):
        require_gate(verb, run)
    (entry,) = Ledger(begun).read().of_kind("gate_override")
    assert (entry.body["gate"], entry.body["reason"], entry.body["folder"]) == (
        needed,
        "a deadline",
        "../runs/a",
    )
    with pytest.raises(InputError, match="say why"), process_folder(None, " "):
        pass


def test_a_run_on_other_data_than_the_test_set_needs_no_evaluation_gate(begun: Path) -> None:
    path = begun / "runs.yaml"
    text = path.read_text().replace("runs: []", "runs:\n- {role: development, folder: ../runs/dev}")
    path.write_text(text)
    with noted("audit", begun.parent / "runs" / "dev"):
        RunFolder(begun.parent / "runs" / "dev").path.mkdir(parents=True)
    assert [e.kind for e in Ledger(begun).read().entries[-2:]] == ["run_begun", "run_ended"]


def test_a_gate_waits_for_the_one_before_it(begun: Path) -> None:
    collect(begun)
    assert gate(begun, "data").waits_for is None
    assert gate(begun, "evaluation").waits_for == "data"
    assert gate(begun, "release").waits_for == "evaluation"
    assert passage(Ledger(begun).read(), "data").state == "shut"
