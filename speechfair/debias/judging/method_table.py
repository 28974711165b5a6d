"""Several recipes over seeds, one row each, compared with plain fine-tuning: did a method help, or did training?

A run folder is named ``NAME-SEED``. For the intervals all seeds of a name are taken together: the same
speakers, each with the utterances of every seed, the speaker as the unit of sampling. They say how sure one may be
about other speakers; how much the seeds themselves differ is shown by the figures of each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.debias.judging.before_after import DebiasResult, macro_change, scores_of
from speechfair.debias.judging.worst import worst_change
from speechfair.debias.recipe import DebiasRecipe
from speechfair.errors import InputError, RunFolderError
from speechfair.records import Record
from speechfair.store import write_atomically
from speechfair.strict_yaml import parse_yaml
from speechfair.types import Estimate

if TYPE_CHECKING:
    import polars as pl

    from speechfair.metrics.pairing import Pair
    from speechfair.types import Estimate

__all__ = [
    "FinishedRun",
    "MethodRow",
    "MethodTable",
    "SeedFigures",
    "finished_runs",
    "read_run",
    "tabulate",
    "write_table",
]

BASELINE = "erm"


class SeedFigures(Record):
    """Rates (errors per reference token) after training under one seed; `runaway_share` is of utterances."""

    seed: int
    macro: float | None
    worst: float | None
    gap: float | None
    protected: float | None
    runaway_share: float
    verdict: str


class MethodRow(Record):
    """One recipe: figures by seed, and changes against the baseline over the seeds that both have.

    Changes are in errors per reference token, below 0 is better than the baseline; None for the baseline itself or
    without a common seed. `seconds` and `peak_megabytes` are of training, the mean over seeds.
    """

    name: str
    method: str
    seeds: list[SeedFigures]
    macro: Estimate | None
    worst: Estimate | None
    gap: Estimate | None
    protected: Estimate | None
    seconds: float
    peak_megabytes: float | None
    answer: str


class MethodTable(Record):
    """The whole comparison. `before` holds the base model's figures; `sweep` the λ curves of averaging, by run."""

    schema_: str = "speechfair/debias-compare/1"
    evaluation: str
    axis: str
    protected: str | None
    baseline: str
    before: SeedFigures
    rows: list[MethodRow]
    sweep: dict[str, list[dict[str, float]]]

    def to_json(self) -> str:
        """The text of ``compare.json``."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class FinishedRun:
    """A finished debiasing run: its recipe and what it found. `name` is that of its folder without the seed."""

    name: str
    seed: int
    folder: Path
    recipe: DebiasRecipe
    result: DebiasResult


def finished_runs(folder: Path) -> list[Path]:
    """The finished debiasing runs in `folder`."""
    return sorted(path.parent for path in folder.glob("*/debias.json"))


def tabulate(folders: Sequence[Path], baseline: str = BASELINE) -> MethodTable:
    """Compare finished runs with the runs named `baseline`.

    Raises
    ------
    InputError
        There is no run, none is named `baseline`, or runs of one name have different recipes or evaluations.
    """
    runs = [read_run(folder) for folder in folders]
    if not runs:
        raise InputError(
            "there is no finished debiasing run to compare; run `speechfair debias RECIPE` first"
        )
    _check(runs, baseline)
    names = sorted({run.name for run in runs}, key=lambda name: (name != baseline, name))
    first = runs[0].recipe
    target = next(source for source in first.evaluate if not source.protected)
    guarded = next((source for source in first.evaluate if source.protected), None)
    axis = first.axis if first.axis in target.group_by else target.group_by[0]
    about = target.name, axis, guarded.name if guarded else None
    by_name = {name: [run for run in runs if run.name == name] for name in names}
    return MethodTable(
        evaluation=target.name,
        axis=axis,
        protected=about[2],
        baseline=baseline,
        before=_figures(runs[0], about, "before"),
        rows=[_row(name, by_name[name], by_name[baseline], about, baseline) for name in names],
        sweep={run.folder.name: curve for run in runs if (curve := _curve(run))},
    )


def write_table(table: MethodTable, folder: Path) -> Path:
    """Write ``compare.json`` into `folder`."""
    path = folder / "compare.json"
    write_atomically(path, table.to_json().encode())
    return path


def read_run(folder: Path) -> FinishedRun:
    """The recipe and the result of a finished run; `RunFolderError` says what cannot be read."""
    try:
        record = parse_yaml(folder / "debias.yaml")[0]
        result = DebiasResult.model_validate_json((folder / "debias.json").read_text(encoding="utf-8"))
        recipe = DebiasRecipe.model_validate(record["recipe"])
    except (OSError, ValueError, KeyError, TypeError, InputError) as error:
        raise RunFolderError(f"{folder} holds no finished debiasing run that can be read: {error}") from None
    name = re.sub(rf"-{recipe.seed}$", "", folder.name)
    return FinishedRun(name, recipe.seed, folder, recipe, result)


def _check(runs: Sequence[FinishedRun], baseline: str) -> None:
    if baseline not in {run.name for run in runs}:
        raise InputError(
            f"no run is named {baseline!r}; there are {', '.join(sorted({run.name for run in runs}))}. "
            "A method is compared with plain fine-tuning on the same data: run that too, or name another --baseline"
        )
    one = runs[0]
    for run in runs:
        if (run.recipe.evaluate, run.recipe.axis) != (one.recipe.evaluate, one.recipe.axis):
            raise InputError(
                f"{run.folder} and {one.folder} evaluate different speech; compare like with like"
            )
        same = next(other for other in runs if other.name == run.name)
        if _settings(run.recipe) != _settings(same.recipe):
            raise InputError(
                f"{run.folder} and {same.folder} have one name and different recipes; rename one folder"
            )
    if len({(run.name, run.seed) for run in runs}) < len(runs):
        raise InputError("two runs have the same name and seed; rename one folder")


def _settings(recipe: DebiasRecipe) -> dict[str, Any]:
    """A recipe without its seed, and without the model that an average starts from, which has one too."""
    settings = recipe.model_dump(exclude={"seed", "data_root"})
    settings["method"]["options"].pop("trained", None)
    return settings


def _row(
    name: str,
    runs: Sequence[FinishedRun],
    plain: Sequence[FinishedRun],
    about: tuple[str, str, str | None],
    baseline: str,
) -> MethodRow:
    target, axis, guarded = about
    seeds = sorted({run.seed for run in runs} & {run.seed for run in plain})
    changes: dict[str, Estimate | None] = dict.fromkeys(("macro", "worst", "gap", "protected"))
    if name != baseline and seeds:
        changes = _changes(
            {run.seed: run for run in plain}, {run.seed: run for run in runs}, seeds, target, axis, guarded
        )
    peaks = [run.result.training.get("peak_megabytes") for run in runs]
    known = [float(peak) for peak in peaks if peak is not None]
    records = {key: None if found is None else found for key, found in changes.items()}
    figures = [_figures(run, about, "after") for run in sorted(runs, key=lambda run: run.seed)]
    return MethodRow(
        name=name,
        method=runs[0].recipe.method.name,
        seeds=figures,
        **records,
        seconds=sum(float(run.result.training["seconds"]) for run in runs) / len(runs),
        peak_megabytes=sum(known) / len(known) if known else None,
        answer="the baseline" if name == baseline else _answer(records, figures),
    )


def _answer(records: Mapping[str, Estimate | None], figures: Sequence[SeedFigures]) -> str:
    """What may be said of a method: it needs three seeds, a gain that is shown in all three figures, and no harm."""
    parts = [records["macro"], records["worst"], records["gap"]]
    if any(part is None or part.low is None or part.high is None for part in parts):
        return "undetermined: no interval against the baseline"
    shown = [part.high < 0 for part in parts if part is not None and part.high is not None]
    worse = [part.low > 0 for part in parts if part is not None and part.low is not None]
    if any(worse):
        return "rejected: worse than the baseline in macro, worst group or gap"
    if any(seed.verdict == "harm" for seed in figures):
        return "rejected: a group was degraded"
    if not all(shown):
        return "undetermined: no gain is shown in macro, worst group and gap together"
    if any(seed.verdict != "no harm" for seed in figures):
        return "undetermined: harm is not ruled out for every group"
    return "accepted" if len(figures) >= 3 else "undetermined: fewer than three seeds"


def _changes(
    plain: Mapping[int, FinishedRun],
    mine: Mapping[int, FinishedRun],
    seeds: Sequence[int],
    target: str,
    axis: str,
    guarded: str | None,
) -> dict[str, Estimate | None]:
    import numpy as np

    from speechfair.metrics.paired import paired_difference
    from speechfair.metrics.paired_gap import gap_change
    from speechfair.metrics.pairing import pair_up

    level = mine[seeds[0]].recipe.level
    groups = _pairs(plain, mine, seeds, target, axis)
    both = [_pooled([runs[seed] for seed in seeds], guarded) for runs in (plain, mine)] if guarded else None
    return {
        "macro": macro_change(groups, np.random.default_rng(0), level),
        "worst": worst_change(groups, level),
        "gap": gap_change(groups, rng=np.random.default_rng(0), level=level),
        "protected": paired_difference(pair_up(*both), level) if both else None,
    }


def _pairs(
    plain: Mapping[int, FinishedRun],
    mine: Mapping[int, FinishedRun],
    seeds: Sequence[int],
    target: str,
    axis: str,
) -> dict[str, Pair]:
    from speechfair.metrics.pairing import pair_by_group
    from speechfair.running.scoring import add_axis

    old, new = (add_axis(_pooled([runs[seed] for seed in seeds], target), axis) for runs in (plain, mine))
    return pair_by_group(old, new, "group")


def _pooled(runs: Sequence[FinishedRun], evaluation: str | None) -> pl.DataFrame:
    """The scores after training of several seeds, each utterance once for each seed."""
    import polars as pl

    tables = []
    for run in runs:
        table = scores_of(run.folder / "after" / str(evaluation))
        tables.append(table.with_columns(pl.concat_str(pl.col("utterance_id"), pl.lit(f"#{run.seed}"))))
    return pl.concat(tables)


def _figures(run: FinishedRun, about: tuple[str, str, str | None], when: str) -> SeedFigures:
    target, axis, guarded = about
    mine = [g for g in run.result.groups if g.evaluation == target and g.axis == axis]
    everyone = {g.evaluation: g for g in run.result.groups if g.axis is None}
    rates = [rate for g in mine if (rate := getattr(g, f"rate_{when}")) is not None]
    whole = everyone[target]
    return SeedFigures(
        seed=run.seed,
        macro=sum(rates) / len(rates) if rates else None,
        worst=max(rates, default=None),
        gap=max(rates) - min(rates) if rates else None,
        protected=getattr(everyone[guarded], f"rate_{when}") if guarded else None,
        runaway_share=getattr(whole, f"runaways_{when}") / whole.n_utterances,
        verdict=run.result.verdict if when == "after" else "",
    )


def _curve(run: FinishedRun) -> list[dict[str, float]]:
    """Share of the fine-tuned weights against rates on the development speakers, with both ends."""
    training = run.result.training
    points = training["finish"].get("curve", [])
    if run.recipe.method.name != "average" or not points:
        return []
    found = [{"share": float(p["share"]), **_ends(p["development"])} for p in points]
    return [{"share": 0.0, **_ends(training["development_before"])}, *found]


def _ends(rates: Mapping[str, Any]) -> dict[str, float]:
    return {"macro": float(rates["macro"]), "worst": float(rates["worst"])}
