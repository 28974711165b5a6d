"""The command line as its entry point runs it, in this process: starting an interpreter costs more than most verbs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from speechfair.cli.main import main


class Done(NamedTuple):
    """What a command left."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def speechfair(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs the command line with some words."""

    def run(*words: str) -> Done:
        monkeypatch.setattr("sys.argv", ["speechfair", *words])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main()
        assert isinstance(stopped.value.code, int)
        return Done(stopped.value.code, *capfd.readouterr())

    return run
