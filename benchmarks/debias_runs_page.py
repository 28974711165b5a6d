"""docs/results/debias-runs.md: every group and every run of the debiasing results, in full."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.debias_words import group_name, harmed, interval, relative_changes, shares_of
from speechfair.debias.judging.before_after import DebiasResult, overall_verdict
from speechfair.result_table import Table
from speechfair.store import write_atomically
from speechfair.wording import percent, points

HEAD = """# The debiasing runs in full

Every group before and after, and what each run came to; [debias.md](debias.md) says what the columns mean, and what
came out.
"""


def write_runs(parts: Mapping[str, Mapping[str, DebiasResult]], page: Path) -> None:
    """Write the page; `parts` has the results of each part, by the part's title and the name of the run."""
    lines = [HEAD]
    for title, results in parts.items():
        lines += [f"## {title}\n", _before_after(results), ""]
        lines += [_summary(name, result) for name, result in results.items()]
    write_atomically(page, "\n".join(lines).encode())


def _before_after(results: Mapping[str, DebiasResult]) -> str:
    heads = ("run", "speakers", "group", "n", "before", "after", "change", "interval", "degraded")
    lines = [
        (
            name, g.evaluation, group_name(g), str(g.n_speakers), percent(g.rate_before), percent(g.rate_after),
            points(g.change.value), interval(g.change), harmed(g),
        )
        for name, result in results.items()
        for g in result.groups
    ]  # fmt: skip
    return Table.of_texts("", heads, lines).to_markdown().rstrip()


def _summary(name: str, result: DebiasResult) -> str:
    gender = next(axis for axis in result.axes if axis.evaluation == "target")
    macro, worst = relative_changes(result)
    everyone = [g for g in result.groups if g.axis is None]
    runaways = ", ".join(f"{g.evaluation} {g.runaways_before} to {g.runaways_after}" for g in everyone)
    verdict, reasons = overall_verdict(result.groups)
    lines = [
        f"### {name}\n",
        f"Verdict: **{verdict}**" + (" (" + "; ".join(reasons) + ")" if reasons else "") + ".",
        f"Mean of the genders {macro:+z.1%} relative, worst gender {worst:+z.1%} relative; gap "
        f"{points(gender.gap.value)} points {interval(gender.gap)}. "
        f"Hypotheses with more insertions than words: {runaways}. {_training(result)}",
    ]
    return "\n".join(lines) + "\n"


def _training(result: DebiasResult) -> str:
    """What was trained and what the method did about it, in words."""
    training, parts = result.training, []
    if "kept_step" in training:
        parts.append(f"Weights of step {training['kept_step']} of {training['steps']} kept.")
        if weights := training["objective"].get("weights"):
            parts.append(
                f"Group weights at the end: {shares_of(dict(zip(training['groups'], weights, strict=True)))}."
            )
    return " ".join([*parts, *_finish(training["finish"])])


def _finish(finish: Mapping[str, Any]) -> list[str]:
    curve, parts = finish.get("curve", []), []
    worst = [percent(point["development"]["worst"]) for point in curve]
    if "share" in finish:
        by_share = "; ".join(f"{point['share']:g}: {rate}" for point, rate in zip(curve, worst, strict=True))
        parts.append(f"Share kept: {finish['share']:g} (worst development group by share: {by_share}).")
    if "shares" in finish:
        mixtures = "; ".join(
            f"{shares_of(p['shares'])}: {rate}" for p, rate in zip(curve, worst, strict=True)
        )
        own = ", ".join(f"{group} {percent(rate)}" for group, rate in finish["routed"].items())
        parts.append(
            f"Adapters mixed: {shares_of(finish['shares'])} (worst development group by mixture: {mixtures}). Each "
            f"development group with its own adapter alone: {own}."
        )
    if router := finish.get("router"):
        parts.append(
            f"The router sends {router['balanced_accuracy']:.0%} of the development groups' utterances to their own "
            f"adapter (chance {router['chance']:.0%})."
        )
    if "recognizer_options" in finish:
        tried = "; ".join(
            f"{p['settings'] or 'as it was'}: {rate}" for p, rate in zip(curve, worst, strict=True)
        )
        parts.append(
            f"Decoded with {finish['recognizer_options'] or 'what it had'} "
            f"(worst development group by setting: {tried})."
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
