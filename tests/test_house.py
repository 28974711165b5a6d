"""The house plan, enforced: one level a room, imports one way, no circle, short modules, nothing heavy early."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGE = CHECKOUT / "speechfair"
LONGEST = 400

# One room, one level: each imports only from itself and from rooms above it in this list.
ROOMS = (
    "errors",
    "wording",
    "types",
    "table_layout",
    "result_table",
    "records",
    "registry",
    "resources",
    "strict_json",
    "strict_yaml",
    "hash_chain",
    "store",
    "charts",
    "audio",
    "text",
    "messages",
    "metrics",
    "corpora",
    "synthesis",
    "models",
    "testing",
    "running",
    "importing",
    "auditing",
    "comparing",
    "gating",
    "exploring",
    "curating",
    "probes",
    "process",
    "debias",
    "reporting",
    "viewing",
    "verbs",
    "cli",
)
LEVEL = {room: level for level, room in enumerate(ROOMS)}
HEAVY = {"torch", "transformers", "scipy", "sklearn", "pandas", "polars", "numpy", "ctranslate2", "librosa"}


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name; a package by the name of its folder."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "_data" not in path.parts:
            name = ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")
            found[name] = path
    return found


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(name: str) -> frozenset[str]:
    """Modules of the package that a module imports anywhere: inside functions and for annotations too."""
    known, found = modules(), set()
    for node in ast.walk(tree_of(known[name])):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative import in line {node.lineno}"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in known else node.module)
    return frozenset(found & known.keys()) - {name}


def room_of(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


def broken(rule: Callable[[str, Path], str | None]) -> list[str]:
    """What is wrong with each module, by `rule`."""
    return [f"{name}: {wrong}" for name, path in modules().items() if (wrong := rule(name, path))]


def test_every_module_is_in_a_room() -> None:
    assert not {room_of(name) for name in modules()} - LEVEL.keys() - {""}


def test_imports_go_one_way() -> None:
    def against(name: str, _: Path) -> str | None:
        rooms = {room_of(other) for other in imports_of(name)} - {"", room_of(name)}
        below = [room for room in rooms if LEVEL[room] > LEVEL[room_of(name)]] if room_of(name) else []
        return f"imports from {sorted(below)}, below it in ROOMS" if below else None

    assert not broken(against)


ALONE = {"speechfair.synthesis.espeak_worker", "speechfair.process.export.ait_program"}
"""Programs that run without the package, on what it gave them."""


def test_json_and_yaml_are_read_in_one_place_each() -> None:
    """The bare parsers end in a `RecursionError` at a few thousand brackets, which no caller thinks of."""
    bare = {f"json.{name}" for name in ("load", "loads", "JSONDecoder")}
    bare |= {f"yaml.{name}" for name in ("load", "safe_load", "full_load", "load_all", "safe_load_all")}

    def named(node: ast.AST) -> set[str]:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return {f"{node.value.id.removesuffix('_module')}.{node.attr}"}
        return (
            {f"{node.module}.{one.name}" for one in node.names} if isinstance(node, ast.ImportFrom) else set()
        )

    def reads(name: str, path: Path) -> str | None:
        if name in {"speechfair.strict_json", "speechfair.strict_yaml", *ALONE}:
            return None
        found = set[str]().union(*map(named, ast.walk(tree_of(path)))) & bare
        return (
            f"uses {sorted(found)}; use speechfair.strict_json or speechfair.strict_yaml" if found else None
        )

    assert not broken(reads)


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {name: imports_of(name) for name in modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("circle: " + " -> ".join(error.args[1]))


def test_the_circle_test_would_see_a_circle() -> None:
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"c"}, "c": {"a"}}).prepare()


def test_modules_stay_short() -> None:
    def long(_: str, path: Path) -> str | None:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        return f"{lines} lines; what second thing does it do?" if lines > LONGEST else None

    assert not broken(long)


def test_modules_and_rooms_say_what_they_are_for() -> None:
    assert not broken(lambda _, path: None if ast.get_docstring(tree_of(path)) else "no docstring")
    folders = {path.parent for path in modules().values()}
    assert not [folder for folder in folders if not (folder / "__init__.py").exists()]


def test_two_files_of_one_name_mean_one_thing() -> None:
    """A file of the command line is named like the function whose verb it parses; others have names of their own."""
    homes: dict[str, list[str]] = {}
    for name, path in modules().items():
        if path.stem != "__init__" and room_of(name) not in {"cli", "verbs"}:
            homes.setdefault(path.stem, []).append(name)
    assert not {stem: names for stem, names in homes.items() if len(names) > 1}


def test_no_machine_paths_or_hosts_in_tracked_files() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    needles = ("/work" + "/main", "/work" + "/shared", "/ro" + "ot/")
    for name in tracked.stdout.splitlines():
        path = CHECKOUT / name
        if path.suffix in {".py", ".md", ".yaml", ".toml", ".txt", ".json"} and path.exists():
            text = path.read_text(encoding="utf-8")
            assert not [needle for needle in needles if needle in text], name


@pytest.mark.parametrize(
    "statement",
    [
        "import speechfair",
        "import speechfair.corpora, speechfair.models, speechfair.metrics",
        "import speechfair.cli.main",
    ],
)
def test_nothing_heavy_is_imported_early(statement: str) -> None:
    code = f"import sys; {statement}; print(sorted(set({sorted(HEAVY)!r}) & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nsys.argv = ['speechfair', '--help']\n"
        "from speechfair.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert stop.code in (0, None)\n"
        f"early = [m for m in {sorted(HEAVY)!r} if m in sys.modules]\nassert not early, early\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "audit" in done.stdout


def test_no_run_recipe_is_subscripted_by_string() -> None:
    """``run.yaml`` is read as a `RunRecord`; a debiasing run has a record of its own."""
    subscript = re.compile(r"""recipe\[["']|["']recipe["']\]|\.read\(\)\[["']""")

    def subscripted(name: str, path: Path) -> str | None:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if subscript.search(line)]
        lines = [] if name.startswith("speechfair.debias") else lines
        return lines[0].strip() if lines else None

    assert not broken(subscripted)


def test_records_have_one_base() -> None:
    own_bases, direct = [], []
    for path in modules().values():
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.ClassDef):
                continue
            where = f"{path.relative_to(PACKAGE).as_posix()}: {node.name}"
            if node.name in {"_Record", "_Strict", "EstimateRecord"}:
                own_bases.append(where)
            bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
            if "BaseModel" in bases and path.name != "records.py":
                direct.append(where)
    assert not own_bases, f"use speechfair.records: {own_bases}"
    assert not direct, f"derive from speechfair.records.Record: {direct}"


def test_numbers_are_worded_in_one_place() -> None:
    """One dash, and no percentage, point or bracket that a room formats for itself."""
    formatted = re.compile(
        r"\{100 \* [^{}]*:[+z]*(\.[0-9]f|\.?4?g)\}|:[+z]*\.[0-9]%\}|^NOTHING = ", re.MULTILINE
    )
    # The texts of all but the first are stored as evidence, which is computed again and compared.
    home = {
        "speechfair.wording",
        "speechfair.auditing.notes",
        "speechfair.auditing.adjusting",
        "speechfair.metrics.design_matrix",
        "speechfair.metrics.mixed_words",
        "speechfair.process.checks.shares",
    }

    def worded_here(name: str, path: Path) -> str | None:
        found = formatted.search(path.read_text(encoding="utf-8"))
        return found.group(0) if found and name not in home else None

    assert not broken(worded_here)


def test_pages_have_one_environment() -> None:
    homes = [name for name, path in modules().items() if "Environment(" in path.read_text(encoding="utf-8")]
    assert homes == ["speechfair.reporting.pages"]


def test_tables_are_drawn_in_one_place() -> None:
    """Results give a `speechfair.result_table.Table`; no other module draws a grid for a terminal."""
    homes = [
        name
        for name, path in modules().items()
        for node in ast.walk(tree_of(path))
        if (isinstance(node, ast.ImportFrom) and node.module == "rich.table")
        or (isinstance(node, ast.Import) and any(alias.name == "rich.table" for alias in node.names))
    ]
    assert homes == ["speechfair.result_table"]


def test_pipe_tables_are_written_in_one_place() -> None:
    """Markdown tables come from `Table.to_markdown`, in the programs of benchmarks and documentation too."""
    row = re.compile(r"""["']\| ["'] \+|f["']\| \{|\| -{3}|-{3}:? \|""")
    programs = (*sorted((CHECKOUT / "benchmarks").rglob("*.py")), CHECKOUT / "docs" / "hooks.py")
    paths = [*modules().values(), *programs]
    by_hand = {path.name for path in paths if row.search(path.read_text(encoding="utf-8"))}
    assert by_hand == {"result_table.py"}
