"""docs/results/debias.md from finished debiasing runs: every figure is read from a run folder or compared there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from speechfair.auditing.result import EstimateRecord
from speechfair.debias.comparison import DebiasResult, GroupChange, overall_verdict
from speechfair.debias.method import debias_methods
from speechfair.debias.method_table import MethodTable, tabulate
from speechfair.reporting.debias_figures import write_method_chart
from speechfair.store import write_atomically

APART = ("replay", "router")
"""Cases whose names begin so are audited on other speech or by another recogniser than the rest."""
AGAINST = {
    "replay": "With six LibriSpeech speakers in training.",
    "router-erm": "Decoded by transformers.",
}
"""What those are compared with."""
PARTS = {"cpu": "Trained on the CPU", "cuda": "Trained on a GPU"}
SUFFIX = {"cpu": "", "cuda": "-gpu"}
PACKAGES = ("torch", "transformers", "ctranslate2", "faster-whisper")
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
    "long": "`group_dro` with 120 steps and a check every 60",
    "long-average": "two fifths of the way from the base model to `long` of the same seed; chosen when every run of 60 "
    "steps on the CPU was known, before any run of this: a model that was trained for longer may be averaged as much",
    "spec_augment": "`accent_augment` that also hides spans of time and ranges of frequency (SpecAugment)",
    "temperature": "groups drawn in proportion to the root of their size; they are equally large here, so it is `erm` "
    "in another order",
    "reweight": "a rare group's loss counts for more; here they are equally large, so this is `erm` with the mean over "
    "utterances in place of tokens",
    "jtt": "what a first training of 15 steps still gets wrong comes three times as often in the second",
    "adversarial": "a classifier of the gender is fought by gradient reversal, strength 0.1",
    "erase": "no training: LEACE takes the gender out of the last encoder states; a probe far below chance afterwards "
    "shows the fit and no more: the means of all training speakers were made equal, so whoever is left out of the "
    "probe's own fit leans the other way",
    "decode": "no training: three settings of the decoder tried on the watched speakers",
    "accent_adapter": "a low-rank adapter for each gender, 30 steps each, mixed into one model",
    "router-erm": "`erm-lora`, before and after decoded by transformers as `router` is",
    "router": "the adapters of `accent_adapter`, one picked for each utterance by a router; decoded by transformers",
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


def write(runs: Mapping[str, Mapping[str, Path]], planned: Sequence[str]) -> Path:
    """Write the page from the run folders, by what trained them (``cpu``, ``cuda``) and name ``CASE-SEED``.

    What was trained by one is never compared with what was trained by the other. `planned` names what is to be there.
    """
    done = {name for part in runs.values() for name in part}
    parts = [HEAD]
    for device, folders in runs.items():
        if folders:
            parts += _part(device, folders)
    parts.append(FOOT)
    if missing := [name for name in planned if name not in done]:
        parts.append("\n## What was not run\n\nPlanned, and not finished when this page was made:")
        parts.append(_names(missing) + ".")
    parts.append("\n" + _never_run([folder for part in runs.values() for folder in part.values()]))
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(PAGE, "\n".join(parts).encode())
    return PAGE


def _part(device: str, runs: Mapping[str, Path]) -> list[str]:
    """What was trained by one device: settings, cases, tables, picture, every run in words."""
    results = {
        name: DebiasResult.model_validate_json((folder / "debias.json").read_text(encoding="utf-8"))
        for name, folder in runs.items()
    }
    cases = list(dict.fromkeys(name.rpartition("-")[0] for name in results))
    together = [folder for name, folder in runs.items() if not name.startswith(APART)]
    parts = [f"## {PARTS[device]}\n", _settings(device, runs, results)]
    parts += [f"- `{case}`: {ABOUT[case]}" for case in cases]
    parts += ["\n### Against the model before\n", _relative(results), "\nIn full:\n", _before_after(results)]
    if any(name.startswith("erm-") and name[4:].isdecimal() for name in runs):
        table = tabulate(together)
        parts.append(_against(table, "All audited on the same speech."))
        picture = PAGE.with_name(PAGE.stem + SUFFIX[device] + ".svg")
        write_method_chart(table, picture)
        parts.append(f"\n![worst gender against LibriSpeech, and the averaging curve]({picture.name})")
    for baseline, words in AGAINST.items():
        mine = [folder for name, folder in runs.items() if name.startswith(baseline.split("-")[0])]
        names = {folder.name.rpartition("-")[0] for folder in mine}
        if baseline in names and len(names) > 1:
            parts.append(_against(tabulate(mine, baseline), words))
    parts.append("\n" + _third_seeds(runs))
    return [*parts, "\n### What each run came to\n", *(_summary(*pair) for pair in results.items())]


def _third_seeds(names: Collection[str]) -> str:
    """Acceptance asks for three seeds: who has them."""
    seeds = Counter(name.rpartition("-")[0] for name in names)
    three = sorted(case for case, count in seeds.items() if count >= 3)
    if not three:
        return "No case has three seeds here, so that none can be accepted, whatever its figures."
    return f"With three seeds or more: {_names(three)}. No other can be accepted, whatever its figures."


def _never_run(folders: Sequence[Path]) -> str:
    """The methods that have no run here."""
    records = [yaml.safe_load((folder / "debias.yaml").read_text(encoding="utf-8")) for folder in folders]
    missing = sorted(
        set(debias_methods().names()) - {record["recipe"]["method"]["name"] for record in records}
    )
    return (
        f"Not run on real weights: methods {_names(missing)}; other models, other corpora, the full speechocean762 and "
        "LibriSpeech. `ctc_dro` is made for CTC models, and the bundled weights are Whisper's: it is judged on a small "
        "CTC model in [the planted problem](planted.md).\n"
    )


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


def _settings(device: str, runs: Mapping[str, Path], results: Mapping[str, DebiasResult]) -> str:
    records = {
        name: yaml.safe_load((folder / "debias.yaml").read_text(encoding="utf-8"))
        for name, folder in runs.items()
    }
    # a run that was killed at its very end has its results and no environment
    record = next((found for found in records.values() if "environment" in found), {})
    recipe, packages = next(iter(records.values()))["recipe"], record.get("environment", {})
    window = next(r.training["window_s"] for r in results.values())
    learning = f"{float(recipe['learning_rate']):g}"
    return (
        f"{recipe['steps']} steps of {recipe['batch']} utterances, learning rate {learning} (adapters "
        f"1e-3), a training window of {window:g} s, a check every {recipe['check_every']} steps "
        "of which the one with the best worst-group rate is kept; decoded on a 10-s window, runaway decodes redone. "
        + ", ".join(f"{name} {packages[name]}" for name in PACKAGES if name in packages)
        + f"; {_device(device, record.get('hardware', ''), results)}\n"
    )


def _device(device: str, hardware: str, results: Mapping[str, DebiasResult]) -> str:
    """What trained; runs that something else trained, or nothing, are named."""
    if device == "cpu":
        words = "trained on one CPU core."
    else:
        words = (
            f"trained on {hardware} in mixed precision where it has bfloat16; the audits are decoded there too, by "
            "transformers. Made by `python -m benchmarks.debias_results --device cuda`."
        )
    # runs made before it was recorded were all made on the CPU
    others = [name for name, result in results.items() if result.training.get("device", "cpu") != device]
    return words + (f" Not on it, by their record: {_names(others)}." if others else "")


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


def _against(table: MethodTable, words: str) -> str:
    lines = [
        f"\n### Against `{table.baseline}`, over the seeds that both have\n",
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
    gender = next(axis for axis in result.axes if axis.evaluation == "target")
    macro, worst = _relative_changes(result)
    everyone = [g for g in result.groups if g.axis is None]
    runaways = ", ".join(f"{g.evaluation} {g.runaways_before} to {g.runaways_after}" for g in everyone)
    verdict, reasons = overall_verdict(result.groups)
    lines = [
        f"#### {name}\n",
        f"Verdict: **{verdict}**" + (" (" + "; ".join(reasons) + ")" if reasons else "") + ".",
        f"Mean of the genders {macro:+.1%} relative, worst gender {worst:+.1%} relative; gap {_points(gender.gap)} "
        f"points {_interval(gender.gap)}. Hypotheses with more insertions than words: {runaways}. {_training(result)}",
    ]
    return "\n".join(lines) + "\n"


def _relative_changes(result: DebiasResult) -> tuple[float, float]:
    """Relative change of the mean of the genders and of the worst gender."""
    axis = next(axis.axis for axis in result.axes if axis.evaluation == "target")
    mine = [g for g in result.groups if g.evaluation == "target" and g.axis == axis]
    before, after = ([g.rate_before or 0 for g in mine], [g.rate_after or 0 for g in mine])
    return (sum(after) - sum(before)) / sum(before), (max(after) - max(before)) / max(before)


def _training(result: DebiasResult) -> str:
    """What was trained and what the method did about it, in words."""
    training, parts = result.training, []
    if "kept_step" in training:
        parts.append(f"Weights of step {training['kept_step']} of {training['steps']} kept.")
        if weights := training["objective"].get("weights"):
            parts.append(
                f"Group weights at the end: {_shares(dict(zip(training['groups'], weights, strict=True)))}."
            )
    return " ".join([*parts, *_finish(training["finish"])])


def _finish(finish: Mapping[str, Any]) -> list[str]:
    curve, parts = finish.get("curve", []), []
    worst = [_percent(point["development"]["worst"]) for point in curve]
    if "share" in finish:
        by_share = "; ".join(f"{point['share']:g}: {rate}" for point, rate in zip(curve, worst, strict=True))
        parts.append(f"Share kept: {finish['share']:g} (worst watched group by share: {by_share}).")
    if "shares" in finish:
        mixtures = "; ".join(f"{_shares(p['shares'])}: {rate}" for p, rate in zip(curve, worst, strict=True))
        own = ", ".join(f"{group} {_percent(rate)}" for group, rate in finish["routed"].items())
        parts.append(
            f"Adapters mixed: {_shares(finish['shares'])} (worst watched group by mixture: {mixtures}). Each watched "
            f"group with its own adapter alone: {own}."
        )
    if router := finish.get("router"):
        parts.append(
            f"The router sends {router['balanced_accuracy']:.0%} of the watched groups' utterances to their own "
            f"adapter (chance {router['chance']:.0%})."
        )
    if "recognizer_options" in finish:
        tried = "; ".join(
            f"{p['settings'] or 'as it was'}: {rate}" for p, rate in zip(curve, worst, strict=True)
        )
        parts.append(
            f"Decoded with {finish['recognizer_options'] or 'what it had'} (worst watched group by setting: {tried})."
        )
    if "leakage_before" in finish:
        before, after = (_leakage(finish[f"leakage_{when}"]) for when in ("before", "after"))
        parts.append(
            f"A linear probe of the encoder's last states tells the groups apart by {before} before, {after} after."
        )
    return parts


def _leakage(found: Mapping[str, Any]) -> str:
    if found["accuracy"] is None:
        return f"none: {found['reason']}"
    return f"{found['accuracy']:.0%} (chance {found['chance']:.0%}, p {found['p']:.2g})"


def _shares(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{group} {share:.2f}" for group, share in shares.items())


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
