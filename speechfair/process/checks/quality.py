"""Phase 2: sound manifests, enough speakers, splits that do not touch, transcripts."""

from __future__ import annotations

from speechfair.process.checks.common import (
    Part,
    form_part,
    gated_axes_parts,
    group_table,
    manifest_of,
    need_data,
    number,
    ok,
    reference_of,
    usable,
)
from speechfair.process.checks.requirements import frozen_plan_part
from speechfair.process.finding import Finding, Source, decide, say
from speechfair.process.material import Material, Run
from speechfair.process.process_plan import DEFAULT
from speechfair.types import UNKNOWN

__all__ = ["CHECKS"]

_FAULTS = {
    "unreadable audio": "読めない音声",
    "empty text": "空の書き起こし",
    "no duration": "長さのない行",
    "no speaker": "話者のない行",
    "excluded without reason": "理由のない除外",
    "same audio and stretch twice": "同じ音声区間の重複",
}
_TRAINED_ON = ("training", "development", "baseline_development")


def integrity(material: Material) -> Finding:
    """AF-2.1: the manifests of all runs have no error, and no audio file is in two kinds of data."""
    import polars as pl

    _, parts = need_data(material)
    facts: dict[str, dict[str, int]] = {}
    for run in material.runs:
        manifest = manifest_of(run, parts)
        if manifest is None:
            continue
        rows = manifest.filter(pl.col("excluded").is_null())
        found = {
            "rows": manifest.height,
            "unreadable audio": rows["audio_error"].drop_nulls().len(),
            "empty text": 0
            if run.role == "speechless"
            else rows.filter(pl.col("text").fill_null("").str.strip_chars() == "").height,
            "no duration": rows.filter(
                (pl.col("duration_s").fill_null(0) <= 0) & pl.col("audio_error").is_null()
            ).height,
            "no speaker": rows["speaker"].null_count(),
            "excluded without reason": manifest.filter(pl.col("excluded").str.strip_chars() == "").height,
            "same audio and stretch twice": rows.height
            - rows.unique(["audio_sha256", "start_s", "end_s"]).height
            if not rows["audio_sha256"].null_count()
            else 0,
        }
        facts[run.name] = found
        for what, count in found.items():
            if what != "rows" and count:
                parts.append(
                    ("fail", say(f"{run.name}: {count} × {what}", f"{run.name}:{_FAULTS[what]} {count} 件"))
                )
        parts.append(ok())
    return decide(
        parts,
        say(
            f"{sum(f['rows'] for f in facts.values())} rows without an error",
            f"{sum(f['rows'] for f in facts.values())} 行に誤りがない",
        ),
        _manifests(material),
        {"runs": facts},
    )


def sufficiency(material: Material) -> Finding:
    """AF-2.2: every group on a gated axis has the planned number of speakers."""
    runs, parts = need_data(material)
    parts.append(frozen_plan_part(material))
    facts: dict[str, dict[str, dict[str, float]]] = {}
    least = material.plan.numbers.min_speakers
    parts += gated_axes_parts(material.gated_axes)
    for run in runs:
        manifest = manifest_of(run, parts)
        if manifest is None:
            continue
        for axis in material.gated_axes:
            groups = group_table(manifest, axis)
            facts[f"{run.name}, {axis}"] = {
                value: {"speakers": s, "utterances": n, "minutes": round(m, 3)}
                for value, (s, n, m) in groups.items()
            }
            named = {value: s for value, (s, _, _) in groups.items() if UNKNOWN not in value.split("+")}
            if len(named) < 2:
                parts.append(
                    (
                        "undetermined",
                        say(
                            f"{axis}: fewer than two labelled groups",
                            f"{axis}:ラベルのある群が二つに満たない",
                        ),
                    )
                )
            for value, speakers in named.items():
                if speakers < least:
                    parts.append(
                        (
                            "undetermined",
                            say(
                                f"{axis}={value}: {speakers} speakers, {least} planned",
                                f"{axis}={value}:話者 {speakers} 人(計画 {least} 人)",
                            ),
                        )
                    )
    return decide(
        parts,
        say(
            f"every gated group has {least} speakers or more ({DEFAULT.en})",
            f"判定に使う全群に話者が {least} 人以上({DEFAULT.ja})",
        ),
        [
            *material.sources("attributes.yaml", "plan.yaml"),
            *(run.source("manifest.parquet") for run in runs),
        ],
        {"groups": facts, "min_speakers": least},
    )


def disjoint(material: Material) -> Finding:
    """AF-2.4: no speaker and no audio of the evaluation data is in training or development data.

    A model that is used as its supplier gave it needs no training data here: its weights are those in suppliers.yaml.
    """
    runs, parts = need_data(material)
    supplied = _as_supplied(material)
    parts += supplied
    tests = {run.manifest_sha256 for run in material.of_role("test_set", "evaluation")}
    others = [run for run in material.runs if run.role in _TRAINED_ON]
    if material.training and not material.of_role("training"):
        parts.append(
            (
                "not_assessed",
                say(
                    "no manifest of the training rows in runs.yaml", "runs.yaml に学習行のマニフェストがない"
                ),
            )
        )
    elif not material.of_role("training") and not supplied:
        parts.append(
            (
                "not_assessed",
                say(
                    "no manifest of training rows to compare with (for a supplied model that is used as "
                    "it is, state the facts pretrained_base: true and adapted_from_base: false in plan.yaml)",
                    "照合する学習用の行のマニフェストがない(供給されたモデルをそのまま使う場合は plan.yaml の "
                    "`facts` に `pretrained_base: true` と `adapted_from_base: false` を記す)",
                ),
            )
        )
    if len(tests) > 1:
        parts.append(
            ("fail", say("the evaluation runs are on different test sets", "評価実行の試験集合が異なる"))
        )
    overlaps: dict[str, dict[str, int]] = {}
    for run in runs:
        for other in others:
            overlaps[f"{run.name} and {other.name}"] = _overlap(run, other, parts)
    readable = [run for run in [*runs, *others] if not isinstance(run.manifest, str)]
    parts += _unlisted(material)
    known = {digest for record in material.training for digest in record.data.values()}
    for run in material.of_role("training"):
        if material.training and run.manifest_sha256 not in known:
            parts.append(
                (
                    "fail",
                    say(
                        f"{run.name} is not the data that a training record names",
                        f"{run.name} は学習記録のデータと異なる",
                    ),
                )
            )
    return decide(
        parts,
        say(
            "no speaker and no audio in two splits, one frozen test set; what others trained on is not known",
            "話者も音声も分割にまたがらず、試験集合は一つ。他者の学習データとの重なりは不明",
        ),
        [
            *(run.source("manifest.parquet", "speaker, audio_sha256") for run in readable),
            *(material.sources("suppliers.yaml") if supplied else ()),
        ],
        {"overlaps": overlaps},
    )


def _unlisted(material: Material) -> list[Part]:
    """Corpora that a training used, side corpora too, whose rows are not in ``runs.yaml`` to be compared."""
    listed = {run.manifest_sha256 for run in material.of_role("training")}
    found: list[Part] = []
    for record in material.training:
        for name, source in record.trained_on.items():
            if listed and name in record.data and record.data[name] not in listed:
                what = f"{record.id}, {name} ({source['corpus']})"
                found.append(
                    (
                        "not_assessed",
                        say(
                            f"runs.yaml lists no manifest of these training rows: {what}",
                            f"runs.yaml に学習行のマニフェストがない:{what}",
                        ),
                    )
                )
    return found


def _as_supplied(material: Material) -> list[Part]:
    """Whether the plan's fact, that a pretrained model is not adapted, is true; nothing where it does not say so."""
    facts = material.plan.facts
    if facts.get("adapted_from_base") is not False or facts.get("pretrained_base") is not True:
        return []
    pinned = {row["sha256"] for row in material.forms["suppliers.yaml"].values["supplied"]} - {None}
    found: list[Part] = []
    if material.run_list.training_records or material.of_role("training"):
        en = "by the plan a supplied model is used as it is, but runs.yaml lists a training"
        found.append(
            ("fail", say(en, "計画では供給されたモデルをそのまま使うとあるが、runs.yaml に学習がある"))
        )
    if not pinned:
        en = "no weights are pinned in suppliers.yaml"
        found.append(("not_assessed", say(en, "suppliers.yaml に重みのダイジェストがない")))
    for run in material.of_role("evaluation"):
        if pinned and run.model_sha256 not in pinned:
            en = f"{run.name}: by the plan a supplied model is used as it is, but suppliers.yaml lacks its weights"
            ja = f"{run.name}:計画では供給されたモデルをそのまま使うとあるが、重みが suppliers.yaml にない"
            found.append(("fail", say(en, ja)))
    return found or [ok()]


def _overlap(run: Run, other: Run, parts: list[Part]) -> dict[str, int]:
    one, two = manifest_of(run, parts), manifest_of(other, parts)
    if one is None or two is None:
        return {}
    found = {}
    for column, en, ja in (("speaker", "speakers", "話者"), ("audio_sha256", "audio files", "音声")):
        here, there = (set(usable(table)[column].drop_nulls()) for table in (one, two))
        shared = sorted(here & there)
        found[column] = len(shared)
        if shared:
            what = f"{run.name} / {other.name}: {len(shared)}"
            parts.append(
                (
                    "fail",
                    say(
                        f"{what} {en} in both, first {shared[0]!r:.40}",
                        f"{what} 件の{ja}が両方にある(例 {shared[0]!r:.40})",
                    ),
                )
            )
        if not here or not there:
            parts.append(
                (
                    "undetermined",
                    say(
                        f"{run.name} / {other.name}: {en} are not known",
                        f"{run.name} / {other.name}:{ja}が不明",
                    ),
                )
            )
    if not any(found.values()):
        parts.append(ok())
    return found


def transcripts(material: Material) -> Finding:
    """AF-2.5: two transcribers disagree no more on one group than on the reference, by the stated limit."""
    form = material.forms["transcription.yaml"]
    runs, parts = need_data(material)
    parts += [form_part(form), *gated_axes_parts(material.gated_axes)]
    rows = {(row["axis"], row["value"]): row for row in form.values["double_transcribed"]}
    limit = form.values["limit"]
    for run in runs:
        manifest = manifest_of(run, parts)
        for axis in [] if limit is None or manifest is None else material.gated_axes:
            table = group_table(manifest, axis)  # type: ignore[arg-type]
            groups = {name: row for name, row in table.items() if UNKNOWN not in name.split("+")}
            reference = rows.get((axis, reference_of(run, axis, groups) or ""))
            for group in groups:
                parts.append(_disagreement(axis, group, rows.get((axis, group)), reference, limit))
    return decide(
        parts,
        say("disagreement of transcribers is alike in all groups", "書き起こしの不一致が全群で同程度である"),
        [*material.sources("transcription.yaml"), *(run.source("manifest.parquet") for run in runs)],
        {"limit": limit},
    )


def _disagreement(
    axis: str, value: str, row: dict[str, float] | None, reference: dict[str, float] | None, limit: float
) -> Part:
    name = f"{axis}={value}"
    if (
        row is None
        or reference is None
        or None in (row["low"], row["high"], reference["low"], reference["high"])
    ):
        return "not_assessed", say(
            f"{name}: not transcribed twice with an interval", f"{name}:区間つきの二重書き起こしがない"
        )
    if (row["utterances"] or 0) < 1:
        return "error", say(
            f"{name}: no utterance was transcribed twice", f"{name}:二重に書き起こした発話がない"
        )
    if not row["low"] <= (row["disagreement"] or 0.0) <= row["high"]:
        return "error", say(
            f"{name}: the disagreement does not lie in its interval", f"{name}:不一致率が区間に入っていない"
        )
    if row is reference:
        return ok()
    low, high = row["low"] - reference["high"], row["high"] - reference["low"]
    if low > limit:
        return "fail", say(
            f"{name}: excess disagreement at least {number(low)}",
            f"{name}:超過不一致が少なくとも {number(low)}",
        )
    if high > limit:
        return "undetermined", say(
            f"{name}: excess disagreement may reach {number(high)}, limit {number(limit)}",
            f"{name}:超過不一致が {number(high)} に達しうる(許容 {number(limit)})",
        )
    return ok()


def _manifests(material: Material) -> list[Source]:
    return [run.source("manifest.parquet") for run in material.runs if not isinstance(run.manifest, str)]


CHECKS = {
    "AF-2.1": integrity,
    "AF-2.2": sufficiency,
    "AF-2.4": disjoint,
    "AF-2.5": transcripts,
}
