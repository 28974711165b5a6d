"""The workflow to copy: it parses, its steps run in a clean folder, and no text of a pull request reaches a shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.process.project import WORDS

WORKFLOW = Path(__file__).parents[1] / "examples" / "github" / "fairness.yml"
CRITERIA = """schema: speechfair/criteria/1
normalizer: english
tokens: words
without_failure_rate: transcripts only
criteria:
  - {id: good-enough, metric: rate, axis: accent, limit: LIMIT, min_speakers: 8}
"""


def steps() -> dict[str, dict[str, Any]]:
    content = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return {step["name"]: step for step in content["jobs"]["gate"]["steps"] if "run" in step}


def transcripts() -> str:
    rows = [
        f"u{i},s{i // 3},{'xy'[i // 3 % 2]},{' '.join(said)},{' '.join(['wrong', *said[1:]])}"
        for i in range(60)
        for said in [[*WORDS[i % 3 :], *WORDS[: i % 3]]]
    ]
    return "\n".join(["id,speaker,accent,reference,candidate", *rows]) + "\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clean folder with what the workflow's head says is committed, and a `gh` that keeps what it was given.

    To the question for comments it answers with what `ids.txt` holds.
    """
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gh").write_text(
        '#!/bin/sh\ncase "$*" in *--paginate*) cat "$HOME/ids.txt";; *) echo "$@" >> "$HOME/gh.txt";; esac\n'
    )
    (tmp_path / "ids.txt").write_text("")
    (tmp_path / "bin" / "gh").chmod(0o755)
    (tmp_path / "transcripts.csv").write_text(transcripts())
    return tmp_path


def run(step: str, folder: Path) -> int:
    """One step as the runner does it: bash that ends at the first failure."""
    scripts = Path(sys.executable).parent
    env = {
        "PATH": os.pathsep.join([str(folder / "bin"), str(scripts), "/usr/bin", "/bin"]), "HOME": str(folder),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "GITHUB_REPOSITORY": "o/r", "PULL": "7", "GH_TOKEN": "none",
    }  # fmt: skip
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", steps()[step]["run"]], cwd=folder, env=env, check=False
    )
    return done.returncode


@pytest.mark.parametrize(("limit", "code", "verdict"), [("0.5", 0, "pass"), ("0.01", 1, "fail")])
def test_the_steps_run_in_a_clean_folder_and_comment(
    checkout: Path, limit: str, code: int, verdict: str
) -> None:
    (checkout / "criteria.yaml").write_text(CRITERIA.replace("LIMIT", limit))
    freeze = "speechfair criteria freeze criteria.yaml"
    subprocess.run(
        [str(Path(sys.executable).parent / "speechfair"), *freeze.split()[1:]], cwd=checkout, check=True
    )
    assert run("Score", checkout) == 0
    assert run("Gate", checkout) == code
    assert run("Summary", checkout) == 0
    assert run("Comment", checkout) == 0
    comment = (checkout / "comment.md").read_text(encoding="utf-8")
    assert verdict in comment.splitlines()[0]
    assert (checkout / "summary.md").read_text(encoding="utf-8") == comment
    assert (checkout / "gh.txt").read_text().split() == [
        "pr", "comment", "7", "--body-file", "marked.md",
    ]  # fmt: skip
    assert (checkout / "gate.xml").is_file()
    assert (checkout / "runs" / "candidate" / "report.html").is_file()


def test_the_own_comment_is_found_by_its_marker_and_edited(checkout: Path) -> None:
    (checkout / "comment.md").write_text("pass\n")
    (checkout / "ids.txt").write_text("41\n42\n")
    assert run("Comment", checkout) == 0
    assert (checkout / "marked.md").read_text() == "pass\n\n<!-- speechfair-gate -->\n"
    assert (checkout / "gh.txt").read_text().split() == [
        "api", "--method", "PATCH", "repos/o/r/issues/comments/41", "-F", "body=@marked.md", "--silent",
    ]  # fmt: skip


def test_a_comment_that_fails_leaves_the_job_as_the_gate_judged(checkout: Path) -> None:
    (checkout / "comment.md").write_text("pass\n")
    (checkout / "bin" / "gh").write_text("#!/bin/sh\nexit 1\n")
    assert run("Summary", checkout) == 0
    assert run("Comment", checkout) != 0
    tolerant = [name for name, step in steps().items() if step.get("continue-on-error")]
    assert tolerant == ["Comment"]


def test_a_gate_that_cannot_be_judged_is_no_success(checkout: Path) -> None:
    assert run("Score", checkout) == 0
    assert run("Gate", checkout) == 2
    assert "criteria.yaml" in (checkout / "comment.md").read_text(encoding="utf-8")


def test_no_expression_stands_inside_a_script_and_rights_are_few() -> None:
    content = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    assert not [name for name, step in steps().items() if re.search(r"\$\{\{", step["run"])]
    assert content["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert content[True] == ["pull_request"]  # YAML reads the key `on` as true
