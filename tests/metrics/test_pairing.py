"""Two tables of the same utterances, paired whatever the order of their rows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from speechfair.errors import InputError
from speechfair.metrics.pairing import pair_by_group
from speechfair.metrics.rates import SpeakerSums


@pytest.mark.parametrize("changed", [None, "speaker", "reference_length", "utterance_id", "group"])
def test_rows_in_one_order_or_in_another_give_the_same_pairs_and_the_same_refusals(
    changed: str | None,
) -> None:
    rng = np.random.default_rng(3)
    rows = 300
    before = pl.DataFrame(
        {
            "utterance_id": [f"u{row}" for row in range(rows)],
            "speaker": [f"s{row % 20}" for row in range(rows)],
            "group": [f"g{row % 4}" for row in range(rows)],
            **{kind: rng.integers(0, 3, rows) for kind in ("substitutions", "deletions", "insertions")},
            "reference_length": rng.integers(1, 9, rows),
        }
    )
    after = before.with_columns(pl.Series("substitutions", rng.integers(0, 3, rows)))
    if changed is not None:
        last = pl.int_range(pl.len()) == rows - 1
        new = pl.lit(99) if changed == "reference_length" else pl.lit("another")
        after = after.with_columns(pl.when(last).then(new).otherwise(changed).alias(changed))
    shuffled = after.sample(fraction=1.0, shuffle=True, seed=1)
    found: list[object] = []
    for other in (after, shuffled):
        try:
            pairs = pair_by_group(before, other, "group")
        except InputError as error:
            found.append(str(error))
        else:
            found.append([(name, *_plain(pair.before), *_plain(pair.after)) for name, pair in pairs.items()])
    assert found[0] == found[1]
    assert isinstance(found[0], str) == (changed is not None)


def _plain(sums: SpeakerSums) -> tuple[object, ...]:
    return sums.speakers, sums.errors.tolist(), sums.words.tolist(), sums.n_utterances
