"""Many texts normalised on all processors: other processes of the same Python take their shares.

A share is the name of a normaliser, the rules for brackets and the texts. The processes are started as programs, so
that a script needs no guard around its main part, and a share that did not come back whole is normalised here: the
texts are the same, only later.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from speechfair.errors import SpeechfairError
from speechfair.running.one_text import Rules, normalised_text
from speechfair.types import Normalizer

__all__ = ["LEAST", "normalised_texts"]

LEAST = 20_000
"""So many texts are worth starting a process for each share."""
_NOT_AN_ANSWER = (pickle.UnpicklingError, EOFError, ValueError, AttributeError, ImportError, LookupError)
_PROGRAM = "from speechfair.running.shared_normalising import _answer; _answer()"


def normalised_texts(
    texts: Sequence[str], normalizer: Normalizer, rules: Rules, *, processes: int | None = None
) -> list[str]:
    """Every text normalised, in order.

    Parameters
    ----------
    processes : how many take part, this one included; None is all processors, or one for fewer than `LEAST` texts.
    """
    from speechfair.models.processors import processors

    if processes is None:
        processes = processors() if len(texts) >= LEAST else 1
    if processes < 2 or not _is_known_by_name(normalizer):
        return [normalised_text(text, normalizer, rules) for text in texts]
    size = -(-len(texts) // processes)
    mine, *others = [list(texts[at : at + size]) for at in range(0, len(texts), size)]
    with ThreadPoolExecutor(max(len(others), 1)) as pool:
        waiting = [pool.submit(_asked, share, normalizer, rules) for share in others]
        found = [normalised_text(text, normalizer, rules) for text in mine]
        for share, answer in zip(others, waiting, strict=True):
            found += answer.result() or [normalised_text(text, normalizer, rules) for text in share]
    return found


def _is_known_by_name(normalizer: Normalizer) -> bool:
    """Whether another process gets the same normaliser for the name."""
    from speechfair.text.normalizers import load_normalizer

    try:
        return load_normalizer(normalizer.name) is normalizer
    except SpeechfairError:
        return False


def _asked(texts: list[str], normalizer: Normalizer, rules: Rules) -> list[str] | None:
    """The texts from another process; None where it did not answer all of them."""
    question = pickle.dumps((normalizer.name, normalizer.version, rules, texts))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            input=question,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            check=True,
        )
        found = pickle.loads(done.stdout)  # what our own process wrote
    except (OSError, subprocess.SubprocessError, *_NOT_AN_ANSWER):
        return None
    return found if isinstance(found, list) and len(found) == len(texts) else None


def _answer() -> None:
    """What the other process does."""
    from speechfair.text.normalizers import load_normalizer

    name, version, rules, texts = pickle.load(sys.stdin.buffer)
    normalizer = load_normalizer(name)
    if normalizer.version != version:
        sys.exit(f"{name} is of version {normalizer.version} here, not {version}")
    found = [normalised_text(text, normalizer, rules) for text in texts]
    sys.stdout.buffer.write(pickle.dumps(found))
