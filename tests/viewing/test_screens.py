"""What the screens show is what the run folder holds: the figures of audit.json, the counts of the scores."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from speechfair.comparing.compare_models import compare
from speechfair.errors import InputError, RunFolderError
from speechfair.metrics.token_edits import token_list
from speechfair.reporting.alignment import align
from speechfair.running.run_record import scores_name
from speechfair.running.scoring import add_axis
from speechfair.running.seals import accept_changes
from speechfair.viewing.aligned_words import edit_codes, word_lists
from speechfair.viewing.changes import change_screen
from speechfair.viewing.opened_run import OpenedRun, RunShelf, open_run
from speechfair.viewing.screens import (
    group_screen,
    histogram,
    page_of,
    run_screen,
    runs_screen,
    utterance_screen,
    with_change,
)
from speechfair.viewing.utterance_query import UtteranceQuery, matching_rows
from speechfair.viewing.utterance_table import group_column
from tests.viewing.viewed_runs import Pair


def scores_of(run: OpenedRun) -> pl.DataFrame:
    return run.folder.read_table(scores_name(run.record.recipe), "")


def test_figures_of_runs_and_groups_are_those_of_the_audit(shelf: RunShelf, pair: Pair) -> None:
    audit = json.loads((pair.before / "audit.json").read_text("utf-8"))
    (line, _) = runs_screen(shelf)["runs"]
    shown = run_screen(shelf.run("before"))
    for screen in (line, shown):
        assert screen["overall"] == audit["overall"]
        assert screen["totals"] == audit["totals"]
        groups = [group for axis in screen["axes"] for group in axis["groups"]]
        assert sorted(map(json.dumps, groups)) == sorted(map(json.dumps, audit["groups"]))
        gaps = {axis["axis"]: axis["gap"] for axis in screen["axes"]}
        assert gaps == {axis["axis"]: axis["gap"] for axis in audit["axes"]}
    assert shown["failed"] == audit["failed"]
    assert shown["excluded"] == audit["excluded"]


def test_a_group_adds_up_to_its_figures(run: OpenedRun) -> None:
    for group in run.result.groups:
        found = group_screen(run, group.axis, group.value)
        errors = group.substitutions + group.deletions + group.insertions
        assert sum(one["errors"] for one in found["speakers"]) == errors
        assert sum(one["reference_length"] for one in found["speakers"]) == group.reference_length
        assert sum(one["n_utterances"] for one in found["speakers"]) == group.n_utterances
        assert found["group"]["rate"]["value"] == group.rate.value
        assert sum(found["histograms"]["rate"]["group"]) <= group.n_utterances


def test_groups_are_those_that_the_audit_makes(run: OpenedRun) -> None:
    scores = scores_of(run)
    for axis in ("accent", "gender+accent"):
        assert run.table[group_column(axis)].cast(str).to_list() == add_axis(scores, axis)["group"].to_list()


def test_the_table_holds_every_row_of_the_scores(run: OpenedRun) -> None:
    scores = scores_of(run)
    assert run.table["id"].to_list() == scores["utterance_id"].to_list()
    for name in (
        "substitutions",
        "deletions",
        "insertions",
        "reference_length",
        "failed",
        "runaway",
        "redone",
    ):
        assert run.table[name].to_list() == scores[name].to_list()
    assert run.table["excluded"].sum() == run.result.totals.excluded > 0
    assert run.table["failed"].sum() == run.result.totals.failed > 0


def test_words_in_error_add_up_to_the_counts(run: OpenedRun) -> None:
    table = run.table.filter(~pl.col("excluded"))
    rows = list(table.select("speaker", "reference", "hypothesis").iter_rows())
    found = word_lists(rows, "words", most=10_000)
    for kind, column in (
        ("deleted", "deletions"),
        ("inserted", "insertions"),
        ("substituted", "substitutions"),
    ):
        assert sum(one.n for one in getattr(found, kind)) == table[column].sum()
    assert found.n_utterances == table.height


@pytest.mark.parametrize(
    ("reference", "hypothesis", "unit"),
    [
        ("a b c", "a x c d", "words"),
        ("", "a", "words"),
        ("a b", "", "words"),
        ("日本 x", "日 y x", "mixed"),
        ("ab c", "abd", "characters"),
    ],
)
def test_edits_are_those_of_the_aligned_report(reference: str, hypothesis: str, unit: str) -> None:
    codes = edit_codes(token_list(reference, unit), token_list(hypothesis, unit))
    letters = {"substitute": "s", "delete": "d", "insert": "i"}
    pieces = align(reference, hypothesis, unit)
    for kind, letter in letters.items():
        n = sum(int(part) for part, code in _codes(codes) if code == letter)
        assert n == sum(piece.kind == kind for piece in pieces)


def _codes(codes: str) -> list[tuple[str, str]]:
    import re

    return re.findall(r"(\d+)([=sdi])", codes)


def naive(table: pl.DataFrame, **asked: Any) -> list[int]:
    """The rows by plain Python, in the order of the manifest."""
    rows = []
    for row in table.iter_rows(named=True):
        texts = [row["id"], row["speaker"] or "", row["reference"] or "", row["hypothesis"] or ""]
        if asked.get("q") and not any(asked["q"].lower() in text.lower() for text in texts):
            continue
        if "accent" in asked and (row["group:accent"] != asked["accent"] or row["excluded"]):
            continue
        if "kind" in asked and (row["excluded"] or not (row[asked["kind"]] or 0)):
            continue
        rows.append(row["row"])
    return rows


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ({"q": "WAN"}, {"q": "wan"}),
        ({"q": "<script"}, {"q": "<script"}),
        ({"q": "[.*"}, {"q": "[.*"}),
        ({"kind": "insertions"}, {"kind": "insertions"}),
        ({"kind": "runaway"}, {"kind": "runaway"}),
        (
            {"axis.accent": "y", "kind": "deletions", "q": "s0"},
            {"accent": "y", "kind": "deletions", "q": "s0"},
        ),
    ],
)
def test_filters(run: OpenedRun, query: dict[str, str], asked: dict[str, str]) -> None:
    found = matching_rows(run.table, UtteranceQuery.parse({**query, "sort": "row", "order": "asc"}))
    assert found.to_list() == naive(run.table, **asked)


def test_pages_are_one_order_in_pieces(run: OpenedRun) -> None:
    query = UtteranceQuery.parse({"sort": "confidence", "order": "desc"})
    whole = [row["id"] for row in page_of(run, query, 0, 100)["rows"]]
    pieces = [row["id"] for start in range(0, 40, 7) for row in page_of(run, query, start, 7)["rows"]]
    assert pieces == whole
    sure = [run.table["confidence"][run.table["id"].to_list().index(name)] for name in whole]
    known = [value for value in sure if value is not None]
    assert known == sorted(known, reverse=True)
    assert sure[len(known) :] == [None] * (len(sure) - len(known))


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "worse"},
        {"sort": "colour"},
        {"order": "up"},
        {"cmin": "nan"},
        {"cmin": "x"},
        {"page": "1"},
        {"kind": "won"},
        {"axis.colour": "red"},
    ],
)
def test_what_cannot_be_asked_is_refused(run: OpenedRun, asked: dict[str, str]) -> None:
    with pytest.raises(InputError):
        page_of(run, UtteranceQuery.parse(asked))


def test_an_utterance_shows_every_model_with_its_counts(shelf: RunShelf, run: OpenedRun) -> None:
    other = shelf.run("after")
    found = utterance_screen(run, 5, [other])
    assert [answer["model"] for answer in found["answers"]] == ["small", "large"]
    for answer, one in zip(found["answers"], (run, other), strict=True):
        row = scores_of(one).row(5, named=True)
        assert [answer[name] for name in ("substitutions", "deletions", "insertions")] == [
            row[name] for name in ("substitutions", "deletions", "insertions")
        ]
        assert answer["codes"] == edit_codes(
            (row["reference"] or "").split(), (row["hypothesis"] or "").split()
        )
    with pytest.raises(InputError, match="no row 40"):
        utterance_screen(run, 40)


def test_long_texts_are_cut_in_the_table_and_whole_in_the_utterance(run: OpenedRun) -> None:
    (row,) = page_of(run, UtteranceQuery.parse({"q": "w" * 1000}))["rows"]
    assert row["cut"]
    assert len(row["reference"]) == 400
    assert len(utterance_screen(run, row["row"])["text"]) > 40_000


def test_a_change_is_that_of_compare(shelf: RunShelf, pair: Pair) -> None:
    before, after = shelf.run("before"), shelf.run("after")
    found = change_screen(before, after)
    said = compare(pair.before, pair.after).model_dump(mode="json", by_alias=True)
    assert {name: found[name] for name in said} == said
    change = with_change(after, before)["change"]
    assert found["won"] + found["lost"] + found["same"] == found["matching"]["compared"]
    assert (
        page_of(after, UtteranceQuery(kind="won"), against=before)["total"]
        == found["won"]
        == (change < 0).sum()
    )


def test_a_histogram_keeps_every_value() -> None:
    every = pl.Series([float(n) for n in range(1000)] + [1e9, None])
    found = histogram(every.head(10), every)
    assert found is not None
    assert sum(found["all"]) == 1001
    assert sum(found["group"]) == 10
    assert found["above"]
    assert histogram(pl.Series([None], dtype=pl.Float64), pl.Series([None], dtype=pl.Float64)) is None


def test_a_part_that_was_changed_is_named_when_it_is_read(pair: Pair, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(pair.before, tmp_path / "copy"))
    shelf = RunShelf([copy])
    assert utterance_screen(shelf.run("copy"), 0)["id"]
    for part in (copy / "hypotheses").glob("*/part-*.parquet"):
        part.write_bytes(part.read_bytes() + b"x\n")
    with pytest.raises(RunFolderError, match=r"part-.* was changed"):
        utterance_screen(shelf.run("copy"), 0)
    (copy / "hypotheses" / "new").mkdir()  # a folder that was written to is checked again as a whole
    with pytest.raises(RunFolderError, match="part-"):
        shelf.run("copy")


@pytest.mark.parametrize("name", ["audit.json", "manifest.parquet", "scores", "run.yaml", "run.log.jsonl"])
def test_a_broken_seal_is_named_and_nothing_is_shown(pair: Pair, tmp_path: Path, name: str) -> None:
    copy = Path(shutil.copytree(pair.before, tmp_path / "copy"))
    target = copy / name
    if target.is_dir():
        target = next(path for path in sorted(target.rglob("*.parquet")))
    shelf = RunShelf([copy, pair.after])
    assert shelf.run("copy").result.totals.n_in == 40
    target.write_bytes(target.read_bytes() + b"x\n")
    with pytest.raises(RunFolderError, match=target.name):
        shelf.run("copy")
    (line, other) = runs_screen(shelf)["runs"]
    assert set(line) == {"key", "problem"}
    assert target.name in line["problem"]
    assert other["key"] == "after"
    with pytest.raises(RunFolderError):
        open_run(copy, "copy")


def test_accepted_scores_that_contradict_the_audit_are_not_shown(pair: Pair, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(pair.before, tmp_path / "copy"))
    (path,) = (copy / "scores").glob("*.parquet")
    pl.read_parquet(path).with_columns(pl.col("insertions") + 1).write_parquet(path)
    accept_changes(copy, "a test")
    run = open_run(copy, "copy")
    assert any("a test" in note for note in run_screen(run)["notes"])
    with pytest.raises(RunFolderError, match="scores hold"):
        page_of(run, UtteranceQuery())


def test_a_folder_may_have_any_name(pair: Pair, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(pair.before, tmp_path / "a [1] *"))
    shelf = RunShelf([copy])
    run = shelf.run("a-1")
    assert page_of(run, UtteranceQuery())["total"] == 40
    assert utterance_screen(run, 5)["answers"][0]["verbatim"]


def test_runs_of_one_name_get_keys_of_their_own(tmp_path: Path) -> None:
    paths = [tmp_path / "a" / "run", tmp_path / "b" / "run", tmp_path / "c" / "r?/ n"]
    assert list(RunShelf(paths).paths) == ["run", "run-2", "n"]
    with pytest.raises(InputError, match="twice"):
        RunShelf([paths[0], paths[0]])
    with pytest.raises(InputError, match="at least one"):
        RunShelf([])
    with pytest.raises(RunFolderError, match="not a run folder"):
        RunShelf(paths).require_one()
