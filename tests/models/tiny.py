"""Tiny random-weight models on disk. They prove plumbing (padding, order, digests), and say nothing of quality."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from speechfair.models.weights import quiet_transformers
from speechfair.types import Audio, Question

LETTERS = "|abcdefghijklmnopqrstuvwxyz'"
ENCODER: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "conv_dim": (32, 32, 32),
    "conv_kernel": (10, 8, 4),
    "conv_stride": (5, 8, 8),
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}


def noise(*lengths: int, seed: int = 11, rate: int = 16_000) -> list[Audio]:
    """Noise whose colour changes along the way and from one to the next, of those lengths in samples."""
    rng = np.random.default_rng(seed)
    found = []
    for number, length in enumerate(lengths):
        time = np.arange(length) / rate
        tone = np.sin(2 * np.pi * (200 + 350 * number) * time * (1 + 2 * time))
        samples = 0.2 * tone + rng.normal(0, 0.05, length)
        found.append(Audio(f"n{number}", samples.astype(np.float32), rate))
    return found


def ctc_folder(
    folder: Path, kind: str = "wav2vec2", norm: str = "layer", seed: int = 3, **settings: Any
) -> Path:
    """A CTC model of `kind` (``wav2vec2``, ``hubert``, ``wavlm``) with ``feat_extract_norm=norm``."""
    import torch
    import transformers as tf

    classes = {
        "wav2vec2": (tf.Wav2Vec2Config, tf.Wav2Vec2ForCTC),
        "hubert": (tf.HubertConfig, tf.HubertForCTC),
        "wavlm": (tf.WavLMConfig, tf.WavLMForCTC),
    }
    config_class, model_class = classes[kind]
    folder.mkdir(parents=True, exist_ok=True)
    tokens = ["<pad>", "<s>", "</s>", "<unk>", *LETTERS]
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    torch.manual_seed(seed)
    config = config_class(
        **ENCODER,
        **settings,
        feat_extract_norm=norm,
        do_stable_layer_norm=norm == "layer",
        conv_bias=norm == "layer",
        vocab_size=len(tokens),
        pad_token_id=0,
    )
    model = model_class(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # else every frame gets the same letter
            if parameter.dim() > 1:
                parameter.mul_(4.0)
    _save(model, folder)
    tf.Wav2Vec2CTCTokenizer(
        str(folder / "vocab.json"), pad_token="<pad>", word_delimiter_token="|"
    ).save_pretrained(folder)
    tf.Wav2Vec2FeatureExtractor(return_attention_mask=norm == "layer", do_normalize=True).save_pretrained(
        folder
    )
    return folder


def _save(model: Any, folder: Path) -> None:
    with quiet_transformers():
        model.save_pretrained(folder)


def mms_folder(folder: Path) -> Path:
    """A wav2vec 2.0 with one adapter and one vocabulary per language (``eng``, ``jpn``), as MMS has them."""
    import torch
    import transformers as tf
    from safetensors.torch import save_file

    ctc_folder(folder, adapter_attn_dim=8)
    vocabulary = json.loads((folder / "vocab.json").read_text())
    moved = {
        token: (i if i < 4 else 4 + (i - 4 + 7) % (len(vocabulary) - 4)) for token, i in vocabulary.items()
    }
    (folder / "vocab.json").write_text(json.dumps({"eng": vocabulary, "jpn": moved}))
    tokenizer = tf.Wav2Vec2CTCTokenizer(
        str(folder / "vocab.json"), pad_token="<pad>", word_delimiter_token="|", target_lang="eng"
    )
    tokenizer.save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({"eng": vocabulary, "jpn": moved}))
    with quiet_transformers():
        model = tf.Wav2Vec2ForCTC.from_pretrained(folder)
    for seed, language in enumerate(("eng", "jpn")):
        torch.manual_seed(seed)
        weights = {name: torch.randn_like(value) for name, value in model._get_adapters().items()}
        save_file(weights, folder / f"adapter.{language}.safetensors", metadata={"format": "pt"})
    return folder


def byte_tokenizer(*special: str, **settings: Any) -> Any:
    """A tokenizer of 256 byte symbols, without merges, and special tokens: needs no text to be trained on."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {symbol: i for i, symbol in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    found = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", **settings
    )
    found.add_special_tokens({"additional_special_tokens": list(special)} if special else {})
    return found


def moonshine_folder(folder: Path, seed: int = 0) -> Path:
    """A Moonshine of two layers a side."""
    import torch
    import transformers as tf

    torch.manual_seed(seed)
    tokenizer = byte_tokenizer()
    config = tf.MoonshineConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        encoder_num_hidden_layers=2,
        decoder_num_hidden_layers=2,
        encoder_num_attention_heads=2,
        decoder_num_attention_heads=2,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        decoder_start_token_id=tokenizer.bos_token_id,
    )
    model = tf.MoonshineForConditionalGeneration(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(6.0)
    _save(model, folder)
    tokenizer.save_pretrained(folder)
    tf.Wav2Vec2FeatureExtractor(do_normalize=False, return_attention_mask=True).save_pretrained(folder)
    return folder


def describe_samples(samples: np.ndarray[Any, Any], sample_rate: int) -> str:
    """A 'transcript' that tells samples apart."""
    return f"{len(samples)} samples at {sample_rate} Hz, sum {float(np.abs(samples).sum()):.6f}"


def describe_question(question: Question) -> str:
    """An 'answer' that tells prompts, samples and transcripts apart."""
    heard = (
        "" if question.audio is None else describe_samples(question.audio.samples, question.audio.sample_rate)
    )
    return f"asked {question.prompt!r}, heard {heard!r}, read {question.transcript!r}"


def whisper_folder(folder: Path, seed: int = 5) -> Path:
    """An English-only Whisper of one layer a side."""
    import torch
    import transformers as tf

    special = ["<|endoftext|>", "<|startoftranscript|>", "<|startofprev|>", "<|notimestamps|>"]
    tokenizer = byte_tokenizer(*special)
    ids = {token: int(tokenizer.convert_tokens_to_ids(token)) for token in special}
    end, start = ids["<|endoftext|>"], ids["<|startoftranscript|>"]
    torch.manual_seed(seed)
    sizes = {
        f"{side}_{what}": value
        for side in ("encoder", "decoder")
        for what, value in (("layers", 1), ("attention_heads", 2), ("ffn_dim", 64))
    }
    config = tf.WhisperConfig(
        vocab_size=ids["<|notimestamps|>"] + 1502,
        d_model=32,
        max_target_positions=32,
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=start,
        **sizes,
    )
    model = tf.WhisperForConditionalGeneration(config).eval()
    generation = tf.GenerationConfig(
        max_length=32, decoder_start_token_id=start, eos_token_id=end, pad_token_id=end, bos_token_id=end
    )
    generation.is_multilingual = False
    generation.no_timestamps_token_id = ids["<|notimestamps|>"]
    generation.prev_sot_token_id = ids["<|startofprev|>"]
    generation.max_initial_timestamp_index = 50
    generation.suppress_tokens, generation.begin_suppress_tokens = [], []
    model.generation_config = generation
    _save(model, folder)
    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    names = dict.fromkeys(("pad_token", "bos_token", "eos_token", "unk_token"), "<|endoftext|>")
    path.write_text(json.dumps({"tokenizer_class": "WhisperTokenizer", "model_max_length": 1024, **names}))
    tf.WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)
    return folder
