"""docs/results/debias.md from finished debiasing runs: every figure is read from a run folder or compared there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from speechfair.auditing.result import EstimateRecord
from speechfair.debias.comparison import DebiasResult, GroupChange, overall_verdict
from speechfair.debias.method_table import MethodTable, tabulate
from speechfair.reporting.debias_figures import write_method_chart

PAGE = Path(__file__).resolve().parent.parent / "docs" / "results" / "debias.md"

HEAD = """# Debiasing real weights on real speech

Whisper tiny.en (the bundled weights) fine-tuned on 40 training speakers of speechocean762 (Mandarin speakers of
English, children and adults, 12 sentences each, 8 of the speakers kept back to watch the training), audited before and
after on its 24 test speakers and, as the protected reference, on 20 LibriSpeech speakers. The groups of the methods
are the two genders, the axis with the larger gap. `make results` made the runs and this page.

Rates are word error rates in percent, changes are in points, brackets are 95 % intervals with the speaker as the unit
of sampling. *Harmed* means: worse by more than 10 % of the rate before or 1 point, whichever is more; *unclear* is
neither shown harmed nor shown harmless, and is no pass.
"""

ABOUT = {
    "erm": "plain fine-tuning of all weights",
    "erm-lora": "plain fine-tuning of low-rank adapters",
    "average": "half way between the base model and `erm` of the same seed; the share was fixed beforehand",
    "average-25": "a quarter of the way",
    "average-75": "three quarters of the way",
    "erm-window-30": "`erm` with the usual window of 30 s in training; beside `erm` it shows what the short one costs",
    "group_dro": "online group weights on balanced batches",
    "balanced": "balanced batches; both genders have equally many rows, so this is nearly `erm` in another order",
    "accent_augment": "plain fine-tuning on speech altered in speed, noise and band",
    "replay": "plain fine-tuning with six of the LibriSpeech speakers in training; the other fourteen are audited",
    "group_dro-average": "two fifths of the way from the base model to `group_dro` of the same seed; the share was "
    "chosen when `average` and one `group_dro` were known, before any run of this",
    "soup": "half way between the base model and the mean of `erm`, `balanced` and `group_dro` of the same seed; "
    "chosen when the plain and averaged runs of `erm` and `group_dro` were known, before any run of this",
    "replay-average": "half way between the base model and `replay` of the same seed",
}

FOOT = """
## How to read this

- The gain against the base model is what fine-tuning on this corpus does, its read sentences and its recording
  included; it is no merit of a method. A method is judged beside plain fine-tuning (`erm`) with the same seeds.
- Acceptance of a method asks for three seeds, a gain in mean, worst group **and** gap against `erm`, and no harm.
- The watched speakers decide which of two checks is kept. Four to a group is few: in seed 0 the group that is worst
  among them is not the one that is worst among the test speakers.
- Runs differ by their seed in which speakers are watched and in the order of the draws.
- LibriSpeech here is a small part that has been through MP3; it stands for those who must not be harmed.
"""


def write(runs: Mapping[str, Path], planned: Sequence[str]) -> Path:
    """Write the page from the run folders, by name ``CASE-SEED``, and say which of the planned ones are not there."""
    results = {
        name: DebiasResult.model_validate_json((folder / "debias.json").read_text(encoding="utf-8"))
        for name, folder in runs.items()
    }
    cases = list(dict.fromkeys(name.rpartition("-")[0] for name in results))
    apart = [name for name in runs if name.startswith("replay")]
    together = [folder for name, folder in runs.items() if name not in apart]
    parts = [HEAD, _settings(runs, results)]
    parts += [f"- `{case}`: {ABOUT[case]}" for case in cases]
    parts += ["\n## Against the model before\n", _relative(results), "\nIn full:\n", _before_after(results)]
    parts += [_against_erm(tabulate(together), "All audited on the same speech.")] if together else []
    if together:
        parts.append(f"\n![worst gender against LibriSpeech, and the averaging curve]({PAGE.stem}.svg)")
    if any(name.startswith("replay-average") for name in apart):
        table = tabulate([runs[name] for name in apart], "replay")
        parts.append(_against_erm(table, "With six LibriSpeech speakers in training."))
    parts += [
        "\n## What each run came to\n",
        *(_summary(name, result) for name, result in results.items()),
        FOOT,
    ]
    if missing := [name for name in planned if name not in runs]:
        parts.append("\n## What was not run\n\nPlanned, and not finished when this page was made: ")
        parts.append(", ".join(f"`{name}`" for name in missing) + ". A third seed was not planned.")
    parts.append(
        "\nNot run on real weights: `temperature`, `reweight`, `jtt`, `ctc_dro`, `adversarial`, `erase`, `decode`, "
        "`accent_adapter`, a GPU, other models, other corpora, the full speechocean762 and LibriSpeech.\n"
    )
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("\n".join(parts), encoding="utf-8")
    if together:
        write_method_chart(tabulate(together), PAGE.with_suffix(".svg"))
    return PAGE


def _relative(results: Mapping[str, DebiasResult]) -> str:
    """What the acceptance of a recipe asks for: relative change of mean and worst group, and the protected speakers."""
    lines = [
        "| run | mean of genders | worst gender | LibriSpeech | interval | harmed |",
        "| --- | ---: | ---: | ---: | --- | --- |",
    ]
    for name, result in results.items():
        macro, worst = _relative_changes(result)
        native = next(g for g in result.groups if g.protected and g.axis is None)
        lines.append(
            f"| {name} | {macro:+.1%} | {worst:+.1%} | {_points(native.change)} | {_interval(native.change)} | "
            f"{_harmed(native)} |"
        )
    return "\n".join([*lines, "", *_met(results)])


def _met(results: Mapping[str, DebiasResult]) -> list[str]:
    """Which runs gain a quarter in mean and worst group, and which of them are shown to leave LibriSpeech alone."""
    gain = [name for name, result in results.items() if max(_relative_changes(result)) <= -0.25]
    unharmed = {
        name
        for name, result in results.items()
        if next(g for g in result.groups if g.protected and g.axis is None).harmed is False
    }
    return [
        f"- At least 25 % less in mean **and** worst gender: {_names(gain)}.",
        f"- LibriSpeech as a whole shown unharmed by the interval: {_names([n for n in results if n in unharmed])}.",
        f"- Both: {_names([n for n in gain if n in unharmed])}.",
    ]


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _settings(runs: Mapping[str, Path], results: Mapping[str, DebiasResult]) -> str:
    record = yaml.safe_load((next(iter(runs.values())) / "debias.yaml").read_text(encoding="utf-8"))
    recipe, packages = record["recipe"], record["environment"]
    window = next(r.training["window_s"] for r in results.values())
    return (
        f"{recipe['steps']} steps of {recipe['batch']} utterances, learning rate {recipe['learning_rate']:g} (adapters "
        f"1e-3), a training window of {window:g} s, a check every {recipe['check_every']} steps "
        "of which the one with the best worst-group rate is kept; decoded on a 10-s window, runaway decodes redone. "
        + ", ".join(
            f"{name} {packages[name]}" for name in ("torch", "transformers", "ctranslate2", "faster-whisper")
        )
        + "; one CPU core.\n"
    )


def _before_after(results: Mapping[str, DebiasResult]) -> str:
    lines = [
        "| run | speakers | group | n | before | after | change | interval | harmed |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | --- | --- |",
    ]
    for name, result in results.items():
        for g in result.groups:
            lines.append(
                f"| {name} | {g.evaluation} | {_group(g)} | {g.n_speakers} | {_percent(g.rate_before)} | "
                f"{_percent(g.rate_after)} | {_points(g.change)} | {_interval(g.change)} | {_harmed(g)} |"
            )
    return "\n".join(lines)


def _against_erm(table: MethodTable, words: str) -> str:
    lines = [
        f"\n## Against `{table.baseline}`, over the seeds that both have\n",
        f"{words} Points; below 0 the method is better.\n",
        "| recipe | seeds | mean of groups | worst group | gap | LibriSpeech | minutes of training | answer |",
        "| --- | ---: | --- | --- | --- | --- | ---: | --- |",
    ]
    for row in table.rows:
        parts = (row.macro, row.worst, row.gap, row.protected)
        cells = ["" if part is None else f"{_points(part)} {_interval(part)}" for part in parts]
        lines.append(
            f"| {row.name} | {len(row.seeds)} | {' | '.join(cells)} | {row.seconds / 60:.1f} | {row.answer} |"
        )
    return "\n".join(lines)


def _summary(name: str, result: DebiasResult) -> str:
    gender = next(axis for axis in result.axes if axis.evaluation == "target" and axis.axis == "gender")
    macro, worst = _relative_changes(result)
    everyone = [g for g in result.groups if g.axis is None]
    runaways = ", ".join(f"{g.evaluation} {g.runaways_before} to {g.runaways_after}" for g in everyone)
    verdict, reasons = overall_verdict(result.groups)
    lines = [
        f"### {name}\n",
        f"Verdict: **{verdict}**" + (" (" + "; ".join(reasons) + ")" if reasons else "") + ".",
        f"Mean of the genders {macro:+.1%} relative, worst gender {worst:+.1%} relative; gap {_points(gender.gap)} "
        f"points {_interval(gender.gap)}. Hypotheses with more insertions than words: {runaways}. {_training(result)}",
    ]
    return "\n".join(lines) + "\n"


def _relative_changes(result: DebiasResult) -> tuple[float, float]:
    """Relative change of the mean of the genders and of the worst gender."""
    mine = [g for g in result.groups if g.evaluation == "target" and g.axis == "gender"]
    before, after = ([g.rate_before or 0 for g in mine], [g.rate_after or 0 for g in mine])
    return (sum(after) - sum(before)) / sum(before), (max(after) - max(before)) / max(before)


def _training(result: DebiasResult) -> str:
    training = result.training
    if finish := training["finish"]:
        curve = "; ".join(
            f"{point['share']:g}: {_percent(point['development']['worst'])}" for point in finish["curve"]
        )
        return f"Share kept: {finish['share']:g} (worst watched group by share: {curve})."
    text = f"Weights of step {training['kept_step']} of {training['steps']} kept."
    if weights := training["objective"].get("weights"):
        shares = ", ".join(f"{g} {w:.2f}" for g, w in zip(training["groups"], weights, strict=True))
        text += f" Group weights at the end: {shares}."
    return text


def _group(group: GroupChange) -> str:
    return f"{group.axis}: {group.group}" if group.axis else group.group


def _harmed(group: GroupChange) -> str:
    return {True: "**yes**", False: "no", None: "unclear"}[group.harmed]


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f}"


def _points(estimate: EstimateRecord) -> str:
    return "–" if estimate.value is None else f"{100 * estimate.value:+.1f}"


def _interval(estimate: EstimateRecord) -> str:
    if estimate.low is None or estimate.high is None:
        return f"none: {estimate.reason}"
    return f"[{100 * estimate.low:+.1f}, {100 * estimate.high:+.1f}]"
