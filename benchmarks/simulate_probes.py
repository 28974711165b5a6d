"""Do the intervals of probes hold for other voices and other items, and is a fault found at its level?

Part one simulates shares right: voices and items have effects on the logit scale, every voice is asked every item
twice. Part two simulates the outcomes of a grounding probe (8 voices, 24 scenes, 3 accents) for an even model and for
models that fall behind at one level, over 20 seeds. `python -m benchmarks.simulate_probes` writes
benchmarks/results/probes.json and docs/results/probes.md; it takes some minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
from itertools import product
from pathlib import Path
from typing import Any, get_args

import numpy as np
import polars as pl
from scipy.special import expit

from speechfair.metrics.rare_events import share_limits
from speechfair.probes.crossed import Crossed, crossed_difference_with_p, crossed_of, crossed_share
from speechfair.probes.grounding.diagnosis import ALPHA, MARGIN
from speechfair.probes.grounding.grounding_estimates import axis_grounding
from speechfair.probes.items import LEVELS, Level
from speechfair.probes.statistics import share
from speechfair.result_table import Table
from speechfair.running.run_recipe import Analysis, CardPart, CorpusPart, RunRecipe
from speechfair.wording import NOTHING, number, percent

RESULTS = Path(__file__).parent / "results" / "probes.json"
PAGE = Path(__file__).parent.parent / "docs" / "results" / "probes.md"
VOICES, ITEMS, SHARES, ITEM_SD = (8, 20), (8, 12, 24), (0.5, 0.8, 0.95), (0.5, 1.5)
VOICE_SD, PAIR_SD, EACH = 0.5, 0.3, 2
SEEDS, SCENES, SPEAKERS = 20, 24, 8
WANTED = (0.93, 0.97)
"""Coverage that is asked of a nominal 95 % interval."""
MORE = 5
"""How many times as many draws a setting gets whose coverage may be within these limits and is not."""
ACCENTS = ("plain", "thick", "other")
RIGHT, BEHIND = 0.95, 0.65
"""Share right of an even model, and of a model at the level at which it falls behind."""


def cell(voices: int, items: int, value: float, item_sd: float, draws: int, seed: int = 0) -> dict[str, Any]:
    """Coverage and false alarms of one setting."""
    rng = np.random.default_rng([seed, voices, items, int(100 * value), int(10 * item_sd)])
    middle = logit_of_mean(value, VOICE_SD, item_sd, PAIR_SD)
    held = by_voice = alarms = 0
    widths = []
    for _ in range(draws):
        effects = np.add.outer(rng.normal(0, VOICE_SD, voices), rng.normal(0, item_sd, items))
        one, other = (
            crossed(rng, middle + effects + rng.normal(0, PAIR_SD, effects.shape)) for _ in range(2)
        )
        both, alone = crossed_share(one), share(one.voices)
        assert both.low is not None
        assert both.high is not None
        held += both.low <= value <= both.high
        by_voice += alone.low is not None and alone.high is not None and alone.low <= value <= alone.high
        widths.append(both.high - both.low)
        _, p_value = crossed_difference_with_p(one, other)
        alarms += p_value is not None and p_value <= 0.05
    return {
        "voices": voices,
        "items": items,
        "share": value,
        "item_sd": item_sd,
        "draws": draws,
        "coverage": held / draws,
        "voices_only": by_voice / draws,
        "width": float(np.mean(widths)),
        "false_alarms": alarms / draws,
    }


def crossed(rng: np.random.Generator, logits: np.ndarray[Any, Any]) -> Crossed:
    """Every voice asked every item `EACH` times."""
    right = rng.binomial(EACH, expit(logits))
    places = np.ndindex(right.shape[0], right.shape[1])
    return crossed_of((f"v{v}", f"i{i}", float(right[v, i]), float(EACH)) for v, i in places)


def logit_of_mean(value: float, *sds: float) -> float:
    """The logit whose share is `value` on average over effects of these standard deviations."""
    noise = np.random.default_rng(1).normal(0, np.sqrt(np.square(sds).sum()), 100_000)
    low, high = -12.0, 12.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if expit(middle + noise).mean() < value else (low, middle)
    return low


def verdicts(level: int | None, seed: int) -> dict[str, tuple[str, int | None]]:
    """Verdict and level of each accent, for a model that is behind about ``thick`` at `level` (None: even)."""
    found = axis_grounding(outcomes(level, seed), "accent", recipe(), 0.95, MARGIN, ALPHA)
    return {group.value: (group.diagnosis.verdict, group.diagnosis.level) for group in found.groups}


def recipe() -> RunRecipe:
    """A recipe whose card names the reference group."""
    corpus = CorpusPart(name="simulated", version="1", options={}, manifest_sha256="0" * 64)
    return RunRecipe(
        corpus=corpus, card=CardPart(reference={"accent": "plain"}), analysis=Analysis(group_by=("accent",))
    )


def outcomes(level: int | None, seed: int) -> pl.DataFrame:
    """The table of outcomes: two questions a level about each scene, said by each voice in each accent."""
    rng = np.random.default_rng([7, seed])
    voices, scenes = rng.normal(0, 0.4, SPEAKERS), rng.normal(0, 0.6, (SCENES, len(LEVELS)))
    usual, worse = (logit_of_mean(value, 0.4, 0.6) for value in (RIGHT, BEHIND))
    rows = []
    for accent, voice, scene in product(ACCENTS, range(SPEAKERS), range(SCENES)):
        for at in get_args(Level):
            middle = worse if accent == "thick" and at == level else usual
            chance = expit(middle + voices[voice] + scenes[scene, at - 1])
            for turn in range(2):
                rows.append(
                    {
                        "utterance_id": f"{accent}/{voice}/{scene}",
                        "speaker": f"v{voice}",
                        "labels": [{"axis": "accent", "value": accent, "source": "corpus"}],
                        "scene": f"s{scene}",
                        "item": f"L{at}-{turn}",
                        "level": at,
                        "kind": f"L{at}",
                        "n_options": 2,
                        "silence": False,
                        "outcome": "right" if rng.random() < chance else "wrong",
                        "text_outcome": "right",
                    }
                )
    return pl.DataFrame(rows)


def run(draws: int) -> dict[str, Any]:
    """Both parts."""
    cells: list[dict[str, Any]] = []
    for voices, items, value, item_sd in product(VOICES, ITEMS, SHARES, ITEM_SD):
        found = cell(voices, items, value, item_sd, draws)
        if unclear(found):  # the first draws are among the more, so chance is not selected away
            found = cell(voices, items, value, item_sd, MORE * draws)
        cells.append(found)
        print(json.dumps(cells[-1]), flush=True)
    worlds = []
    for level in (None, *get_args(Level)):
        found = [verdicts(level, seed) for seed in range(SEEDS)]
        thick = [one["thick"] for one in found]
        worlds.append(
            {
                "level": level,
                "seeds": SEEDS,
                "at_its_level": sum(one == ("behind", level) for one in thick),
                "elsewhere": sum(one[0] == "behind" and one[1] != level for one in thick),
                "undetermined": sum(one[0] == "undetermined" for one in thick),
                "even": sum(one[0] == "even" for one in thick),
                "other_behind": sum(one["other"][0] == "behind" for one in found),
            }
        )
        print(json.dumps(worlds[-1]), flush=True)
    return {"cells": cells, "worlds": worlds}


def page(found: dict[str, Any]) -> str:
    """The page of both parts, in Markdown."""
    cells, worlds = found["cells"], found["worlds"]
    inside = sum(WANTED[0] <= one["coverage"] <= WANTED[1] for one in cells)
    least = min(one["coverage"] for one in cells)
    most = max(one["coverage"] for one in cells)
    alarms = max(one["false_alarms"] for one in cells)
    compared = sum(one["seeds"] for one in worlds)
    draws = min(one["draws"] for one in cells)
    lines = [
        "# Do the intervals of probes hold, and are faults found at their level?",
        "",
        "`python -m benchmarks.simulate_probes` writes this page; do not edit it. Voices and items are both drawn "
        f"anew. Their effects are normal on the logit scale (standard deviation {VOICE_SD} over voices, {PAIR_SD} over "
        f"pairs), and every voice is asked every item {EACH} times. A coverage is the share (percent) of "
        f"{draws} draws in which the 95 % interval holds the true share over all voices "
        f"and items; {sum(one['draws'] > draws for one in cells)} settings that these draws did not tell "
        f"from the limits got {MORE} times as many.",
        "",
        f"- Coverage is between 93 and 97 % in {inside} of {len(cells)} settings, {100 * least:.1f} % at least and "
        f"{100 * most:.1f} % at most.",
        f"- A difference where there is none is claimed in at most {100 * alarms:.1f} % of draws, at level 5 %.",
        "- `voices only` is what an interval covers that treats the questions as the only ones there are.",
        *outside(cells),
        "",
    ]
    heads = (
        "voices",
        "items",
        "share right %",
        "SD of items",
        "coverage %",
        "voices only %",
        "width",
        "false alarms %",
    )
    rows = [
        (
            str(one["voices"]),
            str(one["items"]),
            percent(one["share"]),
            number(one["item_sd"]),
            *(percent(one[key]) for key in ("coverage", "voices_only", "width", "false_alarms")),
        )
        for one in cells
    ]
    planted = [
        (
            "none" if one["level"] is None else f"L{one['level']}",
            NOTHING if one["level"] is None else str(one["at_its_level"]),
            *(str(one[key]) for key in ("elsewhere", "undetermined", "even")),
        )
        for one in worlds
    ]
    lines += [
        Table.of_texts("", heads, rows).to_markdown(),
        "## Planted faults",
        "",
        f"Grounding outcomes of {SPEAKERS} voices × {SCENES} scenes × {len(ACCENTS)} accents, two questions a level, "
        f"right with {100 * RIGHT:.0f} %. At the planted level, the accent `thick` is right with {100 * BEHIND:.0f} %. "
        f"{SEEDS} seeds each. The accent `other` is never worse; it was called behind in "
        f"{sum(one['other_behind'] for one in worlds)} of {compared} runs.",
        "",
        Table.of_texts(
            "", ("planted at", "behind there", "behind elsewhere", "undetermined", "even"), planted
        )
        .to_markdown()
        .rstrip(),
    ]
    return "\n".join(lines) + "\n"


def unclear(one: dict[str, Any]) -> bool:
    """Whether a coverage is outside the limits by no more than chance explains."""
    least, most = share_limits(round(one["coverage"] * one["draws"]), one["draws"], 0.95)
    within = WANTED[0] <= one["coverage"] <= WANTED[1]
    return not within and most >= WANTED[0] and least <= WANTED[1]


def outside(cells: list[dict[str, Any]]) -> list[str]:
    """What is said of each setting whose coverage is not between 93 and 97 %, and why it is not."""
    low, high = WANTED
    few = "so leaving one voice or item out moves the logit far and the jackknife is too wide"
    lines = []
    for one in cells:
        if low <= one["coverage"] <= high:
            continue
        least, most = share_limits(round(one["coverage"] * one["draws"]), one["draws"], 0.95)
        wrong = one["voices"] * one["items"] * EACH * (1 - one["share"])
        if unclear(one):
            limit = low if one["coverage"] < low else high
            why = f"{one['draws']} draws do not tell this from {100 * limit:.0f} %"
        else:
            why = f"a draw has {wrong:.1f} wrong answers on average, {few}"
        lines.append(
            f"    - {one['voices']} voices, {one['items']} items, {percent(one['share'])} % right, "
            f"SD {one['item_sd']}: {percent(one['coverage'])} % [{percent(least)}, {percent(most)}]; {why}."
        )
    if not lines:
        return []
    return [
        "- Above 97 %, intervals are wider than they need be: fewer verdicts are given there, and no more false ones.",
        "- Outside 93–97 %, with the 95 % interval of the coverage itself:",
        "",
        *lines,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--page", action="store_true", help="only write the page from what is there")
    given = parser.parse_args()
    found = json.loads(RESULTS.read_text("utf-8")) if given.page else run(given.draws)
    if not given.page:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
