"""`speechfair debias …` as functions: run a recipe, compare recipes, record a training, probe leakage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.debias.leakage.leakage_report import leakage
from speechfair.debias.process_record import record_training as debias_record
from speechfair.verbs.written import refusing_run_folders

if TYPE_CHECKING:
    from speechfair.debias.judging.before_after import DebiasResult
    from speechfair.debias.judging.method_table import MethodTable
    from speechfair.debias.training.dry_run import DebiasPlan
    from speechfair.messages.translation import Language
    from speechfair.running.transcription import Observer

__all__ = ["debias_compare", "debias_leakage", "debias_plan", "debias_record", "debias_run"]

debias_leakage = refusing_run_folders(leakage, "out")


def debias_plan(
    recipe: str | Path, settings: Sequence[str] = (), *, pilot: str | Path | None = None
) -> DebiasPlan:
    """What a recipe would train on, how long, and what its evaluations could show; trains nothing (``--dry-run``).

    Parameters
    ----------
    pilot : folder of a finished debiasing run on the same evaluations, whose rates the power rests on.
    """
    from speechfair.debias.recipe import find_recipe, read_recipe
    from speechfair.debias.training.dry_run import plan

    return plan(read_recipe(find_recipe(str(recipe)), settings), Path(pilot) if pilot is not None else None)


def debias_run(
    recipe: str | Path,
    out: str | Path,
    *,
    settings: Sequence[str] = (),
    process: str | Path | None = None,
    trainer: str | None = None,
    on_cpu: bool = False,
    language: Language = "en",
    say: Callable[[str], None] | None = None,
    observe: Observer | None = None,
) -> DebiasResult:
    """Fine-tune a recogniser as a recipe says, and audit it before and after on speakers it was not trained on.

    Parameters
    ----------
    recipe : recipe file, or the name of one that ships, such as ``erm``.
    out : run folder. The same call on the same folder resumes.
    settings : changes of the recipe as ``KEY=VALUE``, such as ``steps=50``.
    process : process folder whose ledger notes the run; None looks for one next to `out` or above it.
    trainer : id in ``roles.yaml`` of who trains; None takes the only trainer.
    language : of the page.
    say, observe : called with lines of progress, and after every transcribed batch.

    Raises
    ------
    InputError
        The recipe is wrong, a licence forbids training, a training speaker is also in an evaluation set, or a gate
        of the process folder is not open: the data gate at the start, the evaluation gate after the training.
    """
    from speechfair.debias.debias_run import PAGE, debias
    from speechfair.debias.process_entry import enter_training, require_evaluation
    from speechfair.debias.process_record import ending_of
    from speechfair.debias.recipe import find_recipe, read_recipe
    from speechfair.process.journal import noted
    from speechfair.reporting.debias_html import write_debias

    loaded, folder = read_recipe(find_recipe(str(recipe)), settings), Path(out)
    ending = partial(ending_of, folder)
    with noted("debias", folder, Path(process) if process is not None else None, ending) as home:

        def trained() -> None:
            assert home is not None
            enter_training(home, folder, loaded, trainer, evaluated=False)
            require_evaluation(home, folder, loaded)

        result = debias(
            loaded,
            folder,
            say=say,
            observe=observe,
            on_cpu=on_cpu,
            trained=trained if home is not None else None,
        )
    page = write_debias(result, loaded, folder / PAGE, language)
    if home is not None:
        for line in enter_training(home, folder, loaded, trainer):
            if say is not None:
                say(line)
    if say is not None:
        family = result.training["finish"].get("recognizer_family") or loaded.model_family
        say(
            f"page:       {page}\nrun folder: {folder}\nmodel:      {folder / 'model'}   ({family}:{folder / 'model'})"
        )
    return result


def debias_compare(
    recipes: Sequence[str],
    out: str | Path,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    settings: Sequence[str] = (),
    baseline: str = "erm",
    process: str | Path | None = None,
    on_cpu: bool = False,
    say: Callable[[str], None] | None = None,
    observe: Observer | None = None,
) -> MethodTable:
    """Run several recipes over seeds and compare them with a baseline recipe; writes ``compare.svg`` into `out`.

    Parameters
    ----------
    recipes : recipe files or names; none compares the finished runs in `out`.
    out : folder of the runs, ``NAME-SEED`` each, and of the comparison.
    baseline : recipe that the others must beat.
    process : process folder whose ledger notes the runs; None looks for one next to `out` or above it.

    Raises
    ------
    InputError
        A recipe is wrong, or a gate of the process folder is not open: the evaluation gate, and if there is something
        to train, the data gate.
    """
    from speechfair.debias.judging.contest import compare_recipes
    from speechfair.process.journal import noted, require_gate
    from speechfair.reporting.debias_figures import write_method_chart

    folder, home = Path(out), Path(process) if process is not None else None
    require_gate("compare", folder, home)
    with noted("debias", folder, home) if recipes else nullcontext():
        table = compare_recipes(
            list(recipes), folder, seeds=seeds, settings=settings, baseline=baseline,
            say=say, observe=observe, on_cpu=on_cpu,
        )  # fmt: skip
    write_method_chart(table, folder / "compare.svg")
    return table
