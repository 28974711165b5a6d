"""What the README and the guides show is run as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.fixture
def place(data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which ``path/to/speechocean762`` is the real thing."""
    (tmp_path / "path" / "to").mkdir(parents=True)
    (tmp_path / "path" / "to" / "speechocean762").symlink_to(data_root / "speechocean762-subset")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.model
@pytest.mark.data
def test_the_python_example_runs(place: Path) -> None:
    (code,) = blocks(README, "python")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "female" in done.stdout
    assert "240" in done.stdout


@pytest.mark.model
@pytest.mark.data
def test_the_commands_run(place: Path) -> None:
    commands = [b for b in blocks(README, "console") if "make" not in b]
    assert commands
    for command in commands:
        script = command.replace("speechfair ", f"{Path(sys.executable).parent / 'speechfair'} ", 1)
        script = script.replace("\nspeechfair ", f"\n{Path(sys.executable).parent / 'speechfair'} ")
        done = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "everything that was checked agrees" in done.stdout
    assert (place / "runs" / "first" / "report.html").exists()


def test_the_make_targets_that_are_shown_exist() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    shown = set(re.findall(r"make (\w+)", "\n".join(blocks(README, "console"))))
    assert shown == {"demo", "test"}
    for target in shown:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(page: str) -> None:
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (CHECKOUT / target).exists(), f"{page} links to {target}"


def test_the_contributing_example_satisfies_the_protocol(tmp_path: Path) -> None:
    from speechfair.types import Corpus, Utterance

    (code,) = blocks((CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8"), "python")
    namespace: dict[str, object] = {}
    exec(code, namespace)
    (tmp_path / "north").mkdir()
    (tmp_path / "north" / "s1.wav").touch()
    (tmp_path / "north" / "s1.txt").write_text("hello there", encoding="utf-8")
    (tmp_path / "north" / "s2.wav").touch()
    corpus = namespace["TwoVillages"](tmp_path)  # type: ignore[operator]
    rows = list(corpus)
    assert isinstance(rows[0], Utterance)
    assert len(rows) == 2
    assert {"name", "options", "root", "card", "__iter__"} <= set(dir(type(corpus))) | set(vars(corpus))
    assert Corpus  # the protocol the example follows
