"""The gates: data (before training), evaluation (before the test set is read), release, update.

Open only if every must-item that a gate looks at is met and the gate before it was opened. What is not assessed keeps
it shut as much as what failed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from speechfair.errors import InputError
from speechfair.process.catalogue import GATES, Gate, Language
from speechfair.process.ledger import Ledger
from speechfair.process.order import AFTER, passage
from speechfair.process.status import ItemStatus, State, read_state
from speechfair.process.words import GATE_WORDS, OUTCOME_WORDS, STATUS_WORDS
from speechfair.registry import did_you_mean

__all__ = ["EXIT_CODES", "GateState", "gate", "gate_lines", "gate_of"]

Outcome = Literal["open", "failed", "undetermined"]
EXIT_CODES: dict[Outcome, int] = {"open": 0, "failed": 1, "undetermined": 3}
"""Exit code of the command line; 2 is bad usage or input, as everywhere."""


@dataclass(frozen=True)
class GateState:
    """One gate now: `failed` if an item failed or is in error, `undetermined` if one is open without having failed.

    Parameters
    ----------
    items : the must-items of the gate, as they are now.
    waits_for : the gate that has to open first; None where there is none or it did.
    """

    name: Gate
    outcome: Outcome
    items: tuple[ItemStatus, ...]
    open_items: tuple[ItemStatus, ...]
    waits_for: Gate | None = None

    @property
    def looked_at(self) -> int:
        """How many must-items the gate looks at."""
        return len(self.items)

    @property
    def exit_code(self) -> int:
        """0 open, 1 failed, 3 undetermined."""
        return EXIT_CODES[self.outcome]


def gate_of(state: State, name: Gate) -> GateState:
    """A gate of a state that was read. Writes nothing."""
    items = tuple(state.of_gate(name))
    still = tuple(each for each in items if not each.met)
    earlier = AFTER.get(name)
    waits_for = None
    if earlier is not None and passage(state.material.reading, earlier).state == "shut":
        waits_for = earlier
    outcome: Outcome = "open"
    if any(each.status in ("fail", "error") for each in still):
        outcome = "failed"
    elif still or waits_for or (not items and name == "release"):
        outcome = "undetermined"
    return GateState(name, outcome, items, still, waits_for)


def gate_lines(found: GateState, language: Language) -> list[str]:
    """A judgement in words: every open item with its reason, what has to open first, and the outcome."""
    lines = [
        f"{each.item.id:8} {STATUS_WORDS[each.status].of(language) if language == 'ja' else each.status:14} "
        f"{each.item.title.of(language)}{': ' if language == 'en' else ':'}{each.reason.of(language)}"
        for each in found.open_items
    ]
    met = found.looked_at - len(found.open_items)
    if language == "en":
        if found.waits_for is not None:
            lines.append(f"the {found.waits_for} gate has to be opened first")
        return [*lines, f"gate {found.name}: {found.outcome} ({met} of {found.looked_at} must-items met)"]
    if found.waits_for is not None:
        lines.append(f"先にゲート「{GATE_WORDS[found.waits_for].ja}」を開く必要がある")
    outcome, name = OUTCOME_WORDS[found.outcome].ja, GATE_WORDS[found.name].ja
    return [*lines, f"ゲート「{name}」:{outcome}(必須 {found.looked_at} 項目中 {met} 項目を充足)"]


def gate(folder: str | Path, name: str, now: datetime | None = None) -> GateState:
    """Judge a gate and note the outcome in the ledger.

    Raises
    ------
    InputError : there is no such gate.
    """
    if name not in GATES:
        raise InputError(f"unknown gate {name!r}; {did_you_mean(name, GATES)}")
    state = read_state(folder, now)
    found = gate_of(state, name)
    if not state.material.reading.problems:
        body = {
            "gate": name,
            "outcome": found.outcome,
            "open": {each.item.id: each.status for each in found.open_items},
            "looked_at": {each.item.id: [each.status, each.evidence_sha256] for each in found.items},
        }
        Ledger(Path(folder)).append("gate", body, now)
    return found
