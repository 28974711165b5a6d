"""The first screen says what the statistics say: planted differences are named, noise is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from speechfair.auditing.findings import ALIKE, finding, findings
from speechfair.auditing.result import AuditResult, Group
from speechfair.metrics import SpeakerSums, pooled_rate, rate_ratio, simultaneous_ratios
from speechfair.types import Estimate
from tests.reporting.samples import audit_result, axis, estimate, group


def simulated(seed: int, groups: int, speakers: int, worse: float = 1.0) -> AuditResult:
    """An audit of `groups` with equal true rates, but for the last, whose rate is `worse` times that of the others."""
    rng = np.random.default_rng([seed, groups])
    sums: dict[str, SpeakerSums] = {}
    for number in range(groups):
        rate = 0.2 * (worse if number == groups - 1 else 1.0)
        words = rng.integers(80, 220, speakers).astype(float)
        errors = rng.poisson(words * rate * rng.gamma(4, 1 / 4, speakers)).astype(float)
        names = tuple(f"{number}-{i}" for i in range(speakers))
        sums[f"g{number:02}"] = SpeakerSums(names, np.minimum(errors, words), words, 3 * speakers)
    others = {name: one for name, one in sums.items() if name != "g00"}
    ratios = simultaneous_ratios(list(others.values()), sums["g00"], rng=rng, n_replicates=400)
    together = dict(zip(others, ratios, strict=True))
    found: list[Group] = [group("accent", "g00", pooled_rate(sums["g00"]), reference=True, speakers=speakers)]
    for name, one in others.items():
        made = group("accent", name, pooled_rate(one), rate_ratio(one, sums["g00"]), speakers=speakers)
        found.append(made.model_copy(update={"ratio_simultaneous": together[name]}))
    return audit_result(found, [axis("accent", "g00")])


def test_noise_is_announced_in_at_most_five_audits_of_a_hundred() -> None:
    draws = 60
    announced = [findings(simulated(seed, 20, 20))[0].verdict == "difference" for seed in range(draws)]
    assert np.mean(announced) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)


def test_one_true_difference_is_named() -> None:
    named = [findings(simulated(seed, 20, 40, worse=2.0))[0].text for seed in range(10)]
    assert sum("g19 had" in text for text in named) >= 9


def test_many_speakers_with_equal_rates_are_alike_and_not_unclear() -> None:
    found = finding(simulated(1, 3, 600), "accent")
    assert found.verdict == "alike"
    assert found.text.startswith("Alike within 25 %")


def ratio(value: float, low: float, high: float | None) -> Estimate:
    return Estimate(
        value, low, high, 0.95, 60, 20, 0, "jackknife-log-t-ratio", None if high else "few errors"
    )


@pytest.mark.parametrize(
    ("together", "verdict"),
    [
        (ratio(1.01, 0.96, 1.07), "alike"),
        (ratio(1.01, 1 / ALIKE, ALIKE), "alike"),
        (ratio(1.2, 0.96, 1.26), "unclear"),
        (ratio(1.3, 0.99, 1.7), "unclear"),
        (ratio(1.3, 1.01, 1.7), "difference"),
        (ratio(0.6, 0.4, 0.9), "difference"),
        (ratio(84.5, 13.0, None), "difference"),
        (ratio(84.5, 0.9, None), "unclear"),
    ],
)
def test_the_simultaneous_interval_decides_whatever_the_pointwise_one_says(
    together: Estimate, verdict: str
) -> None:
    for pointwise in (ratio(1.5, 1.2, 1.9), ratio(1.0, 0.5, 2.0)):
        made = group("accent", "y", estimate(0.3, 0.2, 0.4), pointwise)
        pair = [
            group("accent", "x", estimate(0.2, 0.1, 0.3), reference=True),
            made.model_copy(update={"ratio_simultaneous": together}),
        ]
        found = finding(audit_result(pair, [axis("accent", "x")]), "accent")
        assert found.verdict == verdict
        assert "None" not in found.text


def test_an_open_question_says_how_many_speakers_would_settle_it() -> None:
    rows = [
        group("accent", "x", estimate(0.2, 0.1, 0.3), reference=True),
        group("accent", "y", estimate(0.26, 0.2, 0.4), ratio(1.3, 0.9, 1.9), speakers=12),
    ]
    found = finding(audit_result(rows, [axis("accent", "x")]), "accent")
    assert found.verdict == "unclear"
    # 12 speakers times (ln(1.3 / 0.9) / ln 1.3) squared
    assert "about 24 speakers in this group" in found.text


def test_differences_come_first_and_the_largest_of_them_first() -> None:
    def two(name: str, other: Any) -> list[Group]:
        return [
            group(name, "x", estimate(0.2, 0.1, 0.3), reference=True),
            group(name, "y", estimate(0.3, 0.2, 0.4), other),
        ]

    rows = [
        *two("alike", ratio(1.0, 0.95, 1.05)),
        *two("small", ratio(1.3, 1.1, 1.6)),
        *two("open", ratio(1.3, 0.9, 1.9)),
        *two("large", ratio(3.0, 2.0, 4.5)),
    ]
    result = audit_result(rows, [axis(name, "x") for name in ("alike", "small", "open", "large")])
    assert [one.axis for one in findings(result)] == ["large", "small", "open", "alike"]
    assert pl.Series([one.weight for one in findings(result)[:2]]).is_sorted(descending=True)
