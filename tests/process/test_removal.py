"""No path gives a pass without evidence: of every item, each piece of evidence is removed, and the item falls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from speechfair.process.catalogue import load_catalogue
from speechfair.process.checks import all_checks
from speechfair.process.collect import _LATE, findings_of
from speechfair.process.finding import Finding
from speechfair.process.material import read_material
from speechfair.process.status import read_state
from tests.process import project

ITEMS = [item.id for item in load_catalogue()[0].items]
FALLEN = {"error", "fail", "not_assessed", "undetermined"}
WITHOUT_FILES = {"AF-5.4", "AF-7.2"}
"""Their evidence is the ledger itself."""


def found_again(process: Path, item: str) -> Finding:
    """What a program says about one item now."""
    material = read_material(process)
    return findings_of(material)[item] if item in _LATE else all_checks()[item](material)


def test_every_item_passes_when_all_is_there(signed: Path) -> None:
    state = read_state(signed)
    assert {each.item.id: each.status for each in state.items} == dict.fromkeys(ITEMS, "pass")
    assert all(each.must and each.met for each in state.items)


@pytest.fixture(scope="module")
def shared(signed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy for tests that put back what they take away."""
    return project.copied(signed, tmp_path_factory.mktemp("removal"))


@contextmanager
def taken_away(path: Path) -> Iterator[None]:
    data = path.read_bytes()
    path.unlink()
    try:
        yield
    finally:
        path.write_bytes(data)


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_falls_when_any_of_its_evidence_is_gone(shared: Path, item: str) -> None:
    """Its evidence file, and each file that it rests on, also after the program has looked again."""
    if item != "AF-5.4":  # its evidence is all the others'
        with taken_away(shared / "evidence" / f"{item}.json"):
            each = read_state(shared).by_id[item]
            assert (each.status, each.met) == ("error", False)
            assert item in each.reason.en
    sources = read_state(shared).by_id[item].sources
    assert bool(sources) == (item not in WITHOUT_FILES)
    for source in sources:
        if Path(source.path).name in ("plan.yaml", "runs.yaml"):
            continue  # without these it is no process folder at all
        with taken_away(shared / source.path):
            state = read_state(shared)
            assert state.by_id["AF-5.4"].status != "pass"
            assert state.by_id[item].status == "error"
            assert found_again(shared, item).status in FALLEN, source.path


def test_every_item_falls_when_the_ledger_is_gone(mine: Path) -> None:
    for name in ("ledger.jsonl", "ledger.head"):
        (mine / name).unlink()
    state = read_state(mine)
    assert {each.status for each in state.items} == {"not_assessed"}


def test_nothing_passes_in_a_folder_that_was_only_begun(tmp_path: Path) -> None:
    """Blank is never a pass, and what nobody knows does not make an item not applicable."""
    start = {"name": "begun", "aifl": 2, "languages": ["eng"]}
    project.init(tmp_path / "process", project.Start.model_validate(start))
    assert set(project.statuses(tmp_path / "process").values()) <= FALLEN
