"""Pages of the site that are made from the program: the reference of Python, CLI, criteria, recipes and registries.

`PAGES` maps the path of each page to the function that writes it. mkdocs calls `on_config` and `on_pre_build`.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["PAGES", "SECTIONS", "on_config", "on_page_markdown", "on_pre_build"]

FOLDER = Path(__file__).resolve().parent


SECTIONS = {"How-to": "how-to", "Explanation": "explanation", "Results": "results", "Project": "decisions"}
"""Sections of the navigation that list every page of a folder, so that a new page is in the site."""


def on_config(config: Any) -> Any:
    """List the pages of each folder in the navigation."""
    for section in config["nav"]:
        for title in SECTIONS.keys() & (section.keys() if isinstance(section, dict) else set()):
            pages = sorted((FOLDER / SECTIONS[title]).glob("*.md"))
            names = [f"{SECTIONS[title]}/{page.name}" for page in pages if page.suffixes == [".md"]]
            section[title] = [*section[title], *names]
    return config


def on_pre_build(config: Any) -> None:
    """Write the generated pages into the folder; git ignores them."""
    for path, write in PAGES.items():
        page = Path(config["docs_dir"]) / path
        page.parent.mkdir(exist_ok=True)
        content = write()
        if not page.exists() or page.read_text("utf-8") != content:
            page.write_text(content, "utf-8")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Name files outside of the documentation, which the site cannot link to, by their path in the checkout."""
    return re.sub(r"\[([^\]]+)\]\(\.\./\.\./([^)#]+)[^)]*\)", r"\1 (`\2`)", markdown)


def python() -> str:
    """Every name of ``speechfair.__all__`` with its documentation."""
    import speechfair

    lines = ["# Python", "", "The public names of the package, as in `from speechfair import audit`.", ""]
    for name in sorted(speechfair.__all__, key=str.lower):
        value = getattr(speechfair, name)
        lines += [f"## {name}", ""]
        if inspect.isclass(value) or inspect.isfunction(value):
            lines += [f"::: {value.__module__}.{value.__qualname__}", ""]
        else:
            lines += [f"`{value!r}`", ""]
    return "\n".join(lines)


def cli() -> str:
    """Every verb with its arguments and options, as the program declares them."""
    import typer

    from speechfair.cli.main import app

    codes = _table(("code", "meaning"), EXIT_CODES)
    lines = ["# Command line", "", "Every verb ends with one of these exit codes.", "", *codes, ""]
    for path, command in _verbs("speechfair", typer.main.get_command(app)):
        lines += [f"## {path}", "", *_help(command), "", *_parameters(command)]
    return "\n".join(lines)


EXIT_CODES = (
    ("0", "done, or pass"),
    ("1", "a criterion or a check failed"),
    ("2", "nothing could be decided: bad usage, an unreadable file, a full disk"),
    ("3", "undetermined"),
    ("130", "interrupted; the same command goes on"),
)


def _verbs(path: str, command: Any) -> Iterable[tuple[str, Any]]:
    for name, each in sorted(getattr(command, "commands", {}).items()):
        if not each.hidden:
            yield f"{path} {name}", each
            yield from _verbs(f"{path} {name}", each)


def _help(command: Any) -> list[str]:
    text = inspect.cleandoc(command.help or "")
    return [_escaped(text.replace("\b", ""))]


def _parameters(command: Any) -> list[str]:
    rows = [_parameter(each) for each in command.params if each.name != "help"]
    return [*_table(("name", "value", "default", "what it is"), rows), ""] if rows else []


def _parameter(each: Any) -> tuple[str, str, str, str]:
    names = ", ".join(f"`{name}`" for name in [*each.opts, *each.secondary_opts])
    if each.param_type_name == "argument":
        names = f"`{each.metavar or each.name}`"
    flag = getattr(each, "is_flag", False)
    default = "" if each.default in (None, (), [], False) else f"`{each.default}`"
    value = "" if flag else _value(each.type_descriptor.annotation)
    return names, value, "required" if each.required else default, _escaped(getattr(each, "help", "") or "")


def _value(annotation: Any) -> str:
    """What may be given: the choices, or the type."""
    kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{one}`" for one in kinds)
    if get_origin(annotation) is list:
        return f"{_value(kinds[0])}, repeatable"
    return " or ".join(_value(kind) for kind in kinds) if kinds else f"`{_kind(annotation)}`"


def criteria() -> str:
    """The keys of ``criteria.yaml``."""
    from speechfair.gating.criteria import CriteriaFile, Criterion

    lines = [
        "# Criteria files",
        "",
        "A criteria file is YAML. [Gate](../how-to/gate.md) explains how to choose limits.",
        "",
        "## The file",
        "",
        *_fields(CriteriaFile),
        "",
        "## One criterion",
        "",
        *_fields(Criterion),
    ]
    return "\n".join(lines)


def recipes() -> str:
    """The keys of a debias recipe and of the parts in it."""
    from speechfair.debias import recipe

    lines = [
        "# Debias recipes",
        "",
        "A recipe is YAML. [Debias](../how-to/debias.md) explains how to write one.",
        "",
    ]
    parts: Sequence[tuple[str, type[BaseModel]]] = [
        ("The recipe", recipe.DebiasRecipe),
        ("A corpus to train on (`train`)", recipe.TrainingSource),
        ("A corpus to evaluate (`evaluate`)", recipe.EvaluationSource),
        ("The development set (`dev`)", recipe.Development),
        ("The method (`method`)", recipe.MethodChoice),
        ("Adapters (`lora`)", recipe.Lora),
        ("The decoder (`recognizer`)", recipe.RecognizerChoice),
        ("The margin of the no-harm test (`margin`)", recipe.Margin),
    ]
    for title, model in parts:
        about = inspect.cleandoc(model.__doc__ or "").split("\n\nParameters")[0]
        lines += [f"## {title}", "", about, "", *_fields(model), ""]
    return "\n".join(lines)


def _fields(model: type[BaseModel]) -> list[str]:
    described = _described(model)
    rows = []
    for name, field in model.model_fields.items():
        default = "required" if field.is_required() else f"`{field.get_default(call_default_factory=True)}`"
        about = field.description or described.get(name, "")
        rows.append((f"`{field.alias or name}`", f"`{_kind(field.annotation)}`", default, _escaped(about)))
    return _table(("key", "type", "default", "what it is"), rows)


def _described(model: type[BaseModel]) -> dict[str, str]:
    """What the parameter sections of the docstrings of a class and its bases say of each name."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        for names, text in re.findall(
            r"^(\w+(?:, \w+)*) : ((?:.|\n(?=\s))+)", inspect.cleandoc(base.__doc__ or ""), flags=re.MULTILINE
        ):
            for name in names.split(", "):
                found[name] = re.sub(r"\s+", " ", text)
    return found


def _kind(annotation: Any) -> str:
    text = (
        annotation.__name__
        if isinstance(annotation, type) and not getattr(annotation, "__args__", ())
        else str(annotation)
    )
    return re.sub(r"(?:\w+\.)+(\w+)", r"\1", text).replace("Optional", "").replace("NoneType", "None")


def corpora() -> str:
    """The registered corpora."""
    from speechfair import list_corpora

    rows = [
        (f"`{card.name}`", _escaped(card.title), ", ".join(card.axes), _escaped(card.licence.id))
        for card in list_corpora()
    ]
    intro = "`speechfair corpora NAME` shows a card: labels, traps, citation and what its licence allows."
    return "\n".join(["# Corpora", "", intro, "", *_table(("name", "title", "labels", "licence"), rows)])


def cards() -> str:
    """The keys of a corpus card."""
    from speechfair.corpora import card

    intro = (
        "A card is YAML and tells what a corpus is. [Corpora](../how-to/corpora.md) says what it is used for."
    )
    lines = ["# Corpus cards", "", intro, ""]
    parts = (
        ("The card", card.Card),
        ("An axis (`axes`)", card.AxisCard),
        ("The licence (`licence`)", card.Licence),
    )
    for title, model in parts:
        lines += [f"## {title}", "", *_fields(model), ""]
    return "\n".join(lines)


def schemas() -> str:
    """The JSON files that the program writes, with their schemas and top-level keys."""
    lines = ["# JSON files", "", "Every result is JSON with a published schema. Rates are fractions.", ""]
    for path in sorted((FOLDER / "schemas").glob("*.json")):
        schema = json.loads(path.read_text("utf-8"))
        rows = [(f"`{key}`", _escaped(_about(field, schema))) for key, field in schema["properties"].items()]
        link = f"[{path.name}](../schemas/{path.name})"
        about = _escaped(schema["description"].split("\n")[0].replace("``", "`"))
        lines += [
            f"## {path.stem}",
            "",
            f"{about} Schema: {link}",
            "",
            *_table(("key", "what it is"), rows),
            "",
        ]
    return "\n".join(lines)


def _about(field: dict[str, Any], schema: dict[str, Any]) -> str:
    """What a JSON schema says of a field, or else of the object that it holds."""
    held = field.get("items", field).get("$ref", "").removeprefix("#/$defs/")
    found = field.get("description") or schema["$defs"].get(held, {}).get("description", "")
    return str(found).split("\n\n")[0].replace("``", "`")


def models() -> str:
    """The registered models."""
    from speechfair import list_models

    rows = [
        (f"`{each.spec}`", each.does, f"`{each.needs}`" if each.needs else "", each.licence)
        for each in list_models()
    ]
    intro = "[Models](../how-to/models.md) explains how to connect each kind."
    return "\n".join(
        ["# Models", "", intro, "", *_table(("model", "what it does", "needs", "licence"), rows)]
    )


def metrics() -> str:
    """The registered metrics."""
    from speechfair import list_metrics

    rows = [(f"`{each.name}`", each.title, _escaped(each.about)) for each in list_metrics()]
    intro = "`--metric NAME` adds one to an audit. [Metrics](../how-to/metrics.md) shows how to add your own."
    return "\n".join(["# Metrics", "", intro, "", *_table(("name", "title", "what is counted"), rows)])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A pipe table of cells that are Markdown already."""
    from speechfair.result_table import Column, Table

    columns = tuple(Column(title, title) for title in head)
    table = Table("", columns, tuple(tuple(str(cell) for cell in row) for row in rows))
    # a bar within code parts no columns, and a backslash there would be shown
    bars = re.compile(r"`[^`]*`|\|")
    return table.to_markdown(
        lambda text: bars.sub(lambda found: r"\|" if found[0] == "|" else found[0], " ".join(text.split()))
    ).splitlines()


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("*", r"\*")


PAGES: dict[str, Callable[[], str]] = {
    f"reference/{name}.md": write
    for name, write in (
        ("python", python),
        ("cli", cli),
        ("criteria", criteria),
        ("recipes", recipes),
        ("corpora", corpora),
        ("cards", cards),
        ("schemas", schemas),
        ("models", models),
        ("metrics", metrics),
    )
}
