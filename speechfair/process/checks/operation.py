"""Phase 6: monitoring, logs and retention, and redress. The update gate is judged from other items' findings."""

from __future__ import annotations

from collections.abc import Mapping

from speechfair.process.checks.common import dated, form_part, need_runs, said_no
from speechfair.process.finding import Finding, decide, say
from speechfair.process.material import Material
from speechfair.process.words import STATUS_WORDS

__all__ = ["CHECKS", "update"]


def monitoring(material: Material) -> Finding:
    """AF-6.1: the plan is complete and the last panel test is within its period."""
    form = material.forms["monitoring.yaml"]
    parts = [form_part(form)]
    period = form.values["panel_period_days"]
    if period is not None:
        what = say("last panel test", "直近の定期試験")
        parts.append(dated(what, form.values["last_panel"], material, int(period)))
    return decide(
        parts,
        say("complete, and tested within the period", "記入済みで、期間内に試験済み"),
        material.sources(form.name),
    )


def logs(material: Material) -> Finding:
    """AF-6.2: the ledger holds, and retention reaches the planned minimum."""
    form = material.forms["retention.yaml"]
    parts = [form_part(form)]
    for problem in material.reading.problems:
        parts.append(("fail", say(problem, f"{problem.partition(': ')[0]}:台帳の連鎖が途切れている")))
    days, least = form.values["logs_days"], material.plan.numbers.logs_days
    if days is not None and days < least:
        parts.append(
            (
                "fail",
                say(f"logs are kept {days} days, {least} planned", f"記録の保存 {days} 日(計画 {least} 日)"),
            )
        )
    parts += said_no(
        form,
        ("within_consent", "raw voice is kept past its consent", "同意の期限を超えて音声を保存している"),
    )
    if form.values["raw_voice_days"] and material.plan.facts.get("personal_data") is False:
        en = "raw voice is kept, and the plan says that there is no personal data"
        parts.append(("fail", say(en, "個人データはないとする計画に反し、音声を保存している")))
    if not material.reading.entries:
        parts.append(("not_assessed", say("the ledger is empty", "台帳が空")))
    return decide(
        parts,
        say("the ledger holds, logs are kept long enough", "台帳が検証でき、保存期間が足りる"),
        material.sources("retention.yaml"),
    )


def update(material: Material, findings: Mapping[str, Finding]) -> Finding:
    """AF-6.3: rates, disparity and preservation hold for the evaluated model's digest."""
    runs, parts = need_runs(material, "evaluation")
    for item in ("AF-4.1", "AF-4.2", "AF-4.6"):
        found = findings.get(item)
        if found is None:
            parts.append(("not_assessed", say(f"{item} was not looked at", f"{item} が判定されていない")))
        elif found.status != "not_applicable":
            reason = say(f"{item} is {found.status}", f"{item} が{STATUS_WORDS[found.status].ja}である")
            parts.append((found.status, reason))
    return decide(
        parts,
        say("the frozen sets were repeated for this model", "このモデルについて固定集合で繰り返した"),
        [run.source("run.yaml", "recipe.model.digest") for run in runs],
        {"models": sorted({run.model_sha256 or "" for run in runs})},
    )


def redress(material: Material) -> Finding:
    """AF-6.4: complete; channel and drill within the planned days."""
    form, days = material.forms["redress.yaml"], material.plan.numbers.valid_days
    parts = [
        form_part(form),
        dated(say("test of the channel", "窓口の試験"), form.values["channel_tested"], material, days),
        dated(say("rollback drill", "切り戻し訓練"), form.values["rollback_drill"], material, days),
    ]
    return decide(
        parts,
        say("complete, channel and drill are recent", "記入済みで、窓口と訓練が期間内"),
        material.sources(form.name),
    )


CHECKS = {"AF-6.1": monitoring, "AF-6.2": logs, "AF-6.4": redress}
