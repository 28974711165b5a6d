"""The page's own rules are Python's: which utterances match, how a number reads, what a cell of a CSV file is."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from typing import Any

import polars as pl
import pytest

from speechfair.messages.translation import viewer_messages as messages
from speechfair.store import MANIFEST
from speechfair.types import Estimate
from speechfair.viewing import bundle
from speechfair.viewing.csv_export import safe_cell
from speechfair.viewing.opened_run import OpenedRun, RunShelf
from speechfair.viewing.page_files import STATIC
from speechfair.viewing.screens import with_change
from speechfair.viewing.utterance_query import KINDS, SORTS, UtteranceQuery, matching_rows
from speechfair.wording import Unit, interval, p_value, worded

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="no node to run the page's scripts in")


def in_node(code: str, data: Any) -> Any:
    """What `code` gives for `data` (both JSON), with the scripts ``words``, ``select`` and ``exporting`` at hand."""
    assert NODE is not None
    needed = {"words": "words.js", "select": "select.js", "exporting": "export.js"}
    script = f"globalThis.speechfairMessages = {json.dumps(messages())};\n"
    script += "".join(
        f"const {name} = require({json.dumps(str(STATIC / file))});\n" for name, file in needed.items()
    )
    script += "const data = JSON.parse(require('fs').readFileSync(0, 'utf8'));\n"
    script += f"process.stdout.write(JSON.stringify((() => {{ {code} }})()));"
    done = subprocess.run(
        [NODE, "-e", script], input=json.dumps(data), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def columns_of(table: pl.DataFrame) -> dict[str, Any]:
    plain = {name: table[name].to_list() for name in table.columns if not name.startswith("group:")}
    groups = {n.removeprefix("group:"): table[n].to_list() for n in table.columns if n.startswith("group:")}
    return {**plain, "groups": groups}


def random_query(rng: random.Random, table: pl.DataFrame) -> dict[str, str]:
    asked = {"sort": rng.choice(SORTS), "order": rng.choice(["asc", "desc"]), "kind": rng.choice(KINDS)}
    if rng.random() < 0.4:
        asked["q"] = rng.choice(["wan", "S03", "one", "שלום", "ıİ", "nothing", ".*", "<"])
    if rng.random() < 0.3:
        asked["axis.accent"] = rng.choice([*table["group:accent"].unique().to_list(), "nobody"])
    if rng.random() < 0.2:
        asked["speaker"] = rng.choice(["s01", "s07", "nobody"])
    if rng.random() < 0.3:
        asked[rng.choice(["cmin", "cmax"])] = str(rng.choice([0, 0.5, 0.61, 0.75, 1]))
    return asked


def test_a_bundle_finds_what_the_server_finds(run: OpenedRun, shelf: RunShelf) -> None:
    table = with_change(run, shelf.run("after"))
    rng = random.Random(5)
    asked = [random_query(rng, table) for _ in range(150)]
    found = in_node(
        "return data.asked.map((a) => select.matching(data.columns, a));",
        {"asked": asked, "columns": columns_of(table)},
    )
    expected = [matching_rows(table, UtteranceQuery.parse(one)).to_list() for one in asked]
    assert found == expected
    assert sum(map(len, expected)) > 500


def test_pieces_of_a_bundle_are_the_table(run: OpenedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "PIECE", 7)
    pieces = [bundle._piece(run, run.table.slice(start, 7)) for start in range(0, run.table.height, 7)]
    details = list(bundle._details(run))
    assert len(pieces) == len(details) == 6
    for name in ("id", "substitutions", "confidence", "reference"):
        assert [v for piece in pieces for v in piece["columns"][name]] == run.table[name].to_list()
    texts = [text for piece in details for text in piece["columns"]["text"]]
    assert texts == pl.read_parquet(run.folder.within(MANIFEST))["text"].to_list()
    groups = [p["values"][i] for piece in pieces for p in [piece["groups"]["accent"]] for i in p["at"]]
    assert groups == run.table["group:accent"].to_list()


UNITS: tuple[Unit, ...] = ("percent", "points", "ratio", "number")


def test_numbers_read_as_everywhere() -> None:
    rng = random.Random(3)
    values: list[float | None] = [None, 0.0, 0.05, 0.125, 0.375, 0.0005, 0.99995, 1.005, 2.5]
    values += [99.95, 100.0, 101.0, 1e5, 3e7, -0.0001, -0.0131]
    values += [rng.uniform(-2, 2) for _ in range(200)] + [10 ** rng.uniform(-6, 4) for _ in range(200)]
    data = [[value, unit] for value in values for unit in UNITS]
    shown = in_node("return data.map(([value, unit]) => words.worded(value, unit));", data)
    assert shown == [worded(value, unit) for value, unit in data]  # type: ignore[arg-type]
    shown = in_node("return data.map((value) => words.pValue(value));", values)
    assert shown == [p_value(value) for value in values]
    limits = [Estimate(v, v - 0.01, v + 0.1, 0.95, 9, 9, "t") for v in values if v is not None]
    plain = [[{"value": e.value, "low": e.low, "high": e.high}, unit] for e in limits for unit in UNITS]
    shown = in_node("return data.map(([estimate, unit]) => words.interval(estimate, unit));", plain)
    assert shown == [interval(e, unit) for e in limits for unit in UNITS]


def test_cells_are_guarded_alike() -> None:
    cells = ["=1", "+1", "-1", "@x", "\t=1", "\rx", " =1", "plain", "a=b", "", "1", -1.5, 2, None]
    shown = in_node("return data.map((cell) => exporting.safeCell(cell));", cells)
    assert shown == [str(safe_cell(cell)) for cell in cells]
