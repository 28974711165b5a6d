"""Speech-LLMs through one chat path, on tiny random weights: plumbing only, nothing about quality."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from speechfair.errors import InputError, MissingExtraError, ModelError
from speechfair.models import load_model
from speechfair.models.answer_kinds import without_marks
from speechfair.models.families.chat_audio import TRANSCRIBE, _most_s
from speechfair.types import Audio, Question
from tests.models import tiny
from tests.models.tiny_chat import BUILDERS

every_family = pytest.mark.parametrize("family", sorted(BUILDERS))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    @cache
    def build(family: str) -> Path:
        from transformers.utils import is_mistral_common_available

        if family == "voxtral" and not is_mistral_common_available():
            pytest.skip("Voxtral needs mistral-common, which asks for an older numpy than the pinned one")
        folder = tmp_path_factory.mktemp(family)
        BUILDERS[family](folder)
        return folder

    return build


@cache
def chat(folder: Path, **options: Any) -> Any:
    return load_model(f"chat-audio:{folder}", **{"device": "cpu", "max_new_tokens": 8, **options})


@every_family
def test_audio_goes_in_and_text_comes_out_and_the_audio_matters(family: str, folders: Any) -> None:
    model = chat(folders(family))
    batch = tiny.noise(8000, 16_000, 32_000, 100)
    found = model.transcribe(batch)
    assert [h.error for h in found] == [None] * 4
    assert len({h.text for h in found}) > 1, "the answer does not follow the audio"
    alone = [model.transcribe([audio])[0].text for audio in reversed(batch)][::-1]
    assert alone == [h.text for h in found]


@every_family
def test_the_prompt_matters_and_is_part_of_the_identity(family: str, folders: Any) -> None:
    model, other = chat(folders(family)), chat(folders(family), prompt="How many bags are there?")
    batch = tiny.noise(16_000, 8_000)
    assert model.identity.options["prompt"] == TRANSCRIBE
    assert model.identity.key != other.identity.key
    answers = [h.text for h in other.transcribe(batch)]
    assert answers != [h.text for h in model.transcribe(batch)]
    asked = [Question(audio.utterance_id, "How many bags are there?", audio=audio) for audio in batch]
    assert answers == [a.text and without_marks(a.text) for a in model.answer(asked)]


def test_a_pass_of_several_gives_the_same_where_the_family_allows(folders: Any) -> None:
    batch = tiny.noise(8000, 16_000, 32_000)
    for family in ("qwen2_audio", "audioflamingo3", "glmasr"):
        together = chat(folders(family), batch_size=3)
        assert together.identity.key != chat(folders(family)).identity.key
        assert [h.text for h in together.transcribe(batch)] == [
            h.text for h in chat(folders(family)).transcribe(batch)
        ]


@every_family
def test_a_transcript_in_place_of_the_audio_is_answered_too(family: str, folders: Any) -> None:
    told = ("There are two bags.", "She cannot come on Thursday.")
    read = [Question(text, "How many bags are there?", transcript=text) for text in told]
    found = chat(folders(family)).answer(read)
    assert [a.error for a in found] == [None, None]
    assert found[0].text != found[1].text, "the answer does not follow the transcript"


@every_family
def test_the_longest_audio_that_is_allowed_reaches_the_model_whole(family: str, folders: Any) -> None:
    """The processor's own limit is found out by what it gives, not by what it says."""
    model = chat(folders(family))
    limit = _most_s(model._processor, model._model.config.model_type)
    if limit is None:
        assert _tail_counts(model, 40.0), "this processor cuts off: it does not belong into WITHOUT_END"
        return
    assert _tail_counts(model, min(limit, 40.0))
    with pytest.raises(InputError, match=f"cuts audio off after {limit:g} s without a word"):
        chat(folders(family), longest_s=limit + 1)


def _tail_counts(model: Any, seconds: float) -> bool:
    """Whether the last second of audio of that length changes what the model is given."""
    import torch

    (plain,) = tiny.noise(round(seconds * model.sample_rate))
    changed = Audio("c", plain.samples.copy(), plain.sample_rate)
    changed.samples[-model.sample_rate :] *= -0.5
    first, second = (model._inputs([Question("q", "What?", audio=audio)]) for audio in (plain, changed))
    return any(not torch.equal(first[name], second[name]) for name in first)


def test_audio_over_30_s_is_refused_and_not_cut(folders: Any) -> None:
    long, short = tiny.noise(16_000 * 30 + 1, 8000)
    found = chat(folders("qwen2_audio")).transcribe([long, short])
    assert "takes up to 30 s at once; nothing is cut off" in str(found[0].error)
    assert found[1].text is not None


@pytest.mark.parametrize(
    ("spec", "options", "error", "message"),
    [
        ("chat-audio", {}, InputError, "chat-audio needs a model"),
        ("chat-audio:/no/such", {}, ModelError, "there is no folder /no/such"),
        ("chat-audio:x", {"prompt": " "}, InputError, "prompt is empty"),
        ("chat-audio:x", {"max_new_tokens": 0}, InputError, "max_new_tokens=0 is not usable"),
        ("chat-audio:x", {"promt": "?"}, InputError, "did you mean 'prompt'"),
    ],
)
def test_bad_input(spec: str, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        load_model(spec, **options)


def test_a_recogniser_that_does_not_chat(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"type 'moonshine' with a processor without a chat template.*families whisper"
    ):
        chat(tiny.moonshine_folder(tmp_path / "moonshine"))
    with pytest.raises(ModelError, match="type 'wav2vec2' with no model class that generates"):
        chat(tiny.ctc_folder(tmp_path / "ctc"))


def test_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import util

    monkeypatch.setattr(util, "find_spec", lambda name, *a: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'speechfair\[hf\]'"):
        load_model("chat-audio:x")
