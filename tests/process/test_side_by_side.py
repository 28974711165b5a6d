"""Two releases item by item, many models on a page, owners and days, and what a new catalogue asks."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest

from speechfair.errors import InputError
from speechfair.process.collect import collect
from speechfair.process.init import Start, init
from speechfair.process.side_by_side import assign, compare_processes, open_items, open_items_csv, portfolio
from speechfair.process.status import read_state
from speechfair.process.versions import steps_between, version, versions
from speechfair.reporting.portfolio_html import write_portfolio
from tests.process import project


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    people = [{"id": "ana", "name": "Ana", "duty": "all"}]
    start = {"name": "begun", "aifl": 1, "languages": ["eng"], "forms": {"roles.yaml": {"people": people}}}
    init(tmp_path / "begun", Start.model_validate(start))
    collect(tmp_path / "begun")
    return tmp_path / "begun"


def test_releases_are_compared_item_by_item(signed: Path, begun: Path) -> None:
    changes = {each.item: each for each in compare_processes(begun, signed)}
    assert len(changes) == project.ITEMS
    assert (changes["AF-0.2"].before, changes["AF-0.2"].after) == ("not_assessed", "pass")
    assert changes["AF-0.2"].direction == "better"
    assert {each.direction for each in compare_processes(signed, begun)} == {"worse"}
    assert {each.direction for each in compare_processes(signed, signed)} == {"same"}


def test_a_page_of_many_models_leaves_none_out(signed: Path, begun: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    good, new, bad = portfolio([signed, begun, tmp_path / "empty"])
    assert (good.met, good.gates["release"], len(good.models)) == (project.ITEMS, "open", 1)
    assert (new.met, new.gates["release"]) == (0, "undetermined")
    assert "not a process folder" in str(bad.problem)
    page = write_portfolio([good, new, bad], tmp_path / "page.html").read_text()
    for name in ("small project", "begun", "not a process folder", "読めない"):
        assert name in page
    assert "<script" not in page
    with pytest.raises(InputError, match="at least one"):
        portfolio([])


def test_open_items_have_an_owner_a_day_and_a_table(begun: Path) -> None:
    assign(begun, "AF-0.2", owner="ana", due=date(2020, 1, 1))
    assign(begun, "AF-0.3", owner="ana", due=date(2999, 1, 1))
    assign(begun, "AF-0.3", owner="ana", due=date(2998, 1, 1))
    collect(begun)
    state = read_state(begun)
    first, second, *rest = open_items(state)
    assert (first.item, first.owner, first.due, first.overdue) == ("AF-0.2", "ana", "2020-01-01", True)
    assert (second.item, second.due, second.overdue) == ("AF-0.3", "2998-01-01", False)
    assert all(each.owner is None for each in rest)
    rows = list(csv.DictReader(io.StringIO(open_items_csv(state).decode("utf-8-sig"))))
    assert len(rows) == len(rest) + 2
    assert (rows[0]["item"], rows[0]["owner"], rows[0]["overdue"]) == ("AF-0.2", "ana", "yes")
    for words, change in ((r"did you mean 'ana'", {"owner": "anna"}), ("no item", {"item": "AF-9.9"})):
        with pytest.raises(InputError, match=words):
            assign(
                begun, change.get("item", "AF-0.2"), owner=change.get("owner", "ana"), due=date(2999, 1, 1)
            )


def test_a_day_that_passed_and_an_owner_who_is_not_there_are_seen(mine: Path) -> None:
    project.edit_form(
        mine, "assignments.yaml", assignments=[{"item": "AF-0.2", "owner": "zoe", "due": "2020-01-01"}]
    )
    collect(mine)
    each = read_state(mine).by_id["AF-7.1"]
    assert each.status == "fail"
    assert "zoe is not among people" in each.reason.en


def test_versions_of_the_catalogue_say_what_is_to_be_done() -> None:
    assert versions() == ["1", "2"]
    steps = [step.en for step in steps_between(version("1"), version("2"))]
    assert sum("new, " in step for step in steps) == 10
    assert any(step.startswith("AF-1.6 Withdrawal") and "fill in withdrawal.yaml" in step for step in steps)
    assert any(step.startswith("AF-1.5") and "now looked at by the gates release" in step for step in steps)
    assert steps_between(version("2"), version("2")) == []
    assert any("removed" in step.en for step in steps_between(version("2"), version("1")))
    with pytest.raises(InputError, match="there is no catalogue '3'"):
        version("3")
