"""Files, tests, modules, rooms and make targets that pages name exist."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import CHECKOUT, DOCS, written_pages
from tests.test_house import ROOMS

PAGES = [*(CHECKOUT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY")), *written_pages()]
FOLDERS = ("benchmarks", "corpora", "docs", "examples", "recipes", "speechfair", "tests")
_FILE = re.compile(rf"(?:{'|'.join(FOLDERS)})/[\w./-]*")
_TEST = re.compile(r"(?:[\w/]+/)?test_\w+\.py(?:::\w+)?")
_MODULE = re.compile(r"(?<![\w/])(?:speechfair|benchmarks)(?:\.\w+)+")


def named() -> Iterator[tuple[Path, str]]:
    """What stands in backquotes on a page, and what its remarks say."""
    for page in PAGES:
        text = page.read_text("utf-8")
        for found in (*re.findall(r"`([^`\n]+)`", text), *re.findall(r"<!-- (.*?) -->", text)):
            yield page, found


def is_file(name: str) -> bool:
    """Whether this is a file or folder, a pattern of such (its part before the star), or has a place for a name."""
    places = (name, f"speechfair/{name}", f"tests/{name}")
    return "NAME" in name or any(any(CHECKOUT.glob(f"{place}*")) for place in places)


def is_test(name: str) -> bool:
    file, _, function = name.partition("::")
    places = [CHECKOUT / file, CHECKOUT / "tests" / file]
    return any(
        place.exists() and re.search(rf"\bdef {function}\b", place.read_text("utf-8")) is not None
        if function
        else place.exists()
        for place in places
    )


def is_module(name: str) -> bool:
    """Whether this is a module, a name in one, or a group of entry points."""
    if name in tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]:
        return True
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part, None)
        return found is not None
    return False


def missing(text: str) -> list[str]:
    """What the text names and the checkout does not have."""
    return [
        *(name for name in _FILE.findall(text) if text.startswith(name) and not is_file(name)),
        *(name for name in _TEST.findall(text) if not is_test(name)),
        *(name for name in _MODULE.findall(text) if not is_module(name)),
    ]


def test_what_pages_name_exists() -> None:
    assert not [(page.name, name) for page, text in named() for name in missing(text)]


def test_a_missing_thing_is_noticed() -> None:
    assert missing("tests/gone.py") == ["tests/gone.py"]
    assert missing("tests/cli/test_site.py") == ["tests/cli/test_site.py"] * 2
    assert missing("tests/docs/test_site.py::test_gone") == ["tests/docs/test_site.py::test_gone"]
    assert missing("python -m benchmarks.gone --out FOLDER") == ["benchmarks.gone"]
    assert missing("speechfair.types.Utterance and tests/docs/test_site.py") == []


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    for page, text in named():
        for target in re.findall(r"^make ([a-z-]+)", text):
            assert target in targets, (page.name, target)


def test_the_design_names_every_room_and_no_other() -> None:
    text = (DOCS / "contributing" / "design.md").read_text("utf-8")
    table = text[text.index("| rooms |") : text.index("Top-level `corpora/`")]
    cells = [row.split("|")[1] for row in table.splitlines()[2:] if row]
    assert sorted(re.findall(r"`(\w+)`", " ".join(cells))) == sorted(ROOMS)
