"""What is known of encoded audio before its samples are, and the error that audio which cannot be used raises."""

from __future__ import annotations

from dataclasses import dataclass

from speechfair.errors import SpeechfairError

__all__ = ["AudioError", "AudioFacts"]


class AudioError(SpeechfairError):
    """Audio that cannot be used. It becomes one failed row, never an abort."""


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What a piece of encoded audio says of itself: digest of its bytes, rate in Hz, length in frames."""

    sha256: str
    sample_rate: int
    frames: int
    channels: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate
