"""DVC: the stages of a ``dvc.lock`` with the digests of what went in and came out, compared with the files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from speechfair.errors import InputError
from speechfair.process.finding import say
from speechfair.process.importers import Read
from speechfair.strict_yaml import parse_yaml

__all__ = ["NOT_PROVEN", "PROVES", "read"]

PROVES = say(
    "which content every dependency and output of a stage had when the pipeline was locked; files and folders that are "
    "there were compared",
    "パイプラインを固定した時点での、各依存物・出力の内容。手元のファイルとフォルダーは照合済み",
)
NOT_PROVEN = say(
    "that a stage's command made its outputs: DVC records what was there; that md5 was not forged on purpose; "
    "the content of what is listed under not_compared",
    "そのコマンドが出力を作ったこと(DVC は存在したものを記録する)。md5 が意図的に偽造されていないこと。"
    "not_compared に挙げたものの内容",
)


def read(path: Path) -> Read:
    """Read a ``dvc.lock``, or the one in a folder."""
    lock = path / "dvc.lock" if path.is_dir() else path
    if not lock.is_file():
        raise InputError(f"{lock} is not there; name a dvc.lock")
    content, _ = parse_yaml(lock)
    if not isinstance(content, dict) or not isinstance(content.get("stages"), dict):
        raise InputError(f"{lock}: is no dvc.lock (it has no stages)")
    pipeline = lock.with_name("dvc.yaml")
    defined = _defined(pipeline) if pipeline.is_file() else {}
    stages: dict[str, Any] = {}
    differing: list[str] = []
    compared, unseen = 0, []
    for name, stage in content["stages"].items():
        try:
            wdir = _wdir(defined, name)
            stages[name] = {"cmd": stage.get("cmd"), "wdir": wdir}
            rows = {kind: {row["path"]: row for row in stage.get(kind) or []} for kind in ("deps", "outs")}
        except (AttributeError, KeyError, TypeError):
            raise InputError(f"{lock}: stage {name!r} is not as DVC writes it (cmd, deps, outs)") from None
        for kind, listed in rows.items():
            stages[name][kind] = {path: row.get("md5") for path, row in listed.items()}
            for where, row in listed.items():
                here = wdir is not None and _recomputable(row)
                found = _digest(lock.parent / str(wdir) / where) if here else None
                compared += found is not None
                if found is None:
                    unseen.append(f"{name}: {where}")
                elif found != row["md5"]:
                    differing.append(f"{name}: {where}")
    facts = {"stages": stages, "compared": compared, "not_compared": unseen}
    problems = [say(f"{one} is not as dvc.lock says", f"`{one}` が dvc.lock と異なる") for one in differing]
    if not pipeline.is_file():
        en = "dvc.yaml is not next to dvc.lock: paths are taken as relative to that folder"
        problems.append(say(en, "dvc.lock と同じ場所に dvc.yaml がない。パスはその場所を起点とみなした"))
    for name in [name for name, stage in stages.items() if stage["wdir"] is None]:
        en = f"{name}: its wdir holds a variable, so its files were not compared"
        problems.append(say(en, f"`{name}`:`wdir` に変数があるため、ファイルを照合していない"))
    return Read(facts, (lock, pipeline) if pipeline.is_file() else (lock,), tuple(problems))


def _defined(pipeline: Path) -> dict[str, Any]:
    content, _ = parse_yaml(pipeline)
    stages = content.get("stages") if isinstance(content, dict) else None
    if not isinstance(stages, dict):
        raise InputError(f"{pipeline}: is no dvc.yaml (it has no stages)")
    return stages


def _wdir(defined: dict[str, Any], name: str) -> str | None:
    """The folder that a stage's paths are relative to; None where ``dvc.yaml`` gives it by a variable.

    Stages of a ``foreach`` or ``matrix`` are locked as ``NAME@KEY``.
    """
    stage = defined.get(name, defined.get(name.partition("@")[0], {}))
    stage = stage.get("do", stage) if isinstance(stage, dict) else {}
    wdir = str(stage.get("wdir") or ".")
    return None if "${" in wdir else wdir


def _recomputable(row: dict[str, Any]) -> bool:
    """Locks of DVC 2 have no ``hash: md5``: their md5 of a text file is of other line ends."""
    return bool(row.get("md5")) and row.get("hash") == "md5"


def _digest(path: Path) -> str | None:
    """DVC's md5 of a file, or of a folder's list of files; None if nothing is there."""
    if path.is_file():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if not path.is_dir():
        return None
    listed = [
        {"md5": _digest(file), "relpath": file.relative_to(path).as_posix()}
        for file in path.rglob("*")
        if file.is_file()
    ]
    listed.sort(key=lambda row: str(row["relpath"]))
    return f"{hashlib.md5(json.dumps(listed).encode(), usedforsecurity=False).hexdigest()}.dir"
