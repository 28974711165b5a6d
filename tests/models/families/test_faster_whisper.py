"""How the adapter routes utterances: windows, redone runaways, failures. The network is replaced by a script."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from faster_whisper.transcribe import TranscriptionOptions
from hypothesis import given
from hypothesis import strategies as st

from speechfair.errors import InputError
from speechfair.models.families.faster_whisper import FasterWhisper, _seed_fallback
from speechfair.models.whisper_search import Search, read_search
from speechfair.models.windows import Decode, window_for
from speechfair.types import Audio

RUNAWAY = "the boy, " * 30


def audio(name: str, seconds: float, rate: int = 16_000) -> Audio:
    return Audio(name, np.full(round(seconds * rate), 0.01, np.float32), rate)


class FakeModel:
    """As much of a WhisperModel as the adapter touches before it decodes."""

    def __init__(self, multilingual: bool = False) -> None:
        self.model = SimpleNamespace(is_multilingual=multilingual, compute_type="float32", device="cpu")
        self.supported_languages = ["en", "ja"] if multilingual else ["en"]
        self.hf_tokenizer = SimpleNamespace(token_to_id=lambda token: sum(token.encode()))
        self.max_length = 448

    def generate_with_fallback(self, *arguments: Any) -> None:
        raise AssertionError("not to be called here")


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., FasterWhisper]:
    (tmp_path / "model.bin").write_bytes(b"weights")

    def build(
        window_s: float = 10.0, batch_size: int = 3, multilingual: bool = False, **options: Any
    ) -> FasterWhisper:
        language = options.get("language")
        search = Search(**{name: options[name] for name in Search.__slots__ if name in options})
        workers = options.get("workers", 1)
        return FasterWhisper(
            lambda _: FakeModel(multilingual),
            "fake",
            tmp_path,
            language,
            window_s,
            batch_size,
            search,
            workers=workers,
        )

    return build


@pytest.fixture
def scripted(make: Callable[..., FasterWhisper], monkeypatch: pytest.MonkeyPatch) -> Any:
    """A recogniser whose decode says the id, runs away for ids with 'run', raises for ids with 'bad'."""
    return script(make(), monkeypatch)


def script(model: FasterWhisper, monkeypatch: pytest.MonkeyPatch) -> Any:
    passes: list[tuple[float, list[str]]] = []

    def decode(batch: list[Audio], window_s: float) -> list[Decode]:
        passes.append((window_s, [a.utterance_id for a in batch]))
        if any("bad" in a.utterance_id for a in batch):
            raise RuntimeError("out of\n  luck")
        return [
            Decode(RUNAWAY if "run" in a.utterance_id else a.utterance_id, "cut" in a.utterance_id, 0.5)
            for a in batch
        ]

    def loop(a: Audio) -> Decode:
        if "hopeless" in a.utterance_id:
            raise ValueError("no way")
        return Decode(f"loop {a.utterance_id}", confidence=0.25)

    monkeypatch.setattr(model, "_decode", decode)
    monkeypatch.setattr(model, "_loop", loop)
    return SimpleNamespace(model=model, passes=passes)


def test_windows_depend_on_the_utterance_alone() -> None:
    assert [window_for(s, 30.0) for s in (0.1, 29.5, 30.0, 30.01)] == [30.0, 30.0, 30.0, None]
    assert [window_for(s, 10.0) for s in (9.0, 9.01, 19.0, 19.01, 30.0)] == [10.0, 20.0, 20.0, 30.0, 30.0]
    assert [window_for(s, 25.0) for s in (1.0, 24.5)] == [25.0, 30.0]


def test_rows_are_grouped_by_window_and_come_back_in_order(scripted: Any) -> None:
    batch = [
        audio("a", 15.0),
        audio("b", 2.0),
        audio("c", 1.0),
        audio("d", 40.0),
        audio("e", 4.0),
        audio("f", 3.0),
    ]
    found = scripted.model.transcribe(batch)
    assert [h.text for h in found] == ["a", "b", "c", "loop d", "e", "f"]
    assert scripted.passes == [(20.0, ["a"]), (10.0, ["e"]), (10.0, ["c", "b", "f"])], "costliest first"
    assert all(h.rejected is None for h in found)


def test_a_runaway_is_redone_and_its_first_text_kept(scripted: Any) -> None:
    found = scripted.model.transcribe([audio("a", 2.0), audio("run", 2.0), audio("cut", 2.0)])
    assert [(h.text, h.rejected) for h in found] == [("a", None), ("loop run", RUNAWAY), ("loop cut", "cut")]
    assert [h.confidence for h in found] == [0.5, 0.25, 0.25], (
        "the confidence is that of the text that is kept"
    )


def test_a_redo_that_fails_is_a_failed_row_with_the_first_text(scripted: Any) -> None:
    found = scripted.model.transcribe([audio("run hopeless", 2.0), audio("a", 2.0)])
    assert (found[0].text, found[0].rejected) == (None, RUNAWAY)
    assert "redoing a runaway decode failed: ValueError: no way" in found[0].error
    assert found[1].text == "a"


def test_one_bad_row_does_not_touch_its_neighbours(scripted: Any) -> None:
    found = scripted.model.transcribe([audio("a", 2.0), audio("bad", 2.0), audio("c", 2.0)])
    assert [h.text for h in found] == ["a", None, "c"]
    assert found[1].error == "RuntimeError: out of luck"


def test_passes_at_once_give_what_passes_one_by_one_give(
    make: Callable[..., FasterWhisper], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["a", "run", "bad", "b", "run hopeless", "cut", "c", "d", "e", "f"]
    batch = [audio(name, 1.0 + 3 * i) for i, name in enumerate(names)] + [audio("long", 40.0)]
    one, several = (script(make(workers=n), monkeypatch).model.transcribe(batch) for n in (1, 3))
    assert [(h.utterance_id, h.text, h.error, h.rejected) for h in several] == [
        (h.utterance_id, h.text, h.error, h.rejected) for h in one
    ]
    assert [h.utterance_id for h in several] == [a.utterance_id for a in batch]


def test_passes_run_at_the_same_time(
    make: Callable[..., FasterWhisper], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each pass waits for the other: one by one they would wait for ever."""
    model, both = make(workers=2, batch_size=1), threading.Barrier(2, timeout=30)

    def decode(batch: list[Audio], window_s: float) -> list[Decode]:
        both.wait()
        return [Decode(a.utterance_id) for a in batch]

    monkeypatch.setattr(model, "_decode", decode)
    assert [h.text for h in model.transcribe([audio("a", 1.0), audio("b", 2.0)])] == ["a", "b"]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stream_gives_what_the_batches_give_alone(
    workers: int, make: Callable[..., FasterWhisper], monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = [[audio("a", 3.0), audio("run", 1.0), audio("bad", 12.0)], [], [audio("b", 2.0)]]
    model = script(make(workers=workers), monkeypatch).model
    alone = [[(h.utterance_id, h.text, h.error) for h in model.transcribe(batch)] for batch in batches]
    streamed = model.transcribe_stream(iter(batches))
    assert [[(h.utterance_id, h.text, h.error) for h in found] for found in streamed] == alone


def test_the_next_batch_begins_while_one_ends(
    make: Callable[..., FasterWhisper], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slow row of the first batch waits for the second batch: one after the other it would wait for ever."""
    model, second_begun = make(workers=2, batch_size=1), threading.Event()

    def decode(batch: list[Audio], window_s: float) -> list[Decode]:
        if batch[0].utterance_id == "slow":
            assert second_begun.wait(timeout=30)
        if batch[0].utterance_id == "second":
            second_begun.set()
        return [Decode(a.utterance_id) for a in batch]

    monkeypatch.setattr(model, "_decode", decode)
    found = model.transcribe_stream([[audio("slow", 2.0), audio("a", 1.0)], [audio("second", 1.0)]])
    assert [[h.text for h in batch] for batch in found] == [["slow", "a"], ["second"]]


def test_a_stream_that_is_left_does_not_do_the_rest(
    make: Callable[..., FasterWhisper], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, go_on = make(workers=2, batch_size=1), threading.Event()
    begun: list[str] = []

    def decode(batch: list[Audio], window_s: float) -> list[Decode]:
        begun.append(batch[0].utterance_id)
        assert batch[0].utterance_id.startswith("first") or go_on.wait(timeout=30)
        return [Decode(batch[0].utterance_id)]

    monkeypatch.setattr(model, "_decode", decode)
    stream = model.transcribe_stream([[audio("first", 1.0)], [audio(f"{i}", 1.0) for i in range(9)]])
    next(stream)
    threading.Timer(0.2, go_on.set).start()  # the two that have begun may end, after the stream is left
    stream.close()
    assert len(begun) <= 3


def whisper_that_says(
    texts: dict[float, str], log_probabilities: dict[float, float], silence: float, freed: list[Any]
) -> Any:
    """A real WhisperModel without weights, whose decode depends on the temperature alone."""
    from faster_whisper import WhisperModel

    def generate(*_: Any, **options: Any) -> list[Any]:
        temperature = options.get("sampling_temperature", 0.0)
        text = texts[temperature]
        score = log_probabilities[temperature] * (len(text) + 1) / len(text)
        return [SimpleNamespace(sequences_ids=[[*text]], scores=[score], no_speech_prob=silence)]

    whisper: Any = object.__new__(WhisperModel)
    whisper.model = SimpleNamespace(generate=generate, unload_model=lambda: freed.append(whisper))
    whisper.max_length, whisper.time_precision = 448, 0.02
    whisper.logger = SimpleNamespace(debug=lambda *_: None)
    return whisper


@given(
    repeats=st.lists(st.booleans(), min_size=3, max_size=3),
    log_probabilities=st.lists(st.sampled_from([-0.5, -1.2, -1.5, -2.0]), min_size=3, max_size=3),
    temperatures=st.sampled_from([(0.0, 0.2, 0.4), (0.0,), (0.2, 0.4)]),
    silence=st.sampled_from([0.1, 0.9]),
    thresholds=st.sampled_from([(2.4, -1.0, 0.6), (None, -1.0, 0.6), (2.4, None, 0.6), (2.4, -1.0, None)]),
)
def test_the_fallback_keeps_what_faster_whispers_own_keeps(
    repeats: list[bool],
    log_probabilities: list[float],
    temperatures: tuple[float, ...],
    silence: float,
    thresholds: tuple[float | None, float | None, float | None],
) -> None:
    """Sampling moved to a model of its own, and the greedy decode not done twice: the choice stays the same."""
    every = (0.0, 0.2, 0.4)
    texts = {t: "no " * 40 if again else f"text {t}" for t, again in zip(every, repeats, strict=True)}
    freed: list[Any] = []
    script = texts, dict(zip(every, log_probabilities, strict=True)), silence, freed
    nothing: Any = dict.fromkeys(field.name for field in fields(TranscriptionOptions))
    options = replace(
        TranscriptionOptions(**nothing),
        temperatures=list(temperatures),
        length_penalty=1,
        max_initial_timestamp=1.0,
        compression_ratio_threshold=thresholds[0],
        log_prob_threshold=thresholds[1],
        no_speech_threshold=thresholds[2],
    )
    tokenizer: Any = SimpleNamespace(decode="".join)
    ours, fresh = whisper_that_says(*script), whisper_that_says(*script)
    _seed_fallback(ours, lambda: fresh)
    found = ours.generate_with_fallback(None, [], tokenizer, options)
    expected = whisper_that_says(*script).generate_with_fallback(None, [], tokenizer, options)
    assert found == expected
    assert freed in ([], [fresh])
    assert bool(freed) == (found[2] > 0)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (Audio("x", np.zeros(0, np.float32), 16_000), "audio has no samples"),
        (Audio("x", np.array([0.0, np.nan], np.float32), 16_000), "not finite"),
        (Audio("x", np.array([0.0, np.inf], np.float32), 16_000), "not finite"),
        (audio("x", 1.0, rate=8_000), "audio is at 8000 Hz, the model takes 16000 Hz"),
        (Audio("x", np.zeros((5, 2), np.float32), 16_000), "takes mono"),
    ],
)
def test_unusable_audio_is_a_failed_row(broken: Audio, reason: str, scripted: Any) -> None:
    found = scripted.model.transcribe([audio("a", 1.0), broken, audio("c", 1.0)])
    assert [h.text for h in found] == ["a", None, "c"]
    assert reason in found[1].error
    assert all("x" not in names for _, names in scripted.passes)


def test_identity_follows_what_can_change_a_text_and_nothing_else(make: Callable[..., FasterWhisper]) -> None:
    key = make().identity.key
    assert make(batch_size=8).identity.key == key
    assert make(window_s=30.0).identity.key != key
    assert make(beam_size=5).identity.key != key
    spoken = {make(multilingual=True, language=code).identity.key for code in ("en", "ja")}
    assert len(spoken) == 2
    assert set(make().identity.versions) == {"ctranslate2", "faster-whisper"}


def test_language(make: Callable[..., FasterWhisper]) -> None:
    assert make().identity.options["language"] == "en"
    with pytest.raises(InputError, match="fake is multilingual: say which language"):
        make(multilingual=True)
    with pytest.raises(InputError, match="does not know the language 'ja'"):
        make(language="ja")


@pytest.mark.parametrize(
    "name", ["tokenizer.json", "config.json", "vocabulary.txt", "preprocessor_config.json"]
)
def test_the_files_next_to_the_weights_are_part_of_the_identity(
    make: Callable[..., FasterWhisper], tmp_path: Path, name: str
) -> None:
    before = make().identity.key
    (tmp_path / name).write_text("{}")
    assert make().identity.key != before


def test_settings_of_the_search_reach_the_decoder_and_the_identity(
    make: Callable[..., FasterWhisper],
) -> None:
    plain = make(beam_size=5)
    assert "patience" not in plain.identity.options, "results from before these options stay valid"
    model = make(beam_size=5, patience=2.0, length_penalty=0.5, log_prob_threshold=-0.7)
    assert (
        model.identity.options.items()
        >= {"patience": 2.0, "length_penalty": 0.5, "log_prob_threshold": -0.7}.items()
    )
    given: dict[str, Any] = {}

    def generate(_: Any, prompts: Any, **options: Any) -> list[Any]:
        given.update(options)
        return [SimpleNamespace(sequences_ids=[[1, 2, 3, 4]], scores=[-2.0]) for _ in prompts]

    model._model.model.generate = generate
    model._encode, model._features = (lambda features: features), (lambda samples, window_s: samples)
    model._tokens.decode = lambda tokens: "said"
    (decode,) = model._decode([audio("a", 1.0)], 10.0)
    assert (given["beam_size"], given["patience"], given["length_penalty"]) == (5, 2.0, 0.5)
    # CTranslate2 ranks by the sum over 4 ** 0.5; the mean is over the tokens and the end
    assert decode.confidence == pytest.approx(np.exp(-2.0 * 2 / 5))


def test_a_detected_language_is_each_utterances_own(make: Callable[..., FasterWhisper]) -> None:
    model = make(multilingual=True, language="detect")
    assert model.identity.options["language"] == "detect"
    number = model._tokens.tokenizer.token_to_id
    model._model.model.detect_language = lambda _: [[("<|ja|>", 0.9), ("<|en|>", 0.1)], [("<|en|>", 1.0)]]
    first, second = model._prompts(None, 2)
    assert (first[1], second[1]) == (number("<|ja|>"), number("<|en|>"))
    assert first[0] == second[0]
    assert first[2:] == second[2:]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patience": 2.0}, "patience has no effect on a greedy search"),
        ({"beam_size": 5, "patience": 0}, "patience=0 is not usable"),
        ({"beam_size": 5, "length_penalty": "long"}, "length_penalty='long' is not usable"),
        ({"log_prob_threshold": 1}, "log_prob_threshold=1 is not usable: give a number below 0"),
        ({"log_prob_threshold": "low"}, "log_prob_threshold='low' is not usable: give a number below 0"),
    ],
)
def test_settings_that_cannot_be(options: dict[str, Any], message: str) -> None:
    usual = {name: getattr(Search(), name) for name in Search.__slots__}
    with pytest.raises(InputError, match=message):
        read_search(**{**usual, **options})
