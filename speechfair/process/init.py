"""`init`: write the files of a process folder, ready to fill in, and freeze the plan. `freeze`: note what was fixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from speechfair.errors import InputError
from speechfair.gating.freezing import freeze as freeze_file
from speechfair.process.catalogue import Language, catalogue_path, changes, load_catalogue
from speechfair.process.forms import form_specs, write_form
from speechfair.process.identity import note_keys
from speechfair.process.ledger import Entry, Ledger
from speechfair.process.material import ROLES, RunEntry, RunList, read_material
from speechfair.process.process_plan import (
    DEFAULT,
    INTERNAL_LEVELS,
    NUMBER_WORDS,
    Numbers,
    Plan,
    catalogue_of,
    read_plan,
)
from speechfair.records import StrictRecord
from speechfair.store import file_digest, write_atomically
from speechfair.strict_yaml import read_model

__all__ = [
    "Start",
    "add_measurements",
    "add_records",
    "add_runs",
    "freeze",
    "init",
    "plan_of",
    "read_start",
    "require_new",
]


class Start(StrictRecord):
    """What `init` wants to know: options of the command line, or a YAML file."""

    name: str = Field(min_length=1)
    aifl: int = Field(ge=0, le=2)
    languages: list[str] = Field(min_length=1)
    language: Language = "en"
    gain_for: list[str] | None = None
    facts: dict[str, bool | None] = Field(default_factory=dict)
    numbers: Numbers = Field(default_factory=Numbers)
    overlays: list[str] = Field(default_factory=list)
    forms: dict[str, dict[str, Any]] = Field(default_factory=dict, description="values by form file")
    runs: list[RunEntry] = Field(default_factory=list)
    training_records: list[str] = Field(default_factory=list)
    measurements: list[str] = Field(default_factory=list)


def read_start(path: Path) -> Start:
    """Read a start file; `InputError` names file, line and key of what is wrong."""
    return read_model(path, Start)


def init(folder: str | Path, start: Start, now: datetime | None = None) -> list[Path]:
    """Write plan, forms and run list into a new folder, and freeze the plan.

    Returns
    -------
    The files that are now to be filled in.

    Raises
    ------
    InputError : the folder holds a plan already, or a form that is named does not exist.
    """
    folder = Path(folder)
    require_new(folder)
    specs = form_specs()
    for name in start.forms:
        if name not in specs:
            raise InputError(f"there is no form {name!r}; the forms are {', '.join(specs)}")
    plan = plan_of(start)
    texts = {name: write_form(name, start.language, start.forms.get(name)) for name in specs}
    texts |= {"plan.yaml": _plan_text(plan), "runs.yaml": _runs_text(start)}
    for name, text in texts.items():
        if not (folder / name).exists():
            write_atomically(folder / name, text.encode())
    freeze(folder, now)
    return [folder / name for name in (*specs, "runs.yaml")]


def require_new(folder: Path) -> None:
    """Refuse a folder that holds a plan already."""
    if (folder / "plan.yaml").exists():
        raise InputError(f"{folder} holds a plan already; a plan is not overwritten: choose another folder")


def plan_of(start: Start) -> Plan:
    """The plan that a start makes; `InputError` names what it does not allow."""
    try:
        return Plan.model_validate(
            {
                "schema": "speechfair/process-plan/1",
                "internal_levels": INTERNAL_LEVELS[start.aifl],
                **start.model_dump(
                    include={"name", "language", "aifl", "languages", "overlays", "facts", "gain_for"}
                ),
                "numbers": start.numbers.model_dump(),
            }
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"the plan: {where}: {first['msg']}") from None


def freeze(folder: str | Path, now: datetime | None = None, key: Path | None = None) -> list[Entry]:
    """Note the digests of the plan, of ``criteria.yaml`` if it is there, and the pinned keys in the ledger.

    What is unchanged since it was last noted is not noted again. A catalogue that differs from the one noted before
    is noted with the difference. Keys that are added later need the signature of a key that was pinned before (`key`).
    """
    folder = Path(folder)
    plan = read_plan(folder)
    ledger = Ledger(folder)
    reading = ledger.read()
    catalogue, parts = catalogue_of(folder, plan)
    written: list[Entry] = []

    def note(kind: str, body: Mapping[str, Any]) -> None:
        before = reading.last(kind)
        if before is None or any(before.body.get(key) != value for key, value in body.items()):
            written.append(ledger.append(kind, body, now))

    shipped, _ = load_catalogue()
    note(
        "catalogue",
        {"parts": parts, "changes": changes(shipped, catalogue), "shipped": file_digest(catalogue_path())},
    )
    note(
        "plan",
        {
            "sha256": file_digest(folder / "plan.yaml"),
            "aifl": plan.aifl,
            "numbers": plan.numbers.model_dump(),
        },
    )
    if (folder / "criteria.yaml").is_file():
        record = freeze_file(folder / "criteria.yaml")
        note("criteria", {"sha256": record.sha256, "frozen": record.time})
    keys = note_keys(read_material(folder, now), key)
    return written if keys is None else [*written, keys]


def add_runs(folder: str | Path, entries: Sequence[tuple[str, str]], condition: str | None = None) -> None:
    """Add ``(role, folder)`` lines to ``runs.yaml``; one that is there already is not added again.

    `condition` says what was done to the audio of perturbed runs.
    """
    path, listed = _run_list(folder)
    known = {(run.role, run.folder) for run in listed.runs}
    new = []
    for role, where in entries:
        if role not in ROLES:
            raise InputError(f"unknown role {role!r}; the roles are {', '.join(ROLES)}")
        if (role, where) not in known:
            new.append({"role": role, "folder": where} | ({"condition": condition} if condition else {}))
    if new:
        _write_run_list(path, listed, "runs", new)


def add_records(folder: str | Path, files: Sequence[str]) -> None:
    """Add training records to ``runs.yaml``, by their paths relative to the folder."""
    path, listed = _run_list(folder)
    if new := [name for name in files if name not in listed.training_records]:
        _write_run_list(path, listed, "training_records", new)


def add_measurements(folder: str | Path, files: Sequence[str]) -> None:
    """Add measurement files to ``runs.yaml``, by their paths relative to the folder."""
    path, listed = _run_list(folder)
    if new := [name for name in files if name not in listed.measurements]:
        _write_run_list(path, listed, "measurements", new)


def _run_list(folder: str | Path) -> tuple[Path, RunList]:
    path = Path(folder) / "runs.yaml"
    return path, read_model(path, RunList)


def _write_run_list(path: Path, listed: RunList, key: str, new: Sequence[Any]) -> None:
    import yaml

    content = listed.model_dump(mode="json", by_alias=True, exclude_none=True)
    content[key] += new
    text = _RUNS_HEAD + yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    write_atomically(path, text.encode())


_RUNS_HEAD = (
    "# The run folders that evidence comes from, relative to this folder, and what each is for:\n"
    + "".join(f"#   {role}: {words}\n" for role, words in ROLES.items())
    + "# training_records: training.json files. measurements: measurement.json files (speech-LLMs, grounding).\n"
)


def _runs_text(start: Start) -> str:
    import yaml

    content = {
        "schema": "speechfair/process-runs/1",
        "training_records": start.training_records,
        "measurements": start.measurements,
        "runs": [entry.model_dump(exclude_none=True) for entry in start.runs],
    }
    return _RUNS_HEAD + yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def _plan_text(plan: Plan) -> str:
    import yaml

    content = plan.model_dump(mode="json", by_alias=True)
    numbers = content.pop("numbers")
    head = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    own = plan.language
    lines = [f"# {DEFAULT.of(own)}" if own == "en" else f"# {DEFAULT.of(own)}。", "numbers:"]
    for name, value in numbers.items():
        lines += [f"  # {NUMBER_WORDS[name].of(own)}", f"  {name}: {value}"]
    return head + "\n".join(lines) + "\n"
