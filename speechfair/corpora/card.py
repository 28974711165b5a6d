"""Corpus cards: what a corpus is, what may be done with it, which labels it has and who assigned them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints, model_validator

from speechfair.errors import InputError
from speechfair.records import Record
from speechfair.registry import corpora
from speechfair.resources import data_folder
from speechfair.strict_yaml import read_model
from speechfair.text.annotations import Marker, Rule
from speechfair.types import LabelSource

__all__ = ["ORIGINS", "AxisCard", "Card", "Licence", "Origin", "PlainCard", "load_card"]


Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$")]
"""An ISO 639-3 code, such as ``eng``; ``und`` where it is the user's to say, ``mul`` for several."""


Origin = Literal["recorded", "augmented", "synthetic"]
"""Whether people were recorded, recordings were changed to make more of them, or a program spoke."""

ORIGINS: tuple[Origin, ...] = get_args(Origin)
"""From people's own speech to what no person said."""


class Licence(Record):
    """The licence in a word and in a sentence, and what it allows.

    Parameters
    ----------
    uses : the uses that it allows; others need the holder's permission.
    """

    id: str = Field(description="SPDX id, or a name of its own", min_length=1)
    text: str = Field(description="what it says, in a sentence; quoted where a use is refused", min_length=3)
    uses: list[Literal["evaluation", "training", "redistribution"]]


class AxisCard(Record):
    """One label axis: who assigned it, which values it has, how raw values are mapped.

    Parameters
    ----------
    source : who assigned the label; no verdict rests on inferred ones.
    note : what a reader must know of the axis.
    """

    source: LabelSource
    values: list[str] | None = Field(default=None, description="None: free text or user's own")
    note: str | None = None
    map: dict[str, str] = Field(default_factory=dict, description="raw value -> value")


@dataclass(frozen=True)
class PlainCard:
    """The least that an audit wants to know of a corpus, for corpora made in Python. Fields as in `Card`."""

    name: str
    version: str = ""
    reference: Mapping[str, str] = field(default_factory=dict)
    tokens: Literal["words", "characters"] = "words"
    normalizer: str | None = None
    statement: str | None = None
    licence: Licence | None = None
    speech: Origin | None = None


class Card(Record):
    """A corpus card.

    Parameters
    ----------
    name, title, version, citation : of the corpus; `name` is the one that it is registered under.
    licence : what it allows.
    tokens : what is counted as an error: words or characters.
    normalizer : of the texts; None takes the usual one of each row's language.
    axes : label axes by name.
    reference : the reference group by axis.
    statement : a sentence that is said wherever the corpus is used.
    layout : where its files lie below the root.
    access : how to get it.
    traps : what a reader of a result must know.
    """

    name: str
    title: str
    version: str
    citation: str
    licence: Licence
    languages: list[Language] = Field(description="ISO 639-3", min_length=1)
    speech: Origin | None = Field(default=None, description="None: the user's own, who has to say")
    speakers_of: str | None = Field(
        default=None, description="the corpus that its recordings and speaker ids were taken from"
    )
    tokens: Literal["words", "characters"] = "words"
    normalizer: str | None = None
    annotations: dict[Marker, Rule] = Field(
        default_factory=dict,
        description="what brackets hold: speech, an event, or an event where it names a known one (the usual rule)",
    )
    axes: dict[str, AxisCard]
    reference: dict[str, str] = Field(default_factory=dict)
    statement: str | None = None
    layout: str
    access: str
    traps: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _reference_is_on_an_axis(self) -> Card:
        for axis, value in self.reference.items():
            if axis not in self.axes:
                raise ValueError(f"reference names the axis {axis!r}, which is not among axes")
            values = self.axes[axis].values
            if values is not None and value not in values:
                raise ValueError(f"reference {axis}={value!r} is not among the axis's values")
        return self


@cache
def load_card(name: str) -> Card:
    """The card of a corpus; `InputError` names file, line and key of what is wrong with it.

    Cards of this package are shipped data; a loader of another package names its own in its attribute ``card_file``.
    """
    path = data_folder("corpora") / f"{name}.yaml"
    if not path.exists() and name in corpora().names():
        path = Path(getattr(corpora().load(name), "card_file", path))
    if not path.exists():
        raise InputError(f"there is no card for the corpus {name!r}: {path} does not exist")
    card = read_model(path, Card)
    if card.name != name:
        raise InputError(f"{path}: the card names itself {card.name!r}; it must be {name!r}")
    return card
