"""A sequence of scripted releases: small steps that pass and add up, corrected passes, and the same in every form."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import jsonschema
import polars as pl
import pytest
from typer.testing import CliRunner

from speechfair import compare, sequence
from speechfair.auditing.run import audit
from speechfair.cli.main import app
from speechfair.comparing.matching import ScoredRun
from speechfair.comparing.sequence import ReleaseSequence, json_schema
from speechfair.comparing.sequence_table import drift_words
from speechfair.comparing.several_runs import read_runs, shared_utterances
from speechfair.errors import InputError
from speechfair.messages.translation import Translator
from speechfair.testing import Scripted
from speechfair.types import Label, Utterance
from tests.support import scripted_texts, small_corpus

CHECKOUT = Path(__file__).resolve().parents[2]
STEPS = 4
TEXT = " ".join(f"word{i}" for i in range(60))
MARGIN = {"absolute": 0.03}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Each release makes one word of sixty more wrong in group y, and none in x."""
    base = tmp_path_factory.mktemp("runs")
    corpus = small_corpus(base / "wav", speakers=24, per_speaker=4, text=TEXT)
    for number in range(STEPS + 1):
        failures = {"s01-0": "no text"} if number == 1 else None
        model = Scripted(
            scripted_texts(corpus, {"x": 3, "y": 4 + number}), name=f"v{number}", failures=failures
        )
        audit(corpus, model, ["accent"], out=base / f"v{number}")
    corpus.rows = corpus.rows[:-1]
    audit(
        corpus,
        Scripted(scripted_texts(corpus, {"x": 3, "y": 4}), name="fewer"),
        ["accent"],
        out=base / "fewer",
    )
    return [base / f"v{number}" for number in range(STEPS + 1) if number != 1]


@pytest.fixture(scope="module")
def found(runs: list[Path]) -> ReleaseSequence:
    return sequence(runs, **MARGIN)  # type: ignore[arg-type]


def test_slow_drift_through_steps_that_all_pass_is_a_fail(found: ReleaseSequence) -> None:
    steps = [release.since_previous for release in found.releases[1:]]
    # the first step is of two words, which is beyond the margin and no drift
    assert [step.verdict for step in steps if step][1:] == ["pass", "pass"]
    assert found.releases[0].since_previous is None
    assert found.verdict == "fail"
    assert "against the first: worse by more than the margin" in found.reason


def test_the_drift_is_named_with_its_steps(runs: list[Path]) -> None:
    base = runs[0].parent
    small = sequence([base / "v2", base / "v3", base / "v4"], absolute=0.025, relative=0.0)
    (drift,) = [one for one in small.drifts if one.axis == "accent"]
    assert (drift.value, drift.shown) == ("y", True)
    assert drift.steps == pytest.approx([1 / 60, 1 / 60])
    assert drift.difference.value == pytest.approx(2 / 60)
    assert "Slow drift in accent=y: +3.3 points since the first release" in str(small)


def test_each_change_is_that_of_a_comparison(found: ReleaseSequence, runs: list[Path]) -> None:
    alone = compare(runs[0], runs[-1], **MARGIN)  # type: ignore[arg-type]
    last = found.releases[-1].since_first
    assert last is not None
    for group in alone.groups:
        change = next(one for one in last.changes if one.value == group.value)
        assert (change.difference, change.no_harm) == (group.difference, group.no_harm)
    assert last.verdict == alone.verdict


def test_slow_drift_back_up_from_the_best_release_does_not_pass(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "wav", speakers=24, per_speaker=4, text=TEXT)
    for place, wrong in enumerate((20, 6, 7, 8, 9)):
        model = Scripted(scripted_texts(corpus, {"x": 20, "y": wrong}), name=f"v{place}")
        audit(corpus, model, ["accent"], out=tmp_path / f"v{place}")
    found = sequence([tmp_path / f"v{place}" for place in range(5)], absolute=0.03, relative=0.0)
    last = found.releases[-1]
    assert last.since_previous is not None
    assert last.since_first is not None
    assert last.since_lowest is not None
    assert (last.since_previous.verdict, last.since_first.verdict) == ("pass", "pass")
    assert (last.since_lowest.verdict, found.verdict) == ("fail", "fail")
    assert last.since_lowest.against is None
    against = {change.value: change.against for change in last.since_lowest.changes}
    assert (against["x"], against["y"]) == ("v0", "v1")
    (drift,) = [one for one in found.drifts if one.axis == "accent"]
    assert (drift.value, drift.since, drift.shown, len(drift.steps)) == ("y", "v1", True, 3)
    assert "Slow drift in accent=y: +5.0 points since its lowest rate, in v1" in str(found)
    assert [release.since_lowest is None for release in found.releases] == [True, True, True, False, False]
    for line in (drift_words(drift), *(note for note in found.tables()[0].notes if "lowest" in note)):
        assert not re.search(r"\b(lowest|since|against)\b", Translator("ja")(line)), line


def test_two_releases_are_one_comparison_without_a_correction(runs: list[Path]) -> None:
    pair = sequence(runs[-2:], **MARGIN)  # type: ignore[arg-type]
    alone = compare(*runs[-2:], **MARGIN)  # type: ignore[arg-type]
    assert (pair.n_claims, pair.verdict) == (1, alone.verdict)
    assert pair.releases[1].since_previous == pair.releases[1].since_first


def test_a_pass_is_corrected_for_the_number_of_claims(found: ReleaseSequence) -> None:
    assert found.n_claims == 1 + 2 + 3 * (len(found.releases) - 3)
    levels = [
        release.since_previous.adjusted_level for release in found.releases[1:] if release.since_previous
    ]
    assert max(levels) <= 1 - 0.05 / found.n_claims + 1e-12
    assert min(levels) >= 0.95
    for release in found.releases[1:]:
        for judged in (release.since_previous, release.since_first):
            assert judged is not None
            passes = all(change.passes_adjusted for change in judged.changes)
            assert (judged.verdict == "pass") == passes


def test_without_groups_nothing_passes(runs: list[Path]) -> None:
    none = sequence([runs[0], runs[0].parent / "v1"], group_by=[], absolute=0.9)
    assert none.verdict == "undetermined"
    assert "name an axis with --group-by" in none.reason


def test_failures_and_other_manifests_are_named(runs: list[Path]) -> None:
    base = runs[0].parent
    assert "v1: 1 failed utterance counts as all deleted" in sequence([base / "v0", base / "v1"]).notes
    with pytest.raises(InputError, match=r"manifest|differ"):
        sequence([base / "v0", base / "fewer"])
    common = sequence([base / "v0", base / "v2", base / "fewer"], match="common")
    assert common.n_left_out == {"v0": 1, "v2": 1}
    with pytest.raises(InputError, match="needs two or more run folders"):
        sequence([base / "v0"])
    with pytest.raises(InputError, match="given twice"):
        sequence([base / "v0", base / "v0"])


def test_a_group_that_one_release_lacks_or_labels_otherwise_is_named_and_nothing_passes(
    runs: list[Path], tmp_path: Path
) -> None:
    old = runs[0].parent / "v0"
    corpus = small_corpus(tmp_path / "wav", speakers=24, per_speaker=4, text=TEXT)
    whole = corpus.rows
    relabelled = [replace(row, labels=_renamed(row.labels)) for row in whole if isinstance(row, Utterance)]
    only_x = [row for row in whole if isinstance(row, Utterance) and row.labels[0].value == "x"]
    for name, rows, lost in (("other", relabelled, ["y", "z"]), ("lacks", only_x, ["y"])):
        corpus.rows = whole
        model = Scripted(scripted_texts(corpus, {"x": 3, "y": 4}), name=name)
        corpus.rows = rows
        audit(corpus, model, ["accent"], out=tmp_path / name)
        found = sequence([old, tmp_path / name], match="common", group_by=["accent"], absolute=0.5)
        assert [group.value for group in found.lost_groups] == lost
        assert found.verdict == "undetermined"
        assert "harm may lie in what is not compared: accent=y" in found.reason
        assert any(note.startswith("accent=y is not compared") for note in found.notes)
        assert all(change.passes_adjusted for change in found.releases[-1].since_previous.changes)  # type: ignore[union-attr]
        said = [Translator("ja")(note) for note in found.notes if "accent=" in note]
        assert said
        assert not any("utterance" in note for note in said)


def _renamed(labels: tuple[Label, ...]) -> tuple[Label, ...]:
    return tuple(replace(label, value="z") if label.value == "y" else label for label in labels)


def test_an_order_that_numbers_or_times_contradict_is_noted(runs: list[Path], tmp_path: Path) -> None:
    right, wrong = sequence(runs[:2]).notes, sequence(runs[1::-1]).notes
    assert not any("check the order" in note for note in right)
    by_number, by_time = (note for note in wrong if "check the order" in note)
    assert by_number == "check the order of the releases: v0 comes after v2, though its number is lower"
    assert "v0 comes after v2, though its run began before (20" in by_time
    for note in (by_number, by_time):
        assert Translator("ja")(note).startswith("リリースの順序")
    for old, new in ((runs[0], "v9"), (runs[1], "v10")):
        shutil.copytree(old, tmp_path / new)
    assert not any("v9" in note for note in sequence([tmp_path / "v9", tmp_path / "v10"]).notes)


def test_left_out_utterances_are_counted_for_each_of_two_folders_of_one_name(
    runs: list[Path], tmp_path: Path
) -> None:
    base = runs[0].parent
    for name in ("v0", "v2"):
        shutil.copytree(base / name, tmp_path / name / "run")
    found = sequence([tmp_path / "v0" / "run", tmp_path / "v2" / "run", base / "fewer"], match="common")
    assert found.n_left_out == {"v0": 1, "v2": 1}


def test_utterances_that_runs_exclude_are_counted_once_each(runs: list[Path]) -> None:
    def without(run: ScoredRun, *ids: str) -> ScoredRun:
        reason = pl.when(pl.col("utterance_id").is_in(ids)).then(pl.lit("not asked")).otherwise("excluded")
        return replace(run, scores=run.scores.with_columns(reason.alias("excluded")))

    read = read_runs(runs[:3], "a test")
    asked = [read[0], without(read[1], "s01-0", "s02-0"), without(read[2], "s02-0", "s03-0")]
    shared = shared_utterances(asked, "identical", ["accent"])
    assert shared.excluded == 3
    assert len(shared.ids) + shared.excluded == len(read[0].scores)
    y = [name for name in read[0].scores["utterance_id"] if int(name[1:3]) % 2]
    assert shared_utterances([read[0], without(read[1], *y)], "identical", ["accent"]).lost == {
        ("accent", "y"): [0]
    }


def test_a_verdict_against_three_releases_is_japanese_throughout() -> None:
    worse = "worse by more than the margin: accent=y"
    reason = "; ".join(
        f"against {what}: {worse}" for what in ("the one before", "the first", "the lowest earlier rates")
    )
    said = Translator("ja")(f"Verdict on the last release: fail. v4 {reason}.")
    assert said.count("余裕幅を超えて悪化:accent=y") == 3
    assert "against" not in said


def test_command_page_and_json_say_the_same(found: ReleaseSequence, runs: list[Path], tmp_path: Path) -> None:
    out, page = tmp_path / "s.json", tmp_path / "s.html"
    words = [
        "sequence",
        *map(str, runs),
        "--margin-absolute",
        "0.03",
        "--out",
        str(out),
        "--report",
        str(page),
    ]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1, done.output
    assert "Verdict on the last release: fail" in done.stdout
    assert ReleaseSequence.model_validate_json(out.read_text()) == found
    jsonschema.validate(json.loads(out.read_text()), json_schema())
    assert json.loads((CHECKOUT / "docs/schemas/sequence-1.json").read_text()) == json_schema()
    assert "against the one before" in page.read_text()
    assert repr(found) == "<ReleaseSequence of 4 releases: fail>"
