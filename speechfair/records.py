"""The bases of every record that the package reads or writes as JSON or YAML.

A record is a frozen pydantic model that refuses an unknown key, so that a file that was edited by hand, or written by
another version, is refused with the field named. An `speechfair.types.Estimate` is a field as it is.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Record", "StrictRecord"]


class Record(BaseModel):
    """A frozen record of known keys. A field with an alias, such as ``schema``, is built by its own name too."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class StrictRecord(Record):
    """A `Record` that converts nothing: ``"1"`` is no number, and 1 is no flag."""

    model_config = ConfigDict(strict=True)
