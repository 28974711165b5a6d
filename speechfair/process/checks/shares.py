"""AF-2.3: are the test set's groups there in the shares of the target population, as far as its speakers can say?"""

from __future__ import annotations

from typing import Any

from speechfair.process.checks.common import Part, form_part, group_table, manifest_of, need_data, ok
from speechfair.process.checks.paired_runs import exact_share
from speechfair.process.finding import Finding, decide, say
from speechfair.process.material import Material

__all__ = ["CHECKS"]

REMEDIES = ("collect", "restrict", "disclose")


def representation(material: Material) -> Finding:
    """AF-2.3: groups that are missing or thin against their target share each have an owner and a remedy.

    The speakers of the test set are a sample of those who would be recruited again. A group is thin if the whole
    interval of its share lies below the allowed part of the target share. A group without a speaker is missing.
    """
    form = material.forms["design.yaml"]
    runs, parts = need_data(material)
    parts.append(form_part(form))
    remedies = {row["case"]: row for row in form.values["gaps"]}
    for case, row in remedies.items():
        if row["remedy"] not in REMEDIES:
            en = f"gap {case}: the remedy {row['remedy']!r} is none of collect, restrict, disclose"
            parts.append(
                ("fail", say(en, f"欠落 {case}:対応 {row['remedy']!r} が収集・限定・開示のいずれでもない"))
            )
    shares: dict[str, dict[str, Any]] = {}
    for run in runs:
        manifest = manifest_of(run, parts)
        if manifest is None:
            continue
        for row in form.values["shares"]:
            if row["axis"] is None or row["share"] is None:
                continue
            groups = group_table(manifest, row["axis"])
            counted = groups.get(row["value"], (0, 0, 0.0))[0], sum(n for n, _, _ in groups.values())
            case = f"{row['axis']}={row['value']}"
            part, shares[case] = _share(case, counted, row["share"], material.plan.numbers.share_shortfall)
            parts.append(ok() if case in remedies else part)
    return decide(
        parts,
        say("every thin group has an owner and a remedy", "少ない群すべてに担当と対応がある"),
        [*material.sources("design.yaml"), *(run.source("manifest.parquet") for run in runs)],
        {"shares": shares},
    )


def _share(
    case: str, counted: tuple[int, int], target: float, shortfall: float
) -> tuple[Part, dict[str, Any]]:
    """The part of one group, and its numbers; `counted` are its speakers and all speakers."""
    speakers, total = counted
    least = shortfall * target
    if not speakers:
        facts = {"target": target, "speakers": 0.0}
        missing = say(
            f"{case}: no speaker, target {target:.0%}, and no remedy",
            f"{case}:話者なし、目標 {target:.0%}、対応なし",
        )
        return (("fail", missing) if target else ok()), facts
    low, high = exact_share(speakers, total)
    facts = {
        "target": target,
        "speakers": round(speakers / total, 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }
    en = f"{case}: {speakers / total:.0%} of the speakers ({low:.0%} to {high:.0%}), target {target:.0%}"
    ja = f"{case}:話者の {speakers / total:.0%}(区間 {low:.0%}〜{high:.0%})、目標 {target:.0%}"
    if high < least:
        return ("fail", say(f"{en}, and no remedy", f"{ja}、対応なし")), facts
    if low < least:
        return (
            "undetermined",
            say(
                f"{en}: too few speakers to tell whether it is thin (less than {least:.0%}); name a remedy or add some",
                f"{ja}。話者が少なく、{least:.0%} を下回るか判定できない。対応を記すか、話者を加える",
            ),
        ), facts
    return ok(), facts


CHECKS = {"AF-2.3": representation}
