"""Tiny random-weight speech-LLMs on disk, one builder per family. They prove plumbing, and say nothing of quality."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from speechfair.models.weights import quiet_transformers
from tests.models.tiny import byte_tokenizer

TEXT_MODEL: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 4096,
    "tie_word_embeddings": False,
}
AUDIO_MODEL: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_mel_bins": 128,
}
TEMPLATE = (
    "{% for m in messages %}<s>{{ m['role'] }}\n{% for c in m['content'] %}"
    "{% if c['type'] == 'audio' %}AUDIO{% elif c['type'] == 'text' %}{{ c['text'] }}{% endif %}"
    "{% endfor %}</s>\n{% endfor %}{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)


def qwen2_audio(folder: Path) -> None:
    import transformers as tf

    tokenizer = byte_tokenizer("<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>", padding_side="left")
    template = TEMPLATE.replace("AUDIO", "<|audio_bos|><|AUDIO|><|audio_eos|>")
    processor = tf.Qwen2AudioProcessor(
        tf.WhisperFeatureExtractor(feature_size=128), tokenizer, chat_template=template
    )
    audio = {
        "model_type": "qwen2_audio_encoder",
        "d_model": 32,
        "encoder_layers": 2,
        "encoder_attention_heads": 2,
        "encoder_ffn_dim": 64,
        "num_mel_bins": 128,
    }
    config = tf.Qwen2AudioConfig(
        audio_config=audio,
        text_config={"model_type": "qwen2", "vocab_size": len(tokenizer), **TEXT_MODEL},
        audio_token_index=tokenizer.convert_tokens_to_ids("<|AUDIO|>"),
    )
    _save(tf.Qwen2AudioForConditionalGeneration, config, processor, tokenizer, folder)


def audioflamingo3(folder: Path) -> None:
    import transformers as tf

    tokenizer = byte_tokenizer("<sound>", padding_side="left")
    processor = tf.AudioFlamingo3Processor(
        tf.WhisperFeatureExtractor(feature_size=128),
        tokenizer,
        chat_template=TEMPLATE.replace("AUDIO", "<sound>"),
    )
    config = tf.AudioFlamingo3Config(
        audio_config={"model_type": "audioflamingo3_encoder", "intermediate_size": 64, **AUDIO_MODEL},
        text_config={"model_type": "qwen2", "vocab_size": len(tokenizer), **TEXT_MODEL},
        audio_token_id=tokenizer.convert_tokens_to_ids("<sound>"),
    )
    _save(tf.AudioFlamingo3ForConditionalGeneration, config, processor, tokenizer, folder)


def glmasr(folder: Path) -> None:
    import transformers as tf

    tokenizer = byte_tokenizer("<|pad|>", padding_side="left")
    processor = tf.GlmAsrProcessor(
        tf.WhisperFeatureExtractor(feature_size=128),
        tokenizer,
        chat_template=TEMPLATE.replace("AUDIO", "<|pad|>"),
    )
    config = tf.GlmAsrConfig(
        # the projector takes four frames at once: 4 x hidden_size
        audio_config={"model_type": "glmasr_encoder", "intermediate_size": 128, **AUDIO_MODEL},
        text_config={
            "model_type": "llama",
            "vocab_size": len(tokenizer),
            "eos_token_id": tokenizer.eos_token_id,
            **TEXT_MODEL,
        },
        audio_token_id=tokenizer.convert_tokens_to_ids("<|pad|>"),
        tie_word_embeddings=False,
    )
    _save(tf.GlmAsrForConditionalGeneration, config, processor, tokenizer, folder)


def granite_speech(folder: Path) -> None:
    import transformers as tf

    tokenizer = byte_tokenizer("<|audio|>", padding_side="left")
    processor = tf.GraniteSpeechProcessor(
        tf.GraniteSpeechFeatureExtractor(), tokenizer, chat_template=TEMPLATE.replace("AUDIO", "<|audio|>")
    )
    config = tf.GraniteSpeechConfig(
        encoder_config={
            "input_dim": 160,
            "num_layers": 2,
            "hidden_dim": 32,
            "num_heads": 2,
            "output_dim": 42,
        },
        projector_config={
            "model_type": "blip_2_qformer",
            "hidden_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 64,
            "encoder_hidden_size": 32,
            "cross_attention_frequency": 1,
        },
        text_config={"model_type": "granite", "vocab_size": len(tokenizer), **TEXT_MODEL},
        audio_token_index=tokenizer.convert_tokens_to_ids("<|audio|>"),
        has_lora_adapter=False,
        tie_word_embeddings=False,
    )
    _save(tf.GraniteSpeechForConditionalGeneration, config, processor, tokenizer, folder)


def _save(model_class: Any, config: Any, processor: Any, tokenizer: Any, folder: Path) -> None:
    import torch
    from transformers import GenerationConfig

    torch.manual_seed(0)
    model = model_class(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():  # else the audio does not move the answer
            if parameter.dim() > 1 and "embed" not in name:
                parameter.mul_(5.0)
    model.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, do_sample=False
    )
    with quiet_transformers():
        model.save_pretrained(folder)
        processor.save_pretrained(folder)


BUILDERS: dict[str, Callable[[Path], None]] = {
    "qwen2_audio": qwen2_audio,
    "audioflamingo3": audioflamingo3,
    "glmasr": glmasr,
    "granite_speech": granite_speech,
}
