"""docs/results/benchmarks.md from the record of `python -m benchmarks`: ratios within one run, never a time alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.data_files import write_page
from speechfair.result_table import Table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "results" / "benchmarks.md"
_HEAD = """# How fast speechfair is

This page is written by `make bench`; do not edit it. Every figure is a ratio within one run on one machine, in turns:
**how many times the time of speechfair the other one takes**, so that above 1 speechfair is faster. A part that was not
run again keeps its older figures. The times themselves are in `benchmarks/results/benchmarks.json`.
"""


def write(record: dict[str, Any]) -> Path:
    """Write the page; returns its path."""
    parts = record["parts"]
    sections = {
        "peers": _counting,
        "bootstrap": _bootstrap,
        "recognition": _recognition,
        "training": _training,
    }
    text = [
        _HEAD,
        *(line for name, section in sections.items() if name in parts for line in section(parts[name])),
    ]
    write_page("\n".join([*text, *_growth(parts)]).rstrip() + "\n", PAGE)
    return PAGE


def _counting(found: dict[str, Any]) -> Iterator[str]:
    peers = [peer for peer, version in found["versions"].items() if version is not None]
    rows = [(row["what"], row["unit"], *(_beside(row, peer) for peer in peers)) for row in found["rows"]]
    versions = ", ".join(f"{peer.partition(',')[0]} {found['versions'][peer]}" for peer in peers)
    yield "## Counting errors\n"
    yield (
        "Normalised texts in, substitutions, deletions and insertions out, one thread. All give the same number of "
        f"errors ({versions}). The loop of rapidfuzz does less: it gives the distance and not the kinds of error. "
        "Peers in pure Python get no long transcripts, since their time grows with the square of the length. "
        "`evaluate` is jiwer.\n"
    )
    yield _table(("texts", "unit", *peers), rows)


def _beside(row: dict[str, Any], peer: str) -> str:
    if peer in row["another_count"]:
        return "another count"
    took = row["seconds"].get(peer)
    return "" if took is None else _ratio(took / row["seconds"]["speechfair"])


def _bootstrap(found: dict[str, Any]) -> Iterator[str]:
    yield "## Intervals\n"
    yield (
        f"Resampling whole speakers, for each replicate and row: {found['peer']} takes "
        f"{_ratio(found['ratio'])} times as long. It draws rows, and builds a table for every replicate.\n"
    )


def _recognition(found: dict[str, Any]) -> Iterator[str]:
    yield "## Recognition\n"
    yield (
        f"{found['utterances']} real utterances, Whisper tiny.en on {found['threads']} threads, in turns. speechfair "
        "uses its window of ten seconds, which an audit must earn. The pipeline of `transformers` searches with its "
        "default beams, which is more work than the others do.\n"
    )
    rows = [
        (
            name,
            _ratio(way["ours_faster_processor"]),
            _ratio(way["ours_faster_wall"]),
            f"{100 * way['wer']:.1f}",
        )
        for name, way in found["ways"].items()
    ]
    yield _table(("way", "processor time", "wall time", "word error rate, %"), rows)


def _training(found: dict[str, Any]) -> Iterator[str]:
    yield "## Training\n"
    yield (
        f"{found['what'][:1].upper()}{found['what'][1:]}, on the window of ten seconds: {found['peer']} of "
        f"`transformers`, as its documentation has it, takes {_ratio(found['ratio'])} times as long.\n"
    )


def _growth(parts: dict[str, Any]) -> Iterator[str]:
    yield "## How it grows\n"
    if "inference" in parts:
        small, large = parts["inference"]["sizes"][0], parts["inference"]["sizes"][-1]
        yield (
            "Bootstrap, permutation, mixed model and verdict: "
            f"{large['utterances'] / small['utterances']:.0f} times the rows took "
            f"{_ratio(large['seconds'] / small['seconds'])} times the time and "
            f"{_ratio(large['peak_memory_mb'] / small['peak_memory_mb'])} times the memory "
            f"({large['peak_memory_mb'] / 1000:.1f} GB for {large['utterances']:,} utterances).\n"
        )
    if "rows" in parts:
        sizes = parts["rows"]["rows"]
        small, large = min(sizes, key=int), max(sizes, key=int)
        rows = [
            (step, _ratio(sizes[large][step]["cpu_seconds"] / sizes[small][step]["cpu_seconds"]),
             f"{sizes[large][step]['megabytes'] / 1000:.1f}")
            for step in sizes[large]
        ]  # fmt: skip
        yield f"A table of Common Voice, {int(large) // int(small)} times the rows ({int(large):,}):\n"
        yield _table(("step", "times the processor time", "GB at most"), rows)


def _ratio(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}" if value < 10 else f"{value:.0f}"


def _table(heads: Sequence[str], rows: Sequence[tuple[str, ...]]) -> str:
    return Table.of_texts("", heads, rows).to_markdown()
