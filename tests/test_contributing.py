"""The worked examples of CONTRIBUTING, each installed as somebody's own package from its blocks as they stand.

The corpus example is in `tests.test_readme`, since it runs the whole contract test.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from speechfair.cli.main import app
from tests.debias.tiny import accents, speech, whisper_folder

GUIDE = (Path(__file__).resolve().parent.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    start = GUIDE.index(f"## {title}\n")
    return GUIDE[start : (GUIDE + "\n## ").index("\n## ", start + 1)]


def install(title: str, folder: Path) -> list[str]:
    """Write the files of a section's blocks, named by their first line, and the entry point; the files' names."""
    text = section(title)
    names = []
    for language in ("python", "yaml"):
        for name, content in re.findall(rf"```{language}\n# (\S+)\n(.*?)```", text, flags=re.DOTALL):
            (folder / name).write_text(content, encoding="utf-8")
            names.append(name)
    entries = re.findall(
        r'```toml\n\[project\.entry-points\."(.*?)"\]\n(\w+) = "(.*?)"\n```', text, flags=re.DOTALL
    )
    for group, name, target in entries:
        metadata = folder / f"{name}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[{group}]\n{name} = {target}\n")
    return names


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that Python imports from, and finds packages in."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def run(*words: str) -> Result:
    done = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    assert done.exit_code == 0, (words, done.output, done.exception)
    return done


def test_the_metric_and_the_model_are_listed_audited_and_shown(place: Path) -> None:
    assert install("Add a metric", place) == ["mostly_wrong.py"]
    assert install("Add a model", place) == ["beeps.py"]
    assert "mostly_wrong" in run("metrics").output
    assert "beeps" in run("models").output
    speech(place, "test", accents("s", 2, 2), per_speaker=2)
    words = ["audit", "manifest", "--manifest", "test.csv", "--model", "beeps:short"]
    done = run(*words, "--group-by", "accent", "--metric", "mostly_wrong", "--out", "run")
    title = "Share of utterances that are mostly wrong by accent"
    assert title in done.output
    assert title in (place / "run" / "report.html").read_text(encoding="utf-8")
    assert '"name": "mostly_wrong"' in (place / "run" / "audit.json").read_text(encoding="utf-8")
    assert "everything that was checked agrees" in run("verify", "run").output
    criteria = "schema: speechfair/criteria/1\nnormalizer: {}\ntokens: words\ncriteria:\n".format(
        re.search(r"normaliser (\S+)", done.output)[1]  # type: ignore[index]
    )
    line = "- {id: r, metric: rate, of: mostly_wrong, axis: accent, limit: 0.5}\n"
    (place / "criteria.yaml").write_text(criteria + line, encoding="utf-8")
    gate = CliRunner().invoke(app, ["gate", "run", "--criteria", "criteria.yaml"], env={"COLUMNS": "200"})
    assert gate.exit_code == 3, gate.output
    assert "rate of mostly wrong" in gate.output


def test_the_metric_keeps_the_contract(place: Path) -> None:
    install("Add a metric", place)
    from tests.contracts import test_metrics as contract

    contract.test_its_words_are_there("mostly_wrong")
    contract.test_without_trials_there_is_no_value_but_a_reason("mostly_wrong")
    contract.test_a_group_of_many_speakers_has_an_interval("mostly_wrong")


def test_the_debiasing_method_is_planned_and_weighs(place: Path) -> None:
    assert install("Add a debiasing method", place) == ["root_weight.py", "root_weight.yaml"]
    from speechfair.debias.method import debias_methods

    method = debias_methods().load("root_weight")
    assert (method.name, bool(method.summary), bool(method.source)) == ("root_weight", True, True)
    whisper_folder(place / "tiny")
    speech(place, "train", accents("t", 5, 3), per_speaker=2)
    speech(place, "test", accents("e", 2, 2), per_speaker=1)
    smaller = [
        "--set",
        "model=whisper:tiny",
        "--set",
        "steps=2",
        "--set",
        "batch=2",
        "--set",
        "even_if_undetermined=true",
    ]
    done = run("debias", "root_weight.yaml", "--dry-run", *smaller, "--cpu")
    assert "root_weight" in done.output


def test_the_checklist_item_is_on_the_page(place: Path) -> None:
    assert install("Add a checklist item", place) == ["acme.yaml", "start.yaml"]
    assert (
        "ACME-2.1: added (Works council heard)"
        in run("process", "catalogue", "--overlay", "acme.yaml").output
    )
    (place / "process").mkdir()
    (place / "acme.yaml").rename(place / "process" / "acme.yaml")
    run("process", "init", "process", "--from", "start.yaml")
    run("process", "report", "process")
    page = (place / "process" / "checklist.html").read_text(encoding="utf-8")
    assert "Works council heard" in page
    assert "従業員代表の意見聴取" in page


def test_every_extension_of_the_guide_is_tried() -> None:
    titles = re.findall(r"^## Add (.*)$", GUIDE, flags=re.MULTILINE)
    assert titles == ["a corpus", "a metric", "a model", "a debiasing method", "a checklist item"]
