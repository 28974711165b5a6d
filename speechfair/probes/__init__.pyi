"""What the package offers; the one list of its public names. A name is imported when it is first used."""

from .grounding.probe_grounding import probe_grounding
from .grounding.spoken import bind, speak, speak_sound
from .questions.load_set import load_question_set
from .questions.probe_questions import probe_questions
from .response.probe_response import probe_response
from .strength.probe_strength import probe_strength

__all__ = [
    "bind",
    "load_question_set",
    "probe_grounding",
    "probe_questions",
    "probe_response",
    "probe_strength",
    "speak",
    "speak_sound",
]
