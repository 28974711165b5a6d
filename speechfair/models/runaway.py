"""Signs that a decoder ran away: text that repeats itself, or holds more than the audio can hold.

A handful of such decodes can move a pooled word error rate by ten points, so they must be noticed. This
module only judges a text by its length and repetitions; it does not redo, drop or change anything, and it
knows nothing of what was really said.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass

__all__ = ["DEFAULT", "Thresholds", "compression_ratio", "suspicion"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where a decode becomes suspicious.

    Parameters
    ----------
    compression_ratio : text bytes per zlib byte above which a text repeats itself. Whisper itself falls back
        at 2.4 (Radford et al. 2022, section 4.5); 2.0 also catches loops that end early.
    min_characters : a shorter text is not judged by its compression ratio.
    words_per_second, words_slack : more words than ``words_per_second * duration_s + words_slack`` do not
        fit. The slack is for very short audio. Fast conversational English has about 4 words a second.
    characters_per_second, characters_slack : the same in characters, for scripts that do not space words.
    """

    compression_ratio: float = 2.0
    min_characters: int = 30
    words_per_second: float = 6.0
    words_slack: float = 3.0
    characters_per_second: float = 30.0
    characters_slack: float = 20.0

    def as_options(self) -> Mapping[str, float]:
        """The thresholds as JSON-serialisable values, for a model's identity."""
        return asdict(self)


DEFAULT = Thresholds()


def compression_ratio(text: str) -> float:
    """Bytes of `text` per byte of its zlib compression; 0 for an empty text.

    >>> compression_ratio("one two three four") < 1.0 < compression_ratio("one two " * 40)
    True
    """
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw))


def suspicion(
    text: str, duration_s: float, *, hit_limit: bool = False, thresholds: Thresholds = DEFAULT
) -> str | None:
    """Why `text` is suspicious as a transcript of `duration_s` seconds of audio; None where it is not.

    Parameters
    ----------
    hit_limit : the decoder stopped because it reached its greatest length, not because it was done.

    Examples
    --------
    >>> suspicion("the sheep are on the hill", 2.0) is None
    True
    >>> suspicion("you know, " * 30, 60.0)
    'compression ratio 13.0 is over 2.0'
    >>> suspicion("a b c d e f g h i j k l", 1.0)
    '12 words in 1.0 s of audio'
    """
    if hit_limit:
        return "the decoder reached its greatest length"
    ratio = compression_ratio(text)
    if len(text) >= thresholds.min_characters and ratio > thresholds.compression_ratio:
        return f"compression ratio {ratio:.1f} is over {thresholds.compression_ratio:.1f}"
    words = len(text.split())
    if words > thresholds.words_per_second * duration_s + thresholds.words_slack:
        return f"{words} words in {duration_s:.1f} s of audio"
    if len(text) > thresholds.characters_per_second * duration_s + thresholds.characters_slack:
        return f"{len(text)} characters in {duration_s:.1f} s of audio"
    return None
