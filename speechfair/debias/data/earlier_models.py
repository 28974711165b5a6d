"""Whom the finished models that a method combines were trained on, from the records of their runs.

Such a model may not be chosen, or judged, by speakers that it was trained on: their rates would be too good.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.debias.data.same_person import Person, people_in_both
from speechfair.debias.data.training_data import EarlierModel
from speechfair.errors import InputError, RunFolderError
from speechfair.store import write_atomically
from speechfair.strict_json import parse_json
from speechfair.wording import count

if TYPE_CHECKING:
    from speechfair.debias.data.training_data import Row, TrainingData

__all__ = ["earlier_model", "note_speakers", "refuse_heard", "unrecorded"]

RECORD = "speakers.json"


def earlier_model(folder: Path) -> EarlierModel:
    """What the run of ``RUN/model`` recorded of its speakers; nothing where there is no such record.

    Raises
    ------
    RunFolderError
        The record cannot be read.
    """
    path = folder.expanduser().resolve().parent / "training" / RECORD
    if not path.is_file():
        return EarlierModel(folder)
    try:
        found = parse_json(path.read_text(encoding="utf-8"))
        return EarlierModel(
            folder,
            frozenset(map(_person, found["trained"])),
            frozenset(map(_person, found["development"])),
            bool(found["complete"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunFolderError(
            f"{path} is no record of a training's speakers: {error!r}; train again"
        ) from None


def _person(entry: Any) -> Person:
    """Of a record: corpus and name; earlier versions kept the name alone, which may then be anybody's."""
    if isinstance(entry, str):
        return Person(None, entry)
    corpus, speaker = entry
    return Person(None if corpus is None else str(corpus), str(speaker))


def note_speakers(folder: Path, data: TrainingData, trained: Sequence[Row]) -> None:
    """Record in the folder of a training whom the model was trained on and chosen by, for runs that use it."""
    heard = {row.person for row in trained}.union(*(model.trained for model in data.earlier))
    chosen_by = {row.person for row in (*data.dev, *data.guard)}
    content = {
        "trained": _in_order(heard),
        "development": _in_order(chosen_by.union(*(model.development for model in data.earlier))),
        "complete": all(model.complete for model in data.earlier),
    }
    write_atomically(folder / RECORD, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


def _in_order(people: Iterable[Person]) -> list[Person]:
    return sorted(people, key=lambda person: (person.corpus or "", person.speaker))


def refuse_heard(
    models: Sequence[EarlierModel], speakers: Iterable[Person], what: str, *, chosen_by: bool = False
) -> None:
    """Raise `InputError` if a model was trained on any of `speakers`.

    Parameters
    ----------
    what : who the speakers are, for the message.
    chosen_by : whether the model may not have been chosen by them either.
    """
    theirs = set(speakers)
    for model in models:
        shared = people_in_both(model.trained | (model.development if chosen_by else frozenset()), theirs)
        if shared:
            how = "trained on or chosen by" if chosen_by else "trained on"
            raise InputError(
                f"the model {model.folder} was {how} {count(len(shared), 'speaker')} of {what} (first: "
                f"{shared[0]!r}); their rates would be too good. Use models whose development speakers are "
                "these: same train, axis, dev and seed, such as a run with another learning_rate or method"
            )


def unrecorded(models: Sequence[EarlierModel]) -> list[str]:
    """A line, if it is not known whom some of the models were trained on."""
    places = [str(place) for place, model in enumerate(models, 1) if not model.complete]
    if not places:
        return []
    return [
        f"no record says whom {count(len(places), 'combined model')} of {len(models)} heard in training (place "
        f"{', '.join(places)} in the recipe); if development or evaluation speakers were among them, the rates are "
        "too good"
    ]
