"""Weights & Biases: the files of one run as its Files tab or ``run.files()`` gives them.

The folder holds ``wandb-summary.json``, and as a rule ``config.yaml`` and ``wandb-metadata.json``. A run's ``.wandb``
log is not read: sync it, and download the files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from speechfair.errors import InputError
from speechfair.process.finding import say
from speechfair.process.importers import Read
from speechfair.process.importers.json_source import finite, read_object
from speechfair.strict_yaml import parse_yaml

__all__ = ["NOT_PROVEN", "PROVES", "read"]

PROVES = say(
    "which settings and last values the run's files hold, and which commit, program and start they name",
    "実行のファイルにある設定と最終値、記録されたコミット・プログラム・開始時刻",
)
NOT_PROVEN = say(
    "that the files are as the service holds them, since anybody can edit a download; that the values are right; which "
    "data was read; that the run ended, where the files do not give its state",
    "ファイルがサービス上のものと同じこと(ダウンロード後に編集できる)。値の正しさ。読み込んだデータ。"
    "状態の記録がない場合、実行が終わったこと",
)
_SUMMARY, _CONFIG, _METADATA = "wandb-summary.json", "config.yaml", "wandb-metadata.json"


def read(path: Path) -> Read:
    """Read the folder of one run's files."""
    folder = path / "files" if (path / "files").is_dir() else path
    summary_path = folder / _SUMMARY
    if not summary_path.is_file():
        raise InputError(f"{folder} has no {_SUMMARY}: name the folder of one W&B run's downloaded files")
    files = [summary_path]
    summary = read_object(summary_path, "summary of a W&B run")
    content: dict[str, Any] = {}
    if (folder / _CONFIG).is_file():
        files.append(folder / _CONFIG)
        content = _config(folder / _CONFIG)
    config = {name: value for name, value in content.items() if not _own(name)}
    flat = [name for name, row in config.items() if not (isinstance(row, dict) and "value" in row)]
    metadata: dict[str, Any] = {}
    if (folder / _METADATA).is_file():
        files.append(folder / _METADATA)
        metadata = read_object(folder / _METADATA, "metadata of a W&B run")
    git = metadata.get("git")
    facts = {
        "metrics": {name: value for name, value in summary.items() if not _own(name)},
        "steps": summary.get("_step"),
        "runtime_s": summary.get("_runtime"),
        "config": {name: row if name in flat else row["value"] for name, row in config.items()},
        "left_out": {
            "metrics": [name for name in summary if _own(name)],
            "config": [name for name in content if _own(name)],
        },
        "state": metadata.get("state"),
        "commit": git.get("commit") if isinstance(git, dict) else None,
        "program": metadata.get("program"),
        "started": metadata.get("startedAt"),
    }
    missing = [name for name in (_CONFIG, _METADATA) if folder / name not in files]
    problems = [say(f"{name} is not among the files", f"{name} が含まれていない") for name in missing]
    if flat:
        listed = ", ".join(flat)
        en = f"{_CONFIG}: {listed}: not written as NAME: {{value: …}}, as W&B does; kept as it stands"
        problems.append(say(en, f"{_CONFIG}:`{listed}` は W&B の書式でない。書かれたまま記録した"))
    state = facts["state"]
    if state not in (None, "finished"):
        problems.append(
            say(
                f"the run's state is {state}, not finished",
                f"実行の状態が `finished` でなく `{state}` である",
            )
        )
    return Read(finite(facts), tuple(files), tuple(problems))


def _config(file: Path) -> dict[str, Any]:
    """The settings; W&B writes each as ``NAME: {value: …}``."""
    content, _ = parse_yaml(file)
    if not isinstance(content, dict):
        raise InputError(f"{file}: is no config.yaml of a W&B run: it holds no mapping")
    return {str(name): row for name, row in content.items()}


def _own(name: str) -> bool:
    """Whether a name is one of W&B's own, such as ``_wandb`` and ``_step``; such names are listed, not kept."""
    return name.startswith("_") or name == "wandb_version"
