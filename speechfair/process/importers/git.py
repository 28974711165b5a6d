"""git: the commit of a checkout, whether files were changed, the tags at it and whether they are signed."""

from __future__ import annotations

import subprocess
from pathlib import Path

from speechfair.errors import InputError
from speechfair.process.finding import say
from speechfair.process.importers import Read

__all__ = ["NOT_PROVEN", "PROVES", "read"]

PROVES = say(
    "which commit the checkout had, whether files differed from it, and whether git accepts a tag's signature",
    "チェックアウトのコミット、ファイルの変更の有無、タグの署名を git が認めるか",
)
NOT_PROVEN = say(
    "that the training used this commit; that names and times in commits are true, which their author writes",
    "学習がこのコミットを使ったこと。コミットの氏名と時刻の正しさ(作成者が書く値である)",
)


def read(path: Path) -> Read:
    """Read a checkout."""
    commit = _git(path, "rev-parse", "HEAD")
    changed = _git(path, "status", "--porcelain").splitlines()
    tags = _git(path, "tag", "--points-at", "HEAD").split()
    facts = {
        "commit": commit,
        "committed_at": _git(path, "show", "-s", "--format=%cI", "HEAD"),
        "changed_files": len(changed),
        "tags": {tag: _signature(path, tag) for tag in tags},
    }
    n, short = len(changed), commit[:12]
    differ = say(f"{n} files differ from commit {short}", f"コミット {short} と異なるファイルが {n} 件ある")
    return Read(facts, (), (differ,) if changed else ())


def _signature(path: Path, tag: str) -> str:
    """``verified``, ``not verified`` (signed, but git does not accept it here), or ``none``."""
    if _git(path, "cat-file", "-t", tag) != "tag":
        return "none"
    if "-----BEGIN" not in _git(path, "cat-file", "tag", tag):
        return "none"
    found = subprocess.run(["git", "-C", str(path), "verify-tag", tag], capture_output=True, check=False)
    return "verified" if found.returncode == 0 else "not verified"


def _git(path: Path, *words: str) -> str:
    try:
        found = subprocess.run(["git", "-C", str(path), *words], capture_output=True, text=True, check=False)
    except OSError as error:
        raise InputError(f"git cannot be run: {error}; install it") from None
    if found.returncode:
        raise InputError(f"{path} is not a git checkout with a commit: {found.stderr.strip()}")
    return found.stdout.strip()
