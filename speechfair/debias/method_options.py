"""Options that methods share. No torch here, so that methods can be listed without it."""

from __future__ import annotations

from pydantic import Field, model_validator

from speechfair.records import Record

__all__ = ["NoOptions", "SpecAugment"]


class NoOptions(Record):
    """Options of a method that has none; the base of those that have some."""


class SpecAugment(NoOptions):
    """Masks over the spectrogram of a drawn utterance; the defaults are the policy LD of the paper, `time_share` SM's.

    `time_masks`: spans of time that are hidden, each of any length up to `time_seconds`, and up to `time_share` of the
    utterance. `frequency_masks`: ranges of mel bands that are hidden, each of any width up to `frequency_share` of all
    bands. Masks may overlap; 0 masks of one kind leave it out.
    """

    time_masks: int = Field(default=2, ge=0, le=10)
    time_seconds: float = Field(default=1.0, gt=0, le=5)
    time_share: float = Field(default=0.2, gt=0, le=0.5)
    frequency_masks: int = Field(default=2, ge=0, le=10)
    frequency_share: float = Field(default=27 / 80, gt=0, le=0.5)

    @model_validator(mode="after")
    def _hides_something(self) -> SpecAugment:
        if self.time_masks + self.frequency_masks == 0:
            raise ValueError("no mask of either kind; leave spec_augment out")
        return self
