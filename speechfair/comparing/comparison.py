"""What a comparison of two runs found: the content of ``speechfair compare --json``, and its JSON Schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from speechfair.comparing.comparison_record import (
    SCHEMA,
    AxisChange,
    ComparisonRecord,
    GroupChange,
    MapssweRecord,
    Matching,
    NoHarm,
    RunSide,
    Side,
    Verdict,
)

if TYPE_CHECKING:
    from speechfair.comparing.comparison_table import ComparisonTable

__all__ = [
    "SCHEMA",
    "AxisChange",
    "Comparison",
    "GroupChange",
    "MapssweRecord",
    "Matching",
    "NoHarm",
    "RunSide",
    "Side",
    "Verdict",
    "json_schema",
]


class Comparison(ComparisonRecord):
    """Two models on the same audio."""

    def table(self) -> ComparisonTable:
        """The comparison as a table a person reads."""
        from speechfair.comparing.comparison_table import ComparisonTable

        return ComparisonTable(self)

    def __repr__(self) -> str:
        axes = ", ".join(axis.axis for axis in self.axes) or "no axis"
        return f"<Comparison of {self.before.model} and {self.after.model}, by {axes}>"

    def __str__(self) -> str:
        return str(self.table())

    def to_json(self) -> str:
        """UTF-8, in the order of the schema, two-space indent, newline at the end."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False) + "\n"


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a comparison, as in ``docs/schemas/compare-1.json``."""
    schema = Comparison.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
