"""PocketSphinx with its en-US model: hidden Markov models and a trigram, a recogniser unlike Whisper.

English only, 16 kHz. It has no batches; each utterance gets a front end in its first state, because what
PocketSphinx carries from one utterance to the next (its noise estimate) makes texts depend on order.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata, util
from pathlib import Path
from typing import Any

from speechfair.errors import InputError, MissingExtraError
from speechfair.models.batching import one_by_one
from speechfair.registry import did_you_mean
from speechfair.types import Audio, Hypothesis, ModelIdentity

__all__ = ["PocketSphinx", "load"]

SAMPLE_RATE = 16_000


def load(which: str | None) -> PocketSphinx:
    """Load the en-US model that comes with the package.

    Parameters
    ----------
    which : ``en-us`` or None.

    Raises
    ------
    InputError
        Another model is asked for.
    MissingExtraError
        PocketSphinx is not installed.
    """
    if util.find_spec("pocketsphinx") is None:
        raise MissingExtraError("pocketsphinx", "pocketsphinx", "sphinx")
    if which not in (None, "en-us"):
        raise InputError(f"unknown PocketSphinx model {which!r}; {did_you_mean(str(which), ['en-us'])}")
    return PocketSphinx()


class PocketSphinx:
    """A `Recognizer` over PocketSphinx's own en-US model. Made by `load`."""

    sample_rate = SAMPLE_RATE

    def __init__(self) -> None:
        import pocketsphinx

        from speechfair.models.weights import sha256_of

        folder = Path(pocketsphinx.get_model_path("en-us"))
        self._config = pocketsphinx.Config(
            hmm=str(folder / "en-us"),
            lm=str(folder / "en-us.lm.bin"),
            dict=str(folder / "cmudict-en-us.dict"),
            samprate=float(SAMPLE_RATE),
            loglevel="FATAL",
        )
        self._decoder = pocketsphinx.Decoder(self._config)
        files = sorted(p for p in (folder / "en-us").iterdir() if p.is_file())
        self._identity = ModelIdentity(
            name="pocketsphinx",
            family="pocketsphinx",
            digest=sha256_of(*files, folder / "en-us.lm.bin", folder / "cmudict-en-us.dict"),
            options={"model": "en-us"},
            versions={"pocketsphinx": metadata.version("pocketsphinx")},
        )

    @property
    def identity(self) -> ModelIdentity:
        """Acoustic model, language model, dictionary and library version."""
        return self._identity

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        """One hypothesis per audio (16 kHz), in order. Whatever goes wrong with one becomes its `error`."""
        return one_by_one(batch, SAMPLE_RATE, self.identity.key, self._recognize)

    def _recognize(self, audio: Audio) -> str:
        import numpy as np

        samples = (np.clip(audio.samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
        decoder: Any = self._decoder
        decoder.reinit_feat(self._config)
        decoder.start_utt()
        try:
            decoder.process_raw(samples, no_search=False, full_utt=True)
        finally:
            decoder.end_utt()
        found = decoder.hyp()
        return str(found.hypstr) if found is not None else ""
