"""Best-of-several wall time and the peak of memory, shared by the benchmarks."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def best_seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """Shortest wall time of `repeats` runs: the one that other programs disturbed least."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def peak_megabytes() -> float:
    """The most memory that this program held at once; not ru_maxrss, which begins at what its parent held (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
