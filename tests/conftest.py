"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.testing
from hypothesis import settings

CHECKOUT = Path(__file__).resolve().parent.parent

# jsonschema imports it where it is there, three seconds a process, to check addresses. tests/process/test_exports.py
# does so once, in a process of its own.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

# The suite tries the same examples each time, so that a failure is about what has changed. New ones: `make laws`.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("explore", print_blob=True, deadline=None)
settings.load_profile("explore" if "SPEECHFAIR_EXAMPLES" in os.environ else "suite")


def pytest_collection_finish() -> None:
    """What was imported for the collection lives as long as the process: no garbage collection looks at it again.

    Libraries for training call the collector at every turn, which took a third of a second each time.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def data_root() -> Path:
    """Folder of the real speech sets; the test is skipped, and says why, where they are absent."""
    root = Path(os.environ.get("SPEECHFAIR_TEST_DATA", CHECKOUT.parent / "shared" / "data"))
    if not root.is_dir():
        pytest.skip(f"no real speech at {root}; set SPEECHFAIR_TEST_DATA to the folder that holds it")
    return root


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium; the test is skipped, and says why, where playwright or a browser is absent.

    One for each module: while playwright holds its event loop, no other test of the process can run one.
    """
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium: install it, or name it in CHROMIUM")
    with sync_api.sync_playwright() as play:
        found = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture(autouse=True, scope="session")
def _verbs_are_built_once() -> Iterator[None]:
    """Typer builds all verbs and their options anew for each call, which takes a fifth of a second."""
    with pytest.MonkeyPatch.context() as patch:
        built = cache(typer.main.get_command)
        patch.setattr(typer.main, "get_command", built)
        patch.setattr(typer.testing, "_get_command", built)
        yield


@pytest.fixture(autouse=True)
def _own_cache(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Tests never touch the user's cache. They share one of their own, across the processes of pytest-xdist too."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    os.environ["SPEECHFAIR_CACHE"] = str(base / "cache")
