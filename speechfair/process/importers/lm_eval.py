"""lm-evaluation-harness: the ``results_….json`` of one run, compared with the samples that were saved with it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from speechfair.errors import InputError
from speechfair.process.catalogue import Text
from speechfair.process.finding import say
from speechfair.process.importers import Read
from speechfair.process.importers.json_source import finite, read_object

__all__ = ["NOT_PROVEN", "PROVES", "read"]

PROVES = say(
    "which results the harness reported for which model, tasks, versions and numbers of samples; where the samples are "
    "there (--log_samples), that they are those whose digest the results name, and that plain means agree",
    "どのモデル・タスク・版・標本数について、どの結果が報告されたか。標本(--log_samples)があれば、結果に記録された"
    "ダイジェストとの一致と、単純平均の一致",
)
NOT_PROVEN = say(
    "that the named model gave these answers; how sure a figure is by speaker: the standard error is of samples; "
    "results of tasks without saved samples",
    "その名のモデルがこの回答を出したこと。話者単位の確からしさ(標準誤差は標本単位)。標本のないタスクの結果",
)
_KEPT = (
    "model_name",
    "model_source",
    "lm_eval_version",
    "transformers_version",
    "date",
    "versions",
    "n-shot",
)


def read(path: Path) -> Read:
    """Read a ``results_….json``, or the only one in a folder."""
    file = _only(path) if path.is_dir() else path
    content = read_object(file, "results file of lm-evaluation-harness")
    results = content.get("results")
    if not isinstance(results, dict) or "n-samples" not in content:
        raise InputError(f"{file}: is no results file of lm-evaluation-harness (no results or n-samples)")
    files, compared = [file], list[str]()
    problems: list[Text] = []
    hashes = content.get("task_hashes") or {}
    stamp = file.stem.rpartition("_")[2]
    for task in results:
        samples = file.parent / f"samples_{task}_{stamp}.jsonl"
        if samples.is_file():
            files.append(samples)
            compared.append(task)
            rows = _rows(samples)
            problems += _problems(task, rows, results[task], hashes.get(task), content["n-samples"].get(task))
    config = content.get("config")
    facts = {
        **{name.replace("-", "_"): content.get(name) for name in _KEPT},
        "model_args": config.get("model_args") if isinstance(config, dict) else None,
        "harness_commit": content.get("git_hash"),
        "results": results,
        "n_samples": content["n-samples"],
        "task_hashes": hashes,
        "compared": compared,
        "not_compared": [task for task in results if task not in compared],
    }
    return Read(finite(facts), tuple(files), tuple(problems))


def _only(folder: Path) -> Path:
    found = sorted(folder.glob("results_*.json"))
    if len(found) != 1:
        raise InputError(f"{folder} holds {len(found)} files results_….json; name one of them")
    return found[0]


def _rows(file: Path) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
        if line.strip():
            try:
                rows.append(json.loads(line))
                _ = rows[-1]["doc_hash"], rows[-1]["prompt_hash"], rows[-1]["target_hash"]
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(f"{file}, line {number}: is no sample of the harness: {error!r}") from None
    return rows


def _problems(
    task: str, rows: list[dict[str, Any]], result: dict[str, Any], digest: Any, n_samples: Any
) -> Iterator[Text]:
    first = [row for row in rows if row.get("filter") == rows[0].get("filter")] if rows else []
    joined = "".join(row["doc_hash"] + row["prompt_hash"] + row["target_hash"] for row in rows)
    if digest is not None and hashlib.sha256(joined.encode()).hexdigest() != digest:
        yield say(
            f"{task}: the samples are not those whose digest the results name",
            f"{task}:標本が結果に記録されたダイジェストと異なる",
        )
    effective = n_samples.get("effective") if isinstance(n_samples, dict) else None
    if effective is not None and effective != len(first):
        yield say(
            f"{task}: {len(first)} samples are there, the results name {effective}",
            f"{task}:標本は {len(first)} 件、結果では {effective} 件である",
        )
    for name, value in result.items():
        metric, _, chosen = name.partition(",")
        scored = [row for row in rows if row.get("filter", "none") == chosen and metric in row]
        values = [row[metric] for row in scored if isinstance(row[metric], (int, float))]
        if not chosen or len(values) != len(scored) or not values or not isinstance(value, (int, float)):
            continue
        mean = math.fsum(values) / len(values)
        if not math.isclose(mean, value, rel_tol=1e-6, abs_tol=1e-9):
            yield say(
                f"{task}: {metric} is reported as {value:.6g}, the mean of the samples is {mean:.6g}",
                f"{task}:{metric} の報告値は {value:.6g}、標本の平均は {mean:.6g} である",
            )
