"""What a card does not allow is refused with its clause, unless the holder permits it in words."""

from __future__ import annotations

import pytest

from speechfair.corpora.card import load_card
from speechfair.corpora.licence import allows, clause_of, require_use
from speechfair.errors import InputError
from tests.support import ListCard


def test_the_clause_is_quoted() -> None:
    card = load_card("fair_speech")
    assert allows(card, "evaluation")
    require_use(card, "evaluation")
    with pytest.raises(InputError) as caught:
        require_use(card, "training")
    assert "'fair_speech' (fair-speech) does not allow training: for evaluating and improving" in str(
        caught.value
    )
    with pytest.raises(InputError, match=r"does not allow redistribution: .*; leave the audio out"):
        require_use(card, "redistribution", instead="leave the audio out")
    assert clause_of(card).startswith("fair-speech: for evaluating")


def test_a_permission_is_words() -> None:
    card = load_card("fair_speech")
    require_use(card, "training", permission="agreement of 3 May with the holder")
    with pytest.raises(InputError, match="said in words"):
        require_use(card, "training", permission=" ")


def test_a_card_without_a_licence_states_nothing() -> None:
    assert allows(ListCard(), "training")
    assert clause_of(ListCard()) == "no licence is stated"
