"""What a prompt shares with the one before it is computed once, and changes no reply."""

from __future__ import annotations

import pytest

from speechfair.models import load_speech_llm
from speechfair.types import Question
from tests.models import tiny_chat

SAID = "on monday anna bought two bags"
ASKED = [
    Question("a", "How many bags?", transcript=SAID),
    Question("b", "How many bags were bought?", transcript=SAID),
    Question("c", "How many bags?", transcript=SAID),
    Question("d", "Who?", transcript="nobody came"),
    Question("e", "How many bags?", transcript=SAID),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("text-llm")
    tiny_chat.text_llm(folder)
    return f"text-llm:{folder}"


def test_a_shared_beginning_changes_no_reply(model: str) -> None:
    loaded = load_speech_llm(model, device="cpu", max_new_tokens=8)
    together = [answer.text for answer in loaded.answer(ASKED)]
    alone = [
        load_speech_llm(model, device="cpu", max_new_tokens=8).answer([question])[0].text
        for question in ASKED[:4]
    ]
    assert together == [*alone, alone[0]]
    assert loaded.identity.options["shared_prefix"] is True


def test_batches_share_nothing(model: str) -> None:
    loaded = load_speech_llm(model, device="cpu", max_new_tokens=8, batch_size=2)
    assert loaded.identity.options["shared_prefix"] is False
    assert all(answer.error is None for answer in loaded.answer(ASKED))


def test_an_error_leaves_no_half_filled_cache(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_speech_llm(model, device="cpu", max_new_tokens=8)
    right = loaded.answer(ASKED[:1])[0].text
    generate = loaded._model.generate  # type: ignore[attr-defined]

    def fail(**given: object) -> object:
        generate(**given)
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patched:
        patched.setattr(loaded._model, "generate", fail)  # type: ignore[attr-defined]
        assert loaded.answer(ASKED[1:2])[0].error is not None
    assert loaded.answer(ASKED[2:3])[0].text == right
