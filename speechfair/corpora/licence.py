"""What a corpus's card allows, and the one place that refuses what it does not.

A card states the allowed uses; what it does not name is refused with its clause. Somebody who has the holder's
permission says so in words, which are kept where the result is. A card without a licence states nothing, so nothing is
refused for it; every card of this package has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from speechfair.errors import InputError
from speechfair.types import CorpusCard

__all__ = ["Use", "allows", "clause_of", "require_use"]

Use = Literal["evaluation", "training", "redistribution"]
_WORDS: Mapping[Use, str] = {
    "evaluation": "evaluation",
    "training": "training",
    "redistribution": "redistribution",
}


def allows(card: CorpusCard, use: Use) -> bool:
    """Whether the card names the use among those allowed."""
    return card.licence is None or use in card.licence.uses


def clause_of(card: CorpusCard) -> str:
    """The licence in a word and in its sentence."""
    licence = card.licence
    return f"{licence.id}: {licence.text}" if licence is not None else "no licence is stated"


def require_use(card: CorpusCard, use: Use, *, permission: str | None = None, instead: str = "") -> None:
    """Refuse a use that the card does not allow.

    Parameters
    ----------
    permission : the holder's permission in the user's words; it overrides the card, and the caller keeps it.
    instead : what can be done instead, added to the message.

    Raises
    ------
    InputError
        The use is not allowed; the message quotes the clause.
    """
    if permission is not None and not permission.strip():
        raise InputError("a permission is said in words: who gave it, and for what")
    if allows(card, use) or permission is not None:
        return
    more = f"; {instead}" if instead else ""
    raise InputError(
        f"the licence of the corpus {card.name!r} ({card.licence.id}) does not allow {_WORDS[use]}: "
        f"{card.licence.text}{more}"
    )
