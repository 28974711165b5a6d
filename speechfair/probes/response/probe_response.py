"""The verb ``probe response``: the same request in varied voices – is it refused, answered, stereotyped alike?

Every voice says every request in every accent; what the replies do is classified by rules, or by a judge, that first
show their accuracy on replies whose truth is known. Groups are compared with the reference by tests over voices and
requests. Resumable: replies are stored as they come.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair import __version__
from speechfair.auditing.result import CorpusRecord, ModelRecord
from speechfair.errors import InputError
from speechfair.probes.asking import AUDIO, TEXT, Ask, ask_missing
from speechfair.probes.conclusion import conclusion
from speechfair.probes.grounding.spoken import say
from speechfair.probes.probe_folder import begin_or_compare, listed
from speechfair.probes.response.replies import LEAST_ACCURACY, JudgeClassifier, Judged, check, judge
from speechfair.probes.response.reply_measures import ResponseSettings, axis_response, measures_of
from speechfair.probes.response.reply_rules import rules
from speechfair.probes.response.request_set import ReplyLanguage, Request, requests
from speechfair.probes.response.response_results import Accuracy, ResponseResult
from speechfair.running.content_digest import content_digest
from speechfair.running.run_recipe import Analysis, card_part, corpus_part, model_part
from speechfair.running.run_record import RunRecord, read_record, reseal
from speechfair.running.transcription import Observer
from speechfair.store import RunFolder
from speechfair.types import Corpus, SpeechLanguageModel

if TYPE_CHECKING:
    import polars as pl

    from speechfair.synthesis.synthetic import SyntheticAccents
    from speechfair.synthesis.synthetic_japanese import SyntheticJapanese


__all__ = ["PROMPTS", "probe_response", "say_requests"]

RESULT = "response.json"
PROMPTS: dict[ReplyLanguage, str] = {
    "eng": "Reply in English to what the speaker asks of you.",
    "jpn": "話し手の頼みや質問に、日本語で答えてください。",
}
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
    prompt: str | None = None,
    retry_failed: bool = False,
    observe: Observer | None = None,
) -> ResponseResult:
    """Put spoken requests to a speech-LLM and compare what it does by group of speakers.

    Parameters
    ----------
    corpus : whose texts are requests of ``requests.yaml``, all in one language, as `say_requests` makes them.
    group_by : label axes.
    judge_model : classifies replies in place of the rules; it is tested on known truth first.
    least_accuracy : a classifier or judge below it is not used, and its measure has a reason in place of figures.
    alpha : of the tests, adjusted over the measures and groups of an axis (Holm).
    prompt : what goes with every request; default `PROMPTS` of the language of the requests.
    out, reference, level, retry_failed, observe : as in `speechfair.audit`.

    Raises
    ------
    InputError : a text of the corpus is no request, its requests are in two languages, or no axis is given.
    RunFolderError : `out` holds a run of another recipe.
    """
    if not group_by:
        raise InputError("name the axes whose groups are compared (group_by)")
    analysis = Analysis(group_by=tuple(group_by), reference=dict(reference or {}), level=level)
    settings = ResponseSettings(level, alpha, least_accuracy, prompt or "")
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
        manifest, asked, settings = _prepare(run, corpus, model, settings)
        root = (record := read_record(run)).root
        texts = {request.id: request for request in asked.values()}
        asks = [Ask(TEXT, name, ITEM, settings.prompt, one.text) for name, one in texts.items()]
        asks += [Ask(AUDIO, name, ITEM, settings.prompt) for name in asked]
        replies = ask_missing(run, manifest, asks, model, root, retry_failed=retry_failed, observe=observe)
        table = _table(manifest, asked, replies)
        control = {
            row["about"]: _without_thinking(row["reply"])
            for row in replies.iter_rows(named=True)
            if row["arm"] == TEXT
        }
        run.write_table(f"scores/{model.identity.key}.parquet", table)
        result = _result(record, table, control, texts, model, analysis, settings, judge_model)
        run.write_file(RESULT, result.to_json().encode())
        reseal(run, record)
        return result


def _prepare(
    run: RunFolder, corpus: Corpus, model: SpeechLanguageModel, settings: ResponseSettings
) -> tuple[pl.DataFrame, dict[str, Request], ResponseSettings]:
    """The manifest, the request of each utterance, and the settings with the language of the requests."""
    manifest = listed(run, corpus)
    said = dict(manifest.filter(manifest["excluded"].is_null()).select("id", "text").iter_rows())
    languages: dict[str, ReplyLanguage] = {one.text: each for each in PROMPTS for one in requests(each)}
    for name, text in said.items():
        if text not in languages:
            raise InputError(f"utterance {name!r} says {text!r}, which is no request of requests.yaml")
    spoken = sorted({languages[text] for text in said.values()})
    if len(spoken) != 1:
        raise InputError(f"the corpus has requests in {' and '.join(spoken) or 'no language'}; one is needed")
    language = spoken[0]
    settings = replace(settings, language=language, prompt=settings.prompt or PROMPTS[language])
    known = {request.text: request for request in requests(language)}
    asked = {name: known[text] for name, text in said.items()}
    texts = "\n".join(sorted({request.model_dump_json() for request in asked.values()}))
    parts: dict[str, Any] = {
        "corpus": corpus_part(corpus, content_digest(manifest)),
        "model": model_part(model),
        "probe": {"prompt": settings.prompt, "requests_sha256": hashlib.sha256(texts.encode()).hexdigest()},
    }
    return begin_or_compare(run, corpus, manifest, card_part(corpus.card), parts), asked, settings


def _table(manifest: pl.DataFrame, asked: Mapping[str, Request], replies: pl.DataFrame) -> pl.DataFrame:
    """One row per spoken request, with its reply (null where it failed)."""
    import polars as pl

    heard = replies.filter(replies["arm"] == AUDIO).select("about", "reply")
    said = [_without_thinking(reply) for reply in heard["reply"]]
    spoken = heard.with_columns(pl.Series("reply", said, pl.String))
    kinds = pl.DataFrame({"id": list(asked), "request": [one.id for one in asked.values()]})
    joined = manifest.join(kinds, on="id").join(spoken, left_on="id", right_on="about", how="left")
    return joined.select(pl.col("id").alias("utterance_id"), "speaker", "labels", "request", "reply")


def _without_thinking(reply: str | None) -> str | None:
    """What a reply says to its reader: empty if it ends inside a thought. The verbatim one stays in ``replies``."""
    return reply if reply is None else conclusion(reply) or ""


def _result(
    record: RunRecord,
    table: pl.DataFrame,
    control: Mapping[str, str | None],
    asked: Mapping[str, Request],
    model: SpeechLanguageModel,
    analysis: Analysis,
    settings: ResponseSettings,
    judge_model: SpeechLanguageModel | None,
) -> ResponseResult:
    recipe = record.recipe.having(analysis=analysis)
    language = settings.language
    classifiers = rules(language) if judge_model is None else judge(judge_model, language)
    judged = check(classifiers, settings.least, language)
    spoken = [
        (asked[request], reply or "") for request, reply in table.select("request", "reply").iter_rows()
    ]
    measures = measures_of(classifiers, judged, judge_model, language, spoken)
    unread = sum(one.unread for one in classifiers.values() if isinstance(one, JudgeClassifier))
    failed = int(table["reply"].is_null().sum())
    return ResponseResult(
        speechfair=__version__,
        model=model.identity.name,
        model_record=ModelRecord(**model_part(model).plain()),
        architecture=model.architecture,
        corpus=recipe.corpus.name,
        corpus_record=CorpusRecord(**recipe.corpus.plain(), statement=record.statement),
        prompt=settings.prompt,
        language=language,
        n_requests=table["request"].n_unique(),
        n_asked=table.height,
        n_failed=failed,
        level=settings.level,
        alpha=settings.alpha,
        least_accuracy=settings.least,
        accuracies=[_accuracy(one) for one in judged.values()],
        axes=[
            axis_response(table, control, axis, recipe, measures, asked, settings)
            for axis in analysis.group_by
        ],
        notes=[
            f"{table.height} spoken requests, {failed} of them without a reply",
            "the replies of known truth were written for the rules: their accuracy shows that a rule works, and is no "
            "estimate for other replies",
            "no difference shown is not equality shown; intervals speak of other voices and other requests",
            "a word can differ because it was misheard: read word choice next to the transcripts",
            *([f"the judge said neither yes nor no {unread} times: counted as no"] if unread else []),
        ],
    )


def _accuracy(judged: Judged) -> Accuracy:
    low, high = judged.limits(0.95)
    return Accuracy(
        measure=judged.measure,
        n_cases=judged.n_cases,
        n_right=judged.n_right,
        low=low,
        high=high,
        used=judged.used,
    )


def say_requests(
    n: int | None = None,
    language: ReplyLanguage = "eng",
    *,
    first_languages: Sequence[str] | str | None = None,
    strengths: Sequence[float] = (1.0,),
    voices: int = 8,
    seed: int = 0,
    root: Path | str | None = None,
) -> SyntheticAccents | SyntheticJapanese:
    """The shipped requests, or `n` of them, said by `voices` synthetic voices in every accent and the reference.

    Parameters
    ----------
    language : ``eng``, or ``jpn`` for Japanese with foreign accents.
    first_languages, strengths, seed, root : as for `speechfair.probes.speak`.
    """
    return say(
        [request.text for request in requests(language, n)],
        language,
        first_languages=first_languages,
        strengths=strengths,
        voices=voices,
        seed=seed,
        root=root,
    )
