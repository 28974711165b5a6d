from __future__ import annotations

import json
from pathlib import Path

import pytest

from speechfair.auditing.evaluate import evaluate_counts
from speechfair.auditing.run import audit, prepare
from speechfair.errors import InputError, RunFolderError
from speechfair.exploring.planning import detectable, plan, read_scores
from speechfair.metrics.error_counts import errors_of
from speechfair.metrics.power import Population, speakers_needed
from speechfair.running.scoring import add_axis
from speechfair.testing import Scripted
from tests.support import scripted_texts, small_corpus


def varied(texts: dict[str, str]) -> dict[str, str]:
    """Every third speaker is worse served: their last three words are wrong too."""
    return {
        name: " ".join([*text.split()[:-3], *["wrong"] * 3]) if int(name[1:3]) % 3 == 0 else text
        for name, text in texts.items()
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("planning")
    corpus = small_corpus(place / "wav", speakers=24)
    model = Scripted(varied(scripted_texts(corpus, {"x": 1, "y": 2})))
    audit(corpus, model, ["accent", "gender"], out=place / "run")
    return place / "run"


def test_stated_figures_are_those_of_the_metric() -> None:
    made = plan(rate=0.2, cv=0.5, words_per_speaker=200, comparisons=4)
    assert made.level == pytest.approx(1 - 0.05 / 4)
    assert made.speakers == speakers_needed(Population(0.2, 0.5, 200), 1.25, level=made.level)
    assert made.words == 200 * (made.speakers or 0)
    assert (made.speakers_low, made.speakers_high, made.pilot) == (None, None, None)
    assert f"{made.speakers} speakers per group" in str(made)
    assert "(4 comparisons)" in str(made)
    reached = [point.speakers for point in made.curve if point.power >= 0.8]
    assert made.speakers is not None
    assert min(reached) >= made.speakers
    assert made.curve[0].speakers == 5


def test_a_pilot_gives_its_figures_and_its_doubt(run: Path) -> None:
    made = plan(pilot=run, axis="accent")
    assert made.pilot is not None
    assert (made.pilot.reference, made.pilot.n_groups, made.pilot.spread.n_speakers) == ("x", 2, 24)
    assert made.population.rate == pytest.approx(
        (4 / 3 + 1) / 10
    )  # one or two wrong words, and three for a third
    assert made.population.words_per_speaker == 30
    assert made.population.variation == made.pilot.spread.variation > 0.2
    assert made.speakers_low is not None
    assert made.speakers is not None
    assert made.speakers_high is not None
    assert made.speakers_low < made.speakers < made.speakers_high
    low, high = made.curve[10].low, made.curve[10].high
    assert low is not None
    assert high is not None
    assert low < made.curve[10].power < high
    content = json.loads(made.to_json())
    assert content["schema"] == "speechfair/plan/1"
    assert content["pilot"]["spread"]["low"] == made.pilot.spread.low
    assert "with the pilot's uncertainty" in str(made)


def test_what_is_stated_takes_the_place_of_the_pilot(run: Path) -> None:
    made = plan(pilot=run, axis="gender", reference="male", rate=0.3, cv=0.7, words_per_speaker=500)
    assert made.pilot is not None
    assert made.pilot.reference == "male"
    assert (made.population.rate, made.population.variation) == (0.3, 0.7)
    assert made.speakers_low is None, "a stated variation has no uncertainty of the pilot"


def test_a_finished_audit_lists_every_group(run: Path) -> None:
    found = detectable(run)
    assert [(row.axis, row.group, row.reference) for row in found.groups] == [
        ("accent", "y", "x"),
        ("gender", "female", "male"),
    ]
    accent = found.groups[0]
    assert accent.reason is None
    assert accent.detectable_ratio is not None
    assert accent.detectable_ratio > 1
    stricter = detectable(run, power=0.95, comparisons=3).groups[0].detectable_ratio
    assert stricter is not None
    assert stricter > accent.detectable_ratio
    assert f"{accent.detectable_ratio:.2f}" in str(found)
    assert json.loads(found.to_json())["groups"][0]["group"] == "y"


def test_few_speakers_have_a_reason(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "wav", speakers=6)
    audit(corpus, Scripted(scripted_texts(corpus, {"x": 1, "y": 2})), ["accent"], out=tmp_path / "run")
    (row,) = detectable(tmp_path / "run").groups
    assert row.detectable_ratio is None
    assert "fewer than 5 speakers (3)" in str(row.reason)
    assert "fewer than 5 speakers" in str(detectable(tmp_path / "run"))


def test_a_pilot_without_errors_needs_a_stated_rate(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "wav")
    texts = varied(scripted_texts(corpus, {"x": 0, "y": 2}))
    perfect = {row.id: row.text for row in corpus.rows if row.labels[0].value == "x"}  # type: ignore[union-attr]
    audit(corpus, Scripted({**texts, **perfect}), ["accent"], out=tmp_path / "run")  # type: ignore[dict-item]
    with pytest.raises(InputError, match=r"'x' has no errors; state its --rate"):
        plan(pilot=tmp_path / "run", axis="accent")
    assert plan(pilot=tmp_path / "run", axis="accent", rate=0.1).speakers


def test_bad_input_is_named(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--cv, --words-per-speaker missing"):
        plan(rate=0.2)
    with pytest.raises(InputError, match="needs --axis"):
        plan(pilot=run)
    with pytest.raises(InputError, match="give --pilot RUN too"):
        plan(axis="accent", rate=0.2, cv=0.5, words_per_speaker=100)
    with pytest.raises(InputError, match=r"no label on the axis 'acent'; did you mean 'accent'"):
        plan(pilot=run, axis="acent")
    with pytest.raises(InputError, match="no group 'z'"):
        plan(pilot=run, axis="accent", reference="z")
    with pytest.raises(InputError, match="comparisons is 0"):
        plan(rate=0.2, cv=0.5, words_per_speaker=100, comparisons=0)
    with pytest.raises(InputError, match="comparisons is 0"):
        detectable(run, comparisons=0)
    with pytest.raises(RunFolderError, match="not a run folder"):
        detectable(tmp_path)


def test_an_unscored_or_ungrouped_run_is_refused(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "wav")
    prepare(corpus, tmp_path / "prepared")
    with pytest.raises(RunFolderError, match="speechfair transcribe"):
        detectable(tmp_path / "prepared")
    audit(corpus, Scripted(scripted_texts(corpus, {"x": 1, "y": 2})), out=tmp_path / "plain")
    with pytest.raises(InputError, match="scored without groups"):
        detectable(tmp_path / "plain")


STATED = {"rate": 0.2, "cv": 0.5, "words_per_speaker": 200}


def test_other_texts_cost_speakers_and_too_few_texts_cannot_do() -> None:
    these, others = plan(**STATED), plan(**STATED, texts=40, text_cv=0.3)
    assert these.speakers is not None
    assert others.speakers is not None
    assert others.speakers > these.speakers
    assert [count for count, _ in others.by_texts] == [20, 40, 80, 160]
    needed = [speakers for _, speakers in others.by_texts if speakers is not None]
    assert needed == sorted(needed, reverse=True)
    assert "The interval is for other texts too" in str(others)
    few = plan(**STATED, texts=6, text_cv=0.3)
    assert few.speakers is None
    least = int((few.reason or "").split("it takes ")[1].split()[0])
    assert plan(**STATED, texts=least, text_cv=0.3).speakers
    assert plan(**STATED, texts=least - 1, text_cv=0.3).speakers is None


def test_a_metric_is_planned_in_its_own_trials(run: Path) -> None:
    made = plan(metric="failure_rate", rate=0.03, cv=1.0, trials_per_speaker=30, ratio=2.0)
    assert made.speakers == speakers_needed(Population(0.03, 1.0, 30), 2.0)
    assert (made.metric, made.trial) == ("failure_rate", "utterances")
    assert "failure_rate ratio of 2" in str(made)
    assert "utterances per group" in str(made)
    words, same = plan(pilot=run, axis="accent"), plan(pilot=run, axis="accent", metric="word_error_rate")
    assert same.population == words.population
    sentences = plan(pilot=run, axis="accent", metric="sentence_error_rate")
    assert sentences.population.rate == 1.0, "every sentence has a wrong word"
    assert sentences.population.words_per_speaker == words.population.words_per_speaker / 10
    letters = plan(pilot=run, axis="accent", metric="character_error_rate")
    assert letters.population.words_per_speaker > 3 * words.population.words_per_speaker


def test_what_does_not_go_together_is_refused(run: Path) -> None:
    for given, message in (
        ({"texts": 20}, "--text-cv missing"),
        ({"text_cv": 0.3}, "belongs to --texts"),
        ({"texts": 4, "text_cv": 0.3}, "4 texts"),
        ({"texts": 20, "text_cv": -1.0}, "0 or more"),
        ({"metric": "latency"}, "is an amount"),
        ({"metric": "failure_rat"}, "did you mean 'failure_rate'"),
        ({"metric": "failure_rate"}, "give --trials-per-speaker, not"),
        ({"trials_per_speaker": 30}, "belongs to --metric"),
    ):
        with pytest.raises(InputError, match=message):
            plan(**STATED, **given)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"no errors|tell how speakers differ"):
        plan(pilot=run, axis="accent", metric="runaway_rate")


def test_a_pilot_of_counts_plans_as_its_texts_do(run: Path, tmp_path: Path) -> None:
    scores = read_scores(run)[1]
    errors = scores.select(errors_of(scores)).to_series()
    about = {
        "groups": {"accent": add_axis(scores, "accent")["group"]},
        "speakers": scores["speaker"],
        "out": tmp_path / "counts",
    }
    evaluate_counts(errors, scores["reference_length"], **about)
    made, same = (plan(pilot=pilot, axis="accent", reference="x") for pilot in (tmp_path / "counts", run))
    assert made.population == same.population
    assert made.population.over_dispersion != 1
