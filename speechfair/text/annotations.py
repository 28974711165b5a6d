"""Brackets in transcripts: which hold an event (laughter, a tag), which hold speech that somebody said.

The same rule is applied to reference and hypothesis before they are normalised. A corpus card says it in its field
``annotations``, marker by marker; where a card says nothing, `DEFAULT` holds: what names an event is left out, anything
else is speech. The strict normalisers and ``verbatim`` get texts as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

__all__ = ["DEFAULT", "MARKERS", "Marker", "Rule", "annotations_in", "without_events"]

Marker = Literal["angle", "asterisk", "curly", "double_round", "music", "round", "slash", "square"]
Rule = Literal["speech", "event", "known"]
"""``speech`` keeps what is inside, ``event`` leaves it out, ``known`` leaves it out where it names an event."""

MARKERS: Mapping[Marker, re.Pattern[str]] = {
    "double_round": re.compile(r"\(\(([^()]*)\)\)"),
    "round": re.compile(r"\(([^()]*)\)"),
    "square": re.compile(r"[\[\u3010\uff3b]([^\[\]\u3010\u3011\uff3b\uff3d]*)[\]\u3011\uff3d]"),
    "curly": re.compile(r"\{([^{}]*)\}"),
    "angle": re.compile(r"<([^<>]*)>"),
    "asterisk": re.compile(r"\*+([^*\n]+)\*+"),
    "slash": re.compile(r"(?<![\w/])/([^/\n]+)/(?![\w/])"),
    "music": re.compile(r"[\u266a\u266b\u266c\u266d\u266f]+([^\u266a\u266b\u266c\u266d\u266f\n]*)"),
}
"""What opens and closes, with one group for what is inside; in the order in which they are read."""

DEFAULT: Mapping[Marker, Rule] = {
    "double_round": "known",
    "round": "known",
    "square": "known",
    "curly": "known",
    "angle": "known",
    "asterisk": "known",
    "slash": "speech",
    "music": "known",
}
"""What holds where a card says nothing."""

_OPENS = re.compile("[(\\[{<*/\u3010\uff3b\u266a-\u266f]")
_EVENTS = frozenset(
    """
    laughter laugh laughs laughing laughed chuckle chuckles chuckling chuckled giggle giggles giggling cough
    coughs coughing sneeze sneezes sneezing sniff sniffs sniffing sigh sighs sighing breath breaths breathing
    breathes inhale inhales inhaling exhale exhales exhaling gasp gasps gasping groan groans yawn yawns cry cries
    crying sob sobs sobbing scream screams screaming whisper whispers whispering clears throat clearing lipsmack
    smack smacks tsk click clicks clicking noise noises noisy sound sounds static hum humming buzz buzzing beep
    beeps beeping ring rings ringing knock knocks knocking bang door dog barks barking birds chirping wind phone
    typing footsteps music musical playing upbeat soft song theme melody singing sings instrumental applause
    applauds clapping claps cheer cheers cheering crowd background silence silent pause pauses blank audio empty
    inaudible unintelligible unclear indiscernible indistinct unk unknown spn nsn sil crosstalk overlap
    overlapping chatter mumbles mumbling speaking speaks speech foreign language vocalized vocalizing nonspeech
    non verbal nonverbal disfluency filler garbage bleep bleeped censored redacted end begin start no
    """.split()  # noqa: SIM905 (a list of 180 quoted words reads worse)
)
_TIMES = re.compile(r"[\d:.,\s>-]*:[\d:.,\s>-]*")
_WORD = re.compile(r"[^\W\d_]+")
_SPEECH_ALONE = frozenset(
    {"no", "end", "begin", "start", "soft", "wind", "door", "dog", "phone", "birds", "ring", "sound"}
)


def without_events(text: str, rules: Mapping[Marker, Rule] | None = None) -> str:
    """`text` without events; marks around speech go, too.

    Parameters
    ----------
    rules : by marker, as a card's ``annotations``; markers left out have their `DEFAULT`.

    >>> without_events("[laughter] so (pause 0.3) <unk> [I went] there")
    '  so      I went  there'
    """
    if not _OPENS.search(text):
        return text
    chosen = {**DEFAULT, **(rules or {})}

    for marker, pattern in MARKERS.items():
        rule = chosen[marker]

        def kept(match: re.Match[str], marker: Marker = marker, rule: Rule = rule) -> str:
            return " " if _is_event(marker, match[1], rule) else f" {match[1]} "

        text = pattern.sub(kept, text)
    return text


def annotations_in(
    text: str, rules: Mapping[Marker, Rule] | None = None
) -> Iterator[tuple[Marker, str, bool]]:
    """Every bracket of `text`: its marker, what is inside, and whether that counts as an event.

    >>> list(annotations_in("[laughter] yes (I did)"))
    [('round', 'I did', False), ('square', 'laughter', True)]
    """
    if not _OPENS.search(text):
        return
    chosen = {**DEFAULT, **(rules or {})}
    for marker, pattern in MARKERS.items():
        for match in pattern.finditer(text):
            yield marker, match[1].strip(), _is_event(marker, match[1], chosen[marker])
        text = pattern.sub(" ", text) if marker == "double_round" else text


def _is_event(marker: Marker, inside: str, rule: Rule) -> bool:
    if rule != "known":
        return rule == "event"
    if marker == "angle" and not any(char.isspace() for char in inside.strip()):
        return True  # a tag: <unk>, </s>, <|en|>
    if marker == "square" and _TIMES.fullmatch(inside):
        return True
    words = [word.lower() for word in _WORD.findall(inside)]
    if not words:
        return not any(char.isdigit() for char in inside)
    return all(word in _EVENTS for word in words) and not (len(words) == 1 and words[0] in _SPEECH_ALONE)
