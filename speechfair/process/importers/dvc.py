"""DVC: the stages of a ``dvc.lock`` with the digests of what went in and came out, compared with the files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from speechfair.errors import InputError
from speechfair.process.finding import say
from speechfair.process.importers import Read
from speechfair.strict_yaml import parse_yaml

__all__ = ["NOT_PROVEN", "PROVES", "read"]

PROVES = say(
    "which content every dependency and output of a stage had when the pipeline was locked; files that are there were "
    "compared",
    "パイプライン固定時の各依存物・出力の内容。手元のファイルは照合済み",
)
NOT_PROVEN = say(
    "that a stage's command made its outputs: DVC records what was there; that md5 was not forged on purpose",
    "そのコマンドが出力を作ったこと(DVC は存在したものを記録する)。md5 が意図的に偽造されていないこと",
)


def read(path: Path) -> Read:
    """Read a ``dvc.lock``, or the one in a folder."""
    lock = path / "dvc.lock" if path.is_dir() else path
    if not lock.is_file():
        raise InputError(f"{lock} is not there; name a dvc.lock")
    content, _ = parse_yaml(lock)
    if not isinstance(content, dict) or not isinstance(content.get("stages"), dict):
        raise InputError(f"{lock}: is no dvc.lock (it has no stages)")
    stages: dict[str, Any] = {}
    problems: list[str] = []
    compared = 0
    for name, stage in content["stages"].items():
        stages[name] = {"cmd": stage.get("cmd")}
        for kind in ("deps", "outs"):
            rows = stage.get(kind) or []
            stages[name][kind] = {row["path"]: row.get("md5") for row in rows}
            for row in rows:
                file = lock.parent / row["path"]
                if row.get("md5") and file.is_file():
                    compared += 1
                    if _md5(file) != row["md5"]:
                        problems.append(f"{name}: {row['path']} is not as dvc.lock says")
    return Read({"stages": stages, "files_compared": compared}, (lock,), tuple(problems))


def _md5(file: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
