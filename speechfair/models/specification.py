"""What a loaded recogniser was asked for as, in a form that can be sent to another process, which loads it again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

__all__ = ["ModelSpecification", "note_specification", "specification_of"]


@dataclass(frozen=True, slots=True)
class ModelSpecification:
    """The arguments of `speechfair.load_model`.

    Parameters
    ----------
    spec : ``FAMILY`` or ``FAMILY:WHICH``.
    options : decoding options of the family.
    """

    spec: str
    options: Mapping[str, Any]

    def having(self, **options: Any) -> ModelSpecification:
        """The same with other `options`."""
        return replace(self, options={**self.options, **options})


_KNOWN: WeakKeyDictionary[object, ModelSpecification] = WeakKeyDictionary()


def note_specification(model: object, specification: ModelSpecification) -> None:
    """Remember how `model` was asked for, as long as it lives; an object that cannot be referred to weakly has none."""
    with suppress(TypeError):
        _KNOWN[model] = specification


def specification_of(model: object) -> ModelSpecification | None:
    """How `model` was asked for; None where it did not come from `speechfair.load_model`."""
    try:
        return _KNOWN.get(model)
    except TypeError:  # neither hashable nor referable
        return None
