"""A question set of the user's own: ``items.jsonl``, one JSON object a line, and the recordings next to it.

Keys of a line: ``audio`` (path under the root), then any of ``question`` (absent where it is spoken), ``options``,
``answer`` (a text, or a list of texts that all count), ``expects`` (answer, refusal or reply), ``id``, ``item``,
``kind``, ``voice``, ``labels`` (axis to value), ``transcript``, ``language``, ``start_s``, ``end_s``. A line that
cannot be asked is excluded and named with its number.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from speechfair.corpora.card import Card
from speechfair.corpora.layout import expect, lines_of, needs_root, reading_under
from speechfair.probes.questions.question_set import Expects, QuestionSet, SetQuestion, gather, set_card
from speechfair.probes.questions.set_rows import BadRowError, audio_under, json_object
from speechfair.records import StrictRecord
from speechfair.registry import did_you_mean
from speechfair.strict_yaml import read_model
from speechfair.types import Exclusion, Label

__all__ = ["Line", "load"]

Text = Annotated[str, Field(min_length=1)]


class Line(StrictRecord):
    """One line of ``items.jsonl``."""

    audio: Text
    question: Text | None = None
    options: list[Text] = Field(default_factory=list)
    answer: Text | list[Text] | None = None
    expects: Expects | None = None
    id: Text | None = None
    item: Text | None = None
    kind: Text = "question"
    voice: Text | None = None
    labels: dict[Text, Text] = Field(default_factory=dict)
    transcript: Text | None = None
    language: Annotated[str, Field(pattern="^[a-z]{3}$")] | None = None
    start_s: float | None = Field(default=None, ge=0)
    end_s: float | None = Field(default=None, gt=0)


def load(
    root: Path | None,
    *,
    items: str | Path = "items.jsonl",
    card: str | Path | None = None,
    language: str = "eng",
) -> QuestionSet:
    """Read ``items.jsonl``.

    Parameters
    ----------
    root : folder that audio paths are relative to.
    items : the file; a relative path lies under `root`.
    card : YAML file with the set's licence, label sources, reference groups and traps, as ``corpora/*.yaml`` hold them.
    language : ISO 639-3 code of the speech where a line has none.

    Raises
    ------
    CorpusError : the file is not there, no line can be asked, or lines about one recording disagree about it.
    InputError : the card is not usable.
    """
    folder = needs_root(root, "items")
    path = expect(folder / items, "items", "the questions, one JSON object a line,")
    facts = read_model(Path(card), Card) if card is not None else set_card("items")
    with reading_under(folder, path.parent):
        rows = list(_rows(path, folder, facts, language))
    options: dict[str, Any] = {"items": Path(items).name, "language": language}
    return gather(facts, folder, options, rows)


def _rows(path: Path, root: Path, card: Card, language: str) -> Iterator[SetQuestion | Exclusion]:
    for number, text in lines_of(path):
        where = f"{path.name}, line {number}"
        try:
            line = Line.model_validate(json_object(text))
            yield _question(line, root, card, language, f"line {number}", where)
        except BadRowError as error:
            yield Exclusion(f"line {number}", str(error), where)
        except ValidationError as error:
            yield Exclusion(f"line {number}", _reason(error), where)


def _reason(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"unknown key {key!r}; {did_you_mean(key, list(Line.model_fields))}"
    if first["type"] == "missing":
        return f"the key {key!r} is missing"
    return f"{key}: {first['msg']}"


def _question(line: Line, root: Path, card: Card, language: str, name: str, where: str) -> SetQuestion:
    audio = audio_under(root, line.audio)
    if line.end_s is not None and line.end_s <= (line.start_s or 0.0):
        raise BadRowError(f"end_s {line.end_s} is not after start_s {line.start_s or 0.0}")
    answers = (line.answer,) if isinstance(line.answer, str) else tuple(line.answer or ())
    expects = line.expects or ("answer" if answers or line.options else "reply")
    if expects != "answer" and answers:
        raise BadRowError(f"has an answer, but expects a {expects}")
    sources = {axis: about.source for axis, about in card.axes.items()}
    labels = (Label(axis, value, sources.get(axis, "corpus")) for axis, value in line.labels.items())
    identity = line.id or name
    return SetQuestion(
        id=identity,
        item=line.item or identity,
        audio=audio,
        prompt=line.question,
        options=tuple(line.options),
        answers=answers,
        expects=expects,
        kind=line.kind,
        voice=line.voice,
        labels=tuple(labels),
        transcript=line.transcript,
        language=line.language or language,
        where=where,
        start_s=line.start_s,
        end_s=line.end_s,
    )
