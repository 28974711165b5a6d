"""The site: it builds without a warning, its reference is whole, and its pages are short."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import get_args

import pytest
import typer
from pydantic import BaseModel

import speechfair
from speechfair.cli.main import app
from speechfair.corpora.card import Card
from speechfair.debias.recipe import DebiasRecipe
from speechfair.gating.criteria import CriteriaFile
from tests.docs.hooks import load_hook
from tests.docs.pages import DOCS, written_pages

WORDS_OF_A_PAGE = 1_200


HOOKS = load_hook("hooks")


def keys(model: type[BaseModel]) -> set[str]:
    """The keys of a file of this form and of every part of it."""
    found = set()
    for name, field in model.model_fields.items():
        found.add(field.alias or name)
        todo = [field.annotation]
        while todo:
            kind = todo.pop()
            todo += get_args(kind)
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found |= keys(kind)
    return found


class TestReference:
    def test_every_public_name_is_there(self) -> None:
        text = HOOKS.python()
        for name in speechfair.__all__:
            assert f"\n## {name}\n" in text, name

    def test_every_verb_and_option_is_there(self) -> None:
        text = HOOKS.cli()
        seen = 0
        todo = [("speechfair", typer.main.get_command(app))]
        while todo:
            path, command = todo.pop()
            for name, each in getattr(command, "commands", {}).items():
                todo.append((f"{path} {name}", each))
                section = text.split(f"\n## {path} {name}\n")[1].split("\n## ")[0]
                for option in each.params:
                    if option.name != "help":
                        assert f"`{option.opts[0]}`" in section, (path, name, option.opts)
                        seen += 1
        assert seen > 200

    @pytest.mark.parametrize(
        ("page", "model"), [("criteria", CriteriaFile), ("recipes", DebiasRecipe), ("cards", Card)]
    )
    def test_every_key_is_there(self, page: str, model: type[BaseModel]) -> None:
        rows = re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", getattr(HOOKS, page)(), flags=re.MULTILINE)
        assert keys(model) <= {key for key, _ in rows}
        assert [key for key, about in rows if not about.strip()] == []

    def test_every_schema_and_its_keys_are_there(self) -> None:
        text = HOOKS.schemas()
        for path in (DOCS / "schemas").glob("*.json"):
            section = text.split(f"\n## {path.stem}\n")[1].split("\n## ")[0]
            for key in json.loads(path.read_text("utf-8"))["properties"]:
                assert f"| `{key}` |" in section, (path.name, key)

    def test_registries_are_whole(self) -> None:
        for page, names in (
            ("corpora", [card.name for card in speechfair.list_corpora()]),
            ("models", [model.spec for model in speechfair.list_models()]),
            ("metrics", [metric.name for metric in speechfair.list_metrics()]),
        ):
            text = getattr(HOOKS, page)()
            for name in names:
                assert f"| `{name}` |" in text, (page, name)


EVERY_KEY = TestReference.test_every_key_is_there


@pytest.mark.parametrize(
    ("page", "gone", "check"),
    [
        ("python", "\n## audit\n", TestReference.test_every_public_name_is_there),
        ("cli", "\n## speechfair criteria freeze\n", TestReference.test_every_verb_and_option_is_there),
        ("cli", "`--group-by`", TestReference.test_every_verb_and_option_is_there),
        ("criteria", "`min_speakers`", partial(EVERY_KEY, page="criteria", model=CriteriaFile)),
        ("recipes", "`learning_rate`", partial(EVERY_KEY, page="recipes", model=DebiasRecipe)),
        ("cards", "`licence`", partial(EVERY_KEY, page="cards", model=Card)),
        ("schemas", "\n## audit-1\n", TestReference.test_every_schema_and_its_keys_are_there),
        ("corpora", "`fleurs`", TestReference.test_registries_are_whole),
        ("models", "`pocketsphinx`", TestReference.test_registries_are_whole),
    ],
)
def test_what_the_reference_lacks_is_noticed(
    page: str, gone: str, check: Callable[[TestReference], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = getattr(HOOKS, page)()
    assert gone in text
    monkeypatch.setattr(HOOKS, page, lambda: text.replace(gone, "`gone`"))
    with pytest.raises((AssertionError, IndexError)):
        check(TestReference())


def test_pages_of_prose_are_short() -> None:
    for page in written_pages():
        words = re.sub(r"<!--.*?-->", "", page.read_text("utf-8")).split()
        assert len(words) <= WORDS_OF_A_PAGE, page


def test_every_column_of_a_data_file_is_explained_on_a_page() -> None:
    explained = "".join(page.read_text("utf-8") for page in (DOCS / "results").glob("*.md"))
    for table in (DOCS / "results").glob("*.csv"):
        assert f"({table.name})" in explained, table.name
        for column in next(csv.reader(table.read_text("utf-8").splitlines())):
            assert f"`{column}`" in explained, column


def test_types_show_no_backslash(site: Path) -> None:
    for name in ("criteria", "recipes"):
        text = (site / "reference" / f"{name}.html").read_text("utf-8")
        assert "<code>str | None</code>" in text
        assert r"\|" not in text


def test_the_site_builds_without_a_warning(site: Path) -> None:
    """Links and anchors are checked by the build, which is strict."""
    assert (site / "ja" / "index.html").exists()
    assert 'id="audit"' in (site / "reference" / "python.html").read_text("utf-8")
    assert "transcripts.html" in (site / "search" / "search_index.json").read_text("utf-8")


def test_every_example_page_is_there(site: Path) -> None:
    for name in load_hook("live_examples").EXAMPLES:
        assert "<h1" in (site / "examples" / name).read_text("utf-8"), name
