"""lm-evaluation-harness: the ``results_….json`` of one run, compared with the samples that were saved with it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from speechfair.errors import InputError
from speechfair.process.catalogue import Text
from speechfair.process.finding import say
from speechfair.process.importers import Read
from speechfair.process.importers.json_source import agree, finite, read_object
from speechfair.strict_json import parse_json

__all__ = ["NOT_PROVEN", "PROVES", "read"]

PROVES = say(
    "which results the harness reported for which model, tasks, versions and numbers of samples; where the samples are "
    "there (--log_samples), that they are those whose digest the results name (if they name one), and that "
    "metrics whose aggregation is the mean agree",
    "どのモデル・タスク・版・標本数について、どの結果が報告されたか。標本(--log_samples)があれば、結果に記録された"
    "ダイジェスト(あれば)との一致と、平均で集計する指標の一致",
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
    files, compared, means_compared = [file], list[str](), dict[str, list[str]]()
    problems: list[Text] = []
    hashes = content.get("task_hashes") or {}
    stamp = file.stem.rpartition("_")[2]
    for task in results:
        samples = file.parent / f"samples_{task}_{stamp}.jsonl"
        if samples.is_file():
            files.append(samples)
            rows = _rows(samples)
            if hashes.get(task) is not None:
                compared.append(task)
                problems += _digest_problems(task, rows, hashes[task])
            problems += _count_problems(task, rows, content["n-samples"].get(task))
            means = _mean_metrics(content, task)
            figures = {name: v for name, v in results[task].items() if name.partition(",")[0] in means}
            again = _means(rows, figures)
            means_compared[task] = list(again)
            problems += _mean_problems(task, figures, again)
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
        "means_compared": means_compared,
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
                rows.append(parse_json(line))
                _ = rows[-1]["doc_hash"], rows[-1]["prompt_hash"], rows[-1]["target_hash"]
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(f"{file}, line {number}: is no sample of the harness: {error!r}") from None
    return rows


def _digest_problems(task: str, rows: list[dict[str, Any]], digest: Any) -> Iterator[Text]:
    joined = "".join(row["doc_hash"] + row["prompt_hash"] + row["target_hash"] for row in rows)
    if hashlib.sha256(joined.encode()).hexdigest() != digest:
        yield say(
            f"{task}: the samples are not those whose digest the results name",
            f"{task}:標本が結果に記録されたダイジェストと異なる",
        )


def _count_problems(task: str, rows: list[dict[str, Any]], n_samples: Any) -> Iterator[Text]:
    first = [row for row in rows if row.get("filter") == rows[0].get("filter")]
    effective = n_samples.get("effective") if isinstance(n_samples, dict) else None
    if effective is not None and effective != len(first):
        yield say(
            f"{task}: {len(first)} samples are there, the results name {effective}",
            f"{task}:標本は {len(first)} 件、結果では {effective} 件である",
        )


def _mean_metrics(content: dict[str, Any], task: str) -> set[str]:
    """Metrics that the task's settings aggregate by the mean. Perplexities are no means of samples."""
    configs = content.get("configs")
    config = configs.get(task) if isinstance(configs, dict) else None
    listed = config.get("metric_list") if isinstance(config, dict) else None
    return {str(row.get("metric")) for row in listed or [] if row.get("aggregation") == "mean"}


def _means(rows: list[dict[str, Any]], figures: dict[str, Any]) -> dict[str, float]:
    """The means of the samples by ``metric,filter``, where every sample has a number."""
    found = {}
    for name in figures:
        metric, _, chosen = name.partition(",")
        scored = [row for row in rows if row.get("filter", "none") == chosen and metric in row]
        values = [row[metric] for row in scored if isinstance(row[metric], (int, float))]
        if chosen and values and len(values) == len(scored):
            found[name] = math.fsum(values) / len(values)
    return found


def _mean_problems(task: str, figures: dict[str, Any], again: dict[str, float]) -> Iterator[Text]:
    for name, mean in again.items():
        value, metric = figures[name], name.partition(",")[0]
        if not isinstance(value, (int, float)) or not agree(mean, value):
            shown = f"{value:.6g}" if isinstance(value, (int, float)) else repr(value)
            yield say(
                f"{task}: {metric} is reported as {shown}, the mean of the samples is {mean:.6g}",
                f"`{task}`:`{metric}` の報告値は `{shown}`、標本の平均は `{mean:.6g}` である",
            )
