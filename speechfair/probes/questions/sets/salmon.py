"""SALMon: recordings of which one of two fits (in speaker, sentiment, background or room) and the other does not.

Maimon et al., "A Suite for Acoustic Language Model Evaluation", 2024. Layout::

    {part}/sample_{number}_{variant}.wav     variant 0 is the one that fits

The suite compares likelihoods of both; a model that answers questions is asked about each recording by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from speechfair.corpora.layout import expect, needs_root, reading_under
from speechfair.errors import InputError
from speechfair.probes.questions.question_set import QuestionSet, SetQuestion, gather, set_card
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion

__all__ = ["PARTS", "load"]

NAME = "salmon"
PARTS = {
    "bg_alignment": "Do the background sounds fit what is said?",
    "bg_all_consistency": "Does the background stay the same from beginning to end?",
    "bg_domain_consistency": "Does the background stay the same from beginning to end?",
    "gender_consistency": "Does one and the same speaker talk from beginning to end?",
    "rir_consistency": "Does the recording sound as if made in one and the same room from beginning to end?",
    "sentiment_alignment": "Does the tone of voice fit what is said?",
    "sentiment_consistency": "Does the tone of voice stay the same from beginning to end?",
    "speaker_consistency": "Does one and the same speaker talk from beginning to end?",
}
"""What is asked about the recordings of each part, in our words: the suite has no questions."""

_FILE = re.compile(r"sample_(\d+)_(\d+)")


def load(root: Path | None, *, part: str | None = None) -> QuestionSet:
    """The suite, or one part.

    Parameters
    ----------
    root : folder that holds the folders of the parts.
    part : one of `PARTS`; None for all that are there.
    """
    if part is not None and part not in PARTS:
        raise InputError(f"part {part!r}; {did_you_mean(part, list(PARTS))}")
    folder = needs_root(root, NAME)
    with reading_under(folder):
        parts = [part] if part else [name for name in PARTS if (folder / name).is_dir()]
        for name in parts or ["speaker_consistency"]:
            expect(folder / name, NAME, f"the folder {name}")
        return gather(set_card(NAME), folder, {"part": part}, _rows(folder, parts))


def _rows(folder: Path, parts: list[str]) -> Iterator[SetQuestion | Exclusion]:
    for part in parts:
        for path in sorted((folder / part).glob("*.wav")):
            name = f"{part}/{path.stem}"
            match = _FILE.fullmatch(path.stem)
            if match is None:
                yield Exclusion(name, "file name is not sample_NUMBER_VARIANT.wav", f"{part}/{path.name}")
                continue
            yield SetQuestion(
                id=name,
                item=name,
                audio=path,
                prompt=PARTS[part],
                options=("yes", "no"),
                answers=("yes" if int(match[2]) == 0 else "no",),
                expects="answer",
                kind=part,
                voice=None,
                labels=(),
                transcript=None,
                language="eng",
                where=f"{part}/{path.name}",
            )
