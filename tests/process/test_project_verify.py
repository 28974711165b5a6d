"""`verify` finds each kind of edit and names it; an untouched folder is never flagged."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speechfair.process.attest import attest, decide_release, waive
from speechfair.process.collect import collect
from speechfair.process.export import export
from speechfair.process.gates import gate
from speechfair.process.init import freeze
from speechfair.process.ledger import Ledger, canonical, digest_of
from speechfair.process.project_verify import verify_process
from speechfair.process.status import read_state, release_digest
from speechfair.reporting.checklist_html import write_checklist
from speechfair.store import RunFolder
from tests.process import project

KINDS = {
    "what people wrote": (
        "use_case.yaml", "roles.yaml", "plan.yaml", "runs.yaml", "criteria.yaml", "criteria.yaml.frozen.yaml",
    ),
    "what was gathered and written out": (
        "evidence/AF-4.2.json", "exports/model-card.md", "exports/cyclonedx.json", "../training/training.json",
        "../measurements/AF-4.8.json",
    ),
    "run folders": (
        "../runs/test/run.yaml", "../runs/train/manifest.parquet", "../runs/noisy/hypotheses/*/part-*.parquet",
        "../runs/base/scores/*.parquet", "../runs/serving/audit.json",
    ),
    "the ledger": ("ledger.jsonl",),
    "the head of the ledger": ("ledger.head",),
}  # fmt: skip
"""Every kind of evidence, and a file of each; all of a line are changed at once, and each must be named."""


def one(process: Path, pattern: str) -> Path:
    return next(iter(sorted(process.glob(pattern) if "*" in pattern else [process / pattern])))


def unnamed(process: Path, paths: list[Path]) -> list[str]:
    problems = verify_process(process).problems
    return [path.name for path in paths if not any(path.name in problem for problem in problems)]


def test_a_signed_project_verifies_and_says_what_it_checked(signed: Path) -> None:
    result = verify_process(signed)
    assert result.problems == ()
    assert result.ok
    text = "\n".join(result.checked)
    for part in (
        "ledger:",
        "plan.yaml",
        "criteria.yaml",
        f"evidence of {project.ITEMS} items",
        "exports",
        "9 run folders",
    ):
        assert part in text


@pytest.mark.parametrize("kind", KINDS)
def test_one_changed_byte_is_found_and_the_file_is_named(mine: Path, kind: str) -> None:
    paths = [one(mine, name) for name in KINDS[kind]]
    for path in paths:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    assert unnamed(mine, paths) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_removed_file_is_found_and_named(mine: Path, kind: str) -> None:
    paths = [one(mine, name) for name in KINDS[kind]]
    for path in paths:
        path.unlink()
    assert unnamed(mine, paths) == []


def test_changed_audio_is_found_and_the_utterance_named(mine: Path) -> None:
    content = RunFolder(mine.parent / "runs" / "test").read()
    path = Path(content["root"]) / "e00-0.wav"
    data = path.read_bytes()
    try:
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        assert any("e00-0" in problem for problem in verify_process(mine).problems)
        path.unlink()
        result = verify_process(mine)
        assert any(
            "e00-0" in problem or "not reachable" in problem for problem in (*result.problems, *result.notes)
        )
    finally:
        path.write_bytes(data)


def test_an_added_file_in_a_run_and_an_added_evidence_file_are_found(mine: Path) -> None:
    added = [mine.parent / "runs" / "test" / "scores" / "more.parquet", mine / "evidence" / "AF-9.9.json"]
    for path in added:
        path.write_text("{}")
    assert unnamed(mine, added) == []


def edit_lines(process: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path = process / "ledger.jsonl"
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def test_a_reordered_or_dropped_ledger_line_is_found_and_numbered(mine: Path) -> None:
    lines = (mine / "ledger.jsonl").read_bytes()
    edit_lines(mine, lambda old: [*old[:4], old[5], old[4], *old[6:]])
    assert "ledger.jsonl, line 5: does not follow" in verify_process(mine).problems[0]
    (mine / "ledger.jsonl").write_bytes(lines)
    edit_lines(mine, lambda old: old[:6] + old[7:])
    assert "ledger.jsonl, line 7: does not follow" in verify_process(mine).problems[0]
    (mine / "ledger.jsonl").write_bytes(lines)
    edit_lines(mine, lambda old: old[:-2])
    assert "2 entries at the end were dropped" in verify_process(mine).problems[0]


def test_a_ledger_rewritten_as_a_whole_is_found_by_a_head_that_was_kept(mine: Path) -> None:
    head = verify_process(mine).head
    assert verify_process(mine, head=head).ok
    rewrite(mine, lambda entry: {**entry, "body": {**entry["body"], "said": "x"}})
    assert any("rewritten" in problem for problem in verify_process(mine, head=head).problems)


def rewrite(process: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """What somebody with the program could do: write a whole new chain and head."""
    previous, lines = "0" * 64, []
    for number, line in enumerate((process / "ledger.jsonl").read_bytes().splitlines()):
        entry = change(json.loads(line))
        plain = {**entry, "number": number, "previous": previous}
        del plain["digest"]
        previous = digest_of(plain)
        lines.append(canonical({**plain, "digest": previous}) + b"\n")
    (process / "ledger.jsonl").write_bytes(b"".join(lines))
    head = {"number": len(lines) - 1, "digest": previous}
    (process / "ledger.head").write_bytes(canonical(head) + b"\n")


def test_back_dated_criteria_are_found_even_where_sidecar_and_evidence_agree(unsigned: Path) -> None:
    """New criteria, frozen after the evaluation, with a sidecar that claims an earlier time."""
    path = unsigned / "criteria.yaml"
    old = (unsigned / "criteria.yaml.frozen.yaml").read_text()
    path.write_text(project.CRITERIA.replace("limit: 2.0", "limit: 20.0"))
    freeze(unsigned)
    sidecar = yaml.safe_load(old)
    sidecar["frozen"][0]["sha256"] = project.file_digest(path)
    (unsigned / "criteria.yaml.frozen.yaml").write_text(yaml.safe_dump(sidecar))
    collect(unsigned)
    problems = verify_process(unsigned).problems
    assert any("criteria.yaml: reached the ledger at" in problem for problem in problems)
    assert read_state(unsigned).by_id["AF-0.5"].status == "fail"
    assert read_state(unsigned).by_id["AF-4.2"].status == "undetermined"


def test_a_release_signed_by_the_trainer_is_found(mine: Path) -> None:
    body = {
        "by": "tom", "decision": "release", "statement": "fine", "expires": project.days(9).isoformat(),
        "digest": release_digest(read_state(mine)),
    }  # fmt: skip
    Ledger(mine).append("release_decision", body)
    problems = verify_process(mine).problems
    assert any("release_decision by tom" in p and "trained the model" in p for p in problems)
    assert read_state(mine).by_id["AF-5.4"].status == "fail"


def test_a_release_signed_by_somebody_who_is_not_the_approver_is_found(mine: Path) -> None:
    body = {
        "by": "oli", "decision": "release", "statement": "fine", "expires": project.days(9).isoformat(),
        "digest": release_digest(read_state(mine)),
    }  # fmt: skip
    Ledger(mine).append("release_decision", body)
    assert any("fairness approver in roles.yaml is 'ana'" in p for p in verify_process(mine).problems)
    assert read_state(mine).by_id["AF-5.4"].status == "fail"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"by": "tom"}, "trained the model"),
        ({"by": "nobody"}, "not in roles.yaml"),
        ({"item": "AF-2.4"}, "no exception can cover this item"),
        ({"item": "AF-99.1"}, "there is no item"),
        ({"expires": "2020-01-01"}, "expired on 2020-01-01"),
        (
            {"signature": {"algorithm": "ed25519", "public_key": "00" * 32, "value": "00" * 64}},
            "does not verify",
        ),
    ],
)
def test_a_waiver_that_should_not_be_is_found_and_does_not_hold(
    mine: Path, changes: dict[str, Any], words: str
) -> None:
    body = {
        "item": "AF-2.2", "by": "ana", "reason": "r", "control": "c", "expires": project.days(9).isoformat(), **changes,
    }  # fmt: skip
    Ledger(mine).append("waiver", body)
    assert any(words in problem for problem in verify_process(mine).problems)
    state = read_state(mine)
    assert all(each.waiver is None for each in state.items)


def test_an_expired_waiver_and_decision_are_found_on_the_day_after(mine: Path) -> None:
    later = datetime.now(UTC) + timedelta(days=400)
    problems = verify_process(mine, now=later).problems
    assert any("release_decision by ana expired" in problem for problem in problems)
    assert any("attestation AF-0.1 by ana expired" in problem for problem in problems)


def test_a_run_whose_time_contradicts_the_ledger_is_found(unsigned: Path) -> None:
    run = RunFolder(unsigned.parent / "runs" / "test")
    digest = project.file_digest(run.path / "run.yaml")
    Ledger(unsigned).append("run_ended", {"folder": "../runs/test", "run_yaml_sha256": digest})
    assert verify_process(unsigned).ok
    content = run.read()
    content["history"]["evaluated"] = "2099-01-01T00:00:00.000000Z"
    run.write(content)
    assert any("says that the evaluation began at 2099" in p for p in verify_process(unsigned).problems)


def test_a_training_that_was_changed_after_its_end_is_found(unsigned: Path) -> None:
    run = unsigned.parent / "runs" / "t1"
    run.mkdir()
    (run / "debias.yaml").write_text("verdict: no harm\n")
    content = json.loads((unsigned.parent / "training" / "training.json").read_text())
    body = {
        "verb": "debias", "folder": "../runs/t1", "debias_yaml_sha256": project.file_digest(run / "debias.yaml"),
        "training_data": content["data"],
    }  # fmt: skip
    Ledger(unsigned).append("run_ended", body)
    assert verify_process(unsigned, recompute=False).ok
    Ledger(unsigned).append("run_ended", {**body, "training_data": {**content["data"], "speech-0": "5" * 64}})
    (problem,) = verify_process(unsigned, recompute=False).problems
    assert "names other data than entry" in problem
    assert "(speech-0)" in problem
    project.edit_record(unsigned, id="t2")
    assert any(
        "no training record with its id" in p for p in verify_process(unsigned, recompute=False).problems
    )
    project.edit_record(unsigned, id="t1")
    (run / "debias.yaml").write_text("verdict: better\n")
    assert any(
        "runs/t1/debias.yaml: was changed" in p for p in verify_process(unsigned, recompute=False).problems
    )
    (run / "debias.yaml").unlink()
    assert any(
        "runs/t1/debias.yaml: is missing" in p for p in verify_process(unsigned, recompute=False).problems
    )


def test_a_damaged_form_does_not_hide_what_else_is_wrong(mine: Path) -> None:
    (mine / "use_case.yaml").write_text("task: [")
    (mine / "evidence" / "AF-2.2.json").unlink()
    assert unnamed(mine, [mine / "use_case.yaml", mine / "evidence" / "AF-2.2.json"]) == []


def _waived(process: Path) -> None:
    project.edit_form(process, "transcription.yaml", limit=0.015)  # the interval now contains the limit
    collect(process)
    waive(
        process,
        "AF-2.5",
        by="ana",
        key=project.key(process),
        reason="few",
        control="again in May",
        until=project.days(30),
    )


ACTIONS: dict[str, Callable[[Path], object]] = {
    "collect": collect,
    "freeze": freeze,
    "gate": lambda process: gate(process, "data"),
    "report": write_checklist,
    "card": lambda process: export(process, "model-card"),
    "csv": lambda process: export(process, "csv"),
    "attest": lambda process: attest(process, "AF-0.2", by="eve", role="product owner", statement="so it is"),
    "decide": lambda process: decide_release(
        process, by="ana", key=project.key(process), decision="none", statement="not yet"
    ),
    "fill": lambda process: (project.edit_form(process, "use_case.yaml", task="another"), collect(process)),
    "waive": _waived,
}


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(st.sampled_from(sorted(ACTIONS)), min_size=1, max_size=3))
def test_what_the_program_itself_does_is_never_flagged(
    collected: Path, tmp_path_factory: pytest.TempPathFactory, actions: list[str]
) -> None:
    process = project.copied(collected, tmp_path_factory.mktemp("untouched"))
    for action in actions:
        ACTIONS[action](process)
    assert verify_process(process).problems == ()
