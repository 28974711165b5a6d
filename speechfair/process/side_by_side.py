"""What managers ask for: two releases item by item, many models on one page, and who has to do what until when."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from speechfair.errors import InputError
from speechfair.process.catalogue import GATES, Text
from speechfair.process.finding import Status
from speechfair.process.gates import Outcome, gate_of
from speechfair.process.status import ItemStatus, State, read_state

__all__ = [
    "ItemChange",
    "Model",
    "OpenItem",
    "assign",
    "compare_processes",
    "open_items",
    "open_items_csv",
    "portfolio",
]

Direction = Literal["better", "worse", "same", "added", "removed"]
_RANK: dict[Status, int] = {
    "error": 0, "fail": 1, "not_assessed": 2, "undetermined": 3, "alternative_means": 4, "pass": 5, "not_applicable": 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item in two process folders; None where a catalogue does not have it."""

    item: str
    title: Text
    before: Status | None
    after: Status | None
    reason: Text
    direction: Direction


@dataclass(frozen=True, slots=True)
class Model:
    """One process folder on the page of many.

    Parameters
    ----------
    problem : why the folder cannot be read; everything else is empty then.
    met, musts : must-items that are met, and all of them.
    overdue : open items whose day has passed.
    """

    folder: str
    name: str
    aifl: int | None
    gates: dict[str, Outcome]
    met: int
    musts: int
    failed: tuple[str, ...]
    overdue: int
    models: tuple[str, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A must-item that no gate takes for met, who has to see to it, and until when."""

    item: str
    title: Text
    status: Status
    reason: Text
    owner: str | None
    due: str | None
    overdue: bool


def compare_processes(old: str | Path, new: str | Path, now: datetime | None = None) -> list[ItemChange]:
    """Every item of two process folders, in the order of the new catalogue; items that were removed come last."""
    before, after = read_state(old, now).by_id, read_state(new, now).by_id
    names = [*after, *(name for name in before if name not in after)]
    return [_change(name, before.get(name), after.get(name)) for name in names]


def _change(name: str, old: ItemStatus | None, new: ItemStatus | None) -> ItemChange:
    shown = new or old
    assert shown is not None
    direction: Direction = "same"
    if old is None or new is None:
        direction = "added" if old is None else "removed"
    elif _RANK[new.status] != _RANK[old.status]:
        direction = "better" if _RANK[new.status] > _RANK[old.status] else "worse"
    return ItemChange(
        name,
        shown.item.title,
        old.status if old else None,
        new.status if new else None,
        shown.reason,
        direction,
    )


def portfolio(folders: Sequence[str | Path], now: datetime | None = None) -> list[Model]:
    """One line per process folder; one that cannot be read is listed with its problem and never left out."""
    if not folders:
        raise InputError("name at least one process folder")
    return [_model(Path(folder), now) for folder in folders]


def _model(folder: Path, now: datetime | None) -> Model:
    from speechfair.errors import SpeechfairError

    try:
        state = read_state(folder, now)
    except SpeechfairError as error:
        return Model(str(folder), folder.name, None, {}, 0, 0, (), 0, (), str(error))
    musts = [each for each in state.items if each.must]
    weights = {run.model_sha256 for run in state.material.of_role("evaluation") if run.model_sha256}
    return Model(
        folder=str(folder),
        name=state.material.plan.name,
        aifl=state.material.plan.aifl,
        gates={name: gate_of(state, name).outcome for name in GATES},
        met=sum(each.met for each in musts),
        musts=len(musts),
        failed=tuple(each.item.id for each in musts if each.status in ("fail", "error")),
        overdue=sum(each.overdue for each in open_items(state)),
        models=tuple(sorted(weights)),
    )


def open_items(state: State) -> list[OpenItem]:
    """Must-items that are not met, with owner and day from ``assignments.yaml``; the earliest day first."""
    rows = {row["item"]: row for row in state.material.forms["assignments.yaml"].values["assignments"]}
    today = state.material.today.isoformat()
    found = []
    for each in state.items:
        if not each.must or each.met:
            continue
        row = rows.get(each.item.id) or {"owner": None, "due": None}
        overdue = bool(row["due"]) and row["due"] < today
        found.append(
            OpenItem(
                each.item.id, each.item.title, each.status, each.reason, row["owner"], row["due"], overdue
            )
        )
    return sorted(found, key=lambda each: each.due or date.max.isoformat())


def assign(folder: str | Path, item: str, *, owner: str, due: date) -> Path:
    """Write who has to see to an item, and until when, into ``assignments.yaml``; replaces what it said before.

    Raises
    ------
    InputError : no such item, or nobody of this id in ``roles.yaml``.
    """
    from speechfair.process.forms import write_form
    from speechfair.process.material import read_material
    from speechfair.registry import did_you_mean
    from speechfair.store import write_atomically

    material = read_material(Path(folder))
    material.catalogue.item(item)
    if owner not in material.people:
        raise InputError(
            f"{owner!r} is not among people in roles.yaml; {did_you_mean(owner, sorted(material.people))}"
        )
    rows = [r for r in material.forms["assignments.yaml"].values["assignments"] if r["item"] != item]
    rows.append({"item": item, "owner": owner, "due": due.isoformat()})
    path = Path(folder) / "assignments.yaml"
    text = write_form("assignments.yaml", material.plan.language, {"assignments": rows})
    write_atomically(path, text.encode())
    return path


def open_items_csv(state: State) -> bytes:
    """Open items as CSV: UTF-8 with a byte order mark, and no cell that a spreadsheet takes for a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(
        (
            "project",
            "item",
            "title_en",
            "title_ja",
            "status",
            "owner",
            "due",
            "overdue",
            "reason_en",
            "reason_ja",
        )
    )
    for each in open_items(state):
        row = (
            state.material.plan.name, each.item, each.title.en, each.title.ja, each.status, each.owner or "",
            each.due or "", "yes" if each.overdue else "", each.reason.en, each.reason.ja,
        )  # fmt: skip
        writer.writerow([f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t") else cell for cell in row])
    return "\ufeff".encode() + stream.getvalue().encode()
