"""The page docs/results/afrispeech-25.md, from the run folders of one `speechfair import`.

Run with `python -m benchmarks.transcripts_page RUNS TABLE UPSTREAM_MEANS.csv`. It writes rates of groups alone: the
transcripts are CC BY-NC-SA 4.0 and stay where they are.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl

from benchmarks.data_files import write_page
from speechfair.curating.corpus_check import check_corpus
from speechfair.importing.transcript_corpus import TranscriptCorpus
from speechfair.result_table import Table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "results" / "afrispeech-25.md"
_FEWEST = 20
_DICTATED = r"\b(?:full stop|comma|new line|question mark|next line|next paragraph)\b"

HEAD = """# Twenty-five recognisers on African English

AfriSpeech-200 publishes what 25 recognisers wrote for {rows:,} utterances of {speakers} speakers with {accents} accent
labels (Olatunji et al., TACL 2023; `intron-innovation/AfriSpeech-200`, CC BY-NC-SA 4.0). This page shows rates of
groups and no transcript. One command makes the {systems} audits, and one makes this page:

```console
speechfair import TABLE.parquet $(for s in SYSTEMS; do echo --hypothesis $s=$s; done) --text reference --lang eng \\
    --group-by accent --group-by gender --group-by domain --group-by accent+gender --group-by gender+domain --out RUNS
python -m benchmarks.transcripts_page RUNS TABLE.parquet UPSTREAM_MEANS.csv
```

Rates in %, 95 % intervals with the speaker as the unit; `english` normaliser. A missing transcript is a failure and
counts as all words deleted. Systems named `…_clinical`, `…_general` and `…_all` were fine-tuned by the authors on the
training part of the same corpus.

## What it shows
"""


def estimate(found: dict[str, Any] | None, factor: float = 100, digits: int = 1) -> str:
    """A value with its interval."""
    if found is None or found["value"] is None:
        return "–"
    value = f"{found['value'] * factor:.{digits}f}"
    if found["low"] is None:
        return value
    return f"{value} [{found['low'] * factor:.{digits}f}, {found['high'] * factor:.{digits}f}]"


class Run:
    """One audit: its result, its scores, its groups by axis and value."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self.result = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
        self.scores = pl.concat(map(pl.read_parquet, sorted(folder.glob("scores/**/*.parquet"))))
        self.groups = {(group["axis"], group["value"]): group for group in self.result["groups"]}
        self.axes = {axis["axis"]: axis for axis in self.result["axes"]}

    @property
    def mean_of_utterances(self) -> float:
        """The mean of the utterances' own rates, as the corpus's authors report it."""
        errors = pl.sum_horizontal("substitutions", "deletions", "insertions") / pl.col("reference_length")
        rows = self.scores.filter(pl.col("excluded").is_null() & (pl.col("reference_length") > 0))
        return float(rows.select(errors.mean()).item())

    def dictated(self) -> pl.DataFrame:
        """Whether each transcript holds a name of a punctuation mark that its reference does not."""
        rows = self.scores.filter(~pl.col("failed") & pl.col("excluded").is_null())
        there = pl.col("hypothesis").str.contains(_DICTATED) & ~pl.col("reference").str.contains(_DICTATED)
        label = pl.col("labels").list.eval(
            pl.element().filter(pl.element().struct.field("axis") == "domain").struct.field("value")
        )
        return rows.select(there.alias("dictated"), label.list.first().alias("domain"))


def systems_table(runs: Sequence[Run], upstream: dict[str, float]) -> list[str]:
    """A line for each system, best first."""
    titles = (
        "system",
        "WER",
        "clinical",
        "general",
        "mean of utterances, here and upstream",
        "male ÷ female",
        "missing",
        "dictated punctuation",
    )
    lines = []
    for run in sorted(runs, key=lambda run: run.result["overall"]["rate"]["value"]):
        of_domain = [run.groups["domain", value]["rate"] for value in ("clinical", "general")]
        cells = (
            run.name,
            estimate(run.result["overall"]["rate"]),
            *map(estimate, of_domain),
            f"{run.mean_of_utterances * 100:.1f}, {upstream[run.name] * 100:.1f}",
            estimate(male_to_female(run), 1, 2),
            str(run.result["overall"]["n_failed"]),
            f"{float(run.dictated()['dictated'].mean() or 0) * 100:.1f} %",
        )
        lines.append(cells)
    return pipe_table(titles, lines)


def pipe_table(titles: Sequence[str], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """A Markdown table of finished cells."""
    return [Table.of_texts("", titles, rows).to_markdown().strip()]


def male_to_female(run: Run) -> dict[str, Any]:
    """The ratio of the two, whichever is the reference."""
    male, female = (run.groups["gender", value] for value in ("male", "female"))
    if female["is_reference"]:
        return dict(male["ratio"])
    turned = dict(female["ratio"])
    turned["value"] = 1 / turned["value"]
    turned["low"], turned["high"] = (
        (None, None) if turned["low"] is None else (1 / turned["high"], 1 / turned["low"])
    )
    return turned


def accents_table(runs: Sequence[Run], clinical: dict[str, float]) -> list[str]:
    """Accents of enough speakers: in how many systems their rate is above or below the reference's."""
    reference = runs[0].axes["accent"]["reference"]
    titles = (
        "accent",
        "speakers",
        "utterances",
        "clinical",
        f"median ratio to {reference}",
        "systems above",
        "systems below",
    )
    found = []
    for (axis, value), group in runs[0].groups.items():
        if axis != "accent" or group["n_speakers"] < _FEWEST or value == reference:
            continue
        groups = [run.groups[axis, value] for run in runs]
        together = [one["ratio_simultaneous"] for one in groups if one["ratio_simultaneous"]]
        above = sum(one["low"] is not None and one["low"] > 1 for one in together)
        below = sum(one["high"] is not None and one["high"] < 1 for one in together)
        ratio = median(one["ratio"]["value"] for one in groups)
        found.append((ratio, value, group, above, below))
    rows = [
        (
            value,
            str(group["n_speakers"]),
            str(group["n_utterances"]),
            f"{clinical[value]:.0%}",
            f"{ratio:.2f}",
            str(above),
            str(below),
        )
        for ratio, value, group, above, below in sorted(found, key=lambda one: -one[0])
    ]
    return pipe_table(titles, rows)


def findings(runs: Sequence[Run], upstream: dict[str, float]) -> list[str]:
    """What the audits say together, each sentence from their figures."""
    order = sorted(runs, key=lambda run: run.result["overall"]["rate"]["value"])
    ours = [run.name for run in sorted(runs, key=lambda run: run.mean_of_utterances)]
    theirs = sorted(ours, key=lambda name: upstream[name])
    moved = max(abs(ours.index(name) - theirs.index(name)) for name in theirs)
    ratios = {run.name: male_to_female(run) for run in runs}
    male = sum(one["low"] is not None and one["low"] > 1 for one in ratios.values())
    harder = sum(
        run.groups["domain", "clinical"]["rate"]["low"] > run.groups["domain", "general"]["rate"]["high"]
        for run in runs
    )
    easier = sum(
        run.groups["domain", "clinical"]["rate"]["high"] < run.groups["domain", "general"]["rate"]["low"]
        for run in runs
    )
    accents = [run.axes["accent"] for run in runs]
    clear = sum(axis["gap_p_value"] is not None and axis["gap_p_value"] < 0.05 for axis in accents)
    both = pl.concat([run.dictated() for run in runs])
    share = dict(both.group_by("domain").agg(pl.col("dictated").mean()).iter_rows())
    first, last = order[0], order[-1]
    return [
        "- The overall rate runs from "
        f"{estimate(first.result['overall']['rate'])} ({first.name}) to "
        f"{estimate(last.result['overall']['rate'])} ({last.name}).",
        "- The authors' means of utterance rates count case and punctuation as errors. Ours of the same kind are "
        "lower, and systems that write no case or punctuation gain most: ranks move by up to "
        f"{moved} of {len(runs)} places.",
        f"- The rate of male speakers is above that of female speakers in {male} of {len(runs)} systems (the interval "
        f"of the ratio excludes 1); the ratios run from {min(one['value'] for one in ratios.values()):.2f} to "
        f"{max(one['value'] for one in ratios.values()):.2f}. A fifth of the speaker ids have both labels, so "
        "the labels, or the ids, are not what they seem.",
        f"- Clinical texts are harder in {harder} systems and easier in {easier} (intervals apart).",
        *fine_tuned({run.name: run for run in runs}),
        f"- The spread between accents is more than chance makes (permutation of speakers, p < 0.05) in {clear} of "
        f"{len(runs)} systems. The gap between the worst and best accent has no sharp value: with so many small "
        "groups, its interval is wide in every system.",
        f"- Some readers dictate punctuation. A transcript that holds “full stop” or “comma” where the reference has "
        f"the mark counts an error that no recogniser made: {share.get('clinical', 0):.1%} of clinical and "
        f"{share.get('general', 0):.1%} of general transcripts over all systems, and most of those of some accents. "
        "Each audit names these groups in a note.",
    ]


def fine_tuned(runs: dict[str, Run]) -> list[str]:
    """What training on one domain did to the rates of both."""
    lines = []
    for base, tuned in (
        ("facebook_wav2vec2_large_xlsr_53_english", "facebook_wav2vec2_large_xlsr_53_english_{}"),
        ("openai_whisper_medium", "openai_whisper_medium_{}"),
    ):
        named = {
            "not trained here": base,
            **{part: tuned.format(part) for part in ("clinical", "general", "all")},
        }
        if not runs.keys() >= set(named.values()):
            continue
        told = "; ".join(
            f"{part}: "
            + " and ".join(
                estimate(runs[name].groups["domain", each]["rate"]) for each in ("clinical", "general")
            )
            for part, name in named.items()
        )
        lines.append(f"- {base} by what it was trained on, rates of clinical and general texts: {told}.")
    return lines


def traps(table: Path) -> list[str]:
    """What `corpora check` names, in its own words, without ids."""
    wanted = (
        "few-speakers",
        "labels-nearly-alike",
        "several-values",
        "speaker-in-groups",
        "labels-associated",
    )
    found = check_corpus(
        TranscriptCorpus(table, group_by=["accent", "gender", "domain"]),
        group_by=["accent", "gender", "domain"],
        audio=False,
    )
    return [f"- {one.message.splitlines()[0]}" for one in found.findings if one.kind in wanted]


def main(runs_folder: Path, table: Path, means: Path) -> None:
    """Write the page."""
    runs = [Run(path.parent) for path in sorted(runs_folder.glob("*/audit.json"))]
    upstream = {
        row["system"]: row["mean_utterance_wer_upstream"] for row in pl.read_csv(means).iter_rows(named=True)
    }
    rows = pl.read_parquet(table, columns=["accent", "domain", "speaker"])
    shares = rows.group_by("accent").agg((pl.col("domain") == "clinical").mean().alias("share"))
    parts = [
        HEAD.format(
            rows=rows.height,
            speakers=rows["speaker"].n_unique(),
            accents=rows["accent"].n_unique(),
            systems=len(runs),
        ),
        *findings(runs, upstream),
        "\n## Systems\n",
        *systems_table(runs, upstream),
        f"\n## Accents of at least {_FEWEST} speakers\n",
        "Above and below: simultaneous 95 % intervals of the ratio, which hold for all accents of a system at once.\n",
        *accents_table(runs, dict(shares.iter_rows())),
        "\n## Traps in the table\n",
        "`speechfair corpora check TABLE.parquet` names them:\n",
        *traps(table),
    ]
    write_page("\n".join(parts) + "\n", PAGE)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
