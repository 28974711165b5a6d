"""A recogniser that says what it was told to say: for tests and examples, where a real one would be slow.

It is registered nowhere and hears nothing but a digest of the samples.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from speechfair.models.batching import one_by_one
from speechfair.types import Audio, Hypothesis, ModelIdentity

__all__ = ["Scripted", "sample_digest"]


def sample_digest(audio: Audio) -> str:
    """Key of an audio's content for a script (16 hex digits), whatever its id."""
    return hashlib.sha256(audio.samples.astype("<f4").tobytes()).hexdigest()[:16]


class Scripted:
    """A deterministic `Recognizer` that looks texts up.

    Parameters
    ----------
    texts : text by utterance id, or by `sample_digest`.
    default : text where the script has none; None makes such an utterance a failed row.
    failures : reason by utterance id for rows that must fail.
    crash_on : ids for which `transcribe` itself raises `RuntimeError`, as an ill-behaved adapter would.
    rejected : first, rejected text by utterance id, as after a redone runaway.
    confidences : confidence by utterance id; None for the others.
    """

    def __init__(
        self,
        texts: Mapping[str, str],
        *,
        default: str | None = None,
        failures: Mapping[str, str] | None = None,
        crash_on: Sequence[str] = (),
        rejected: Mapping[str, str] | None = None,
        confidences: Mapping[str, float] | None = None,
        sample_rate: int = 16_000,
        name: str = "scripted",
    ) -> None:
        self._texts = dict(texts)
        self._default = default
        self._failures = dict(failures or {})
        self._crash_on = frozenset(crash_on)
        self._rejected = dict(rejected or {})
        self._confidences = dict(confidences or {})
        self._sample_rate = sample_rate
        script: dict[str, Any] = {"texts": self._texts, "default": default, "failures": self._failures}
        if self._confidences:
            script["confidences"] = self._confidences
        digest = hashlib.sha256(json.dumps([script, self._rejected], sort_keys=True).encode()).hexdigest()
        options = {"sample_rate": sample_rate, "name": name}
        self._identity = ModelIdentity(name, "scripted", digest, options, {})
        self.calls: list[tuple[str, ...]] = []

    @property
    def identity(self) -> ModelIdentity:
        """The script stands for the weights."""
        return self._identity

    @property
    def sample_rate(self) -> int:
        """Hz that `transcribe` expects."""
        return self._sample_rate

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        """One hypothesis per audio, in order; `seconds` is 0, so that results can be compared whole."""
        self.calls.append(tuple(audio.utterance_id for audio in batch))
        for audio in batch:
            if audio.utterance_id in self._crash_on:
                raise RuntimeError(f"scripted crash on {audio.utterance_id}")
        found = one_by_one(batch, self._sample_rate, self.identity.key, self._say)
        return [
            replace(
                h,
                seconds=0.0,
                rejected=self._rejected.get(h.utterance_id),
                confidence=self._confidences.get(h.utterance_id) if h.text is not None else None,
            )
            for h in found
        ]

    def _say(self, audio: Audio) -> str:
        if audio.utterance_id in self._failures:
            raise ScriptedFailureError(self._failures[audio.utterance_id])
        for key in (audio.utterance_id, sample_digest(audio)):
            if key in self._texts:
                return self._texts[key]
        if self._default is None:
            raise ScriptedFailureError(f"the script has no text for {audio.utterance_id!r}")
        return self._default


class ScriptedFailureError(Exception):
    """A failure that the script asked for."""
