"""The documentation: what it shows runs, what it lists is whole, and the site builds without a warning."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer
from typer.testing import CliRunner

import speechfair
from speechfair.cli.main import app

CHECKOUT = Path(__file__).resolve().parent.parent
DOCS = CHECKOUT / "docs"
TUTORIAL = ("start/transcripts", "start/two-models", "start/release")
BLOCK = re.compile(r'(?:<!-- (.*?) -->\n)?```(\w+)(?: title="(.*?)")?\n(.*?)```', flags=re.DOTALL)
WORDS_OF_A_PAGE = 1_200


def _hooks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_hooks", DOCS / "hooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HOOKS = _hooks()


def prose() -> list[Path]:
    generated = {DOCS / path for path in HOOKS.PAGES}
    return sorted(page for page in DOCS.rglob("*.md") if page not in generated)


def blocks(page: Path) -> list[tuple[str, str, str, str]]:
    """Remark, language, file name and text of each block of a page."""
    return [tuple(map(str.strip, found)) for found in BLOCK.findall(page.read_text("utf-8"))]  # type: ignore[misc]


@pytest.mark.parametrize("language", ["", ".ja"])
def test_the_tutorial_runs_from_its_first_page_to_its_last(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pages = [page for name in TUTORIAL if (page := DOCS / f"{name}{language}.md").exists()]
    shown = ""
    for page in pages:
        for remark, kind, file, text in blocks(page):
            if file:
                Path(file).write_text(text + "\n", "utf-8")
            elif kind == "console":
                *before, last = text.splitlines()
                for line in before:
                    shown += run(line, 0)
                stated = re.match(r"exit code (\d)", remark)
                shown += run(last, int(stated[1]) if stated else 0)
    for rate in ("12.7 % [11.5, 14.1]", "2.25 [1.84, 2.75]", "1.20 [0.96, 1.50]"):
        assert rate in shown
    if not language:
        for line in ("+0.5 [-1.5, +2.7]", "-5.8 [-8.6, -3.8]", "verdict: UNDETERMINED", "verdict: fail"):
            assert line in shown


def run(line: str, expected: int) -> str:
    words = shlex.split(line)
    if words[0] == "python":
        subprocess.run([sys.executable, *words[1:]], check=True)
        return ""
    assert words[0] == "speechfair", line
    done = CliRunner().invoke(app, words[1:], env={"COLUMNS": "160"})
    assert done.exit_code == expected, f"{line}\n{done.output}{done.exception!r}"
    return done.output


def test_every_console_block_of_the_start_is_run_or_says_why_not() -> None:
    for page in [DOCS / "index.md", *(DOCS / "start").glob("*.md")]:
        if page.name.split(".")[0] in {name.split("/")[1] for name in TUTORIAL}:
            continue
        for remark, kind, _, text in blocks(page):
            if kind in ("console", "python"):
                assert remark.startswith("not run: "), f"{page.name}: {text}"


def test_both_languages_show_the_same_commands() -> None:
    for page in DOCS.rglob("*.ja.md"):
        english = page.with_name(page.name.replace(".ja.md", ".md"))
        commands = [[b[3] for b in blocks(each) if b[1] == "console"] for each in (page, english)]
        assert commands[0] == commands[1], page.name


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

    @pytest.mark.parametrize("page", ["criteria", "recipes"])
    def test_every_key_is_there_and_most_are_described(self, page: str) -> None:
        rows = re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", getattr(HOOKS, page)(), flags=re.MULTILINE)
        assert len(rows) > 15
        if page == "criteria":
            assert [key for key, about in rows if not about] == []

    def test_registries_are_whole(self) -> None:
        for page, names in (
            ("corpora", [card.name for card in speechfair.list_corpora()]),
            ("models", [model.spec for model in speechfair.list_models()]),
            ("metrics", [metric.name for metric in speechfair.list_metrics()]),
        ):
            text = getattr(HOOKS, page)()
            for name in names:
                assert f"| `{name}` |" in text, (page, name)


def test_pages_of_prose_are_short() -> None:
    """Results and explanations that list cases are longer; they are named here, so that the list only shrinks."""
    known = {
        "results/debias.md",
        "results/debias-runs.md",
        "results/coverage.md",
        "results/cascade-audit.md",
        "results/grounding.md",
        "results/afrispeech-25.md",
    }
    known |= {
        "explanation/numbers.md",
        "explanation/undeserved-passes.md",
        "how-to/gate.md",
        "how-to/debias.md",
    }
    for page in prose():
        name = page.relative_to(DOCS).as_posix()
        if name not in known:
            assert len(page.read_text("utf-8").split()) <= WORDS_OF_A_PAGE, name


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    """Links and anchors are checked by the build, which is strict."""
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "site" / "ja" / "index.html").exists()
    assert 'id="audit"' in (tmp_path / "site" / "reference" / "python.html").read_text("utf-8")
    assert "transcripts.html" in (tmp_path / "site" / "search" / "search_index.json").read_text("utf-8")
