"""Just train twice: what a first, plain training gets most wrong comes more often in the second. No labels needed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import Field

from speechfair.debias.data.samplers import shuffled
from speechfair.debias.method import Method, Stage
from speechfair.debias.method_options import NoOptions
from speechfair.store import write_atomically
from speechfair.strict_json import read_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Jtt", "JttOptions"]


class JttOptions(NoOptions):
    """`first_steps` of plain training find the errors; each row that is marked then counts `times` rows.

    Marked are the rows with the highest word error rates, `worst` of all rows at most; where `above` is given, the rows
    whose rate is higher than that, however many they are. A row without an error is never marked.
    """

    first_steps: int = Field(default=50, ge=1)
    times: int = Field(default=3, ge=1)
    worst: float = Field(default=0.25, gt=0, le=1)
    above: float | None = Field(default=None, ge=0)


class Jtt(Method):
    """Rows that the first model gets most wrong are repeated `times` in every pass.

    The paper marks what the first model misclassifies, a minority there. Of transcripts most have some word wrong, and
    repeating most rows repeats nothing; so the worst are marked. ``marked`` in the record says how many, and from which
    rate on.
    """

    name = "jtt"
    summary = "train twice, repeat what the first model got most wrong"
    source = "Liu et al., Just train twice: improving group robustness without training group information, ICML 2021"
    Options = JttOptions
    rates: list[float] | None = None

    def prepare(self, stage: Stage) -> None:
        """Find the first model's errors, once."""
        kept = stage.folder / "jtt-rates.json"
        if not kept.is_file():
            write_atomically(kept, json.dumps(stage.train_and_rate(self.options.first_steps)).encode())
        self.rates = read_json(kept)

    def draw(
        self, groups: NDArray[np.int64], n_draws: int, batch: int, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Passes over all rows, those marked `times` in each; before the errors are known, once each."""
        import numpy as np

        times = np.ones(len(groups), dtype=np.int64)
        times[self._marked()] = self.options.times
        repeated = np.repeat(np.arange(len(groups)), times)
        return repeated[shuffled(len(repeated), n_draws, rng)]

    def finish(self, stage: Stage) -> dict[str, Any]:
        """How many rows were marked."""
        rates, marked = self.rates or [], self._marked()
        lowest = min((rates[row] for row in marked), default=None)
        wrong = sum(rate > 0 for rate in rates)
        return {"marked": {"rows": len(marked), "of": len(rates), "with_errors": wrong, "from_rate": lowest}}

    def _marked(self) -> list[int]:
        """Row numbers, the worst first; of equals the one that comes first."""
        rates = self.rates or []
        order = sorted((row for row, rate in enumerate(rates) if rate > 0), key=lambda row: -rates[row])
        if self.options.above is not None:
            return [row for row in order if rates[row] > self.options.above]
        return order[: int(self.options.worst * len(rates))]
