"""The adjusted ratio finds what was planted, says what it did, and refuses where the data cannot tell."""

from __future__ import annotations

import math
import sys
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.errors import InputError, MissingExtraError, SpeechfairError
from speechfair.metrics import adjusted_ratios, mixed_fit
from speechfair.metrics.disparity import rate_ratio
from speechfair.metrics.mixed import Adjusted
from speechfair.metrics.rates import speaker_sums
from tests.planted import planted_corpus

CORPORA = 80
CONFOUNDED = {"x": 0.25, "y": 0.75}


@pytest.fixture(scope="module")
def scores() -> pl.DataFrame:
    return planted_corpus(
        np.random.default_rng(5), {"x": 1.0, "y": 1.3}, speakers=14, female_share=CONFOUNDED
    )


def adjust(table: pl.DataFrame, **options: Any) -> Adjusted:
    return adjusted_ratios(table, **{"group": "accent", "reference": "x", **options})


def ratio_of(result: Adjusted, group: str = "y") -> float:
    value = result.groups[group].adjusted.value
    assert value is not None, result.groups[group].adjusted.reason
    return value


@pytest.mark.parametrize("ratio", [1.1, 1.25, 1.5])
def test_planted_ratios_are_recovered_where_the_raw_one_is_off(ratio: float) -> None:
    rng = np.random.default_rng([7, int(100 * ratio)])
    logs, held = np.zeros((CORPORA, 2)), 0
    for draw in range(CORPORA):
        corpus = planted_corpus(
            rng, {"x": 1.0, "y": ratio}, speakers=90, utterances=8, speaker_sd=0.2, female_share=CONFOUNDED
        )
        found = adjust(corpus, covariates=["gender"]).groups["y"]
        assert found.adjusted.value is not None
        assert found.adjusted.low is not None
        assert found.adjusted.high is not None
        assert found.raw.value is not None
        logs[draw] = math.log(found.adjusted.value), math.log(found.raw.value)
        held += found.adjusted.low <= ratio <= found.adjusted.high
    bias = np.exp(logs.mean(axis=0)) / ratio - 1
    assert abs(bias[0]) < 0.02, f"adjusted is off by {bias[0]:+.1%}"
    assert bias[1] > 0.08, f"raw is off by {bias[1]:+.1%} only: the corpus is not confounded"
    assert held >= 0.88 * CORPORA  # nominal 95 %; three binomial standard errors at this many corpora


def test_raw_is_the_ratio_that_the_audit_reports(scores: pl.DataFrame) -> None:
    parts = {name: speaker_sums(scores.filter(pl.col("accent") == name)) for name in "xy"}
    assert adjust(scores, covariates=["gender"]).groups["y"].raw == rate_ratio(parts["y"], parts["x"])


def test_it_says_what_was_fitted_and_why_the_ratios_differ(scores: pl.DataFrame) -> None:
    result = adjust(scores, covariates=["gender"])
    assert result.formula == "errors ~ accent + gender + (1 | speaker) + offset(log(reference_length))"
    assert (result.family, result.converged, result.reason, result.notes) == ("poisson", True, None, ())
    assert (result.n_utterances, result.n_speakers) == (280, 28)
    assert result.degrees_of_freedom == 28 - 3
    assert "gpboost" in result.versions
    found = result.groups["y"]
    assert set(result.groups) == {"y"}
    assert found.adjusted.method == "mixed-poisson-wald-log-t"
    assert found.contributions["gender"] > 1
    assert found.explanation.startswith(f"y: {found.raw.value:.2f} times the rate of x as recorded, ")
    assert f"{found.adjusted.value:.2f} at equal gender" in found.explanation
    assert f"gender {found.contributions['gender'] - 1:+.0%}" in found.explanation


def test_the_raw_ratio_is_the_adjusted_one_times_what_moves_it() -> None:
    rng = np.random.default_rng(6)
    corpus = planted_corpus(rng, {"x": 1.0, "y": 1.0}, speakers=80, female_share=CONFOUNDED, female_ratio=2.0)
    found = adjust(corpus, covariates=["gender"]).groups["y"]
    assert found.raw.value is not None
    assert found.contributions["gender"] > 1.2
    assert found.raw.value == pytest.approx(
        found.contributions["gender"] * (found.adjusted.value or 0), rel=0.1
    ), "what is left is the weighing of speakers"
    assert "the raw ratio is moved by gender +" in found.explanation


def test_a_numeric_covariate_is_adjusted_for_in_whatever_unit() -> None:
    rng = np.random.default_rng(8)
    corpus = planted_corpus(rng, {"x": 1.0, "y": 1.0}, speakers=60, speaker_sd=0.1, female_ratio=1.0)
    noise = rng.normal(np.where(corpus["accent"] == "y", 1.0, 0.0), 1.0)
    more = rng.poisson(corpus["substitutions"].to_numpy() * np.exp(0.4 * noise))
    corpus = corpus.with_columns(pl.Series("substitutions", more), pl.Series("noise", noise))
    result = adjust(corpus, covariates=["noise"])
    assert ratio_of(result) == pytest.approx(1.0, abs=0.12)
    assert result.groups["y"].contributions["noise"] == pytest.approx(math.exp(0.4), rel=0.15)
    scaled = adjust(corpus.with_columns(pl.col("noise") * 1000 + 5), covariates=["noise"])
    assert ratio_of(scaled) == pytest.approx(ratio_of(result), rel=1e-6)


def test_texts_read_by_many_get_an_effect_of_their_own(scores: pl.DataFrame) -> None:
    rng = np.random.default_rng(9)
    corpus = planted_corpus(rng, {"x": 1.0, "y": 1.4}, speakers=40, text_sd=0.7)
    plain, crossed = adjust(corpus), adjust(corpus, text="sentence")
    assert crossed.formula.endswith("(1 | speaker) + (1 | sentence) + offset(log(reference_length))")
    assert crossed.text_sd == pytest.approx(0.7, abs=0.25)
    assert plain.text_sd is None
    assert plain.dispersion is not None
    assert crossed.dispersion is not None
    assert plain.dispersion > crossed.dispersion
    assert adjust(scores, text="sentence").text_sd == pytest.approx(0.0, abs=0.1)


def test_speakers_of_several_groups_are_not_taken_to_be_affected_alike() -> None:
    rng = np.random.default_rng(11)
    held, narrower = 0, 0
    for _ in range(40):
        corpus = planted_corpus(rng, {"x": 1.0, "y": 1.0}, speakers=12, utterances=20, speaker_sd=0.4)
        voices = corpus.with_columns(
            pl.col("speaker").str.slice(1)
        )  # the same factors' spread, one voice in two accents
        result = adjust(voices)
        found = result.groups["y"].adjusted
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 1 <= found.high
        apart = adjust(corpus).groups["y"].adjusted
        narrower += (found.high / found.low) < 0.6 * (apart.high / apart.low)  # type: ignore[operator]
    assert held >= 34
    assert narrower == 0, "utterances, and not voices, were taken as independent"
    assert result.formula.endswith("(1 | speaker) + (1 | speaker:accent) + offset(log(reference_length))")
    assert result.notes[0].startswith("12 speakers occur in several groups")
    assert result.n_speakers == 12


def test_over_dispersed_counts_get_the_negative_binomial() -> None:
    corpus = planted_corpus(np.random.default_rng(10), {"x": 1.0, "y": 1.4}, speakers=40, shape=1.0)
    result = adjust(corpus)
    assert result.family == "negative_binomial"
    assert result.shape == pytest.approx(1.0, rel=0.3)
    assert "negative binomial's AIC lower by" in result.family_reason
    assert result.groups["y"].adjusted.method == "mixed-negative-binomial-wald-log-t"


def test_the_interval_follows_the_level(scores: pl.DataFrame) -> None:
    wide, narrow = (adjust(scores, level=level).groups["y"].adjusted for level in (0.99, 0.8))
    assert wide.value == narrow.value
    assert wide.low is not None
    assert narrow.low is not None
    assert wide.low < narrow.low


@settings(deadline=None, max_examples=12)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(scores: pl.DataFrame, random: Any) -> None:
    shuffled = scores.sample(fraction=1.0, shuffle=True, seed=random.randrange(10**6))
    assert adjust(shuffled, covariates=["gender"]) == adjust(scores, covariates=["gender"])


def test_names_do_not_matter(scores: pl.DataFrame) -> None:
    renamed = scores.with_columns(
        ("spk-" + pl.col("speaker").str.reverse()).alias("speaker"),
        pl.col("accent").replace({"x": "zz"}),
        pl.col("gender").replace({"female": "f"}),
    )
    again = adjust(renamed, reference="zz", covariates=["gender"])
    assert ratio_of(again) == pytest.approx(ratio_of(adjust(scores, covariates=["gender"])), rel=1e-6)


def test_exchanging_group_and_reference_inverts_the_ratio(scores: pl.DataFrame) -> None:
    there = adjust(scores, covariates=["gender"]).groups["y"].adjusted
    back = adjust(scores, reference="y", covariates=["gender"]).groups["x"].adjusted
    assert there.value is not None
    assert there.low is not None
    assert (back.value, back.high) == pytest.approx((1 / there.value, 1 / there.low), rel=1e-5)


def test_rows_given_twice_do_not_narrow_the_interval_as_twice_the_speakers_would(
    scores: pl.DataFrame,
) -> None:
    once, twice = adjust(scores), adjust(pl.concat([scores, scores]))
    assert twice.n_speakers == once.n_speakers
    widths = [math.log(r.groups["y"].adjusted.high / r.groups["y"].adjusted.low) for r in (once, twice)]  # type: ignore[operator]
    assert widths[1] > 0.85 * widths[0]  # 0.71 if the copies counted as other speakers


def test_a_duplicated_covariate_is_refused_by_name(scores: pl.DataFrame) -> None:
    table = scores.with_columns(pl.col("gender").replace({"female": "f", "male": "m"}).alias("sex"))
    result = adjust(table, covariates=["gender", "sex"])
    assert result.reason == "sex cannot be separated from accent, gender together: leave one of them out"


def refused(result: Adjusted) -> str:
    assert result.reason is not None
    assert result.family is None
    assert not result.converged
    for found in result.groups.values():
        assert (found.adjusted.value, found.adjusted.low, found.adjusted.high) == (None, None, None)
        assert found.adjusted.reason
        assert found.adjusted.reason in found.explanation
        assert not found.contributions
    return result.reason


def test_a_group_that_is_one_device_is_refused(scores: pl.DataFrame) -> None:
    table = scores.with_columns(pl.col("accent").replace({"x": "studio", "y": "phone"}).alias("device"))
    reason = refused(adjust(table, covariates=["device"]))
    assert reason.startswith(
        "accent and device cannot be separated: it is phone for y and studio for x, with no"
    )
    assert adjust(table, covariates=["device"]).groups["y"].raw.value is not None, "the raw ratio stays"


def test_a_number_whose_ranges_do_not_meet_is_refused(scores: pl.DataFrame) -> None:
    table = scores.with_columns(pl.when(pl.col("accent") == "x").then(1.0).otherwise(2.0).alias("snr"))
    assert refused(adjust(table, covariates=["snr"])) == (
        "accent and snr cannot be separated: it lies in [2, 2] for y and in [1, 1] for x, which do not meet"
    )


def test_a_number_that_one_group_lacks_is_refused(scores: pl.DataFrame) -> None:
    table = scores.with_columns(pl.when(pl.col("accent") == "x").then(1.0).alias("snr"))
    assert "it is missing for all of y" in refused(adjust(table, covariates=["snr"]))


def test_texts_that_no_other_group_reads_are_refused(scores: pl.DataFrame) -> None:
    apart = scores.with_columns((pl.col("accent") + pl.col("sentence")).alias("sentence"))
    assert "accent and sentence cannot be separated: y and x share no text" in refused(
        adjust(apart, text="sentence")
    )


def test_texts_that_one_speaker_reads_are_refused(scores: pl.DataFrame) -> None:
    voices = scores.with_columns(pl.col("speaker").str.slice(1).alias("voice")).with_columns(
        pl.col("voice").alias("speaker"), (pl.col("voice") + pl.col("sentence")).alias("sentence")
    )
    assert refused(adjust(voices, text="sentence")) == (
        "no sentence is read by more than one speaker: text and speaker cannot be separated"
    )


def test_missing_texts_are_refused_with_their_number(scores: pl.DataFrame) -> None:
    table = scores.with_columns(pl.when(pl.int_range(pl.len()) > 2).then("sentence").alias("sentence"))
    assert refused(adjust(table, text="sentence")).startswith("sentence is missing in 3 of 280 utterances")


def test_few_speakers_are_refused(scores: pl.DataFrame) -> None:
    names = [f"{a}{i:03d}" for a in "xy" for i in range(4)]
    few = scores.filter(pl.col("speaker").is_in(names))
    assert refused(adjust(few)) == "reference x: fewer than 5 speakers (4): no adjusted ratio"
    some = scores.filter(pl.col("speaker").is_in(names) | (pl.col("accent") == "x"))
    assert refused(adjust(some)) == "fewer than 5 speakers (4): no adjusted ratio"


def test_more_effects_than_speakers_can_carry_are_refused(scores: pl.DataFrame) -> None:
    few = scores.filter(pl.col("speaker").str.slice(1).cast(pl.Int32) < 5)
    number = few["speaker"].str.slice(1).cast(pl.Int32).to_numpy()
    is_y = (few["accent"] == "y").to_numpy()
    table = few.with_columns(
        pl.Series("room", number).cast(pl.String),
        pl.Series("height", (number * 3 + is_y) % 7.0),
        pl.Series("age", (number**2 + 2 * is_y) % 5.0),
    )
    assert refused(adjust(table, covariates=["room", "height", "age"])) == (
        "10 speakers are too few for 8 fixed effects that do not vary within speakers"
    )


@pytest.mark.parametrize(("bare", "reason"), [("y", "no errors"), ("x", "reference x: no errors")])
def test_a_group_without_errors_is_refused(scores: pl.DataFrame, bare: str, reason: str) -> None:
    none = pl.when(pl.col("accent") == bare).then(0).otherwise("substitutions").alias("substitutions")
    assert refused(adjust(scores.with_columns(none))).startswith(reason)


def test_a_covariate_level_without_errors_is_refused(scores: pl.DataFrame) -> None:
    none = pl.when(pl.col("gender") == "male").then(0).otherwise("substitutions").alias("substitutions")
    assert refused(adjust(scores.with_columns(none), covariates=["gender"])) == (
        "gender has no errors where it is male, so its effect has no estimate: merge levels"
    )


def test_missing_speakers_are_refused(scores: pl.DataFrame) -> None:
    hidden = scores.with_columns(pl.when(pl.col("speaker") != "y003").then("speaker").alias("speaker"))
    assert refused(adjust(hidden)).startswith("10 of 280 utterances have no speaker id: no adjusted ratio")


def test_one_group_that_cannot_be_compared_does_not_cost_the_others(scores: pl.DataFrame) -> None:
    third = scores.filter(pl.col("accent") == "x").with_columns(
        pl.lit("z").alias("accent"),
        ("z" + pl.col("speaker")).alias("speaker"),
        pl.lit("other").alias("gender"),
    )
    alone, both = (
        adjust(scores, covariates=["gender"]),
        adjust(pl.concat([scores, third]), covariates=["gender"]),
    )
    assert both.reason is None
    assert both.groups["y"].adjusted == alone.groups["y"].adjusted
    assert both.groups["z"].adjusted.value is None
    assert "with no value in common" in (both.groups["z"].adjusted.reason or "")
    assert both.groups["z"].raw.value == pytest.approx(1.0)
    assert both.notes[0].startswith("140 utterances of z are not in the model: accent and gender cannot")


def test_unlabelled_speakers_are_the_group_unknown(scores: pl.DataFrame) -> None:
    table = scores.with_columns(
        pl.when(pl.col("speaker") > "y006").then(None).otherwise("accent").alias("accent")
    )
    assert set(adjust(table).groups) == {"unknown", "y"}


def test_utterances_without_words_are_counted(scores: pl.DataFrame) -> None:
    empty = (
        pl.when(pl.int_range(pl.len()) < 2).then(0).otherwise("reference_length").alias("reference_length")
    )
    result = adjust(scores.with_columns(empty))
    assert result.notes == ("2 utterances without reference words have no rate and are not in the model",)
    assert result.n_utterances == 278


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"group": "nix"}, r"the scores lack the columns \['nix'\]"),
        ({"covariates": ["nix"]}, r"the scores lack the columns \['nix'\]"),
        ({"reference": "q"}, r"no row has accent = 'q'; the table has \['x', 'y'\]"),
        ({"covariates": ["accent"]}, "must be different columns"),
        ({"covariates": ["gender", "gender"]}, "must be different columns"),
        ({"covariates": ["speaker"]}, "not 'speaker'"),
        ({"level": 95}, "level is 95; give the coverage as a fraction"),
    ],
)
def test_bad_questions_are_errors(scores: pl.DataFrame, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        adjust(scores, **options)


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf, None])
def test_what_is_not_a_count_is_an_error(scores: pl.DataFrame, bad: float | None) -> None:
    table = scores.with_columns(
        pl.when(pl.int_range(pl.len()) == 7).then(pl.lit(bad)).otherwise("insertions").alias("insertions")
    )
    with pytest.raises(InputError, match=r"row 7: insertions is .* not a count"):
        adjust(table)


def test_without_the_extra_the_message_says_how_to_get_it(
    scores: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gpboost", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'speechfair\[mixed\]'"):
        adjust(scores)


def test_a_library_that_does_not_load_is_explained(
    scores: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(name: str) -> ModuleType:
        raise OSError("libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr(mixed_fit, "import_module", broken)
    with pytest.raises(SpeechfairError, match=r"libgomp\.so\.1.*OpenMP runtime"):
        adjust(scores)


@pytest.mark.parametrize("family", ["poisson", "negative binomial"])
def test_no_number_without_convergence(
    scores: pl.DataFrame, monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    import gpboost

    real = gpboost.GPModel._get_convergence_status
    failing = family.replace(" ", "_")

    def status(model: Any) -> int:
        return 3 if model._get_likelihood_name().startswith(failing) else int(real(model))

    monkeypatch.setattr(gpboost.GPModel, "_get_convergence_status", status)
    spread = planted_corpus(np.random.default_rng(10), {"x": 1.0, "y": 1.4}, speakers=20, shape=1.0)
    assert f"the {family} model did not converge (gpboost status 3)" in refused(adjust(spread))


def test_nothing_is_printed(scores: pl.DataFrame, capfd: pytest.CaptureFixture[str]) -> None:
    adjust(scores, covariates=["gender"])
    assert capfd.readouterr() == ("", "")
