"""What the audio of utterances looks like: waveform and spectrogram of one, levels of a sample of a group's.

Audio is read by `speechfair.viewing.listening`, so that no picture is made of audio that may not be heard.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError, RunFolderError
from speechfair.store import MANIFEST
from speechfair.viewing.listening import RATE, heard_samples

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from speechfair.viewing.opened_run import OpenedRun

__all__ = ["level_db", "levels", "pictures", "spectrogram"]

_WINDOW = 512
"""Samples of a frame, 32 ms."""
_BANDS = 64
_FRAMES = 400
_POINTS = 400
_FLOOR_DB = 70.0
"""Below the loudest point of a spectrogram nothing is drawn."""


def pictures(run: OpenedRun, manifest: dict[str, Any]) -> dict[str, Any]:
    """Peaks of the waveform and the spectrogram of an utterance; raises as `heard_samples`."""
    samples = heard_samples(run, manifest)
    return {"peaks": _peaks(samples), "spectrogram": spectrogram(samples)}


def _peaks(samples: NDArray[Any]) -> list[float]:
    """The largest absolute sample in each of up to `_POINTS` equal stretches, in [0, 1]."""
    import numpy as np

    edges = np.linspace(0, samples.size, min(_POINTS, samples.size) + 1).astype(int)[:-1]
    return [round(float(peak), 4) for peak in np.maximum.reduceat(np.abs(samples), edges)]


def spectrogram(samples: NDArray[Any]) -> dict[str, Any]:
    """Power over time and frequency, in bytes: 255 is the loudest point, 0 is 70 dB below it or less.

    Parameters
    ----------
    samples : at `RATE`.

    Returns
    -------
    dict
        ``bands`` from 0 Hz to ``top_hz``, ``frames`` over the length of the audio, and ``levels`` in base64, frame
        by frame, each from the lowest band up. Of long audio the frames do not touch.
    """
    import numpy as np

    padded = np.pad(samples.astype(np.float64), (_WINDOW // 2, _WINDOW))
    n_frames = max(1, min(_FRAMES, samples.size // (RATE // 200)))
    starts = np.linspace(0, max(0, samples.size - 1), n_frames).astype(int)
    frames = padded[starts[:, None] + np.arange(_WINDOW)] * np.hanning(_WINDOW)
    power = np.abs(np.fft.rfft(frames, axis=1))[:, : _WINDOW // 2] ** 2
    banded = power.reshape(n_frames, _BANDS, -1).mean(axis=2)
    most = banded.max()
    share = banded / most if most > 0 else banded
    shown = 1 + 10 * np.log10(np.maximum(share, 1e-12)) / _FLOOR_DB
    levels_ = np.round(255 * np.clip(shown, 0, 1)).astype(np.uint8)
    return {
        "bands": _BANDS,
        "frames": n_frames,
        "top_hz": RATE // 2,
        "levels": base64.b64encode(levels_.tobytes()).decode("ascii"),
    }


def level_db(samples: NDArray[Any]) -> float | None:
    """Root mean square over all samples, dB relative to full scale; None for digital silence."""
    import numpy as np

    power = float(np.mean(np.square(samples, dtype=np.float64))) if samples.size else 0.0
    return 10 * float(np.log10(power)) if power > 0 else None


def levels(run: OpenedRun, rows: pl.Series, most: int) -> list[float | None]:
    """Level of up to `most` of `rows`, evenly spread; None for silence and for audio that cannot be read.

    Parameters
    ----------
    rows : numbers in the manifest.
    """
    import polars as pl

    chosen = rows.gather_every(max(1, -(-rows.len() // most)))
    scan = pl.scan_parquet(run.folder.within(MANIFEST), glob=False).with_row_index("row")
    manifest = scan.filter(pl.col("row").is_in(chosen.implode())).collect()
    found: list[float | None] = []
    for row in manifest.iter_rows(named=True):
        try:
            found.append(level_db(heard_samples(run, row)))
        except (RunFolderError, InputError):
            found.append(None)
    return found
