"""``speechfair debias``: a recipe in; a debiased model and a verdict out. ``compare`` sets recipes side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from speechfair.cli import debias_leakage, options, output
from speechfair.errors import InputError
from speechfair.wording import percent

if TYPE_CHECKING:
    from speechfair.debias.judging.before_after import DebiasResult
    from speechfair.debias.training.dry_run import DebiasPlan
    from speechfair.messages.translation import Language

__all__ = ["app"]

Setting = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change the recipe, as KEY=VALUE, such as steps=50. Repeatable."),
]
Cpu = Annotated[bool, typer.Option("--cpu", help="Train on the CPU even where there is a GPU.")]


class _RecipeFirst(TyperGroup):
    """A group in which a first word that is no verb of it is a recipe to run."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``run`` before the words unless they begin with a verb or ask for help."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["run", *args]
        return list(super().parse_args(ctx, args))


app = typer.Typer(
    cls=_RecipeFirst,
    help="Fine-tune a recogniser as a recipe says, and show who gained and who lost: speechfair debias RECIPE.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

EXIT_CODES = {"no harm": 0, "harm": 1, "undetermined": 3}


@app.command("run")
def command(
    recipe: Annotated[str, typer.Argument(help="Recipe file, or the name of one that ships, such as erm.")],
    out: Annotated[
        Path | None, typer.Option(help="Run folder; default runs/debias-RECIPE. The same command resumes it.")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only show the data, the time, and what the evaluations could show."),
    ] = False,
    pilot: Annotated[
        Path | None,
        typer.Option(
            help="With --dry-run: a finished debiasing run on the same evaluations, for their rates."
        ),
    ] = None,
    set_: Setting = None,
    process: options.Process = None,
    trainer: Annotated[
        str | None,
        typer.Option(help="Who trains, an id in the process folder's roles.yaml; default: its only trainer."),
    ] = None,
    override_gate: options.OverrideGate = None,
    cpu: Cpu = False,
    language: options.Language = "en",
    json: options.Json = False,
) -> None:
    """Fine-tune a recogniser as a recipe says, and audit it before and after on speakers it was not trained on.

    Exit code 0: shown that no group got worse by more than the margin; 1: a group did; 3: neither is shown. With
    --dry-run, 3: the verdict could only be undetermined.

    Example: speechfair debias erm --set data_root=DIR --out runs/erm
    """
    from speechfair.debias.recipe import find_recipe
    from speechfair.process.journal import process_folder
    from speechfair.verbs.debias import debias_plan, debias_run

    if dry_run:
        found = debias_plan(recipe, set_ or (), pilot=pilot)
        _show_plan(found, language, json)
        if found.hopeless and not found.even_if_undetermined:
            output.say(
                f"the verdict can only be undetermined or degraded, because of {'; '.join(found.hopeless)}. Add "
                "speakers, give --pilot RUN for better figures, or go on with --set even_if_undetermined=true"
            )
            raise typer.Exit(3)
        return
    if pilot is not None:
        raise InputError("--pilot belongs to --dry-run; give both")
    folder = out or Path("runs") / f"debias-{find_recipe(recipe).stem}"
    with process_folder(process, override_gate), output.transcription_progress() as observe:
        result = debias_run(
            recipe, folder, settings=set_ or (), process=process, trainer=trainer, on_cpu=cpu,
            language=language, say=output.say, observe=observe,
        )  # fmt: skip
    if json:
        typer.echo(result.to_json(), nl=False)
    else:
        _show(result, language)
    if code := EXIT_CODES[result.verdict]:
        raise typer.Exit(code)


@app.command("compare")
def compare_command(
    recipes: Annotated[
        list[str] | None,
        typer.Argument(help="Recipes to run and compare; none compares the finished runs in --out."),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder of the runs, NAME-SEED each, and of the comparison.")
    ] = Path("runs/debias-compare"),
    seeds: Annotated[str, typer.Option(help="Seeds, comma between.")] = "0,1,2",
    baseline: Annotated[str, typer.Option(help="Name of the recipe that the others must beat.")] = "erm",
    set_: Setting = None,
    process: options.Process = None,
    override_gate: options.OverrideGate = None,
    cpu: Cpu = False,
    json: options.Json = False,
) -> None:
    """Run several recipes over seeds and compare them with plain fine-tuning, in one table and one picture.

    Exit code 0: every other recipe is accepted; 1: one is rejected; 3: the rest.

    Example: speechfair debias compare erm average group_dro --seeds 0,1,2 --set data_root=DIR --out runs/methods
    """
    from speechfair.process.journal import process_folder
    from speechfair.verbs.debias import debias_compare

    try:
        numbers = [int(word) for word in seeds.split(",")]
    except ValueError:
        raise InputError(
            f"--seeds {seeds!r}: write whole numbers with commas between, such as 0,1,2"
        ) from None
    with process_folder(process, override_gate), output.transcription_progress() as observe:
        table = debias_compare(
            recipes or [], out, seeds=numbers, settings=set_ or (), baseline=baseline, process=process,
            say=output.say, observe=observe, on_cpu=cpu,
        )  # fmt: skip
    if json:
        typer.echo(table.to_json(), nl=False)
    else:
        from speechfair.debias.debias_tables import method_tables

        for part in method_tables(table):
            output.show_table(part)
    output.say(f"table:   {out / 'compare.json'}\npicture: {out / 'compare.svg'}")
    answers = [row.answer for row in table.rows if row.name != table.baseline]
    if any(answer.startswith("rejected") for answer in answers):
        raise typer.Exit(1)
    if not answers or any(answer != "accepted" for answer in answers):
        raise typer.Exit(3)


@app.command("record")
def record_command(
    run: Annotated[Path, typer.Argument(help="Finished debiasing run.")],
    out: Annotated[Path, typer.Option(help="JSON file to write, to be named in the process folder.")],
    trainer: Annotated[str, typer.Option(help="Who trained, as in roles.yaml.")],
    commit: Annotated[str, typer.Option(help="Commit of the training code.")],
) -> None:
    """Write the training record of a run for the process ledger: data, recipe, seed, digests of the weights.

    Example: speechfair debias record runs/erm --out process/training/erm.json --trainer kei --commit 1a2b3c4
    """
    from speechfair.verbs.debias import debias_record

    found = debias_record(run, out, trainer=trainer, commit=commit)
    output.say(f"written to {out}: {found.method}, seed {found.seed}, weights {found.output_sha256}")


app.command("leakage")(debias_leakage.command)


def _show_plan(found: DebiasPlan, language: Language, json: bool) -> None:
    if json:
        import json as writer
        from dataclasses import asdict

        typer.echo(writer.dumps(asdict(found), indent=2))
        return
    from speechfair.debias.debias_tables import plan_table, power_table

    output.show_table(plan_table(found), language)
    output.show_table(power_table(found), language)
    for reason, count in found.unused.items():
        output.tell(f"left out: {count} ({reason})", language)
    if found.added:
        groups = ", ".join(f"{group} {count}" for group, count in found.added["by_group"].items())
        output.tell(
            f"made: {found.added['rows']} rows of the corpus {found.added['corpus']} ({groups}), counted above; "
            f"{found.added['replaced']} in place of recorded ones",
            language,
        )
        for reason, count in found.added["left_out"].items():
            output.tell(f"not made: {count} ({reason})", language)
    for row in found.evaluations:
        kind = "protected" if row["protected"] else "target"
        output.tell(
            f"audited before and after: {row['name']} ({kind}), {row['utterances']} utterances, {row['hours']:.2f} h",
            language,
        )
    output.tell(
        f"{found.steps} steps, {found.passes:.1f} passes over the data, window {found.window_s:g} s, "
        f"{percent(found.trainable_share, sign=True)} of the weights trained",
        language,
    )
    output.tell(
        f"about {_time(found.training_seconds)} of training here ({found.seconds_per_step:.1f} s a step), "
        "and the audits on top",
        language,
    )


def _show(result: DebiasResult, language: Language) -> None:
    from speechfair.debias.debias_tables import change_table
    from speechfair.messages.translation import Translator

    output.show_table(change_table(result, Translator(language)), language)
    for note in result.notes:
        output.tell(f"note: {note}", language)
    output.tell(f"verdict: {result.verdict}", language)
    for reason in result.reasons:
        output.tell(f"  {reason}", language)


def _time(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 5400 else f"{max(1, round(seconds / 60))} min"
