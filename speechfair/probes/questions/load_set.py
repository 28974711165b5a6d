"""`load_question_set` gives a question set by its registered name. Loading one opens no audio."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from speechfair.errors import CorpusError, InputError
from speechfair.probes.questions.question_set import QuestionSet
from speechfair.registry import did_you_mean, question_sets

__all__ = ["load_question_set"]


def load_question_set(name: str, root: str | Path | None = None, **options: Any) -> QuestionSet:
    """Load a question set.

    Parameters
    ----------
    name : such as ``items`` (a file ``items.jsonl`` of your own) or ``voicebench-sd-qa``.
    root : its folder, as it was unpacked.
    options : of the loader.

    Raises
    ------
    InputError : the set or an option is unknown; the message names the nearest one.
    CorpusError : the folder is not there, or not laid out as the loader knows it.
    """
    loader = question_sets().load(name)
    valid = [
        parameter.name
        for parameter in inspect.signature(loader).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    for option in options:
        if option not in valid:
            raise InputError(
                f"unknown option {option!r} for the question set {name!r}; {did_you_mean(option, valid)}"
            )
    folder = Path(root).absolute() if root is not None else None
    if folder is not None and not folder.is_dir():
        raise CorpusError(
            f"--root {root}: there is no such folder; give the folder of the question set {name!r}"
        )
    found = loader(folder, **options)
    if not isinstance(found, QuestionSet):
        raise CorpusError(
            f"the loader of {name!r} gave a {type(found).__name__}, which is not a question set"
        )
    return found
