"""Debias real weights on real speech by several methods and seeds: `python -m benchmarks.debias_results`.

Hours on one core; kill it and start it again, it goes on. Runs lie in runs/debias-results, the page in
docs/results/debias.md. Needs the speech sets (SPEECHFAIR_TEST_DATA or ../shared/data).
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

from benchmarks import debias_page
from speechfair.debias.recipe import DebiasRecipe, find_recipe, read_recipe
from speechfair.debias.run import debias

CHECKOUT = Path(__file__).resolve().parent.parent
RUNS = CHECKOUT / "runs" / "debias-results"
STEPS = 100
METHODS = ("erm", "group_dro", "average")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument(
        "--page", action="store_true", help="only write the page from the runs that are there"
    )
    asked = parser.parse_args()
    if not asked.page:
        for seed in asked.seeds:
            for method in asked.methods:
                out = RUNS / f"{method}-{seed}"
                if (out / "debias.json").is_file():
                    print(f"{out.name}: done before", flush=True)
                    continue
                print(f"{out.name}:", flush=True)
                _share_audits(RUNS / f"erm-{seed}" / "before", out / "before")
                result = debias(
                    recipe_of(method, seed), out, say=lambda line: print(f"  {line}", flush=True), on_cpu=True
                )
                print(f"  verdict: {result.verdict}", flush=True)
    page = debias_page.write(
        {run.name: run for run in sorted(RUNS.iterdir()) if (run / "debias.json").is_file()}, recipe_of
    )
    print(f"written to {page}")


def recipe_of(method: str, seed: int) -> DebiasRecipe:
    """The shipped recipe, on the small speech sets."""
    data = Path(os.environ.get("SPEECHFAIR_TEST_DATA", CHECKOUT.parent / "shared" / "data"))
    settings = [
        f"data_root={data}",
        "train.0.root=speechocean762-subset",
        "evaluate.0.root=speechocean762-subset",
        "evaluate.1.root=librispeech-subset",
        "recognizer.options.threads=1",
        f"steps={STEPS}",
        f"seed={seed}",
    ]
    if method == "average":
        settings.append(f"method.options.trained={RUNS / f'erm-{seed}' / 'model'}")
    return read_recipe(find_recipe(method), settings)


def _share_audits(finished: Path, target: Path) -> None:
    """The model before is the same in every run of a seed: its audits, checked again when used, are copied."""
    if (finished.parent / "debias.json").is_file() and not target.exists():
        shutil.copytree(finished, target, ignore=shutil.ignore_patterns(".lock"))


if __name__ == "__main__":
    main()
