"""Rows that a method uses apart from the training rows: speech to anchor on, or a second corpus with texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from speechfair.debias.data.same_person import people_in_both
from speechfair.debias.data.training_rows import apart, source_rows, thinned
from speechfair.errors import InputError

if TYPE_CHECKING:
    from speechfair.debias.data.training_data import TrainingData
    from speechfair.debias.recipe import DebiasRecipe, TrainingSource

__all__ = ["with_side_rows"]


def with_side_rows(
    data: TrainingData,
    recipe: DebiasRecipe,
    sources: Sequence[TrainingSource],
    folder: Path,
    option: str,
    *,
    texts: bool,
    most: int,
) -> TrainingData:
    """`data` with the rows of some corpora in `side`; what cannot be used is counted, and licences are kept to.

    Parameters
    ----------
    option : of the method, that names the corpora.
    texts : whether a row needs one.
    most : rows that are taken, spread over the speakers.

    Raises
    ------
    InputError
        No row can be used, or a speaker is a development speaker.
    """
    found = [source_rows(recipe, source, folder, texts=texts) for source in sources]
    taken = (*data.train, *data.dev, *data.guard)
    rows = [replace(row, group=option) for row in apart([part.rows for part in found], taken)]
    watched = (row.person for row in (*data.dev, *data.guard))
    if shared := people_in_both((row.person for row in rows), watched):
        raise InputError(
            f"{len(shared)} speakers of method.options.{option} are development speakers (first: {shared[0]!r}); "
            "name other `speakers` there"
        )
    if sources and not rows:
        raise InputError(
            f"no row of method.options.{option} can be used; look at the texts, lengths and speakers"
        )
    unused = Counter(data.unused)
    for part in found:
        unused.update({f"{option}: {why}": count for why, count in part.unused.items()})
    return replace(
        data,
        side=tuple(thinned(rows, most, np.random.default_rng([recipe.seed, 5]))),
        unused=dict(sorted(unused.items())),
        digests=(*data.digests, *(part.digest for part in found)),
        permissions=(*data.permissions, *(p.permission for p in found if p.permission is not None)),
    )
