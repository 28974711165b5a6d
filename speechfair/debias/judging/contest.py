"""Run several recipes over several seeds, then put them into one table. Resumable: finished runs are not run again."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.debias.judging.method_table import BASELINE, MethodTable, finished_runs, tabulate, write_table
from speechfair.errors import InputError

if TYPE_CHECKING:
    from speechfair.debias.training.loop import Say
    from speechfair.running.transcription import Observer

__all__ = ["compare_recipes", "share_audits"]


def compare_recipes(
    recipes: Sequence[str],
    out: str | Path,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    settings: Sequence[str] = (),
    baseline: str = BASELINE,
    say: Say | None = None,
    observe: Observer | None = None,
    on_cpu: bool = False,
) -> MethodTable:
    """Run `recipes` under each of `seeds` into ``out/NAME-SEED`` and compare them with the recipe `baseline`.

    Parameters
    ----------
    recipes : files, or names of recipes that ship; none compares the finished runs that are in `out`.
    settings : ``KEY=VALUE`` words that change every recipe.

    Raises
    ------
    InputError
        A recipe cannot be used, two have one name, or the baseline is not among them.
    """
    from speechfair.debias.debias_run import debias
    from speechfair.debias.recipe import find_recipe, read_recipe

    folder, tell = Path(out), say or (lambda _: None)
    paths = [find_recipe(recipe) for recipe in recipes]
    names = [path.stem for path in paths]
    if len(set(names)) < len(names):
        raise InputError(f"two recipes have one name: {', '.join(sorted(names))}")
    if names and baseline not in names and not list(folder.glob(f"{baseline}-*/debias.json")):
        raise InputError(
            f"the baseline {baseline!r} is not among the recipes; add it, or name another --baseline"
        )
    for seed in seeds:
        for name, path in zip(names, paths, strict=True):
            run = folder / f"{name}-{seed}"
            tell(f"{run.name}:")
            recipe = read_recipe(path, [*settings, f"seed={seed}"])
            if not (run / "debias.json").is_file():
                for done in finished_runs(folder):
                    share_audits(done, run)
            debias(recipe, run, say=say, observe=observe, on_cpu=on_cpu)
    table = tabulate(finished_runs(folder), baseline)
    write_table(table, folder)
    return table


def share_audits(done: Path, run: Path) -> None:
    """Copy the audits before of a finished run: they are the same on the same model, and are checked when used.

    They appear whole or not at all, whoever else looks, copies or is killed meanwhile.
    """
    target = run / "before"
    if target.exists():
        return
    run.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{run.name}.", dir=run.parent))
    try:
        shutil.copytree(done / "before", work / "before", ignore=shutil.ignore_patterns(".lock"))
        with suppress(OSError):  # another process was first, and its audits are as good
            os.rename(work / "before", target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
