"""The plan of a process folder: what was decided at the start, and the numbers that the checks judge by.

`init` writes and freezes it; a plan that was changed afterwards is found by every later verb.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from speechfair.errors import InputError
from speechfair.process.catalogue import FACTS, Catalogue, Language, Text, load_catalogue
from speechfair.records import StrictRecord
from speechfair.registry import did_you_mean
from speechfair.strict_yaml import read_model

__all__ = ["DEFAULT", "INTERNAL_LEVELS", "NUMBER_WORDS", "Numbers", "Plan", "catalogue_of", "read_plan"]

DEFAULT = Text(en="project default, not from a guideline", ja="本ツールの既定値。指針によるものではない")

_PROPERTIES = ("A-1", "A-2", "B-1", "B-2", "B-3", "C-1", "C-2", "D-1", "E-1")
INTERNAL_LEVELS: dict[int, dict[str, str]] = {
    0: {},
    1: dict(zip(_PROPERTIES, ["L1", "L1", "L2", "E1", "L1", "L1", "L1", "L1", "L2"], strict=True)),
    2: dict(zip(_PROPERTIES, ["L2", "L2", "L3", "E2", "L2", "L2", "L2", "L2", "L3"], strict=True)),
}
"""Internal quality levels that a fairness level asks for: AIST guideline, 3rd edition, as read in Qunomon."""


class Numbers(StrictRecord):
    """The numbers that the checks judge by. All are project defaults, none is from a guideline, but the last two.

    Rates and shares are fractions, never percent. Limits of ratios between groups are in ``criteria.yaml``.
    """

    min_speakers: int = Field(default=35, ge=5)
    margin_relative: float = Field(default=0.10, ge=0, lt=1)
    margin_absolute: float = Field(default=0.01, ge=0, lt=1)
    insertion_ratio: float = Field(default=1.25, ge=1)
    perturbation_growth: float = Field(default=1.25, ge=1)
    disagreement_excess: float = Field(default=0.05, gt=0, lt=1)
    speechless_share: float = Field(default=0.05, gt=0, lt=1)
    probe_margin: float = Field(default=0.10, gt=0, lt=1)
    share_shortfall: float = Field(default=0.5, gt=0, le=1)
    valid_days: int = Field(default=365, ge=1)
    logs_days: int = Field(default=183, ge=1)
    documents_years: int = Field(default=10, ge=1)


NUMBER_WORDS: dict[str, Text] = {
    "min_speakers": Text(en="speakers that a gated group needs", ja="判定に使う群に必要な話者数"),
    "margin_relative": Text(
        en="no group may get worse by more than this share of its rate",
        ja="群の悪化の許容幅(誤り率に対する割合)",
    ),
    "margin_absolute": Text(
        en="… or by this much, whichever is larger", ja="… またはこの値(誤り率の差)のうち大きい方"
    ),
    "insertion_ratio": Text(
        en="largest ratio of insertion rates to the reference group", ja="基準群に対する挿入率の比の上限"
    ),
    "perturbation_growth": Text(
        en="largest growth of a group's ratio under a perturbation", ja="乱れを加えたときの群の比の増加の上限"
    ),
    "disagreement_excess": Text(
        en="largest excess disagreement between accents on one text", ja="同一文での訛り間の超過不一致の上限"
    ),
    "speechless_share": Text(
        en="largest share of speechless audio that gets words", ja="無音区間で文字が出力される割合の上限"
    ),
    "probe_margin": Text(
        en="a probe's deficit or difference within this share of the reference group counts as even",
        ja="プローブで基準群との差がこの割合以内なら同等とみなす",
    ),
    "share_shortfall": Text(
        en="a group below this part of its target share is thin",
        ja="目標割合にこの値を掛けた割合を下回る群は少ないとみなす",
    ),
    "valid_days": Text(
        en="days that audits, drills and statements stay valid", ja="監査・訓練・確認の有効日数"
    ),
    "logs_days": Text(
        en="days that logs are kept at least (EU AI Act, article 19: six months)",
        ja="記録の最小保存日数(EU AI 規則 19 条:6 か月)",
    ),
    "documents_years": Text(
        en="years that documents are kept at least (EU AI Act, article 18)",
        ja="文書の最小保存年数(EU AI 規則 18 条)",
    ),
}


class Plan(StrictRecord):
    """The content of ``plan.yaml``."""

    schema_: Literal["speechfair/process-plan/1"] = Field(alias="schema")
    name: str = Field(min_length=1)
    language: Language = Field(description="of the files that people fill in")
    aifl: int = Field(ge=0, le=2)
    languages: list[str] = Field(min_length=1, description="spoken languages, ISO 639-3")
    overlays: list[str] = Field(default_factory=list, description="own catalogues, relative to the folder")
    gain_for: list[str] | None = Field(
        default=None, description="groups that the work is to serve better, as axis=value; [] for none"
    )
    facts: dict[str, bool | None] = Field(default_factory=dict)
    internal_levels: dict[str, str] = Field(default_factory=dict)
    numbers: Numbers = Field(default_factory=Numbers)

    @field_validator("facts")
    @classmethod
    def _known(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in value:
            if name not in FACTS:
                raise ValueError(f"unknown fact {name!r}; {did_you_mean(name, FACTS)}")
        return value

    @field_validator("gain_for")
    @classmethod
    def _groups(cls, value: list[str] | None) -> list[str] | None:
        for label in value or []:
            axis, sign, group = label.partition("=")
            if not (axis.strip() and sign and group.strip()):
                raise ValueError(f"{label!r} is not a group written as axis=value, such as accent=cmn")
        return value

    @field_validator("languages")
    @classmethod
    def _codes(cls, value: list[str]) -> list[str]:
        for code in value:
            if not (len(code) == 3 and code.isascii() and code.islower()):
                raise ValueError(f"{code!r} is not an ISO 639-3 code such as eng or jpn")
        return value


def read_plan(folder: Path) -> Plan:
    """The plan of a process folder; a folder without one raises `InputError`."""
    path = folder / "plan.yaml"
    if not path.is_file():
        raise InputError(
            f"{folder} is not a process folder (it has no plan.yaml); start one with `speechfair process init`"
        )
    plan = read_model(path, Plan)
    if plan.internal_levels != INTERNAL_LEVELS[plan.aifl]:
        raise InputError(
            f"{path}: internal_levels are not those that fairness level {plan.aifl} asks for "
            f"({INTERNAL_LEVELS[plan.aifl]}); they are derived, not chosen"
        )
    return plan


def catalogue_of(folder: Path, plan: Plan) -> tuple[Catalogue, list[dict[str, str]]]:
    """The catalogue that a plan is about, with its overlays, and what it was made of."""
    return load_catalogue([folder / name for name in plan.overlays])
