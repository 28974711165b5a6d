"""One pair of runs for all tests of the viewer."""

from __future__ import annotations

import pytest

from speechfair.viewing.opened_run import OpenedRun, RunShelf
from tests.viewing.viewed_runs import Pair, audited


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return audited(tmp_path_factory.mktemp("viewing"))


@pytest.fixture(scope="session")
def shelf(pair: Pair) -> RunShelf:
    return pair.shelf()


@pytest.fixture(scope="session")
def run(shelf: RunShelf) -> OpenedRun:
    return shelf.run("before")
