"""Phase 0: who, for what, at which level, by which attributes and which criteria."""

from __future__ import annotations

from pathlib import Path

from speechfair.errors import SpeechfairError
from speechfair.process.checks.common import (
    Part,
    form_part,
    manifest_of,
    need_data,
    need_runs,
    ok,
    said_no,
    split_list,
)
from speechfair.process.finding import Finding, Source, Status, decide, said, say
from speechfair.process.identity import identity_problems, keys_in
from speechfair.process.material import Material
from speechfair.process.material import Run as RunOf

__all__ = ["CHECKS", "criteria_part", "frozen_plan_part"]

_SOURCES = ("self_reported", "corpus", "annotator", "inferred")
_ROLES = ("data_owner", "evaluator", "fairness_approver", "operator")


def roles(material: Material) -> Finding:
    """AF-0.1: every role filled by a listed person; who approves did not train; no sign-off by a trainer."""
    form = material.forms["roles.yaml"]
    parts = [form_part(form)]
    people = {row["id"] for row in form.values["people"]}
    named = {role: [form.values[role]] for role in _ROLES} | {"trainer": form.values["trainer"]}
    for role, ids in named.items():
        for person in ids:
            if person and people and person not in people:
                parts.append(
                    (
                        "fail",
                        say(
                            f"{role}: {person!r} is not among people", f"`{role}`:{person} が people にいない"
                        ),
                    )
                )
    if form.values["fairness_approver"] in material.trainers:
        parts.append(("fail", say("the fairness approver trained the model", "承認者が学習も行っている")))
    parts += [("fail", text) for text in identity_problems(material)]
    approver = form.values["fairness_approver"]
    if approver and material.plan.aifl >= 1 and approver not in {key.person for key in keys_in(form)}:
        unpinned = say(f"no key of {approver} is pinned", f"{approver} の鍵が登録されていない")
        parts.append(("not_assessed", unpinned))
    for record in material.training:
        if people and record.trainer not in people:
            text = f"training {record.id}: {record.trainer!r}"
            parts.append(
                (
                    "fail",
                    say(
                        f"{text} is not among people", f"学習 {record.id}:{record.trainer} が people にいない"
                    ),
                )
            )
    parts += [("error", said(problem)) for problem in material.training_problems]
    if any(run.begun for run in material.of_role("evaluation")):  # before, there is nobody yet who trained
        for name in material.training_missing:
            unknown = say(f"{name}, which says who trained, is not there", f"学習担当を示す {name} がない")
            parts.append(("not_assessed", unknown))
    for entry in material.reading.of_kind("release_decision", "waiver"):
        if entry.body.get("by") in material.trainers:
            parts.append(
                (
                    "fail",
                    say(
                        f"entry {entry.number} is signed by a trainer",
                        f"記録 {entry.number} の署名者が学習担当",
                    ),
                )
            )
    return decide(
        parts,
        say(
            "every role is filled, approval and training are apart",
            "全役割が埋まり、承認と学習が分かれている",
        ),
        material.sources("roles.yaml", *material.run_list.training_records),
        {"trainers": sorted(material.trainers)},
    )


def use_case(material: Material) -> Finding:
    """AF-0.2: the use case is complete."""
    form = material.forms["use_case.yaml"]
    day, parts = form.values["dated"], [form_part(form)]
    if day is not None and day > material.today.isoformat():
        parts.append(("error", say(f"dated {day}, in the future", f"日付 {day} が未来である")))
    return decide(
        parts,
        say("use_case.yaml is complete", "use_case.yaml は記入済み"),
        material.sources(form.name),
    )


def level(material: Material) -> Finding:
    """AF-0.3: level and reasons are given, the plan is the frozen one."""
    form = material.forms["levels.yaml"]
    return decide(
        [form_part(form), frozen_plan_part(material)],
        say(
            f"AIFL {material.plan.aifl}, frozen, with reasons",
            f"AIFL {material.plan.aifl}、理由つきで凍結済み",
        ),
        material.sources("levels.yaml", "plan.yaml"),
        {
            "aifl": material.plan.aifl,
            "internal_levels": material.plan.internal_levels,
            **{name: form.values[name] for name in ("performance_level", "safety_level", "privacy_level")},
        },
    )


def frozen_plan_part(material: Material) -> Part:
    """Whether the plan is the one that was frozen."""
    from speechfair.store import file_digest

    frozen = material.reading.last("plan")
    if frozen is None:
        return "not_assessed", say("the plan was never frozen", "計画が凍結されていない")
    if frozen.body.get("sha256") != file_digest(material.folder / "plan.yaml"):
        return "fail", say(
            f"plan.yaml was changed after it was frozen at {frozen.time}",
            f"plan.yaml が凍結({frozen.time})後に変わっている",
        )
    late = [run.name for run in material.of_role("evaluation") if (run.evaluated or "9") <= frozen.time]
    if late:
        return "undetermined", say(
            f"the plan's numbers were frozen at {frozen.time}, after the evaluation of {late[0]} began",
            f"計画の数値の凍結({frozen.time})が {late[0]} の評価開始より後である",
        )
    return ok()


def attributes(material: Material) -> Finding:
    """AF-0.4: the labels in the evaluation manifests are the declared ones, from the declared sources."""
    form = material.forms["attributes.yaml"]
    parts = [form_part(form)]
    declared: dict[str, set[str]] = {}
    for row in form.values["axes"]:
        declared.setdefault(row["axis"], set()).update(split_list(row["source"]))
        for source in split_list(row["source"]):
            if source not in _SOURCES:
                parts.append(
                    (
                        "fail",
                        say(
                            f"{row['axis']}: unknown source {source!r}",
                            f"{row['axis']}:不明な出所 {source}",
                        ),
                    )
                )
    parts += said_no(
        form, ("no_inference_of_origin", "origin may be inferred from voice", "声から出自を推定しうる")
    )
    if form.complete and not material.gated_axes:
        parts.append(("fail", say("no axis is gated, so nothing would be judged", "判定に使う属性がない")))
    runs, problems = need_data(material)
    parts += problems
    found: dict[str, set[str]] = {}
    for run in runs:
        _labels(run, found, parts)
    for axis, sources in sorted(found.items()):
        extra = sources - declared.get(axis, set())
        if axis not in declared:
            parts.append(
                ("fail", say(f"the label axis {axis!r} is not declared", f"属性 {axis!r} が宣言されていない"))
            )
        elif extra:
            parts.append(
                (
                    "fail",
                    say(
                        f"{axis}: labels also come from {sorted(extra)}",
                        f"{axis}:宣言外の出所 {sorted(extra)}",
                    ),
                )
            )
        if axis in material.gated_axes and sources == {"inferred"}:
            parts.append(
                ("fail", say(f"{axis} rests on inferred labels only", f"{axis} が推定ラベルのみに基づく"))
            )
    for axis in material.gated_axes:
        if runs and axis not in found:
            parts.append(("fail", say(f"no row has a label on {axis!r}", f"{axis!r} のラベルをもつ行がない")))
    return decide(
        parts,
        say("all labels are declared with their sources", "全ラベルが出所とともに宣言されている"),
        [*material.sources("attributes.yaml"), *(run.source("manifest.parquet", "labels") for run in runs)],
        {"found": {axis: sorted(sources) for axis, sources in sorted(found.items())}},
    )


def _labels(run: RunOf, found: dict[str, set[str]], parts: list[Part]) -> None:
    import polars as pl

    manifest = manifest_of(run, parts)
    if manifest is None:
        return
    labels = manifest.select(pl.col("labels").explode()).drop_nulls().unnest("labels")
    for axis, source in labels.select("axis", "source").unique().iter_rows():
        found.setdefault(axis, set()).add(source)


def criteria(material: Material) -> Finding:
    """AF-0.5: criteria.yaml was frozen before every evaluation began, and is unchanged since."""
    runs, parts = _begun(material)
    if not runs:
        parts.append(_frozen_now(material))
    for run in runs:
        parts.append(criteria_part(material, run))
    sources: list[Source] = [*material.sources("criteria.yaml", "criteria.yaml.frozen.yaml")]
    return decide(
        parts,
        say("frozen before the evaluation and unchanged", "評価前に凍結され、以後変わっていない"),
        [*sources, *(run.source("run.yaml", "history") for run in runs)],
        {"evaluated": {run.name: run.evaluated for run in runs}},
    )


def _begun(material: Material) -> tuple[list[RunOf], list[Part]]:
    """Evaluation runs, and what cannot be read of them. None at all is no problem before the evaluation."""
    if not material.of_role("evaluation"):
        return [], []
    return need_runs(material, "evaluation")


def _frozen_now(material: Material) -> Part:
    """Before any evaluation: whether the criteria are frozen, unchanged and in the ledger."""
    from speechfair.gating.criteria import read_criteria
    from speechfair.gating.freezing import standing_alone

    path: Path = material.folder / "criteria.yaml"
    if not path.is_file():
        return "not_assessed", say("criteria.yaml is not there", "criteria.yaml がない")
    try:
        read_criteria(path)
        found = standing_alone(path)
    except SpeechfairError as error:
        return "error", said(error)
    if found.problem is not None:
        kind, text = found.problem
        status: Status = "not_assessed" if kind == "never" else "fail"
        return status, say(text, "凍結されていないか、凍結後に変わっている")
    return _noted_part(material, found.sha256)


def _noted_part(material: Material, sha256: str) -> Part:
    if any(e.body.get("sha256") == sha256 for e in material.reading.of_kind("criteria")):
        return ok()
    return "undetermined", say(
        "the ledger does not hold these criteria; `speechfair process freeze` records them before the evaluation",
        "台帳にこの基準の記録がない。評価前に `speechfair process freeze` で記録する",
    )


def criteria_part(material: Material, run: RunOf) -> Part:
    """Whether the criteria file was fixed before a run's evaluation, by every record there is of it."""
    from speechfair.gating.criteria import read_criteria
    from speechfair.gating.freezing import standing

    path: Path = material.folder / "criteria.yaml"
    if not path.is_file():
        return "not_assessed", say("criteria.yaml is not there", "criteria.yaml がない")
    try:
        read_criteria(path)
        found = standing(path, run.path)
    except SpeechfairError as error:
        return "error", said(error)
    if found.problem is not None:
        kind, text = found.problem
        if kind == "never":
            return "not_assessed", say(text, "基準が凍結されていない")
        if kind in ("changed", "late"):
            return "fail", say(
                f"{run.name}: {text}", f"{run.name}:基準が凍結後に変わったか、評価の後に凍結されている"
            )
        return "undetermined", say(f"{run.name}: {text}", f"{run.name}:基準の凍結と評価の前後を判定できない")
    noted = [e for e in material.reading.of_kind("criteria") if e.body.get("sha256") == found.sha256]
    if not noted:
        return _noted_part(material, found.sha256)
    if run.begun and (found.evaluated is None or noted[0].time >= found.evaluated):
        return "fail", say(
            f"{run.name}: the ledger received the criteria at {noted[0].time}, not before the evaluation began "
            f"({found.evaluated})",
            f"{run.name}:台帳への記録({noted[0].time})が評価開始({found.evaluated})より前でない",
        )
    return ok()


def impact(material: Material) -> Finding:
    """AF-0.6: every risk has a test or a control, a consultation is recorded."""
    form = material.forms["risks.yaml"]
    parts = [form_part(form)]
    for row in form.values["risks"]:
        if not row["tests"] and not row["control"]:
            parts.append(
                (
                    "not_assessed",
                    say(
                        f"risk {row['id']}: neither test nor control", f"リスク {row['id']}:試験も対策もない"
                    ),
                )
            )
    return decide(
        parts,
        say("every risk has a test or a control", "全リスクに試験または対策がある"),
        material.sources("risks.yaml"),
        {"risks": len(form.values["risks"])},
    )


CHECKS = {
    "AF-0.1": roles,
    "AF-0.2": use_case,
    "AF-0.3": level,
    "AF-0.4": attributes,
    "AF-0.5": criteria,
    "AF-0.6": impact,
}
