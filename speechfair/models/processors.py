"""How many processors a recogniser may take: those of this process, or its share of them."""

from __future__ import annotations

import os

__all__ = ["SHARE", "processors"]

SHARE = "SPEECHFAIR_PROCESSORS"
"""Environment variable: how many processors recognisers in this process may take. Engines set it."""


def processors() -> int:
    """Processors that may be used, at least 1."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = os.environ.get(SHARE, "")
    return min(there, max(int(share), 1)) if share.isdecimal() else there
