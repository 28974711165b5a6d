"""One project for all tests of a session; a test that changes something gets a copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.process import project
from tests.support import made_once


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose evidence is collected, before anybody signed. Not to be changed."""
    return made_once(tmp_path_factory, "project", project.build) / "process"


@pytest.fixture(scope="session")
def signed(collected: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project when all is said: every item passes. Not to be changed."""

    def sign(folder: Path) -> None:
        project.sign(project.copied(collected, folder))

    return made_once(tmp_path_factory, "signed", sign) / "process"


@pytest.fixture
def mine(signed: Path, tmp_path: Path) -> Path:
    """A signed project to change."""
    return project.copied(signed, tmp_path)


@pytest.fixture
def unsigned(collected: Path, tmp_path: Path) -> Path:
    """A collected project to change."""
    return project.copied(collected, tmp_path)
