"""Recordings arranged of pieces: several voices, pauses, louder and faster sentences, and sounds that are no voice.

Each piece is rendered as the synthetic corpus renders a text, so every accent and voice says it; numpy joins them. The
arrangement is a planted truth that a transcript does not hold.
"""

from __future__ import annotations

import hashlib
import json
import wave
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.synthesis import espeak
from speechfair.synthesis.channels import CLEAN, parse_channel
from speechfair.synthesis.dials import check_whole
from speechfair.synthesis.rule_made import Cell, RuleMade, Sentence, write_rendering
from speechfair.synthesis.synthetic import SyntheticAccents
from speechfair.synthesis.synthetic_japanese import SyntheticJapanese

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float64]

__all__ = ["EVENTS", "MOST_VOICES", "ArrangedAccents", "ArrangedJapanese", "Arrangement", "Piece"]

VERSION = 1
"""Of the rules below; it is part of the name of every file."""

MOST_VOICES = 8
"""The other voices are the partners, who speak second."""

PEAK = 0.95
SPEECH_RMS = 0.08
"""Root mean square of a piece before its gain; full scale is 1."""
QUIET = 0.004
"""Samples below this at both ends of a piece are cut off."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Words said in one go.

    Parameters
    ----------
    text : closed by ``?`` for a rising, ``!`` for a lively intonation.
    partner : said by the second person.
    gain_db : louder or softer than usual, in dB.
    tempo : factor of the speech rate.
    pause_s : seconds of silence before it.
    event : a sound of `EVENTS` in that silence.
    """

    text: str
    partner: bool = False
    gain_db: float = 0.0
    tempo: float = 1.0
    pause_s: float = 0.05
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Pieces in their order.

    Parameters
    ----------
    text : the words of all pieces, as a transcript gives them; unique within a corpus.
    channel : of the whole recording, as `speechfair.synthesis.channels` writes it.
    """

    text: str
    pieces: tuple[Piece, ...]
    channel: str = CLEAN


class _Arranged(RuleMade):
    """Arrangements in the place of sentences; the speaker of a recording is its first voice.

    Parameters
    ----------
    arrangements : each is said by every voice in every accent and strength.
    voices : at most `MOST_VOICES`. The partner is one of the remaining voices, of the other gender, in the same accent.
    given : the other parameters of `RuleMade`, except ``texts``.
    """

    def __init__(
        self, root: Path | str | None, arrangements: Sequence[Arrangement], *, voices: int = 6, **given: Any
    ) -> None:
        check_whole("voices", voices, MOST_VOICES)
        self._arranged: Mapping[str, Arrangement] = {one.text: one for one in arrangements}
        super().__init__(root, texts=len(arrangements), voices=voices, **given)

    def _read_texts(self, asked: int | str | Path) -> tuple[Sentence, ...]:
        # What decides the sound stands for what is spoken, so that it is part of every digest.
        made = [(text, json.dumps([VERSION, asdict(one)])) for text, one in self._arranged.items()]
        return tuple(Sentence(text, spoken) for text, spoken in made)

    def _audio(self, cell: Cell, voice: espeak.Voice, sentence: Sentence) -> Path:
        arranged = self._arranged[sentence.text]
        other = self._partner(voice)
        pieces = [
            super(_Arranged, self)._audio(
                replace(cell, tempo=piece.tempo),
                other if piece.partner else voice,
                Sentence(piece.text, self._spoken(piece.text)),
            )
            for piece in arranged.pieces
        ]
        made_of = [sentence.spoken, cell.channel.name, *(path.name for path in pieces)]
        file = f"{voice.id}-{hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:20]}.wav"
        path = self.root / cell.code / f"{cell.strength:g}" / file
        if not path.is_file():
            write_rendering(path, _join(arranged, pieces))
        return path

    def _spoken(self, text: str) -> str:
        """What espeak-ng is given to say the words of a piece."""
        return text

    def _partner(self, voice: espeak.Voice) -> espeak.Voice:
        others = [one for one in self.all_voices[MOST_VOICES:] if one.gender != voice.gender]
        return others[[one.id for one in self.all_voices].index(voice.id) // 2 % len(others)]


class ArrangedAccents(_Arranged, SyntheticAccents):
    """English with rule-made accents in arrangements."""


class ArrangedJapanese(_Arranged, SyntheticJapanese):
    """Japanese with rule-made foreign accents in arrangements; pieces are read by Open JTalk (extra ``ja``)."""

    def _spoken(self, text: str) -> str:
        return self.reading(text)


def _join(arrangement: Arrangement, paths: Iterable[Path]) -> bytes:
    import numpy as np

    parts: list[Samples] = []
    rate = 0
    for piece, path in zip(arrangement.pieces, paths, strict=True):
        samples, rate = _read(path)
        gap = np.zeros(round(piece.pause_s * rate))
        parts += [gap, EVENTS[piece.event](rate), gap] if piece.event else [gap]
        parts.append(_levelled(samples) * 10 ** (piece.gain_db / 20))
    whole = np.concatenate([*parts, np.zeros(round(0.2 * rate))])
    seed = int(hashlib.sha256(arrangement.text.encode()).hexdigest(), 16)
    heard = parse_channel(arrangement.channel).apply(whole, rate, np.random.default_rng(seed))
    peak = float(np.max(np.abs(heard), initial=0.0))
    heard = heard * (PEAK / peak) if peak > PEAK else heard
    return espeak.wav(np.round(heard * 32767).astype("<i2").tobytes(), rate)


def _read(path: Path) -> tuple[Samples, int]:
    import numpy as np

    with wave.open(str(path)) as file:
        rate, frames = file.getframerate(), file.readframes(file.getnframes())
    return np.frombuffer(frames, "<i2").astype(np.float64) / 32768, rate


def _levelled(samples: Samples) -> Samples:
    """`samples` without the silence at both ends, at the usual loudness."""
    import numpy as np

    loud = np.flatnonzero(np.abs(samples) > QUIET)
    if not len(loud):
        return samples
    kept = samples[loud[0] : loud[-1] + 1]
    return kept * (SPEECH_RMS / float(np.sqrt(np.mean(kept**2))))


def _beep(rate: int) -> Samples:
    """0.4 s of 1 kHz."""
    return _tone(rate, 1000.0, 0.4)


def _ring(rate: int) -> Samples:
    """0.8 s of 1.4 and 1.1 kHz in turns, 20 times a second."""
    import numpy as np

    return np.concatenate([_tone(rate, (1400.0, 1100.0)[turn % 2], 0.05) for turn in range(16)])


def _knock(rate: int) -> Samples:
    """Three dull blows, 0.2 s apart."""
    import numpy as np

    time = np.arange(round(0.2 * rate)) / rate
    blow = 0.6 * np.exp(-time / 0.015) * np.sin(2 * np.pi * 180.0 * time)
    return np.concatenate([blow] * 3)


def _tone(rate: int, hertz: float, seconds: float) -> Samples:
    import numpy as np

    time = np.arange(round(seconds * rate)) / rate
    edge = np.clip(np.minimum(time, seconds - time) / 0.005, 0.0, 1.0)
    tone: Samples = 0.2 * edge * np.sin(2 * np.pi * hertz * time)
    return tone


EVENTS: dict[str, Callable[[int], Samples]] = {"beep": _beep, "knock": _knock, "ring": _ring}
"""Sounds that are no voice, by name; each takes the sample rate in Hz."""
