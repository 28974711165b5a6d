"""`speechfair.__all__` is what is offered, and every verb of the command line is a function of the same name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
import typer
from typer.testing import CliRunner

import speechfair
from speechfair.cli.main import app

NOUNS = {
    "corpora": "list_corpora",
    "metrics": "list_metrics",
    "models": "list_models",
    "import": "import_transcripts",
}
"""Bare nouns that list something; rooms of the package have their names, so the functions have a verb. ``import`` is a
word of Python."""


def verbs(group: typer.Typer = app, before: str = "") -> Iterator[str]:
    """The public name of every command: ``criteria freeze`` is ``criteria_freeze``."""
    if group.registered_callback is not None and before in NOUNS:
        yield NOUNS[before]
    for command in group.registered_commands:
        assert command.callback is not None
        name = (command.name or command.callback.__name__).replace("-", "_")
        full = f"{before}_{name}" if before else name
        yield NOUNS.get(full, full)
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from verbs(inner.typer_instance, f"{before}_{inner.name}" if before else str(inner.name))


def commands(
    group: typer.Typer = app, before: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Callable[..., Any]]]:
    """The words of every command, and the function behind it."""
    for command in group.registered_commands:
        assert command.callback is not None
        yield (*before, command.name or command.callback.__name__), command.callback
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from commands(inner.typer_instance, (*before, str(inner.name)))


def choices(annotation: Any) -> tuple[str, ...]:
    """The values of a Literal anywhere in an annotation."""
    if get_origin(annotation) is Literal:
        return tuple(map(str, get_args(annotation)))
    return tuple(value for part in get_args(annotation) for value in choices(part) if part is not annotation)


CHOSEN = [
    (words, name, found)
    for words, function in commands()
    for name, annotation in get_type_hints(function).items()
    if (found := choices(annotation)) and name != "return"
]


def test_options_with_fixed_values_exist() -> None:
    assert len(CHOSEN) >= 7


@pytest.mark.parametrize(("words", "name", "values"), CHOSEN, ids=lambda part: str(part)[:40])
def test_help_shows_the_choices_and_another_value_is_refused(
    words: tuple[str, ...], name: str, values: tuple[str, ...]
) -> None:
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert all(value in shown.output for value in values)
    done = CliRunner().invoke(app, [*words, f"--{name.replace('_', '-')}", "neither"], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert "neither" in done.output
    assert all(value in done.output for value in values)


@pytest.mark.parametrize("name", sorted(verbs()))
def test_every_verb_is_a_public_function_with_a_docstring(name: str) -> None:
    assert name in speechfair.__all__
    function = getattr(speechfair, name)
    assert callable(function)
    assert inspect.getdoc(function)


def test_every_public_name_can_be_imported() -> None:
    assert sorted(speechfair.__all__) == sorted(set(speechfair.__all__))
    for name in speechfair.__all__:
        assert getattr(speechfair, name) is not None


def test_public_names_stay_functions_after_every_room_is_imported() -> None:
    """A room that bears a verb's name would take its place as soon as it is imported."""
    import importlib
    import pkgutil

    for module in pkgutil.iter_modules(speechfair.__path__):
        importlib.import_module(f"speechfair.{module.name}")
    for name in speechfair.__all__:
        assert not inspect.ismodule(getattr(speechfair, name)), name
