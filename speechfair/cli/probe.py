"""``speechfair probe``: what a speech-LLM really heard, how strongly an accent hurts, and how it treats a voice."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from speechfair.cli import options, output, probe_sizes
from speechfair.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from speechfair.messages.translation import Language, Translator
    from speechfair.probes.sections import Finding, Section

__all__ = ["app"]

app = typer.Typer(
    help="Probe a model: grounding levels, accent strength, quality of its replies.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

FirstLanguages = Annotated[str | None, typer.Option(help="Synthetic accents, such as jpn,spa; default all.")]
Strengths = Annotated[str, typer.Option(help="Strengths of the synthetic accents, from 0 to 1.")]
Voices = Annotated[int, typer.Option(min=1, help="Synthetic voices, which stand for speakers.")]
Out = Annotated[Path | None, typer.Option(help="Run folder. The same command resumes it.")]
Reply = Annotated[
    str, typer.Option(help="Speech-LLM, such as chat-audio:FOLDER; `speechfair models` lists them.")
]


_USUAL = {
    ("words", "eng"): (10, "jpn,spa", 8),
    ("sound", "eng"): (12, "jpn", 6),
    ("words", "jpn"): (10, "eng,cmn", 8),
    ("sound", "jpn"): (12, "eng", 6),
}
"""Scenes, accents and voices of `probe grounding`: under 2,000 requests."""

app.command("plan")(probe_sizes.command)


@app.command()
def grounding(
    model: Reply,
    corpus: Annotated[
        str | None, typer.Option(help="Ask about the transcripts of this corpus; default: synthetic accents.")
    ] = None,
    root: options.Root = None,
    split: options.Split = None,
    manifest: options.Manifest = None,
    columns: options.Columns = None,
    option: options.Option = None,
    ask: Annotated[
        Literal["words", "sound"],
        typer.Option(help="sound: what the words do not tell, such as who speaks, how, and where."),
    ] = "words",
    speech: Annotated[
        Literal["eng", "jpn"],
        typer.Option(help="Language of speech and questions; jpn is Japanese with foreign accents."),
    ] = "eng",
    scenes: Annotated[
        int | None, typer.Option(min=1, help="Scenes of the grammar; default 10, of sound 12.")
    ] = None,
    first_languages: Annotated[
        str | None,
        typer.Option(
            help="Synthetic accents; all for every one; default jpn,spa, of sound jpn, in Japanese eng,cmn or eng."
        ),
    ] = None,
    strengths: Strengths = "1",
    voices: Annotated[
        int | None,
        typer.Option(min=1, help="Synthetic voices, which stand for speakers; default 8, of sound 6."),
    ] = None,
    silences: Annotated[int, typer.Option(min=0, help="Recordings without speech to ask about.")] = 8,
    form: Annotated[
        Literal["choice", "open"],
        typer.Option(help="choice: shuffled options; open: without, where possible."),
    ] = "choice",
    group_by: options.GroupBy = None,
    reference: options.Reference = None,
    margin: Annotated[float, typer.Option(help="A deficit within this share counts as even.")] = 0.10,
    level: options.Level = 0.95,
    seed: options.Seed = 0,
    out: Out = None,
    model_option: options.ModelOption = None,
    retry_failed: options.RetryFailed = False,
    dry_run: probe_sizes.DryRun = False,
    assume: probe_sizes.Assume = None,
    language: options.Language = "en",
    json: options.Json = False,
) -> None:
    """Ask what was said (L1), what belongs to what (L2), how things relate (L3), what it means (L4), by accent.

    The same questions are asked of the verbatim transcript: the upper bound; with --ask sound the lower bound.

    Example: speechfair probe grounding --model chat-audio:FOLDER --first-languages jpn,spa --out runs/probe
    """
    from speechfair.probes.grounding.grounding_sections import grounding_findings, grounding_sections
    from speechfair.probes.grounding.spoken import bind, speak, speak_sound
    from speechfair.verbs.probe import probe_grounding

    if speech == "jpn" and form == "open":
        raise InputError("--speech jpn asks with options: leave out --form open")
    usual_scenes, usual_accents, usual_voices = _USUAL[ask, speech]
    voices = voices or usual_voices
    if corpus is not None and ask == "sound":
        raise InputError("--ask sound makes its own recordings; leave out --corpus")
    if corpus is not None and speech == "jpn":
        raise InputError(
            "--speech jpn makes its own recordings: questions about a corpus are English; leave out one"
        )
    if corpus is None:
        accents = first_languages or usual_accents
        made: dict[str, Any] = {
            "first_languages": None if accents == "all" else accents,
            "strengths": _numbers(strengths),
            "voices": voices,
            "silences": silences,
            "seed": seed,
            "root": root,
        }
        n = scenes or usual_scenes
        asked = (speak_sound if ask == "sound" else speak)(n, language=speech, **made)
    else:
        from speechfair.corpora import load_corpus

        given = options.key_values(option, "--option", split=split, manifest=manifest, columns=columns)
        asked = bind(load_corpus(corpus, root, **given), silences=silences, seed=seed)
    if dry_run:
        from speechfair.probes.probe_cost import grounding_cost

        cost, n_scenes = grounding_cost(asked, form, probe_sizes.assumed(assume))
        probe_sizes.show_cost(cost, voices if corpus is None else None, n_scenes)
        return
    answerer = _speech_llm(model, options.key_values(model_option, "--model-option"))
    axes = group_by or (["strength", "first_language"] if corpus is None else [])
    folder = _folder(out, "grounding", model)
    with output.transcription_progress() as observe:
        result = probe_grounding(
            asked,
            answerer,
            axes,
            out=folder,
            reference=options.pairs(reference, "--reference"),
            form=form,
            level=level,
            margin=margin,
            retry_failed=retry_failed,
            observe=observe,
        )
    _finish(result, grounding_findings, grounding_sections, folder, language, json)
    if result.audio.not_measured or result.text.not_measured:
        raise typer.Exit(3)


@app.command()
def questions(
    question_set: Annotated[
        str, typer.Argument(help="Question set: items (a file items.jsonl of your own), voicebench-sd-qa, …")
    ],
    model: Reply,
    root: options.Root = None,
    split: options.Split = None,
    option: options.Option = None,
    group_by: options.GroupBy = None,
    reference: options.Reference = None,
    margin: Annotated[float, typer.Option(help="A difference within this share counts as alike.")] = 0.10,
    level: options.Level = 0.95,
    seed: options.Seed = 0,
    out: Out = None,
    model_option: options.ModelOption = None,
    retry_failed: options.RetryFailed = False,
    dry_run: probe_sizes.DryRun = False,
    assume: probe_sizes.Assume = None,
    language: options.Language = "en",
    json: options.Json = False,
) -> None:
    """Put the questions of a set of recordings to a model: share right by group, of the audio and of the transcript.

    Example: speechfair probe questions items --root MY_SET --model chat-audio:FOLDER --out runs/questions
    """
    from speechfair.probes import load_question_set
    from speechfair.probes.questions.questions_sections import questions_findings, questions_sections
    from speechfair.verbs.probe import probe_questions

    given = options.key_values(option, "--option", split=split)
    asked = load_question_set(question_set, root, **given)
    if dry_run:
        from speechfair.probes.probe_cost import questions_cost

        cost, (n_voices, n_items) = questions_cost(asked, seed, probe_sizes.assumed(assume)), asked.sizes()
        probe_sizes.show_cost(cost, n_voices, n_items, 1.0, 1)
        return
    answerer = _speech_llm(model, options.key_values(model_option, "--model-option"))
    folder = _folder(out, question_set, model)
    with output.transcription_progress() as observe:
        result = probe_questions(
            asked,
            answerer,
            group_by,
            out=folder,
            reference=options.pairs(reference, "--reference"),
            level=level,
            margin=margin,
            seed=seed,
            retry_failed=retry_failed,
            observe=observe,
        )
    _finish(result, questions_findings, questions_sections, folder, language, json)
    if result.not_measured:
        raise typer.Exit(3)


@app.command()
def strength(
    model: options.Model = "bundled:whisper-tiny.en",
    first_languages: FirstLanguages = None,
    strengths: Strengths = "0.25,0.5,0.75,1",
    voices: Voices = 8,
    texts: Annotated[
        str, typer.Option(help="How many of the shipped sentences, or a file with one a line.")
    ] = "12",
    root: options.Root = None,
    level: options.Level = 0.95,
    seed: options.Seed = 0,
    out: Out = None,
    window: options.Window = None,
    model_option: options.ModelOption = None,
    retry_failed: options.RetryFailed = False,
    language: options.Language = "en",
    json: options.Json = False,
) -> None:
    """How a recogniser's error rises with the strength of rule-made accents: slope, and where error doubles.

    Example: speechfair probe strength --model bundled:whisper-tiny.en --first-languages jpn,spa --out runs/strength
    """
    from speechfair.corpora import load_corpus
    from speechfair.models import load_model
    from speechfair.probes.sections import strength_findings, strength_sections
    from speechfair.verbs.probe import probe_strength

    corpus = load_corpus(
        "synthetic",
        root,
        first_languages=first_languages,
        strengths=_numbers(strengths),
        voices=voices,
        texts=int(texts) if texts.isdigit() else texts,
        seed=seed,
    )
    recognizer = load_model(model, **options.model_options(model_option, window))
    folder = _folder(out, "strength", model)
    with output.transcription_progress() as observe:
        result = probe_strength(
            corpus,  # type: ignore[arg-type]
            recognizer,
            out=folder,
            level=level,
            retry_failed=retry_failed,
            observe=observe,
        )
    _finish(result, strength_findings, strength_sections, folder, language, json)


@app.command()
def response(
    model: Reply,
    speech: Annotated[
        Literal["eng", "jpn"],
        typer.Option(help="Language of the requests; jpn with foreign-accented Japanese."),
    ] = "eng",
    requests: Annotated[
        int, typer.Option(min=1, help="How many of the 208 requests, of all kinds and domains.")
    ] = 48,
    first_languages: Annotated[
        str | None,
        typer.Option(help="Synthetic accents; all for every one; default jpn,spa, of Japanese eng,cmn."),
    ] = None,
    strengths: Strengths = "1",
    voices: Voices = 8,
    root: options.Root = None,
    group_by: options.GroupBy = None,
    reference: options.Reference = None,
    judge: Annotated[
        str | None, typer.Option(help="A model that classifies the replies in place of the rules.")
    ] = None,
    least_accuracy: Annotated[
        float, typer.Option(help="A classifier below this on replies of known truth is not used.")
    ] = 0.9,
    level: options.Level = 0.95,
    seed: options.Seed = 0,
    out: Out = None,
    model_option: options.ModelOption = None,
    retry_failed: options.RetryFailed = False,
    dry_run: probe_sizes.DryRun = False,
    assume: probe_sizes.Assume = None,
    language: options.Language = "en",
    json: options.Json = False,
) -> None:
    """Put the same spoken requests in varied voices: refusal, help, safety, hedging, length, language, stereotypes.

    Example: speechfair probe response --model chat-audio:FOLDER --first-languages jpn,spa --out runs/response
    """
    from speechfair.probes.response.probe_response import PROMPTS, say_requests
    from speechfair.probes.sections import response_findings, response_sections
    from speechfair.verbs.probe import probe_response

    accents = first_languages or {"eng": "jpn,spa", "jpn": "eng,cmn"}[speech]
    corpus = say_requests(
        requests,
        speech,
        first_languages=None if accents == "all" else accents,
        strengths=_numbers(strengths),
        voices=voices,
        seed=seed,
        root=root,
    )
    if dry_run:
        from speechfair.probes.probe_cost import requests_cost
        from speechfair.probes.response.request_set import requests as shipped

        texts = [request.text for request in shipped(speech, requests)]
        cost = requests_cost(texts, PROMPTS[speech], len(corpus), probe_sizes.assumed(assume))
        probe_sizes.show_cost(cost, voices, len(texts), 1.0)
        return
    answerer = _speech_llm(model, options.key_values(model_option, "--model-option"))
    folder = _folder(out, "response", model)
    with output.transcription_progress() as observe:
        result = probe_response(
            corpus,
            answerer,
            group_by or ["first_language"],
            out=folder,
            reference=options.pairs(reference, "--reference"),
            judge_model=_speech_llm(judge, {}) if judge else None,
            least_accuracy=least_accuracy,
            level=level,
            retry_failed=retry_failed,
            observe=observe,
        )
    _finish(result, response_findings, response_sections, folder, language, json)


def _speech_llm(spec: str, given: dict[str, Any]) -> Any:
    from speechfair.models import load_speech_llm

    return load_speech_llm(spec, **given)


def _numbers(words: str) -> list[float]:
    try:
        return [float(word) for word in words.split(",")]
    except ValueError:
        raise InputError(f"--strengths {words!r}: write numbers from 0 to 1, such as 0.5,1") from None


def _folder(out: Path | None, kind: str, model: str) -> Path:
    return out or Path("runs") / re.sub(r"[^\w.]+", "-", f"probe-{kind}-{model}")


def _finish(
    result: Any,
    findings: Callable[[Any, Translator], list[Finding]],
    sections: Callable[[Any, Translator], list[Section]],
    folder: Path,
    language: Language,
    json: bool,
) -> None:
    """Print the result: JSON, or findings and tables; write the page in its language and say where it is."""
    from speechfair.messages.translation import Translator
    from speechfair.verbs.probe import probe_page

    tell = Translator(language)
    page = probe_page(result, folder, language)
    if json:
        typer.echo(result.to_json(), nl=False)
    else:
        _show(findings(result, tell), sections(result, tell), result.notes, language)
    output.say(f"run folder: {folder}\nreport:     {page}")


def _show(
    findings: Sequence[Finding], sections: Sequence[Section], notes: Sequence[str], language: Language
) -> None:
    for finding in findings:
        output.tell(finding.text, language)
    for section in sections:
        output.show_table(section.table, language)
    for note in notes:
        output.tell(f"note: {note}", language)
