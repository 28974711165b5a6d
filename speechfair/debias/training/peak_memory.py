"""The most memory that a training held. torch is imported only in the functions."""

from __future__ import annotations

import sys

__all__ = ["forget_peak", "peak_megabytes"]


def forget_peak() -> None:
    """Count the GPU's memory from here: another training may have gone before in this process."""
    import torch

    if torch.cuda.is_initialized():
        torch.cuda.reset_peak_memory_stats()


def peak_megabytes(device: str | None) -> float | None:
    """Most memory that was held, on the GPU if that trained, else by the process; None where it cannot be measured."""
    import torch

    if device == "cuda":
        return float(torch.cuda.max_memory_allocated()) / 2**20
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
