"""Debias real weights on real speech by several recipes and seeds: `make results`.

Hours on one core; kill it and start it again, it goes on. Runs lie in runs/debias-results, the page in
docs/results/debias.md. Needs the speech sets (SPEECHFAIR_TEST_DATA or ../shared/data).
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from benchmarks import debias_page
from speechfair.debias.contest import share_audits
from speechfair.debias.recipe import DebiasRecipe, find_recipe, read_recipe
from speechfair.debias.run import debias

CHECKOUT = Path(__file__).resolve().parent.parent
RUNS = CHECKOUT / "runs" / "debias-results"
SHARED = (
    "train.0.root=speechocean762-subset",
    "evaluate.0.root=speechocean762-subset",
    "evaluate.1.root=librispeech-subset",
    "recognizer.options.threads=1",
    "dev.max_utterances=32",
    "steps=60",
    "check_every=30",
)
FULL = "learning_rate=3.0e-5"
IN_SOUP = ("erm", "balanced", "group_dro")
REHEARSED = ("1462", "1673", "1919", "1272", "174", "2078")
"""The first three women and men of the LibriSpeech subset, by number."""
CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "erm": ("erm", (FULL,)),
    "average": ("average", (FULL, "method.options.shares=[0.5]")),
    "group_dro": ("group_dro", (FULL,)),
    "balanced": ("balanced", (FULL,)),
    "erm-lora": ("erm-lora", ("learning_rate=1.0e-3",)),
    "accent_augment": ("accent_augment", (FULL,)),
    "replay": ("erm", (FULL,)),
    "replay-average": ("average", (FULL, "method.options.shares=[0.5]")),
    "average-25": ("average", (FULL, "method.options.shares=[0.25]")),
    "average-75": ("average", (FULL, "method.options.shares=[0.75]")),
    "group_dro-average": ("average", (FULL, "method.options.shares=[0.4]")),
    "soup": ("average", (FULL, "method.options.shares=[0.5]")),
    "erm-window-30": ("erm", (FULL, "window=exact")),
}
"""Name of a case: the recipe that ships, and what is changed in it. The cases that come first are worth most."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=CASES)
    parser.add_argument("--page", action="store_true", help="only write the page from the finished runs")
    asked = parser.parse_args()
    if not asked.page:
        for case, seed in queue(asked.cases, asked.seeds):
            run_one(case, seed)
    planned = [f"{case}-{seed}" for case, seed in queue(list(CASES), [0, 1])]
    page = debias_page.write(finished(), planned)
    print(f"written to {page}")


def queue(cases: list[str], seeds: list[int]) -> list[tuple[str, int]]:
    """The runs in the order of their worth: plain and averaged weights of every seed come first."""
    pairs = [(case, seed) for seed in seeds for case in cases]
    return sorted(pairs, key=lambda pair: pair[0] not in ("erm", "average"))


def finished() -> dict[str, Path]:
    """The folders of the finished runs by name, ``CASE-SEED``."""
    names = [f"{case}-{seed}" for case in CASES for seed in range(10)]
    return {name: RUNS / name for name in names if (RUNS / name / "debias.json").is_file()}


def run_one(case: str, seed: int) -> None:
    """One run, from where it stopped."""
    out = RUNS / f"{case}-{seed}"
    if (out / "debias.json").is_file():
        print(f"{out.name}: done before", flush=True)
        return
    print(f"{out.name}:", flush=True)
    for other, folder in finished().items():
        if other.startswith("replay") == case.startswith("replay"):  # they audit the same speech before
            share_audits(folder, out)
    result = debias(recipe_of(case, seed), out, say=lambda line: print(f"  {line}", flush=True), on_cpu=True)
    print(f"  verdict: {result.verdict}", flush=True)


def recipe_of(case: str, seed: int) -> DebiasRecipe:
    """The recipe of a case, on the small speech sets."""
    data = Path(os.environ.get("SPEECHFAIR_TEST_DATA", CHECKOUT.parent / "shared" / "data"))
    name, changes = CASES[case]
    settings = [f"data_root={data}", *SHARED, *changes, f"seed={seed}"]
    if name == "average":
        settings.append(f"method.options.trained={_trained_before(case, seed)}")
    if case.startswith("replay"):
        settings += _rehearsal()
    return read_recipe(find_recipe(name), settings)


def _trained_before(case: str, seed: int) -> str:
    """The model that a case averages with the base, or the list of them."""
    if case == "soup":
        return "[" + ", ".join(str(RUNS / f"{name}-{seed}" / "model") for name in IN_SOUP) + "]"
    name = case.removesuffix("-average") if case.endswith("-average") else "erm"
    return str(RUNS / f"{name}-{seed}" / "model")


def _rehearsal() -> list[str]:
    """Six of the protected speakers are trained on too; the other fourteen are audited."""
    known = ", ".join(f"'{speaker}'" for speaker in REHEARSED)
    return [
        f"train=[{{corpus: speechocean762, root: speechocean762-subset, options: {{split: train}}}}, "
        f"{{corpus: librispeech, root: librispeech-subset, speakers: [{known}]}}]",
        f"evaluate.1.without_speakers=[{known}]",
    ]


if __name__ == "__main__":
    main()
