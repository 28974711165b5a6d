"""Words of the English pages are in a dictionary or in our list of terms, ``words.txt``."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.docs.pages import CHECKOUT, written_pages

spellchecker = pytest.importorskip("spellchecker", reason="pyspellchecker is not installed")
TERMS = Path(__file__).with_name("words.txt")
PAGES = [
    *(CHECKOUT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *(CHECKOUT / "examples").rglob("*.md"),
    *written_pages(),
]
NO_PROSE = re.compile(
    r"^ *```.*?^ *```|`[^`]*`|<!--.*?-->|<[^>]+>|\]\([^)]*\)|https?://\S+|\$[^$\n]+\$",
    flags=re.DOTALL | re.MULTILINE,
)


def words(text: str) -> set[str]:
    """Words of the prose in lower case, without code, addresses, abbreviations and names in camel case."""
    found = re.findall(r"\b[A-Za-z][A-Za-z']*[A-Za-z]\b", NO_PROSE.sub(" ", text))
    return {
        word.removesuffix("'s").lower()
        for word in found
        if len(word) > 2 and not word.isupper() and not re.search(r"[a-z][A-Z]", word)
    }


def test_every_word_is_in_a_dictionary_or_in_the_list_of_terms() -> None:
    known = spellchecker.SpellChecker(language="en")
    terms = set(TERMS.read_text("utf-8").split())
    unknown: dict[str, list[str]] = defaultdict(list)
    for page in PAGES:
        if not page.name.endswith(".ja.md"):
            for word in known.unknown(words(page.read_text("utf-8")) - terms):
                unknown[word].append(page.relative_to(CHECKOUT).as_posix())
    assert not unknown, f"misspelt, or a term for {TERMS.name}: {dict(unknown)}"


def test_a_misspelt_word_is_unknown() -> None:
    assert words("The `recongniser` is *misspellt*.") == {"the", "misspellt"}
    assert spellchecker.SpellChecker(language="en").unknown(["misspellt"]) == {"misspellt"}
