"""Probes of what the words do not tell, put to planted models: is each fault found at exactly its place?

A planted model sees the truth of every question and is right with 95 %, except where it is made to fail: it hears words
but not turns, loses attribution in one accent, infers an origin from an accent, or refuses one accent more.
`python -m benchmarks.planted_probes` runs 20 seeds of each and more of the even model, offline, and writes
benchmarks/results/planted_probes.json and docs/results/planted-probes.md in about ten minutes of one core.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.simulate_probes import ACCENTS, recipe
from speechfair.metrics.rare_events import share_limits
from speechfair.probes.asking import AUDIO, TEXT, Ask
from speechfair.probes.grounding.diagnosis import ALPHA, MARGIN
from speechfair.probes.grounding.grounding_estimates import axis_grounding
from speechfair.probes.grounding.heard_kinds import heard_kinds
from speechfair.probes.grounding.outcomes import outcome_table
from speechfair.probes.grounding.sound_grammar import SOUND_KINDS, sound_scenes
from speechfair.probes.items import Item, Scene, options_of
from speechfair.result_table import Table
from speechfair.wording import percent

RESULTS = Path(__file__).parent / "results" / "planted_probes.json"
PAGE = Path(__file__).parent.parent / "docs" / "results" / "planted-probes.md"
VOICES, SCENES, SEEDS, EVEN_SEEDS = 8, 24, 20, 200
RIGHT, WORSE = 0.95, 0.55
"""Share right, and share right of a planted fault."""
REFUSED = 0.3
TURNS = ("speakers", "who", "turns")

Model = Callable[[str, Item, np.random.Generator], float]
"""Probability of a right answer by accent and item; below 0, of a refusal."""

Place = tuple[str, ...]
"""Where a fault is said to be: what is compared, the group (``all`` where none is), the kind or level."""


def even(accent: str, item: Item, rng: np.random.Generator) -> float:
    """Right alike."""
    return RIGHT


def hears_words_not_turns(accent: str, item: Item, rng: np.random.Generator) -> float:
    """Guesses who speaks and how often the speaker changes."""
    return 1 / (1 + len(item.foils)) if item.kind in TURNS else RIGHT


def loses_attribution(accent: str, item: Item, rng: np.random.Generator) -> float:
    """Worse about the accent ``thick`` at level 2."""
    lost = accent == "thick" and SOUND_KINDS.get(item.kind) == 2
    return WORSE if lost else RIGHT


def infers_origin(accent: str, item: Item, rng: np.random.Generator) -> float:
    """Names a country that nobody named where it hears the accent ``thick``."""
    return WORSE if accent == "thick" and item.kind == "unstated" else RIGHT


def refuses_one_accent(accent: str, item: Item, rng: np.random.Generator) -> float:
    """Refuses the accent ``thick`` more."""
    return -1.0 if accent == "thick" and rng.random() < REFUSED else RIGHT


WORLDS: dict[str, tuple[Model, frozenset[Place]]] = {
    "even": (even, frozenset()),
    "hears words but not turns": (
        hears_words_not_turns,
        frozenset(("not heard", "all", kind) for kind in TURNS),
    ),
    "loses attribution in one accent": (
        loses_attribution,
        frozenset({("level", "thick", "2"), ("kind", "thick", "who"), ("kind", "thick", "where")}),
    ),
    "infers origin from one accent": (infers_origin, frozenset({("kind", "thick", "unstated")})),
    "refuses one accent more": (refuses_one_accent, frozenset({("kind", "thick", "no answer")})),
}
"""By name: the model, and the places at which its fault is."""


@cache
def asked(seed: int) -> tuple[Scene, ...]:
    """The scenes of a seed."""
    return tuple(scene for scene, _ in sound_scenes(SCENES, seed))


def outcomes(model: Model, seed: int) -> pl.DataFrame:
    """The table of outcomes of one planted model, through the reading of its replies."""
    rng = np.random.default_rng([11, seed])
    scene_of = {
        f"{accent}/v{voice}/{scene.id}": scene
        for accent, voice, scene in product(ACCENTS, range(VOICES), asked(seed))
    }
    replies = []
    for scene in asked(seed):
        for item in scene.items:
            right = item.kind not in SOUND_KINDS or rng.random() < 1 / (1 + len(item.foils))
            replies.append((Ask(TEXT, scene.id, item.id, "").id, _letter(scene, item, right, seed)))
    for name, scene in scene_of.items():
        accent = name.split("/")[0]
        for item in scene.items:
            chance = model(accent, item, rng)
            said = (
                "I can't answer that."
                if chance < 0
                else _letter(scene, item, rng.random() < chance, seed, rng)
            )
            replies.append((Ask(AUDIO, name, item.id, "").id, said))
    manifest = pl.DataFrame(
        [
            {"id": name, "speaker": name.split("/")[1], "labels": [_label(name.split("/")[0])]}
            for name in scene_of
        ]
    )
    table = pl.DataFrame(replies, schema=["ask", "reply"], orient="row")
    return outcome_table(manifest, scene_of, table, "choice", seed)


def _label(accent: str) -> dict[str, str]:
    return {"axis": "accent", "value": accent, "source": "corpus"}


def _letter(scene: Scene, item: Item, right: bool, seed: int, rng: np.random.Generator | None = None) -> str:
    foil = item.foils[int(rng.integers(len(item.foils))) if rng is not None else 0]
    return "ABCDEFGH"[options_of(scene.id, item, seed).index(item.answer if right else foil)]


def places(table: pl.DataFrame) -> set[Place]:
    """Every place at which something is claimed."""
    found: set[Place] = set()
    for kind in heard_kinds(table.to_dicts(), 0.95, ALPHA):
        if kind.verdict == "not heard":
            found.add(("not heard", "all", kind.kind))
    axis = axis_grounding(table, "accent", recipe(), 0.95, MARGIN, ALPHA)
    found |= {("kind", one.group, one.kind) for one in axis.kinds if one.verdict != "undetermined"}
    for group in axis.groups:
        found |= {("level", group.value, str(level)) for level in group.diagnosis.behind}
    return found


def judged(world: str, claimed: set[Place]) -> str:
    """``exact``, ``part`` (some of its places and no other), ``elsewhere`` or ``missed``.

    A model that refuses is right less often at every level too; only ``no answer`` may be claimed of kinds.
    """
    _, truth = WORLDS[world]
    if world == "refuses one accent more":
        claimed = {place for place in claimed if place[:2] != ("level", "thick")}
    if claimed == truth:
        return "exact"
    if claimed - truth:
        return "elsewhere"
    return "part" if claimed else "missed"


def run(seeds: int, even_seeds: int) -> dict[str, Any]:
    """Every world over its seeds."""
    worlds = {}
    for world, (model, _) in WORLDS.items():
        n = even_seeds if world == "even" else seeds
        verdicts, stray = [], 0
        for seed in range(n):
            claimed = places(outcomes(model, seed))
            verdicts.append(judged(world, claimed))
            stray += bool({place for place in claimed if place[1] in ("plain", "other")})
        counts = {name: verdicts.count(name) for name in ("exact", "part", "elsewhere", "missed")}
        worlds[world] = {"seeds": n, **counts, "other_accent": stray}
        print(world, worlds[world], flush=True)
    return {"voices": VOICES, "scenes": SCENES, "worlds": worlds}


def page(found: dict[str, Any]) -> str:
    """The page in Markdown."""
    worlds = found["worlds"]
    none = worlds["even"]
    rows = [
        (world, str(one["seeds"]), *(str(one[key]) for key in ("exact", "part", "elsewhere", "missed")))
        for world, one in worlds.items()
    ]
    low, high = share_limits(none["elsewhere"], none["seeds"], 0.95)
    stray = sum(one["other_accent"] for world, one in worlds.items() if world != "even")
    of = sum(one["seeds"] for world, one in worlds.items() if world != "even")
    faulty = [one for world, one in worlds.items() if world != "even"]
    beyond = sum(one["elsewhere"] for one in faulty)
    beyond_low, beyond_high = share_limits(beyond, of, 0.95)
    lines = [
        "# Are faults beyond the words found at exactly their place?",
        "",
        "`python -m benchmarks.planted_probes` writes this page; do not edit it. Planted models see the truth of each "
        f"question of `probe grounding --ask sound` and are right with {100 * RIGHT:.0f} %, except at their fault: "
        f"they guess, are right with {100 * WORSE:.0f} %, or refuse {100 * REFUSED:.0f} %. {found['voices']} voices × "
        f"{found['scenes']} scenes × {len(ACCENTS)} accents; replies are read as those of a real model.",
        "",
        f"- Of {none['seeds']} even models, {none['elsewhere']} were said to have a fault of any sort: a false-alarm "
        f"rate of {percent(none['elsewhere'] / none['seeds'])} % [{percent(low)}, {percent(high)}] over all kinds, "
        "levels and groups together. At most 5 % was asked for before it was measured.",
        f"- In {of} runs of faulty models, an accent without the fault was named in {stray}.",
        f"- In {beyond} of these {of} runs a place without a fault was claimed, with the fault's or instead: "
        f"{percent(beyond / of)} % [{percent(beyond_low)}, {percent(beyond_high)}]. By chance, as in even models, it "
        f"would be {percent(none['elsewhere'] / none['seeds'])} %.",
        "- `exact`: the claimed places are those of the fault, all of them. `part`: some of them and no other. "
        "`elsewhere`: a place without the fault is claimed too.",
        "",
        Table.of_texts("", ("planted", "seeds", "exact", "part", "elsewhere", "missed"), rows)
        .to_markdown()
        .rstrip(),
        "",
        "What this does not show: that a real model fails in such a way, or that made sounds stand for real ones.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--even-seeds", type=int, default=EVEN_SEEDS)
    parser.add_argument("--page", action="store_true", help="only write the page from what is there")
    given = parser.parse_args()
    found = json.loads(RESULTS.read_text("utf-8")) if given.page else run(given.seeds, given.even_seeds)
    if not given.page:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
