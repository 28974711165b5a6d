"""AIT: from the audit.json of a speechfair run to Qunomon measures. Standard library only; runs in any Python 3.8+.

Usage: python ait.py ait.input.json OUT_FOLDER
An undefined value is written as nan: every acceptance criterion but != is false for it, so it is never OK by accident.
"""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def main(arguments: list[str]) -> None:
    """Read the input, write resources, downloads and ait.output.json; the exit code is 0 if that worked."""
    started = _now()
    given = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    out = Path(arguments[1])
    manifest = json.loads((Path(__file__).parent / "ait.manifest.json").read_text(encoding="utf-8"))
    paths = {each["Name"]: each["Value"] for each in given["Inventories"]}
    parameters = {each["Name"]: each["Value"] for each in given.get("MethodParams", [])}
    audit = json.loads(Path(paths["audit"]).read_text(encoding="utf-8"))
    axis = parameters.get("axis") or _default(manifest, "axis")
    groups = [g for g in audit["groups"] if g["axis"] == axis and "unknown" not in g["value"].split("+")]
    if not groups:
        raise SystemExit(f"the audit has no groups on the axis {axis!r}")
    table, log = out / "resources" / "groups.csv", out / "downloads" / "ait.log"
    _write_table(table, groups)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"{len(groups)} groups on {axis}\n", encoding="utf-8")
    measures = _measures(audit, axis, groups)
    result = {
        "AIT": {"Name": manifest["name"], "Version": manifest["version"]},
        "ExecuteInfo": {"StartDateTime": started, "EndDateTime": _now(), "MachineInfo": {}},
        "Result": {
            "Measures": [{"Name": name, "Value": str(value)} for name, value in measures.items()],
            "Resources": [{"Name": "groups", "Path": str(table.relative_to(out))}],
            "Downloads": [{"Name": "log", "Path": str(log.relative_to(out))}],
        },
    }
    (out / "ait.output.json").write_text(json.dumps(result, indent=2), encoding="utf-8")


def _measures(audit: dict[str, Any], axis: str, groups: list[dict[str, Any]]) -> dict[str, float]:
    found: dict[str, Any] = next((each for each in audit["axes"] if each["axis"] == axis), {})
    gap, ratio = found.get("gap") or {}, found.get("worst_best_ratio") or {}
    rates = [_number(group["rate"]["value"]) for group in groups]
    return {
        "worst_group_rate": max(rates) if all(rate == rate for rate in rates) else float("nan"),
        "gap": _number(gap.get("value")),
        "gap_upper": _number(gap.get("high")),
        "worst_best_ratio": _number(ratio.get("value")),
        "worst_best_ratio_upper": _number(ratio.get("high")),
        "fewest_speakers": min(group["n_speakers"] for group in groups),
        "failed_utterances": sum(group["n_failed"] for group in groups),
    }


def _write_table(path: Path, groups: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(
            ["group", "speakers", "rate", "low", "high", "substitutions", "deletions", "insertions"]
        )
        for group in groups:
            rate = group["rate"]
            counts = [group[name] for name in ("substitutions", "deletions", "insertions")]
            writer.writerow(
                [group["value"], group["n_speakers"], rate["value"], rate["low"], rate["high"], *counts]
            )


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _default(manifest: dict[str, Any], name: str) -> str:
    return next(str(each["default_val"]) for each in manifest["parameters"] if each["name"] == name)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


if __name__ == "__main__":
    main(sys.argv[1:])
