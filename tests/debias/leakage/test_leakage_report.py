"""`debias leakage`: a planted difference is found in every layer, models are compared, bad input is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml
from typer.testing import CliRunner

from speechfair.cli.main import app
from speechfair.corpora import load_corpus
from speechfair.debias.data.training_rows import usable_rows
from speechfair.debias.leakage.encoder_states import frame_states, layer_means
from speechfair.debias.leakage.leakage import change, examine
from speechfair.debias.leakage.leakage_report import LeakageReport, leakage
from speechfair.debias.training.pieces import load_pieces
from speechfair.errors import InputError
from tests.debias.leakage.test_leakage import states_of
from tests.debias.tiny import whisper_folder
from tests.models.tiny import ctc_folder

TONES = {"low": 250.0, "high": 2500.0}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six speakers of a low and six of a high tone, two takes each; `region` is shuffled, one row is without both."""
    folder = tmp_path_factory.mktemp("leakage")
    whisper_folder(folder / "model", seconds=3)
    ctc_folder(folder / "ctc")
    with (folder / "speech.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "audio", "text", "speaker", "accent", "region"])
        for number in range(12):
            accent, region = ("low", "high")[number % 2], ("a", "b")[number % 3 == 0]
            for take in range(2):
                name = f"s{number}-{take}"
                wav = folder / "wav" / f"{name}.wav"
                wav.parent.mkdir(exist_ok=True)
                time = np.arange(8000 + 320 * number) / 16_000
                soundfile.write(wav, 0.3 * np.sin(2 * np.pi * TONES[accent] * time), 16_000)
                writer.writerow([name, wav.relative_to(folder), "one two", f"s{number}", accent, region])
        writer.writerow(["odd", "wav/s0-0.wav", "one two", "s99", "", ""])
        writer.writerow(["gone", "wav/none.wav", "one two", "s0", "low", "a"])
    return folder


def corpus_of(home: Path) -> Any:
    return load_corpus("manifest", manifest=str(home / "speech.csv"))


def test_a_planted_difference_is_found_and_every_row_counted(home: Path) -> None:
    found = leakage([f"whisper:{home / 'model'}"], corpus_of(home), ["accent"], permutations=9)
    (data,) = found.axes
    assert data.speakers == {"high": 6, "low": 6}
    assert data.left_out == {"audio file is missing": 1, "no label on the axis 'accent'": 1}
    assert sum(data.utterances.values()) + sum(data.left_out.values()) == found.n_utterances == 26
    assert [(row.layer, row.last) for row in found.layers] == [(0, False), (1, True)]
    for row in found.layers:
        assert row.leakage.accuracy == 1.0
        assert row.leakage.p == pytest.approx(1 / 10)
        assert row.leakage.no_interval is not None, "all resamples are alike: no interval of width zero"
    assert found.changes == []
    assert LeakageReport.model_validate_json(found.to_json()) == found


def test_a_run_is_its_model_before_and_after_and_the_same_weights_do_not_differ(
    home: Path, tmp_path: Path
) -> None:
    whisper_folder(tmp_path / "run" / "model", seconds=3)
    (tmp_path / "run" / "debias.yaml").write_text(
        yaml.safe_dump({"recipe": {"model": f"whisper:{home / 'model'}"}})
    )
    found = leakage(
        [str(tmp_path / "run")], corpus_of(home), ["accent"], leave_out=["c"], permutations=2, per_speaker=1,
        every_layer=False,
    )  # fmt: skip
    assert [row.model for row in found.layers] == [
        f"whisper:{home / 'model'}",
        f"whisper:{tmp_path / 'run' / 'model'}",
    ]
    one, other = (row.leakage for row in found.layers)
    assert one == other
    (part,) = found.changes
    assert part.change.value == 0
    assert part.change.low is None, "nothing changed in any resample"
    assert found.corpus_options["per_speaker"] == 1


@pytest.mark.parametrize("kind", ["whisper", "ctc"])
def test_the_last_layer_is_what_a_decoder_reads(home: Path, kind: str) -> None:
    from speechfair.running.run_manifest import build_manifest

    corpus = corpus_of(home)
    rows, _ = usable_rows(build_manifest(corpus, home), "accent", str(home), home)
    pieces = load_pieces(f"{kind}:{home / ('model' if kind == 'whisper' else 'ctc')}", None)
    layers = layer_means(pieces.model, rows[:3], pieces, 3.0)
    last = np.stack([frames.mean(axis=0) for frames in frame_states(pieces.model, rows[:3], pieces, 3.0)])
    assert layers.shape == (3, 2 if kind == "whisper" else 3, last.shape[1])
    assert np.allclose(layers[:, -1], last, atol=1e-6)
    assert not np.allclose(layers[:, 0], last, atol=1e-3)


def test_models_of_two_depths_are_probed_and_not_subtracted(home: Path) -> None:
    found = leakage(
        [f"whisper:{home / 'model'}", f"ctc:{home / 'ctc'}"], corpus_of(home), ["accent"], permutations=1
    )
    assert [row.layer for row in found.layers] == [0, 1, 0, 1, 2]
    assert found.changes == []


def test_the_interval_is_over_speakers_and_a_change_is_paired() -> None:
    weak, groups, speakers = states_of(3.0, speakers=15)
    strong = weak + 20.0 * np.outer([group == "x" for group in groups], np.eye(8)[0])
    before, after = (examine(states, groups, speakers, 0, 1) for states in (weak, strong))
    for found in (before.leakage, after.leakage):
        assert found.accuracy is not None
        if found.low is not None and found.high is not None:
            assert 0 <= found.low < found.accuracy < found.high <= 1
    assert before.leakage.low is not None
    assert before.leakage.high is not None
    assert before.leakage.high - before.leakage.low > 0.1, "30 speakers, not 180 independent utterances"
    estimate = change(before, after, seed=0)
    assert estimate.value == pytest.approx(
        (after.leakage.accuracy or 0) - (before.leakage.accuracy or 0), abs=1e-12
    )
    assert estimate.low is not None
    assert estimate.low > 0
    assert estimate.n_speakers == 30


def test_too_few_speakers_are_refused_and_can_be_left_out(home: Path) -> None:
    model = [f"whisper:{home / 'model'}"]
    with pytest.raises(InputError, match=r"the group region='b' has 4 speakers; 5 are needed"):
        leakage(model, corpus_of(home), ["accent", "region"], permutations=1)
    with pytest.raises(InputError, match="has 1 group here"):
        leakage(model, corpus_of(home), ["region"], leave_out=["b"], permutations=1)
    with pytest.raises(InputError, match="no row has a label"):
        leakage(model, corpus_of(home), ["village"], permutations=1)


def test_what_is_no_model_says_so(home: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no debiasing run; name the kind"):
        leakage([str(home / "model")], corpus_of(home), ["accent"])
    (tmp_path / "debias.yaml").write_text("recipe: {}")
    with pytest.raises(InputError, match="holds no model yet"):
        leakage([str(tmp_path)], corpus_of(home), ["accent"])


def test_the_verb_prints_and_writes_the_same(home: Path, tmp_path: Path) -> None:
    words = ["debias", "leakage", f"whisper:{home / 'model'}", "--corpus", "manifest"]
    words += ["--manifest", str(home / "speech.csv"), "--axis", "accent", "--last-layer"]
    words += ["--permutations", "3", "--out", str(tmp_path / "leakage.json")]
    table = CliRunner().invoke(app, words)
    assert table.exit_code == 0
    assert "left out: 1 (audio file is missing)" in table.stdout
    assert "1 (last)" in table.stdout
    printed = CliRunner().invoke(app, [*words, "--json"])
    assert json.loads(printed.stdout) == json.loads((tmp_path / "leakage.json").read_text())
