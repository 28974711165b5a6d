"""`speechfair metrics` as a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from speechfair.metrics.metric import Metric

__all__ = ["list_metrics"]


def list_metrics() -> list[Metric]:
    """Every metric that an audit can be asked for, by name."""
    from speechfair import registry
    from speechfair.metrics.metric import load_metric

    return [load_metric(name) for name in registry.metrics().names()]
