"""Run every benchmark, print one table, and keep it in benchmarks/results/: `python -m benchmarks`."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path

from benchmarks import (
    bootstrap_speed,
    bulk_counting,
    debias_throughput,
    inference_speed,
    million_rows,
    recognition_speed,
)

PACKAGES = ("speechfair", "numpy", "polars", "scipy", "gpboost", "rapidfuzz", "jiwer", "fairlearn")


def main() -> None:
    results = [bulk_counting.run(), bootstrap_speed.run()]
    trained = debias_throughput.run()
    if isinstance(trained, str):
        print(f"training throughput is left out: {trained}")
    else:
        results.append(trained)
    print(f"{'what':40} {'peer':16} {'ours (s)':>10} {'peer (s)':>10} {'times faster':>13}")
    for result in results:
        print(
            f"{result['what']:40} {result['peer']:16} {result['seconds']:10.2e} "
            f"{result['peer_seconds']:10.2e} {result['ratio']:13,.1f}"
        )
    print(
        f"10,000 replicates, 100,000 utterances, 1,000 speakers, 8 groups: "
        f"{results[1]['full_size_seconds']:.2f} s"
    )
    million = million_rows.run()
    print(
        f"{million['what']}: {million['seconds']:.1f} s ({million['cpu_seconds']:.1f} s of processor), "
        f"{million['megabytes']:.0f} MB at most"
    )
    inference = inference_speed.run()
    print("\n".join(inference_speed.describe(inference)))
    recognition_speed.main([])
    record = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "packages": {name: version(name) for name in PACKAGES},
        "results": [*results, million],
        "inference": inference,
    }
    path = Path(__file__).parent / "results" / "benchmarks.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"written to {path}")


if __name__ == "__main__":
    main()
