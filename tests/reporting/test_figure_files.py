"""From a run folder to charts, tables, speakers and words: the numbers are those of ``audit.json``."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import polars as pl
import pytest

import speechfair
from speechfair.auditing.result import AuditResult, read_audit
from speechfair.auditing.speaker_rates import fragile
from speechfair.auditing.word_losses import words_by_axis, words_by_group
from speechfair.errors import InputError
from speechfair.reporting.figure_files import figures, table
from speechfair.wording import percent, times


@pytest.fixture(scope="module")
def result(run: Path) -> AuditResult:
    return read_audit(run / "audit.json")


def test_speakers_and_utterances_add_up_to_the_audit(result: AuditResult) -> None:
    speakers = result.speakers("first_language")
    for group in result.groups:
        mine = speakers.filter(pl.col("group") == group.value)
        errors = group.substitutions + group.deletions + group.insertions
        assert mine["errors"].sum() == errors
        assert mine["reference_length"].sum() == group.reference_length
        assert mine["n_utterances"].sum() == group.n_utterances
    assert result.utterances().height == result.totals.n_in


def test_the_rate_of_a_population_is_between_those_of_its_groups(result: AuditResult) -> None:
    rates = {group.value: group.rate.value or 0.0 for group in result.groups_of("first_language")}
    names = sorted(rates, key=rates.__getitem__)
    weights = {names[0]: 3.0, names[-1]: 1.0}
    found = result.post_stratified(weights, "first_language")
    assert found.value == pytest.approx((3 * rates[names[0]] + rates[names[-1]]) / 4)
    assert result.post_stratified({names[0]: 1.0}).value == pytest.approx(rates[names[0]])
    with pytest.raises(InputError, match="no group 'klingon'"):
        result.post_stratified({"klingon": 1.0}, "first_language")
    with pytest.raises(InputError, match="not negative"):
        result.post_stratified({names[0]: -1.0})


def test_a_result_without_a_folder_says_so(result: AuditResult) -> None:
    with pytest.raises(InputError, match="knows no run folder"):
        result.model_copy(update={"seed": 1}).speakers()
    loose = speechfair.evaluate(["a b"] * 2, ["a"] * 2, {"sex": ["f", "m"]}, speakers=["p", "q"])
    with pytest.raises(InputError, match="knows no run folder"):
        loose.utterances()
    assert loose.plot(kind="rates").name == "sex-rates"
    with pytest.raises(InputError, match="no axis 'nothing'"):
        loose.plot("nothing")


def test_words_come_with_counts_and_speakers(result: AuditResult) -> None:
    words = {one.group: one for one in words_by_group(result.utterances(), "first_language")}
    lost = words["jpn"].lost[0]
    assert (lost.said, lost.n, lost.n_speakers) == ("nine", 23, 8)
    heard = words["jpn"].substituted[0]
    assert (heard.said, heard.heard, heard.n, heard.n_speakers) == ("one", "won", 23, 8)
    assert words["eng"].lost[0].said == "two"


def test_words_of_several_axes_are_those_of_each(result: AuditResult) -> None:
    scores = result.utterances()
    axes = ["first_language", "gender", "first_language+gender"]
    together = words_by_axis(scores, axes)
    assert together == {axis: words_by_group(scores, axis) for axis in axes}
    assert sum(len(groups) for groups in together.values()) > len(axes)


def test_leaving_one_speaker_out_is_noticed(result: AuditResult) -> None:
    """One English speaker made most of the errors of the group: without them it is better than with them."""
    group = next(g for g in result.groups if g.value == "jpn")
    tried = fragile(result.utterances(), group, "eng")
    assert tried is not None
    assert tried.n_tried == 16
    assert tried.all_tried


def test_files_are_written_and_bad_choices_refused(run: Path, tmp_path: Path) -> None:
    paths = figures(run, tmp_path, formats=["svg"])
    assert {path.name for path in paths} == {
        *(f"first_language-{kind}.svg" for kind in ("rates", "ratios", "kinds")), "summary.md",
    }  # fmt: skip
    assert 'src="first_language-ratios.svg"' in (tmp_path / "summary.md").read_text()
    with pytest.raises(InputError, match="no figure format"):
        figures(run, tmp_path, formats=["jpg"])  # type: ignore[list-item]
    with pytest.raises(InputError, match="no axis 'accent'"):
        table(run, axis="accent")


@pytest.mark.parametrize("form", ["markdown", "latex", "csv", "html"])
def test_tables_hold_the_rates(run: Path, result: AuditResult, form: str) -> None:
    text = table(run, form)  # type: ignore[arg-type]
    for group in result.groups:
        assert (str(group.rate.value) if form == "csv" else percent(group.rate.value)) in text


def test_the_page_says_what_audit_json_says(run: Path) -> None:
    stored = json.loads((run / "audit.json").read_text())
    page = (run / "report.html").read_text()
    text = re.sub("[\u2068\u2069]", "", unescape(re.sub(r"<[^>]+>", " ", page)))
    for group in stored["groups"]:
        assert percent(group["rate"]["value"]) in text
        if group["ratio"] is not None:
            assert times(group["ratio"]["value"]) in text
            assert f'data-sort="{group["ratio"]["value"]}"' in page
    assert "Japanese" in text
    assert "nine (23 ×, 8 speakers)" in text


def test_hostile_and_endless_texts_are_shown_as_text_and_cut(run: Path) -> None:
    page = (run / "report.html").read_text()
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert re.search("show [0-9\u202f]+ of 20\u202f000 characters", page)
    assert unescape(page).count("alert(1)") >= 2, "title and text"
