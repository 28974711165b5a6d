"""What each screen shows, as plain values for JSON: pure functions of opened runs.

Rates, intervals and verdicts are those of ``audit.json``, unchanged; only counts of speakers and words are added here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from speechfair.auditing.audit_table import axis_names, worst_first
from speechfair.auditing.findings import finding
from speechfair.errors import InputError
from speechfair.metrics.token_edits import token_list
from speechfair.registry import did_you_mean
from speechfair.types import Estimate
from speechfair.viewing.aligned_words import edit_codes, word_lists
from speechfair.viewing.opened_run import OpenedRun, RunShelf
from speechfair.viewing.sound_pictures import levels
from speechfair.viewing.utterance_query import UtteranceQuery, matching_rows
from speechfair.viewing.utterance_table import details, group_column, is_internal

if TYPE_CHECKING:
    import polars as pl

    from speechfair.auditing.result import AuditResult, Axis, Group

__all__ = [
    "aligned",
    "group_screen",
    "histogram",
    "level_screen",
    "levels_of_all",
    "page_of",
    "run_screen",
    "runs_screen",
    "speakers",
    "utterance_row",
    "utterance_screen",
    "with_change",
]

Keep = Callable[[tuple[Any, ...], Callable[[], Any]], Any]
PAGE = 50
LONGEST = 400
"""Characters of a text that a table of utterances shows."""
_MOST_WORDS_FROM = 200_000
_LEVELS_FROM = 150
"""Utterances of a group, and of all, whose audio is read for a histogram of levels."""
_HISTOGRAMS = ("duration_s", "tokens_per_s", "rate", "confidence")


def runs_screen(shelf: RunShelf) -> dict[str, Any]:
    """Every run in a few figures; one that cannot be shown with its reason."""
    found = [
        _run_line(run) if isinstance(run, OpenedRun) else {"key": run[0], "problem": run[1]}
        for run in shelf.runs()
    ]
    return {"runs": found}


def _run_line(run: OpenedRun) -> dict[str, Any]:
    result = run.result
    return {
        **_identity(run),
        "overall": _plain(result.overall),
        "axes": [_axis_line(result, axis) for axis in axis_names(result)],
    }


def _identity(run: OpenedRun) -> dict[str, Any]:
    result = run.result
    return {
        "key": run.key,
        "folder": run.folder.path.name,
        "model": result.model,
        "corpus": f"{result.corpus} {result.corpus_record.version}".strip(),
        "manifest": result.corpus_record.manifest_sha256,
        "normalizer": f"{result.normalizer.name} {result.normalizer.version}".strip(),
        "tokens": result.tokens,
        "level": result.level,
        "totals": _plain(result.totals),
        "notes": [*result.notes, *map(str, run.record.accepted)],
        "statement": result.corpus_record.statement,
    }


def _axis_line(result: AuditResult, axis: str) -> dict[str, Any]:
    """An axis with what it shows, its worst group, and its groups, worst first."""
    found = finding(result, axis)
    groups = worst_first(result, axis)
    summary: Axis | None = next((one for one in result.axes if one.axis == axis), None)
    worst = next((group.value for group in groups if group.rate.value is not None), None)
    return {
        "axis": axis,
        "verdict": found.verdict,
        "finding": found.text,
        "more": found.more,
        "reference": summary.reference if summary else None,
        "reference_reason": summary.reference_reason if summary else "",
        "gap": _plain(summary.gap) if summary else None,
        "gap_expected": summary.gap_expected_without_difference if summary else None,
        "gap_p_value": summary.gap_p_value if summary else None,
        "worst": worst,
        "groups": [_plain(group) for group in groups],
        "adjusted": [_plain(one) for one in (summary.adjusted or [])] if summary else [],
        "notes": summary.notes if summary else [],
    }


def run_screen(run: OpenedRun) -> dict[str, Any]:
    """One run: every axis with every group, what was left out, and the metrics that were asked for."""
    return {
        **_run_line(run),
        "excluded": [_plain(one) for one in run.result.excluded],
        "failed": [_plain(one) for one in run.result.failed],
    }


def group_screen(run: OpenedRun, axis: str, value: str) -> dict[str, Any]:
    """One group: its figures, a dot per speaker, its words in error, and how its utterances are distributed.

    Raises
    ------
    InputError
        The run has no such group.
    """
    import polars as pl

    group = _group(run, axis, value)
    scored = run.table.filter(~pl.col("excluded"))
    ours = scored.filter(pl.col(group_column(axis)).cast(pl.String) == value)
    wrong = ours.filter(pl.col("errors") > 0)
    return {
        **_identity(run),
        "group": _plain(group),
        "axis": _axis_line(run.result, axis),
        "speakers": speakers(ours),
        "words": _words(run, ours.head(_MOST_WORDS_FROM)),
        "words_from": min(ours.height, _MOST_WORDS_FROM),
        "n_with_errors": wrong.height,
        "histograms": {name: histogram(ours[name], scored[name]) for name in _HISTOGRAMS},
    }


def level_screen(
    run: OpenedRun, axis: str, value: str, every: Sequence[float | None] | None = None
) -> dict[str, Any]:
    """A histogram of the level of a sample of the group's utterances and of all utterances (dB below full scale).

    Parameters
    ----------
    every : levels of the sample of all, where they are known from another group; None measures them.

    Raises
    ------
    InputError
        The run has no such group.
    """
    import polars as pl

    _group(run, axis, value)
    ours = run.table.filter(~pl.col("excluded"), pl.col(group_column(axis)).cast(pl.String) == value)["row"]
    mine = levels(run, ours, _LEVELS_FROM)
    every = levels_of_all(run) if every is None else every
    drawn = histogram(pl.Series(mine, dtype=pl.Float64), pl.Series(every, dtype=pl.Float64), least=6.0)
    reason = None if drawn else "no audio of these utterances can be read"
    return {"histogram": drawn, "reason": reason, "n_group": len(mine), "n_all": len(every)}


def levels_of_all(run: OpenedRun) -> list[float | None]:
    """The levels of a sample of all utterances, which `level_screen` compares those of a group with."""
    import polars as pl

    return levels(run, run.table.filter(~pl.col("excluded"))["row"], _LEVELS_FROM)


def _group(run: OpenedRun, axis: str, value: str) -> Group:
    for group in run.result.groups_of(axis):
        if group.value == value:
            return group
    names = [group.value for group in run.result.groups_of(axis)] or axis_names(run.result)
    raise InputError(f"the run has no group {axis}={value!r}; {did_you_mean(value, names)}")


def speakers(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Sums per speaker, the highest rate first; utterances without a speaker are one entry whose name is None."""
    import polars as pl

    sums = table.group_by(pl.col("speaker").cast(pl.String)).agg(
        pl.len().alias("n_utterances"), pl.col("errors", "reference_length").sum()
    )
    rate = pl.when(pl.col("reference_length") > 0).then(pl.col("errors") / pl.col("reference_length"))
    ordered = sums.with_columns(rate.alias("rate")).sort(
        ["rate", "speaker"], descending=[True, False], nulls_last=True
    )
    return ordered.to_dicts()


def _words(run: OpenedRun, table: pl.DataFrame) -> dict[str, Any]:
    rows = table.select("speaker", "reference", "hypothesis").iter_rows()
    unit: str | Sequence[str] = run.result.tokens
    if "tokens" in table.columns:
        unit = table["tokens"].cast(str).to_list()
    return word_lists(((s, r or "", h or "") for s, r, h in rows), unit).plain()


def histogram(ours: pl.Series, every: pl.Series, bins: int = 24, least: float = 0.0) -> dict[str, Any] | None:
    """Counts of a group and of all utterances in bins of equal width, over `least` or more; None without any value.

    The last bin takes what lies above the 99th percentile of all, so that one outlier does not flatten the rest.
    """
    import numpy as np

    values = every.drop_nulls().to_numpy()
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    low, high = float(values.min()), float(np.quantile(values, 0.99))
    if high - low < least:
        low, high = (low + high - least) / 2, (low + high + least) / 2
    if high <= low:
        high = low + 1.0
    edges = np.linspace(low, high, bins + 1)
    mine = ours.drop_nulls().to_numpy()
    counts = [
        np.histogram(np.clip(v, low, high), edges)[0].tolist() for v in (mine[np.isfinite(mine)], values)
    ]
    return {
        "edges": edges.tolist(),
        "group": counts[0],
        "all": counts[1],
        "above": bool((values > high).any()),
        "missing": int(ours.null_count()),
    }


def with_change(run: OpenedRun, other: OpenedRun) -> pl.DataFrame:
    """The run's table with ``change``: errors here minus errors in `other`; null where either has no count."""
    import polars as pl

    there = other.table.select("id", pl.col("errors").alias("there"))
    joined = run.table.select("id", "errors").join(there, on="id", how="left", maintain_order="left")
    return run.table.with_columns((joined["errors"] - joined["there"]).alias("change"))


def page_of(
    run: OpenedRun,
    query: UtteranceQuery,
    offset: int = 0,
    limit: int = PAGE,
    against: OpenedRun | None = None,
    keep: Keep = lambda _, make: make(),
) -> dict[str, Any]:
    """Utterances `offset` to `offset` + `limit` of those that match, and how many match.

    Parameters
    ----------
    against : run to compare with, for utterances won and lost.
    keep : given a key and a function, returns what the function gives, perhaps from an earlier call.
    """
    other = against.stamps if against else ()
    table = run.table
    if against is not None:
        table = keep((run.key, run.stamps, other, "change"), lambda: with_change(run, against))
    rows: pl.Series = keep((run.key, run.stamps, other, query), lambda: matching_rows(table, query))
    page = table[rows.slice(offset, limit)]
    return {
        "total": rows.len(),
        "of": table.height,
        "offset": offset,
        "rows": [utterance_row(row, run.result.tokens) for row in page.iter_rows(named=True)],
    }


def utterance_row(row: dict[str, Any], tokens: str) -> dict[str, Any]:
    """One row of the table of utterances: counts, groups, and the texts with their edits.

    ``codes`` are the edits (see `edit_codes`) between ``reference`` and ``hypothesis``, whose tokens are separated by
    single spaces; a text that is longer than `LONGEST` is cut, and has no codes.
    """
    unit = row.get("tokens") or tokens
    groups = {name.removeprefix("group:"): value for name, value in row.items() if name.startswith("group:")}
    kept = {
        name: value for name, value in row.items() if not name.startswith("group:") and not is_internal(name)
    }
    texts = aligned(row["reference"] or "", row["hypothesis"] or "", unit, longest=LONGEST)
    return {**kept, "groups": groups, **texts}


def aligned(reference: str, hypothesis: str, unit: str, longest: int | None = None) -> dict[str, Any]:
    """Both texts as tokens joined by single spaces, with their edit codes."""
    if longest is not None and max(len(reference), len(hypothesis)) > longest:
        return {
            "reference": reference[:longest],
            "hypothesis": hypothesis[:longest],
            "codes": None,
            "cut": True,
        }
    ours, theirs = token_list(reference, unit), token_list(hypothesis, unit)
    return {
        "reference": " ".join(ours),
        "hypothesis": " ".join(theirs),
        "codes": edit_codes(ours, theirs),
        "cut": False,
    }


def utterance_screen(run: OpenedRun, row: int, others: Sequence[OpenedRun] = ()) -> dict[str, Any]:
    """One utterance: what was said, and what every model made of it, aligned with the reference.

    Parameters
    ----------
    row : number in the run's manifest, from 0.
    others : runs that are shown as well where they hold an utterance of the same id and the same audio.

    Raises
    ------
    InputError
        The run has no such row.
    """
    if not 0 <= row < run.table.height:
        raise InputError(f"the run has {run.table.height} utterances; there is no row {row}")
    said = details(run.folder, run.record, row, run.part(row))
    manifest = said["manifest"]
    return {
        "key": run.key,
        "row": row,
        "id": manifest["id"],
        "speaker": manifest["speaker"],
        "language": manifest["language"],
        "labels": manifest["labels"] or [],
        "text": manifest["text"],
        "duration_s": manifest["duration_s"],
        "start_s": manifest["start_s"],
        "end_s": manifest["end_s"],
        "audio_error": manifest["audio_error"],
        "excluded": said["excluded"],
        "answers": [_answer(run, row, said), *_answers_of(others, manifest)],
    }


def _answers_of(others: Sequence[OpenedRun], manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """What other runs heard in the same audio; a run whose utterance of that id has other audio or text is left out."""
    import polars as pl

    found = []
    for other in others:
        rows = other.table.filter(pl.col("id") == manifest["id"])["row"]
        for row in rows:
            said = details(other.folder, other.record, row, other.part(row))
            theirs = said["manifest"]
            if all(
                theirs[name] == manifest[name]
                for name in ("audio_sha256", "text", "start_s", "end_s", "speaker")
            ):
                found.append(_answer(other, row, said))
    return found


def _answer(run: OpenedRun, row: int, said: dict[str, Any]) -> dict[str, Any]:
    line = run.table.row(row, named=True)
    unit = line.get("tokens") or run.result.tokens
    return {
        "key": run.key,
        "row": row,
        "model": run.result.model,
        "normalizer": run.result.normalizer.name,
        "unit": unit,
        "verbatim": said["hypothesis_verbatim"],
        "error": said["error"],
        "rejected": said["rejected"],
        "seconds": said["seconds"],
        **{name: line[name] for name in _ANSWER},
        **aligned(line["reference"] or "", line["hypothesis"] or "", unit),
    }


_ANSWER = (
    "substitutions",
    "deletions",
    "insertions",
    "reference_length",
    "errors",
    "rate",
    "failed",
    "runaway",
    "redone",
    "confidence",
)


def _plain(record: Any) -> Any:
    """For JSON."""
    return asdict(record) if isinstance(record, Estimate) else record.model_dump(mode="json", by_alias=True)
