"""A tiny random Whisper on disk, and tones of a few speakers to train it on. They prove plumbing, not quality."""

from __future__ import annotations

import copy
import csv
import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from speechfair.debias.recipe import DebiasRecipe
from speechfair.debias.training.pieces import Pieces, load_pieces
from speechfair.models.weights import quiet_transformers
from tests.support import write_tone

SPECIAL = (
    "<|endoftext|>", "<|startoftranscript|>", "<|translate|>", "<|transcribe|>", "<|startoflm|>",
    "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>",
)  # fmt: skip
TEXTS = ("do re", "mi", "fa so la", "ti do", "re mi fa so")


def whisper_folder(
    folder: Path,
    seed: int = 0,
    dropout: float = 0.0,
    multilingual: bool = False,
    seconds: int = 30,
    tokens: int = 20,
) -> Path:
    """A Whisper of one layer a side that hears `seconds`, with a byte tokenizer; texts of at most `tokens`.

    Random weights write to that limit, so that decoding is most of what a test of training costs.
    """
    import torch
    import transformers as tf
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {symbol: i for i, symbol in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    languages = [f"<|{code}|>" for code in LANGUAGES] if multilingual else []
    special = [*SPECIAL[:2], *languages, *SPECIAL[2:]]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    ids = {token: tokenizer.token_to_id(token) for token in special}
    end = ids["<|endoftext|>"]
    torch.manual_seed(seed)
    config = tf.WhisperConfig(
        vocab_size=tokenizer.get_vocab_size(), d_model=16, num_mel_bins=8, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, dropout=dropout,
        max_source_positions=50 * seconds, max_target_positions=tokens, pad_token_id=end,
        bos_token_id=end, eos_token_id=end, decoder_start_token_id=ids["<|startoftranscript|>"],
    )  # fmt: skip
    model = tf.WhisperForConditionalGeneration(config)
    generation = tf.GenerationConfig(
        max_length=tokens, eos_token_id=end, pad_token_id=end, bos_token_id=end,
        decoder_start_token_id=ids["<|startoftranscript|>"],
    )  # fmt: skip
    generation.is_multilingual = multilingual
    generation.lang_to_id = {token: ids[token] for token in languages}
    generation.task_to_id = {task: ids[f"<|{task}|>"] for task in ("transcribe", "translate")}
    generation.no_timestamps_token_id = ids["<|notimestamps|>"]
    model.generation_config = generation
    with quiet_transformers():
        model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "WhisperTokenizer", "model_max_length": 1024}
    settings.update(dict.fromkeys(("pad_token", "bos_token", "eos_token", "unk_token"), "<|endoftext|>"))
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    tf.WhisperFeatureExtractor(feature_size=8, chunk_length=seconds).save_pretrained(folder)
    return folder


_read = lru_cache(maxsize=4)(load_pieces)


def own_pieces(spec: str, language: str | None = None) -> Pieces:
    """Those of a model that no test changes, with weights to train: they are read once and copied."""
    pieces = _read(spec, language)
    return replace(pieces, model=copy.deepcopy(pieces.model))


def speech(folder: Path, name: str, speakers: dict[str, str], per_speaker: int = 4) -> Path:
    """``folder/NAME.csv`` of tones: `speakers` gives each one's accent. Texts differ in length."""
    path = folder / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "audio", "text", "speaker", "accent"])
        for number, (speaker, accent) in enumerate(speakers.items()):
            for take in range(per_speaker):
                wav = write_tone(
                    folder / name / f"{name}-{speaker}-{take}.wav", 0.4 + 0.1 * ((number + take) % 4)
                )
                text = TEXTS[(number + take) % len(TEXTS)]
                writer.writerow([f"{speaker}-{take}", wav.relative_to(folder), text, speaker, accent])
    return path


def accents(prefix: str, x: int, y: int) -> dict[str, str]:
    """`x` speakers of accent x and `y` of accent y."""
    return {f"{prefix}{accent}{i}": accent for accent, count in (("x", x), ("y", y)) for i in range(count)}


def recipe_content(folder: Path, model: Path | str, **changes: Any) -> dict[str, Any]:
    """A recipe on the tiny model: `train.csv` and `test.csv` of `folder`, accents x and y."""
    content: dict[str, Any] = {
        "model": model if isinstance(model, str) else f"whisper:{model}",
        "axis": "accent",
        "train": [{"corpus": "manifest", "options": {"manifest": str(folder / "train.csv")}}],
        "dev": {"share": 0.3, "max_utterances": 6},
        "evaluate": [
            {"name": "target", "corpus": "manifest", "options": {"manifest": str(folder / "test.csv")},
             "group_by": ["accent"]},
        ],
        "method": {"name": "erm"},
        "steps": 4,
        "batch": 4,
        "learning_rate": 0.01,
        "check_every": 2,
        "patience": None,
        "recognizer": {"family": "faster-whisper", "options": {}},
        "even_if_undetermined": True,
    }  # fmt: skip
    content.update(changes)
    return content


def recipe(folder: Path, model: Path | str, **changes: Any) -> DebiasRecipe:
    """That recipe, validated."""
    return DebiasRecipe.model_validate(recipe_content(folder, model, **changes))
