"""What the README and the guides show is run as it stands."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speechfair.cli.main import app
from tests.docs.running import parse
from tests.support import fenced, write_tone

CHECKOUT = Path(__file__).resolve().parent.parent
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def place(data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which ``path/to/speechocean762`` has one utterance of every second real test speaker."""
    source, corpus = data_root / "speechocean762-subset", tmp_path / "path" / "to" / "speechocean762"
    speakers = [line.split() for line in (source / "test" / "spk2utt").read_text().splitlines()][1::2]
    kept = {name for _, *names in speakers for name in names[:1]}
    (corpus / "test").mkdir(parents=True)
    for name in ("text", "wav.scp", "utt2spk"):
        lines = (source / "test" / name).read_text().splitlines(keepends=True)
        (corpus / "test" / name).write_text("".join(line for line in lines if line.split()[0] in kept))
    for name in ("spk2age", "spk2gender"):
        shutil.copy(source / "test" / name, corpus / "test" / name)
    (corpus / "test" / "spk2utt").write_text("".join(f"{s} {' '.join(u[:1])}\n" for s, *u in speakers))
    for line in (corpus / "test" / "wav.scp").read_text().splitlines():
        place = corpus / line.split()[1]
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / line.split()[1], place)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.model
@pytest.mark.data
def test_the_python_example_of_recordings_runs(place: Path) -> None:
    start = (CHECKOUT / "docs" / "start" / "recordings.md").read_text(encoding="utf-8")
    (code,) = fenced(start, "python")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "female" in done.stdout
    assert "12" in done.stdout


def test_the_example_from_transcripts_runs() -> None:
    (code,) = fenced(README, "python")
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


def test_the_make_targets_that_are_shown_exist() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    shown = set(re.findall(r"make (\w+)", "\n".join(fenced(README, "console"))))
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
    loader, tree = (textwrap.dedent(block) for block in fenced(guide, "python"))
    (card,) = (textwrap.dedent(block) for block in fenced(guide, "yaml"))
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
