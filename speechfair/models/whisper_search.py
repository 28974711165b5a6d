"""How a Whisper decoder in CTranslate2 form searches for a text, as options of a model and part of its identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from speechfair.errors import InputError
from speechfair.models.arguments import positive_number, whole_number

__all__ = ["DETECT", "Search", "read_search"]

DETECT = "detect"
"""In place of a language: the model detects it for each utterance."""


@dataclass(frozen=True, slots=True)
class Search:
    """Settings of the search.

    Parameters
    ----------
    beam_size : hypotheses that are followed; 1 is greedy.
    patience : the search goes on until ``beam_size * patience`` hypotheses have ended (Kasai et al. 2022,
        arXiv 2204.05424).
    length_penalty : a hypothesis is ranked by its log probability over (its length ** this).
    compression_ratio_threshold, log_prob_threshold : where a decode repeats itself more, or its mean log probability is
        lower, faster-whisper's own loop, which redoes runaways and decodes longer audio, falls back to a higher
        temperature.
    """

    beam_size: int = 1
    patience: float = 1.0
    length_penalty: float = 1.0
    compression_ratio_threshold: float = 2.4
    log_prob_threshold: float = -1.0

    def as_options(self) -> Mapping[str, Any]:
        """For a model's identity: the beam, and what differs from the default, so that old results stay valid."""
        usual = Search()
        names = ("patience", "length_penalty", "compression_ratio_threshold", "log_prob_threshold")
        changed = {name: getattr(self, name) for name in names if getattr(self, name) != getattr(usual, name)}
        return {"beam_size": self.beam_size, **changed}

    def mean_log_probability(self, score: float, length: int) -> float:
        """Of a text of `length` tokens and its end, from CTranslate2's score, which it is ranked by."""
        total: float = score * length**self.length_penalty
        return total / (length + 1)


def read_search(
    beam_size: Any,
    patience: Any,
    length_penalty: Any,
    compression_ratio_threshold: Any,
    log_prob_threshold: Any,
) -> Search:
    """The settings, checked; `InputError` names the option that is not usable."""
    found = Search(
        whole_number("beam_size", beam_size),
        positive_number("patience", patience),
        positive_number("length_penalty", length_penalty),
        positive_number("compression_ratio_threshold", compression_ratio_threshold),
        _below_zero("log_prob_threshold", log_prob_threshold),
    )
    for option in ("patience", "length_penalty"):
        if found.beam_size == 1 and getattr(found, option) != 1:
            raise InputError(
                f"{option} has no effect on a greedy search; give a beam_size of 2 or more with it"
            )
    return found


def _below_zero(option: str, value: Any) -> float:
    try:
        return -positive_number(option, -float(value))
    except (TypeError, ValueError, InputError):
        raise InputError(f"{option}={value!r} is not usable: give a number below 0") from None
