"""SpecAugment: masks of the draw's own, inside the speech, in training alone; the model's configuration untouched."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from speechfair.debias.data import training_batches as batches
from speechfair.debias.data.spec_augment import frames_of, masks, silence
from speechfair.debias.data.training_batches import Draws, SpeechCollator, whisper_tokens
from speechfair.debias.data.training_rows import gather
from speechfair.debias.method import load_method
from speechfair.debias.method_options import SpecAugment
from speechfair.debias.recipe import MethodChoice
from speechfair.debias.training import ctc_training as ctc
from speechfair.debias.training.fine_tuning import Training
from speechfair.debias.training.trainer import DebiasTrainer
from speechfair.errors import InputError
from tests.debias.tiny import accents, own_pieces, recipe, speech, whisper_folder
from tests.models.tiny import ctc_folder

PLAIN = {"speeds": [1.0], "noise": 0.0, "telephone": 0.0}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("masks")
    whisper_folder(folder / "model", dropout=0.1, seconds=3)
    ctc_folder(folder / "ctc")
    speech(folder, "train", accents("t", 4, 3), per_speaker=3)
    return folder


def training(home: Path, folder: Path, kind: str = "whisper", seed: int = 0, **options: Any) -> Training:
    chosen = recipe(
        home,
        home / "model" if kind == "whisper" else f"ctc:{home / 'ctc'}",
        method={"name": "accent_augment", "options": {**PLAIN, "spec_augment": {}, **options}},
        seed=seed,
        **({} if kind == "whisper" else {"recognizer": {"family": "ctc"}}),
    )
    folder.mkdir(parents=True, exist_ok=True)
    pieces = own_pieces(chosen.model)
    return Training(chosen, gather(chosen, home), pieces, folder, lambda _: None, on_cpu=True)


def batch_of(home: Path, places: list[int], seed: int = 0, window_s: float = 2.0, **options: Any) -> Any:
    """Features of those draws in one batch, and the samples of each."""
    run = training(home, home / "batches", seed=seed, **options)
    tokenizer = run.pieces.tokenizer
    tokens = partial(whisper_tokens, tokenizer, case="verbatim")
    given = tokenizer.prefix_tokens
    draws = Draws(run.data.train, np.arange(6), given, tokens, ("x", "y"), None, seed, run.method.masks())
    examples = [draws[place] for place in places]
    collator = SpeechCollator(run.pieces.extractor, window_s, int(tokenizer.pad_token_id))
    return collator(examples)["input_features"], [len(example.samples) for example in examples]


def hidden(seen: torch.Tensor, axis: int) -> int:
    """How many whole columns (axis 0) or rows (axis 1) are hidden."""
    return int((seen.sum(dim=axis) == 0).sum())


def test_masks_are_as_wide_as_asked_for_and_no_wider() -> None:
    widths: dict[str, set[int]] = {"time": set(), "share": set(), "frequency": set()}
    for seed in range(300):
        rng = np.random.default_rng(seed)
        one = SpecAugment(time_masks=1, frequency_masks=0, time_seconds=0.08, time_share=0.5)
        widths["time"].add(hidden(masks(one, 80, 300, rng), 0))
        small = SpecAugment(time_masks=1, frequency_masks=0, time_share=0.2)
        widths["share"].add(hidden(masks(small, 80, 20, rng), 0))
        bands = SpecAugment(time_masks=0, frequency_masks=1, frequency_share=0.1)
        widths["frequency"].add(hidden(masks(bands, 80, 20, rng), 1))
    assert widths == {"time": set(range(9)), "share": set(range(5)), "frequency": set(range(9))}
    assert masks(SpecAugment(), 8, 1, np.random.default_rng(0)).shape == (8, 1), "a frame is no trouble"


def test_the_seed_alone_decides_and_torchs_generator_is_left_as_it_was() -> None:
    torch.manual_seed(7)
    state = torch.get_rng_state()
    one, same = (masks(SpecAugment(), 80, 200, np.random.default_rng([0, 3, 5])) for _ in range(2))
    assert torch.get_rng_state().equal(state)
    torch.manual_seed(8)
    assert masks(SpecAugment(), 80, 200, np.random.default_rng([0, 3, 5])).equal(one)
    assert one.equal(same)
    assert not masks(SpecAugment(), 80, 200, np.random.default_rng([0, 3, 6])).equal(one)


def test_padding_is_not_counted_and_neighbours_have_no_say(home: Path) -> None:
    plain, lengths = batch_of(home, [0, 1, 2], spec_augment=None)
    masked, _ = batch_of(home, [0, 1, 2])
    for place, length in enumerate(lengths):
        frames = frames_of(length)
        assert frames < masked.shape[2]
        assert masked[place, :, frames:].equal(plain[place, :, frames:]), "padding is as it was"
        changed = masked[place] != plain[place]
        assert changed.any()
        assert (masked[place][changed] == 0).all()
        assert batch_of(home, [place])[0][0].equal(masked[place]), "alone as in company"
    wide, _ = batch_of(home, [0, 1, 2], window_s=4.0)
    zero = (masked == 0) & (plain != 0)
    assert zero[0].any()
    assert (wide[..., : masked.shape[2]][zero] == 0).all(), "the window has no say"
    assert not batch_of(home, [0, 1, 2], seed=1)[0].equal(masked), "another seed, other masks"


@pytest.mark.parametrize("kind", ["whisper", "ctc"])
def test_masked_in_training_and_never_in_a_check(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    calls = []
    module, name = (batches, "hide") if kind == "whisper" else (ctc, "silence")
    masking = getattr(module, name)

    def counted(*arguments: Any) -> Any:
        calls.append(arguments)
        return masking(*arguments)

    monkeypatch.setattr(module, name, counted)
    run = training(home, tmp_path / "one", kind)
    run.development_rates()
    assert not calls
    record = run.run(tmp_path / "model")
    assert len(calls) == run.recipe.steps * run.recipe.batch, "each draw once, no check at all"
    assert record["development_after"]
    training(home, tmp_path / "two", kind, spec_augment=None).run(tmp_path / "plain")
    one, plain = (load_file(tmp_path / name / "model.safetensors") for name in ("model", "plain"))
    assert not all(one[key].equal(plain[key]) for key in one), "the masks have an effect"
    saved = json.loads((tmp_path / "model" / "config.json").read_text())
    base = json.loads((home / ("model" if kind == "whisper" else "ctc") / "config.json").read_text())
    assert saved == base, "what is saved masks nothing that it did not mask before, and decodes as it did"


@pytest.mark.parametrize("kind", ["whisper", "ctc"])
def test_a_killed_run_sees_the_same_masks(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    training(home, tmp_path / "whole", kind).run(tmp_path / "whole-model")
    step = DebiasTrainer.training_step

    def killed(self: DebiasTrainer, *arguments: Any, **options: Any) -> Any:
        if self.state.global_step == 3:
            raise KeyboardInterrupt
        return step(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(DebiasTrainer, "training_step", killed)
        with pytest.raises(KeyboardInterrupt):
            training(home, tmp_path / "cut", kind).run(tmp_path / "cut-model")
    training(home, tmp_path / "cut", kind).run(tmp_path / "cut-model")
    one, other = (load_file(tmp_path / f"{name}-model" / "model.safetensors") for name in ("whole", "cut"))
    assert all(one[key].equal(other[key]) for key in one)


def test_raw_audio_loses_the_hidden_spans_and_bands_and_keeps_its_length() -> None:
    noise = (0.1 * np.random.default_rng(0).standard_normal(16_100)).astype(np.float32)
    spans = SpecAugment(time_masks=3, frequency_masks=0)
    heard = silence(noise, spans, np.random.default_rng(4))
    seen = masks(spans, 80, 101, np.random.default_rng(4))[0]
    assert len(heard) == len(noise)
    assert 0 < int((seen == 0).sum()) < 60
    for frame in range(2, 99):
        part = slice(
            (frame - 1) * 160 + 40, (frame + 1) * 160 - 40
        )  # what no other frame's window reaches well
        if (seen[frame - 2 : frame + 3] == 0).all():
            assert np.abs(heard[part]).max() < 1e-6
        elif (seen[frame - 2 : frame + 3] == 1).all():
            assert np.allclose(heard[part], noise[part], atol=1e-5)
    assert len(silence(noise[:50], spans, np.random.default_rng(0))) == 50


def test_raw_audio_loses_the_hidden_bands() -> None:
    bands = SpecAugment(time_masks=0, frequency_masks=1)
    rows = {seed: masks(bands, 80, 101, np.random.default_rng(seed))[:, 0] for seed in range(40)}
    seed = max(rows, key=lambda seed: int((rows[seed] == 0).sum()))
    inside = np.flatnonzero(rows[seed].numpy() == 0)
    assert len(inside) > 20
    for band, loudest in ((inside.mean(), (0.0, 0.02)), ((inside.mean() + 40) % 80, (0.29, 0.31))):
        hz = 700 * ((1 + 8000 / 700) ** ((band + 0.5) / 80) - 1)
        tone = (0.3 * np.sin(2 * np.pi * hz * np.arange(16_000) / 16_000)).astype(np.float32)
        heard = silence(tone, bands, np.random.default_rng(seed))
        assert loudest[0] <= np.abs(heard[1000:-1000]).max() < loudest[1]


def test_the_draws_of_recipes_without_it_are_what_they_were(home: Path) -> None:
    run = training(home, home / "off", spec_augment=None)
    assert run.method.masks() is None
    assert load_method(MethodChoice(name="erm")).masks() is None
    objective = run.method.objective(run.data.groups, run._rows_per_group())
    example = run._trainer(objective, 1, None).train_dataset[0]
    collate = run._collator()
    assert collate([example])["input_features"].equal(
        collate([replace(example, masks_seed=(9,))])["input_features"]
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"time_masks": -1}, r"option 'spec_augment\.time_masks'"),
        ({"time_share": 0.9}, r"option 'spec_augment\.time_share'"),
        ({"frequency_share": 0}, r"option 'spec_augment\.frequency_share'"),
        ({"time_masks": 0, "frequency_masks": 0}, "no mask of either kind"),
        ({"tiem_masks": 1}, r"no option 'spec_augment\.tiem_masks'"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_method(MethodChoice(name="accent_augment", options={"spec_augment": options}))
