"""What the README and the guides show is run as it stands."""

from __future__ import annotations

import os
import random
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speechfair.cli.main import app
from tests.docs.pages import blocks
from tests.docs.running import parse
from tests.support import write_tone

CHECKOUT = Path(__file__).resolve().parent.parent
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def test_the_example_from_transcripts_runs() -> None:
    (code,) = [block.text for block in blocks(CHECKOUT / "README.md") if block.language == "python"]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("0.5")


def commands() -> list[str]:
    """The commands of the table, one for each kind of user."""
    return re.findall(r"^\| .* \| `(speechfair .*)` \|$", README, flags=re.MULTILINE)


def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a made table, with a stand-in for the recogniser; training needs a corpus and is only read."""
    rows = [f"{n}.wav,one two three,one two tree,s{n},{'xy'[n % 2]}" for n in range(12)]
    (tmp_path / "calls.csv").write_text("audio,text,vendor_text,speaker,accent\n" + "\n".join(rows) + "\n")
    for n in range(12):
        write_tone(tmp_path / f"{n}.wav", 0.2)
    (tmp_path / "readme_asr.py").write_text("def recognize(samples, rate):\n    return 'one two'\n")
    monkeypatch.chdir(tmp_path)
    transcripts, recordings, debias = commands()
    for command in (transcripts, recordings, "speechfair verify runs/calls/vendor"):
        words = shlex.split(command.replace("bundled:whisper-tiny.en", "python:readme_asr:recognize"))
        done = CliRunner().invoke(app, words[1:])
        assert done.exit_code == 0, f"{command}\n{done.output}{done.exception!r}"
    assert "everything that was checked agrees" in done.output
    parse(shlex.split(debias)[1:])


@pytest.mark.parametrize(
    ("speakers", "wrong", "verdict", "code"),
    [
        (80, {"x": 1, "y": 1}, "pass", 0),
        (80, {"x": 1, "y": 4}, "fail", 1),
        (12, {"x": 1, "y": 1}, "undetermined", 3),
    ],
)
def test_a_table_gets_a_page_and_a_verdict_with_two_commands(
    speakers: int,
    wrong: dict[str, int],
    verdict: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the columns that the README asks for, and the limits that it names, as they are in the checkout."""
    chance = random.Random(1)
    words = ["open", "the", "account", "and", "send", "my", "new", "card", "to", "office"]
    rows = ["text,vendor_text,speaker,accent"]
    for person in range(speakers):
        accent = "xy"[person % 2]
        for _ in range(40):
            said = chance.choices(words, k=10)
            heard = ["er" if chance.random() < wrong[accent] / 10 else word for word in said]
            rows.append(f"{' '.join(said)},{' '.join(heard)},{person},{accent}")
    (tmp_path / "calls.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (tmp_path / "examples").symlink_to(CHECKOUT / "examples")
    monkeypatch.chdir(tmp_path)
    (gate,) = [
        block.text for block in blocks(CHECKOUT / "README.md") if block.text.startswith("speechfair gate")
    ]
    done = CliRunner().invoke(app, shlex.split(commands()[0])[1:])
    assert done.exit_code == 0, done.output
    assert "By accent" in done.output
    assert (tmp_path / "runs" / "calls" / "vendor" / "report.html").is_file()
    done = CliRunner().invoke(app, shlex.split(gate)[1:])
    assert f"verdict: {verdict} " in done.output
    assert done.exit_code == code


def test_the_make_targets_that_are_shown_exist() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    shown = set(re.findall(r"^make (\w+)", README, flags=re.MULTILINE))
    assert shown == {"demo", "docs", "test"}
    for target in shown:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(page: str) -> None:
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (CHECKOUT / target).exists(), f"{page} links to {target}"


def test_the_corpus_of_the_guide_passes_the_contract_test(tmp_path: Path) -> None:
    """Installed as somebody's own package, from the blocks of the guide as they stand."""
    guide = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    guide = guide[guide.index("## Add a corpus") : guide.index("## Add a metric")]
    found = blocks(CHECKOUT / "CONTRIBUTING.md")
    loader, tree = [block.text for block in found if block.language == "python"][:2]
    card = next(block.text for block in found if block.language == "yaml")
    (entry,) = re.findall(r'^ *(twovillages = )"(.*)"$', guide, flags=re.MULTILINE)
    (tmp_path / "twovillages.py").write_text(loader, encoding="utf-8")
    (tmp_path / "twovillages.yaml").write_text(card, encoding="utf-8")
    named = "\nfrom tests.corpora.trees import TREES\n\nTREES['twovillages'] = twovillages\n"
    (tmp_path / "villages_tree.py").write_text(tree + named, encoding="utf-8")
    metadata = tmp_path / "twovillages-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: twovillages\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[speechfair.corpora]\n{entry[0]}{entry[1]}\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "villages_tree",
        "-k",
        "twovillages",
        "-p",
        "no:cacheprovider",
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(CHECKOUT)))}
    done = subprocess.run(
        [*command, "tests/contracts/test_corpora.py"],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed, done.stdout
    assert int(passed[1]) >= 13, "every test of the contract ran"
    shown = [str(Path(sys.executable).parent / "speechfair"), "corpora", "twovillages"]
    done = subprocess.run(shown, env=environment, capture_output=True, text=True, check=False)
    assert "Two villages" in done.stdout, done.stderr
