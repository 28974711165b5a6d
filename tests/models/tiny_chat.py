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


def voxtral(folder: Path) -> None:
    import transformers as tf
    from transformers.tokenization_mistral_common import MistralCommonBackend

    folder.mkdir(parents=True, exist_ok=True)
    size = _tekken(folder / "tekken.json")
    tokenizer = MistralCommonBackend.from_pretrained(folder)
    processor = tf.VoxtralProcessor(tf.WhisperFeatureExtractor(feature_size=128), tokenizer)
    config = tf.VoxtralConfig(
        # the projector takes four frames at once: 4 x hidden_size
        audio_config={"model_type": "voxtral_encoder", "intermediate_size": 128, **AUDIO_MODEL},
        text_config={"model_type": "llama", "vocab_size": size, "head_dim": 16, **TEXT_MODEL},
        audio_token_id=24,
    )
    _save(
        tf.VoxtralForConditionalGeneration, config, processor, tokenizer, folder, scale=10.0, bos_token_id=1
    )


def qwen2_5_omni(folder: Path) -> None:
    import transformers as tf

    names = {"image_token": "<|IMAGE|>", "audio_token": "<|AUDIO|>", "video_token": "<|VIDEO|>"}
    names |= {"vision_bos_token": "<|vision_bos|>", "vision_eos_token": "<|vision_eos|>"}
    names |= {"audio_bos_token": "<|audio_bos|>", "audio_eos_token": "<|audio_eos|>"}
    tokenizer = byte_tokenizer(padding_side="left", extra_special_tokens=names)
    ids = {name: int(tokenizer.convert_tokens_to_ids(token)) for name, token in names.items()}
    template = TEMPLATE.replace("AUDIO", "<|audio_bos|><|AUDIO|><|audio_eos|>")
    processor = tf.Qwen2_5OmniProcessor(
        tf.Qwen2VLImageProcessor(),
        tf.Qwen2VLVideoProcessor(),
        # as published: 300 s, after which it cuts off
        tf.WhisperFeatureExtractor(feature_size=128, chunk_length=300),
        tokenizer,
        chat_template=template,
    )
    tokens = {f"{what}_token_index": ids[f"{what}_token"] for what in ("audio", "image", "video")}
    thinker = tf.Qwen2_5OmniThinkerConfig(
        audio_config={
            "d_model": 32,
            "encoder_layers": 2,
            "encoder_attention_heads": 2,
            "encoder_ffn_dim": 64,
            "num_mel_bins": 128,
            "output_dim": 32,
        },
        vision_config={
            "depth": 1,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 2,
            "out_hidden_size": 32,
            "fullatt_block_indexes": [0],
        },
        text_config={
            "vocab_size": len(tokenizer),
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 3, 3]},
            **TEXT_MODEL,
        },
        audio_start_token_id=ids["audio_bos_token"],
        audio_end_token_id=ids["audio_eos_token"],
        # published folders have it in their JSON, and generate() reads it
        vision_start_token_id=ids["vision_bos_token"],
        **tokens,
    )
    _save(tf.Qwen2_5OmniThinkerForConditionalGeneration, thinker, processor, tokenizer, folder)
    # published folders hold the configuration of the whole, speaking half included
    tf.Qwen2_5OmniConfig(thinker_config=thinker.to_dict()).save_pretrained(folder)


def phi4_multimodal(folder: Path) -> None:
    import transformers as tf

    tokenizer = byte_tokenizer(
        padding_side="left", extra_special_tokens={"image_token": "<|image|>", "audio_token": "<|audio|>"}
    )
    processor = tf.Phi4MultimodalProcessor(
        tf.Phi4MultimodalImageProcessor(),
        tf.Phi4MultimodalFeatureExtractor(),
        tokenizer,
        chat_template=TEMPLATE.replace("AUDIO", "<|audio|>"),
    )
    ids = {what: int(tokenizer.convert_tokens_to_ids(f"<|{what}|>")) for what in ("image", "audio")}
    config = tf.Phi4MultimodalConfig(
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_token_id": ids["image"],
        },
        audio_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_blocks": 2,
            "num_attention_heads": 2,
            "ext_pw_out_channel": 32,
            "depthwise_separable_out_channel": 32,
            "nemo_conv_channels": 32,
            "audio_token_id": ids["audio"],
        },
        vocab_size=len(tokenizer),
        eos_token_id=[tokenizer.eos_token_id],
        bos_token_id=tokenizer.bos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **TEXT_MODEL,
    )
    _save(tf.Phi4MultimodalForCausalLM, config, processor, tokenizer, folder, scale=10.0)


def _tekken(path: Path) -> int:
    """Write Mistral's form of a byte tokenizer; return its size."""
    import base64
    import json

    named = {0: "<unk>", 1: "<s>", 2: "</s>", 3: "[INST]", 4: "[/INST]", 5: "[AVAILABLE_TOOLS]"}
    named |= {6: "[/AVAILABLE_TOOLS]", 7: "[TOOL_RESULTS]", 8: "[/TOOL_RESULTS]", 9: "[TOOL_CALLS]"}
    named |= {10: "[IMG]", 11: "<pad>", 12: "[IMG_BREAK]", 13: "[IMG_END]", 14: "[PREFIX]", 15: "[MIDDLE]"}
    named |= {16: "[SUFFIX]", 17: "[SYSTEM_PROMPT]", 18: "[/SYSTEM_PROMPT]", 19: "[TOOL_CONTENT]"}
    named |= {24: "[AUDIO]", 25: "[BEGIN_AUDIO]", 34: "[TRANSCRIBE]"}
    special = [
        {"rank": i, "token_str": named.get(i, f"<SPECIAL_{i}>"), "is_control": True} for i in range(40)
    ]
    vocabulary = [
        {
            "rank": i,
            "token_bytes": base64.b64encode(bytes([i])).decode(),
            "token_str": chr(i) if i < 128 else None,
        }
        for i in range(256)
    ]
    sizes = {"num_vocab_tokens": 256, "default_vocab_size": 296, "default_num_special_tokens": 40}
    encoding = {"num_mel_bins": 128, "hop_length": 160, "window_size": 400}
    audio = {
        "sampling_rate": 16000,
        "frame_rate": 12.5,
        "chunk_length_s": 30.0,
        "audio_encoding_config": encoding,
    }
    content = {
        "config": {"pattern": r"[^\s]+|\s+", "version": "v7", **sizes},
        "vocab": vocabulary,
        "special_tokens": special,
        "audio": audio,
    }
    path.write_text(json.dumps(content))
    return 296


def _save(
    model_class: Any,
    config: Any,
    processor: Any,
    tokenizer: Any,
    folder: Path,
    scale: float = 5.0,
    **generation: Any,
) -> None:
    import torch
    from transformers import GenerationConfig

    torch.manual_seed(0)
    model = model_class(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():  # else the audio does not move the answer
            if parameter.dim() > 1 and "embed" not in name:
                parameter.mul_(scale)
    model.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        do_sample=False,
        **generation,
    )
    with quiet_transformers():
        model.save_pretrained(folder)
        processor.save_pretrained(folder)


def text_llm(folder: Path) -> None:
    """A text model: it takes no audio."""
    import transformers as tf

    template = (
        "{% for m in messages %}<s>{{ m['role'] }}\n{{ m['content'] }}</s>\n{% endfor %}"
        "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
    )
    tokenizer = byte_tokenizer(padding_side="left")
    tokenizer.chat_template = template
    config = tf.Qwen2Config(vocab_size=len(tokenizer), **TEXT_MODEL)
    _save(tf.Qwen2ForCausalLM, config, tokenizer, tokenizer, folder, scale=10.0)


BUILDERS: dict[str, Callable[[Path], None]] = {
    "qwen2_audio": qwen2_audio,
    "audioflamingo3": audioflamingo3,
    "glmasr": glmasr,
    "granite_speech": granite_speech,
    "voxtral": voxtral,
    "qwen2_5_omni": qwen2_5_omni,
    "phi4_multimodal": phi4_multimodal,
}
