"""Example pages, made when the site is built, from the table and the training run of Start: no recorded speech.

mkdocs calls `on_pre_build`. The pages go to ``docs/examples``, which git ignores.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["EXAMPLES", "make_examples", "on_pre_build"]

FOLDER = Path(__file__).resolve().parent
EXAMPLES = ("report.html", "report-ja.html", "compare.html", "leaderboard.html", "debias.html")
START = "start/transcripts.md"
TRAINING = "start/debias.md"
DEBIAS_RUN = FOLDER / "read" / "debias-example.json"
"""The ``debias.json`` of the run that `make docs-start` does."""


def on_pre_build(config: Any) -> None:
    """Write the example pages into the folder of the documentation, unless they are newer than the program."""
    target = Path(config["docs_dir"]) / "examples"
    sources = [*(FOLDER.parent / "speechfair").rglob("*.*"), *FOLDER.glob("*.py"), DEBIAS_RUN]
    sources += [FOLDER / START, FOLDER / TRAINING]
    newest = max(path.stat().st_mtime for path in sources if "__pycache__" not in path.parts)
    pages = [target / name for name in EXAMPLES]
    if not all(page.exists() and page.stat().st_mtime > newest for page in pages):
        make_examples(target)


def make_examples(target: Path) -> None:
    """Write `EXAMPLES` into `target`, from a table that the script of Start makes."""
    import speechfair

    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        table = _table(work)
        runs = work / "runs"
        speechfair.import_transcripts(
            table,
            hypotheses={"old": "old", "new": "new"},
            group_by=["accent"],
            reference={"accent": "british"},
            out=runs,
        )
        old, new = runs / "old", runs / "new"
        shutil.copy(old / "report.html", target / "report.html")
        shutil.copy(speechfair.report(old, language="ja"), target / "report-ja.html")
        speechfair.compare(old, new, report=target / "compare.html")
        speechfair.leaderboard([old, new], report=target / "leaderboard.html")
        _debias(work, target / "debias.html")


def _table(work: Path) -> Path:
    script = _block(START, 'python title="make_calls.py"')
    subprocess.run([sys.executable, "-c", script], cwd=work, check=True)
    return work / "calls.csv"


def _debias(work: Path, page: Path) -> None:
    """The page of the run of *Debias a model*, from its record and the recipe that the page shows."""
    from speechfair.debias.judging.before_after import DebiasResult
    from speechfair.debias.recipe import read_recipe
    from speechfair.reporting.debias_html import write_debias

    recipe = work / "balanced.yaml"
    recipe.write_text(_block(TRAINING, 'yaml title="balanced.yaml"'), "utf-8")
    result = DebiasResult.model_validate_json(DEBIAS_RUN.read_text("utf-8"))
    write_debias(result, read_recipe(recipe), page)


def _block(page: str, fence: str) -> str:
    """The one block of the page that begins so."""
    (text,) = re.findall(rf"```{fence}\n(.*?)```", (FOLDER / page).read_text("utf-8"), flags=re.DOTALL)
    return str(text)
