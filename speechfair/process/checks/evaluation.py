"""Phase 4, what audits measure: rates and disparity against the frozen criteria, control test, robustness, change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from speechfair.process.checks.common import Part, gated_axes_parts, need_runs, number, ok
from speechfair.process.checks.control_test import control_test
from speechfair.process.checks.paired_runs import growth_parts, paired_parts, pairs_of, within
from speechfair.process.checks.requirements import criteria_part, frozen_plan_part
from speechfair.process.finding import Finding, Source, Status, decide, say
from speechfair.process.material import Material, Run
from speechfair.process.speech_origin import speech_part
from speechfair.types import UNKNOWN

if TYPE_CHECKING:
    from speechfair.gating.gate_result import Comparison

__all__ = ["CHECKS", "compared", "same_set_as"]

_RATES = frozenset({"rate", "speaker_mean_rate", "failure_rate", "runaway_rate", "runaway_share"})
_DISPARITY = frozenset({"rate_ratio", "rate_difference", "gap", "worst_best_ratio"})


def rates(material: Material) -> Finding:
    """AF-4.1: the criteria on rates hold for every gated group, each with an interval."""
    runs, parts = need_runs(material, "evaluation")
    for run in runs:
        parts.append(speech_part(run, material))
        parts += compared(material, run, _RATES, need="rate")
        parts += _required(run)
        if isinstance(run.audit, str):
            continue
        for axis in material.gated_axes:
            for group in run.audit.groups_of(axis):
                if UNKNOWN not in group.value.split("+") and group.rate.low is None:
                    text = f"{axis}={group.value}: {group.rate.reason}"
                    parts.append(
                        ("undetermined", say(f"no interval: {text}", f"区間がない:{axis}={group.value}"))
                    )
    return decide(
        parts,
        say("every criterion on rates holds for every gated group", "誤り率の基準を全群が満たす"),
        _audited(material, runs),
        {run.name: _table(run, material.gated_axes) for run in runs},
    )


def disparity(material: Material) -> Finding:
    """AF-4.2: the criteria on differences between groups hold for every gated group."""
    runs, parts = need_runs(material, "evaluation")
    for run in runs:
        parts.append(speech_part(run, material))
        parts += compared(material, run, _DISPARITY, need="rate_ratio or rate_difference")
    return decide(
        parts,
        say("every criterion on disparity holds for every gated group", "格差の基準を全群が満たす"),
        _audited(material, runs),
        {run.name: _table(run, material.gated_axes) for run in runs},
    )


def compared(material: Material, run: Run, metrics: frozenset[str], need: str) -> list[Part]:
    """Verdicts of `run` on the gated axes, and a part for every gated group that no criterion looks at."""
    state = criteria_part(material, run)
    if state[0] != "pass":
        status: Status = "error" if state[0] == "error" else "undetermined"
        return [(status, say(f"criteria: {state[1].en}", f"基準:{state[1].ja}"))]
    if not (run.path / "audit.json").is_file():
        return [("not_assessed", say(f"{run.name}: not scored yet", f"{run.name}:まだ採点されていない"))]
    if isinstance(run.verdicts, str):
        return [("error", say(run.verdicts, f"{run.name}:基準で判定できない"))]
    if isinstance(run.audit, str):
        return [("not_assessed", say(run.audit, f"{run.name}:まだ採点されていない"))]
    if run.recomputed:
        text = f"{run.name}: {run.recomputed[0]}"
        return [("error", say(f"not what comes out again: {text}", f"{run.name}:再計算と一致しない"))]
    parts: list[Part] = []
    parts += gated_axes_parts(material.gated_axes)
    for axis in material.gated_axes:
        found = [c for c in run.verdicts.comparisons if c.axis == axis and c.metric in metrics]
        parts += [_part(comparison) for comparison in found]
        wanted = need.split(" or ")
        covered = {c.group for c in found if c.metric in wanted} | {c.reference for c in found}
        groups = [g for g in run.audit.groups_of(axis) if UNKNOWN not in g.value.split("+")]
        if len(groups) < 2:
            parts.append(
                (
                    "not_assessed",
                    say(
                        f"{run.name}: fewer than two groups on {axis}",
                        f"{run.name}:{axis} の群が二つに満たない",
                    ),
                )
            )
        for group in groups:
            if group.value not in covered:
                text = f"{axis}={group.value}"
                parts.append(
                    ("not_assessed", say(f"{text}: no criterion on {need}", f"{text}:{need} の基準がない"))
                )
    return parts


def _required(run: Run) -> list[Part]:
    """What a pass of the criteria file rests on besides its comparisons."""
    if isinstance(run.verdicts, str):
        return []
    return [
        (each.verdict, say(f"{run.name}: {each.reason}", f"{run.name}:基準ファイル全体の要件を満たさない"))
        for each in run.verdicts.requirements
        if each.verdict != "pass"
    ]


def _part(comparison: Comparison) -> Part:
    if comparison.verdict == "pass":
        return ok()
    text = f"{comparison.criterion}, {comparison.axis}={comparison.group}: {comparison.reason}"
    what = f"{comparison.criterion}、{comparison.axis}={comparison.group}、限度 {comparison.limit:g}"
    ja = {"fail": "不合格", "error": "エラー"}.get(comparison.verdict, "判定不能")
    return comparison.verdict, say(text, f"{ja}:{what}")


def crossings(material: Material) -> Finding:
    """AF-4.3: every crossed cell with enough speakers holds the criteria; thin cells are listed."""
    runs, parts = need_runs(material, "evaluation")
    thin: dict[str, int | None] = {}
    for run in runs:
        state = criteria_part(material, run)
        if not (run.path / "audit.json").is_file():
            parts.append(
                ("not_assessed", say(f"{run.name}: not scored yet", f"{run.name}:まだ採点されていない"))
            )
            continue
        if state[0] != "pass" or isinstance(run.verdicts, str):
            unread = say(run.verdicts, "基準で判定できない") if isinstance(run.verdicts, str) else state[1]
            parts.append(
                (
                    "error" if state[0] == "error" else "undetermined",
                    say(f"criteria: {unread.en}", f"基準:{unread.ja}"),
                )
            )
            continue
        cells = [
            c for c in run.verdicts.comparisons
            if set(c.axis.split("+")) & set(material.gated_axes) and "+" in c.axis and c.metric in _DISPARITY
        ]  # fmt: skip
        if not cells:
            parts.append(
                (
                    "not_assessed",
                    say(f"{run.name}: no criterion on a crossed axis", f"{run.name}:交差属性の基準がない"),
                )
            )
        for cell in cells:
            if cell.verdict == "undetermined" and (cell.n_speakers or 0) < cell.min_speakers:
                thin[f"{cell.axis}={cell.group}"] = cell.n_speakers
            else:
                parts.append(_part(cell))
        if cells and len(thin) == len(cells):
            parts.append(("undetermined", say("every cell is too thin", "どの組み合わせでも話者が足りない")))
    return decide(
        parts,
        say(
            f"all cells with enough speakers hold; {len(thin)} thin cells are listed",
            f"話者数が足りる組み合わせはすべて合格。足りない組み合わせ {len(thin)} 件は列挙",
        ),
        _audited(material, runs),
        {"thin cells": thin},
    )


def controlled(material: Material) -> Finding:
    """AF-4.4: readings of one text by two accents disagree no more than readings within one accent."""
    runs, parts = need_runs(material, "evaluation")
    parts.append(frozen_plan_part(material))
    limit = material.plan.numbers.disagreement_excess
    facts: dict[str, dict[str, float | None]] = {}
    for run in runs:
        if isinstance(run.scores, str):
            parts.append(("not_assessed", say(run.scores, f"{run.name}:まだ採点されていない")))
            continue
        for axis in material.gated_axes:
            estimate = control_test(run.scores, axis)
            facts[f"{run.name}, {axis}"] = {
                "excess": estimate.value,
                "low": estimate.low,
                "high": estimate.high,
                "limit": limit,
            }
            if estimate.value is None:
                parts.append(
                    (
                        "not_assessed",
                        say(f"{axis}: {estimate.reason}", f"{axis}:同じ文を読む話者の組が足りない"),
                    )
                )
            else:
                parts.append(within(estimate, limit, axis))
    return decide(
        parts,
        say(f"excess disagreement within {number(limit)}", f"超過不一致が {number(limit)} 以内"),
        _measured(material, runs),
        facts,
    )


def robustness(material: Material) -> Finding:
    """AF-4.5: no group's ratio grows by more than the limit under any perturbation."""
    runs, parts = need_runs(material, "evaluation")
    perturbed, problems = need_runs(material, "perturbed")
    parts += [*problems, frozen_plan_part(material)]
    facts: dict[str, dict[str, float | None]] = {}
    for other in perturbed:
        if other.entry.condition is None:
            parts.append(
                (
                    "not_assessed",
                    say(f"{other.name}: which condition is not said", f"{other.name}:条件が書かれていない"),
                )
            )
        if runs:
            limit = material.plan.numbers.perturbation_growth
            parts += growth_parts(runs[0], other, material.gated_axes, limit, facts)
            if other.model_sha256 != runs[0].model_sha256:
                parts.append(
                    (
                        "fail",
                        say(
                            f"{other.name}: another model than the evaluated one",
                            f"{other.name}:評価したモデルと異なる",
                        ),
                    )
                )
    return decide(
        parts,
        say(
            f"no ratio grows by more than the limit under {len(perturbed)} perturbations",
            f"{len(perturbed)} 条件のいずれでも、比の増加が限度以内",
        ),
        [*_measured(material, [*runs, *perturbed]), *(run.source("audit.json") for run in runs[:1])],
        facts,
    )


def same_set_as(run: Run, others: list[Run], parts: list[Part]) -> list[Run]:
    """Those of `others` on the evaluation set; the rest are named in `parts`."""
    for other in others:
        if other.manifest_sha256 != run.manifest_sha256:
            parts.append(
                (
                    "fail",
                    say(
                        f"{other.name} and {run.name} are on different sets",
                        f"{other.name} と {run.name} の集合が異なる",
                    ),
                )
            )
    return [other for other in others if other.manifest_sha256 == run.manifest_sha256]


def preservation(material: Material) -> Finding:
    """AF-4.6: every group is shown to be no worse than before adaptation, by the margin; so the worst one is, too."""
    runs, parts = need_runs(material, "evaluation")
    before, problems = need_runs(material, "baseline")
    parts += [*problems, frozen_plan_part(material)]
    facts: dict[str, dict[str, float | None]] = {}
    for run in runs:
        parts.append(speech_part(run, material))
        for base in same_set_as(run, before, parts):
            parts += paired_parts(base, run, material.gated_axes, material.plan.numbers, facts)
            if base.model_sha256 == run.model_sha256:
                parts.append(
                    (
                        "fail",
                        say(
                            f"{base.name} and {run.name} are the same model",
                            f"{base.name} と {run.name} が同じモデル",
                        ),
                    )
                )
    return decide(
        parts,
        say("every group is shown to be no worse", "どの群も悪化していないことが示されている"),
        _measured(material, [*runs, *before]),
        facts,
    )


def gain(material: Material) -> Finding:
    """AF-4.13: each group that the frozen plan names is shown to be served better than before adaptation."""
    planned = material.plan.gain_for
    if planned == []:
        why = say("the plan says that no gain is aimed at", "計画で改善を目的としていない")
        return Finding("not_applicable", why, {"gain_for": []}, material.sources("plan.yaml"))
    runs, parts = need_runs(material, "evaluation")
    before, problems = need_runs(material, "baseline")
    parts += [*problems, frozen_plan_part(material)]
    facts: dict[str, dict[str, float | None]] = {}
    if planned is None:
        en = "plan.yaml does not say for which groups a gain is planned (gain_for; an empty list: for none)"
        parts.append(
            ("not_assessed", say(en, "改善を計画した群が plan.yaml にない(gain_for。なければ空のリスト)"))
        )
    for run in runs:
        for base in same_set_as(run, before, parts):
            for label in planned or []:
                parts.append(_gain_of(label, base, run, parts, facts))
    return decide(
        parts,
        say(f"shown to be better: {', '.join(planned or [])}", f"改善が示された:{'、'.join(planned or [])}"),
        _measured(material, [*runs, *before]),
        facts,
    )


def _gain_of(
    label: str, before: Run, after: Run, parts: list[Part], facts: dict[str, dict[str, float | None]]
) -> Part:
    from speechfair.comparing.no_harm import Margins, judge_no_harm

    axis, _, value = label.partition("=")
    pair = pairs_of(before, after, axis, parts).get(value)
    if pair is None:
        return "not_assessed", say(
            f"{label}: not measured before and after", f"{label}:前後の測定がそろわない"
        )
    found = judge_no_harm(pair, Margins(0.0, 0.0))
    assert found.change is not None
    change, even = found.change, 1.0 if found.scale == "ratio" else 0.0
    facts[label] = {"change": change.value, "low": change.low, "high": change.high, "limit": even}
    if change.low is None or change.high is None:
        return "undetermined", say(
            f"{label}: no interval of the change ({found.reason})", f"{label}:変化の区間がない"
        )
    text = (
        f"{label}: {number(change.value or 0)} [{number(change.low)}, {number(change.high)}], {number(even)}"
    )
    if change.high < even:
        return ok()
    if change.low > even:
        return "fail", say(f"worse where a gain was planned: {text}", f"改善を計画した群が悪化:{text}")
    return "undetermined", say(f"no gain is shown: {text}", f"改善が示されていない:{text}")


def _measured(material: Material, runs: list[Run]) -> list[Source]:
    """The limits, and the runs whose counts were compared; ``run.yaml`` names the digest of every table."""
    return [*material.sources("plan.yaml"), *(run.source("run.yaml", "digests") for run in runs)]


def _audited(material: Material, runs: list[Run]) -> list[Source]:
    names = ("run.yaml", "audit.json")
    found = [run.source(name) for run in runs for name in names if (run.path / name).exists()]
    return [*material.sources("criteria.yaml"), *found]


def _table(run: Run, axes: list[str]) -> dict[str, dict[str, float | int | None]]:
    if isinstance(run.audit, str):
        return {}
    return {
        f"{axis}={g.value}": {
            "rate": g.rate.value, "low": g.rate.low, "high": g.rate.high, "speakers": g.n_speakers,
            "ratio": g.ratio.value if g.ratio else None, "ratio_low": g.ratio.low if g.ratio else None,
            "ratio_high": g.ratio.high if g.ratio else None,
            "substitutions": g.substitutions, "deletions": g.deletions, "insertions": g.insertions,
        }
        for axis in axes for g in run.audit.groups_of(axis)
    }  # fmt: skip


CHECKS = {
    "AF-4.1": rates,
    "AF-4.2": disparity,
    "AF-4.3": crossings,
    "AF-4.4": controlled,
    "AF-4.5": robustness,
    "AF-4.6": preservation,
    "AF-4.13": gain,
}
