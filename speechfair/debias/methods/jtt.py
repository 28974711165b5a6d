"""Just train twice: what a first, plain training still gets wrong comes more often in the second. No labels needed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import Field

from speechfair.debias.data.samplers import shuffled
from speechfair.debias.method import Method, Stage
from speechfair.debias.method_options import NoOptions
from speechfair.store import write_atomically

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Jtt", "JttOptions"]


class JttOptions(NoOptions):
    """`first_steps` of plain training find the errors; each row with an error then counts `times` rows."""

    first_steps: int = Field(default=50, ge=1)
    times: int = Field(default=3, ge=1)


class Jtt(Method):
    """Rows whose transcript the first model gets wrong in any word are repeated `times` in every pass."""

    name = "jtt"
    summary = "train twice, repeat what the first model got wrong"
    source = "Liu et al., Just train twice: improving group robustness without training group information, ICML 2021"
    Options = JttOptions
    wrong: list[bool] | None = None

    def prepare(self, stage: Stage) -> None:
        """Find the first model's errors, once."""
        kept = stage.folder / "jtt-errors.json"
        if not kept.is_file():
            wrong = stage.train_and_find_errors(self.options.first_steps)
            write_atomically(kept, json.dumps(wrong).encode())
        self.wrong = json.loads(kept.read_text(encoding="utf-8"))

    def draw(
        self, groups: NDArray[np.int64], n_draws: int, batch: int, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Passes over all rows, those with errors `times` in each; before the errors are known, once each."""
        import numpy as np

        wrong = np.array(self.wrong if self.wrong is not None else [False] * len(groups))
        repeated = np.repeat(np.arange(len(groups)), np.where(wrong, self.options.times, 1))
        return repeated[shuffled(len(repeated), n_draws, rng)]
