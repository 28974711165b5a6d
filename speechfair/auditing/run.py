"""The verbs `prepare`, `transcribe`, `score` and `audit`, each resumable and each one step along the run folder."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.auditing.adjusting import check_covariates, require_extra
from speechfair.auditing.data_notes import counted_note, data_notes, refuse_texts
from speechfair.auditing.relabelling import only_labels_differ, relabel
from speechfair.auditing.result import AuditResult
from speechfair.auditing.settings_check import check_settings
from speechfair.auditing.unlogged_edits import refuse_unlogged_edits
from speechfair.errors import InputError, RunFolderError
from speechfair.metrics.metric import load_metric
from speechfair.running.audio_root import remember_root
from speechfair.running.content_digest import content_digest
from speechfair.running.engine import Engine
from speechfair.running.engine_choice import as_engine
from speechfair.running.merging import Merged
from speechfair.running.merging import merge as merge_shards
from speechfair.running.run_manifest import build_manifest, under_one_root
from speechfair.running.run_recipe import (
    Analysis,
    RunRecipe,
    card_part,
    corpus_part,
)
from speechfair.running.run_record import (
    RunRecord,
    read_record,
    refuse_other_recipe,
    reseal,
    scores_name,
    seal,
)
from speechfair.running.run_shards import parse_shard, refuse_shard, transcribe_shard
from speechfair.running.scoring_choice import choose_scoring, scoring_of
from speechfair.running.seals import read_sealed
from speechfair.running.stored_manifest import read_manifest
from speechfair.running.transcription import Observer, read_hypotheses, transcribe_recorded
from speechfair.running.window_trial import settle_window
from speechfair.store import MANIFEST, RunFolder

if TYPE_CHECKING:
    import polars as pl

    from speechfair.running.scoring import EmptyReferences, Tokens
    from speechfair.types import Corpus, Recognizer

__all__ = ["audit", "merge", "prepare", "score", "transcribe"]


def audit(
    corpus: Corpus,
    model: Recognizer,
    group_by: Sequence[str] = (),
    *,
    out: str | Path | None = None,
    reference: Mapping[str, str] | None = None,
    normalizer: str | None = None,
    tokens: Tokens | None = None,
    level: float = 0.95,
    seed: int = 0,
    adjust: Sequence[str] = (),
    metrics: Sequence[str] = (),
    empty_references: EmptyReferences = "exclude",
    strip_prefix: Sequence[str] = (),
    strip_suffix: Sequence[str] = (),
    retry_failed: bool = False,
    engine: str | Engine = "local",
    observe: Observer | None = None,
) -> AuditResult:
    """Transcribe a corpus with a model and compare the error rates of its groups.

    Parameters
    ----------
    corpus, model : from `load_corpus` and `load_model`, or anything that satisfies the protocols.
    group_by : label axes such as ``gender``; ``gender+age_band`` is their crossing.
    out : run folder. The same call on the same folder resumes; None keeps nothing.
    reference : reference group by axis; where absent the corpus card's, else the largest group.
    normalizer : a name of `speechfair.text.NORMALIZERS` for every row; None chooses by each row's language.
    tokens : ``words``, ``characters`` or ``mixed`` for every row; None chooses by each row's language.
    level : coverage of the intervals.
    seed : of bootstrap and permutation.
    adjust : covariates (label axes, ``duration_s``, ``speech_rate``) to give adjusted ratios for; extra ``mixed``.
    metrics : registered metrics to give for every group next to the error rate; ``speechfair metrics`` lists them.
    empty_references : ``exclude`` utterances with an empty reference from the rate (they have a measure of their own),
        or count what was recognised there as ``errors``, or as ``errors-and-words``.
    strip_prefix, strip_suffix : left out where a hypothesis begins or ends with it; recorded in the recipe.
    retry_failed : recognise again what failed in an earlier call.
    engine : ``local``, ``ray``, or what `speechfair.load_engine` gives. The result does not depend on it.
    observe : called after every batch with a `Progress`.

    Raises
    ------
    RunFolderError : `out` holds a run of another recipe.
    CorpusError, ModelError, InputError : what they say. Utterances that fail do not raise: they are counted.
    """
    analysis = _analysis(
        group_by,
        reference,
        normalizer,
        tokens,
        level,
        seed,
        adjust,
        metrics,
        empty_references,
        strip_prefix,
        strip_suffix,
    )
    recognizing = as_engine(engine)
    if out is None:
        with tempfile.TemporaryDirectory(prefix="speechfair-") as folder:
            return _audit(RunFolder(folder), corpus, model, analysis, retry_failed, recognizing, observe)
    return _audit(RunFolder(out), corpus, model, analysis, retry_failed, recognizing, observe)


def prepare(corpus: Corpus, out: str | Path) -> RunFolder:
    """Write the manifest of `corpus` into the run folder `out`: labels, audio digests, durations."""
    run = RunFolder(out)
    with run.locked(new=True):
        _prepare(run, corpus)
    return run


def transcribe(
    out: str | Path,
    model: Recognizer,
    group_by: Sequence[str] = (),
    *,
    shard: str | None = None,
    shard_out: str | Path | None = None,
    retry_failed: bool = False,
    engine: str | Engine = "local",
    observe: Observer | None = None,
) -> RunFolder:
    """Recognise what is still missing in a prepared run folder. Kill it at any time and call it again.

    Parameters
    ----------
    out : prepared run folder.
    group_by : needed for a model with ``window="auto"``, whose window is earned group by group.
    shard : one share of the batches, such as ``3/16``. It goes into a folder of its own and `out` is only read, so that
        many machines can work at once; `merge` brings the shards together.
    shard_out : folder of the shard; None is ``OUT.shards/03-of-16``.
    engine : as in `audit`.

    Returns
    -------
    RunFolder
        The folder that was written: `out`, or the shard's.
    """
    run, recognizing = RunFolder(out), as_engine(engine)
    if shard is not None:
        share = parse_shard(shard)
        return transcribe_shard(
            run, share, model, shard_out, retry_failed=retry_failed, observe=observe, engine=recognizing
        )
    if shard_out is not None:
        raise InputError("a folder for a shard is named, but no shard; name one, such as 3/16")
    with run.locked():
        _read_unedited(run)
        _transcribe(run, model, Analysis(group_by=tuple(group_by)), retry_failed, recognizing, observe)
    return run


def merge(out: str | Path, shards: Sequence[str | Path], *, partial: bool = False) -> Merged:
    """Bring the shards of `transcribe` together in the run folder that they were made from.

    Parameters and errors as in `speechfair.running.merging.merge`; `out` is also refused where only its ``audit.json``
    shows that it was changed.
    """
    return merge_shards(out, shards, partial=partial, read=_read_unedited)


def score(
    out: str | Path,
    group_by: Sequence[str] = (),
    *,
    reference: Mapping[str, str] | None = None,
    normalizer: str | None = None,
    tokens: Tokens | None = None,
    level: float = 0.95,
    seed: int = 0,
    adjust: Sequence[str] = (),
    metrics: Sequence[str] = (),
    empty_references: EmptyReferences = "exclude",
    strip_prefix: Sequence[str] = (),
    strip_suffix: Sequence[str] = (),
) -> AuditResult:
    """Score a transcribed run folder, replacing its scores and ``audit.json``. Parameters as in `audit`.

    Without any of them the analysis that the folder holds is made again.
    """
    analysis = _analysis(
        group_by,
        reference,
        normalizer,
        tokens,
        level,
        seed,
        adjust,
        metrics,
        empty_references,
        strip_prefix,
        strip_suffix,
    )
    run = RunFolder(out)
    with run.locked():
        before = _read_unedited(run).recipe.analysis
        return _score(run, before if before is not None and analysis == Analysis() else analysis)


def _analysis(
    group_by: Sequence[str],
    reference: Mapping[str, str] | None,
    normalizer: str | None,
    tokens: Tokens | None,
    level: float,
    seed: int,
    adjust: Sequence[str],
    metrics: Sequence[str],
    empty_references: EmptyReferences,
    strip_prefix: Sequence[str],
    strip_suffix: Sequence[str],
) -> Analysis:
    """The settings, refused before any work if they ask for an adjustment that is not installed."""
    require_extra(adjust)
    for name in metrics:
        load_metric(name)  # an unknown name is refused before any work
    return Analysis(
        group_by=tuple(group_by),
        reference=dict(reference or {}),
        normalizer=normalizer,
        tokens=tokens,
        level=level,
        seed=seed,
        adjust=tuple(adjust),
        metrics=tuple(metrics),
        empty_references=empty_references,
        strip_prefix=tuple(strip_prefix),
        strip_suffix=tuple(strip_suffix),
    )


def _audit(
    run: RunFolder,
    corpus: Corpus,
    model: Recognizer,
    analysis: Analysis,
    retry_failed: bool,
    engine: Engine,
    observe: Observer | None,
) -> AuditResult:
    check_settings(corpus, analysis)  # before a second of audio is read, and before anything is written
    with run.locked(new=True):
        manifest = _prepare(run, corpus)
        check_covariates(analysis.adjust, manifest)
        choose_scoring(manifest, analysis, read_record(run).recipe.card)  # refused before hours of work
        refuse_other_recipe(run, "analysis", analysis)
        _transcribe(run, model, analysis, retry_failed, engine, observe)
        return _score(run, analysis)


def _read_unedited(run: RunFolder) -> RunRecord:
    """The record of a folder that is as it was written, also as far as no log but only ``audit.json`` can tell."""
    record = read_sealed(run)
    refuse_unlogged_edits(run, record, lambda: evaluate(run, record.recipe, record.statement)[1])
    return record


def _prepare(run: RunFolder, corpus: Corpus) -> pl.DataFrame:
    run.claim_empty()
    if run.exists:
        _read_unedited(run)
    manifest, root = under_one_root(build_manifest(corpus, run.path, keep=not run.exists), corpus.root)
    part = corpus_part(corpus, content_digest(manifest))
    if run.exists:
        if only_labels_differ(run, part, manifest):
            return relabel(run, part, manifest)
        refuse_other_recipe(run, "corpus", part)
        if root == read_record(run).root:
            remember_root(root, run.path)  # of a folder that came from elsewhere
        return read_manifest(run)
    run.begin()
    run.write_table(MANIFEST, manifest)
    seal(run, RunRecipe(corpus=part, card=card_part(corpus.card)), root, corpus.card.statement)
    return manifest


def _transcribe(
    run: RunFolder,
    model: Recognizer,
    analysis: Analysis,
    retry_failed: bool,
    engine: Engine,
    observe: Observer | None,
) -> None:
    refuse_shard(run)
    manifest = read_manifest(run)
    if getattr(model, "candidate_window_s", None) is not None:
        scoring = choose_scoring(manifest, analysis, read_record(run).recipe.card)
        model = settle_window(run, manifest, model, analysis, scoring, observe, engine)
    transcribe_recorded(run, manifest, model, retry_failed=retry_failed, observe=observe, engine=engine)


def _score(run: RunFolder, analysis: Analysis) -> AuditResult:
    record = read_record(run)
    scoring = choose_scoring(read_manifest(run), analysis, record.recipe.card).part()
    recipe = record.recipe.having(analysis=analysis, scoring=scoring)
    scores, result = evaluate(run, recipe, record.statement)
    run.write_table(scores_name(recipe), scores)
    run.write_file("audit.json", result.to_json().encode())
    reseal(run, record, analysis=analysis, scoring=scoring)
    return result.in_folder(run.path)


def evaluate(run: RunFolder, recipe: RunRecipe, statement: str | None) -> tuple[pl.DataFrame, AuditResult]:
    """Scores and result of a run folder's stored hypotheses under a recipe. Writes nothing."""
    from speechfair.auditing.estimates import result_of
    from speechfair.running.counted_elsewhere import table_of_counts
    from speechfair.running.scoring import score_table

    refuse_shard(run)
    if recipe.model is None or recipe.analysis is None:
        raise RunFolderError(f"{run.path} has no hypotheses yet; run `speechfair transcribe` first")
    started = time.perf_counter()
    manifest = read_manifest(run)
    hypotheses = read_hypotheses(run, recipe.model.key)
    scoring = scoring_of(manifest, recipe.analysis, recipe.card, recipe.scoring)
    empty = recipe.analysis.empty_references
    if recipe.source == "counts":
        refuse_texts(recipe.analysis)
        scores = table_of_counts(manifest, hypotheses, empty)
    else:
        answers = recipe.model.architecture is not None
        not_asked = recipe.source == "imported" and "not_asked_by" in recipe.model.options
        scores = score_table(
            manifest, hypotheses, scoring, answers=answers, not_asked=not_asked, empty_references=empty
        )
    times = {
        "transcription": float(hypotheses["seconds"].sum()),
        "scoring": time.perf_counter() - started,
    }
    result = result_of(scores, recipe, scoring, statement, times)
    more = data_notes(manifest, read_record(run).history)
    if recipe.source == "counts":
        more.append(counted_note(scores))
    result = result.model_copy(update={"notes": [*result.notes, *more]})
    return scores, _with_metrics(result, scores, recipe.analysis.metrics)


def _with_metrics(result: AuditResult, scores: pl.DataFrame, names: Sequence[str]) -> AuditResult:
    from speechfair.auditing.metric_groups import metric_results

    if not names:
        return result
    if result.tokens == "several":
        raise InputError(
            f"the corpus counts some languages in words and others in characters, so {names[0]} over all of them "
            "compares unlike things; leave --metric out, or name one unit with --tokens"
        )
    references = {axis.axis: axis.reference for axis in result.axes}
    found = metric_results(names, scores, result.tokens, references, level=result.level, seed=result.seed)
    return result.model_copy(update={"metrics": found})
