"""Two runs on the same utterances, group by group: not worse by more than a margin, and ratios that do not grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from speechfair.errors import SpeechfairError
from speechfair.process.catalogue import Text
from speechfair.process.checks.common import Part, gated_axes_parts, number, ok
from speechfair.process.finding import say
from speechfair.process.material import Run
from speechfair.process.process_plan import Numbers
from speechfair.types import UNKNOWN, Estimate

if TYPE_CHECKING:
    from speechfair.metrics.pairing import Pair

__all__ = ["growth_parts", "paired_parts", "pairs_of", "share_within", "within"]


def pairs_of(before: Run, after: Run, axis: str, parts: list[Part]) -> dict[str, Pair]:
    """The pair of every labelled group, or nothing with the reason added to `parts`."""
    import polars as pl

    from speechfair.metrics.pairing import pair_by_group
    from speechfair.running.scoring import add_axis

    tables = []
    for run in (before, after):
        if isinstance(run.scores, str):
            parts.append(("not_assessed", say(run.scores, f"{run.name}:まだ採点されていない")))
            return {}
        tables.append(add_axis(run.scores.filter(pl.col("excluded").is_null()), axis))
    try:
        found = pair_by_group(tables[0], tables[1], "group")
    except SpeechfairError as error:
        text = f"{before.name}, {after.name}: {error}"
        parts.append(("fail", say(text, f"{before.name}・{after.name}:同じ発話での比較でない")))
        return {}
    return {name: pair for name, pair in found.items() if UNKNOWN not in name.split("+")}


def paired_parts(
    before: Run,
    after: Run,
    axes: list[str],
    numbers: Numbers,
    facts: dict[str, dict[str, float | None]],
) -> list[Part]:
    """Whether each group of each axis is no worse after than before, by more than the margin."""
    from speechfair.comparing.no_harm import Margins, judge_no_harm

    margins = Margins(numbers.margin_relative, numbers.margin_absolute)
    parts: list[Part] = []
    for axis in axes:
        pairs = pairs_of(before, after, axis, parts)
        for name, pair in pairs.items():
            found = judge_no_harm(pair, margins)
            assert found.change is not None
            change, label = found.change, f"{axis}={name}"
            facts[label] = {
                "change": change.value,
                "low": change.low,
                "high": change.high,
                "limit": found.limit,
            }
            if found.verdict == "pass":
                parts.append(ok())
            elif found.verdict == "fail":
                value, kind = number(change.value or 0), "比" if found.scale == "ratio" else "差"
                en = f"worse: {label}: {found.scale} {value}"
                parts.append(("fail", say(en, f"悪化している:{label}、{kind} {value}")))
            else:
                text = f"{label}: {found.reason}"
                parts.append(
                    (
                        "undetermined",
                        say(f"cannot tell whether it got worse: {text}", f"悪化の有無を判定できない:{label}"),
                    )
                )
    return parts + gated_axes_parts(axes)


def growth_parts(
    before: Run, after: Run, axes: list[str], limit: float, facts: dict[str, dict[str, float | None]]
) -> list[Part]:
    """Whether each group's ratio to the reference grows by no more than `limit` from one run to the other."""
    from speechfair.metrics.paired import ratio_change

    parts: list[Part] = []
    for axis in axes:
        if isinstance(before.audit, str):
            parts.append(("not_assessed", say(before.audit, f"{before.name}:まだ採点されていない")))
            continue
        reference = next((g.value for g in before.audit.groups_of(axis) if g.is_reference), None)
        pairs = pairs_of(before, after, axis, parts)
        if pairs and reference not in pairs:
            parts.append(("not_assessed", say(f"{axis}: no reference group", f"{axis}:基準群がない")))
            continue
        for name, pair in pairs.items():
            if name == reference or reference is None:
                continue
            change = ratio_change(pair, pairs[reference])
            label = f"{after.name}, {axis}={name}"
            facts[label] = {"growth": change.value, "low": change.low, "high": change.high, "limit": limit}
            parts.append(within(change, limit, label))
    return parts


def share_within(count: int, n: int, limit: float, label: str | Text) -> tuple[Part, dict[str, float | None]]:
    """The three-valued rule on a share, with Clopper and Pearson's exact interval (95 %), and its numbers."""
    low, high = exact_share(count, n)
    facts: dict[str, float | None] = {
        "share": count / n,
        "low": low,
        "high": high,
        "limit": limit,
        "files": n,
    }
    return within(Estimate(count / n, low, high, 0.95, n, n, "clopper-pearson"), limit, label), facts


def exact_share(count: int, n: int) -> tuple[float, float]:
    """Clopper and Pearson's exact 95 % interval of a share (Biometrika 26, 1934)."""
    from scipy.stats import beta

    low = float(beta.ppf(0.025, count, n - count + 1)) if count else 0.0
    return low, float(beta.ppf(0.975, count + 1, n - count)) if count < n else 1.0


def within(estimate: Estimate, limit: float, label: str | Text) -> Part:
    """The three-valued rule: whole interval within, whole interval beyond, or undetermined."""
    if isinstance(label, str):
        label = say(label, label)
    if estimate.low is None or estimate.high is None:
        return "undetermined", say(f"{label.en}: {estimate.reason}", f"{label.ja}:区間がなく判定できない")
    text = f"{number(estimate.value or 0)} [{number(estimate.low)}, {number(estimate.high)}], {number(limit)}"
    if estimate.high <= limit:
        return ok()
    if estimate.low > limit:
        return "fail", say(f"beyond the limit: {label.en}: {text}", f"限度を超える:{label.ja}、{text}")
    return "undetermined", say(
        f"the interval contains the limit: {label.en}: {text}", f"区間が限度をまたぐ:{label.ja}、{text}"
    )
