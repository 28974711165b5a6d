"""Names take the place of codes only where the code has one name."""

from __future__ import annotations

import pytest

from speechfair.messages.group_names import with_names

PAIRS = [("accent", "jpn"), ("first_language", "jpn")]


@pytest.mark.parametrize("pairs", [PAIRS, PAIRS[::-1]])
def test_a_code_with_two_names_stays_where_the_sentence_does_not_say_the_axis(
    pairs: list[tuple[str, str]],
) -> None:
    assert with_names("3 speakers in the group 'jpn'", pairs) == "3 speakers in the group 'jpn'"
    assert with_names("first_language=jpn: 3 rows", pairs) == "Japanese (first language): 3 rows"


def test_a_code_with_one_name_on_two_axes_gets_it() -> None:
    pairs = [("language", "jpn"), ("first_language", "jpn")]
    assert with_names("the group 'jpn'", pairs) == "the group Japanese"
