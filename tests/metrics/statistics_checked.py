"""One function for each public statistic: it asks for estimates of a corpus and checks the laws (`test_laws`)."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
import pytest

from speechfair import metrics
from speechfair.auditing.adjusting import shrink_axis
from speechfair.auditing.other_texts import for_other_texts
from speechfair.comparing.no_harm import Margins, judge_no_harm
from speechfair.errors import InputError
from speechfair.metrics import calibration, metric_estimates, paired, ranking, rare_events
from speechfair.metrics.disparity import difference_p_value
from speechfair.metrics.independent_errors import (
    independent_difference,
    independent_rate,
    independent_ratio,
)
from speechfair.metrics.mapsswe import mapsswe
from speechfair.metrics.paired_gap import gap_change
from speechfair.metrics.pilot_spread import spread_of_pilot
from speechfair.metrics.power import smallest_detectable_ratio
from speechfair.metrics.slices import find_slices
from speechfair.metrics.speakers_to_settle import speakers_to_settle
from speechfair.types import Estimate
from tests.metrics.laws import SLACK, sound, spans, widening
from tests.metrics.random_corpora import Corpus

REPLICATES = 400


def check_pooled_rate(corpus: Corpus) -> None:
    group = corpus.groups[0]
    for estimate in widening(corpus, lambda level: metrics.pooled_rate(group, level)):
        spans(estimate, independent_rate(group.total_errors, group.total_words, estimate.level))


def check_speaker_mean_rate(corpus: Corpus) -> None:
    group = corpus.groups[0]
    for estimate in widening(corpus, lambda level: metrics.speaker_mean_rate(group, level)):
        if estimate.low and estimate.high and estimate.value:
            error = math.sqrt(float((group.errors / group.words**2).sum())) / group.n_speakers
            assert math.log(estimate.high / estimate.low) >= (error / estimate.value) * (1 - SLACK)


def check_rate_ratio(corpus: Corpus) -> None:
    one, other = corpus.two
    for estimate in widening(corpus, lambda level: metrics.rate_ratio(one, other, level)):
        if estimate.low is not None and corpus.apart:
            spans(estimate, independent_ratio(one, other, estimate.level))


def check_rate_difference(corpus: Corpus) -> None:
    one, other = corpus.two
    for estimate in widening(corpus, lambda level: metrics.rate_difference(one, other, level)):
        if estimate.low is not None and corpus.apart:
            spans(estimate, independent_difference(one, other, estimate.level))


def check_rate_under_design_effect(corpus: Corpus) -> None:
    group = corpus.groups[0]
    for estimate in widening(corpus, lambda level: metrics.rate_under_design_effect(group, 3.0, level)):
        spans(estimate, independent_rate(group.total_errors, group.total_words, estimate.level))


def check_ratio_under_design_effect(corpus: Corpus) -> None:
    one, other = corpus.two
    for estimate in widening(corpus, lambda level: metrics.ratio_under_design_effect(one, other, 3.0, level)):
        if estimate.low is not None:
            spans(estimate, independent_ratio(one, other, estimate.level))


def check_observed_design_effect(corpus: Corpus) -> None:
    effect = metrics.observed_design_effect(corpus.groups[0])
    assert effect is None or 1 <= effect < math.inf


def check_post_stratified_rate(corpus: Corpus) -> None:
    weights = {name: float(1 + int(name) % 3) for name in corpus.cells}
    total, cells = sum(weights.values()), corpus.cells.values()
    for estimate in widening(
        corpus, lambda level: metrics.post_stratified_rate(corpus.cells, weights, level=level)
    ):
        if estimate.value is None:
            continue
        shares = [weight / total for weight in weights.values()]
        each = [independent_rate(s.total_errors, s.total_words, estimate.level) for s in cells]
        rates = [s.rate or 0.0 for s in cells]
        below = math.hypot(*(w * (r - low) for w, r, (low, _) in zip(shares, rates, each, strict=True)))
        above = math.hypot(*(w * (high - r) for w, r, (_, high) in zip(shares, rates, each, strict=True)))
        spans(estimate, (max(0.0, estimate.value - below), estimate.value + above))


def check_max_min_gap(corpus: Corpus) -> None:
    _over_all(metrics.max_min_gap, corpus)


def check_worst_best_ratio(corpus: Corpus) -> None:
    _over_all(metrics.worst_best_ratio, corpus)


def check_between_group_sd(corpus: Corpus) -> None:
    _over_all(metrics.between_group_sd, corpus)


def _over_all(statistic: Callable[..., Estimate], corpus: Corpus) -> None:
    some = corpus.groups[:8]
    pairs = list(combinations(some, 2))
    apart = len({name for sums in some for name in sums.speakers}) == sum(s.n_speakers for s in some)
    for estimate in widening(
        corpus, lambda level: statistic(some, rng=corpus.rng, level=level, n_replicates=REPLICATES)
    ):
        if estimate.value is None or estimate.low is None or not apart:
            continue
        if estimate.high is not None:
            assert estimate.value < estimate.high
        if statistic is not metrics.between_group_sd:
            ordered = [sorted(pair, key=lambda sums: -(sums.rate or 0.0)) for pair in pairs]
            independent = independent_difference if statistic is metrics.max_min_gap else independent_ratio
            limits = [independent(one, other, estimate.level) for one, other in ordered]
            worst = max(range(len(limits)), key=lambda i: _distance(ordered[i], statistic))
            none = 0.0 if statistic is metrics.max_min_gap else 1.0
            spans(estimate, (max(none, *(low for low, _ in limits)), limits[worst][1]))
        elif len(some) == 2:
            one, other = sorted(some, key=lambda sums: -(sums.rate or 0.0))
            high = independent_difference(one, other, estimate.level)[1] / math.sqrt(2)
            spans(estimate, (estimate.low, high))


def _distance(pair: list[metrics.SpeakerSums], statistic: Callable[..., Estimate]) -> float:
    high, low = pair[0].rate or 0.0, pair[1].rate or 0.0
    return high - low if statistic is metrics.max_min_gap else high / low


def check_bootstrap_estimate(corpus: Corpus) -> None:
    def mean(rates: Any) -> Any:
        return rates.mean(axis=-1)

    widening(
        corpus,
        lambda level: metrics.bootstrap_estimate(
            mean, corpus.groups[:8], rng=corpus.rng, level=level, n_replicates=REPLICATES
        ),
    )


def check_bootstrap_rates(corpus: Corpus) -> None:
    drawn = metrics.bootstrap_rates(corpus.groups, 20, corpus.rng)
    assert drawn.shape == (20, len(corpus.groups))
    assert not np.isinf(drawn).any()


def check_simultaneous_ratios(corpus: Corpus) -> None:
    one, *others = corpus.groups
    found = [
        metrics.simultaneous_ratios(others, one, rng=corpus.rng, level=level, n_replicates=REPLICATES)
        for level in corpus.levels
    ]
    for level, estimates in zip(corpus.levels, found, strict=True):
        for estimate, group in zip(estimates, others, strict=True):
            single = metrics.rate_ratio(group, one, level)
            if sound(estimate).low is not None and single.low is not None:
                spans(estimate, (single.low, math.inf if single.high is None else single.high))


def check_permute_gap(corpus: Corpus) -> None:
    found = metrics.permute_gap(corpus.groups, rng=corpus.rng, n_permutations=30)
    assert found.p_value is None or 0 <= found.p_value <= 1
    assert found.null or found.reason
    assert found.expected is None or math.isfinite(found.expected)
    assert found.p_value is not None or found.p_reason or found.reason


def check_difference_p_value(corpus: Corpus) -> None:
    p_value = difference_p_value(*corpus.two)
    assert isinstance(p_value, str) or 0 <= p_value <= 1
    smallest, why = smallest_detectable_ratio(*corpus.two)
    assert why if smallest is None else smallest >= 1


def check_holm(corpus: Corpus) -> None:
    p_values = corpus.rng.uniform(0, 1, len(corpus.groups)).tolist()
    adjusted = metrics.holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))


def check_shrunken_rates(corpus: Corpus) -> None:
    if not corpus.apart:
        with pytest.raises(InputError, match="is in the cells"):
            metrics.shrunken_rates({str(i): sums for i, sums in enumerate(corpus.groups)})
    found = [metrics.shrunken_rates(corpus.cells, level=level) for level in corpus.levels]
    for name in corpus.cells:
        widening(corpus, lambda level: found[corpus.levels.index(level)].cells[name].ratio)  # noqa: B023
    sound(found[0].gap)


def check_shrink_axis(corpus: Corpus) -> None:
    for cell in shrink_axis(corpus.cells, corpus.levels[1]).cells:
        sound(cell.ratio)


def check_speaker_sums(corpus: Corpus) -> None:
    assert metrics.speaker_sums(corpus.rows(0)).rate is not None


def check_two_way_rate(corpus: Corpus) -> None:
    rows = corpus.rows(0)
    sums = metrics.speaker_sums(rows)
    for estimate in widening(corpus, lambda level: metrics.two_way_rate(rows, level=level)):
        spans(estimate, independent_rate(sums.total_errors, sums.total_words, estimate.level))


def check_two_way_ratio(corpus: Corpus) -> None:
    one, other = corpus.rows(0), corpus.rows(1)
    for estimate in widening(corpus, lambda level: metrics.two_way_ratio(one, other, level=level)):
        if estimate.low is not None and corpus.apart:
            sums = metrics.speaker_sums(one), metrics.speaker_sums(other)
            spans(estimate, independent_ratio(*sums, estimate.level))


def check_for_other_texts(corpus: Corpus) -> None:
    for estimate in for_other_texts(corpus.rows(0), corpus.rows(1), corpus.levels[0]).values():
        assert estimate is None or sound(estimate)


def check_adjusted_ratios(corpus: Corpus) -> None:
    if corpus.seed % 10:  # a fit takes as long as a hundred other statistics
        return
    table = pl.concat([corpus.rows(0), corpus.rows(1)]).with_columns(
        (pl.col("reference").str.slice(1).cast(pl.Int64) % 2).cast(pl.String).alias("even")
    )

    def ratio(level: float) -> Estimate:
        found = metrics.adjusted_ratios(
            table, group="group", reference="g0", covariates=["even"], level=level
        )
        return found.groups["g1"].adjusted

    widening(corpus, ratio)


def check_calibration(corpus: Corpus) -> None:
    rows = corpus.rows(0)
    sound(calibration.calibration_error(rows, level=corpus.levels[0]))
    widening(corpus, lambda level: calibration.overconfidence(rows, level=level))
    widening(corpus, lambda level: calibration.accepted(rows, 0.5, level=level).coverage)
    widening(corpus, lambda level: calibration.accepted(rows, 0.5, level=level).error_rate)
    found = calibration.held_out(rows, 0.1, rng=corpus.rng, level=corpus.levels[1])
    assert found is None or sound(found.error_rate)


def check_paired_difference(corpus: Corpus) -> None:
    for pair in corpus.pairs.values():
        for estimate in widening(corpus, lambda level: paired.paired_difference(pair, level)):  # noqa: B023
            if estimate.value is None:
                continue
            moved = math.sqrt(float((pair.gained + pair.lost).sum())) / pair.before.total_words
            spans(estimate, (estimate.value - moved / 2, estimate.value + moved / 2))


def check_paired_ratio(corpus: Corpus) -> None:
    for pair in corpus.pairs.values():
        widening(corpus, lambda level: paired.paired_ratio(pair, level))  # noqa: B023


def check_ratio_change(corpus: Corpus) -> None:
    one, other = corpus.pairs.values()
    widening(corpus, lambda level: paired.ratio_change(one, other, level))


def check_gap_change(corpus: Corpus) -> None:
    widening(
        corpus, lambda level: gap_change(corpus.pairs, rng=corpus.rng, level=level, n_replicates=REPLICATES)
    )


def check_non_inferiority(corpus: Corpus) -> None:
    for pair in corpus.pairs.values():
        found = [paired.non_inferiority(pair, level=level) for level in corpus.levels]
        widening(corpus, lambda level: found[corpus.levels.index(level)].change)  # noqa: B023
        # what holds at the higher level holds at the lower one
        assert found[1].holds is None or found[0].holds in (found[1].holds, None) or found[0].reason
        judged = judge_no_harm(pair, Margins(level=corpus.levels[0]))
        assert judged.reason
        assert judged.more_speakers is None or judged.more_speakers > 0


def check_speakers_to_settle(corpus: Corpus) -> None:
    for limit in (0.001, 0.02, 1.25, 1e6):
        for linear, estimate in (
            (True, metrics.rate_difference(*corpus.two)),
            (False, metrics.rate_ratio(*corpus.two)),
        ):
            more, why = speakers_to_settle(estimate, limit, estimate.n_speakers, linear=linear)
            assert why
            assert more is None or more > 0


def check_ranking(corpus: Corpus) -> None:
    known = [sums for sums in corpus.groups if sums.no_interval is None]
    if known:
        sound(ranking.worst_group(known, corpus.levels[1])[1])
    models = [[p.before for p in corpus.pairs.values()], [p.after for p in corpus.pairs.values()]]
    if all(sums.no_interval is None for model in models for sums in model):
        for apart in (ranking.worst_groups_apart(models), ranking.gaps_apart(models)):
            assert all(0 <= one.p_value <= 1 for one in apart)


def check_rare_event_rate(corpus: Corpus) -> None:
    group = _proportion(corpus.groups[0])
    for estimate in widening(corpus, lambda level: rare_events.rare_event_rate(group, level)):
        assert estimate.high is None or estimate.high <= 1


def _proportion(sums: metrics.SpeakerSums) -> metrics.SpeakerSums:
    """The same speakers with no more events than trials, and nobody without a name."""
    errors = np.minimum(sums.errors, sums.words)
    return metrics.SpeakerSums(sums.speakers, errors, sums.words, sums.n_utterances)


def check_metric_estimates(corpus: Corpus) -> None:
    for name in ("word_error_rate", "failure_rate", "sentence_error_rate", "latency"):
        metric = metrics.load_metric(name)
        own = [_proportion(sums) if metric.kind == "proportion" else sums for sums in corpus.groups[:4]]
        one, other = own[0], own[1]
        widening(corpus, lambda level: metric_estimates.metric_rate(metric, one, level))  # noqa: B023
        widening(corpus, lambda level: metric_estimates.metric_speaker_mean(metric, one, level))  # noqa: B023
        widening(corpus, lambda level: metric_estimates.metric_ratio(metric, one, other, level))  # noqa: B023
        widening(corpus, lambda level: metric_estimates.metric_difference(metric, one, other, level))  # noqa: B023
        after = metrics.SpeakerSums(one.speakers, one.errors[::-1] * 0, one.words, one.n_utterances)
        if not one.n_without_speaker:
            for place in range(2):
                widening(
                    corpus,
                    lambda level: metric_estimates.metric_change(metric, one, after, level)[place],  # noqa: B023
                )
    widening(corpus, lambda level: metric_estimates.metric_gap(metric, own[:3], rng=corpus.rng, level=level))
    widening(
        corpus,
        lambda level: metric_estimates.metric_worst_best(metric, own[:3], rng=corpus.rng, level=level),
    )


def check_spread_of_pilot(corpus: Corpus) -> None:
    try:
        spread = spread_of_pilot([corpus.rows(0), corpus.rows(1)], corpus.levels[0])
    except InputError as problem:
        assert "the pilot" in str(problem)  # noqa: PT017 - most corpora tell enough
        return
    known = spread.variation, spread.low, spread.high, spread.over_dispersion
    assert all(math.isfinite(number) for number in known)


def check_find_slices(corpus: Corpus) -> None:
    whole = metrics.SpeakerSums((), np.zeros(0), np.zeros(0), 0)
    for sums in list(corpus.cells.values())[:6]:
        whole = whole + sums
    if whole.n_speakers < 20 or whole.n_without_speaker or corpus.seed % 5:
        return
    features = corpus.rng.normal(size=(whole.n_speakers, 2))
    utterances = np.full(whole.n_speakers, 3)
    search = find_slices(features, {"x": [0, 1]}, whole, utterances, rng=corpus.rng, most_clusters=2)
    for one in search.slices:
        sound(one.ratio)
        assert one.p_value is None or 0 <= one.p_value <= 1


def check_mapsswe(corpus: Corpus) -> None:
    rng = np.random.default_rng(corpus.seed)
    said = [" ".join(rng.choice(["a", "b", "c"], rng.integers(0, 5))) for _ in range(3 * corpus.texts)]
    found = mapsswe(said, said[::-1], said[1:] + said[:1])
    assert found.p_value is None or 0 <= found.p_value <= 1
    assert found.reason or found.z is not None
