"""The digest of a manifest is that of one line of JSON a row, which folders of every version hold."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.running.content_digest import content_digest, rows_digest
from speechfair.running.run_manifest import manifest_schema


def row_by_row(manifest: pl.DataFrame) -> str:
    digest = hashlib.sha256()
    for row in manifest.drop("audio", "channels", strict=False).iter_rows(named=True):
        if row.get("channel") is None:
            row.pop("channel", None)
        digest.update(json.dumps(row, sort_keys=True, ensure_ascii=False).encode())
        digest.update(b"\n")
    return digest.hexdigest()


ODD = st.sampled_from(['a"b', "\\", "\x00\n\x1f\x7f\u2028"])
TEXT = st.none() | st.text(st.characters(codec="utf-8"), max_size=6) | ODD
NUMBER = st.none() | st.floats() | st.sampled_from([1e22, 1e-7, -0.0])
LABEL = st.none() | st.fixed_dictionaries({"axis": TEXT, "value": TEXT, "source": TEXT})
KINDS: dict[Any, st.SearchStrategy[Any]] = {
    pl.String: TEXT,
    pl.Float64: NUMBER,
    pl.Int16: st.none() | st.integers(0, 9),
    pl.Int32: st.none() | st.integers(0, 96_000),
}
ROW = st.fixed_dictionaries(
    {
        name: KINDS.get(kind, st.none() | st.lists(LABEL, max_size=3))
        for name, kind in manifest_schema().items()
    }
)


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, max_size=4))
def test_the_digest_is_that_of_the_rows_as_json(rows: list[dict[str, Any]]) -> None:
    manifest = pl.DataFrame(rows, schema=manifest_schema())
    assert content_digest(manifest) == row_by_row(manifest)
    without = manifest.drop("channel", "channels").with_columns(more=pl.lit(True))
    assert content_digest(without) == row_by_row(without)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT, NUMBER, st.none() | st.integers(-9, 9)), max_size=4))
def test_the_digest_of_rows_is_that_of_their_lists_as_json(rows: list[tuple[Any, ...]]) -> None:
    kinds = {"id": pl.String, "text": pl.String, "confidence": pl.Float64, "errors": pl.Int64}
    table = pl.DataFrame(rows, schema=kinds, orient="row")
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in table.iter_rows())
    assert rows_digest(table) == hashlib.sha256("".join(lines).encode()).hexdigest()
