"""Every condition of the guards is turned around, one at a time, and some check must then fail.

The mutants are made from the source of `speechfair.gating.guards`: each ``if``, comparison, ``and``/``or`` and
``not`` is negated, each entry of the list is taken out or given the verdict ``pass``. The checks are those of
`test_guards`.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType

import polars as pl
import pytest

from speechfair.gating import guards
from speechfair.gating import judge as gate_module
from speechfair.gating.cases import RunFacts
from speechfair.gating.criteria import CriteriaFile
from speechfair.gating.judge import judge
from tests.gate_support import X, Y, criteria, doubled, facts, like, repeated, rows, sources
from tests.gating.test_guards import ALIKE, GUARDED, nan_interval

ORIGINAL = guards.GUARDS

SOUND: tuple[tuple[RunFacts, CriteriaFile], ...] = (
    (facts(X, Y), criteria()),
    (facts(X, Y), criteria({"metric": "gap", "limit": 0.1})),
    (facts(X, Y), criteria({"metric": "rate", "limit": 0.5})),
    (facts(X, Y), criteria(groups=["y"], reference="x")),
    (facts(X, rows("y", like(20, 35))), criteria()),
    (facts(X, Y, rows("", like(20))), criteria({"metric": "gap", "limit": 0.1, "accept_unlabelled": True})),
    (
        facts(rows("x", like(20), labels={"corpus": "a"}), rows("y", like(20), labels={"corpus": "b"})),
        criteria({"accept_confounded": True}),
    ),
    (
        facts(rows("x", like(20), labels={"corpus": "a"}), rows("y", like(20), labels={"corpus": "b"})),
        criteria({"metric": "rate", "limit": 0.5}),
    ),
    (facts(X, Y, corpus="a", manifest_sha256="b" * 64, model=("m", "m-0")), criteria()),
    (
        facts(X, Y, corpus="a", manifest_sha256="b" * 64, model=("m", "m-0")),
        criteria().model_copy(update={"corpus": "a", "manifest_sha256": "b" * 8, "model": "m-0"}),
    ),
    (facts(X, Y, sources=sources(X, Y)), criteria()),
    (facts(X, doubled(Y)), criteria({"accept_repeated_answers": True})),
    (facts(X, repeated(Y)), criteria({"accept_repeated_answers": True})),
    (facts(X, ALIKE), criteria({"accept_alike_speakers": True})),
    (
        facts(X, Y, stripped=(("b", "a", "b"), ("c",))),
        criteria().model_copy(update={"strip_prefix": ["a", "b"], "strip_suffix": ["c"]}),
    ),
    (
        facts(X, pl.concat([rows("y", like(20, 35), prefix="a"), rows("y", like(20, 9), source="inferred")])),
        criteria(),
    ),
)
"""Runs in order, some of them just so: no guard may speak."""

WORDS = {
    "broken_folder": ("a: was changed",),
    "unlabelled": ("40 of 120",),
    "min_speakers": ("34 speakers in the group 'y'", "minimum of 35"),
    "missing_reference": ("reference group 'z'",),
    "other_model": ("model 'a'", "of 'b'"),
    "repeated_answers": ("110 speaker ids, but 75",),
    "repeated_rows": ("40 of 120 rows", "'again-y0'"),
    "alike_speakers": ("80 speaker ids, but 60", "'Y0 ' and 'y0'"),
    "other_stripping": ("strip_prefix ['well']",),
    "inferred_only": ("only 0 of 40",),
    "other_normalizer": ("was scored with the normaliser",),
}
"""What the reason of a guarded case must say."""


def one_fails(name: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the check of the guarded case `name` fails."""
    run, file, _ = GUARDED[name]
    guard = next(guard for guard in ORIGINAL if guard.name == name)
    with monkeypatch.context() as patch:
        if name == "not_a_number":
            patch.setattr(gate_module, "measurement", nan_interval)
        try:
            found = judge(file, run)
        except Exception:
            return True
    if len(found) != 1 or (found[0].guard, found[0].verdict) != (name, guard.verdict):
        return True
    return any(word not in found[0].reason for word in WORDS.get(name, ()))


def sound_fails(run: RunFacts, file: CriteriaFile) -> bool:
    try:
        return {(c.verdict, c.guard) for c in judge(file, run)} != {("pass", None)}
    except Exception:
        return True


def other_fails() -> bool:
    """Further cases at the edge of a guard, each with the guard that must speak."""
    for run, file, expected in EDGES:
        try:
            found = [c.guard for c in judge(file, run)]
        except Exception:
            return True
        if expected not in found:
            return True
    return False


EDGES: tuple[tuple[RunFacts, CriteriaFile, str], ...] = (
    (facts(X.clear(), Y.clear()), criteria(), "empty_run"),
    (facts(X, Y, card_reference={}), criteria(), "missing_reference"),
    (
        facts(X, rows("y", like(20, 34)), card_reference={}),
        criteria(reference="y", groups=["x"]),
        "min_speakers",
    ),
    (facts(X), criteria({"metric": "gap", "limit": 0.1}), "nothing_to_compare"),
    (facts(X, Y), criteria({"metric": "gap", "limit": 0.1, "groups": ["x", "z"]}), "missing_group"),
    (
        facts(X, Y, standing=replace(facts().standing, problem=("late", "frozen too late"))),
        criteria(),
        "frozen_late",
    ),
    (
        facts(rows("x", like(20), labels={"corpus": "a"}), rows("y", like(20), labels={"corpus": "b"})),
        criteria({"metric": "gap", "limit": 0.1}),
        "confounded",
    ),
)


def suite_fails(monkeypatch: pytest.MonkeyPatch, near: str | None = None) -> bool:
    """Whether any check fails; those of the guard `near` are asked first, since they are the likeliest to."""
    names = sorted(GUARDED, key=lambda name: name != near)
    return (
        one_fails(names[0], monkeypatch)
        or any(sound_fails(*case) for case in SOUND)
        or other_fails()
        or any(one_fails(name, monkeypatch) for name in names[1:])
    )


class Negate(ast.NodeTransformer):
    """Turn the n-th condition around."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.done: str | None = None

    def visit(self, node: ast.AST) -> ast.AST:
        node = self.generic_visit(node)
        if isinstance(node, ast.Compare | ast.BoolOp) or (
            isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        ):
            return self._maybe(node)
        if isinstance(node, ast.If | ast.IfExp) and isinstance(
            node.test, ast.Name | ast.Attribute | ast.Call | ast.NamedExpr
        ):
            node.test = self._maybe(node.test)  # type: ignore[assignment]
        return node

    def _maybe(self, node: ast.AST) -> ast.AST:
        self.left -= 1
        if self.left != -1:
            return node
        self.done = ast.unparse(node)
        return ast.UnaryOp(ast.Not(), node)  # type: ignore[arg-type]


def guard_functions() -> Iterator[str]:
    for guard in ORIGINAL:
        yield guard.objection.__name__
    yield "_if_kind"


def mutants() -> Iterator[tuple[str, str, int]]:
    """Function, the condition that is negated, its number."""
    for name in guard_functions():
        number = 0
        while True:
            mutation = Negate(number)
            mutation.visit(ast.parse(inspect.getsource(getattr(guards, name))))
            if mutation.done is None:
                break
            yield name, mutation.done, number
            number += 1


EQUIVALENT = {
    # only the wording of a reason, or a case that an earlier guard has already taken
    ("_broken_folder", "len(found) > _SHOWN"),
    ("_undefined", "estimate is None"),
    ("_undefined", "estimate"),
    ("_not_a_number", "estimate is None"),
}
"""Negations that change no verdict; each is said here, so that a new one is seen."""


def mutated(name: str, number: int) -> ModuleType:
    """The module with one condition of one function negated."""
    tree = ast.parse(inspect.getsource(guards))
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            tree.body[index] = Negate(number).visit(node)  # type: ignore[call-overload]
    module = ModuleType("mutant")
    module.__dict__["__name__"] = guards.__name__  # dataclasses look their module up
    exec(compile(ast.fix_missing_locations(tree), "mutant", "exec"), module.__dict__)
    return module


def test_the_checks_hold_for_the_guards_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not suite_fails(monkeypatch)


@pytest.mark.parametrize(
    ("name", "condition", "number"),
    [mutant for mutant in mutants() if mutant[:2] not in EQUIVALENT],
    ids=lambda value: str(value).replace("_", " ").strip()[:60],
)
def test_a_negated_condition_is_seen(
    name: str, condition: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = next((g.name for g in ORIGINAL if g.objection.__name__ == name), None)
    monkeypatch.setattr(guards, "GUARDS", mutated(name, number).GUARDS)
    assert suite_fails(monkeypatch, near), f"{name}: nothing notices that {condition!r} is turned around"


@pytest.mark.parametrize("guard", ORIGINAL, ids=lambda guard: guard.name)
def test_a_guard_that_is_missing_or_lets_pass_is_seen(
    guard: guards.Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = tuple(g for g in ORIGINAL if g is not guard)
    passing = tuple(replace(g, verdict="pass") if g is guard else g for g in ORIGINAL)  # type: ignore[arg-type]
    for mutant in (without, passing):
        monkeypatch.setattr(guards, "GUARDS", mutant)
        assert suite_fails(monkeypatch, guard.name)
