"""Phase 1, the people whose voices and work the data is: withdrawal, minors, annotators, dialects and disorders."""

from __future__ import annotations

from datetime import date, timedelta

from speechfair.process.checks.common import Part, dated, form_part, manifest_of, ok, said_no, split_list
from speechfair.process.finding import Finding, Source, decide, say
from speechfair.process.material import Material

__all__ = ["CHECKS"]

_KINDS = ("dialect", "speech_disorder", "other")


def withdrawal(material: Material) -> Finding:
    """AF-1.6: nobody who withdrew is in any run's rows, no request is overdue, and the way was tried in time."""
    form = material.forms["withdrawal.yaml"]
    parts = [form_part(form)]
    what = say("trial of a withdrawal", "撤回対応の試行")
    parts.append(dated(what, form.values["last_trial"], material, material.plan.numbers.valid_days))
    withdrawn = {row["speaker"]: row for row in form.values["withdrawn"] if row["speaker"]}
    within, sources = form.values["delete_within_days"], list[Source]()
    for row in withdrawn.values():
        if row["deleted"] is None and row["asked"] is not None and within is not None:
            due = date.fromisoformat(row["asked"]) + timedelta(days=int(within))
            if due < material.today:
                en = f"{row['speaker']} withdrew on {row['asked']} and was to be deleted by {due}"
                parts.append(
                    ("fail", say(en, f"{row['speaker']} は {row['asked']} に撤回、期限 {due} までに未削除"))
                )
    for run in material.runs if withdrawn else ():
        manifest = manifest_of(run, parts)
        if manifest is None:
            continue
        sources.append(run.source("manifest.parquet", "speaker"))
        for speaker in sorted(withdrawn.keys() & set(manifest["speaker"].drop_nulls())):
            parts.append(
                ("fail", say(f"{run.name}: {speaker} withdrew", f"{run.name}:{speaker} は撤回している"))
            )
    return decide(
        parts,
        say(
            "nobody who withdrew is in the data, no request is overdue",
            "撤回した人の音声がなく、対応の遅れもない",
        ),
        [*material.sources(form.name), *sources],
        {"withdrawn": len(withdrawn)},
    )


def minors(material: Material) -> Finding:
    """AF-1.7: guardians consent, children assent, and what the labels show is what the form says."""
    form = material.forms["minors.yaml"]
    parts = [form_part(form)]
    parts += said_no(
        form,
        ("guardian_consent", "guardians have not consented", "保護者の同意がない"),
        ("child_assent", "children were not asked", "本人の意思を確かめていない"),
    )
    what = say("review of the safeguards", "保護措置の見直し")
    parts.append(dated(what, form.values["reviewed"], material, material.plan.numbers.valid_days))
    return decide(
        parts,
        say(
            "consent of guardians, assent, and safeguards are stated",
            "保護者の同意・本人の意思・保護措置が記されている",
        ),
        material.sources(form.name),
    )


def annotators(material: Material) -> Finding:
    """AF-1.8: pay, hours, instruction and support are stated, and open complaints are none."""
    form = material.forms["annotators.yaml"]
    parts = [form_part(form)]
    if form.values["open_complaints"]:
        n = form.values["open_complaints"]
        parts.append(
            ("fail", say(f"{n} complaints of annotators are open", f"アノテーターの苦情 {n} 件が未対応"))
        )
    parts += said_no(
        form, ("pay_at_least_minimum", "paid less than the minimum wage", "報酬が最低賃金を下回る")
    )
    return decide(
        parts,
        say("conditions are stated, no complaint is open", "労働条件が記され、未対応の苦情がない"),
        material.sources(form.name),
    )


def varieties(material: Material) -> Finding:
    """AF-1.9: dialects and speech disorders were considered; what is not covered is restricted or disclosed."""
    form = material.forms["varieties.yaml"]
    parts = [form_part(form)]
    kinds = set()
    for row in form.values["considered"]:
        kinds.add(row["kind"])
        name = row["variety"] or "?"
        if row["kind"] not in _KINDS:
            choices = ", ".join(_KINDS)
            parts.append(
                (
                    "error",
                    say(f"{name}: kind is none of {choices}", f"{name}:kind が {choices} のいずれでもない"),
                )
            )
        if row["covered"] is False and row["how"] not in ("collect", "restrict", "disclose"):
            en = f"{name}: not covered, and how is none of collect, restrict, disclose"
            ja = f"{name}:評価の対象でないのに、収集・限定・開示のいずれも記されていない"
            parts.append(("not_assessed", say(en, ja)))
        for label in split_list(row["label"]) if row["covered"] else ():
            parts.append(_covered(material, name, label))
    for kind, en, ja in (
        ("dialect", "dialect", "方言"),
        ("speech_disorder", "speech disorder", "発話の障害"),
    ):
        if form.complete and kind not in kinds:
            parts.append(("not_assessed", say(f"no {en} was considered", f"{ja}が検討されていない")))
    return decide(
        parts,
        say("dialects and speech disorders were considered", "方言と発話の障害が検討されている"),
        material.sources(form.name),
    )


def _covered(material: Material, name: str, label: str) -> Part:
    """Whether a label ``axis=value`` that stands for a variety is in the evaluation data."""
    axis, _, value = label.partition("=")
    for run in material.of_role("test_set", "evaluation"):
        if isinstance(run.manifest, str):
            continue
        for row in run.manifest["labels"].to_list():
            if any(each["axis"] == axis and each["value"] == value for each in row or []):
                return ok()
    return "fail", say(f"{name}: no speaker has the label {label}", f"{name}:ラベル {label} の話者がいない")


CHECKS = {"AF-1.6": withdrawal, "AF-1.7": minors, "AF-1.8": annotators, "AF-1.9": varieties}
