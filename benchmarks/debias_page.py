"""docs/results/debias.md from finished debiasing runs: every figure is read from a run folder or compared there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from speechfair.auditing.result import EstimateRecord
from speechfair.debias.comparison import AxisChange, DebiasResult, GroupChange, compare, overall_verdict
from speechfair.debias.recipe import DebiasRecipe

PAGE = Path(__file__).resolve().parent.parent / "docs" / "results" / "debias.md"

HEAD = """# Debiasing real weights on real speech

Whisper tiny.en (the bundled weights) fine-tuned on 40 training speakers of speechocean762 (Mandarin speakers of
English, children and adults, 12 sentences each, 8 of the speakers kept back to watch the training), audited before and
after on its 24 test speakers and, as the protected reference, on 20 LibriSpeech speakers. The groups of the methods
are the two genders, the axis with the larger gap. `python -m benchmarks.debias_results` made the runs and this page.

Rates are word error rates in percent, changes are in points, brackets are 95 % intervals with the speaker as the unit
of sampling. *Harmed* means: worse by more than 10 % of the rate before or 1 point, whichever is more; *unclear* is
neither shown harmed nor shown harmless, and is no pass.
"""

FOOT = """
## How to read this

- The gain against the base model is what fine-tuning on this corpus does, its read sentences and its recording
  included; it is no merit of a method. A method is judged beside plain fine-tuning (`erm`) with the same seed.
- Both genders have equally many training speakers and sentences, so `balanced` would draw nearly what `erm` draws; it
  was not run. Group weights can matter here because one group is harder, not because it is rarer.
- The 8 speakers who are watched decide when training stops and which share `average` takes. Four to a group is few: in
  seed 0 the group that is worst among them is not the one that is worst among the test speakers.
- Runs differ by their seed in which speakers are watched and in the order of the draws.

## What was not done

Acceptance of a method asks for three seeds and a gain in mean, worst group and gap against `erm` without harm; with
fewer seeds no method can be accepted or rejected here. Not run on real weights: `balanced`, `temperature`, `reweight`,
`jtt`, `accent_augment`, adapters (LoRA), a GPU, other models, other corpora, the full speechocean762 and LibriSpeech.
"""


def write(runs: Mapping[str, Path], recipe_of: Callable[[str, int], DebiasRecipe]) -> Path:
    """Write the page from the run folders, by name ``METHOD-SEED``."""
    results = {
        name: DebiasResult.model_validate_json((folder / "debias.json").read_text(encoding="utf-8"))
        for name, folder in runs.items()
    }
    parts = [HEAD, _settings(runs, results), "\n## Against the model before\n", _before_after(results)]
    against = [line for name in results for line in _against_erm(name, runs, recipe_of)]
    if against:
        parts += [
            "\n## Against plain fine-tuning with the same seed\n",
            "Below 0 the method is better than `erm`.\n",
            "| run | speakers | | change | interval |\n| --- | --- | --- | ---: | --- |",
            *against,
        ]
    parts += [
        "\n## What each run came to\n",
        *(_summary(name, result) for name, result in results.items()),
        FOOT,
    ]
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("\n".join(parts), encoding="utf-8")
    return PAGE


def _settings(runs: Mapping[str, Path], results: Mapping[str, DebiasResult]) -> str:
    record = yaml.safe_load((next(iter(runs.values())) / "debias.yaml").read_text(encoding="utf-8"))
    recipe, packages = record["recipe"], record["environment"]
    window = next(r.training["window_s"] for r in results.values())
    return (
        f"All weights trained, {recipe['steps']} steps of {recipe['batch']} utterances, learning rate "
        f"{recipe['learning_rate']:g}, a training window of {window:g} s, a check every {recipe['check_every']} steps "
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


def _against_erm(
    name: str, runs: Mapping[str, Path], recipe_of: Callable[[str, int], DebiasRecipe]
) -> list[str]:
    method, _, seed = name.rpartition("-")
    plain = f"erm-{seed}"
    if method == "erm" or plain not in runs:
        return []
    groups, axes = compare(recipe_of("erm", int(seed)), runs[plain] / "after", runs[name] / "after")
    lines = [
        f"| {name} | {g.evaluation} | {_group(g)} | {_points(g.change)} | {_interval(g.change)} |"
        for g in groups
    ]
    for axis in axes:
        for what, estimate in _parts(axis):
            lines.append(
                f"| {name} | {axis.evaluation} | {axis.axis}: {what} | {_points(estimate)} | {_interval(estimate)} |"
            )
    return lines


def _summary(name: str, result: DebiasResult) -> str:
    gender = next(axis for axis in result.axes if axis.evaluation == "target" and axis.axis == "gender")
    mine = [g for g in result.groups if g.evaluation == "target" and g.axis == "gender"]
    before, after = ([g.rate_before or 0 for g in mine], [g.rate_after or 0 for g in mine])
    macro = (sum(after) - sum(before)) / sum(before)
    worst = (max(after) - max(before)) / max(before)
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


def _parts(axis: AxisChange) -> list[tuple[str, EstimateRecord]]:
    return [("mean of groups", axis.macro), ("worst group", axis.worst), ("gap", axis.gap)]


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
