"""The tables of `simulate_worlds` in Markdown, and which of their cells are outside the goal, with the reason."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from benchmarks.simulate_worlds import WORLDS
from speechfair.result_table import Table

LOWEST, HIGHEST, ENOUGH, LOWEST_OF_FEW = 0.93, 0.97, 20, 0.91
SINGLE = ("rate", "speaker mean", "ratio", "difference")
OVER_ALL = ("all ratios at once", "gap", "worst/best", "between-group sd")
_FEW = "few errors or speakers: the exact limits of independent errors hold more than they need"
WIDE = dict.fromkeys(SINGLE, _FEW) | {
    "gap": "whoever is worst or best may be so by luck, which the limits allow for at each end apart",
    "worst/best": "as the gap",
    "between-group sd": "a lower limit that cannot fall below 0, and an upper one that does not trust a lucky tie",
    "all ratios at once": "far tails rest on half the degrees of freedom, so that skewed speakers are held too",
}
CAUSES = {
    "usual": "few speakers",
    "varied": "few speakers of CV 0.9 are skewed even on the log scale",
    "slow": "rate and talk time go together, which biases a ratio of sums of few speakers",
    "tail": "few speakers of a heavy tail rarely show it; no interval knows a tail that was not sampled",
}


def outside(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Cells outside the goal, each that is too narrow in a line, those that are too wide by statistic."""
    singles, overall, _ = _parts(rows)
    return [*_missed(singles, SINGLE), *_missed(overall, OVER_ALL)]


def section(rows: Sequence[dict[str, Any]]) -> str:
    """The tables in Markdown."""
    singles, overall, equal = _parts(rows)
    return "\n\n".join(
        [
            "## Corpora that are not like ours",
            "Worlds that real corpora come from: lopsided talk time, slow speakers who talk less, heavy tails, hardly "
            "any or very many errors, 25 and 50 groups. The first group is compared with the last; where four groups "
            "differ in size, two have the row's number of speakers and two 60. A corpus whose groups have no interval "
            "(an effective number of speakers below 3, or fewer than 5) is not counted; `n` says how many are, of all "
            "`draws`. Each cell gives the coverage in percent.",
            _table(singles, SINGLE),
            _table([row for row in overall if row not in equal], OVER_ALL),
            "The p-value of the gap where no group differs: `p` is how often it is at most 0.05 (percent). That of a "
            "permutation was so in 22 % of corpora like the second kind (10 and 40 speakers), 47 % like the third (8).",
            _table(equal, (*OVER_ALL, "p")),
        ]
    )


def _parts(
    rows: Sequence[dict[str, Any]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of one or two groups, rows of all groups, and those of the latter in which no group differs."""
    singles = [row for row in rows if row["cell"] == "rate_cell"]
    overall = [row for row in rows if row["cell"] == "group_cell"]
    return singles, overall, [row for row in overall if row["world"].startswith("none")]


def _share(row: dict[str, Any], what: str) -> tuple[float, int]:
    count = int(row["sums"].get(f"{what}: n", 0))
    return (row["sums"].get(what, 0.0) / count if count else math.nan), count


def _table(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> str:
    lines = []
    for row in rows:
        cells = [f"{100 * share:.1f}" if n else "" for share, n in (_share(row, what) for what in names)]
        used = max(_share(row, what)[1] for what in names)
        made = f"{row['draws']:,}", f"{used:,}", str(row["code"])[:6]
        lines.append((WORLDS[row["world"]].what, str(row["speakers"]), *made, *cells))
    heads = ("corpora", "speakers", "draws", "n", "code", *names)
    return Table.of_texts("", heads, lines).to_markdown().rstrip()


def _missed(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> list[str]:
    """Cells outside the goal in words: each that is too narrow, and those too wide counted by statistic."""
    narrow, wide = [], []
    for what in names:
        cells = [(row, *_share(row, what)) for row in rows]
        known = [(row, share, count) for row, share, count in cells if count]
        above = [100 * share for _, share, _ in known if share > HIGHEST]
        if above:
            told = (
                f"{what}: {len(above)} of {len(known)} cells above 97 ({min(above):.1f} to {max(above):.1f})"
            )
            wide.append(f"- {told}, wider than need be – {WIDE[what]}")
        for row, share, count in known:
            least = LOWEST if row["speakers"] >= ENOUGH else LOWEST_OF_FEW
            if share >= least:
                continue
            near = share >= least - 2 * math.sqrt(0.05 * 0.95 / count)
            world = WORLDS[row["world"]]
            told = f"- {what}, {world.what}, {row['speakers']} speakers: {100 * share:.1f}, **too narrow**"
            cause = CAUSES.get(row["world"])
            narrow.append(
                told + (" (within two standard errors)" if near else "") + (f" – {cause}" if cause else "")
            )
    return [*narrow, *wide]
