"""An update without any change passes AF-4.6 and AF-6.3 with enough speakers, and is undetermined with too few.

Score tables only: no audio and no run folder. `python -m tests.process.test_unchanged_update 100 300` gives the figure
for 100 audits of 300 speakers a group.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from speechfair.process.checks import evaluation
from speechfair.process.checks.operation import update
from speechfair.process.finding import Finding, Source, Status, say
from speechfair.process.process_plan import Numbers

UTTERANCES, WORDS, REDRAWN = 10, 12, 0.3
"""Per speaker and per utterance; how many utterances an update without a change decodes anew."""


def tables(speakers: int, rng: np.random.Generator, worse: float = 1.0) -> list[pl.DataFrame]:
    """Scores before and after in two groups: the same true rates by speaker; `worse` multiplies group y's after."""
    rows: list[list[dict[str, Any]]] = [[], []]
    for group, rate in (("x", 0.12), ("y", 0.16)):
        own = np.clip(rate * rng.gamma(6, 1 / 6, speakers), 0, 0.6)
        old = rng.binomial(WORDS, own[:, None], (speakers, UTTERANCES))
        risen = np.clip(own * (worse if group == "y" else 1.0), 0, 0.9)
        anew = rng.binomial(WORDS, risen[:, None], (speakers, UTTERANCES))
        new = np.where(rng.random(old.shape) < (1.0 if worse > 1 else REDRAWN), anew, old)
        for side, errors in enumerate((old, new)):
            for s in range(speakers):
                for u in range(UTTERANCES):
                    rows[side].append(
                        {
                            "utterance_id": f"{group}{s}-{u}",
                            "speaker": f"{group}{s}",
                            "excluded": None,
                            "labels": [{"axis": "accent", "value": group, "source": "corpus"}],
                            "reference_length": WORDS,
                            "substitutions": int(errors[s, u]),
                            "deletions": 0,
                            "insertions": 0,
                        }
                    )
    schema = {"excluded": pl.String}
    return [pl.DataFrame(side, schema_overrides=schema) for side in rows]


def judged(speakers: int, seed: int, worse: float = 1.0) -> tuple[Status, Status]:
    """What AF-4.6 and AF-6.3 say of one simulated update; AF-4.1 and AF-4.2 are taken for met."""
    before, after = tables(speakers, np.random.default_rng(seed), worse)
    runs = {
        role: SimpleNamespace(
            name=role, path=Path(), content=None, scores=scores, manifest_sha256="m", model_sha256=role,
            source=lambda *_: Source("run.yaml", "0"),
        )
        for role, scores in (("baseline", before), ("evaluation", after))
    }  # fmt: skip
    material: Any = SimpleNamespace(
        of_role=lambda *roles: [runs[role] for role in roles],
        sources=lambda *_: (),
        gated_axes=["accent"],
        plan=SimpleNamespace(numbers=Numbers()),
    )
    kept = evaluation.preservation(material)
    fine = Finding("pass", say("met", "満たす"))
    return kept.status, update(material, {"AF-4.1": fine, "AF-4.2": fine, "AF-4.6": kept}).status


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan counts as frozen and the speech as recorded: there is no folder."""
    monkeypatch.setattr(evaluation, "speech_part", lambda *_: ("pass", say("recorded", "録音")))
    monkeypatch.setattr(evaluation, "frozen_plan_part", lambda _: ("pass", say("frozen", "凍結")))


def test_an_update_without_a_change_passes_with_enough_speakers() -> None:
    assert [judged(300, seed) for seed in range(4)] == [("pass", "pass")] * 4


def test_with_too_few_speakers_it_is_undetermined_and_never_failed() -> None:
    found = Counter(status for seed in range(12) for status in judged(8, seed))
    assert set(found) <= {"undetermined", "pass"}
    assert found["undetermined"] > found["pass"]
    assert judged(2, 0) == ("undetermined", "undetermined")


def test_an_update_that_degrades_a_group_fails() -> None:
    assert judged(120, 0, worse=1.6) == ("fail", "fail")


if __name__ == "__main__":
    evaluation.frozen_plan_part = evaluation.speech_part = lambda *_: (
        "pass",
        say("as it should be", "所定どおり"),
    )
    draws, each = int(sys.argv[1]), int(sys.argv[2])
    print(Counter(judged(each, seed) for seed in range(draws)))
