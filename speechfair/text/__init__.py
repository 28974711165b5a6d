"""Normalisers: from a verbatim text to the string that is scored. Verbatim texts themselves are never changed.

The choice of normaliser can change a ranking, so its name and version are part of every recipe.
"""

from __future__ import annotations

from speechfair.text.normalizers import (
    NORMALIZERS,
    WITHOUT_SPACES,
    default_normalizer,
    default_tokens,
    load_normalizer,
)

__all__ = ["NORMALIZERS", "WITHOUT_SPACES", "default_normalizer", "default_tokens", "load_normalizer"]
