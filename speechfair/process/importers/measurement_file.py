"""A generic ``measurement.json``: values by group with intervals, for AF-4.8 to AF-4.11, from any program."""

from __future__ import annotations

from pathlib import Path

from speechfair.process.finding import say
from speechfair.process.importers import Read
from speechfair.process.measurement import read_measurement

__all__ = ["NOT_PROVEN", "PROVES", "read"]

PROVES = say(
    "which values somebody reports for which model, under which criteria and measured with what",
    "どのモデルについて、どの基準で、何によって、どの値が報告されたか",
)
NOT_PROVEN = say(
    "that the values are right: nothing is computed again",
    "値の正しさ(再計算はしない)",
)


def read(path: Path) -> Read:
    """Read and check the file against its schema."""
    one = read_measurement(path)
    return Read(one.model_dump(mode="json", by_alias=True), (path,))
