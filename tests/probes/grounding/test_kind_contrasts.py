"""Contrasts by kind of question: whatever is neither right nor wrong counts as no answer."""

from __future__ import annotations

from typing import get_args

import pytest

from speechfair.probes.grounding.kind_contrasts import NO_ANSWER, kind_contrasts
from speechfair.probes.reading import Outcome


def rows(outcome: str, every: int) -> list[dict[str, str]]:
    """Eight voices by ten scenes, of which one in `every` has this outcome and the others are right."""
    return [
        {
            "speaker": f"v{voice}",
            "scene": f"s{scene}",
            "kind": "number",
            "outcome": outcome if (voice + scene) % every == 0 else "right",
        }
        for voice in range(8)
        for scene in range(10)
    ]


@pytest.mark.parametrize("outcome", sorted(set(get_args(Outcome)) - {"right"}))
def test_a_group_that_gets_no_answer_is_found_however_it_fails(outcome: str) -> None:
    found = {
        one.kind: one for one in kind_contrasts({"thick": rows(outcome, 2)}, rows("right", 2), 0.95, 0.05)
    }
    share = 0.0 if outcome == "wrong" else 0.5
    assert found[NO_ANSWER].difference.value == pytest.approx(share)
    assert found[NO_ANSWER].verdict == ("higher" if share else "undetermined")
    assert found["number"].difference.value == pytest.approx(share - 0.5)
