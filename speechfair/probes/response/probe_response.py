"""The verb ``probe response``: the same request in varied voices – is it refused, answered, stereotyped alike?

Every voice says every request in every accent; what the replies do is classified by rules, or by a judge, that first
show their accuracy on replies whose truth is known. Groups are compared with the reference by tests whose unit is the
speaker. Resumable: replies are stored as they come.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair import __version__
from speechfair.auditing.result import CorpusRecord, ModelRecord
from speechfair.errors import InputError
from speechfair.probes.asking import AUDIO, TEXT, Ask, ask_missing
from speechfair.probes.probe_folder import begin_or_compare, listed
from speechfair.probes.response.replies import (
    LEAST_ACCURACY,
    Request,
    check,
    judge,
    requests,
    rules,
)
from speechfair.probes.response.reply_measures import ResponseSettings, axis_response, measures_of
from speechfair.probes.response.response_results import (
    Accuracy,
    ResponseResult,
)
from speechfair.running.content_digest import content_digest
from speechfair.running.run_recipe import Analysis, card_part, corpus_part, model_part
from speechfair.running.run_record import RunRecord, read_record, reseal
from speechfair.running.transcription import Observer
from speechfair.store import RunFolder
from speechfair.types import Corpus, SpeechLanguageModel

if TYPE_CHECKING:
    import polars as pl


__all__ = ["probe_response"]

RESULT = "response.json"
PROMPT = "Reply in English to what the speaker asks of you."
ITEM = "reply"


def probe_response(
    corpus: Corpus,
    model: SpeechLanguageModel,
    group_by: Sequence[str],
    *,
    out: str | Path | None = None,
    reference: Mapping[str, str] | None = None,
    judge_model: SpeechLanguageModel | None = None,
    least_accuracy: float = LEAST_ACCURACY,
    level: float = 0.95,
    alpha: float = 0.05,
    prompt: str = PROMPT,
    retry_failed: bool = False,
    observe: Observer | None = None,
) -> ResponseResult:
    """Put spoken requests to a speech-LLM and compare what it does by group of speakers.

    Parameters
    ----------
    corpus : whose texts are requests of ``requests.yaml``, as `probes.grounding.spoken.say` makes them.
    group_by : label axes.
    judge_model : classifies replies in place of the rules; it is tested on known truth first.
    least_accuracy : a classifier or judge below it is not used, and its measure has a reason in place of figures.
    alpha : of the tests, adjusted over the measures and groups of an axis (Holm).
    out, reference, level, retry_failed, observe : as in `speechfair.audit`.

    Raises
    ------
    InputError : a text of the corpus is no request, or no axis is given.
    RunFolderError : `out` holds a run of another recipe.
    """
    if not group_by:
        raise InputError("name the axes whose groups are compared (group_by)")
    analysis = Analysis(group_by=tuple(group_by), reference=dict(reference or {}), level=level)
    settings = ResponseSettings(level, alpha, least_accuracy, prompt)
    if out is None:
        with tempfile.TemporaryDirectory(prefix="speechfair-") as folder:
            return _probe(
                RunFolder(folder), corpus, model, analysis, settings, judge_model, retry_failed, observe
            )
    return _probe(RunFolder(out), corpus, model, analysis, settings, judge_model, retry_failed, observe)


def _probe(
    run: RunFolder,
    corpus: Corpus,
    model: SpeechLanguageModel,
    analysis: Analysis,
    settings: ResponseSettings,
    judge_model: SpeechLanguageModel | None,
    retry_failed: bool,
    observe: Observer | None,
) -> ResponseResult:
    with run.locked(new=True):
        manifest, asked = _prepare(run, corpus, model, settings)
        root = (record := read_record(run)).root
        texts = {request.id: request for request in asked.values()}
        asks = [Ask(TEXT, name, ITEM, settings.prompt, one.text) for name, one in texts.items()]
        asks += [Ask(AUDIO, name, ITEM, settings.prompt) for name in asked]
        replies = ask_missing(run, manifest, asks, model, root, retry_failed=retry_failed, observe=observe)
        table = _table(manifest, asked, replies)
        control = {row["about"]: row["reply"] for row in replies.iter_rows(named=True) if row["arm"] == TEXT}
        run.write_table(f"scores/{model.identity.key}.parquet", table)
        result = _result(record, table, control, model, analysis, settings, judge_model)
        run.write_file(RESULT, result.to_json().encode())
        reseal(run, record)
        return result


def _prepare(
    run: RunFolder, corpus: Corpus, model: SpeechLanguageModel, settings: ResponseSettings
) -> tuple[pl.DataFrame, dict[str, Request]]:
    manifest = listed(run, corpus)
    known = {request.text: request for request in requests()}
    asked: dict[str, Request] = {}
    for name, text in manifest.filter(manifest["excluded"].is_null()).select("id", "text").iter_rows():
        if text not in known:
            raise InputError(f"utterance {name!r} says {text!r}, which is no request of requests.yaml")
        asked[name] = known[text]
    texts = "\n".join(sorted(request.model_dump_json() for request in known.values()))
    parts: dict[str, Any] = {
        "corpus": corpus_part(corpus, content_digest(manifest)),
        "model": model_part(model),
        "probe": {"prompt": settings.prompt, "requests_sha256": hashlib.sha256(texts.encode()).hexdigest()},
    }
    return begin_or_compare(run, corpus, manifest, card_part(corpus.card), parts), asked


def _table(manifest: pl.DataFrame, asked: Mapping[str, Request], replies: pl.DataFrame) -> pl.DataFrame:
    """One row per spoken request, with its reply (null where it failed)."""
    import polars as pl

    spoken = replies.filter(replies["arm"] == AUDIO).select("about", "reply")
    kinds = pl.DataFrame({"id": list(asked), "request": [one.id for one in asked.values()]})
    joined = manifest.join(kinds, on="id").join(spoken, left_on="id", right_on="about", how="left")
    return joined.select(pl.col("id").alias("utterance_id"), "speaker", "labels", "request", "reply")


def _result(
    record: RunRecord,
    table: pl.DataFrame,
    control: Mapping[str, str | None],
    model: SpeechLanguageModel,
    analysis: Analysis,
    settings: ResponseSettings,
    judge_model: SpeechLanguageModel | None,
) -> ResponseResult:
    recipe = record.recipe.having(analysis=analysis)
    classifiers = rules() if judge_model is None else judge(judge_model)
    judged = check(classifiers, settings.least)
    measures = measures_of(classifiers, judged, judge_model)
    failed = int(table["reply"].is_null().sum())
    return ResponseResult(
        speechfair=__version__,
        model=model.identity.name,
        model_record=ModelRecord(**model_part(model).plain()),
        architecture=model.architecture,
        corpus=recipe.corpus.name,
        corpus_record=CorpusRecord(**recipe.corpus.plain(), statement=record.statement),
        prompt=settings.prompt,
        n_requests=table["request"].n_unique(),
        n_asked=table.height,
        n_failed=failed,
        level=settings.level,
        alpha=settings.alpha,
        least_accuracy=settings.least,
        accuracies=[
            Accuracy(measure=one.measure, n_cases=one.n_cases, n_right=one.n_right, used=one.used)
            for one in judged.values()
        ],
        axes=[axis_response(table, control, axis, recipe, measures, settings) for axis in analysis.group_by],
        notes=[
            f"{table.height} spoken requests, {failed} of them without a reply",
            "the replies of known truth were written with the rules: their accuracy shows that a rule works, and "
            "is no estimate for other replies",
            "no difference shown is not equality shown; intervals speak of other speakers making the same requests",
        ],
    )
