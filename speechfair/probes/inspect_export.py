"""Probes and audits as Inspect tasks (extra ``inspect``), so that its log viewer and its model providers can be used.

`grounding_task` and `audit_task` make tasks of a corpus, `inspect_model` puts one of our models behind Inspect's
interface, `evaluate` runs the two. Scores are grouped, and standard errors take the speaker as the cluster; a group
with one speaker gets none, where Inspect's own would be 0. Diagnoses and intervals are ours alone: see `grounding`.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError, MissingExtraError, ModelError
from speechfair.types import Audio, Corpus, Question, Recognizer, SpeechLanguageModel, Utterance

if TYPE_CHECKING:
    from speechfair.probes.grounding.spoken import SceneCorpus
    from speechfair.probes.items import Form, Scene

__all__ = ["audit_task", "evaluate", "grounding_task", "group_figures", "inspect_model"]

TRANSCRIBE = "Transcribe the audio word for word."
UNKNOWN_SPEAKER = "unknown"


def grounding_task(
    corpus: SceneCorpus, group_by: str, *, form: Form = "choice", arm: str = "audio", seed: int | None = None
) -> Any:
    """The grounding probe as an Inspect task: one sample for each question about each utterance.

    Parameters
    ----------
    group_by : label axis whose groups are reported, per level.
    arm : ``audio``, or ``text`` for the control: the same questions about the verbatim transcript.
    seed : of the order of options; None is the corpus's.

    Raises
    ------
    MissingExtraError : inspect-ai is not installed.
    """
    from speechfair.probes.items import prompt_of
    from speechfair.probes.reading import read

    inspect = _inspect()
    if arm not in ("audio", "text"):
        raise InputError(f"arm {arm!r}: write audio or text")
    order = corpus.seed if seed is None else seed
    utterances = [row for row in corpus if isinstance(row, Utterance)]
    scene_of = corpus.scenes_of({row.id: row.text for row in utterances})
    samples = []
    asked: dict[str, tuple[Scene, int]] = {}
    for row in utterances:
        scene = scene_of.get(row.id)
        for place, item in enumerate(scene.items if scene is not None else ()):
            assert scene is not None
            name = f"{row.id}|{item.id}"
            asked[name] = (scene, place)
            prompt = prompt_of(scene.id, item, form, order)
            metadata = _metadata(row, group_by) | {"level": item.level, "kind": item.kind}
            metadata["group_level"] = f"{metadata['group']} L{item.level}"
            samples.append(
                _sample(
                    inspect, name, row, prompt, item.answer, metadata, row.text if arm == "text" else None
                )
            )

    def judge(name: str, reply: str) -> tuple[float, str | None, str]:
        scene, place = asked[name]
        found = read(reply, scene.id, scene.items[place], form, order)
        return float(found.outcome == "right"), found.answer, found.outcome

    return _task(inspect, "speechfair_grounding", samples, judge, ["group", "group_level"])


def audit_task(corpus: Corpus, group_by: str, *, normalizer: str = "english") -> Any:
    """An audit as an Inspect task: one sample for each utterance, scored with its word error rate.

    The mean of utterances' rates is what Inspect can report; the pooled rate of an audit weighs long ones more.
    """
    from speechfair.metrics import count_errors
    from speechfair.text import load_normalizer

    inspect = _inspect()
    normalize = load_normalizer(normalizer)
    rows = [row for row in corpus if isinstance(row, Utterance) and row.text and normalize(row.text)]
    references = {row.id: normalize(row.text or "") for row in rows}
    samples = [
        _sample(inspect, row.id, row, TRANSCRIBE, row.text or "", _metadata(row, group_by), None)
        for row in rows
    ]

    def judge(name: str, reply: str) -> tuple[float, str | None, str]:
        counts = count_errors([references[name]], [normalize(reply)], tokens="words").row(0, named=True)
        errors = counts["substitutions"] + counts["deletions"] + counts["insertions"]
        return errors / counts["reference_length"], reply, f"{errors} errors"

    return _task(inspect, "speechfair_audit", samples, judge, ["group"])


def inspect_model(model: SpeechLanguageModel | Recognizer) -> Any:
    """One of our models as a model of Inspect. A recogniser answers every prompt with its transcript.

    One question is asked at a time; what goes wrong with it is raised, and Inspect counts the sample as an error.
    """
    _inspect()
    from inspect_ai.model import ModelAPI, ModelOutput, get_model, modelapi

    class SpeechfairAPI(ModelAPI):
        """Inspect's interface around a model of speechfair."""

        async def generate(self, input: Sequence[Any], tools: Any, tool_choice: Any, config: Any) -> Any:
            import anyio

            message = [one for one in input if one.role == "user"][-1]
            text = await anyio.to_thread.run_sync(_reply, model, message)
            return ModelOutput.from_content(self.model_name, text)

        def max_connections(self) -> int:
            return 1

    @modelapi(name="speechfair")
    def speechfair_api() -> Any:
        return SpeechfairAPI

    # memoised models are told apart by their name alone, and two of ours may share one
    return get_model(f"speechfair/{model.identity.name}", memoize=False)


def evaluate(task: Any, model: SpeechLanguageModel | Recognizer, log_dir: str | Path, **options: Any) -> Any:
    """Run a task with one of our models; the log, without the audio, lies in `log_dir`.

    Parameters
    ----------
    options : of ``inspect_ai.eval``.
    """
    inspect = _inspect()
    given = {"display": "none", "log_images": False, "score_display": False, **options}
    return inspect.eval(task, model=inspect_model(model), log_dir=str(log_dir), **given)[0]


def group_figures(rows: Iterable[tuple[str, str, float]]) -> dict[str, float]:
    """Mean of each group, and ``GROUP_se``, its standard error with speakers as clusters.

    Parameters
    ----------
    rows : group, speaker and value of each sample.

    Returns
    -------
    A group of fewer than two speakers has no ``_se`` entry: its standard error is not known, and not 0.

    Examples
    --------
    >>> group_figures([("a", "s1", 1.0), ("a", "s1", 0.0), ("b", "s1", 1.0), ("b", "s2", 0.0)])
    {'a': 0.5, 'b': 0.5, 'b_se': 0.5}
    """
    groups: dict[str, list[tuple[str, float]]] = {}
    for group, speaker, value in rows:
        groups.setdefault(group, []).append((speaker, value))
    found: dict[str, float] = {}
    for group in sorted(groups):
        members = groups[group]
        mean = sum(value for _, value in members) / len(members)
        found[group] = mean
        sums: dict[str, float] = {}
        for speaker, value in members:
            sums[speaker] = sums.get(speaker, 0.0) + value - mean
        count = len(sums)
        if count > 1 and UNKNOWN_SPEAKER not in sums:
            squares = sum(total**2 for total in sums.values())
            found[f"{group}_se"] = math.sqrt(count / (count - 1) * squares) / len(members)
    return found


def _inspect() -> Any:
    try:
        import inspect_ai
    except ImportError:
        raise MissingExtraError("the Inspect export", "inspect-ai", "inspect") from None
    return inspect_ai


def _metadata(row: Utterance, axis: str) -> dict[str, Any]:
    labels = {label.axis: label.value for label in row.labels}
    group = "+".join(labels.get(part, "unknown") for part in axis.split("+"))
    return {"speaker": row.speaker or UNKNOWN_SPEAKER, "group": group}


def _sample(
    inspect: Any,
    name: str,
    row: Utterance,
    prompt: str,
    target: str,
    metadata: dict[str, Any],
    text: str | None,
) -> Any:
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ChatMessageUser, ContentAudio, ContentText

    from speechfair.models.answering import written

    if text is not None:
        content: list[Any] = [ContentText(text=written(Question(name, prompt, transcript=text)))]
        metadata = {**metadata, "prompt": prompt, "transcript": text}
    else:
        content = [ContentAudio(audio=_data_url(row), format="wav"), ContentText(text=prompt)]
    return Sample(id=name, input=[ChatMessageUser(content=content)], target=target, metadata=metadata)


def _data_url(row: Utterance) -> str:
    from speechfair.audio import load_bytes

    if row.start_s is not None or row.end_s is not None or row.channel is not None:
        raise InputError(f"utterance {row.id!r} is a stretch or one channel of a file; cut it out first")
    return "data:audio/wav;base64," + base64.b64encode(load_bytes(row.audio)).decode()


def _reply(model: SpeechLanguageModel | Recognizer, message: Any) -> str:
    """What our model says to a message of Inspect; a failed row raises."""
    parts = message.content if not isinstance(message.content, str) else []
    sounds = [part.audio for part in parts if part.type == "audio"]
    audio = _decoded(sounds[0], model.sample_rate) if sounds else None
    if isinstance(model, SpeechLanguageModel):
        question = Question("q", message.text, audio, None if audio is not None else "")
        answer = model.answer([question])[0]
        said, error = answer.text, answer.error
    elif audio is None:
        raise ModelError("a recogniser needs audio; the message has none")
    else:
        hypothesis = model.transcribe([audio])[0]
        said, error = hypothesis.text, hypothesis.error
    if said is None:
        raise ModelError(f"{model.identity.name}: {error}")
    return said


def _decoded(source: str, rate: int) -> Audio:
    from speechfair.audio import decode

    data = (
        base64.b64decode(source.partition(",")[2])
        if source.startswith("data:")
        else Path(source).read_bytes()
    )
    return Audio("q", decode(io.BytesIO(data).getvalue(), rate), rate)


def _task(
    inspect: Any,
    name: str,
    samples: Sequence[Any],
    judge: Callable[[str, str], tuple[float, str | None, str]],
    keys: Sequence[str],
) -> Any:
    from inspect_ai import Task
    from inspect_ai.dataset import MemoryDataset
    from inspect_ai.scorer import Score, mean, metric, scorer
    from inspect_ai.solver import generate

    def metric_of(key: str) -> Any:
        @metric(name=f"by_{key}")
        def figures() -> Any:
            def compute(scores: Sequence[Any]) -> Mapping[str, float]:
                return group_figures(
                    (one.sample_metadata[key], one.sample_metadata["speaker"], one.score.as_float())
                    for one in scores
                )

            return compute

        return figures()

    @scorer(metrics=[mean(), *(metric_of(key) for key in keys)], name=f"{name}_scorer")
    def scored() -> Any:
        async def score(state: Any, target: Any) -> Any:
            value, answer, why = judge(str(state.sample_id), state.output.completion)
            return Score(value=value, answer=answer, explanation=why)

        return score

    return Task(dataset=MemoryDataset(list(samples)), solver=generate(), scorer=scored(), name=name)
