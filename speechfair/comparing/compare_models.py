"""`compare`: two models on the same audio, group by group, with a verdict on harm.

The verdict is that of an intersection-union test: ``pass`` says that *no* group was degraded, and it is said only where
every group's own non-inferiority test says so. A wrong pass needs a wrong result in the very group that was degraded,
so its chance is that of a single test, (1 - level) / 2, however many groups there are; no correction for their number
(Holm or another) is needed. Where several groups are tested a false ``fail`` is the more likely the more groups there
are; that errs on the safe side. What cannot be tested – a group on one side only, too few speakers – is
``undetermined``, and no comparison passes with an untested group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair import __version__
from speechfair.comparing.comparison import (
    AxisChange,
    Comparison,
    GroupChange,
    MapssweRecord,
    Matching,
    RunSide,
    Verdict,
)
from speechfair.comparing.group_change import Judge, axis_change
from speechfair.comparing.matching import (
    Match,
    ScoredRun,
    check_scoring,
    compared_axes,
    groups_left_out,
    match_runs,
    read_scored,
    scores_of_ids,
    unit_of,
)
from speechfair.comparing.metric_change import metric_changes
from speechfair.comparing.no_harm import Margins, worst_verdict
from speechfair.errors import InputError
from speechfair.wording import counted

if TYPE_CHECKING:
    import polars as pl

    from speechfair.running.scoring import Tokens
    from speechfair.store import RunFolder

__all__ = ["compare"]


def compare(
    before: str | Path | RunFolder,
    after: str | Path | RunFolder,
    *,
    group_by: Sequence[str] | None = None,
    match: Match = "identical",
    relative: float = 0.10,
    absolute: float = 0.01,
    level: float = 0.95,
    seed: int = 0,
    metrics: Sequence[str] = (),
) -> Comparison:
    """How error rates change from one model to another on the same audio, and whether any group is degraded.

    Parameters
    ----------
    before, after : scored run folders.
    group_by : axes as in `audit`; None takes all that either run was audited by.
    match : ``identical`` refuses runs over different manifests and shows the difference; ``common`` compares the
        utterances that both have with the same text, speaker, audio and labels, and counts the others.
    relative, absolute : margins of harm: a group's rate may rise by this share of it, or by this much, whichever is
        the larger.
    level : of the intervals. A degraded group is called not degraded with probability (1 - level) / 2 at most.
    seed : of the bootstrap of the gaps.
    metrics : registered metrics whose changes to give as well; no verdict rests on them.

    Raises
    ------
    RunFolderError : a folder has not been scored, or was changed since.
    InputError : the runs cannot be compared; the message says why and what to do.
    """
    margins = Margins(relative, absolute, level)
    old, new = read_scored(before), read_scored(after)
    if old.path.resolve() == new.path.resolve():
        raise InputError(
            f"{old.path} is given twice: name the run of the model before and that of the model after"
        )
    check_scoring(old, new)
    tokens = unit_of(new)
    axes = compared_axes(old, new, group_by)
    ids, matching = match_runs(old, new, match, axes)
    tables = scores_of_ids(old, ids), scores_of_ids(new, ids)
    judge = Judge(margins)
    overall = judge.group("overall", "all", tables, reference=None, is_reference=False)
    groups: list[GroupChange] = []
    changes: list[AxisChange] = []
    for axis in axes:
        found, change = axis_change(axis, tables, (old, new), judge, seed)
        groups.extend(found)
        changes.append(change)
    left_out = groups_left_out((old, new), ids, axes)
    verdict, reason = _verdict(overall, groups, matching, left_out)
    return Comparison(
        speechfair=__version__,
        before=_side(old),
        after=_side(new),
        matching=matching,
        normalizer=new.result.normalizer,
        tokens=tokens,
        level=level,
        seed=seed,
        relative=relative,
        absolute=absolute,
        verdict=verdict,
        reason=reason,
        overall=overall,
        groups=groups,
        axes=changes,
        mapsswe=_mapsswe(*tables, tokens),
        metrics=metric_changes(metrics, tables, axes, tokens, level),
        notes=_notes(old, new, matching, groups),
    )


def _verdict(
    overall: GroupChange,
    groups: Sequence[GroupChange],
    matching: Matching,
    left_out: Mapping[tuple[str, str], tuple[int, int, int]],
) -> tuple[Verdict, str]:
    """``pass`` only where every group passes, and nearly all of it was compared; see the module's docstring."""
    judged = [overall, *groups]
    verdict = worst_verdict([group.no_harm for group in judged])
    where = " among the utterances that both runs share" if matching.match == "common" else ""
    if verdict == "fail":
        return "fail", f"worse by more than the margin{where}: {_names(judged, 'fail')}"
    if not groups:
        return (
            "undetermined",
            "no groups were compared, so harm to one cannot be excluded; name an axis with --group-by",
        )
    if verdict == "undetermined":
        unknown = _names(judged, "undetermined")
        return "undetermined", f"harm can be neither shown nor excluded{where}: {unknown}"
    if left_out:
        parts = [
            f"{n} of {n_rows} rows of {axis}={value} {('before', 'after')[place]}"
            for (axis, value), (n, n_rows, place) in sorted(left_out.items())
        ]
        return "undetermined", f"harm may lie in what is not compared: {'; '.join(parts)}"
    return "pass", f"every group's rate is within the margin{where}"


def _names(groups: Sequence[GroupChange], verdict: Verdict) -> str:
    return ", ".join(
        "overall" if g.axis == "overall" else f"{g.axis}={g.value}"
        for g in groups
        if g.no_harm.verdict == verdict
    )


def _mapsswe(old: pl.DataFrame, new: pl.DataFrame, tokens: Tokens) -> MapssweRecord:
    from speechfair.metrics.error_counts import errors_of, spaced
    from speechfair.metrics.mapsswe import mapsswe

    def texts(table: pl.DataFrame, column: str) -> list[str]:
        found: list[str] = table[column].to_list()
        if tokens == "mixed":
            return spaced(found)
        return found if tokens == "words" else [" ".join("".join(text.split())) for text in found]

    if "hypothesis" not in old.columns:
        errors = [int(table.select(errors_of(table)).to_series().sum()) for table in (old, new)]
        return MapssweRecord(
            n_segments=0, errors_before=errors[0], errors_after=errors[1], mean=None, sd=None, z=None,
            p_value=None, p_value_sclite=None, reason="the runs hold counts without texts, which it needs",
        )  # fmt: skip
    done = mapsswe(texts(old, "reference"), texts(old, "hypothesis"), texts(new, "hypothesis"))
    return MapssweRecord(
        n_segments=done.n_segments, errors_before=done.errors_a, errors_after=done.errors_b, mean=done.mean,
        sd=done.sd, z=done.z, p_value=done.p_value, p_value_sclite=done.p_value_sclite, reason=done.reason,
    )  # fmt: skip


def _side(run: ScoredRun) -> RunSide:
    return RunSide(
        folder=run.path.name or str(run.path),
        corpus=run.result.corpus,
        model=run.result.model,
        model_record=run.result.model_record,
        manifest_sha256=run.result.corpus_record.manifest_sha256,
        audit_sha256=run.audit_sha256,
        speechfair=run.result.speechfair,
    )


def _notes(old: ScoredRun, new: ScoredRun, matching: Matching, groups: Sequence[GroupChange]) -> list[str]:
    notes = []
    records = old.result, new.result
    if records[0].model_record.key == records[1].model_record.key:
        notes.append("both runs are of the same model with the same options")
    if records[0].speechfair != records[1].speechfair:
        notes.append(
            f"scored by different versions of speechfair: {records[0].speechfair}, {records[1].speechfair}"
        )
    left_out = sum(
        (matching.only_before, matching.only_after, matching.changed_text, matching.changed_speaker,
         matching.changed_audio, matching.changed_labels)
    )  # fmt: skip
    if left_out:
        notes.append(
            counted(
                left_out,
                "utterance",
                "is not compared: it is in one run only, or differs between the runs",
                "are not compared: they are in one run only, or differ between the runs",
            )
        )
    elif records[0].corpus_record.manifest_sha256 != records[1].corpus_record.manifest_sha256:
        notes.append("the manifests differ only in what does not matter here, such as the order of the rows")
    chosen = [{axis.axis: axis.reference for axis in record.axes} for record in records]
    for axis in chosen[0].keys() & chosen[1].keys():
        if chosen[0][axis] != chosen[1][axis]:
            notes.append(
                f"by {axis} the runs' own audits use different reference groups; that of the run before is used"
            )
    failed = [record.totals.failed for record in records]
    if any(failed):
        notes.append(
            f"failed utterances count as all deleted: {failed[0]} in the run before, {failed[1]} after"
        )
    shares = [group.no_harm.smallest_visible_share for group in groups]
    if known := [share for share in shares if share is not None]:
        notes.append(
            f"the smallest group shows harm to {100 * max(known):.2g} % or more of its speakers with 95 %; "
            "harm to fewer may go unseen, whatever the method"
        )
    return notes
