"""From questions to replies: a fixed plan of batches, of which only the missing ones are asked.

Two arms put the same prompts: ``audio`` once for each utterance and item, ``text`` (the control, with the verbatim
transcript) once for each scene and item. Each finished batch is one Parquet part, so a killed run loses at most one.
What goes wrong with one question becomes its `error`; replies are stored verbatim and read later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from speechfair.errors import ModelError, RunFolderError, SpeechfairError
from speechfair.running.batch_plan import loaded_batches, plan_batches
from speechfair.running.transcription import Observer, Progress, utterance_digest
from speechfair.types import Answer, Audio, Question, SpeechLanguageModel

if TYPE_CHECKING:
    import polars as pl

    from speechfair.store import RunFolder

__all__ = ["AUDIO", "TEXT", "Ask", "ask_missing", "by_ask", "read_replies"]

AUDIO, TEXT = "audio", "text"

UTTERANCES_A_BATCH = 8
TEXTS_A_BATCH = 64


@dataclass(frozen=True, slots=True)
class Ask:
    """One prompt about one thing.

    Parameters
    ----------
    about : id of the utterance (arm ``audio``) or of the scene (arm ``text``).
    item : id of the item, unique for `about`.
    transcript : the verbatim transcript, in the arm ``text`` only.
    """

    arm: str
    about: str
    item: str
    prompt: str
    transcript: str | None = None

    @property
    def id(self) -> str:
        """Unique within a run."""
        return f"{self.arm}|{self.about}|{self.item}"


def reply_schema() -> dict[str, Any]:
    """Column names and polars types of a part of replies."""
    import polars as pl

    return {
        "ask": pl.String,
        "arm": pl.String,
        "about": pl.String,
        "item": pl.String,
        "content": pl.String,
        "reply": pl.String,
        "error": pl.String,
        "heard": pl.String,
        "seconds": pl.Float64,
        "model": pl.String,
    }


def read_replies(run: RunFolder, key: str) -> pl.DataFrame:
    """All replies of a model, one row per ask; where one was asked again the last reply counts."""
    import polars as pl

    frames = []
    for path in sorted((run.path / "replies" / key).glob("part-*.parquet")):
        frame = run.read_table(path.relative_to(run.path).as_posix(), "delete that file and ask again")
        if dict(frame.schema) != reply_schema():
            raise RunFolderError(f"{path} has other columns than a part of replies; delete it and ask again")
        frames.append(frame)
    table = pl.concat(frames) if frames else pl.DataFrame(schema=reply_schema())
    return table.unique(subset="ask", keep="last", maintain_order=True)


def by_ask(replies: pl.DataFrame) -> Callable[[Ask], str | None]:
    """Look the stored reply to an ask up; null where it failed.

    Raises
    ------
    RunFolderError
        By the function that is given: it has not been asked yet.
    """
    found: dict[str, str | None] = dict(replies.select("ask", "reply").iter_rows())

    def reply_to(ask: Ask) -> str | None:
        if ask.id not in found:
            raise RunFolderError(
                f"there is no reply to {ask.id!r} yet; run the same command again to continue"
            )
        return found[ask.id]

    return reply_to


def ask_missing(
    run: RunFolder,
    manifest: pl.DataFrame,
    asks: Sequence[Ask],
    model: SpeechLanguageModel,
    root: str | None,
    *,
    retry_failed: bool = False,
    observe: Observer | None = None,
) -> pl.DataFrame:
    """Ask what has no reply of `model` yet; return all replies.

    Parameters
    ----------
    manifest : the utterances that the arm ``audio`` is about.
    root : folder that relative audio paths of the manifest lie under.
    retry_failed : also ask again what failed before.
    observe : called after every batch; counts questions, and seconds of speech.

    Raises
    ------
    RunFolderError
        A stored reply is to another prompt, or about other audio, than the one that would be asked now.
    """
    key = model.identity.key
    contents = _contents(manifest, asks)
    before = read_replies(run, key)
    _check_same(run, before, contents)
    finished = set(before.filter(before["error"].is_null() | (not retry_failed))["ask"])
    todo = [ask for ask in asks if ask.id not in finished]
    tally = _Tally(asks, before.filter(before["ask"].is_in(list(finished))), manifest, observe)
    tally.report()
    for questions, failures in _batches(run, manifest, todo, root, model.sample_rate, key):
        answers = _answer(model, [question for _, question in questions]) if questions else []
        done = [(ask, answer) for (ask, _), answer in zip(questions, answers, strict=True)] + failures
        _write(run, key, done, contents)
        tally.add(done)
    return read_replies(run, key)


def _contents(manifest: pl.DataFrame, asks: Sequence[Ask]) -> dict[str, str]:
    """What each ask is made of: a digest of its prompt and of the transcript or the audio."""
    heard = {row["id"]: utterance_digest(row) for row in manifest.iter_rows(named=True)}
    found = {}
    for ask in asks:
        about = heard[ask.about] if ask.arm == AUDIO else str(ask.transcript)
        found[ask.id] = hashlib.sha256(f"{ask.prompt}|{about}".encode()).hexdigest()[:16]
    return found


def _check_same(run: RunFolder, before: pl.DataFrame, contents: Mapping[str, str]) -> None:
    for name, content in before.select("ask", "content").iter_rows():
        if contents.get(name) != content:
            what = (
                "is not asked in it" if name not in contents else "was made of another prompt or other audio"
            )
            raise RunFolderError(f"{run.path}: the stored reply to {name!r} {what}; choose another --out")


_Asked = list[tuple[Ask, Question]]
_Answered = list[tuple[Ask, Answer]]


def _batches(
    run: RunFolder, manifest: pl.DataFrame, todo: Sequence[Ask], root: str | None, rate: int, key: str
) -> Iterator[tuple[_Asked, _Answered]]:
    texts = [ask for ask in todo if ask.arm == TEXT]
    for start in range(0, len(texts), TEXTS_A_BATCH):
        part = texts[start : start + TEXTS_A_BATCH]
        yield [(ask, Question(ask.id, ask.prompt, transcript=ask.transcript)) for ask in part], []
    by_utterance: dict[str, list[Ask]] = {}
    for ask in todo:
        if ask.arm == AUDIO:
            by_utterance.setdefault(ask.about, []).append(ask)
    ids = manifest["id"].to_list()
    planned = [
        [row for row in rows if ids[row] in by_utterance]
        for rows in plan_batches(manifest, UTTERANCES_A_BATCH)
    ]
    planned = [rows for rows in planned if rows]
    for _, sounds, broken in loaded_batches(manifest, planned, root, run.path, rate, key):
        failures = [
            (ask, Answer(ask.id, None, str(failed.error), 0.0, key))
            for failed in broken
            for ask in by_utterance[failed.utterance_id]
        ]
        yield [pair for sound in sounds for pair in _about(sound, by_utterance[sound.utterance_id])], failures


def _about(sound: Audio, asks: Sequence[Ask]) -> _Asked:
    return [(ask, Question(ask.id, ask.prompt, audio=sound)) for ask in asks]


def _answer(model: SpeechLanguageModel, batch: list[Question]) -> list[Answer]:
    """The batch's answers; if the adapter raises, questions are asked alone so that only the culprit fails."""
    try:
        answers = model.answer(batch)
    except (SpeechfairError, MemoryError):
        raise
    except Exception as error:
        if len(batch) == 1:
            reason = f"{type(error).__name__}: {error}"
            return [Answer(batch[0].id, None, reason, 0.0, model.identity.key)]
        return [answer for question in batch for answer in _answer(model, [question])]
    if [answer.question_id for answer in answers] != [question.id for question in batch]:
        raise ModelError(
            f"the adapter {type(model).__name__} returned {len(answers)} answers for {len(batch)} questions, "
            "or in another order; that is a fault of the adapter"
        )
    return answers


def _write(run: RunFolder, key: str, done: _Answered, contents: Mapping[str, str]) -> None:
    import polars as pl

    rows = [
        {
            "ask": ask.id,
            "arm": ask.arm,
            "about": ask.about,
            "item": ask.item,
            "content": contents[ask.id],
            "reply": answer.text,
            "error": answer.error,
            "heard": answer.heard,
            "seconds": answer.seconds,
            "model": answer.model,
        }
        for ask, answer in done
    ]
    taken = [int(path.stem.split("-")[1]) for path in (run.path / "replies" / key).glob("part-*.parquet")]
    name = f"replies/{key}/part-{max(taken, default=-1) + 1:06d}.parquet"
    run.write_table(name, pl.DataFrame(rows, schema=reply_schema()))


class _Tally:
    """Running sums for the observer: questions, and the seconds of speech that the audio arm is about."""

    def __init__(
        self, asks: Sequence[Ask], before: pl.DataFrame, manifest: pl.DataFrame, observe: Observer | None
    ) -> None:
        self.observe = observe
        lengths = dict(zip(manifest["id"], manifest["duration_s"].fill_null(0.0), strict=True))
        per_utterance: dict[str, int] = {}
        for ask in asks:
            if ask.arm == AUDIO:
                per_utterance[ask.about] = per_utterance.get(ask.about, 0) + 1
        # an utterance's seconds are shared out over the questions about it
        self.seconds = {about: lengths[about] / count for about, count in per_utterance.items()}
        self.total, self.total_s = len(asks), float(sum(lengths[about] for about in per_utterance))
        self.done, self.failed = before.height, int(before["error"].is_not_null().sum())
        heard = before.filter(before["arm"] == AUDIO)["about"]
        self.resumed_s = self.done_s = float(sum(self.seconds.get(about, 0.0) for about in heard))

    def add(self, done: _Answered) -> None:
        self.done += len(done)
        self.failed += sum(answer.error is not None for _, answer in done)
        self.done_s += sum(self.seconds[ask.about] for ask, _ in done if ask.arm == AUDIO)
        self.report()

    def report(self) -> None:
        if self.observe:
            self.observe(
                Progress(self.done, self.total, self.failed, 0, self.done_s, self.total_s, self.resumed_s)
            )
