"""Debias real weights on real speech by several recipes and seeds: `make results`.

Hours on one core; kill it and start it again, it goes on. Several processes may share a folder of runs, each with other
cases or seeds. Runs trained on the CPU lie in runs/debias-results, those of `--device cuda` in
runs/debias-results-gpu; the page, docs/results/debias.md, shows both, apart. On the CPU faster-whisper decodes the
audits, but for the cases that say otherwise; on a GPU transformers decodes all. Needs the speech sets
(SPEECHFAIR_TEST_DATA or ../shared/data).
"""

from __future__ import annotations

import argparse
import os
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import debias_page
from speechfair.debias.debias_run import debias
from speechfair.debias.judging.contest import share_audits
from speechfair.debias.recipe import DebiasRecipe, find_recipe, read_recipe

CHECKOUT = Path(__file__).resolve().parent.parent
FOLDERS = {"cpu": CHECKOUT / "runs" / "debias-results", "cuda": CHECKOUT / "runs" / "debias-results-gpu"}
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
ADAPTERS = "learning_rate=1.0e-3"
BY_TRANSFORMERS = "recognizer={family: whisper, options: {window: 10}}"
"""A router works with this family alone; no `threads`, which transformers does not take."""
LONG = ("steps=120", "check_every=60")
BY_THE_USUAL_WINDOW = "recognizer={family: whisper, options: {window: exact}}"
AS_BEFORE_PROTECTION = (
    "dev.share=0.2",
    "dev.protected=[]",
    "evaluate.1.without_speakers=[]",
    "evaluate.1.group_by=[gender]",
    "recognizer.options.window=10",
    "method.options.settings=[{window: exact}, {window: exact, beam_size: 5}]",
)
"""The recipe `decode` as it was when it was run: without protected development speakers."""
IN_SOUP = ("erm", "balanced", "group_dro")
REHEARSED = ("1462", "1673", "1919", "1272", "174", "2078")
"""The first three women and men of the LibriSpeech subset, by number."""
CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "erm": ("erm", (FULL,)),
    "average": ("average", (FULL, "method.options.shares=[0.5]")),
    "group_dro": ("group_dro", (FULL,)),
    "balanced": ("balanced", (FULL,)),
    "erm-lora": ("erm-lora", (ADAPTERS,)),
    "accent_augment": ("accent_augment", (FULL,)),
    "replay": ("erm", (FULL,)),
    "replay-average": ("average", (FULL, "method.options.shares=[0.5]")),
    "average-25": ("average", (FULL, "method.options.shares=[0.25]")),
    "average-75": ("average", (FULL, "method.options.shares=[0.75]")),
    "group_dro-average": ("average", (FULL, "method.options.shares=[0.4]")),
    "soup": ("average", (FULL, "method.options.shares=[0.5]")),
    "long": ("group_dro", (FULL, *LONG)),
    "long-average": ("average", (FULL, *LONG, "method.options.shares=[0.4]")),
    "erm-window-30": ("erm", (FULL, "window=exact")),
    "spec_augment": ("accent_augment", (FULL, "method.options.spec_augment={}")),
    "temperature": ("temperature", (FULL,)),
    "reweight": ("reweight", (FULL,)),
    "jtt": ("jtt", (FULL, "method.options.first_steps=15")),
    "adversarial": ("adversarial", (FULL,)),
    "erase": ("erase", ()),
    "decode": ("decode", AS_BEFORE_PROTECTION),
    "accent_adapter": ("accent_adapter", (ADAPTERS,)),
    "router-erm": ("erm-lora", (ADAPTERS, BY_TRANSFORMERS)),
    "exact-erm": ("erm", (FULL, BY_THE_USUAL_WINDOW)),
    "exact-window-30": ("erm", (FULL, "window=exact", BY_THE_USUAL_WINDOW)),
    "router": ("accent_adapter", (ADAPTERS, BY_TRANSFORMERS, "method.options.router=true")),
}
"""Name of a case: the recipe that ships, and what is changed in it. The cases that come first are worth most.

`ctc_dro` is none of them: it is made for CTC models and the bundled weights are Whisper's; see debias_planted."""


@dataclass(frozen=True)
class Place:
    """Where runs lie, what trains them, and what is changed in every recipe for a trial.

    Parameters
    ----------
    before : a run whose audits before are taken, where no run in `folder` has any that fit.
    """

    folder: Path = FOLDERS["cpu"]
    device: str = "cpu"
    changes: tuple[str, ...] = ()
    before: Path | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=_seed, nargs="+", default=[0, 1])
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=CASES)
    parser.add_argument("--device", choices=FOLDERS, default="cpu", help="what trains; cuda is one GPU")
    parser.add_argument(
        "--runs", type=Path, help="folder of the runs, in place of the usual one; no page then"
    )
    parser.add_argument("--before", type=Path, help="finished run whose audits before are taken over")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change every recipe; needs --runs"
    )
    parser.add_argument("--page", action="store_true", help="only write the page from the finished runs")
    asked = parser.parse_args()
    if asked.set and asked.runs is None:
        parser.error(
            "--set makes other runs than the page tells of: give them a folder of their own with --runs"
        )
    place = Place(asked.runs or FOLDERS[asked.device], asked.device, tuple(asked.set), asked.before)
    undone = [] if asked.page else run_all(queue(asked.cases, asked.seeds), place)
    if asked.runs is None:
        print(f"written to {write_page()}")
    if undone:
        raise SystemExit("not done: " + ", ".join(undone))


def write_page() -> Path:
    """The page from the finished runs of both folders."""
    planned = {
        device: [f"{case}-{seed}" for case, seed in queue(list(CASES), seeds)]
        for device, seeds in (("cpu", (0, 1)), ("cuda", (0, 1, 2)))
    }
    return debias_page.write({device: finished(folder) for device, folder in FOLDERS.items()}, planned)


def queue(cases: Sequence[str], seeds: Sequence[int]) -> list[tuple[str, int]]:
    """The runs in the order of their worth, what others are averaged from before them: plain and averaged weights of
    every seed come first."""
    order = list(CASES)
    pairs = [(case, seed) for seed in dict.fromkeys(seeds) for case in sorted(set(cases), key=order.index)]
    return sorted(pairs, key=lambda pair: pair[0] not in ("erm", "average"))


def finished(folder: Path) -> dict[str, Path]:
    """The finished runs in `folder` by name, ``CASE-SEED``, in the order of the cases."""
    found = {}
    for case in CASES:
        seeds = [path.name.removeprefix(f"{case}-") for path in folder.glob(f"{case}-*")]
        for seed in sorted(int(seed) for seed in seeds if seed.isdecimal()):
            if (folder / f"{case}-{seed}" / "debias.json").is_file():
                found[f"{case}-{seed}"] = folder / f"{case}-{seed}"
    return found


def run_all(runs: Sequence[tuple[str, int]], place: Place) -> list[str]:
    """Every run; the names of those that failed, whose traceback is printed, or that another process is at."""
    undone = []
    for case, seed in runs:
        try:
            run_one(case, seed, place)
        except Exception:  # the runs after it are worth hours
            traceback.print_exc()
            undone.append(f"{case}-{seed}")
    return undone


def run_one(case: str, seed: int, place: Place = Place()) -> None:
    """One run, from where it stopped."""
    out = place.folder / f"{case}-{seed}"
    if (out / "debias.json").is_file():
        print(f"{out.name}: done before", flush=True)
        return
    print(f"{out.name}:", flush=True)
    recipe = recipe_of(case, seed, place)
    alike = [
        folder for name, folder in finished(place.folder).items() if audited_as(name) == audited_as(case)
    ]
    if not alike and place.before is not None and audited_as(case) == audited_as("erm"):
        alike = [place.before]
    for folder in alike[:1]:
        share_audits(folder, out)
    on_cpu = place.device == "cpu"
    result = debias(recipe, out, say=lambda line: print(f"  {line}", flush=True), on_cpu=on_cpu)
    print(f"  verdict: {result.verdict}", flush=True)


def audited_as(case: str) -> str:
    """Cases that begin alike audit the same speech before by the same recogniser."""
    return next((prefix for prefix in debias_page.APART if case.startswith(prefix)), "")


def recipe_of(case: str, seed: int, place: Place = Place()) -> DebiasRecipe:
    """The recipe of a case, on the small speech sets."""
    data = Path(os.environ.get("SPEECHFAIR_TEST_DATA", CHECKOUT.parent / "shared" / "data"))
    name, changes = CASES[case]
    settings = [f"data_root={data}", *SHARED, *changes, f"seed={seed}"]
    if place.device != "cpu" and not any(change.startswith("recognizer=") for change in changes):
        # CTranslate2 wants CUDA libraries of its own
        settings.append(BY_TRANSFORMERS)
    if name == "average":
        settings.append(f"method.options.trained={_trained_before(case, seed, place.folder)}")
    if case.startswith("replay"):
        settings += _rehearsal()
    return read_recipe(find_recipe(name), [*settings, *place.changes])


def _trained_before(case: str, seed: int, folder: Path) -> str:
    """The model that a case averages with the base, or the list of them."""
    if case == "soup":
        return "[" + ", ".join(str(folder / f"{name}-{seed}" / "model") for name in IN_SOUP) + "]"
    name = case.removesuffix("-average") if case.endswith("-average") else "erm"
    return str(folder / f"{name}-{seed}" / "model")


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no seed: a whole number from 0")
    return int(text)


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
