"""What a probe would cost before it is run: clips, requests, audio that is sent, tokens, price. Nothing is asked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, fields
from typing import Any

from speechfair.audio import AudioError, load_bytes, probe
from speechfair.errors import InputError
from speechfair.probes.asking import AUDIO, TEXT, Ask
from speechfair.probes.grounding.outcomes import asks_of
from speechfair.probes.grounding.spoken import SILENCE_S, SceneCorpus
from speechfair.probes.items import Form, Scene, has_kana
from speechfair.probes.questions.probe_questions import asks_of_set
from speechfair.probes.questions.question_set import QuestionSet
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Utterance

__all__ = ["Assumed", "ProbeCost", "cost_of", "grounding_cost", "questions_cost", "requests_cost"]

CHARACTERS_A_SECOND = 14.0
"""Of read English, pauses included."""
JAPANESE_CHARACTERS_A_SECOND = 6.0
SOUND_PAUSES_S = 3.0
"""More than that for pauses, sounds and slow sentences where sound is asked about."""
CHARACTERS_A_TOKEN = 4.0
SAMPLED = 40
"""Recordings whose length is looked at where a set has no transcripts."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """What the estimate rests on; prices are per million tokens, in any currency.

    Parameters
    ----------
    audio_tokens_a_second : 25 for many models, 10 to 33 for others.
    reply_tokens : of one reply; some hundreds for a model that thinks aloud.
    """

    audio_tokens_a_second: float = 25.0
    reply_tokens: float = 20.0
    price_text: float | None = None
    price_audio: float | None = None
    price_reply: float | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Assumed:
        """From names and numbers; `InputError` names an unknown one."""
        known = [field.name for field in fields(cls)]
        for name, value in given.items():
            if name not in known:
                raise InputError(f"--assume {name!r}; {did_you_mean(name, known)}")
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
                raise InputError(f"--assume {name}={value!r} is not a number from 0 up")
        return cls(**given)


@dataclass(frozen=True, slots=True)
class ProbeCost:
    """The estimate.

    Parameters
    ----------
    clips : recordings; each is encoded once, and sent with each request about it.
    seconds_sent : of audio, over all requests.
    text_tokens, audio_tokens, reply_tokens : estimated.
    price : None where not all three prices are given.
    """

    clips: int
    audio_requests: int
    text_requests: int
    seconds_sent: float
    text_tokens: float
    audio_tokens: float
    reply_tokens: float
    price: float | None

    @property
    def requests(self) -> int:
        """Of both arms."""
        return self.audio_requests + self.text_requests

    def lines(self) -> list[str]:
        """What a person reads."""
        found = [
            f"clips:    {self.clips:,}",
            f"requests: {self.requests:,} ({self.audio_requests:,} about audio, {self.text_requests:,} about "
            "transcripts)",
            f"audio:    about {self.seconds_sent / 60:,.0f} minutes sent",
            f"tokens:   about {self.text_tokens:,.0f} of text, {self.audio_tokens:,.0f} of audio, "
            f"{self.reply_tokens:,.0f} of replies",
        ]
        known = "give --assume price_text=…, price_audio=… and price_reply=… (per million tokens)"
        found.append(f"price:    about {self.price:,.2f}" if self.price is not None else f"price:    {known}")
        return found


def cost_of(asks: Iterable[Ask], seconds: Mapping[str, float], assumed: Assumed) -> ProbeCost:
    """The cost of these prompts.

    Parameters
    ----------
    seconds : length of each recording by utterance id.
    """
    asked = list(asks)
    spoken = [ask for ask in asked if ask.arm == AUDIO]
    letters = sum(len(ask.prompt) + len(ask.transcript or "") for ask in asked)
    sent = sum(seconds[ask.about] for ask in spoken)
    text, audio = letters / CHARACTERS_A_TOKEN, sent * assumed.audio_tokens_a_second
    reply = len(asked) * assumed.reply_tokens
    prices = (assumed.price_text, assumed.price_audio, assumed.price_reply)
    price = None
    if None not in prices:
        price = (
            sum(tokens * float(each or 0) for tokens, each in zip((text, audio, reply), prices, strict=True))
            / 1e6
        )
    clips = len({ask.about for ask in spoken})
    texts = sum(ask.arm == TEXT for ask in asked)
    return ProbeCost(clips, len(spoken), texts, sent, text, audio, reply, price)


def grounding_cost(corpus: SceneCorpus, form: Form, assumed: Assumed) -> tuple[ProbeCost, int]:
    """The cost of a grounding probe, and how many scenes it asks about. Nothing is rendered or read."""
    copies = _copies(corpus)
    scene_of: dict[str, Scene] = {}
    for scene in corpus.by_text.values():
        scene_of |= {f"{scene.id}/{number}": scene for number in range(copies)}
    if not corpus.by_text:
        rows = [row for row in corpus.base if isinstance(row, Utterance)]
        scene_of |= corpus.scenes_of({row.id: row.text for row in rows})
    scene_of |= {scene.id: scene for scene in corpus.silences}
    pauses = SOUND_PAUSES_S if corpus.items == "sound" else 0.0
    seconds = {name: _seconds(scene.text) + pauses for name, scene in scene_of.items()}
    scenes = {scene.id for scene in scene_of.values() if scene.text is not None}
    return cost_of(asks_of(scene_of, form, corpus.seed), seconds, assumed), len(scenes)


def questions_cost(questions: QuestionSet, seed: int, assumed: Assumed) -> ProbeCost:
    """The cost of a question set. Lengths come from transcripts, else from the first recordings."""
    rows = [row for row in questions if not isinstance(row, Exclusion)]
    usual = None if all(row.text for row in rows) else _usual_length(rows)
    seconds = {row.id: _seconds(row.text) if row.text or usual is None else usual for row in rows}
    return cost_of(asks_of_set(questions, seed)[0], seconds, assumed)


def requests_cost(texts: Sequence[str], prompt: str, clips: int, assumed: Assumed) -> ProbeCost:
    """The cost of putting these spoken requests, in `clips` recordings altogether, and once each as text."""
    copies = clips // max(1, len(texts))
    asks = [Ask(TEXT, str(number), "reply", prompt, text) for number, text in enumerate(texts)]
    seconds = {
        f"{number}/{copy}": _seconds(text) for number, text in enumerate(texts) for copy in range(copies)
    }
    return cost_of([*asks, *(Ask(AUDIO, name, "reply", prompt) for name in seconds)], seconds, assumed)


def _copies(corpus: SceneCorpus) -> int:
    """How often each scene is said: the synthetic design is crossed."""
    base = corpus.base
    size = len(base) if isinstance(base, Sized) else sum(isinstance(row, Utterance) for row in base)
    return size // max(1, len(corpus.by_text))


def _seconds(text: str | None) -> float:
    if text is None:
        return sum(SILENCE_S) / 2
    return max(1.0, len(text) / (JAPANESE_CHARACTERS_A_SECOND if has_kana(text) else CHARACTERS_A_SECOND))


def _usual_length(rows: Sequence[Utterance]) -> float:
    lengths = []
    for row in rows[:SAMPLED]:
        try:
            facts = probe(load_bytes(row.audio))
        except AudioError:
            continue
        end = row.end_s if row.end_s is not None else facts.duration_s
        lengths.append(max(0.0, end - (row.start_s or 0.0)))
    return sum(lengths) / len(lengths) if lengths else sum(SILENCE_S) / 2
