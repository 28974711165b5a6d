"""Scored rows, runs in order and criteria for tests of the gate, made without a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from speechfair.gating.cases import RunFacts
from speechfair.gating.criteria import CriteriaFile, Criterion
from speechfair.gating.freezing import Standing
from speechfair.gating.gate_result import Comparison

IN_ORDER = Standing("criteria.yaml", "0" * 64, "2026-01-01", "sidecar", "2026-01-02")


def rows(
    group: str,
    errors: Sequence[float],
    *,
    words: int = 100,
    source: str = "corpus",
    labels: Mapping[str, str] | None = None,
    prefix: str = "",
) -> pl.DataFrame:
    """One scored utterance per speaker, with that many errors."""
    all_labels = [{"axis": "accent", "value": group, "source": source}] if group else []
    all_labels += [
        {"axis": axis, "value": value, "source": "corpus"} for axis, value in (labels or {}).items()
    ]
    n = len(errors)
    return pl.DataFrame(
        {
            "utterance_id": [f"{prefix}{group}{i}" for i in range(n)],
            "speaker": [f"{prefix}{group}{i}" for i in range(n)],
            "labels": [all_labels] * n,
            "excluded": pl.Series([None] * n, dtype=pl.String),
            "failed": [False] * n,
            "runaway": [False] * n,
            "reference": [f"{group} {i}" for i in range(n)],
            "hypothesis": [f"{prefix}{group} said {i}" for i in range(n)],
            "substitutions": pl.Series(list(errors), dtype=pl.Int64),
            "deletions": [0] * n,
            "insertions": [0] * n,
            "reference_length": [words] * n,
        },
        schema_overrides={
            "labels": pl.List(pl.Struct({"axis": pl.String, "value": pl.String, "source": pl.String}))
        },
    )


def doubled(table: pl.DataFrame) -> pl.DataFrame:
    """Every row twice, the second time under another id and another speaker."""
    again = [
        pl.concat_str(pl.lit("again-"), pl.col(name)).alias(name) for name in ("utterance_id", "speaker")
    ]
    return pl.concat([table, table.with_columns(again)])


def repeated(table: pl.DataFrame) -> pl.DataFrame:
    """Every row twice, the second time under another id of the utterance."""
    again = pl.concat_str(pl.lit("again-"), pl.col("utterance_id")).alias("utterance_id")
    return pl.concat([table, table.with_columns(again)])


def sources(*tables: pl.DataFrame, shared: int = 0) -> pl.DataFrame:
    """Where each utterance is from; the first `shared` of the last table are one piece of audio."""
    ids = [name for table in tables for name in table["utterance_id"]]
    same = set(tables[-1]["utterance_id"].head(shared))
    return pl.DataFrame(
        {
            "utterance_id": ids,
            "audio": [f"{name}.wav" for name in ids],
            "sample_rate": [16_000] * len(ids),
            "audio_sha256": ["shared" if name in same else name for name in ids],
            "start_s": pl.Series([None] * len(ids), dtype=pl.Float64),
            "end_s": pl.Series([None] * len(ids), dtype=pl.Float64),
        }
    )


def facts(*tables: pl.DataFrame, **changes: Any) -> RunFacts:
    scores = pl.concat(tables) if tables else None
    sound = RunFacts(scores, "basic", "words", {"accent": "x"}, (), IN_ORDER)
    return replace(sound, **changes)


def criteria(*items: Mapping[str, Any], **common: Any) -> CriteriaFile:
    each = {"id": "c", "metric": "rate_ratio", "axis": "accent", "limit": 1.25, **common}
    built = [
        Criterion.model_validate({**each, "id": f"c{i}", **item}) for i, item in enumerate(items or ({},))
    ]
    return CriteriaFile(
        schema_="speechfair/criteria/1",
        normalizer="basic",
        tokens="words",
        without_absolute="only ratios are tested here",
        without_failure_rate="failures are tested elsewhere",
        criteria=built,
    )


def like(mean: int, n: int = 40) -> list[int]:
    """Errors of n speakers around a mean, neither all the same nor far apart."""
    return [mean + (-1, 0, 1)[i % 3] for i in range(n)]


X, Y = rows("x", like(20)), rows("y", like(20))


def only(comparisons: Sequence[Comparison]) -> Comparison:
    assert len(comparisons) == 1, [c.group for c in comparisons]
    return comparisons[0]


ONE = "- {id: r, metric: rate_ratio, axis: accent, limit: 1.25}"


WAIVED = (
    "without_absolute: only ratios are tested here\nwithout_failure_rate: failures are tested elsewhere\n"
)


def write(path: Path, *criteria: str, normalizer: str = "basic", more: str = "") -> Path:
    head = f"schema: speechfair/criteria/1\nnormalizer: {normalizer}\ntokens: words\n{more}criteria:\n"
    path.write_text(head + "\n".join(criteria or (ONE,)) + "\n" + WAIVED, encoding="utf-8")
    return path
