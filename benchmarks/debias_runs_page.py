"""docs/results/debias-runs.md and its tables: every group and every run of the debiasing results, in full."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.debias_words import group_name, harmed, interval, relative_changes, shares_of
from speechfair.debias.judging.before_after import DebiasResult, overall_verdict
from speechfair.store import write_atomically
from speechfair.wording import percent, points

HEAD = """# The debiasing runs in full

[debias.md](debias.md) says what was run and what came out. Every group and every run of it are in two tables. Open them
in a spreadsheet, or read them with `polars.read_csv`.

[debias-runs.csv](debias-runs.csv) has one row for each run and group:

- `part`, `run`: what trained it; recipe and seed
- `speakers`, `group`, `n_speakers`: `target` or `native` (protected); the group, and its number of speakers
- `before_percent`, `after_percent`: word error rates on speakers who were not trained on
- `change_points`, `low`, `high`: the paired change, and its 95 % interval over speakers
- `degraded`: yes, no, or unclear: neither is shown

[debias-runs-notes.csv](debias-runs-notes.csv) has one row for each run: its `verdict`, the
`reasons`, and `what_happened`: what was trained, which weights were kept, and what the method did.
"""
GROUPS = (
    "part", "run", "speakers", "group", "n_speakers", "before_percent", "after_percent", "change_points", "low", "high",
    "degraded",
)  # fmt: skip
NOTES = ("part", "run", "verdict", "reasons", "what_happened")


def write_runs(parts: Mapping[str, Mapping[str, DebiasResult]], page: Path) -> None:
    """Write the page and its two tables; `parts` has the results of each part, by its title and the name of the run."""
    runs = [(title, name, result) for title, results in parts.items() for name, result in results.items()]
    _write_csv(page.with_suffix(".csv"), GROUPS, [row for run in runs for row in _groups(*run)])
    _write_csv(page.with_name(f"{page.stem}-notes.csv"), NOTES, [_notes(*run) for run in runs])
    write_atomically(page, HEAD.encode())


def _write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    content = io.StringIO()
    csv.writer(content, lineterminator="\n").writerows([head, *rows])
    write_atomically(path, content.getvalue().encode())


def _groups(part: str, name: str, result: DebiasResult) -> list[tuple[str, ...]]:
    return [
        (
            part, name, g.evaluation, group_name(g), str(g.n_speakers), percent(g.rate_before), percent(g.rate_after),
            points(g.change.value), points(g.change.low), points(g.change.high), harmed(g).strip("*"),
        )
        for g in result.groups
    ]  # fmt: skip


def _notes(part: str, name: str, result: DebiasResult) -> tuple[str, ...]:
    gender = next(axis for axis in result.axes if axis.evaluation == "target")
    macro, worst = relative_changes(result)
    everyone = [g for g in result.groups if g.axis is None]
    runaways = ", ".join(f"{g.evaluation} {g.runaways_before} to {g.runaways_after}" for g in everyone)
    verdict, reasons = overall_verdict(result.groups)
    text = (
        f"Mean of the genders {macro:+z.1%} relative, worst gender {worst:+z.1%} relative; gap "
        f"{points(gender.gap.value)} points {interval(gender.gap)}. "
        f"Hypotheses with more insertions than words: {runaways}. {_training(result)}"
    )
    return part, name, verdict, "; ".join(reasons), text


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
