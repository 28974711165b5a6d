"""Phase 3: the training record, mitigation with its ablation, synthetic speech, selection, the serving path."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

from speechfair.process.checks.common import Part, form_part, need_runs, number, ok
from speechfair.process.checks.paired_runs import paired_parts
from speechfair.process.checks.requirements import frozen_plan_part
from speechfair.process.finding import Finding, decide, said, say
from speechfair.process.material import Material, Run
from speechfair.process.speech_origin import speech_part, synthetic_training
from speechfair.process.training_evidence import Selection, TrainingRecord, limit_for_protected
from speechfair.strict_json import parse_json

__all__ = ["CHECKS"]


def begun_runs(material: Material) -> tuple[list[Run], list[Part]]:
    """Evaluation runs and what cannot be read of them; none at all is no problem before the evaluation."""
    return need_runs(material, "evaluation") if material.of_role("evaluation") else ([], [])


def record(material: Material) -> Finding:
    """AF-3.1: complete records, one of which made the evaluated model."""
    runs, parts = begun_runs(material)
    parts += [("error", said(problem)) for problem in material.training_problems]
    for name in material.training_missing:
        parts.append(("not_assessed", say(f"{name} is not there yet", f"{name} がまだない")))
    if not material.run_list.training_records:
        parts.append(("not_assessed", say("no training record in runs.yaml", "runs.yaml に学習記録がない")))
    made = {r.output_sha256: r for r in material.training if r.outcome == "completed"}
    for run in runs:
        if material.training and run.begun and run.model_sha256 not in made:
            digest = (run.model_sha256 or "none")[:12]
            text = f"{run.name}: {digest}…"
            parts.append(
                (
                    "fail",
                    say(
                        f"no record made the evaluated model ({text})",
                        f"評価したモデルの学習記録がない({text})",
                    ),
                )
            )
        else:
            parts.append(ok())
    if material.training and not runs:
        parts.append(ok())
    imported = _imported_commits(material)
    for each in material.training:
        for name, commit in imported.items():
            if not commit.startswith(each.commit) and not each.commit.startswith(commit):
                text = f"{each.id} ({each.commit[:12]}), {name} ({commit[:12]})"
                parts.append(
                    ("fail", say(f"another commit than recorded: {text}", f"記録とコミットが異なる:{text}"))
                )
    for each in material.training:
        if each.ended < each.started:
            parts.append(
                (
                    "fail",
                    say(f"training {each.id} ended before it started", f"学習 {each.id} の終了が開始より前"),
                )
            )
        for source in each.unnamed_data:
            parts.append(
                (
                    "fail",
                    say(
                        f"training {each.id}: no digest of the data {source}",
                        f"学習 {each.id}:データ {source} のダイジェストがない",
                    ),
                )
            )
        if each.outcome == "completed" and each.output_sha256 is None:
            parts.append(
                (
                    "fail",
                    say(f"training {each.id}: no output digest", f"学習 {each.id}:出力のダイジェストがない"),
                )
            )
    return decide(
        parts,
        say(
            f"{len(material.training)} records, and the evaluated model is the output of one",
            f"学習記録 {len(material.training)} 件、評価したモデルはその出力である",
        ),
        [
            *material.sources(*material.run_list.training_records, *imported),
            *(run.source("run.yaml", "recipe.model") for run in runs),
        ],
        {"trainings": {each.id: each.outcome for each in material.training}},
    )


def _imported_commits(material: Material) -> dict[str, str]:
    """The commits that imported evidence names, by file."""

    found = {}
    for entry in material.reading.of_kind("import"):
        path = material.folder / entry.body["file"]
        if path.is_file():
            commit = parse_json(path.read_text(encoding="utf-8"))["facts"].get("commit")
            if commit:
                found[entry.body["file"]] = str(commit)
    return found


def mitigation(material: Material) -> Finding:
    """AF-3.2: a development run with the mitigation and one without, on one set that is not the evaluation's."""
    form = material.forms["mitigation.yaml"]
    runs, parts = need_runs(material, "development", "baseline_development")
    parts.append(form_part(form))
    sets = {run.role: run.manifest_sha256 for run in runs}
    if len(sets) == 2 and len(set(sets.values())) > 1:
        parts.append(
            ("fail", say("with and without mitigation on different sets", "緩和手段あり・なしで集合が異なる"))
        )
    tests = {run.manifest_sha256 for run in material.of_role("evaluation")}
    for run in runs:
        if run.manifest_sha256 in tests:
            parts.append(
                (
                    "fail",
                    say(
                        f"{run.name} uses the evaluation data to choose",
                        f"{run.name} が評価データで選択している",
                    ),
                )
            )
        if isinstance(run.audit, str):
            parts.append(("not_assessed", say(run.audit, f"{run.name}:まだ採点されていない")))
    return decide(
        parts,
        say(
            "with and without mitigation on one development set",
            "同一の開発集合で緩和手段あり・なしを比べている",
        ),
        [
            *material.sources("mitigation.yaml"),
            *(run.source("audit.json") for run in runs if (run.path / "audit.json").exists()),
        ],
        {"rates": {run.role: _rates(run, material) for run in runs}},
    )


def _rates(run: Run, material: Material) -> dict[str, float | None]:
    if isinstance(run.audit, str):
        return {}
    groups = [g for axis in material.gated_axes for g in run.audit.groups_of(axis)]
    return {"overall": run.audit.overall.rate.value, **{f"{g.axis}={g.value}": g.rate.value for g in groups}}


def synthetic(material: Material) -> Finding:
    """AF-3.3: no synthetic row among the evaluation rows; generator and share are stated."""
    form = material.forms["mitigation.yaml"]
    runs, parts = need_runs(material, "evaluation")
    parts.append(form_part(form))
    for run in [*runs, *material.of_role("baseline", "serving", "test_set")]:
        status, reason = speech_part(run, material)
        parts.append(("fail" if status == "undetermined" else status, reason))
    used = synthetic_training(material)
    if used and form.values["synthetic_data"] is False:
        parts.append(
            (
                "fail",
                say(
                    f"training rows are synthetic or augmented ({', '.join(used)}), mitigation.yaml denies it",
                    f"合成・加工の学習行({'、'.join(used)})があるのに mitigation.yaml が否定している",
                ),
            )
        )
    if used or form.values["synthetic_data"]:
        for key in ("generator", "synthetic_share", "realism_check"):
            if form.values[key] is None:
                parts.append(
                    (
                        "not_assessed",
                        say(f"mitigation.yaml: {key} is empty", f"mitigation.yaml:{key} が未記入"),
                    )
                )
    return decide(
        parts,
        say(
            "no synthetic evaluation row; generator, share and check stated",
            "評価データに合成音声がなく、生成器・割合・確認結果が記されている",
        ),
        [*material.sources("mitigation.yaml"), *(run.source("run.yaml", "recipe.corpus") for run in runs)],
    )


def _by_protected(record: TrainingRecord, tests: Collection[str | None]) -> Iterator[Part]:
    """What is wrong with how the protected development speakers, if the settings name any, limited the choice."""
    if record.protected and record.selection and record.selection.protected_limit is None:
        yield (
            "undetermined",
            say(
                f"{record.id}: the settings name protected development speakers, and the log holds no limit for them",
                f"{record.id}:設定に保護対象の開発話者があるが、記録にその上限がない",
            ),
        )
    if record.selection and record.selection.protected_limit is not None:
        yield _limit_again(record, record.selection, record.selection.protected_limit)
    for name in record.protected:
        if record.data.get(name) in tests:
            yield (
                "fail",
                say(
                    f"{record.id}: its protected development speakers ({name}) are evaluation data",
                    f"{record.id}:保護対象の開発話者({name})が評価データである",
                ),
            )


def _limit_again(record: TrainingRecord, log: Selection, limit: float) -> Part:
    """Whether the limit for the protected speakers is what their rate before and the margin of the settings give."""
    margin = record.settings.get("margin")
    if log.protected_before is None:
        return "undetermined", say(
            f"{record.id}: the log holds no rate of the protected speakers before the training, so that their limit "
            "cannot be recomputed; write the training record again (`speechfair debias record`)",
            f"{record.id}:学習前の保護対象話者の誤り率が記録になく、上限を再計算できない。"
            "`speechfair debias record` で書き直す",
        )
    try:
        found = limit_for_protected(log.protected_before, margin)  # type: ignore[arg-type]
    except (KeyError, TypeError):
        return "undetermined", say(
            f"{record.id}: the settings hold no margin (relative, absolute), so that the limit for the protected "
            "speakers cannot be recomputed",
            f"{record.id}:設定に許容幅(`margin`)がなく、保護対象話者の上限を再計算できない",
        )
    if math.isclose(found, limit, rel_tol=1e-9):
        return ok()
    return "fail", say(
        f"{record.id}: the limit for the protected speakers is {limit:.6g}, and their rate before and the margin "
        f"give {found:.6g}",
        f"{record.id}:保護対象話者の上限 {limit:.6g} が、学習前の誤り率と許容幅から求めた {found:.6g} と異なる",
    )


def selection(material: Material) -> Finding:
    """AF-3.4: the rule, applied to the log, gives the chosen candidate; it looks at the worst group; in time."""
    runs, parts = begun_runs(material)
    records = [r for r in material.training if r.outcome == "completed" and r.selection]
    logs = [(r.id, r.selection) for r in records if r.selection]
    if not logs:
        parts.append(
            (
                "not_assessed",
                say("no training record holds a selection log", "選択の記録をもつ学習記録がない"),
            )
        )
    tests = {run.manifest_sha256 for run in runs}
    parts += [part for record in records for part in _by_protected(record, tests)]
    for name, log in logs:
        if log.rule == "lowest_overall":
            parts.append(
                (
                    "fail",
                    say(
                        f"{name}: the rule does not look at the worst group",
                        f"{name}:規則が最も悪い群を考慮していない",
                    ),
                )
            )
        if log.by_rule() != log.chosen:
            parts.append(
                (
                    "fail",
                    say(
                        f"{name}: the rule gives {log.by_rule()}, not {log.chosen}",
                        f"{name}:規則によれば {log.by_rule()} で、{log.chosen} ではない",
                    ),
                )
            )
        if log.development_manifest_sha256 in tests:
            parts.append(
                ("fail", say(f"{name}: chosen on the evaluation data", f"{name}:評価データで選んでいる"))
            )
        parts += [] if runs else [ok()]
        for run in runs:
            if not run.begun:
                parts.append(ok())
            elif run.evaluated is None:
                parts.append(
                    (
                        "undetermined",
                        say(
                            f"{run.name}: when its evaluation began is not recorded",
                            f"{run.name}:評価開始の記録がない",
                        ),
                    )
                )
            elif log.chosen_at >= run.evaluated:
                parts.append(
                    (
                        "fail",
                        say(
                            f"{name}: chosen after the evaluation of {run.name} began",
                            f"{name}:{run.name} の評価開始後に選んでいる",
                        ),
                    )
                )
            else:
                parts.append(ok())
    return decide(
        parts,
        say(
            "the rule gives the chosen candidate, before the evaluation",
            "評価前に、規則どおりの候補が選ばれている",
        ),
        material.sources(*material.run_list.training_records),
        {
            name: {c.name: {"overall": c.overall, "worst": c.worst} for c in log.candidates}
            for name, log in logs
        },
    )


def serving(material: Material) -> Finding:
    """AF-3.5: versions are recorded; on the serving path no gated group gets worse by more than the margin."""
    runs, parts = need_runs(material, "evaluation")
    served, problems = need_runs(material, "serving")
    parts += [*problems, frozen_plan_part(material)]
    facts: dict[str, dict[str, float | None]] = {}
    for run in [*runs, *served]:
        assert not isinstance(run.content, str)
        packages = run.content.environment.get("packages") or {}
        if not packages:
            parts.append(
                ("fail", say(f"{run.name}: no package versions", f"{run.name}:パッケージのバージョンがない"))
            )
    numbers = material.plan.numbers
    for other in served:
        same = [run for run in runs if run.manifest_sha256 == other.manifest_sha256]
        if not same:
            parts.append(
                ("fail", say(f"{other.name}: not on the evaluation set", f"{other.name}:評価集合と異なる"))
            )
        for run in same[:1]:
            parts += paired_parts(run, other, material.gated_axes, numbers, facts)
    return decide(
        parts,
        say(
            f"versions recorded; no group worse by more than {number(numbers.margin_relative)} of its rate or "
            f"{number(numbers.margin_absolute)}",
            "バージョンが記録され、許容幅を超えて悪化した群がない",
        ),
        [run.source("run.yaml", "digests") for run in [*runs, *served]],
        {"changes": facts},
    )


CHECKS = {
    "AF-3.1": record,
    "AF-3.2": mitigation,
    "AF-3.3": synthetic,
    "AF-3.4": selection,
    "AF-3.5": serving,
}
