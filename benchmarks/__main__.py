"""Run every benchmark, print what came out, and keep it: `python -m benchmarks [--only PART …]`.

The record is benchmarks/results/benchmarks.json, shown on docs/results/benchmarks.md; a part that is
not run again stays as it was. A part that others
stand beside in one ratio is always one run.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import (
    benchmarks_page,
    bootstrap_speed,
    bulk_counting,
    counting_peers,
    debias_throughput,
    imported_rows,
    inference_speed,
    million_rows,
    recognition_speed,
    run_overheads,
)

PACKAGES = (
    *("speechfair", "numpy", "polars", "scipy", "gpboost", "rapidfuzz", "jiwer", "fairlearn"),
    *("torch", "transformers", "ctranslate2", "faster-whisper"),
)
RECORD = Path(__file__).parent / "results" / "benchmarks.json"


def counting() -> dict[str, Any]:
    """Word errors in bulk beside jiwer."""
    return _beside_a_peer(bulk_counting.run())


def peers() -> dict[str, Any]:
    """Counting beside every peer, at several error rates and lengths."""
    found = counting_peers.run()
    print("\n".join(counting_peers.describe(found)))
    return found


def bootstrap() -> dict[str, Any]:
    """The speaker bootstrap beside fairlearn."""
    found = _beside_a_peer(bootstrap_speed.run())
    print(
        f"10,000 replicates, 100,000 utterances, 1,000 speakers, 8 groups: {found['full_size_seconds']:.2f} s"
    )
    return found


def training() -> dict[str, Any]:
    """Fine-tuning on a short window beside the usual one."""
    found = debias_throughput.run()
    if isinstance(found, str):
        raise SystemExit(f"the throughput of training cannot be measured: {found}")
    return _beside_a_peer(found)


def rows() -> dict[str, Any]:
    """A million rows of Common Voice."""
    found = million_rows.run()
    print(
        f"{found['what']}: {found['seconds']:.1f} s ({found['cpu_seconds']:.1f} s of processor), "
        f"{found['megabytes']:.0f} MB at most"
    )
    return found


def imports() -> dict[str, Any]:
    """Tables of transcripts from the first byte to the page."""
    found = imported_rows.run()
    print("\n".join(imported_rows.describe(found)))
    return found


def inference() -> dict[str, Any]:
    """Everything that a signed audit computes."""
    found = inference_speed.run()
    print("\n".join(inference_speed.describe(found)))
    return found


def recognition() -> dict[str, Any]:
    """Recognising beside what people usually run."""
    found = recognition_speed.run()
    print("\n".join(recognition_speed.describe(found)))
    return found


def overheads() -> dict[str, Any]:
    """Parts and manifest: constants of `benchmarks.cost_model`."""
    found = run_overheads.run()
    print("\n".join(f"{name}: {value}" for name, value in found.items()))
    return found


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    part.__name__: part
    for part in (counting, peers, bootstrap, training, rows, imports, inference, recognition, overheads)
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {"parts": {}}
    for name in parser.parse_args().only:
        found = PARTS[name]()
        record["parts"][name] = found | {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "packages": {package: version(package) for package in PACKAGES},
        }
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text(
            json.dumps(record, indent=2) + "\n", encoding="utf-8"
        )  # after each: hours may follow
    print(f"written to {RECORD} and {benchmarks_page.write(record)}")


def _beside_a_peer(found: dict[str, Any]) -> dict[str, Any]:
    print(
        f"{found['what']}: {found['seconds']:.2e} s, {found['peer']} {found['peer_seconds']:.2e} s: "
        f"{found['ratio']:,.1f} times faster"
    )
    return found


if __name__ == "__main__":
    main()
