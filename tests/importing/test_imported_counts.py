"""Counts that were made elsewhere: the figures of the texts they came from, and a reason where texts are needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import speechfair
from speechfair.errors import InputError, RunFolderError, SpeechfairError
from speechfair.metrics.error_counts import count_errors
from speechfair.verbs.import_transcripts import import_transcripts

WORDS = ("one", "cat", "sat", "on", "mats")


def texts(seed: int, n: int = 60) -> tuple[list[str], list[str]]:
    """References, and what was heard: words are replaced, lost and added."""
    rng = np.random.default_rng(seed)
    said = [list(rng.choice(WORDS, 5)) for _ in range(n)]
    heard = [
        [str(word) for word in line for word in [word] * int(rng.integers(0, 3) if rng.random() < 0.2 else 1)]
        + ["er"] * int(rng.random() < 0.1)
        for line in said
    ]
    return [" ".join(line) for line in said], [" ".join(line) for line in heard]


def figures(result: Any) -> list[Any]:
    """Everything that needs no text, no kind of error and no knowledge of runaways."""
    return [
        (
            g.axis,
            g.value,
            g.reference_length,
            g.rate,
            g.speaker_mean_rate,
            g.ratio,
            g.difference,
            g.ratio_simultaneous,
        )
        for g in [result.overall, *result.groups]
    ] + [(a.gap, a.gap_p_value, a.between_group_sd) for a in result.axes]


def test_counts_give_the_figures_of_their_texts() -> None:
    said, heard = texts(1)
    about: dict[str, Any] = {
        "groups": {"accent": ["xyz"[n % 3] for n in range(60)]},
        "speakers": [f"s{n % 21}" for n in range(60)],
        "reference": {"accent": "y"},
    }
    counts = count_errors(said, heard)
    whole = speechfair.evaluate(said, heard, **about)
    kinds = {name: counts[name] for name in ("substitutions", "deletions", "insertions")}
    words = counts["reference_length"]
    apart = speechfair.evaluate_counts(kinds, words, **about)
    together = speechfair.evaluate_counts(sum(kinds.values()).to_list(), words.to_numpy(), **about)
    assert figures(whole) == figures(apart) == figures(together)
    for one, other in zip(whole.groups, apart.groups, strict=True):
        assert (one.kind_ratios, one.n_runaway, one.insertions) == (
            other.kind_ratios,
            other.n_runaway,
            other.insertions,
        )
    assert {(g.insertions, g.kind_ratios) for g in together.groups} == {(None, None)}
    assert any("not told apart" in note for note in together.notes)
    assert not any("not told apart" in note for note in apart.notes)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("counts")
    rng = np.random.default_rng(1)
    errors = rng.integers(0, 4, 40)
    table = pl.DataFrame(
        {
            "speaker": [f"s{n}" for n in range(40)],
            "accent": ["xy"[n % 2] for n in range(40)],
            "words": [20] * 40,
            "old": errors,
            "new_wer": [f"{5 * n:.1f} %" for n in errors],
        }
    )
    table.write_csv(folder / "study.csv")
    criteria = folder / "criteria.yaml"
    criteria.write_text(
        "schema: speechfair/criteria/1\nnormalizer: counted-elsewhere\ntokens: words\n"
        "without_failure_rate: the study counts failures as deleted words\ncriteria:\n"
        "  - {id: r, metric: rate, axis: accent, groups: all, limit: 0.9, min_speakers: 5}\n"
    )
    speechfair.criteria_freeze(criteria)
    found = import_transcripts(
        folder / "study.csv", group_by=["accent"], out=folder / "runs", words="words", errors={"old": "old"},
        error_rates={"new": "new_wer"}, rate_in="percent",
    )  # fmt: skip
    return found, criteria


def test_rates_times_words_are_the_errors(done: Any) -> None:
    found, _ = done
    assert figures(found.results["old"]) == figures(found.results["new"])
    assert any(line.startswith("new: errors are rate times words") for line in found.said)


def test_everything_that_needs_only_counts_works(done: Any) -> None:
    found, criteria = done
    old, new = found.folders["old"], found.folders["new"]
    assert speechfair.verify(old).ok
    assert "counted elsewhere" in (old / "report.html").read_text()
    same = speechfair.compare(old, new)
    assert same.overall.difference.value == 0
    assert "without texts" in str(same.mapsswe.reason)
    assert len(speechfair.leaderboard([old, new]).models) == 2
    verdict = speechfair.gate(old, criteria)
    assert verdict.notes[0].startswith("the counts were imported, and existed before")
    assert verdict.verdict == "pass", str(verdict)
    assert speechfair.score(old).overall == found.results["old"].overall
    assert found.results["old"].speakers("accent").height == 40


def test_what_needs_texts_failures_or_kinds_says_so(done: Any) -> None:
    folder = done[0].folders["new"]
    with pytest.raises(RunFolderError, match="no texts"):
        speechfair.view(folder, bundle=folder.parent.parent / "bundle")
    with pytest.raises(InputError, match="no texts"):
        speechfair.score(folder, ["accent"], normalizer="english")
    with pytest.raises(InputError, match="have no texts"):
        speechfair.score(folder, ["accent"], metrics=["number_error_rate"])
    with pytest.raises(InputError, match="have no texts"):
        speechfair.score(folder, ["accent"], metrics=["character_error_rate"])
    result = speechfair.score(
        folder, ["accent"], metrics=["failure_rate", "insertion_rate", "word_error_rate"]
    )
    reasons = [metric.groups[0].rate.reason for metric in result.metrics or []]
    assert ["which utterances failed" in str(reasons[0]), "apart" in str(reasons[1]), reasons[2]] == [
        True,
        True,
        None,
    ]


BAD: list[tuple[str, dict[str, list[Any]], dict[str, Any], str]] = [
    ("a rate without words", {}, {"error_rates": {"a": "wer"}, "words": None}, "number of words"),
    ("a rate without unit", {}, {"error_rates": {"a": "wer"}}, "--rate-in"),
    ("no words in a row", {"words": ["5", ""]}, {}, r"line 3, column 'words': the number of words is missing"),
    ("NaN", {"errors": ["nan", "1"]}, {}, r"line 2, column 'errors': the number of errors is missing"),
    ("negative", {"errors": ["1", "-2"]}, {}, r"line 3, column 'errors': '-2' is not"),
    ("infinite", {"errors": ["inf", "2"]}, {}, r"line 2, column 'errors': 'inf' is not"),
    ("a half", {"errors": ["1", "2.5"]}, {}, r"line 3, column 'errors': '2.5' .* whole number"),
    ("a half word", {"words": ["4.5", "2"]}, {}, r"line 2, column 'words': '4.5' .* whole number"),
    ("text", {"errors": ["1", "few"]}, {}, r"line 3, column 'errors': 'few' is not"),
    ("contradiction", {}, {"error_rates": {"a": "wer"}, "rate_in": "percent"}, r"line 2: 1 errors in 5 words"),
    ("percent as a fraction", {"wer": ["0.2", "12%"]},
     {"errors": {}, "error_rates": {"a": "wer"}, "rate_in": "fraction"},
     r"line 3, column 'wer': '12%' is a percentage, not an error rate as a fraction; say --rate-in percent"),
    ("percent as errors", {"errors": ["5", "5 %"]}, {},
     r"line 3, column 'errors': '5 %' is a percentage, .*--error-rate"),
    ("percent as words", {"words": ["5%", "5"]}, {}, r"line 2, column 'words': '5%' is a percentage"),
    ("exponents that disagree", {"wer": ["2e-1", "1e-1"]}, {"error_rates": {"a": "wer"}, "rate_in": "fraction"},
     r"line 3: 2 errors in 4 words are not an error rate of 0.1"),
    ("a rate of nothing", {"words": ["5", "0"]}, {"errors": {}, "error_rates": {"a": "wer"}, "rate_in": "fraction"},
     r"line 3: 0 errors in 0 words"),
    ("two kinds", {}, {"errors": {"a": ["errors", "errors"]}}, "three, in the order"),
    ("kinds beyond words", {}, {"errors": {"a": "errors,words,errors"}}, r"line 2: 1 substitutions .* 5 words"),
    ("no such column", {}, {"errors": {"a": "mistakes"}}, "no column 'mistakes'"),
    ("texts too", {}, {"hypotheses": {"b": "errors"}}, "not for both"),
    ("text options", {}, {"not_asked_by": "accent", "references_format": "trn", "strip_suffix": ["x"]},
     "--references-format, --not-asked-by, --strip-suffix"),
    ("words alone", {}, {"errors": {}}, "belong to counts"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "cells", "asked", "message"), BAD, ids=[case[0] for case in BAD])
def test_what_is_no_count_is_refused_with_its_row(
    what: str, cells: dict[str, list[Any]], asked: dict[str, Any], message: str, tmp_path: Path
) -> None:
    good = {"errors": ["1", "2"], "words": ["5", "4"], "wer": ["0.20", "0.50"], "accent": ["x", "y"]}
    pl.DataFrame(good | cells).write_csv(tmp_path / "t.csv")
    given = {"words": "words", "errors": {"a": "errors"}, "group_by": ["accent"]} | asked
    with pytest.raises(SpeechfairError, match=message):
        import_transcripts(tmp_path / "t.csv", out=tmp_path / "runs", **given)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("rates", [["2e-1", "5.0E-01"], ["0.2", "5e-1"], ["1.2e1", "0"]])
def test_rates_may_have_exponents_and_fractions_above_1_are_named(rates: list[str], tmp_path: Path) -> None:
    pl.DataFrame({"words": ["50", "40"], "wer": rates}).write_csv(tmp_path / "t.csv")
    found = import_transcripts(
        tmp_path / "t.csv", out=tmp_path / "runs", words="words", error_rates={"a": "wer"}, rate_in="fraction"
    )
    assert any("are they in percent?" in line for line in found.said) == (rates[1] == "0")
    wanted = sum(float(rate) * words for rate, words in zip(rates, (50, 40), strict=True)) / 90
    assert found.results["a"].overall.rate.value == pytest.approx(wanted)


def test_rows_without_words_are_excluded_or_counted_where_asked() -> None:
    """Three words invented on silence count as errors, or as errors and words."""
    for way, errors, words in (("exclude", 1, 4), ("errors", 4, 4), ("errors-and-words", 4, 7)):
        result = speechfair.evaluate_counts([1, 3], [4, 0], empty_references=way)  # type: ignore[arg-type]
        assert result.overall.rate.value == errors / words
        assert result.overall.reference_length == words


def test_bad_arguments_in_python_name_the_argument() -> None:
    with pytest.raises(InputError, match="errors: 1 values for 2 words"):
        speechfair.evaluate_counts([1], [4, 5])
    with pytest.raises(InputError, match="substitutions, deletions, insertions"):
        speechfair.evaluate_counts({"substitutions": [1]}, [4])
    for second in (-1, "2%"):
        with pytest.raises(SpeechfairError, match="row 1"):
            speechfair.evaluate_counts(["1", str(second)], [4, 5])
