"""A question set: recorded speech, what is asked about it, and the known answer. Values only; a loader fills them.

A question set is a `Corpus`, so that a run folder, a manifest and labels work as everywhere. Rows of a set are asked
about, or excluded with the reason; none vanishes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from speechfair.corpora.card import ORIGINS, Card, Origin
from speechfair.errors import CorpusError, InputError
from speechfair.resources import data_folder
from speechfair.strict_yaml import read_model
from speechfair.types import AudioSource, Exclusion, Label, Utterance

__all__ = ["Expects", "QuestionSet", "SetQuestion", "gather", "set_card"]

Expects = Literal["answer", "refusal", "reply"]
"""What a reply must do: hold the answer; decline; or answer at all, where a set has no answer that rules can check."""

MOST_OPTIONS = 8


@dataclass(frozen=True, slots=True)
class SetQuestion:
    """One question about one recording.

    Parameters
    ----------
    id : unique within the set.
    item : what is asked. Rows of one item differ in the voice only, and have the same options and answers.
    audio, start_s, end_s : the recording, and the stretch of it in seconds.
    prompt : what is asked in writing; None where the question is spoken.
    options : what to choose from, at most 8; empty for a free answer.
    answers : what counts as right; with options exactly one of them.
    kind : the sort of question, such as a task or a category of the set.
    voice : speaker id, or None where the set has none.
    transcript : what is said, verbatim; None where the set does not tell, and then there is no text control.
    where : file and line, for messages.
    """

    id: str
    item: str
    audio: Path | AudioSource
    prompt: str | None
    options: tuple[str, ...]
    answers: tuple[str, ...]
    expects: Expects
    kind: str
    voice: str | None
    labels: tuple[Label, ...]
    transcript: str | None
    language: str
    where: str
    start_s: float | None = None
    end_s: float | None = None

    def problem(self) -> str | None:
        """Why the row cannot be asked; None if it can."""
        if len(set(self.options)) < len(self.options) or len(self.options) == 1:
            return "options must be at least two, and differ"
        if len(self.options) > MOST_OPTIONS:
            return f"{len(self.options)} options; at most {MOST_OPTIONS} have letters"
        if self.expects != "answer":
            return "options without an answer to expect" if self.options else None
        if not self.answers or not all(answer.strip() for answer in self.answers):
            return "there is no answer"
        if self.options and (len(self.answers) != 1 or self.answers[0] not in self.options):
            return f"the answer {' | '.join(self.answers)!r} is not one of the options"
        return None

    def same_item(self, other: SetQuestion) -> bool:
        """Whether both ask the same."""
        mine = (self.prompt, self.options, self.answers, self.expects)
        return mine == (other.prompt, other.options, other.answers, other.expects)


@dataclass(frozen=True)
class QuestionSet:
    """All of a set: a `Corpus` whose every utterance has questions. Made by `gather`.

    Parameters
    ----------
    rows : utterances and excluded rows, in the order of the set.
    questions : by utterance id.
    """

    name: str
    card: Card
    root: Path | None
    options: Mapping[str, Any]
    rows: tuple[Utterance | Exclusion, ...]
    questions: Mapping[str, tuple[SetQuestion, ...]]

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        return iter(self.rows)

    @property
    def exclusions(self) -> list[Exclusion]:
        """Rows that cannot be asked, with the reason."""
        return [row for row in self.rows if isinstance(row, Exclusion)]

    @property
    def speech(self) -> Origin | None:
        """The least real origin that the card or a label ``speech`` states; None where some speech is of none."""
        asked = [row for row in self.rows if isinstance(row, Utterance)]
        stated = [
            next((one.value for one in row.labels if one.axis == "speech"), self.card.speech) for row in asked
        ]
        found = [origin for origin in ORIGINS if origin in stated]
        return None if found[-1:] == ["recorded"] and None in stated else found[-1] if found else None

    def sizes(self) -> tuple[int | None, int]:
        """Voices of the smallest group on any axis, or of all; None where a speaker is not known. Then items."""
        first = [group[0] for group in self.questions.values()]
        items = len({one.item for group in self.questions.values() for one in group})
        if any(one.voice is None for one in first):
            return None, items
        groups: dict[tuple[str, str], set[str | None]] = {}
        for one in first:
            for label in one.labels:
                groups.setdefault((label.axis, label.value), set()).add(one.voice)
        return min(map(len, groups.values()), default=len({one.voice for one in first})), items


def gather(
    card: Card, root: Path | None, options: Mapping[str, Any], rows: Iterable[SetQuestion | Exclusion]
) -> QuestionSet:
    """A set of these rows: questions about the same stretch of audio are put together, so that it is read once.

    Raises
    ------
    CorpusError : no row can be asked; or rows about one recording name two voices, labels or transcripts.
    """
    listed: list[Utterance | Exclusion] = []
    questions: dict[str, list[SetQuestion]] = {}
    ids: dict[str, SetQuestion] = {}
    items: dict[str, SetQuestion] = {}
    for row in rows:
        excluded = row if isinstance(row, Exclusion) else _unusable(row, ids, items)
        if excluded is not None:
            listed.append(excluded)
            continue
        assert isinstance(row, SetQuestion)
        ids[row.id] = row
        items.setdefault(row.item, row)
        name = _stretch(row, root)
        if name not in questions:
            listed.append(_utterance(name, row))
        elif _facts(row) != _facts(first := questions[name][0]):
            raise CorpusError(
                f"{row.where}: the voice, the labels or the transcript differ from those of {first.where}, which is "
                "about the same audio; make them equal"
            )
        questions.setdefault(name, []).append(row)
    if not questions:
        reasons = [f"{row.where}: {row.reason}" for row in listed if isinstance(row, Exclusion)]
        shown = "; ".join(reasons[:3]) or "there is no row"
        raise CorpusError(f"nothing of the question set {card.name!r} can be asked: {shown}")
    asked = {name: tuple(group) for name, group in questions.items()}
    return QuestionSet(card.name, card, root, options, tuple(listed), asked)


def _unusable(
    row: SetQuestion, ids: Mapping[str, SetQuestion], items: Mapping[str, SetQuestion]
) -> Exclusion | None:
    reason = row.problem()
    if reason is None and row.id in ids:
        reason = f"the id {row.id!r} was given before, at {ids[row.id].where}"
    if reason is None and row.item in items and not row.same_item(items[row.item]):
        reason = f"the item {row.item!r} asks something else at {items[row.item].where}"
    return None if reason is None else Exclusion(row.id, reason, row.where)


def _facts(row: SetQuestion) -> tuple[object, ...]:
    return row.voice, row.labels, row.transcript, row.language


def _stretch(row: SetQuestion, root: Path | None) -> str:
    """Name of the recording, with the stretch where it is not the whole of it."""
    if isinstance(row.audio, Path):
        inside = root is not None and row.audio.is_relative_to(root)
        name = row.audio.relative_to(root).as_posix() if inside and root else row.audio.as_posix()
    else:
        name = row.audio.name
    if row.start_s is None and row.end_s is None:
        return name
    return f"{name}#{'' if row.start_s is None else row.start_s}-{'' if row.end_s is None else row.end_s}"


def _utterance(name: str, row: SetQuestion) -> Utterance:
    return Utterance(
        name,
        row.audio,
        row.transcript,
        row.language,
        row.voice,
        row.labels,
        row.start_s,
        row.end_s,
    )


@cache
def set_card(name: str) -> Card:
    """The card of a question set: what it is, its licence, and its traps."""
    path = data_folder("corpora") / "question_sets" / f"{name}.yaml"
    if not path.exists():
        raise InputError(f"there is no card for the question set {name!r}: {path} does not exist")
    card = read_model(path, Card)
    if card.name != name:
        raise InputError(f"{path}: the card names itself {card.name!r}; it must be {name!r}")
    return card
