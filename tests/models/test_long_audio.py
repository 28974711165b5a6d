"""Long audio in pieces: nothing lost, nothing doubled, no piece too long, cuts where it is quiet."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.errors import InputError, ModelError
from speechfair.models import from_callable, load_model
from speechfair.models.long_audio import InPieces, in_pieces, pauses
from speechfair.models.specification import specification_of
from speechfair.types import Audio, Hypothesis, Recognizer, StreamingRecognizer

RATE = 1000


def audio(name: str, seconds: float, rate: int = RATE) -> Audio:
    return Audio(name, np.arange(round(seconds * rate), dtype=np.float32), rate)


def even(seconds: float) -> Audio:
    """Audio that is equally loud everywhere, so that 8 seconds give two pieces."""
    return Audio("x", np.ones(round(seconds * RATE), np.float32), RATE)


class Listener:
    """Writes the first and the last sample of what it hears, so that pieces can be followed."""

    sample_rate = RATE
    identity = from_callable(lambda samples, rate: "", name="listener").identity

    def __init__(self) -> None:
        self.calls: list[list[float]] = []

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        self.calls.append([one.duration_s for one in batch])
        return [
            Hypothesis(
                one.utterance_id,
                f"{one.samples[0]:.0f}-{one.samples[-1]:.0f}",
                None,
                one.duration_s,
                "key",
                confidence=0.5,
            )
            for one in batch
        ]


class Stream(Listener):
    """The same, one batch behind."""

    def transcribe_stream(self, batches: Iterable[Sequence[Audio]]) -> Generator[list[Hypothesis]]:
        held: list[Hypothesis] | None = None
        for batch in batches:
            if held is not None:
                yield held
            held = self.transcribe(batch)
        if held is not None:
            yield held


@given(
    seconds=st.floats(0.5, 900),
    longest_s=st.floats(5, 60),
    rate=st.sampled_from([1000, 8000]),
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_pieces_are_never_too_long_nor_tiny_and_leave_nothing_out(
    seconds: float, longest_s: float, rate: int, seed: int
) -> None:
    n = round(seconds * rate)
    samples = np.random.default_rng(seed).normal(size=n).astype(np.float32) * (
        seed % 3
    )  # also digital silence
    edges = [0, *pauses(samples, rate, longest_s), n]
    lengths = [end - start for start, end in pairwise(edges)]
    assert all(length <= longest_s * rate for length in lengths)
    if len(lengths) > 1:
        assert min(lengths) >= 0.24 * longest_s * rate
    else:
        assert n <= longest_s * rate


def test_cuts_lie_in_pauses() -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(size=60 * RATE).astype(np.float32)
    for second in (7, 14, 22, 29, 36, 43, 51):
        samples[second * RATE : second * RATE + 400] *= 0.01
    found = [edge / RATE for edge in pauses(samples, RATE, 10.0)]
    assert [round(edge - 0.2) for edge in found] == [7, 14, 22, 29, 36, 43, 51]
    assert all(0 < edge - int(edge) < 0.4 for edge in found)


@pytest.mark.parametrize("model", [Listener(), Stream()])
def test_every_sample_is_heard_once_and_answers_stay_with_their_audio(model: Recognizer) -> None:
    batches = [
        [audio("a", 12), audio("b", 3)],
        [],
        [audio("c", 2000)],  # more than the model gets at once
        [audio("d", 1), Audio("empty", np.zeros(0, np.float32) + 1, RATE)][:1],
    ]
    wrapped = in_pieces(model, 5)
    assert isinstance(wrapped, StreamingRecognizer)
    found = list(wrapped.transcribe_stream(batches))
    assert [[one.utterance_id for one in part] for part in found] == [["a", "b"], [], ["c"], ["d"]]
    for batch, part in zip(batches, found, strict=True):
        for given_, one in zip(batch, part, strict=True):
            edges = [tuple(map(int, text.split("-"))) for text in str(one.text).split()]
            assert edges[0][0] == 0
            assert edges[-1][1] == len(given_.samples) - 1
            assert all(after[0] == before[1] + 1 for before, after in pairwise(edges))
            assert one.seconds == pytest.approx(given_.duration_s)
            assert one.confidence == pytest.approx(0.5)
            assert one.model == wrapped.identity.key
    calls = model.calls  # type: ignore[attr-defined]
    assert max(max(call) for call in calls if call) <= 5
    assert max(sum(call) for call in calls) <= 480
    assert [one for batch in batches for one in wrapped.transcribe(batch)] == [
        x for part in found for x in part
    ]


def test_a_failed_piece_fails_its_utterance_and_says_which() -> None:
    def hear(samples: np.ndarray, rate: int) -> str:
        if samples[0] >= 8000:
            raise ValueError("too loud")
        return "word"

    wrapped = in_pieces(from_callable(hear, name="picky", sample_rate=RATE), 5)
    long, short = wrapped.transcribe([audio("long", 14), audio("short", 2)])
    assert long.text is None
    assert re.match(r"piece [3-5] of [45]: ValueError: too loud", str(long.error))
    assert short.text == "word"


def test_languages_without_spaces_are_joined_without() -> None:
    japanese = in_pieces(from_callable(lambda samples, rate: "こんにちは", name="ja", sample_rate=RATE), 5)
    english = in_pieces(from_callable(lambda samples, rate: " hello ", name="en", sample_rate=RATE), 5)
    assert japanese.transcribe([even(8)])[0].text == "こんにちはこんにちは"
    assert english.transcribe([even(8)])[0].text == "hello hello"
    assert english.transcribe([audio("x", 4)])[0].text == " hello "


def test_a_first_decode_that_was_thrown_away_is_kept_whole() -> None:
    class Redone(Listener):
        def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
            return [
                Hypothesis(one.utterance_id, "good", None, 0.0, "key", "loop" if place == 0 else None)
                for place, one in enumerate(batch)
            ]

    [found] = InPieces(Redone(), 5.0).transcribe([even(8)])
    assert (found.text, found.rejected, found.confidence) == ("good good", "loop good", None)


@pytest.mark.parametrize("fault", ["reversed", "one lost", "one too many"])
@pytest.mark.parametrize("kind", [Listener, Stream])
def test_an_adapter_that_answers_out_of_order_is_named(kind: type[Listener], fault: str) -> None:
    class Faulty(kind):  # type: ignore[misc, valid-type]
        def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
            found = super().transcribe(batch)
            return {"reversed": found[::-1], "one lost": found[1:], "one too many": [*found, found[0]]}[fault]

    wrapped = in_pieces(Faulty(), 5)
    batch = [audio("a", 12), audio("b", 3)]
    for recognise in (wrapped.transcribe, lambda given_: list(wrapped.transcribe_stream([given_]))):  # type: ignore[attr-defined]
        with pytest.raises(ModelError, match="that is a fault of the adapter"):
            recognise(batch)


def test_unusable_audio_is_left_to_the_model() -> None:
    wrapped = in_pieces(from_callable(lambda samples, rate: "x", name="x", sample_rate=RATE), 5)
    for bad in (
        Audio("nan", np.full(9000, np.nan, np.float32), RATE),
        Audio("rate", np.ones(9000, np.float32), 8),
    ):
        assert wrapped.transcribe([bad])[0].error


@pytest.mark.parametrize("value", [0, 4.9, -1, "28", True, None, float("nan"), float("inf")])
def test_no_length_is_guessed(value: object) -> None:
    with pytest.raises(InputError, match="longest_piece_s"):
        in_pieces(Listener(), value)


def test_it_is_an_option_of_every_family_and_part_of_the_identity() -> None:
    model = load_model("python:tests.models.test_long_audio:say_nothing", longest_piece_s=20)
    plain = load_model("python:tests.models.test_long_audio:say_nothing")
    assert model.identity.options["longest_piece_s"] == 20
    asked = specification_of(model)
    assert asked is not None
    assert asked.options == {"longest_piece_s": 20}
    assert model.identity.key != plain.identity.key


def say_nothing(samples: np.ndarray, rate: int) -> str:
    """A recogniser."""
    return ""
