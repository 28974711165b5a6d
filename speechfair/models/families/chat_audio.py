"""Speech-LLMs of transformers that take audio in a chat: one path for all that have a processor with a chat template.

`ChatAudio.answer` puts a prompt and a stretch of speech (or its transcript) to the model; as a recogniser it asks for
the words. The prompt is part of the identity. Many such models cut audio at some length without a word, so longer
audio is refused here. Decoding is greedy. What an answer is worth – a refusal, an empty one, another language – is for
others to judge.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from speechfair.errors import InputError, ModelError
from speechfair.models.answering import (
    TRANSCRIBE,
    TRANSCRIPT_FORM,
    answer_in_passes,
    refuse_question,
    replies,
    transcribe_by_prompt,
    written,
)
from speechfair.models.arguments import positive_number, whole_number
from speechfair.models.batching import at_least, describe
from speechfair.models.remote_code import RemoteCode, code_files, remote_code
from speechfair.models.weights import (
    digest_of,
    model_folder,
    quiet_transformers,
    require_transformers,
    torch_device,
    torch_dtype,
    versions_of,
)
from speechfair.types import Answer, Architecture, Audio, Hypothesis, ModelIdentity, Question

__all__ = ["TRANSCRIBE", "ChatAudio", "load"]

SHORTEST_S = 0.1
AUTO_CLASSES = (
    "AutoModelForMultimodalLM",
    "AutoModelForSpeechSeq2Seq",
    "AutoModelForSeq2SeqLM",
    "AutoModelForCausalLM",
)
THINKERS = {"qwen2_5_omni": "Qwen2_5OmniThinkerForConditionalGeneration"}
"""Models that also speak: only the half that writes is loaded."""
WITHOUT_END = ("granite_speech", "phi4_multimodal", "voxtral")
"""Types whose processor takes audio of any length; tests show for each family that no tail is lost."""


def load(
    which: str | None,
    *,
    prompt: str = TRANSCRIBE,
    dtype: str = "float32",
    device: str = "auto",
    batch_size: int = 1,
    longest_s: float = 30.0,
    max_new_tokens: int = 256,
    trust_remote_code: bool = False,
    name: str | None = None,
) -> ChatAudio:
    """Load a speech-LLM in transformers form.

    Parameters
    ----------
    which : folder that transformers saved, or a hub name such as ``Qwen/Qwen2-Audio-7B-Instruct``.
    prompt : what is asked of each utterance. Part of the identity.
    dtype : ``float32``, ``float16`` or ``bfloat16``.
    device : ``cpu``, ``cuda`` or ``auto``.
    batch_size : utterances per pass. Part of the identity, since low precision rounds otherwise in a batch.
    longest_s : longer audio (seconds) becomes a failed row; raise it for a model known to hear more. What its
        processor would cut off in silence cannot be allowed.
    max_new_tokens : greatest length of an answer.
    trust_remote_code : run the Python code that the folder brings along. Part of the identity, like the code.
    name : what the model is called in results; default ``chat-audio:WHICH``.

    Raises
    ------
    InputError
        An option's value is not usable, or `longest_s` is more than the model's processor keeps.
    MissingExtraError
        torch or transformers is not installed.
    ModelError
        The folder or the hub does not give such a model.
    """
    if not which:
        raise InputError(
            "chat-audio needs a model: chat-audio:FOLDER or a hub name, such as Qwen/Qwen2-Audio-7B-Instruct"
        )
    if not prompt.strip():
        raise InputError("prompt is empty: say what is asked of each utterance")
    limits = whole_number("batch_size", batch_size), whole_number("max_new_tokens", max_new_tokens)
    longest_s = positive_number("longest_s", longest_s)
    require_transformers("the model family chat-audio")
    folder = model_folder(which, "chat-audio", code_files(trust_remote_code))
    code = remote_code(folder, trust_remote_code)
    return ChatAudio(name or f"chat-audio:{which}", code, prompt, dtype, device, *limits, longest_s)


class ChatAudio:
    """A speech-LLM, and a `Recognizer` by its prompt. Made by `load`."""

    def __init__(
        self,
        name: str,
        code: RemoteCode,
        prompt: str,
        dtype: str,
        device: str,
        batch_size: int,
        max_new_tokens: int,
        longest_s: float,
    ) -> None:
        self._dtype, self._device = torch_dtype(dtype), torch_device(device)
        self._processor, self._model = _open(code, self._dtype, self._device)
        _check_limit(longest_s, _most_s(self._processor, self._model.config.model_type), code.folder)
        self._prompt, self._batch_size = prompt, batch_size
        self._max_new_tokens, self._longest_s = max_new_tokens, longest_s
        self._sample_rate = _sample_rate(self._processor)
        self._identity = ModelIdentity(
            name=name,
            family="chat-audio",
            digest=digest_of(code.folder, code.files),
            options={
                "architecture": type(self._model).__name__,
                "prompt": prompt,
                "transcript_form": TRANSCRIPT_FORM,
                "dtype": dtype,
                "device": self._device.type,
                "batch_size": batch_size,
                "max_new_tokens": max_new_tokens,
                "longest_s": longest_s,
                **code.options,
            },
            versions=versions_of("torch", "transformers"),
        )

    @property
    def identity(self) -> ModelIdentity:
        """Weights, prompt, options and library versions."""
        return self._identity

    @property
    def sample_rate(self) -> int:
        """Hz that the model's feature extractor was made for."""
        return self._sample_rate

    @property
    def architecture(self) -> Architecture:
        """Sound goes into the language model; no words are written down in between."""
        return "native"

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        """One hypothesis per audio, in order: the answer to the prompt. What goes wrong becomes its `error`."""
        return transcribe_by_prompt(batch, self._prompt, self.answer)

    def answer(self, batch: Sequence[Question]) -> list[Answer]:
        """One answer per question, in order. What goes wrong with one becomes its `error`."""
        return answer_in_passes(
            batch,
            self.identity,
            self._batch_size,
            self._answer,
            lambda question: refuse_question(question, self.sample_rate, self._longest_s),
        )

    def _answer(self, batch: list[Question]) -> list[str]:
        import torch

        given = self._inputs(batch).to(self._device, dtype=self._dtype)
        with torch.inference_mode(), quiet_transformers():
            tokens = self._model.generate(**given, do_sample=False, max_new_tokens=self._max_new_tokens)
        answers = tokens[:, given["input_ids"].shape[1] :]
        tokenizer = getattr(self._processor, "tokenizer", self._processor)
        return replies(tokenizer, answers, self._model.generation_config.eos_token_id, self._max_new_tokens)

    def _inputs(self, batch: list[Question]) -> Any:
        """What the processor makes of questions: token ids, features, masks."""
        with tempfile.TemporaryDirectory(prefix="speechfair-chat-") as folder:
            conversations = [_conversation(question, Path(folder), row) for row, question in enumerate(batch)]
            with quiet_transformers():
                return self._processor.apply_chat_template(
                    conversations,
                    tokenize=True,
                    return_dict=True,
                    return_tensors="pt",
                    add_generation_prompt=True,
                    # a flat padding=True would reach the feature extractor too, and shorten what it gives
                    processor_kwargs={"text_kwargs": {"padding": True, "padding_side": "left"}},
                )


def _conversation(question: Question, folder: Path, row: int) -> list[dict[str, Any]]:
    content: list[dict[str, str]] = []
    if question.audio is not None:
        # a path is the one form of audio that every family takes
        content.append({"type": "audio", "path": str(_write_wav(question.audio, folder, row))})
    content.append({"type": "text", "text": written(question)})
    return [{"role": "user", "content": content}]


def _write_wav(audio: Audio, folder: Path, row: int) -> Path:
    import soundfile

    path = folder / f"{row}.wav"
    soundfile.write(path, at_least(audio, SHORTEST_S), audio.sample_rate, subtype="FLOAT")
    return path


def _sample_rate(processor: Any) -> int:
    extractor = getattr(processor, "feature_extractor", None) or getattr(processor, "audio_processor", None)
    return int(getattr(extractor, "sampling_rate", 16_000))


def _most_s(processor: Any, model_type: str) -> float | None:
    """Seconds after which the processor cuts audio off; None where it takes any length."""
    if model_type in WITHOUT_END:
        return None
    if hasattr(processor, "max_audio_len"):
        return float(processor.max_audio_len)
    chunk = getattr(getattr(processor, "feature_extractor", None), "chunk_length", None)
    return None if chunk is None else float(chunk)


def _check_limit(longest_s: float, most_s: float | None, folder: Path) -> None:
    if most_s is not None and longest_s > most_s:
        raise InputError(
            f"longest_s={longest_s:g} is not usable: the processor of {folder} cuts audio off after {most_s:g} s "
            f"without a word; give at most longest_s={most_s:g}, and longer speech in segments"
        )


def _chats(processor: Any) -> bool:
    """Whether the processor can lay out a conversation: by a template, or by Mistral's own tokenizer."""
    tokenizer = getattr(processor, "tokenizer", None)
    return bool(getattr(processor, "chat_template", None)) or type(tokenizer).__name__.startswith(
        "MistralCommon"
    )


def _open(code: RemoteCode, dtype: Any, device: Any) -> tuple[Any, Any]:
    """Processor and model of a folder."""
    import transformers

    folder, trust = code.folder, code.trusted
    try:
        with quiet_transformers():
            config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=trust)
            names = [THINKERS.get(config.model_type, "")]
            names += [
                name
                for name in AUTO_CLASSES
                if code.gives(name) or type(config) in getattr(transformers, name)._model_mapping
            ]
            usable = [name for name in names if name]
            processor = transformers.AutoProcessor.from_pretrained(folder, trust_remote_code=trust)
            if getattr(processor, "chat_template", None) is None and hasattr(processor, "tokenizer"):
                # Phi-4's processor leaves the template of its folder to the tokenizer
                processor.chat_template = getattr(processor.tokenizer, "chat_template", None)
            if not usable or not _chats(processor):
                lacking = (
                    "no model class that generates" if not usable else "a processor without a chat template"
                )
                raise code.error(
                    f"{folder} holds a model of type {config.model_type!r} with {lacking}: it is no speech-LLM that "
                    "chats; plain recognisers are for the families whisper, ctc and seq2seq"
                )
            loader = getattr(transformers, usable[0])
            return processor, loader.from_pretrained(folder, dtype=dtype, trust_remote_code=trust).to(
                device
            ).eval()
    except ModelError:
        raise
    except Exception as error:
        raise code.error(f"{folder} cannot be loaded as a speech-LLM: {describe(error)}") from error
