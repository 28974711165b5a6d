"""docs/results/dose-response.md from finished audits of synthetic accents: every figure is read from a run folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from speechfair.auditing.result import AuditResult
from speechfair.metrics.paired import paired_difference
from speechfair.metrics.pairing import Pair
from speechfair.metrics.rates import pooled_rate, speaker_sums
from speechfair.result_table import Table
from speechfair.types import Estimate
from speechfair.wording import Unit, interval, percent, points

if TYPE_CHECKING:
    from benchmarks.dose_response import Study

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "results" / "dose-response.md"

HEAD = """# Errors by strength of a synthetic accent

`python -m benchmarks.dose_response` made the audits, this page and its charts; do not edit it. The speech is synthetic
(espeak-ng, accents made by rule): nothing here is a statement about real speakers, their first languages, or how well a
recogniser understands them. It shows whether the planted dose is felt, and by this recogniser.

Rates are in percent, steps in points; brackets are 95 % intervals with the voice as the unit of sampling. The same
voices say the same texts at every strength, so that the steps are paired by voice. Strength is the share of the sites
of the accent's rules that are changed; 0 is the common reference. Accents are not to be ranked: how many sites
change differs, and so does how coarse the rules are. Many intervals stand here, and none is corrected for that.

What voices have in common does not show in these intervals: with few texts the rates are those of these sentences, and
the first sentences are easier than the others. Read the direction of the steps, not the level.
"""


@dataclass(frozen=True)
class Cell:
    """One accent at one strength."""

    code: str
    strength: float
    rate: Estimate
    step: Estimate | None


def write(studies: Mapping[str, Study], runs: Mapping[str, Path]) -> Path:
    """Write the page and one chart for each run that is there."""
    parts = [HEAD]
    for name, folder in runs.items():
        result = AuditResult.model_validate_json((folder / "audit.json").read_text(encoding="utf-8"))
        cells = _cells(folder, result)
        chart = DOCS / "images" / f"dose-response-{name}.svg"
        chart.write_text(_chart(cells, result), encoding="utf-8")
        parts.append(_section(studies[name], result, cells, chart.name))
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("\n".join(parts), encoding="utf-8")
    return PAGE


def _cells(folder: Path, result: AuditResult) -> list[Cell]:
    """All accents by strength; each step is from the strength before, the first from the reference."""
    scores = pl.read_parquet(folder / "scores" / f"{result.model_record.key}.parquet")
    frames = {key: frame for key, frame in _by_cell(scores).items() if frame.height}
    (reference,) = (key for key in frames if key[1] == 0)
    found = [Cell(*reference, pooled_rate(speaker_sums(frames[reference])), None)]
    for code in dict.fromkeys(code for code, _ in frames if code != reference[0]):
        before = frames[reference]
        for strength in sorted(value for other, value in frames if other == code):
            now = frames[code, strength]
            pair = Pair(speaker_sums(before), speaker_sums(now))
            found.append(Cell(code, strength, pooled_rate(pair.after), paired_difference(pair)))
            before = now
    return found


def _by_cell(scores: pl.DataFrame) -> dict[tuple[str, float], pl.DataFrame]:
    facts = [
        {label["axis"]: label["value"] for label in labels}
        for labels in scores["labels"].to_list()
    ]  # fmt: skip
    table = scores.with_columns(
        pl.Series("code", [fact["first_language"] for fact in facts]),
        pl.Series("strength", [float(fact["strength"]) for fact in facts]),
    )
    return {
        (str(code), float(strength)): frame
        for (code, strength), frame in table.partition_by(
            "code", "strength", as_dict=True, maintain_order=True
        ).items()
    }


def _section(study: Study, result: AuditResult, cells: list[Cell], chart: str) -> str:
    rate = "word error rate" if result.tokens == "words" else "character error rate (of the reading)"
    options = result.corpus_record.options
    runaways = sum(group.n_runaway for group in result.groups if group.axis == "first_language")
    few = (
        "**A small run.** With so few sentences an accent is seen only where its rules find sites in them; which of "
        "the changes hurt is a matter of those words. It shows that the dial works, and little about any one accent; "
        "`--voices 8 --texts 8` says more.\n"
    )
    lines = [
        f"\n## {study.title}\n",
        *([few] if options["texts"] < 4 else []),
        f"{rate.capitalize()}; {options['voices']} voices × {options['texts']} texts in each of {len(cells)} cells, "
        f"{result.totals.scored} utterances scored, {result.totals.failed} failed, "
        f"{runaways} with more insertions than reference tokens. Model `{study.model}` with "
        + ", ".join(f"{key} {value}" for key, value in result.model_record.options.items() if key in _SAID)
        + f"; normaliser {result.normalizer.name} {result.normalizer.version}; speechfair {result.speechfair}.\n",
        f"![{study.title}: error rate by strength](../images/{chart})\n",
        Table.of_texts(
            "",
            ("first language", "strength", "rate", "interval", "step", "interval of the step"),
            [_row(cell) for cell in cells],
        ).to_markdown(),
        *_verdict(cells),
    ]
    return "\n".join(lines) + "\n"


_SAID = ("window_s", "language", "compute_type", "beam_size")


def _row(cell: Cell) -> tuple[str, ...]:
    step = ("", "") if cell.step is None else (points(cell.step.value), _interval(cell.step, "points"))
    return (
        cell.code,
        f"{cell.strength:g}",
        percent(cell.rate.value),
        _interval(cell.rate, "percent"),
        *step,
    )


def _verdict(cells: list[Cell]) -> list[str]:
    """Which accents rise at every step, and which steps are shown beyond their interval."""
    steps: dict[str, list[Estimate]] = {}
    for cell in cells:
        if cell.step is not None:
            steps.setdefault(cell.code, []).append(cell.step)
    rising = [code for code, found in steps.items() if all((step.value or 0) > 0 for step in found)]
    shown = [code for code, found in steps.items() if all((step.low or 0) > 0 for step in found)]
    first = [code for code, found in steps.items() if (found[0].low or 0) > 0]
    others = [code for code in steps if code not in rising]
    return [
        f"- The rate rises at every step for {len(rising)} of {len(steps)} first languages"
        + (f"; not for {', '.join(others)}." if others else "."),
        f"- At every step the whole interval lies above 0 for {len(shown)}: {', '.join(shown) or 'none'}.",
        f"- The first step alone is above 0 with its whole interval for {len(first)}: {', '.join(first) or 'none'}.",
    ]


def _interval(estimate: Estimate, unit: Unit) -> str:
    return interval(estimate, unit) or f"none: {estimate.reason}"


def _chart(cells: list[Cell], result: AuditResult) -> str:
    """Small multiples, one for each first language, each beginning at the common reference."""
    import vl_convert

    reference, accents = cells[0], cells[1:]
    values = [
        _point(Cell(code, cell.strength, cell.rate, None))
        for code in dict.fromkeys(cell.code for cell in accents)
        for cell in [reference, *(cell for cell in accents if cell.code == code)]
    ]
    rate = "WER" if result.tokens == "words" else "CER"
    x = {"field": "strength", "type": "quantitative", "axis": {"title": "strength", "values": [0, 0.5, 1]}}
    y = {"type": "quantitative", "axis": {"title": rate, "format": ".0%", "tickCount": 4}}
    spec: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "background": "white",
        "data": {"values": values},
        "columns": 4,
        "facet": {
            "field": "code",
            "type": "nominal",
            "sort": None,
            "header": {"title": None, "labelFontSize": 13},
        },
        "spec": {
            "width": 140,
            "height": 110,
            "layer": [
                {
                    "mark": {"type": "rule", "color": "#8a9aab"},
                    "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}},
                },
                {
                    "mark": {"type": "line", "point": True, "color": "#1f5fa8"},
                    "encoding": {"x": x, "y": {"field": "rate", **y}},
                },
            ],
        },
        "config": {"view": {"stroke": None}, "axis": {"gridColor": "#e4e8ec", "domainColor": "#d8dee4"}},
    }
    return str(vl_convert.vegalite_to_svg(spec))


def _point(cell: Cell) -> dict[str, Any]:
    rate = cell.rate
    return {
        "code": cell.code,
        "strength": cell.strength,
        "rate": rate.value,
        "low": rate.low,
        "high": rate.high,
    }
