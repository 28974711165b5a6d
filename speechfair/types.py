"""The nouns that every other module speaks in: frozen values, of the standard library alone. No file is read here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from speechfair.wording import with_interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "UNKNOWN",
    "Answer",
    "Architecture",
    "Audio",
    "AudioSource",
    "Corpus",
    "CorpusCard",
    "ErrorCounts",
    "Estimate",
    "Exclusion",
    "Hypothesis",
    "Label",
    "LabelSource",
    "ModelIdentity",
    "Normalizer",
    "Question",
    "Recognizer",
    "SpeechLanguageModel",
    "StreamingRecognizer",
    "Utterance",
]

Architecture = Literal["modular", "native", "hybrid"]
"""How speech reaches a language model: as a readable transcript (modular: a cascade), as sound (native), or both."""

LabelSource = Literal["self_reported", "corpus", "annotator", "inferred"]

UNKNOWN = "unknown"
"""The group of every utterance whose label on an axis is missing. Shown, never dropped."""


@dataclass(frozen=True, slots=True)
class Label:
    """One fact about the speaker or the speech, and who said so.

    Parameters
    ----------
    axis : what is described, such as ``first_language`` or ``gender``.
    value : the value on that axis, such as ``cmn`` or ``female``.
    source : ``self_reported``, ``corpus``, ``annotator`` or ``inferred``.
    """

    axis: str
    value: str
    source: LabelSource


class AudioSource(Protocol):
    """Audio that is not a file of its own: a member of an archive, or bytes in memory."""

    @property
    def name(self) -> str:
        """Where it comes from, for error messages."""

    def read(self) -> bytes:
        """The encoded audio (WAV, FLAC, …)."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of speech of one speaker, with what was said, verbatim.

    Parameters
    ----------
    id : unique within its corpus.
    audio : path of an audio file, or an `AudioSource`.
    text : the reference as the corpus words it, or None where the corpus has none.
    language : ISO 639-3 code of the language spoken, such as ``eng``.
    speaker : the unit of sampling, or None where the corpus does not tell.
    labels : at most one per axis.
    start_s, end_s : the stretch within the audio in seconds; None is the file's begin or end.
    channel : of the audio, from 0; None is the average of all channels.
    """

    id: str
    audio: Path | AudioSource
    text: str | None
    language: str
    speaker: str | None
    labels: tuple[Label, ...] = ()
    start_s: float | None = None
    end_s: float | None = None
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A row of a corpus that cannot become an utterance, and why. Counted, never dropped."""

    id: str
    reason: str
    where: str


@dataclass(frozen=True, slots=True)
class Audio:
    """Decoded audio of one utterance: mono float32 in [-1, 1], shape (samples,), at `sample_rate` Hz."""

    utterance_id: str
    samples: NDArray[np.float32]
    sample_rate: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a recogniser made of one utterance. A failure is data: `text` is None and `error` says why.

    Parameters
    ----------
    seconds, model : compute time (a batch's is shared out by audio length); `ModelIdentity.key` of the recogniser.
    rejected : verbatim text of a first decode that was thrown away as a runaway and redone, else None.
    confidence : how sure the recogniser says it is, as the geometric mean of its token (CTC: frame)
        probabilities, in [0, 1]; None where it says nothing. What that is worth is for an audit to find out.
    """

    utterance_id: str
    text: str | None
    error: str | None
    seconds: float
    model: str
    rejected: str | None = None
    confidence: float | None = None

    def __post_init__(self) -> None:
        if self.confidence is not None and not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence {self.confidence!r} of {self.utterance_id!r} is not in [0, 1]")
        if (self.text is None) == (self.error is None):
            raise ValueError(f"hypothesis for {self.utterance_id!r} needs a text or an error, and not both")


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt about a stretch of speech, which is given as audio, as a transcript, or as both.

    The same prompt with the verbatim `transcript` instead of the audio is the control: what a perfect ear answers.

    Parameters
    ----------
    id : unique among the questions of a batch.
    prompt : what is asked, verbatim.
    audio, transcript : the speech, and the words that were said; one of them may be None.
    """

    id: str
    prompt: str
    audio: Audio | None = None
    transcript: str | None = None

    def __post_init__(self) -> None:
        if self.audio is None and self.transcript is None:
            raise ValueError(f"question {self.id!r} needs audio or a transcript")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a speech-LLM made of one question. A failure is data: `text` is None and `error` says why.

    Parameters
    ----------
    text : verbatim; a refusal or nonsense is a text too.
    seconds : compute time spent on it; a batch's time is shared out by audio length.
    model : key of the model's identity with this question's prompt in its options.
    heard : the transcript in between, where the architecture has one, else None.
    """

    question_id: str
    text: str | None
    error: str | None
    seconds: float
    model: str
    heard: str | None = None

    def __post_init__(self) -> None:
        if (self.text is None) == (self.error is None):
            raise ValueError(f"answer to {self.question_id!r} needs a text or an error, and not both")


@dataclass(frozen=True, slots=True)
class ErrorCounts:
    """Edit operations between references and hypotheses, in tokens. Adds up; the rate of nothing is None.

    >>> ErrorCounts(1, 0, 0, 4) + ErrorCounts(0, 1, 0, 6)
    ErrorCounts(substitutions=1, deletions=1, insertions=0, reference_length=10)
    >>> sum([ErrorCounts(1, 0, 0, 4), ErrorCounts(0, 1, 0, 6)], ErrorCounts()).rate
    0.2
    >>> ErrorCounts().rate is None
    True
    """

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    reference_length: int = 0

    def __add__(self, other: ErrorCounts) -> ErrorCounts:
        return ErrorCounts(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.reference_length + other.reference_length,
        )

    @property
    def errors(self) -> int:
        """Substitutions + deletions + insertions."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float | None:
        """Errors per reference token; None when there is no reference token."""
        return self.errors / self.reference_length if self.reference_length else None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval, and what it rests on. Undefined is None, with the reason.

    Parameters
    ----------
    value, low, high : estimate and interval limits, or None where undefined.
    level, method : nominal coverage, such as 0.95; how the interval was made, such as ``jackknife-log-t``.
    reason : why `value` or the interval is None; None when both are there.
    n_lost_replicates : resampling replicates in which the statistic was undefined.
    """

    value: float | None
    low: float | None
    high: float | None
    level: float
    n_utterances: int
    n_speakers: int
    method: str
    reason: str | None = None
    n_lost_replicates: int = 0

    def __str__(self) -> str:
        """``0.17 [0.11, 0.26]``, or the reason why there is no interval."""
        return with_interval(self, reason=True)


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """What exactly was run. Two equal keys mean the same weights, decoding options and code path.

    Parameters
    ----------
    name : as the user asked for it, such as ``bundled:whisper-tiny.en``.
    family, digest : the adapter, such as ``faster-whisper``, and the sha256 over the weights (hex).
    options : decoding options, JSON-serialisable; part of the identity.
    versions : packages whose version can change the output, such as ``ctranslate2``.
    """

    name: str
    family: str
    digest: str
    options: Mapping[str, Any]
    versions: Mapping[str, str]

    @property
    def key(self) -> str:
        """Short stable digest over name's weights, options and versions (16 hex digits)."""
        parts = [self.family, self.digest, dict(self.options), dict(self.versions)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


class CorpusCard(Protocol):
    """What a loader's card tells: `speechfair.corpora.card.Card` or `PlainCard`."""

    @property
    def name(self) -> str:
        """Registry name."""

    @property
    def version(self) -> str:
        """Of the corpus."""

    @property
    def reference(self) -> Mapping[str, str]:
        """Reference group by axis."""

    @property
    def tokens(self) -> Literal["words", "characters"]:
        """What errors are counted in."""

    @property
    def normalizer(self) -> str | None:
        """Name of the text normaliser; None: by language."""

    @property
    def statement(self) -> str | None:
        """Said wherever the corpus is used."""

    @property
    def licence(self) -> Any:
        """A `Licence`, or None."""


@runtime_checkable
class Corpus(Protocol):
    """Iterates its utterances lazily, in a stable order, with every row it cannot use as an `Exclusion`."""

    @property
    def name(self) -> str:
        """Registry name."""

    @property
    def card(self) -> CorpusCard:
        """The corpus's card."""

    @property
    def options(self) -> Mapping[str, Any]:
        """JSON-serialisable arguments it was loaded with, apart from `root`; part of the recipe."""

    @property
    def root(self) -> Path | None:
        """Folder that the audio paths lie under, or None."""

    def __iter__(self) -> Iterator[Utterance | Exclusion]: ...


@runtime_checkable
class Recognizer(Protocol):
    """Turns a batch of audio into hypotheses, one for one and in order. Never raises for one bad utterance."""

    @property
    def identity(self) -> ModelIdentity:
        """What exactly runs."""

    @property
    def sample_rate(self) -> int:
        """Hz that `transcribe` expects."""

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        """One hypothesis per audio, in order; results do not depend on what else is in the batch."""


@runtime_checkable
class StreamingRecognizer(Recognizer, Protocol):
    """A recogniser that begins the next batch while one ends, so that none of its workers waits."""

    def transcribe_stream(self, batches: Iterable[Sequence[Audio]]) -> Generator[list[Hypothesis]]:
        """What `transcribe` gives for each batch, in order."""


@runtime_checkable
class SpeechLanguageModel(Protocol):
    """Answers questions about speech, one for one and in order. Never raises for one bad question."""

    @property
    def identity(self) -> ModelIdentity:
        """What exactly runs."""

    @property
    def sample_rate(self) -> int:
        """Hz of the audio that `answer` expects."""

    @property
    def architecture(self) -> Architecture:
        """How speech reaches the language model."""

    def answer(self, batch: Sequence[Question]) -> list[Answer]:
        """One answer per question, in order; answers do not depend on what else is in the batch."""


class Normalizer(Protocol):
    """Maps a verbatim text to the string that is scored."""

    @property
    def name(self) -> str:
        """Registry name, such as ``english``; with `version` it is part of the recipe."""

    @property
    def version(self) -> str:
        """Changes whenever the output can change."""

    def __call__(self, text: str) -> str:
        """The normalised text."""
