"""A text LLM of transformers: it hears nothing, and answers by transcript. The second half of a cascade.

Decoding is greedy, and the folder's own chat template lays out the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from speechfair.errors import InputError, ModelError
from speechfair.models.answering import TRANSCRIPT_FORM, answer_in_passes, refuse_question, replies, written
from speechfair.models.arguments import whole_number
from speechfair.models.batching import describe
from speechfair.models.prompt_prefix import PromptPrefix
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
from speechfair.types import Answer, Architecture, ModelIdentity, Question

__all__ = ["TextLlm", "load"]


def load(
    which: str | None,
    *,
    dtype: str = "float32",
    device: str = "auto",
    batch_size: int = 1,
    max_new_tokens: int = 256,
    trust_remote_code: bool = False,
    name: str | None = None,
) -> TextLlm:
    """Load a text LLM in transformers form.

    Parameters
    ----------
    which : folder that transformers saved, or a hub name such as ``Qwen/Qwen3-0.6B``.
    dtype : ``float32``, ``float16`` or ``bfloat16``.
    device : ``cpu``, ``cuda`` or ``auto``.
    batch_size : questions per pass. Part of the identity, since low precision rounds otherwise in a batch.
    max_new_tokens : greatest length of an answer.
    trust_remote_code : run the Python code that the folder brings along. Part of the identity, like the code.
    name : what the model is called in results; default ``text-llm:WHICH``.

    Raises
    ------
    InputError
        An option's value is not usable.
    MissingExtraError
        torch or transformers is not installed.
    ModelError
        The folder or the hub does not give such a model.
    """
    if not which:
        raise InputError("text-llm needs a model: text-llm:FOLDER or a hub name, such as Qwen/Qwen3-0.6B")
    limits = whole_number("batch_size", batch_size), whole_number("max_new_tokens", max_new_tokens)
    require_transformers("the model family text-llm")
    folder = model_folder(which, "text-llm", code_files(trust_remote_code))
    code = remote_code(folder, trust_remote_code)
    return TextLlm(name or f"text-llm:{which}", code, dtype, device, *limits)


class TextLlm:
    """A text LLM that answers questions with a transcript; one with audio alone is a failed row. Made by `load`."""

    sample_rate = 16_000

    def __init__(
        self, name: str, code: RemoteCode, dtype: str, device: str, batch_size: int, max_new_tokens: int
    ) -> None:
        self._device = torch_device(device)
        self._tokenizer, self._model = _open(code, torch_dtype(dtype), self._device)
        self._batch_size, self._max_new_tokens = batch_size, max_new_tokens
        prefix = PromptPrefix(self._model.config)
        self._prefix = prefix if batch_size == 1 and prefix.usable else None
        self._identity = ModelIdentity(
            name=name,
            family="text-llm",
            digest=digest_of(code.folder, code.files),
            options={
                "transcript_form": TRANSCRIPT_FORM,
                "dtype": dtype,
                "device": self._device.type,
                "batch_size": batch_size,
                "max_new_tokens": max_new_tokens,
                # another order of sums, so replies can differ where two tokens are all but equally likely
                "shared_prefix": self._prefix is not None,
                **code.options,
            },
            versions=versions_of("torch", "transformers"),
        )

    @property
    def identity(self) -> ModelIdentity:
        """Weights, options and library versions."""
        return self._identity

    @property
    def architecture(self) -> Architecture:
        """Speech reaches it as a transcript only."""
        return "modular"

    def answer(self, batch: Sequence[Question]) -> list[Answer]:
        """One answer per question, in order. What goes wrong with one becomes its `error`."""
        return answer_in_passes(batch, self._identity, self._batch_size, self._answer, _refuse)

    def _answer(self, batch: list[Question]) -> list[str]:
        import torch

        conversations = [[{"role": "user", "content": written(question)}] for question in batch]
        with torch.inference_mode(), quiet_transformers():
            given = self._tokenizer.apply_chat_template(
                conversations,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
                add_generation_prompt=True,
                padding=True,
            ).to(self._device)
            tokens = self._generate(given)
        answers = tokens[:, given["input_ids"].shape[1] :]
        ends = self._model.generation_config.eos_token_id
        return replies(self._tokenizer, answers, ends, self._max_new_tokens)

    def _generate(self, given: Any) -> Any:
        kept = {"do_sample": False, "max_new_tokens": self._max_new_tokens}
        if self._prefix is None:
            return self._model.generate(**given, **kept)
        cache = self._prefix.cache(given["input_ids"][0].tolist())
        try:
            return self._model.generate(**given, **kept, past_key_values=cache)
        except Exception:
            self._prefix.forget()
            raise


def _refuse(question: Question) -> str | None:
    if question.transcript is None:
        return "a text model hears nothing: give a transcript, or put a recogniser before it (cascade)"
    return refuse_question(question, TextLlm.sample_rate, 3600.0)


def _open(code: RemoteCode, dtype: Any, device: Any) -> tuple[Any, Any]:
    """Tokenizer (padding on the left) and model of a folder."""
    import transformers

    folder, trust = code.folder, code.trusted
    try:
        with quiet_transformers():
            config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=trust)
            known = type(config) in transformers.AutoModelForCausalLM._model_mapping
            if not known and not code.gives("AutoModelForCausalLM"):
                raise code.error(
                    f"{folder} holds a model of type {config.model_type!r}, which is no text LLM; "
                    "speech-LLMs are for the family chat-audio"
                )
            tokenizer = transformers.AutoTokenizer.from_pretrained(
                folder, padding_side="left", trust_remote_code=trust
            )
            if not tokenizer.chat_template:
                raise ModelError(
                    f"{folder} has no chat template, so it is not known how to ask it; "
                    "give the instruction-tuned form of the model"
                )
            if tokenizer.pad_token is None:
                tokenizer.pad_token = tokenizer.eos_token
            model = (
                transformers.AutoModelForCausalLM.from_pretrained(
                    folder, dtype=dtype, trust_remote_code=trust
                )
                .to(device)
                .eval()
            )
            return tokenizer, model
    except ModelError:
        raise
    except Exception as error:
        raise code.error(f"{folder} cannot be loaded as a text LLM: {describe(error)}") from error
