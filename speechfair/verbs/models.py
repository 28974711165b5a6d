"""`speechfair models` as a function."""

from speechfair.models import available as list_models

__all__ = ["list_models"]
