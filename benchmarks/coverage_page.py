"""The page of the simulations: tables in Markdown, and where a goal is missed, in words.

Takes the rows of the `simulate_…` programs and computes nothing but what is printed from them. Rows without draws are
not shown; each table says how many corpora stand behind its rows.
"""

from __future__ import annotations

import math
import platform
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from benchmarks import worlds_page
from speechfair.result_table import Table

Row = dict[str, Any]

GOALS = ((20, 0.93, 0.97), (0, 0.91, 1.0))
"""Least number of speakers, and the coverage wanted from there on (lowest, highest)."""

TAIL = worlds_page.CAUSES["tail"]

WRONG = 0.05
"""Share of wrong verdicts that is allowed."""
BIAS = 0.02
"""Bias of the adjusted ratio that is allowed."""

OURS = ("rate", "ratio", "difference")
GAPS = ("gap", "worst/best")
WORLDS = {
    "gap": "four groups, gap 8 points",
    "no gap": "four groups, no gap",
    "two groups": "two groups, gap 6 points",
    "ties": "two tied best, two tied worst",
    "eight groups": "eight groups, most in between",
}


def page(
    coverage: Sequence[Row],
    worlds: Sequence[Row],
    gaps: Sequence[Row],
    gate: Sequence[Row],
    adjusted: Sequence[Row],
    present: Mapping[str, Collection[str]],
) -> str:
    """The whole page.

    Parameters
    ----------
    coverage, worlds, gaps, gate, adjusted : rows of each simulation, with ``draws`` and ``code``.
    present : by simulation, digests of the present code.
    """
    found = {"coverage": coverage, "worlds": worlds, "gaps": gaps, "gate": gate, "adjusted": adjusted}
    found = {name: [row for row in rows if row["draws"]] for name, rows in found.items()}
    coverage, worlds, gaps, gate, adjusted = found.values()
    parts = [
        "# Do the intervals cover what they promise?",
        "This page is written by `make simulate`; do not edit it. A coverage is the share (percent) of simulated "
        "corpora in which a nominal 95 % interval holds the truth. Speakers differ: their error rates are "
        "gamma-distributed with a coefficient of variation (CV) of 0.5 or 0.9, errors are Poisson given the speaker, "
        "talk time differs between speakers (1 + Poisson utterances with a gamma mean of shape 2 and mean 20) and so "
        "do the groups' sizes. "
        f"{packages()}; the seeds are in the programs.",
        *_outside(coverage, worlds, gaps),
        *_summary(coverage, gaps, adjusted),
        *_made_by(found, present),
        *([worlds_page.section(worlds)] if worlds else []),
        *_rates(coverage),
        *_gaps(gaps),
        *_verdicts(coverage, gate),
        *_adjusted(adjusted),
    ]
    return "\n\n".join(parts) + "\n"


def packages() -> str:
    """Versions of what computes the figures."""
    names = ("speechfair", "numpy", "scipy", "gpboost")
    return ", ".join(f"{name} {version(name)}" for name in names) + f", Python {platform.python_version()}"


def _outside(coverage: Sequence[Row], worlds: Sequence[Row], gaps: Sequence[Row]) -> list[str]:
    """Every cell outside the goal, with the reason."""
    gamma = [row for row in coverage if row["shape"] == "gamma"]
    tails = [row for row in coverage if row["shape"] == "lognormal"]
    lines = [
        *_missed(gamma, OURS, "few speakers"),
        *_missed(tails, OURS, TAIL),
        *_missed(gaps, GAPS, "groups that tie for worst or best, or many in between"),
        *worlds_page.outside(worlds),
    ]
    return [
        "## Outside 93–97 %",
        "Cells outside the goal (93–97 % from 20 speakers on, at least 91 % below), with the reason. Those that are "
        "too wide can hide a difference, and do not invent one.",
        "\n".join(lines) or "- none",
    ]


def _made_by(found: Mapping[str, Sequence[Row]], present: Mapping[str, Collection[str]]) -> list[str]:
    """Which code made how much of each simulation."""
    lines = []
    for name, rows in found.items():
        for code in dict.fromkeys(row["code"] for row in rows):
            own = [row["draws"] for row in rows if row["code"] == code]
            draws = f"{min(own):,}" if min(own) == max(own) else f"{min(own):,} to {max(own):,}"
            which = "the present code" if code in present.get(name, ()) else "earlier code"
            lines.append((name, str(code)[:6], which, str(len(own)), draws))
    return [
        "## Which code made which cell",
        "A cell is made again when the code that decides it changes; until then the figures of earlier code stand. "
        "`code` is the start of a digest of the functions, constants and modules behind a figure; tables that have the "
        "column name it for each row.",
        Table.of_texts("", ("simulation", "code", "which is", "cells", "draws a cell"), lines)
        .to_markdown()
        .rstrip(),
    ]


def _summary(coverage: Sequence[Row], gaps: Sequence[Row], adjusted: Sequence[Row]) -> list[str]:
    gamma = [row for row in coverage if row["shape"] == "gamma"]
    main = [row for row in gaps if row["world"] in ("gap", "no gap")]
    lines = [
        f"- 93–97 % from 20 speakers on, at least 91 % below: rates, ratios, differences {_met(gamma, OURS)}; gaps "
        f"and worst/best ratios {_met(main, GAPS)}.",
        f"- Wrong verdicts at most {100 * WRONG:.0f} %: the highest share is "
        f"{100 * max((row['shares'][v] for row in coverage for v in ('false fail', 'false pass')), default=0):.1f} %.",
    ]
    if adjusted:
        worst = max(adjusted, key=lambda row: abs(row["adjusted bias"]))
        lines.append(
            f"- Bias of the adjusted ratio below {100 * BIAS:.0f} %: the largest is "
            f"{100 * worst['adjusted bias']:+.1f} % (± {100 * worst['adjusted error']:.1f}; "
            f"{worst['setting']}, true ratio {worst['ratio']})."
        )
    return ["## The goals", "\n".join(lines)]


def _met(rows: Sequence[Row], names: Sequence[str]) -> str:
    met = 0
    for row in rows:
        least, most = _goal(row)
        met += sum(least <= row["shares"][name] <= most for name in names)
    return f"meet it in {met} of {len(rows) * len(names)} cells"


def _goal(row: Row) -> tuple[float, float]:
    return next((least, most) for n, least, most in GOALS if row["speakers"] >= n)


def _rates(coverage: Sequence[Row]) -> list[str]:
    gamma = [row for row in coverage if row["shape"] == "gamma"]
    lognormal = [row for row in coverage if row["shape"] == "lognormal"]
    peers = [f"{name}: {method}" for name in OURS for method in ("BCa", "percentile", "rows")]
    return [
        "## Rates, ratios and differences: the intervals that speechfair reports",
        f"Rate 0.18 against a reference of 35 speakers with rate 0.12. {_draws(gamma)}",
        _table(gamma, OURS),
        "## The usual bootstraps, on the same corpora",
        "`rows` draws utterances as if they were independent; `percentile` and `BCa` draw whole speakers.",
        _table(gamma, peers),
        "What the effective number of speakers does for the degrees of freedom: with `n - 1` instead, the same "
        "jackknife is too narrow where talk time differs.",
        _table(gamma, ("rate", "rate: n - 1")),
        "## Speakers with a heavier tail",
        f"The same with log-normal speakers, which the goal does not ask for. {_draws(lognormal)}",
        _table(lognormal, OURS),
    ]


def _gaps(gaps: Sequence[Row]) -> list[str]:
    world = {"what": lambda row: WORLDS[row["world"]]}
    main = [row for row in gaps if row["world"] in ("gap", "no gap")]
    others = [row for row in gaps if row["world"] not in ("gap", "no gap")]
    parts = [
        "## Gaps and worst/best ratios over several groups",
        "Four groups of n, 2n, n and 1.5n speakers with rates 0.12, 0.15, 0.15 and 0.20, or all 0.15. The percentile "
        "bootstrap (expanded by t as in `bootstrap_estimate`) stands next to it: it cannot hold a gap of 0. "
        f"{_draws(main)}",
        _table(main, (*GAPS, "percentile"), world),
    ]
    if others:
        parts += [
            "Other worlds. Where several groups are tied for worst or best, or many lie in between, no interval can be "
            f"exact without knowing it. {_draws(others)}",
            _table(others, GAPS, world),
        ]
    return parts


def _verdicts(coverage: Sequence[Row], gate: Sequence[Row]) -> list[str]:
    shape = {"speakers' rates": lambda row: row["shape"]}
    parts = [
        "## Verdicts on one comparison",
        "Share of corpora (percent) in which the whole interval of the ratio lies above a limit of 1.25 although "
        "the groups do not differ (false fail), or at or below it although the true ratio is 1.5 (false pass). "
        f"{_draws(coverage)}",
        _table(coverage, ("false fail", "false pass"), shape),
    ]
    if gate:
        names = tuple(gate[0]["shares"])
        parts += [
            "## Verdicts of the whole gate",
            "Three groups against a reference with the shipped defaults (limit 1.25, 95 %, Holm, 35 speakers). Where "
            "the true ratio is 1 a fail is wrong, where it is 1.5 a pass is; at the limit itself each side aims at no "
            f"more than 2.5 %. The last three columns are of single comparisons. {_draws(gate)}",
            _table(gate, names, {"true ratio": lambda row: str(row["ratio"])}),
        ]
    return parts


def _adjusted(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    heads = (
        "corpora",
        "true ratio",
        "raw is off by",
        "adjusted is off by",
        "its error",
        "covers",
        "no estimate",
    )
    lines = []
    for row in rows:
        raw, bias, error = (100 * row[name] for name in ("raw bias", "adjusted bias", "adjusted error"))
        covers, undefined = (100 * row[name] for name in ("adjusted coverage", "adjusted undefined"))
        lines.append(
            (
                str(row["setting"]),
                str(row["ratio"]),
                f"{raw:+.1f} %",
                f"{bias:+.1f} %",
                f"± {error:.1f}",
                f"{covers:.1f}",
                f"{undefined:.1f} %",
            )
        )
    off = [row for row in rows if abs(row["adjusted bias"]) >= BIAS]
    where = "; ".join(f"{row['setting']}, {row['ratio']}" for row in off)
    return [
        "## Planted ratios, recovered by the adjusted model",
        "Three quarters of one accent's speakers are women, a quarter of the other's; women's rate is 1.3 times that "
        f"of men, so the raw ratio is off. Errors are standard errors of the bias. {_draws(rows)}",
        Table.of_texts("", heads, lines).to_markdown().rstrip(),
        f"**Missed** (bias of 2 % or more): {where}." if off else f"Met in all {len(rows)} rows.",
    ]


def _draws(rows: Sequence[Row]) -> str:
    if not rows:
        return "(not run)"
    counts = sorted({row["draws"] for row in rows})
    said = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
    error = 100 * math.sqrt(0.95 * 0.05 / counts[0])
    return f"{said} simulated corpora a row; Monte-Carlo standard error {error:.1f} points at 95 %."


def _table(
    rows: Sequence[Row], names: Sequence[str], first: dict[str, Callable[[Row], str]] | None = None
) -> str:
    first = first or {}
    heads = [*first, "speakers", "CV", "draws", "code", *names]
    lines = []
    for row in rows:
        shares = (f"{100 * row['shares'][n]:.1f}" if n in row["shares"] else "" for n in names)
        cells = [
            *(cell(row) for cell in first.values()),
            str(row["speakers"]),
            str(row["variation"]),
            f"{row['draws']:,}",
            str(row["code"])[:6],
            *shares,
        ]
        lines.append(cells)
    return Table.of_texts("", heads, lines).to_markdown().rstrip()


def _missed(rows: Sequence[Row], names: Sequence[str], cause: str) -> list[str]:
    """Cells outside the goal: each that is too narrow in a line, then those that are too wide by statistic."""
    narrow: list[str] = []
    wide: list[str] = []
    reason = f" – {cause}" if cause else ""
    for name in names:
        above = []
        for row in rows:
            least, most = _goal(row)
            share = row["shares"][name]
            if share > most:
                above.append(100 * share)
            if share >= least:
                continue
            world = f" ({WORLDS[row['world']]})" if "world" in row else f" ({row['shape']} speakers)"
            near = abs(share - least) < 2 * math.sqrt(least * (1 - least) / row["draws"])
            narrow.append(
                f"- {name}{world}, {row['speakers']} speakers, CV {row['variation']}: {100 * share:.1f}, **too narrow**"
                + (" (within two standard errors of the goal)" if near else "")
                + reason
            )
        if above:
            span = f"{min(above):.1f} to {max(above):.1f}"
            wide.append(
                f"- {name}: {len(above)} of {len(rows)} cells too high ({span}), wider than need be{reason}"
            )
    return [*narrow, *wide]
