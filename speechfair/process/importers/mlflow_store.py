"""MLflow's file store: one run's parameters, last metrics and tags. The folder is ``mlruns/EXPERIMENT/RUN``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from speechfair.errors import InputError
from speechfair.process.finding import say
from speechfair.process.importers import Read
from speechfair.strict_yaml import parse_yaml

__all__ = ["NOT_PROVEN", "PROVES", "read"]

PROVES = say(
    "which parameters, metrics and tags the store held when it was read",
    "読み込み時点で保管されていたパラメータ・指標・タグ",
)
NOT_PROVEN = say(
    "that they were not changed before: a file store is not append-only; that the metrics are right",
    "それ以前に変更されていないこと(追記専用ではない)。指標の正しさ",
)
_STATUS = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}


def read(path: Path) -> Read:
    """Read the folder of one run."""
    meta_path = path / "meta.yaml"
    if not meta_path.is_file():
        raise InputError(f"{path} has no meta.yaml: name the folder of one MLflow run, mlruns/EXPERIMENT/RUN")
    meta, _ = parse_yaml(meta_path)
    if not isinstance(meta, dict) or "run_id" not in meta:
        raise InputError(f"{meta_path}: is not of an MLflow run (it has no run_id)")
    files: list[Path] = [meta_path]
    params = {name: file.read_text(encoding="utf-8") for name, file in _files(path / "params", files)}
    tags = {name: file.read_text(encoding="utf-8") for name, file in _files(path / "tags", files)}
    metrics = {name: _last(file) for name, file in _files(path / "metrics", files)}
    code = meta.get("status")
    status = _STATUS.get(code, str(code)) if isinstance(code, int) else str(code)
    facts: dict[str, Any] = {
        "run_id": meta["run_id"],
        "status": status,
        "started_ms": meta.get("start_time"),
        "ended_ms": meta.get("end_time"),
        "commit": tags.get("mlflow.source.git.commit"),
        "user": tags.get("mlflow.user"),
        "params": params,
        "metrics": metrics,
    }
    problems = () if status == "FINISHED" else (f"the run's status is {status}, not FINISHED",)
    return Read(facts, tuple(files), problems)


def _files(folder: Path, read_files: list[Path]) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if file.is_file():
            read_files.append(file)
            yield file.relative_to(folder).as_posix(), file


def _last(file: Path) -> float:
    """The last value; a line is ``time value step``."""
    lines = file.read_text(encoding="utf-8").split("\n")
    for line in reversed(lines):
        if line.strip():
            try:
                return float(line.split()[1])
            except (IndexError, ValueError):
                raise InputError(f"{file}: {line!r} is not `time value step`, as MLflow writes it") from None
    raise InputError(f"{file}: holds no value")
