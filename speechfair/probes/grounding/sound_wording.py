"""The words of scenes about sound, in English and Japanese: what is said, and how it is asked about.

Data and drawing only; what is true of a scene besides its words is decided in `sound_grammar`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from speechfair.probes.grounding import grammar, grammar_ja, lexicon, lexicon_ja
from speechfair.synthesis.channels import CLEAN

__all__ = ["ENGLISH", "WORDINGS", "SoundWording", "SoundWords", "Speech"]

Speech = Literal["eng", "jpn"]
Draw = Callable[[int], int]
"""A whole number below a limit."""


@dataclass(frozen=True, slots=True)
class SoundWords:
    """The words of one scene.

    Parameters
    ----------
    first : the first sentence in three parts, each of which can be stressed.
    asked : what each of them answers.
    middle, last : the other sentences.
    thing, unsaid : a word that the first sentence says, and one that nobody says.
    """

    first: tuple[str, str, str]
    asked: tuple[str, str, str]
    middle: str
    last: str
    thing: str
    unsaid: str


@dataclass(frozen=True, slots=True)
class SoundWording:
    """How scenes are worded in one language; ``{}`` is where a sentence or a word goes.

    Parameters
    ----------
    draw : the words of a scene.
    split : a sentence in two, where its speaker hesitates.
    between : what stands between the words of a transcript's sentences, and between parts of one.
    hesitation, hesitation_tempo : what is said then, and how fast.
    fast, slow : tempo of the last sentence. espeak-ng has a slowest rate, so a slow voice cannot be slowed much.
    comma, stop : marks that end a piece.
    places : where the voices are, by channel.
    """

    draw: Callable[[Draw], SoundWords]
    split: Callable[[str], tuple[str, str]]
    between: tuple[str, str]
    hesitation: str
    hesitation_tempo: float
    fast: float
    slow: float
    comma: str
    stop: str
    yes_no: tuple[str, str]
    presence: str
    origin: str
    unstated: str
    countries: tuple[str, ...]
    speakers: str
    event: str
    hesitates: str
    where: str
    places: dict[str, str]
    tempo: tuple[str, str, str]
    loudness: tuple[str, str, str]
    question: tuple[str, str, str]
    focus: str
    event_place: tuple[str, str, str]
    who: tuple[str, str, str]
    turns: tuple[str, str, str]

    def sentence(self, words: SoundWords) -> str:
        """The first sentence."""
        return self.between[1].join(words.first)

    def text(self, words: SoundWords) -> str:
        """As a transcript without punctuation gives the words."""
        return self.between[0].join((self.sentence(words), words.middle, words.last))


def _two(draw: Draw, words: Sequence[str]) -> tuple[str, str]:
    one = draw(len(words))
    other = draw(len(words) - 1)
    return words[one], words[other + (other >= one)]


def _english(draw: Draw) -> SoundWords:
    name, number = lexicon.NAMES[draw(len(lexicon.NAMES))], lexicon.NUMBERS[draw(len(lexicon.NUMBERS))]
    thing, unsaid = _two(draw, lexicon.OBJECTS)
    base, past = lexicon.VERBS[draw(len(lexicon.VERBS))]
    setting = tuple(lexicon.SETTINGS)[draw(len(lexicon.SETTINGS))]
    middle, last = _two(draw, lexicon.SETTINGS[setting])
    asked = (
        f"Who {past} {number} {thing}?",
        f"How many {thing} did {name} {base}?",
        f"What did {name} {base}?",
    )
    return SoundWords((f"{name} {past}", number, thing), asked, middle, last, thing, unsaid)


def _split_english(sentence: str) -> tuple[str, str]:
    words = sentence.split()
    return " ".join(words[:2]), " ".join(words[2:])


def _japanese(draw: Draw) -> SoundWords:
    name = lexicon_ja.NAMES[draw(len(lexicon_ja.NAMES))]
    number = lexicon_ja.NUMBERS[draw(len(lexicon_ja.NUMBERS))]
    thing, unsaid = _two(draw, lexicon_ja.OBJECTS)
    verb = lexicon_ja.VERBS[draw(len(lexicon_ja.VERBS))]
    setting = tuple(lexicon_ja.SETTINGS)[draw(len(lexicon_ja.SETTINGS))]
    clauses = [clause.polite for clause in lexicon_ja.SETTINGS[setting]]
    middle, last = _two(draw, clauses)
    asked = (
        f"誰が{thing}を{number}{verb.polite}か。",
        f"{name}は何を{number}{verb.polite}か。",
        f"{name}は{thing}をいくつ{verb.polite}か。",
    )
    first = (f"{name}が", f"{thing}を", f"{number}{verb.polite}")
    return SoundWords(first, asked, middle, last, thing, unsaid)


def _split_japanese(sentence: str) -> tuple[str, str]:
    """After the subject; every sentence of the lexicon has one."""
    subject, mark, rest = sentence.partition("が")
    return subject + mark, rest


ENGLISH = SoundWording(
    draw=_english,
    split=_split_english,
    between=(" ", " "),
    hesitation="um,",
    hesitation_tempo=0.7,
    fast=1.45,
    slow=0.72,
    comma=",",
    stop=".",
    yes_no=(grammar.YES, grammar.NO),
    presence=grammar.PRESENCE,
    origin=grammar.ORIGIN,
    unstated=grammar.UNSTATED,
    countries=lexicon.COUNTRIES,
    speakers="Does more than one person speak?",
    event="Is there a sound that is not a voice, such as a beep or a knock?",
    hesitates='Does anybody hesitate with a sound such as "um"?',
    where="Where are the voices?",
    places={
        CLEAN: "close to the microphone",
        "telephone": "on the telephone",
        "room:1": "in a large room that echoes",
    },
    tempo=("Is the last sentence faster or slower than the first?", "faster", "slower"),
    loudness=("Is the last sentence louder or softer than the first?", "louder", "softer"),
    question=('Is "{}" meant as a question or as a statement?', "a question", "a statement"),
    focus='Listen to the stress. Which question does "{}" answer?',
    event_place=('Is the sound that is not a voice heard before or after "{}"?', "before", "after"),
    who=('Who says "{}"?', "the person who speaks first", "another person"),
    turns=("How many times does the voice change from one person to another?", "once", "twice"),
)
JAPANESE = SoundWording(
    draw=_japanese,
    split=_split_japanese,
    between=(" ", ""),
    hesitation="えーと、",
    hesitation_tempo=0.85,
    fast=1.45,
    slow=0.85,
    comma="、",
    stop="。",
    yes_no=(grammar_ja.YES, grammar_ja.NO),
    presence=grammar_ja.PRESENCE,
    origin=grammar_ja.ORIGIN,
    unstated=grammar_ja.UNSTATED,
    countries=lexicon_ja.COUNTRIES,
    speakers="話しているのは二人以上ですか。",
    event="ブザーやノックのような、人の声ではない音が聞こえますか。",
    hesitates="「えーと」のように言いよどむ声が聞こえますか。",
    where="声はどのような場所から聞こえますか。",
    places={CLEAN: "マイクのすぐ近く", "telephone": "電話の向こう", "room:1": "音が響く広い部屋"},
    tempo=("最後の文は、最初の文より速いですか、遅いですか。", "速い", "遅い"),
    loudness=("最後の文は、最初の文より大きな声ですか、小さな声ですか。", "大きな声", "小さな声"),
    question=("「{}」は、質問として言われていますか、それとも事実として述べられていますか。", "質問", "事実"),
    focus="声の強調に注意して聞いてください。「{}」は、どの質問への答えですか。",
    event_place=("人の声ではない音が聞こえるのは、「{}」の前ですか、あとですか。", "前", "あと"),
    who=("「{}」と言っているのは誰ですか。", "最初に話した人", "別の人"),
    turns=("話し手は何回入れ替わりますか。", "一回", "二回"),
)
WORDINGS: dict[Speech, SoundWording] = {"eng": ENGLISH, "jpn": JAPANESE}
"""By language of speech and questions."""
