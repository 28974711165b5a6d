"""Which utterances of two runs are the same: by id, reference text, speaker, audio and labels.

Reads both folders as they were scored, refuses what was changed since, and shows how two manifests differ. It
compares no result; see `compare`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from speechfair.auditing.result import AuditResult, read_audit
from speechfair.comparing.comparison import Matching
from speechfair.errors import InputError, RunFolderError
from speechfair.registry import did_you_mean
from speechfair.running.run_record import scores_name
from speechfair.running.scoring import add_axis, axes_of
from speechfair.running.seals import read_sealed
from speechfair.running.stored_manifest import read_manifest
from speechfair.store import RunFolder, file_digest

if TYPE_CHECKING:
    import polars as pl

    from speechfair.running.run_recipe import RunRecipe
    from speechfair.running.scoring import Tokens

__all__ = [
    "Match",
    "ScoredRun",
    "check_scoring",
    "compared_axes",
    "groups_left_out",
    "match_runs",
    "read_scored",
    "same_utterances",
    "scores_of_ids",
    "unit_of",
]

Match = Literal["identical", "common"]

_EXAMPLES = 5
_AFTER = " after"
_MOST_LEFT_OUT = 0.1
"""The share of a group's scored rows that may be in no comparison before nothing is said of the group."""
_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("changed_text", ("text", "language")),
    ("changed_speaker", ("speaker",)),
    ("changed_audio", ("audio_sha256", "start_s", "end_s", "channel", "audio_error")),
    ("changed_labels", ("labels",)),
)


@dataclass(frozen=True)
class ScoredRun:
    """A scored run folder as it was read.

    Parameters
    ----------
    recipe : of ``run.yaml``.
    audit_sha256 : of ``audit.json``.
    manifest, scores : see `manifest_schema` and `score_table`.
    """

    path: Path
    recipe: RunRecipe
    result: AuditResult
    audit_sha256: str
    manifest: pl.DataFrame
    scores: pl.DataFrame


def read_scored(run: str | Path | RunFolder) -> ScoredRun:
    """Read a run folder's audit, manifest and scores.

    Raises
    ------
    RunFolderError
        If it has not been scored, or a file that is read is not the one that was recorded in ``run.yaml``.
    """
    folder = run if isinstance(run, RunFolder) else RunFolder(run)
    record = read_sealed(folder)
    recipe = record.recipe
    audit = folder.path / "audit.json"
    result = read_audit(audit)
    if recipe.model is None or recipe.analysis is None:
        raise RunFolderError(f"{folder.path} has not been scored; run `speechfair score` on it first")
    name = scores_name(recipe)
    scores = folder.read_table(name, "run `speechfair score` on the folder first")
    return ScoredRun(folder.path, recipe, result, file_digest(audit), read_manifest(folder), scores)


def compared_axes(before: ScoredRun, after: ScoredRun, group_by: Sequence[str] | None) -> list[str]:
    """The axes asked for, else all that either run was audited by.

    Raises
    ------
    InputError
        For an axis that comes twice, or on which neither run has a label.
    """
    if group_by is None:
        named = [axis.axis for run in (before, after) for axis in run.result.axes]
        return list(dict.fromkeys(named))
    axes = list(group_by)
    if len(set(axes)) < len(axes):
        raise InputError(f"an axis is named twice in --group-by: {', '.join(axes)}")
    known = sorted({*axes_of(before.manifest), *axes_of(after.manifest)})
    for axis in axes:
        for part in axis.split("+"):
            if part not in known:
                raise InputError(
                    f"no utterance has a label on the axis {part!r}; {did_you_mean(part, known)}"
                )
    return axes


def match_runs(
    before: ScoredRun, after: ScoredRun, match: Match, axes: Sequence[str]
) -> tuple[list[str], Matching]:
    """Ids of the utterances to compare, and what was left out.

    Raises
    ------
    InputError
        If the manifests differ and `match` is ``identical``, or no utterance is left.
    """
    if match not in ("identical", "common"):
        raise InputError(f"match is {match!r}; {did_you_mean(match, ['identical', 'common'])}")
    parts = {part for axis in axes for part in axis.split("+")} if match == "common" else None
    old, new = (_compared_columns(run) for run in (before, after))
    left_out: dict[str, list[str]] = {
        "only_before": old.join(new, on="id", how="anti", maintain_order="left")["id"].to_list(),
        "only_after": new.join(old, on="id", how="anti", maintain_order="left")["id"].to_list(),
    }
    both = old.join(new, on="id", how="inner", suffix=_AFTER, maintain_order="left")
    for kind, columns in _KINDS:
        changed = _changed(both, columns, parts)
        left_out[kind] = both["id"].filter(changed).to_list()
        both = both.filter(~changed)
    common = both["id"].to_list()
    found = {kind: names for kind, names in left_out.items() if names}
    if found and match == "identical":
        raise InputError(_difference(before, after, found))
    excluded: set[str] = set()
    for run in (before, after):  # the two differ where one of two imported systems was not asked
        excluded |= set(run.scores.filter(run.scores["excluded"].is_not_null())["utterance_id"].to_list())
    kept = [name for name in common if name not in excluded]
    if not kept:
        raise InputError(f"{before.path} and {after.path} have no scored utterance in common{_listed(found)}")
    counts = {kind: len(names) for kind, names in left_out.items()}
    examples = {kind: names[:_EXAMPLES] for kind, names in found.items()}
    return kept, Matching(
        match=match, compared=len(kept), excluded=len(common) - len(kept), **counts, examples=examples
    )


def groups_left_out(
    runs: Sequence[ScoredRun], ids: Sequence[str], axes: Sequence[str]
) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Groups of which more than a tenth of some run's scored rows are not among the compared `ids`.

    Whoever leaves out the rows that got worse has no harm among those that are left.

    Returns
    -------
    dict
        By axis and value, how many rows are left out, of how many, and the place of the run with most of them.
    """
    import polars as pl

    found: dict[tuple[str, str], tuple[int, int, int]] = {}
    compared = pl.Series(ids, dtype=pl.String).implode()
    for place, run in enumerate(runs):
        scored = run.scores.filter(pl.col("excluded").is_null())
        if scored.height == len(ids):  # the ids are among them, so none is left out
            continue
        for axis in axes:
            counts = (
                add_axis(scored, axis)
                .group_by("group")
                .agg((~pl.col("utterance_id").is_in(compared)).sum().alias("left_out"), pl.len().alias("all"))
            )
            for value, left_out, n_rows in counts.sort("group").iter_rows():
                if left_out > max(_MOST_LEFT_OUT * n_rows, found.get((axis, value), (0, 0, 0))[0]):
                    found[axis, value] = (left_out, n_rows, place)
    return found


def same_utterances(
    before: str | Path, after: str | Path, axes: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The scores of two runs over one manifest, scored alike, row by row in the same order.

    Raises
    ------
    RunFolderError
        A folder has not been scored, or was changed since.
    InputError
        The manifests, the normalisers or the tokens differ; nothing is left out in silence.
    """
    old, new = read_scored(before), read_scored(after)
    check_scoring(old, new)
    ids, _ = match_runs(old, new, "identical", axes)
    return scores_of_ids(old, ids), scores_of_ids(new, ids)


def check_scoring(old: ScoredRun, new: ScoredRun) -> None:
    """Raise `InputError` unless both runs were scored with the same normaliser and tokens."""
    for what, one, other in (
        ("normalizer", f"{old.result.normalizer.name} {old.result.normalizer.version}",
         f"{new.result.normalizer.name} {new.result.normalizer.version}"),
        ("tokens", old.result.tokens, new.result.tokens),
    ):  # fmt: skip
        if one != other:
            raise InputError(
                f"{old.path} was scored with the {what} {one} and {new.path} with {other}: their rates do not "
                f"compare; score one of them again with `speechfair score --{what} …`"
            )


def unit_of(run: ScoredRun) -> Tokens:
    """The unit of the run's rates; refused where there are several, since a change across units means nothing."""
    tokens = run.result.tokens
    if tokens == "several":
        raise InputError(
            f"{run.path} counts some languages in words and others in characters: a change over both compares unlike "
            "things; audit the languages of one unit in a run of their own, or score with one `--tokens`"
        )
    return tokens


def scores_of_ids(run: ScoredRun, ids: Sequence[str]) -> pl.DataFrame:
    """The scores of these utterances, in this order."""
    import polars as pl

    order = pl.DataFrame({"utterance_id": pl.Series(ids, dtype=pl.String)})
    return order.join(run.scores, on="utterance_id", how="left", maintain_order="left")


def _compared_columns(run: ScoredRun) -> pl.DataFrame:
    """What makes an utterance the same, with its id."""
    import polars as pl

    columns = ["id", *(column for _, names in _KINDS for column in names)]
    rows = run.manifest.filter(run.manifest["excluded"].is_null()).select(columns)
    return rows.with_columns(pl.col("audio_error").is_not_null())


def _changed(both: pl.DataFrame, columns: Sequence[str], axes: set[str] | None) -> pl.Series:
    """Whether each row of both runs differs in one of `columns`; in labels only on `axes`, if they are given."""
    import polars as pl

    changed = pl.repeat(False, both.height, dtype=pl.Boolean, eager=True)
    for column in columns:
        one, other = both[column], both[f"{column}{_AFTER}"]
        differs = one.ne_missing(other)
        if column == "labels":  # their order and where they come from do not matter
            rows = differs.arg_true()
            pairs = zip(one.gather(rows).to_list(), other.gather(rows).to_list(), strict=True)
            values = [_label_values(old, axes) != _label_values(new, axes) for old, new in pairs]
            differs = differs.scatter(rows, pl.Series(values, dtype=pl.Boolean)) if values else differs
        changed = changed | differs
    return changed


def _label_values(labels: list[dict[str, str]] | None, axes: set[str] | None) -> list[tuple[str, str]]:
    return sorted(
        (each["axis"], each["value"]) for each in labels or [] if axes is None or each["axis"] in axes
    )


def _difference(before: ScoredRun, after: ScoredRun, found: dict[str, list[str]]) -> str:
    return (
        f"{before.path} and {after.path} are not runs over the same manifest{_listed(found)}\n"
        "make both runs over the same corpus, or compare the utterances they share with --match common"
    )


def _listed(found: dict[str, list[str]]) -> str:
    if not found:
        return ""
    lines = []
    for kind, names in found.items():
        more = ", …" if len(names) > _EXAMPLES else ""
        lines.append(f"\n  {kind.replace('_', ' ')}: {len(names)} ({', '.join(names[:_EXAMPLES])}{more})")
    return ":" + "".join(lines)
