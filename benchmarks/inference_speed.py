"""Everything that a signed audit computes, at full size: bootstrap, permutation, mixed model and verdict together.

100,000 utterances of 1,000 speakers in 8 groups, and 1,000,000 utterances of 10,000 speakers for the growth. Each size
runs in a process of its own, so that the peak of memory is its own; what is counted starts with the table of scores.
Run with `python -m benchmarks.inference_speed`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.timing import peak_megabytes

SIZES = ((100_000, 1_000), (1_000_000, 10_000))
"""Utterances and speakers."""
GROUPS = 8
REPLICATES = 10_000


def scores(n_utterances: int, n_speakers: int) -> Any:
    """A table as `score` writes it: speakers differ (gamma, CV 0.5) and have one accent and one gender each."""
    import numpy as np
    import polars as pl

    rng = np.random.default_rng(5)
    speaker = np.arange(n_utterances) % n_speakers
    accent, woman = np.arange(n_speakers) % GROUPS, rng.random(n_speakers) < 0.5
    rate = 0.12 * (1 + 0.05 * accent) * np.where(woman, 1.2, 1.0) * rng.gamma(4.0, 0.25, n_speakers)
    words = rng.integers(4, 20, n_utterances)
    people = pl.DataFrame(
        {
            "speaker": [f"s{index:06}" for index in range(n_speakers)],
            "labels": [
                [
                    {"axis": "accent", "value": f"accent-{a}", "source": "self_reported"},
                    {"axis": "gender", "value": "female" if w else "male", "source": "self_reported"},
                ]
                for a, w in zip(accent, woman, strict=True)
            ],
            "accent": [f"accent-{a}" for a in accent],
            "gender": ["female" if w else "male" for w in woman],
        }
    )
    return people[speaker].with_columns(
        utterance_id=pl.Series([f"u{index:07}" for index in range(n_utterances)]),
        reference=pl.Series(
            [f"text {index}" for index in rng.integers(n_utterances // 2, size=n_utterances)]
        ),
        excluded=pl.lit(None, dtype=pl.String),
        failed=pl.lit(False),
        runaway=pl.lit(False),
        substitutions=pl.Series(rng.poisson(words * rate[speaker])),
        deletions=pl.lit(0),
        insertions=pl.lit(0),
        reference_length=pl.Series(words),
    )


def stages(table: Any) -> dict[str, Callable[[], object]]:
    """What is timed, by name; each stage starts from the table."""
    import numpy as np

    from speechfair.gating.cases import RunFacts
    from speechfair.gating.criteria import CriteriaFile, Criterion
    from speechfair.gating.freezing import Standing
    from speechfair.gating.judge import judge
    from speechfair.metrics import adjusted_ratios, max_min_gap, permute_gap, speaker_sums

    def groups() -> list[Any]:
        return [speaker_sums(part) for part in table.partition_by("accent", maintain_order=True)]

    def verdict() -> object:
        frozen = Standing("criteria.yaml", "0" * 64, "2026-01-01", "sidecar", "2026-01-02")
        file = CriteriaFile(
            schema_="speechfair/criteria/1",
            normalizer="basic",
            tokens="words",
            criteria=[
                Criterion(id="ratio", metric="rate_ratio", axis="accent", limit=1.25),
                Criterion(id="gap", metric="gap", axis="accent", limit=0.1),
            ],
        )
        facts = RunFacts(table, "basic", "words", {"accent": "accent-0"}, (), frozen)
        return judge(file, facts)

    return {
        "bootstrap": lambda: max_min_gap(groups(), rng=np.random.default_rng(1), n_replicates=REPLICATES),
        "permutation": lambda: permute_gap(groups(), rng=np.random.default_rng(1), n_permutations=REPLICATES),
        "mixed model": lambda: adjusted_ratios(
            table, group="accent", reference="accent-0", covariates=["gender"]
        ),
        "verdict": verdict,
    }


def measure(n_utterances: int, n_speakers: int) -> dict[str, Any]:
    """Seconds of each stage, run once, and the peak of memory of this process."""
    table = scores(n_utterances, n_speakers)
    before = peak_megabytes()
    wall: dict[str, float] = {}
    processor = time.process_time()
    for name, work in stages(table).items():
        begin = time.perf_counter()
        work()
        wall[name] = time.perf_counter() - begin
    return {
        "utterances": n_utterances,
        "speakers": n_speakers,
        "seconds": sum(wall.values()),
        "processor_seconds": time.process_time() - processor,
        "stages": wall,
        "peak_memory_mb": peak_megabytes(),
        "memory_of_the_table_mb": before,
    }


def run() -> dict[str, Any]:
    """Every size in a process of its own, and how the cost grows from the smallest to the largest."""
    found = []
    for size in SIZES:
        command = [sys.executable, "-m", "benchmarks.inference_speed", "--size", *map(str, size)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found.append(json.loads(answer.splitlines()[-1]))
    least, most = found[0], found[-1]
    times = most["utterances"] / least["utterances"]
    return {
        "what": "bootstrap + permutation + mixed model + verdict",
        "cores": os.cpu_count(),
        "sizes": found,
        "growth": most["processor_seconds"] / least["processor_seconds"] / times,
        "memory_growth": most["peak_memory_mb"] / least["peak_memory_mb"] / times,
    }


def describe(result: dict[str, Any]) -> list[str]:
    """Lines for a person."""
    lines = [f"{result['what']}, {result['cores']} cores"]
    for size in result["sizes"]:
        parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in size["stages"].items())
        lines.append(
            f"  {size['utterances']:>9,} utterances, {size['speakers']:>6,} speakers: {size['seconds']:6.1f} s "
            f"({parts}; processor {size['processor_seconds']:.1f} s), peak {size['peak_memory_mb']:,.0f} MB"
        )
    lines.append(f"  cost of ten times as much / (ten times the cost): {result['growth']:.2f}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--size", type=int, nargs=2, help="one size, as JSON: utterances speakers")
    size = parser.parse_args().size
    print(json.dumps(measure(*size)) if size else "\n".join(describe(run())))


if __name__ == "__main__":
    main()
