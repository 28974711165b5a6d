"""Phase 4, grounding by accent: only what is there (L1), bound to the right thing (L2), related (L3), understood (L4).

L1 is decided from recogniser runs. The rest needs item sets of its own and is read from measurement files.
"""

from __future__ import annotations

from pathlib import Path

from speechfair.errors import SpeechfairError
from speechfair.process.catalogue import Text
from speechfair.process.checks.common import Part, gated_axes_parts, need_runs, number, ok
from speechfair.process.checks.paired_runs import share_within, within
from speechfair.process.checks.requirements import frozen_plan_part
from speechfair.process.finding import Finding, Source, decide, said, say
from speechfair.process.material import Material, Run
from speechfair.process.measurement import Measured, Measurement, read_measurement
from speechfair.store import file_digest
from speechfair.types import UNKNOWN

__all__ = ["CHECKS"]


def presence(material: Material) -> Finding:
    """AF-4.7: insertions are alike in all groups, and speechless audio gets no words."""
    runs, parts = need_runs(material, "evaluation")
    silent, problems = need_runs(material, "speechless")
    parts += [*problems, frozen_plan_part(material)]
    facts: dict[str, dict[str, float | None]] = {}
    numbers = material.plan.numbers
    for run in runs:
        for axis in material.gated_axes:
            parts += _insertions(run, axis, numbers.insertion_ratio, numbers.min_speakers, facts)
        parts += gated_axes_parts(material.gated_axes)
    models = {run.model_sha256 for run in runs}
    for run in silent:
        parts.append(_speechless(run, material.plan.numbers.speechless_share, facts))
        if run.model_sha256 not in models:
            parts.append(
                (
                    "fail",
                    say(
                        f"{run.name}: another model than the evaluated one",
                        f"{run.name}:評価したモデルと異なる",
                    ),
                )
            )
    return decide(
        parts,
        say(
            "insertions are alike in all groups, and speechless audio stays without words",
            "挿入は全群で同程度、無音区間で文字が出力されない",
        ),
        [run.source("run.yaml", "digests") for run in [*runs, *silent]],
        facts,
    )


def _none_inserted(label: Text, speakers: int, least: int) -> Part:
    """No insertion in either group: evidence only if enough speakers were heard."""
    if speakers >= least:
        return ok()
    return "undetermined", say(
        f"{label.en}: none in {speakers} speakers, {least} planned",
        f"{label.ja}:{speakers} 人では判定できない(計画 {least} 人)",
    )


def _insertions(
    run: Run, axis: str, limit: float, least: int, facts: dict[str, dict[str, float | None]]
) -> list[Part]:
    import polars as pl

    from speechfair.metrics import rate_ratio, speaker_sums
    from speechfair.running.scoring import add_axis

    if isinstance(run.scores, str) or isinstance(run.audit, str):
        reason = run.scores if isinstance(run.scores, str) else str(run.audit)
        return [("not_assessed", say(reason, f"{run.name}:まだ採点されていない"))]
    table = add_axis(run.scores.filter(pl.col("excluded").is_null()), axis)
    sums = {
        str(key[0]): speaker_sums(rows, kinds=["insertions"])
        for key, rows in table.partition_by("group", as_dict=True).items()
        if UNKNOWN not in str(key[0]).split("+")
    }
    reference = next((g.value for g in run.audit.groups_of(axis) if g.is_reference), None)
    if reference not in sums or len(sums) < 2:
        return [
            ("not_assessed", say(f"{axis}: no reference group to compare with", f"{axis}:比べる基準群がない"))
        ]
    parts: list[Part] = []
    for name in sorted(set(sums) - {reference}):
        label = f"insertions, {axis}={name}"
        if not sums[name].total_errors and not sums[reference].total_errors:
            facts[label] = {"insertions": 0.0}
            fewest = min(sums[name].n_speakers, sums[reference].n_speakers)
            parts.append(_none_inserted(say(label, f"挿入、{axis}={name}"), fewest, least))
            continue
        ratio = rate_ratio(sums[name], sums[reference])
        facts[label] = {"ratio": ratio.value, "low": ratio.low, "high": ratio.high, "limit": limit}
        parts.append(within(ratio, limit, say(label, f"挿入、{axis}={name}")))
    return parts


def _speechless(run: Run, limit: float, facts: dict[str, dict[str, float | None]]) -> Part:
    """The share of speechless audio that gets words, with Clopper and Pearson's exact interval (files are units)."""
    from speechfair.running.transcription import read_hypotheses
    from speechfair.store import RunFolder

    try:
        assert not isinstance(run.content, str)
        model = run.content.recipe.model
        assert model is not None
        rows = read_hypotheses(RunFolder(run.path), model.key)
    except (SpeechfairError, KeyError) as error:
        return "not_assessed", say(f"{run.name}: {error}", f"{run.name}:出力が読めない")
    answered = rows.drop_nulls("text")
    n, words = answered.height, sum(bool(text.strip()) for text in answered["text"])
    if n == 0:
        return "not_assessed", say(f"{run.name}: no hypothesis", f"{run.name}:出力がない")
    label = say(f"{run.name}, share with words", f"{run.name}、無音区間で文字が出力された割合")
    part, facts[f"{run.name}: audio that gets words"] = share_within(words, n, limit, label)
    return part


def measured(material: Material, item: str, *, cap: bool = False) -> Finding:
    """The three-valued rule on every value of every measurement of an item."""
    runs, parts = need_runs(material, "evaluation")
    models = {run.model_sha256 for run in runs}
    found: list[tuple[str, Measurement]] = []
    for name in material.run_list.measurements:
        if not (material.folder / name).is_file():
            parts.append(("not_assessed", say(f"{name} is not there yet", f"{name} がまだない")))
            continue
        try:
            one = read_measurement(material.folder / name)
        except SpeechfairError as error:
            parts.append(("error", said(error)))
            continue
        if one.item == item:
            found.append((name, one))
    if not found:
        parts.append(
            (
                "not_assessed",
                say(f"no measurement for {item} in runs.yaml", f"runs.yaml に {item} の測定がない"),
            )
        )
    for name, one in found:
        if one.model_sha256 not in models:
            parts.append(
                (
                    "fail",
                    say(f"{name}: of another model than the evaluated one", f"{name}:評価したモデルと異なる"),
                )
            )
        parts += [_in_force(material, name, one), *_axes_covered(material, name, one)]
        parts += [_value(name, value, material.plan.numbers.min_speakers) for value in one.values]
        if one.speech != "recorded":
            en = (
                f"{name}: measured on {one.speech} speech"
                if one.speech
                else f"{name}: does not say on which speech"
            )
            ja = f"{name}:録音音声での測定でない" if one.speech else f"{name}:録音音声での測定か記載がない"
            parts.append(("undetermined", say(en, ja)))
        if cap and one.judged_by == "model":
            parts.append(
                ("undetermined", say(f"{name}: judged by a model alone", f"{name}:判定がモデルのみ"))
            )
    return decide(
        parts,
        say("every measured value is within its limit", "測定値がすべて限度以内"),
        _sources(material, [name for name, _ in found]),
        {name: one.model_dump(mode="json", by_alias=True) for name, one in found},
    )


def _in_force(material: Material, name: str, one: Measurement) -> Part:
    path: Path = material.folder / "criteria.yaml"
    if not path.is_file() or file_digest(path) != one.criteria_sha256:
        return "undetermined", say(
            f"{name}: not measured under today's criteria.yaml",
            f"{name}:今の criteria.yaml のもとでの測定でない",
        )
    return ok()


def _axes_covered(material: Material, name: str, one: Measurement) -> list[Part]:
    missing = set(material.gated_axes) - {value.axis for value in one.values}
    text = ", ".join(sorted(missing))
    return (
        [("not_assessed", say(f"{name}: not measured by {text}", f"{name}:{text} で測られていない"))]
        if missing
        else []
    )


def _value(name: str, value: Measured, least: int) -> Part:
    label = f"{name}, {value.metric}, {value.axis}={value.group}"
    if value.n_speakers < least:
        return "undetermined", say(
            f"{label}: {value.n_speakers} speakers, {least} planned",
            f"{label}:話者 {value.n_speakers} 人(計画 {least} 人)",
        )
    good = value.high <= value.limit if value.better == "lower" else value.low >= value.limit
    bad = value.low > value.limit if value.better == "lower" else value.high < value.limit
    if good:
        return ok()
    text = f"{label}: {number(value.value)} [{number(value.low)}, {number(value.high)}], limit {number(value.limit)}"
    if bad:
        return "fail", say(f"beyond the limit: {text}", f"限度を超える:{text}")
    return "undetermined", say(f"the interval contains the limit: {text}", f"区間が限度をまたぐ:{text}")


def _sources(material: Material, names: list[str]) -> list[Source]:
    return list(material.sources(*names, "criteria.yaml")) if names else []


CHECKS = {
    "AF-4.7": presence,
    "AF-4.8": lambda material: measured(material, "AF-4.8"),
    "AF-4.9": lambda material: measured(material, "AF-4.9"),
    "AF-4.10": lambda material: measured(material, "AF-4.10", cap=True),
    "AF-4.11": lambda material: measured(material, "AF-4.11", cap=True),
}
