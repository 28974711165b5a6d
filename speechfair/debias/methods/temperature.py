"""Temperature sampling: between the data as they are and all groups equally often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from speechfair.debias.data.samplers import tempered
from speechfair.debias.method import Method
from speechfair.debias.method_options import NoOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Temperature", "TemperatureOptions"]


class TemperatureOptions(NoOptions):
    """`tau`: 1 draws as the data are, 0 draws every group equally often."""

    tau: float = Field(default=0.5, ge=0, le=1)


class Temperature(Method):
    """A group is drawn with probability in proportion to its number of rows to the power `tau`."""

    name = "temperature"
    summary = "groups drawn in proportion to size ** tau"
    source = "Arivazhagan et al., Massively multilingual neural machine translation in the wild, 2019"
    Options = TemperatureOptions

    def draw(
        self, groups: NDArray[np.int64], n_draws: int, batch: int, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Tempered draws."""
        return tempered(groups, self.options.tau, n_draws, rng)
