"""The checklist page of a process folder: one HTML file in English and Japanese, without network and without script.

The language and the filter are radio buttons that the style sheet obeys. The page words what the state holds and
decides nothing. Its content policy names its one style sheet by digest and forbids everything else.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from speechfair.messages.translation import Translator
from speechfair.process.catalogue import GATES, Guideline, Text
from speechfair.process.gates import GateState, gate_of
from speechfair.process.process_plan import DEFAULT, NUMBER_WORDS
from speechfair.process.status import ItemStatus, State, read_state
from speechfair.process.words import GATE_WORDS, MODE_WORDS, OUTCOME_WORDS, STATUS_WORDS
from speechfair.reporting.pages import render
from speechfair.store import write_atomically
from speechfair.wording import printable

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["both", "render_checklist", "write_checklist"]

_WHO = ("by", "item", "decision", "gate", "outcome", "file")
_URGENT = ("error", "fail", "not_assessed", "undetermined", "alternative_means")


def write_checklist(folder: str | Path, path: str | Path | None = None, now: datetime | None = None) -> Path:
    """Write the page of a process folder, by default ``checklist.html`` in it, and return its path.

    Raises
    ------
    InputError : the folder is not a process folder, or a form cannot be read.
    StorageError : the page cannot be written; one that was there before is intact.
    """
    folder = Path(folder)
    state = read_state(folder, now)
    target = Path(path) if path is not None else folder / "checklist.html"
    write_atomically(target, render_checklist(state).encode("utf-8"))
    return target


def render_checklist(state: State) -> str:
    """The text of the page."""
    return render(
        "checklist.html.jinja",
        style="checklist.css",
        filters={
            "both": both,
            "status": _status,
            "mode": _mode,
            "day": _day,
            "link": quote,
            "who": _who,
            "pretty": _pretty,
            "remark": _remark,
        },
        **_content(state),
    ).decode("utf-8")


def _status(name: str) -> Any:
    return both(STATUS_WORDS[name])


def _remark(text: str) -> Any:
    """A clause or what a list of clauses rests on; the catalogue of a process has it in English alone."""
    japanese = Translator("ja")(text)
    return printable(text) if japanese == text else both(Text(en=text, ja=japanese))


def _mode(name: str) -> Any:
    return both(MODE_WORDS[name])


def _day(time: str) -> str:
    return time[:10]


def _who(entry: Any) -> str:
    return ", ".join(str(entry.body[key]) for key in _WHO if entry.body.get(key))


def _pretty(value: Any) -> str:
    """JSON in lines; what cannot be printed is escaped within each line."""
    return "\n".join(map(printable, json.dumps(value, indent=1, ensure_ascii=False).split("\n")))


def _content(state: State) -> dict[str, Any]:
    material, plan = state.material, state.material.plan
    musts = [each for each in state.items if each.must]
    gates = [gate_of(state, name) for name in GATES]
    missing = sorted(
        (each for each in musts if not each.met), key=lambda each: _URGENT.index(each.status)
    )  # fmt: skip
    entries = material.reading.entries
    return {
        "plan": plan,
        "catalogue": material.catalogue,
        "parts": material.catalogue_parts,
        "language": plan.language,
        "today": material.today.isoformat(),
        "state": state,
        "musts": len(musts),
        "met": sum(each.met for each in musts),
        "gates": [_gate(each) for each in gates],
        "missing": missing,
        "advised": [
            each for each in state.items if not each.must and each.status in ("fail", "error", "undetermined")
        ],
        "waived": [each for each in state.items if each.waiver is not None],
        "shares": [(status, n) for status, n in state.counts.items() if n],
        "phases": [
            (phase, [each for each in state.items if each.item.phase == phase.id])
            for phase in material.catalogue.phases
        ],
        "clauses": _clauses(state),
        "numbers": [(NUMBER_WORDS[name], value) for name, value in plan.numbers.model_dump().items()],
        "default": DEFAULT,
        "problems": material.reading.problems,
        "entries": entries[-30:][::-1],
        "n_entries": len(entries),
        "head": material.reading.head,
    }


def _gate(found: GateState) -> dict[str, Any]:
    return {
        "state": found,
        "title": GATE_WORDS[found.name],
        "outcome": OUTCOME_WORDS[found.outcome],
        "met": found.looked_at - len(found.open_items),
    }


def _clauses(state: State) -> list[tuple[str, Guideline, list[tuple[str, list[ItemStatus]]]]]:
    """Guideline key, guideline, and each of its clauses with the items that answer it."""
    found = []
    for key, guideline in state.material.catalogue.guidelines.items():
        rows: dict[str, list[ItemStatus]] = {}
        for each in state.items:
            for clause in each.item.clauses.get(key, []):
                rows.setdefault(clause, []).append(each)
        if rows:
            found.append((key, guideline, list(rows.items())))
    return found


def both(text: Text) -> Markup:
    """Both languages side by side; the style sheet shows one."""
    from markupsafe import Markup

    return Markup('<span class="en" lang="en">{}</span><span class="ja" lang="ja">{}</span>').format(
        _with_code(text.en), _with_code(text.ja)
    )


def _with_code(text: str) -> Markup:
    """A sentence in which what stands between two backticks is code."""
    from markupsafe import Markup

    parts = printable(text).split("`")
    if len(parts) % 2 == 0:  # one backtick has no partner
        return Markup("{}").format(printable(text))
    shown = [
        Markup("<code>{}</code>" if place % 2 else "{}").format(part) for place, part in enumerate(parts)
    ]
    return Markup("").join(shown)
