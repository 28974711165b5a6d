"""MLflow: one run's parameters, last metrics and tags, from the file store or the SQLite database.

The path is the folder ``mlruns/EXPERIMENT/RUN``, or ``mlflow.db/RUN`` where ``mlflow.db`` is the database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from speechfair.errors import InputError
from speechfair.process.finding import say
from speechfair.process.importers import Read
from speechfair.process.importers.json_source import finite
from speechfair.strict_yaml import parse_yaml

__all__ = ["NOT_PROVEN", "PROVES", "read"]

PROVES = say(
    "which parameters, metrics and tags the store held when it was read",
    "読み込み時点で保管されていたパラメータ・指標・タグ",
)
NOT_PROVEN = say(
    "that they were not changed before: the store is not append-only; that the metrics are right",
    "それ以前に変更されていないこと(保管先は追記専用ではない)。指標の正しさ",
)
_STATUS = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}
_TABLES = ("params", "latest_metrics", "tags")


def read(path: Path) -> Read:
    """Read one run."""
    facts, files = _from_database(path.parent, path.name) if path.parent.is_file() else _from_folder(path)
    status, stage, problems = facts["status"], facts["lifecycle_stage"], []
    if status != "FINISHED":
        problems.append(
            say(
                f"the run's status is {status}, not FINISHED", f"実行の状態が FINISHED でなく {status} である"
            )
        )
    if stage != "active":
        problems.append(
            say(
                f"the run's lifecycle stage is {stage}, not active; a deleted run is no evidence of what is in use",
                f"実行は `active` でなく `{stage}` である。削除された実行は使用中のものの証拠にならない",
            )
        )
    return Read(finite(facts), files, tuple(problems))


def _from_folder(path: Path) -> tuple[dict[str, Any], tuple[Path, ...]]:
    meta_path = path / "meta.yaml"
    if not meta_path.is_file():
        raise InputError(
            f"{path} has no meta.yaml: name the folder of one MLflow run, mlruns/EXPERIMENT/RUN, or mlflow.db/RUN"
        )
    meta, _ = parse_yaml(meta_path)
    if not isinstance(meta, dict) or "run_id" not in meta:
        raise InputError(f"{meta_path}: is not of an MLflow run (it has no run_id)")
    files: list[Path] = [meta_path]
    params = {name: file.read_text(encoding="utf-8") for name, file in _files(path / "params", files)}
    tags = {name: file.read_text(encoding="utf-8") for name, file in _files(path / "tags", files)}
    metrics = {name: _last(file) for name, file in _files(path / "metrics", files)}
    code = meta.get("status")
    status = _STATUS.get(code, str(code)) if isinstance(code, int) else str(code)
    info = {name: meta.get(name) for name in ("start_time", "end_time", "lifecycle_stage")}
    return _facts(str(meta["run_id"]), status, info, params, metrics, tags), tuple(files)


def _from_database(file: Path, run: str) -> tuple[dict[str, Any], tuple[Path, ...]]:
    """Read-only, so that a tracking server may have the file open."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as base:
            found = _rows(base.execute("select * from runs where run_uuid = ?", (run,)))
            held = {
                table: base.execute(f"select * from {table} where run_uuid = ?", (run,)) for table in _TABLES
            }
            rows = {table: _rows(cursor) for table, cursor in held.items()}
    except sqlite3.Error as error:
        raise InputError(f"{file}: is no SQLite database of MLflow: {error}") from None
    if not found:
        raise InputError(f"{file} holds no run {run!r}; `mlflow runs list` names them")
    params, tags = ({one["key"]: one["value"] for one in rows[table]} for table in ("params", "tags"))
    metrics = {one["key"]: float("nan") if one["is_nan"] else one["value"] for one in rows["latest_metrics"]}
    return _facts(run, str(found[0]["status"]), found[0], params, metrics, tags), (file,)


def _rows(cursor: sqlite3.Cursor) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _facts(
    run: str,
    status: str,
    info: Mapping[str, Any],
    params: dict[str, str],
    metrics: dict[str, float],
    tags: dict[str, str],
) -> dict[str, Any]:
    return {
        "run_id": run,
        "status": status,
        "lifecycle_stage": info.get("lifecycle_stage"),
        "started_ms": info["start_time"],
        "ended_ms": info["end_time"],
        "commit": tags.get("mlflow.source.git.commit"),
        "user": tags.get("mlflow.user"),
        "params": params,
        "metrics": metrics,
        "tags": {name: value for name, value in tags.items() if not name.startswith("mlflow.")},
    }


def _files(folder: Path, read_files: list[Path]) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if file.is_file():
            read_files.append(file)
            yield file.relative_to(folder).as_posix(), file


def _last(file: Path) -> float:
    """The value at the highest step, then time, then value, as MLflow itself takes it.

    A line is ``time value step``; lines of early versions have no step.
    """
    found: list[tuple[int, int, float]] = []
    for line in file.read_text(encoding="utf-8").split("\n"):
        if line.strip():
            try:
                time, value, *rest = line.split()
                found.append((int(rest[0]) if rest else 0, int(time), float(value)))
            except ValueError:
                raise InputError(f"{file}: {line!r} is not `time value step`, as MLflow writes it") from None
    if not found:
        raise InputError(f"{file}: holds no value")
    return max(found)[2]
