"""An installed wheel works in a directory that is not the checkout, with its cards and recipes."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            folder,
            CHECKOUT,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return next(folder.glob("speechfair-*.whl"))


def test_cards_recipes_and_types_are_in_the_wheel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for card in CHECKOUT.glob("corpora/**/*.*"):
        assert f"speechfair/_data/corpora/{card.relative_to(CHECKOUT / 'corpora').as_posix()}" in names
    assert any(name.startswith("speechfair/_data/recipes/") for name in names)
    assert "speechfair/py.typed" in names
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)


def test_it_works_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    code = (
        "import speechfair, pathlib, sys\n"
        f"assert pathlib.Path(speechfair.__file__).is_relative_to({str(site)!r}), speechfair.__file__\n"
        "from speechfair.registry import corpora\n"
        "from speechfair.corpora.card import load_card\n"
        "for name in corpora().names(): load_card(name)\n"
        "from speechfair.resources import data_folder\n"
        "assert data_folder('recipes').is_relative_to(pathlib.Path(speechfair.__file__).parent)\n"
        "print(len(corpora().names()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 5
