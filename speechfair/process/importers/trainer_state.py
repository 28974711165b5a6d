"""The Hugging Face Trainer's ``trainer_state.json``: steps, curves, and the best checkpoint."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from speechfair.errors import InputError
from speechfair.process.finding import say
from speechfair.process.importers import Read
from speechfair.strict_json import parse_json

__all__ = ["NOT_PROVEN", "PROVES", "read"]

PROVES = say(
    "steps, epochs, the curve of losses and metrics, and which checkpoint the Trainer called the best",
    "ステップ数・エポック数、損失と指標の推移、Trainer が最良としたチェックポイント",
)
NOT_PROVEN = say(
    "on which data it trained, with which code and seed, or who trained; that the file was not edited",
    "学習に使ったデータ・コード・乱数の種・担当者。ファイルが編集されていないこと",
)


def read(path: Path) -> Read:
    """Read the file, or the one in a checkpoint's folder."""
    file = path / "trainer_state.json" if path.is_dir() else path
    try:
        content = parse_json(file.read_text(encoding="utf-8"))
        log, step = content["log_history"], content["global_step"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file}: is no trainer_state.json of the Hugging Face Trainer: {error!r}") from None
    losses = [entry["loss"] for entry in log if isinstance(entry.get("loss"), (int, float))]
    facts: dict[str, Any] = {
        "global_step": step,
        "max_steps": content.get("max_steps"),
        "epoch": content.get("epoch"),
        "best_metric": content.get("best_metric"),
        "best_model_checkpoint": content.get("best_model_checkpoint"),
        "evaluations": [entry for entry in log if any(key.startswith("eval_") for key in entry)],
        "first_and_last_loss": [losses[0], losses[-1]] if losses else None,
    }
    problems = []
    if any(not math.isfinite(loss) for loss in losses):
        problems.append(say("a loss is not a finite number", "有限でない損失がある"))
        facts["first_and_last_loss"] = None
    steps = [entry["step"] for entry in log if "step" in entry]
    if steps != sorted(steps) or (steps and steps[-1] > step):
        problems.append(say("the steps of the log are not in order", "記録のステップの順序が正しくない"))
    return Read(facts, (file,), tuple(problems))
