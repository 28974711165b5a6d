"""Dose and response: a planted slope and doubling strength are recovered, and what is not known is said."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from speechfair.auditing.run import audit
from speechfair.errors import InputError
from speechfair.probes.strength.dose_response import DoseResponse, doubling, slope
from speechfair.probes.strength.probe_strength import StrengthResult, json_schema, strength_result
from speechfair.store import RunFolder
from speechfair.testing import Scripted
from speechfair.types import Label, Utterance
from tests.support import ListCard, ListCorpus, write_tone

DOSES = (0.0, 0.25, 0.5, 0.75, 1.0)
TEXT = "one two three four five six seven eight nine ten"


def simulated(
    rng: np.random.Generator, rise: float, *, base: float = 0.1, speakers: int = 10, words: int = 200
) -> DoseResponse:
    """Rates base + rise · strength, times a factor of each speaker's own."""
    factors = rng.gamma(16, 1 / 16, speakers)
    rates = np.outer(factors, base + rise * np.asarray(DOSES))
    return DoseResponse(
        DOSES, rng.poisson(rates * words).astype(float), np.full(rates.shape, float(words)), 50
    )


def test_slope_and_doubling_cover_the_planted_truth() -> None:
    rng = np.random.default_rng(4)
    runs, slopes, doubles = 150, 0, 0
    for _ in range(runs):
        found = simulated(rng, 0.2)
        rise, p_value = slope(found)
        assert p_value is not None
        slopes += rise.low <= 0.2 <= rise.high
        twice = doubling(found)
        doubles += twice.low is not None and twice.low <= 0.5 <= twice.high
    assert 0.91 * runs <= slopes
    assert 0.91 * runs <= doubles


def test_without_a_rise_there_is_no_doubling_and_few_false_alarms() -> None:
    rng = np.random.default_rng(5)
    p_values = []
    for _ in range(150):
        found = simulated(rng, 0.0)
        p_values.append(slope(found)[1])
        twice = doubling(found)
        assert twice.value is None
        assert twice.low is None
        assert "does not double up to strength 1" in str(twice.reason)
    assert sum(p <= 0.05 for p in p_values) <= 0.08 * len(p_values)


def test_a_doubling_that_is_not_settled_has_no_upper_limit() -> None:
    twice = doubling(simulated(np.random.default_rng(6), 0.11, words=40))
    assert twice.high is None
    assert "not settled above" in str(twice.reason)


def test_the_doubling_lies_on_the_line_between_two_strengths() -> None:
    errors = np.tile([10.0, 15.0, 30.0], (8, 1))
    twice = doubling(DoseResponse((0.0, 0.5, 1.0), errors, np.full((8, 3), 100.0), 24))
    assert twice.value == pytest.approx(0.5 + 0.5 * 5 / 15)


def test_few_speakers_no_errors_and_unusable_strengths() -> None:
    few = simulated(np.random.default_rng(0), 0.2, speakers=3)
    rise, p_value = slope(few)
    assert (rise.low, p_value) == (None, None)
    assert rise.value is not None
    assert rise.reason == "fewer than 5 speakers (3): no interval"
    none = DoseResponse((0.0, 1.0), np.zeros((6, 2)), np.full((6, 2), 100.0), 12)
    assert doubling(none).reason == "no errors at strength 0: nothing to double"
    assert slope(none)[0].low < 0 < slope(none)[0].high
    with pytest.raises(InputError, match="strengths"):
        DoseResponse((0.5, 1.0), np.zeros((6, 2)), np.ones((6, 2)), 12)


def corpus(folder: Path) -> ListCorpus:
    tone = write_tone(folder / "t.wav", 0.05)
    rows = []
    for code, dose in [("eng", "0"), *((c, d) for c in ("jpn", "spa") for d in ("0.5", "1"))]:
        for voice in range(6):
            labels = Label("first_language", code, "corpus"), Label("strength", dose, "corpus")
            rows.append(Utterance(f"{code}-{dose}-v{voice}", tone, TEXT, "eng", f"v{voice}", labels))
    card = ListCard(reference={"first_language": "eng", "strength": "0"})
    return ListCorpus(rows, folder, card=card)


def wrong(n: int) -> str:
    return " ".join(["wrong"] * n + TEXT.split()[n:])


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> StrengthResult:
    folder = tmp_path_factory.mktemp("strength")
    speech = corpus(folder / "speech")
    errors = {"eng-0": 1, "jpn-0.5": 3, "jpn-1": 6, "spa-0.5": 1, "spa-1": 1}
    texts = {
        row.id: wrong(errors[row.id.rpartition("-")[0]]) for row in speech.rows if isinstance(row, Utterance)
    }
    audited = audit(speech, Scripted(texts), ["first_language+strength"], out=folder / "run")
    run = RunFolder(folder / "run")
    key = run.read()["recipe"]["model"]["key"]
    return strength_result(audited, run.read_table(f"scores/{key}.parquet", ""))


def test_a_recogniser_that_reacts_to_one_accent_only(result: StrengthResult) -> None:
    japanese, spanish = result.languages
    assert [dose.rate.value for dose in japanese.doses] == pytest.approx([0.1, 0.3, 0.6])
    assert japanese.verdict == "rises"
    assert japanese.slope.value == pytest.approx(0.5)
    assert japanese.doubling.value == pytest.approx(0.25)
    assert spanish.verdict == "undetermined"
    assert spanish.doubling.value is None
    assert (result.n_in, result.n_scored) == (30, 30)


def test_the_file_fits_the_published_schema(result: StrengthResult) -> None:
    published = json.loads(
        (Path(__file__).parents[3] / "docs/schemas/probe-strength-1.json").read_text("utf-8")
    )
    assert published == json_schema()
    jsonschema.validate(json.loads(result.to_json()), published)
