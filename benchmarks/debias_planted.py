"""A planted problem: an accent that swaps the letters, one utterance in twenty; the known ceiling is no error.

`python -m benchmarks.debias_planted` trains a small CTC model from scratch by plain fine-tuning and by the group
methods, three seeds each (some ten minutes on one core), and writes docs/results/planted.md. The test suite runs a
small version. Every letter is a pattern of four levels; accent y says each letter with the pattern of another, over a
hum that tells the accent. Whoever hears enough of y can learn it all; plain fine-tuning hears too little.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from speechfair.result_table import Table
from speechfair.wording import percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from speechfair.debias.judging.method_table import MethodTable

CHECKOUT = Path(__file__).resolve().parent.parent
PAGE = CHECKOUT / "docs" / "results" / "planted.md"
LETTERS = "abcdefgh"
PATTERNS = (
    (1, 1, 1, 1), (1, 1, -1, -1), (-1, -1, 1, 1), (1, -1, -1, 1),
    (-1, 1, 1, -1), (1, -1, 1, -1), (-1, 1, -1, 1), (-1, -1, -1, -1),
)  # fmt: skip
SHIFT = 3
"""Accent y says a letter as accent x says the one that comes so many places later."""
RATE, BLOCK = 16_000, 160
METHODS: dict[str, dict[str, Any]] = {
    "erm": {"name": "erm"},
    "balanced": {"name": "balanced"},
    "group_dro": {"name": "group_dro", "options": {"step": 0.1}},
    "ctc_dro": {"name": "ctc_dro", "options": {"step": 0.1, "smoothing": 0.5}},
}


def sound(text: str, accent: str, loudness: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Samples of `text` in [-1, 1]."""
    parts = [np.zeros(4 * BLOCK)]
    for letter in text:
        if letter == " ":
            parts.append(np.zeros(4 * BLOCK))
            continue
        place = (LETTERS.index(letter) + (SHIFT if accent == "y" else 0)) % len(LETTERS)
        parts += [np.repeat(PATTERNS[place], BLOCK).astype(np.float64), np.zeros(2 * BLOCK)]
    speech = loudness * np.concatenate([*parts, np.zeros(2 * BLOCK)])
    if accent == "y":
        speech += 0.2 * np.where(np.arange(len(speech)) // 8 % 2, 1, -1)
    return (speech + rng.normal(0, 0.2, len(speech))) / 4


def write_speech(folder: Path, name: str, speakers: dict[str, int], takes: dict[str, int], seed: int) -> Path:
    """``folder/NAME.csv`` with so many speakers of each accent, so many utterances of each speaker."""
    import soundfile

    rng = np.random.default_rng([seed, 5])
    path = folder / f"{name}.csv"
    (folder / name).mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "audio", "text", "speaker", "accent"])
        for accent, count in speakers.items():
            for number in range(count):
                speaker, loudness = f"{name}-{accent}{number}", rng.uniform(0.7, 1.3)
                for take in range(takes[accent]):
                    words = [rng.choice(list(LETTERS), rng.integers(2, 4)) for _ in range(rng.integers(2, 4))]
                    text = " ".join("".join(word) for word in words)
                    wav = folder / name / f"{speaker}-{take}.wav"
                    soundfile.write(wav, np.clip(sound(text, accent, loudness, rng), -1, 1), RATE)
                    writer.writerow([f"{speaker}-{take}", wav.relative_to(folder), text, speaker, accent])
    return path


def write_model(folder: Path, seed: int) -> Path:
    """A wav2vec 2.0 of two layers with random weights."""
    import torch
    import transformers as tf

    folder.mkdir(parents=True, exist_ok=True)
    tokens = ["<pad>", "<s>", "</s>", "<unk>", "|", *LETTERS]
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    torch.manual_seed(seed)
    none = ("hidden_dropout", "attention_dropout", "activation_dropout", "feat_proj_dropout", "final_dropout")
    config = tf.Wav2Vec2Config(
        hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128, conv_dim=(48, 64),
        conv_kernel=(160, 4), conv_stride=(80, 4), num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2,
        feat_extract_norm="layer", do_stable_layer_norm=True, conv_bias=True, vocab_size=len(tokens), pad_token_id=0,
        apply_spec_augment=False, layerdrop=0.0, **dict.fromkeys(none, 0.0),
    )  # fmt: skip
    tf.Wav2Vec2ForCTC(config).save_pretrained(folder)
    vocabulary = str(folder / "vocab.json")
    tf.Wav2Vec2CTCTokenizer(vocabulary, pad_token="<pad>", word_delimiter_token="|").save_pretrained(folder)
    tf.Wav2Vec2FeatureExtractor(return_attention_mask=True, do_normalize=True).save_pretrained(folder)
    return folder


def compare(
    folder: Path, methods: Sequence[str], seeds: Sequence[int], *, steps: int, say: Any = None
) -> MethodTable:
    """Make the speech and the model in `folder`, train by `methods`, and compare."""
    from speechfair.debias.judging.contest import compare_recipes

    train = write_speech(folder, "train", {"x": 16, "y": 3}, {"x": 40, "y": 16}, seed=0)
    test = write_speech(folder, "test", {"x": 10, "y": 10}, {"x": 6, "y": 6}, seed=1)
    model = write_model(folder / "model", seed=0)
    recipes = []
    for name in methods:
        content = {
            "model": f"ctc:{model}",
            "axis": "accent",
            "train": [{"corpus": "manifest", "options": {"manifest": str(train)}}],
            "dev": {"share": 0.1, "max_utterances": 12},
            "evaluate": [
                {
                    "name": "target",
                    "corpus": "manifest",
                    "options": {"manifest": str(test)},
                    "group_by": ["accent"],
                }
            ],
            "method": METHODS[name],
            "steps": steps,
            "batch": 16,
            "learning_rate": 0.004,
            "check_every": steps,
            "patience": None,
            "recognizer": {"family": "ctc"},
        }
        path = folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        recipes.append(str(path))
    return compare_recipes(recipes, folder / "runs", seeds=seeds, say=say, on_cpu=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=200)
    asked = parser.parse_args()
    folder = CHECKOUT / "runs" / "debias-planted"
    table = compare(
        folder, list(METHODS), asked.seeds, steps=asked.steps, say=lambda line: print(line, flush=True)
    )
    PAGE.write_text(page(table, asked.steps), encoding="utf-8")
    print(f"written to {PAGE}")


def page(table: MethodTable, steps: int) -> str:
    """The page of the planted problem."""
    lines = [
        "# Debiasing a planted problem",
        "",
        "A small CTC model (wav2vec 2.0, two layers, random weights) learns letters that are patterns of four levels.",
        "Accent y says every letter with the pattern of another; one training utterance in twenty is of it,",
        f"by two speakers. The ceiling is no error in either accent. {steps} steps of 16 utterances; twenty",
        "test speakers, ten of each accent. `python -m benchmarks.debias_planted` made this. Word error rates.",
        "",
        Table.of_texts(
            "",
            ("recipe", "seed", "mean of accents", "worst accent", "gap"),
            [
                (row.name, str(one.seed), *map(percent, (one.macro, one.worst, one.gap)))
                for row in table.rows
                for one in row.seeds
            ],
        ).to_markdown(),
    ]
    lines += [
        "",
        f"Change against `{table.baseline}` in points over all seeds, with 95 % intervals, the speaker as the unit of",
        "sampling; below 0 is better.",
        "",
        Table.of_texts(
            "",
            ("recipe", "mean of accents", "worst accent", "gap"),
            [
                (row.name, *map(_change, (row.macro, row.worst, row.gap)))
                for row in table.rows
                if row.name != table.baseline
            ],
        )
        .to_markdown()
        .rstrip(),
    ]
    if missing := sorted(set(METHODS) - {row.name for row in table.rows}):
        lines += ["", f"Planned and not run when this page was made: {', '.join(missing)}."]
    if (seeds := len(table.rows[0].seeds)) < 3:
        lines += ["", f"Three seeds were planned, {seeds} are finished: no method is accepted on so few."]
    return "\n".join(lines) + "\n"


def _change(part: Any) -> str:
    if part is None or part.value is None or part.low is None or part.high is None:
        return "no interval"
    return f"{100 * part.value:+.1f} [{100 * part.low:+.1f}, {100 * part.high:+.1f}]"


if __name__ == "__main__":
    main()
