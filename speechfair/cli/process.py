"""``speechfair process``: plan, collect, attest, verify, report, gate and export the training process."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from speechfair.cli import options, output, process_init, process_overview, process_stamp
from speechfair.errors import InputError

if TYPE_CHECKING:
    from speechfair.process.catalogue import Language

__all__ = ["app"]

app = typer.Typer(
    help="Document the training process: plan, evidence, sign-offs, gates.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Folder = Annotated[Path, typer.Argument(help="Process folder.")]
Key = Annotated[Path | None, typer.Option(help="Ed25519 private key (PEM or OpenSSH) to sign with.")]
Until = Annotated[str | None, typer.Option(help="Last day on which it holds, YYYY-MM-DD.")]


app.command("init")(process_init.init_command)


@app.command("freeze")
def freeze_command(folder: Folder, key: Key = None) -> None:
    """Note plan.yaml, criteria.yaml and the keys of roles.yaml in the ledger; do it before the evaluation.

    Keys that are added later need --key: a key that was pinned before.
    """
    from speechfair.verbs.process import process_freeze

    for entry in process_freeze(folder, key=key):
        typer.echo(f"{entry.time}  {entry.kind}  {entry.body.get('sha256', '')}".rstrip())
        for line in entry.body.get("changes", []):
            typer.echo(f"    {line}")


@app.command("collect")
def collect_command(
    folder: Folder,
    run: Annotated[
        list[str] | None,
        typer.Option("--run", help="Add a run folder first, as evaluation=../runs/test. Repeatable."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Decide every item that evidence can decide, and keep the evidence."""
    from speechfair.process.status import read_state
    from speechfair.verbs.process import process_collect

    entries = []
    for word in run or ():
        role, sign, where = word.partition("=")
        if not sign:
            raise InputError(f"--run {word!r}: write it as ROLE=FOLDER")
        entries.append((role, where))
    found = process_collect(folder, entries)
    state = read_state(folder)
    if json:
        _echo_json(
            {
                "changed": list(found.changed),
                "counts": state.counts,
                "items": {i: f.status for i, f in found.findings.items()},
            }
        )
        return
    _show_items(state)
    n, new = len(found.findings), len(found.changed)
    ja = _language(folder) == "ja"
    output.say(
        f"{n} 項目の証拠(新規・変更 {new} 件)" if ja else f"evidence of {n} items, {new} new or changed"
    )


def _show_items(state: Any) -> None:
    from speechfair.process.words import STATUS_WORDS
    from speechfair.result_table import Column, Table

    language = state.material.plan.language
    ja = language == "ja"
    heads = ("項目", "必須", "種別", "状態", "要求", "その状態の理由") if ja else (
        "item", "must", "mode", "status", "what it asks for", "why its status is so",
    )  # fmt: skip
    names = ("item", "must", "mode", "status", "asks", "reason")
    columns = tuple(Column(n, head, whole=n == "item") for n, head in zip(names, heads, strict=True))
    rows = tuple(
        (
            one.item.id,
            ("はい" if ja else "yes") if one.must else "",
            one.item.mode,
            STATUS_WORDS[one.status].ja if ja else one.status,
            one.item.title.of(language),
            one.reason.of(language),
        )
        for one in state.items
    )
    output.show_table(Table("", columns, rows))
    counts = [f"{n} {STATUS_WORDS[s].ja if ja else s}" for s, n in state.counts.items() if n]
    typer.echo(("、" if ja else ", ").join(counts))


@app.command("measure")
def measure_command(
    folder: Folder,
    run: Annotated[
        Path, typer.Argument(help="Run folder of `speechfair probe grounding` or `probe response`.")
    ],
) -> None:
    """Write a probe's figures as measurements for AF-4.8 to AF-4.11, and list them in runs.yaml."""
    from speechfair.verbs.process import process_measure

    for path in process_measure(folder, run):
        typer.echo(str(path))


@app.command("attest")
def attest_command(
    folder: Folder,
    item: Annotated[str | None, typer.Argument(help="Item id, such as AF-0.2.")] = None,
    by: Annotated[str, typer.Option(help="Id of the person in roles.yaml.")] = "",
    role: Annotated[str, typer.Option(help="In which role they speak.")] = "",
    statement: Annotated[str, typer.Option(help="In their words.")] = "",
    fail: Annotated[bool, typer.Option("--fail", help="The demand is not met.")] = False,
    alternative: Annotated[bool, typer.Option("--alternative", help="Met by other means.")] = False,
    waive: Annotated[bool, typer.Option("--waive", help="Let an undetermined item pass the gates.")] = False,
    control: Annotated[str, typer.Option(help="With --waive: what makes up for it.")] = "",
    release: Annotated[
        Literal["release", "restricted", "none"] | None,
        typer.Option(help="The release decision."),
    ] = None,
    until: Until = None,
    key: Key = None,
) -> None:
    """Record a person's statement on an item, a waiver, or the release decision."""
    from speechfair.verbs.process import process_attest, process_decide_release, process_waive

    if not by or not statement:
        raise InputError("--by and --statement are needed: who says what")
    day = _day(until)
    if release is not None:
        if item is not None or waive or alternative or fail:
            raise InputError("--release stands alone: it is about everything, not about one item")
        entry = process_decide_release(
            folder, by=by, decision=release, statement=statement, until=day, key=key
        )
    elif item is None:
        raise InputError("name an item, or give --release")
    elif waive:
        if day is None:
            raise InputError("--waive needs --until: a waiver ends")
        entry = process_waive(folder, item, by=by, reason=statement, control=control, until=day, key=key)
    else:
        entry = process_attest(
            folder, item, by=by, role=role, statement=statement, verdict="fail" if fail else "pass",
            alternative=alternative, until=day, key=key,
        )  # fmt: skip
    if _language(folder) == "ja":
        typer.echo(f"記録 {entry.number}({entry.time})、期限 {entry.body['expires']}:{entry.digest}")
    else:
        typer.echo(f"entry {entry.number}, {entry.time}, until {entry.body['expires']}: {entry.digest}")


def _language(folder: Path) -> Language:
    """The plan's language; English where the plan cannot be read."""
    from speechfair.errors import SpeechfairError
    from speechfair.process.process_plan import read_plan

    try:
        return read_plan(folder).language
    except SpeechfairError:
        return "en"


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"--until {text!r}: write a day as YYYY-MM-DD") from None


@app.command("verify")
def verify_command(
    folder: Folder,
    head: Annotated[
        str | None, typer.Option(help="Head digest that was kept elsewhere; the ledger must contain it.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Do not compute the audits again and do not read the audio.")
    ] = False,
    authority: Annotated[
        Path | None,
        typer.Option(help="Certificate (PEM) of the time-stamping authority; else the one that is pinned."),
    ] = None,
    crl: Annotated[
        list[Path] | None,
        typer.Option(
            help="Revocation list (PEM or DER) of whoever issued the authority's certificate; repeatable."
        ),
    ] = None,
    public_key: Annotated[
        list[Path] | None,
        typer.Option(
            help="Public key (PEM) or identity file of a signer; repeatable. Else the first signature's signer."
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Check the ledger's chain, every digest and every sign-off again; exit 1 if anything is wrong."""
    from speechfair.verbs.process import process_verify

    found = process_verify(
        folder, head=head, recompute=not quick, authority=authority, revocations=crl or (),
        public_keys=public_key or (),
    )  # fmt: skip
    if json:
        lists = {name: list(getattr(found, name)) for name in ("checked", "problems", "notes")}
        _echo_json({"ok": found.ok, **lists, "head": found.head})
    else:
        for line in found.lines(_language(folder)):
            typer.echo(line)
    if not found.ok:
        raise typer.Exit(1)


@app.command("gate")
def gate_command(
    folder: Folder,
    name: Annotated[str, typer.Argument(help="data, evaluation, release or update.")],
    json: options.Json = False,
) -> None:
    """Judge a gate: exit 0 open, 1 an item failed or is in error, 3 something is not decided yet."""
    from speechfair.process.gates import gate_lines
    from speechfair.process.process_plan import read_plan
    from speechfair.verbs.process import process_gate

    found = process_gate(folder, name)
    own = read_plan(folder).language
    if json:
        rest = {
            each.item.id: {"status": each.status, "reason": each.reason.of(own)} for each in found.open_items
        }
        _echo_json({"gate": name, "outcome": found.outcome, "looked_at": found.looked_at, "open": rest})
    else:
        for line in gate_lines(found, own):
            typer.echo(line)
    raise typer.Exit(found.exit_code)


@app.command("report")
def report_command(folder: Folder, json: options.Json = False) -> None:
    """Write checklist.html, one self-contained page in English and Japanese."""
    from speechfair.verbs.process import process_report

    page = process_report(folder)
    _echo_json({"report": str(page)}) if json else typer.echo(str(page))


@app.command("export")
def export_command(
    folder: Folder,
    name: Annotated[str, typer.Argument(help="Format; `speechfair process export FOLDER list` lists them.")],
    key: Key = None,
) -> None:
    """Write the process in another format, validated, and say what that format cannot carry.

    --key signs an in-toto statement into a DSSE envelope.
    """
    from speechfair.process.export import formats, loses
    from speechfair.verbs.process import process_export

    own = _language(folder)
    cannot = "cannot carry: " if own == "en" else "表せない内容:"
    if name == "list":
        for each in formats():
            typer.echo(f"{each:12} {cannot}{loses(each).of(own)}")
        return
    found = process_export(folder, name, key=key)
    typer.echo(str(found.path))
    output.say(f"{cannot}{found.loses.of(own)}")


@app.command("catalogue")
def catalogue_command(
    what: Annotated[
        list[str] | None, typer.Argument(help="`diff 1 2`: what to do to go from version 1 to version 2.")
    ] = None,
    overlay: Annotated[
        list[Path] | None, typer.Option(help="An organisation's own catalogue. Repeatable.")
    ] = None,
    language: Annotated[Literal["en", "ja"], typer.Option(help="Of `diff`.")] = "en",
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of a catalogue.")] = False,
) -> None:
    """List the items, and what an overlay changes."""
    from speechfair.process.catalogue import changes, json_schema, load_catalogue

    if schema:
        _echo_json(json_schema())
        return
    if what:
        from speechfair.process.versions import steps_between, version

        if len(what) != 3 or what[0] != "diff":
            raise InputError("write it as `catalogue diff 1 2`: from which version to which")
        for step in steps_between(version(what[1]), version(what[2])):
            typer.echo(step.of(language))
        return
    shipped, _ = load_catalogue()
    found, parts = load_catalogue(overlay or ())
    for part in parts:
        typer.echo(f"# {part['name']} {part['version']} sha256 {part['sha256']}")
    for item in found.items:
        typer.echo(f"{item.id:8} {item.mode} AIFL {item.aifl}  {item.title.en} / {item.title.ja}")
    for line in changes(shipped, found):
        typer.echo(f"changed  {line}")


app.command("diff")(process_overview.diff_command)
app.command("portfolio")(process_overview.portfolio_command)
app.command("open")(process_overview.open_command)
app.command("assign")(process_overview.assign_command)
app.command("import")(process_overview.import_command)
app.command("sign")(process_stamp.sign_command)
app.command("stamp")(process_stamp.stamp_command)


@app.command("key")
def key_command(path: Annotated[Path, typer.Argument(help="File for the new private key.")]) -> None:
    """Make an Ed25519 key pair: the private key goes into the file, the public one (OpenSSH) is printed.

    Pin it under `keys` in roles.yaml. `ssh-keygen -t ed25519` makes keys that can be used, too.
    """
    from speechfair.process.signing import openssh_key
    from speechfair.verbs.process import process_key

    typer.echo(openssh_key(process_key(path)))


@app.command("example")
def example_command(
    out: Annotated[Path, typer.Argument(help="New folder for everything.")],
    root: Annotated[Path, typer.Option(help="Folder that holds the corpus speechocean762.")],
    corpus: Annotated[str, typer.Option(help="Name of the corpus's folder in it.")] = "speechocean762",
    aifl: Annotated[
        int, typer.Option(min=0, max=2, help="Fairness level; from 1 on, what failed keeps the gate shut.")
    ] = 0,
) -> None:
    """Run a whole small project on real speech: plan, criteria, training, audits, checklist, sign-off. Minutes.

    Example: speechfair process example example --root DIR
    """
    from speechfair.process.status import read_state
    from speechfair.verbs.process import process_example, process_report

    found = process_example(out, root, corpus=corpus, aifl=aifl, say=output.say)
    state = read_state(found.process)
    _show_items(state)
    typer.echo(f"release gate before anybody signed: {found.before.outcome}")
    typer.echo(f"the trainer tried to sign: {found.refused}")
    typer.echo(f"release gate after the approver signed: {found.after.outcome}")
    typer.echo(str(process_report(found.process)))


def _echo_json(content: Any) -> None:
    import json

    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
