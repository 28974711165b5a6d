from __future__ import annotations

import pytest

from speechfair.errors import InputError
from speechfair.metrics.mixed import Adjusted, AdjustedGroup
from speechfair.types import Estimate


def test_the_probability_above_a_limit_is_that_of_the_t_distribution() -> None:
    ratio = Estimate(1.5, 1.5 / 1.4, 1.5 * 1.4, 0.95, 100, 20, "glmm-log-t")
    group = AdjustedGroup(ratio, ratio, {}, "")
    model = Adjusted("", None, "", {"a": group}, 100, 20, degrees_of_freedom=10.0)
    assert model.probability_above("a", 1.5) == pytest.approx(0.5)
    assert model.probability_above("a", 1.5 / 1.4) == pytest.approx(0.975)
    assert model.probability_above("a", 1.5 * 1.4) == pytest.approx(0.025)
    refused = AdjustedGroup(Estimate(None, None, None, 0.95, 9, 9, "none", "refused"), ratio, {}, "")
    assert Adjusted("", None, "", {"a": refused}, 9, 9).probability_above("a", 1.25) is None
    with pytest.raises(InputError, match="rate ratio greater than 0"):
        model.probability_above("a", 0.0)
