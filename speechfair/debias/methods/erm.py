"""Plain fine-tuning (empirical risk minimisation): what every other method has to beat."""

from __future__ import annotations

from speechfair.debias.method import Method

__all__ = ["Erm"]


class Erm(Method):
    """Every row equally often, the mean loss over all tokens."""

    name = "erm"
    summary = "plain fine-tuning; the baseline"
    source = "Vapnik, Principles of risk minimization for learning theory, NeurIPS 1991"
