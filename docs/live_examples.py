"""Example pages, made when the site is built, from the table of the first page of Start: no recorded speech.

mkdocs calls `on_pre_build`. The pages go to ``docs/examples``, which git ignores.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from speechfair.debias.judging.before_after import DebiasResult
    from speechfair.debias.recipe import DebiasRecipe

__all__ = ["EXAMPLES", "make_examples", "on_pre_build"]

FOLDER = Path(__file__).resolve().parent
EXAMPLES = ("report.html", "report-ja.html", "compare.html", "leaderboard.html", "debias.html")
START = "start/transcripts.md"
NOTE = "Example for the documentation: the transcripts are made by a script, and nothing was trained."


def on_pre_build(config: Any) -> None:
    """Write the example pages into the folder of the documentation, unless they are newer than the program."""
    target = Path(config["docs_dir"]) / "examples"
    sources = [*(FOLDER.parent / "speechfair").rglob("*.*"), *FOLDER.glob("*.py"), FOLDER / START]
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
        _debias(old, new, work, target / "debias.html")


def _table(work: Path) -> Path:
    start = (FOLDER / START).read_text("utf-8")
    (script,) = re.findall(r'```python title="make_calls.py"\n(.*?)```', start, flags=re.DOTALL)
    subprocess.run([sys.executable, "-c", script], cwd=work, check=True)
    return work / "calls.csv"


def _debias(old: Path, new: Path, work: Path, page: Path) -> None:
    """The page of a debiasing run, with the two recognisers as the model before and after."""
    from speechfair.debias.judging.before_after import compare
    from speechfair.reporting.debias_html import write_debias

    for run, time in ((old, "before"), (new, "after")):
        shutil.copytree(run, work / time / "calls")
    recipe = _recipe()
    write_debias(_result(*compare(recipe, work / "before", work / "after")), recipe, page)


def _recipe() -> DebiasRecipe:
    from speechfair.debias.recipe import DebiasRecipe

    return DebiasRecipe.model_validate(
        {
            "model": "whisper:example-model",
            "axis": "accent",
            "train": [{"corpus": "manifest", "options": {"manifest": "train.csv"}}],
            "dev": {"share": 0.2},
            "evaluate": [
                {
                    "name": "calls",
                    "corpus": "manifest",
                    "options": {"manifest": "calls.csv"},
                    "group_by": ["accent"],
                }
            ],
            "method": {"name": "group_dro"},
            "steps": 100,
        }
    )


def _result(groups: Any, axes: Any) -> DebiasResult:
    from speechfair.debias.judging.before_after import DebiasResult, overall_verdict

    verdict, reasons = overall_verdict(groups)
    names = ["british", "japanese", "nigerian"]
    before = {"groups": dict(zip(names, (0.09, 0.19, 0.11), strict=True)), "macro": 0.13, "worst": 0.19}
    after = {"groups": dict(zip(names, (0.08, 0.14, 0.11), strict=True)), "macro": 0.11, "worst": 0.14}
    return DebiasResult(
        verdict=verdict,
        reasons=reasons,
        groups=groups,
        axes=axes,
        training={
            "groups": names,
            "steps": 100,
            "kept_step": 80,
            "window_s": 10.0,
            "seconds": 600.0,
            "device": "cpu",
            "development_before": before,
            "development_after": after,
            "chosen_by": "worst-group development rate",
            "finish": {},
        },
        data=[
            {
                "group": name,
                "train_utterances": 400,
                "train_speakers": 40,
                "train_hours": 0.6,
                "dev_utterances": 100,
                "dev_speakers": 10,
                "dev_hours": 0.15,
            }
            for name in names
        ],
        unused={},
        notes=[NOTE],
    )
