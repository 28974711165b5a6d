"""Speaker bootstrap of 10,000 rows in 8 groups: time per replicate and row beside fairlearn's `MetricFrame`.

fairlearn (`n_boot=100`) resamples rows, not speakers, and calls the metric for every group of every replicate;
we resample sums per speaker. The adding up per speaker is counted as ours. A second figure is the size that a full
audit has: 10,000 replicates, 100,000 utterances, 1,000 speakers, 8 groups. Run with
`python -m benchmarks.bootstrap_speed`.
"""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import resource
from importlib.metadata import version
from typing import Any

import numpy as np
import polars as pl

from benchmarks.timing import best_seconds
from speechfair.metrics import bootstrap_rates, speaker_sums

GROUPS = 8
REPLICATES = 10_000
FAIRLEARN_REPLICATES = 100


def scores(n_rows: int, n_speakers: int) -> pl.DataFrame:
    """Simulated counts: speakers differ (gamma, coefficient of variation 0.7), and belong to one group each."""
    rng = np.random.default_rng(8)
    speaker = np.arange(n_rows) % n_speakers
    words = rng.integers(4, 20, n_rows)
    errors = rng.poisson(words * 0.15 * rng.gamma(2.0, 0.5, n_speakers)[speaker])
    names = [f"speaker-{index:05}" for index in range(n_speakers)]
    return pl.DataFrame(
        {
            "group": [f"group-{index % GROUPS}" for index in speaker],
            "speaker": [names[index] for index in speaker],
            "substitutions": errors,
            "deletions": np.zeros(n_rows, np.int64),
            "insertions": np.zeros(n_rows, np.int64),
            "reference_length": words,
        }
    )


def resample(frame: pl.DataFrame) -> np.ndarray:
    """Rows to 10,000 replicates of every group's rate."""
    groups = [speaker_sums(part) for part in frame.partition_by("group", maintain_order=True)]
    return bootstrap_rates(groups, REPLICATES, np.random.default_rng(9))


def fairlearn_frame(frame: pl.DataFrame) -> object:
    """The same rates by group from fairlearn, with its row bootstrap."""
    from fairlearn.metrics import MetricFrame  # type: ignore[import-untyped,unused-ignore]

    def rate(y_true: np.ndarray, y_pred: np.ndarray) -> float:
        return float(np.sum(y_pred) / np.sum(y_true))

    return MetricFrame(
        metrics=rate,
        y_true=frame["reference_length"].to_numpy(),
        y_pred=frame["substitutions"].to_numpy(),
        sensitive_features=frame["group"].to_numpy(),
        n_boot=FAIRLEARN_REPLICATES,
        ci_quantiles=[0.025, 0.975],
        random_state=1,
    )


def run() -> dict[str, Any]:
    """Seconds per replicate and row of both, their ratio, and the full-size run."""
    small, full = scores(10_000, 200), scores(100_000, 1_000)
    seconds = best_seconds(lambda: resample(small)) / (REPLICATES * small.height)
    peer = best_seconds(lambda: fairlearn_frame(small), 2) / (FAIRLEARN_REPLICATES * small.height)
    full_seconds = best_seconds(lambda: resample(full), 3)
    return {
        "what": "bootstrap, per replicate and row",
        "peer": f"fairlearn {version('fairlearn')}",
        "seconds": seconds,
        "peer_seconds": peer,
        "ratio": peer / seconds,
        "full_size_seconds": full_seconds,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print(run())
