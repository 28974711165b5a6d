"""Python code in a model folder: not run unless the option says so, and then part of the identity."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from speechfair.errors import InputError, ModelError
from speechfair.models import load_model, load_speech_llm
from speechfair.models.remote_code import remote_code
from tests.models import tiny, tiny_chat

CODE = """
from pathlib import Path

from transformers import {base}Config, {model}

Path(__file__).with_name("ran").touch()
Path({marker!r}).touch()


class OwnConfig({base}Config):
    model_type = "own"


class OwnModel({model}):
    config_class = OwnConfig
"""


def with_code(folder: Path, base: str, model: str, auto_class: str, more: str = "") -> Path:
    """The model in `folder`, whose class is now defined by code in it; running that leaves ``ran.txt`` next to it."""
    marker = str(folder.parent / "ran.txt")
    (folder / "own_code.py").write_text(CODE.format(base=base, model=model, marker=marker) + more)
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "model_type": "own",
        "auto_map": {"AutoConfig": "own_code.OwnConfig", auto_class: "own_code.OwnModel"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def ctc(folder: Path) -> Path:
    return with_code(tiny.ctc_folder(folder), "Wav2Vec2", "Wav2Vec2ForCTC", "AutoModelForCTC")


def text_llm(folder: Path) -> Path:
    folder.mkdir()
    tiny_chat.text_llm(folder)
    kind = json.loads((folder / "config.json").read_text())["architectures"][0]
    base = kind.removesuffix("ForCausalLM")
    return with_code(folder, base, kind, "AutoModelForCausalLM")


@pytest.fixture(autouse=True)
def _own_module_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """transformers copies the code that it runs to a cache, and imports it from there."""
    from transformers import dynamic_module_utils

    monkeypatch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))


@pytest.mark.parametrize(
    ("make", "load", "family"), [(ctc, load_model, "ctc"), (text_llm, load_speech_llm, "text-llm")]
)
def test_code_runs_only_when_it_is_allowed(
    make: Callable[[Path], Path], load: Callable[..., Any], family: str, tmp_path: Path
) -> None:
    folder = make(tmp_path / f"model_{family[0]}")
    with pytest.raises(ModelError, match=r"own_code\.py\), which is not run.*trust_remote_code=true"):
        load(f"{family}:{folder}", device="cpu")
    assert not (tmp_path / "ran.txt").exists()
    model = load(f"{family}:{folder}", device="cpu", trust_remote_code=True)
    assert (tmp_path / "ran.txt").exists()
    assert model.identity.options["trust_remote_code"] is True
    (folder / "own_code.py").write_text((folder / "own_code.py").read_text() + "\n# changed\n")
    changed = load(f"{family}:{folder}", device="cpu", trust_remote_code=True)
    assert changed.identity.digest != model.identity.digest


def test_a_model_with_its_own_code_recognises_as_the_same_model_without(tmp_path: Path) -> None:
    plain = load_model(f"ctc:{tiny.ctc_folder(tmp_path / 'plain')}", device="cpu")
    own = load_model(f"ctc:{ctc(tmp_path / 'with_code')}", device="cpu", trust_remote_code=True)
    batch = tiny.noise(8000, 4000)
    assert [h.text for h in own.transcribe(batch)] == [h.text for h in plain.transcribe(batch)]
    assert "trust_remote_code" not in plain.identity.options, "identities of before stay as they were"


def test_what_cannot_be_trusted_is_refused(tmp_path: Path) -> None:
    plain = tiny.ctc_folder(tmp_path / "plain")
    with pytest.raises(InputError, match="brings no Python code of its own; leave trust_remote_code out"):
        load_model(f"ctc:{plain}", trust_remote_code=True)
    for value in ("true", 1, None):
        with pytest.raises(InputError, match="give true or false"):
            load_model(f"ctc:{plain}", trust_remote_code=value)
    config = json.loads((plain / "config.json").read_text())
    config["auto_map"] = {"AutoModelForCTC": "somebody/else--code.Model"}
    (plain / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="takes its code from another repository"):
        load_model(f"ctc:{plain}", trust_remote_code=True)


@pytest.mark.parametrize(
    "content", ["", "[", "[]", '{"auto_map": 3}', '{"auto_map": {"a": [null, 3]}}', "[" * 9999]
)
def test_a_damaged_configuration_names_no_code(content: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(content)
    assert not remote_code(tmp_path, trusted=False).classes


def test_the_true_reason_of_a_failure_comes_first(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"auto_map": {"AutoModelForCTC": "own_code.OwnModel"}}')
    (tmp_path / "own_code.py").touch()
    found = str(remote_code(tmp_path, trusted=False).error("it cannot be loaded: CUDA out of memory"))
    assert found.startswith("it cannot be loaded: CUDA out of memory. The folder also brings Python code")


def test_a_type_that_transformers_knows_is_loaded_without_the_folders_code(tmp_path: Path) -> None:
    folder = tiny.ctc_folder(tmp_path / "model")
    known = json.loads((folder / "config.json").read_text())["model_type"]
    config = json.loads((ctc(tmp_path / "other") / "config.json").read_text()) | {"model_type": known}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own_code.py").write_text((tmp_path / "other" / "own_code.py").read_text())
    model = load_model(f"ctc:{folder}", device="cpu")
    assert "trust_remote_code" not in model.identity.options
    assert not (tmp_path / "ran.txt").exists()
