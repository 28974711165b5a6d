"""Measurements that are not word errors (grounding, replies of a language model): a small file with its origin.

``measurement.json`` holds one value with interval per group and what it was measured with. Who measures is free; the
rule that judges is the same as everywhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from speechfair.errors import InputError
from speechfair.records import StrictRecord

__all__ = ["Measured", "Measurement", "read_measurement"]

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Measured(StrictRecord):
    """One group's value with its interval, and the limit that was set for it before."""

    metric: str = Field(min_length=1)
    axis: str
    group: str
    value: float
    low: float
    high: float
    n_speakers: int = Field(ge=1)
    limit: float
    better: Literal["lower", "higher"] = "lower"

    @model_validator(mode="after")
    def _ordered(self) -> Measured:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.value} does not lie in its interval [{self.low}, {self.high}]")
        return self


class Measurement(StrictRecord):
    """Values for one catalogue item."""

    schema_: Literal["speechfair/measurement/1"] = Field(default="speechfair/measurement/1", alias="schema")
    item: str
    model_sha256: Digest
    criteria_sha256: Digest = Field(description="of the criteria.yaml that applied")
    measured_with: str = Field(min_length=1, description="program or item set, with version")
    judged_by: Literal["counting", "people", "model", "model and people"]
    speech: Literal["recorded", "augmented", "synthetic"] | None = Field(
        default=None, description="what was listened to; None: not said, which does not count as recorded"
    )
    judge: str | None = Field(default=None, description="judging model and version")
    values: list[Measured] = Field(min_length=1)


def read_measurement(path: Path) -> Measurement:
    """Read a measurement; `InputError` names the field that is missing or wrong."""
    try:
        return Measurement.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the top level"
        raise InputError(f"{path}: at {where}: {first['msg']}") from None
