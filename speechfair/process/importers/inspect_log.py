"""Inspect: one evaluation log (``.eval`` or ``.json``), its metrics computed again from its samples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError, MissingExtraError
from speechfair.process.catalogue import Text
from speechfair.process.finding import say
from speechfair.process.importers import Read
from speechfair.process.importers.json_source import agree, finite

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog

__all__ = ["NOT_PROVEN", "PROVES", "read"]

PROVES = say(
    "which scores the log holds for which model, task and packages, whether the run ended well, and where it was "
    "possible, that the metrics follow from the scores",
    "どのモデル・タスク・パッケージの得点か、実行が成功したか、可能な場合は指標が得点から再計算できること",
)
NOT_PROVEN = say(
    "that the named model gave these answers; that the log was not edited; how sure a figure is by speaker: the "
    "standard error is of samples",
    "その名のモデルがこの回答を出したこと。ログが編集されていないこと。話者単位の確からしさ(標準誤差は標本単位)",
)


def read(path: Path) -> Read:
    """Read a log with Inspect's own reader.

    Raises
    ------
    MissingExtraError : without ``inspect-ai``.
    InputError : the file is no log.
    """
    log = _log(path)
    spec, revision = log.eval, log.eval.revision
    reported = _metrics(log)
    again, why = _recomputed(log)
    problems: list[Text] = []
    if log.status != "success":
        problems.append(
            say(
                f"the run's status is {log.status}, not success",
                f"実行の状態が success でなく {log.status} である",
            )
        )
    for name, value in reported.items():
        if name in again and not agree(again[name], value):
            problems.append(
                say(
                    f"{name} is reported as {value:.6g}, computed again it is {again[name]:.6g}",
                    f"`{name}` の報告値は `{value:.6g}`、再計算では `{again[name]:.6g}` である",
                )
            )
    absent = [name for name in reported if name not in again]
    if absent and why is None:
        listed = ", ".join(absent)
        problems.append(
            say(
                f"{listed}: reported, but not among the metrics that were computed again",
                f"再計算した指標の中にない報告値:`{listed}`",
            )
        )
    facts: dict[str, Any] = {
        "task": spec.task,
        "task_version": spec.task_version,
        "model": spec.model,
        "dataset": spec.dataset.model_dump(mode="json", include={"name", "location", "samples"}),
        "packages": dict(spec.packages),
        "evaluation_commit": revision.commit if revision else None,
        "created": str(spec.created),
        "status": log.status,
        "samples": len(log.samples or []),
        "metrics": reported,
        "not_recomputed": why,
        "absent_from_recomputation": absent,
    }
    return Read(finite(facts), (path,), tuple(problems))


def _log(path: Path) -> EvalLog:
    try:
        from inspect_ai.log import read_eval_log
    except ImportError:
        raise MissingExtraError("reading an Inspect log", "inspect-ai", "inspect") from None
    if not path.is_file() or path.suffix not in (".eval", ".json"):
        raise InputError(f"{path}: name a log of Inspect, a file .eval or .json")
    try:
        return read_eval_log(str(path))
    except Exception as error:  # the reader raises what zip, JSON and pydantic raise
        raise InputError(f"{path}: Inspect does not read it as a log: {error}") from None


def _metrics(log: EvalLog) -> dict[str, float]:
    """By ``score/metric``, with the scorer and the reducer where the log names them: several share a score's name.

    Entries that are alike in all of these get a number, so that none hides another.
    """
    found: dict[str, float] = {}
    for score in log.results.scores if log.results else []:
        scorer = f"{score.scorer}:" if score.scorer != score.name else ""
        reducer = f" ({score.reducer})" if score.reducer else ""
        for name, metric in score.metrics.items():
            key = unique = f"{scorer}{score.name}/{name}{reducer}"
            number = 1
            while unique in found:
                number += 1
                unique = f"{key} #{number}"
            found[unique] = float(metric.value)
    return found


def _recomputed(log: EvalLog) -> tuple[dict[str, float], str | None]:
    """The metrics from the scores, by Inspect's own code; with the reason where it cannot."""
    from inspect_ai.log import recompute_metrics

    copy = log.model_copy(deep=True)
    try:
        recompute_metrics(copy)
    except Exception as error:  # scorers of one's own are not registered here
        return {}, str(error)
    return _metrics(copy), None
