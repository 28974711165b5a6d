"""The verb ``probe grounding``: scenes are asked about, replies read, and each accent's lowest weak level named.

Resumable like an audit: the run folder holds the manifest, the scenes and every reply, and a folder of another recipe
is refused. What speaks and what is asked is decided in `spoken`, `grammar` and `bound`.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair import __version__
from speechfair.auditing.result import CorpusRecord, ModelRecord
from speechfair.errors import InputError
from speechfair.probes.asking import ask_missing
from speechfair.probes.grounding.diagnosis import ALPHA, MARGIN
from speechfair.probes.grounding.grounding_estimates import (
    axis_grounding,
    kind_shares,
    outcomes_of,
    overall_grounding,
    silence_share,
)
from speechfair.probes.grounding.heard_kinds import heard_kinds
from speechfair.probes.grounding.outcomes import asks_of, chosen_options, outcome_table
from speechfair.probes.grounding.spoken import SceneCorpus
from speechfair.probes.items import WORDING, Form, Scene
from speechfair.probes.letter_bias import letter_bias_notes
from speechfair.probes.probe_folder import begin_or_compare, listed, settle
from speechfair.probes.results import GroundingResult
from speechfair.running.content_digest import content_digest
from speechfair.running.run_recipe import Analysis, RunRecipe, card_part, corpus_part, model_part
from speechfair.running.run_record import reseal, scores_name
from speechfair.running.transcription import Observer
from speechfair.store import RunFolder
from speechfair.types import SpeechLanguageModel
from speechfair.wording import worded

if TYPE_CHECKING:
    import polars as pl

__all__ = ["probe_grounding"]

SCENES = "scenes.json"
RESULT = "grounding.json"


def probe_grounding(
    corpus: SceneCorpus,
    model: SpeechLanguageModel,
    group_by: Sequence[str] = (),
    *,
    out: str | Path | None = None,
    reference: Mapping[str, str] | None = None,
    form: Form = "choice",
    level: float = 0.95,
    margin: float = MARGIN,
    alpha: float = ALPHA,
    retry_failed: bool = False,
    observe: Observer | None = None,
) -> GroundingResult:
    """Ask a speech-LLM about every utterance, and the same about the transcripts; compare groups of speakers.

    Parameters
    ----------
    corpus : from `speak`, `speak_sound` or `bind` of `speechfair.probes.grounding.spoken`.
    group_by : label axes such as ``first_language``, or crossings such as ``first_language+strength``.
    out : run folder. The same call on the same folder resumes; None keeps nothing.
    reference : reference group by axis; where absent the corpus card's, else the largest group.
    form : ``choice`` among shuffled options, or ``open`` where the question makes sense without them.
    level : coverage of the intervals.
    margin : a deficit whose interval stays below this share counts as even.
    alpha : of the tests, adjusted over groups and levels (Holm).
    retry_failed : ask again what failed in an earlier call.
    observe : called after every batch.

    Raises
    ------
    RunFolderError : `out` holds a run of another recipe.
    InputError : no utterance has anything to ask about, or an argument is not usable.
    """
    if form not in ("choice", "open"):
        raise InputError(f"form {form!r}: write choice or open")
    if not 0 < margin < 1 or not 0 < alpha < 1:
        raise InputError(f"margin ({margin}) and alpha ({alpha}) are shares between 0 and 1")
    analysis = Analysis(
        group_by=tuple(group_by), reference=dict(reference or {}), level=level, seed=corpus.seed
    )
    settings = {"form": form, "margin": margin, "alpha": alpha, "wording": WORDING, "items": corpus.items}
    if out is None:
        with tempfile.TemporaryDirectory(prefix="speechfair-") as folder:
            return _probe(RunFolder(folder), corpus, model, analysis, settings, retry_failed, observe)
    return _probe(RunFolder(out), corpus, model, analysis, settings, retry_failed, observe)


def _probe(
    run: RunFolder,
    corpus: SceneCorpus,
    model: SpeechLanguageModel,
    analysis: Analysis,
    settings: Mapping[str, Any],
    retry_failed: bool,
    observe: Observer | None,
) -> GroundingResult:
    with run.locked(new=True):
        manifest, scene_of = _prepare(run, corpus, analysis.seed, settings)
        record = settle(run, model, analysis)
        form: Form = settings["form"]
        asks = asks_of(scene_of, form, analysis.seed)
        replies = ask_missing(
            run, manifest, asks, model, record.root, retry_failed=retry_failed, observe=observe
        )
        table = outcome_table(manifest, scene_of, replies, form, analysis.seed)
        run.write_table(scores_name(record.recipe), table)
        statement = record.statement
        result = _result(record.recipe, table, manifest, scene_of, model, analysis, settings, statement)
        run.write_file(RESULT, result.to_json().encode())
        reseal(run, record)
        return result


def _prepare(
    run: RunFolder, corpus: SceneCorpus, seed: int, settings: Mapping[str, Any]
) -> tuple[pl.DataFrame, dict[str, Scene]]:
    manifest = listed(run, corpus)
    excluded = set(manifest.filter(manifest["excluded"].is_not_null())["id"])
    texts = {name: text for name, text in manifest.select("id", "text").iter_rows() if name not in excluded}
    scene_of = corpus.scenes_of(texts)
    if not scene_of:
        raise InputError(f"no utterance of the corpus {corpus.name!r} has a text to ask about")
    by_id = {scene.id: scene for scene in scene_of.values()}
    scenes = json.dumps({name: asdict(scene) for name, scene in by_id.items()}, ensure_ascii=False, indent=1)
    part = corpus_part(corpus, content_digest(manifest))
    probe = {**settings, "scenes_sha256": hashlib.sha256(scenes.encode()).hexdigest(), "seed": seed}
    parts = {"corpus": part, "probe": probe}
    manifest = begin_or_compare(run, corpus, manifest, card_part(corpus.card), parts, {SCENES: scenes})
    return manifest, scene_of


def _result(
    recipe: RunRecipe,
    table: pl.DataFrame,
    manifest: pl.DataFrame,
    scene_of: Mapping[str, Scene],
    model: SpeechLanguageModel,
    analysis: Analysis,
    settings: Mapping[str, Any],
    statement: str | None,
) -> GroundingResult:
    control = table.unique(subset=["scene", "item"], keep="first", maintain_order=True)
    margin, alpha, level = settings["margin"], settings["alpha"], analysis.level
    return GroundingResult(
        speechfair=__version__,
        model=model.identity.name,
        model_record=ModelRecord(**model_part(model).plain()),
        architecture=model.architecture,
        corpus=recipe.corpus.name,
        corpus_record=CorpusRecord(**recipe.corpus.plain(), statement=statement),
        items=settings["items"],
        n_scenes=len({scene.id for scene in scene_of.values()}),
        n_utterances=len(scene_of),
        n_excluded=manifest.height - len(scene_of),
        form=settings["form"],
        seed=analysis.seed,
        level=level,
        margin=margin,
        alpha=alpha,
        audio=outcomes_of(table["outcome"]),
        text=outcomes_of(control["text_outcome"]),
        overall=overall_grounding(table, level),
        axes=[axis_grounding(table, axis, recipe, level, margin, alpha) for axis in analysis.group_by],
        kinds=kind_shares(table),
        heard=heard_kinds(table.filter(~table["silence"]).to_dicts(), level, alpha),
        silence=silence_share(table, level),
        notes=_notes(table, settings["items"]) + _letter_notes(table, scene_of, analysis.seed),
    )


def _notes(table: pl.DataFrame, items: str) -> list[str]:
    notes = [
        "intervals of shares and differences speak of other voices and other scenes; those of the gap to the "
        "transcript speak of other voices only",
        "reaching a level is not enough for quality: quality goals stay error, harm and fairness",
    ]
    if items == "corpus":
        notes.append(
            "the questions come from the corpus's own transcripts, each of one speaker, so groups were asked "
            "different things; L4 cannot be derived from a transcript by rule and was not asked"
        )
    if items == "sound":
        notes.append(
            "the answers are in the sound and not in the words: the text arm is the lower bound; "
            "everything is made by rule, and real voices and rooms differ"
        )
    audio, text = outcomes_of(table["outcome"]), outcomes_of(table["text_outcome"])
    for arm, counted in (("audio", audio), ("text control", text)):
        if counted.not_measured:
            notes.append(
                f"not measured ({arm}): {counted.not_measured}. Look at the replies in the scores file; a "
                "larger max_new_tokens, or a model that answers with a letter, may help"
            )
    wrong = text.wrong + text.refusal + text.unsure
    if items != "sound" and wrong > 0.2 * table.height and text.not_measured is None:
        share = worded(wrong / table.height, "percent", 0)
        notes.append(
            f"the text control is wrong about {share} % of the questions: the language model, "
            "not the hearing, limits these figures"
        )
    return notes


def _letter_notes(table: pl.DataFrame, scene_of: Mapping[str, Scene], seed: int) -> list[str]:
    """Whether one letter is chosen far too often; each question is asked of the transcript once."""
    controls = table.unique(["scene", "item"], maintain_order=True)
    return letter_bias_notes(
        chosen_options(table, scene_of, seed), chosen_options(controls, scene_of, seed, "text_answer")
    )
