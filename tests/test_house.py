"""The house plan, enforced: imports go one way, modules stay short, heavy packages are not imported early."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGE = CHECKOUT / "speechfair"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_data" not in path.parts)

# One room, one level: each imports only from itself and from rooms above it in this list.
ROOMS = (
    "errors",
    "types",
    "registry",
    "resources",
    "strict_yaml",
    "store",
    "audio",
    "text",
    "metrics",
    "corpora",
    "synthesis",
    "models",
    "testing",
    "running",
    "auditing",
    "comparing",
    "gating",
    "exploring",
    "curating",
    "probes",
    "process",
    "debias",
    "reporting",
    "verbs",
    "cli",
)
LEVEL = {room: level for level, room in enumerate(ROOMS)}
HEAVY = {"torch", "transformers", "scipy", "sklearn", "pandas", "polars", "numpy", "ctranslate2", "librosa"}


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "speechfair" and len(parts) > 1 else None


def imports_of(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import in line {node.lineno}"
            assert node.module is not None
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_go_one_way(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own == "__init__":
        return
    assert own in LEVEL, f"{path} is in no layer; add its room to ROOMS"
    for module in imports_of(path):
        other = room_of(module)
        if other in LEVEL:
            assert LEVEL[other] <= LEVEL[own], (
                f"{path} ({own}) imports {module}: that goes against the layers"
            )


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_modules_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_modules_say_what_they_are_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{path} has no docstring"


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
    code = f"import sys; {statement}; print(sorted({sorted(HEAVY)!r} & sys.modules.keys()))".replace(
        f"{sorted(HEAVY)!r}", f"set({sorted(HEAVY)!r})"
    )
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
