"""What a run is: the settings that decide its numbers, kept in ``run.yaml`` and compared before anything is reused.

A recipe has a part for the corpus (with the manifest's digest), one for what its card said, one for the model and one
for the analysis. A folder with another recipe is refused with the difference; only `score` may change the analysis,
because it says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from speechfair.errors import InputError, RunFolderError
from speechfair.metrics.error_counts import Tokens
from speechfair.records import StrictRecord
from speechfair.text.annotations import Marker, Rule
from speechfair.types import Architecture, Corpus, CorpusCard, Recognizer, SpeechLanguageModel

__all__ = [
    "MOST_SHARDS",
    "Analysis",
    "Calibration",
    "CalibrationGroup",
    "CalibrationSettings",
    "CardPart",
    "CorpusPart",
    "Digest",
    "LanguagePart",
    "ModelPart",
    "Part",
    "PlainName",
    "RunRecipe",
    "ScoringPart",
    "Shard",
    "card_part",
    "corpus_part",
    "model_part",
    "plain_value",
]

PlainName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
"""A name that is one part of a path and leads nowhere else: letters, digits, dots, hyphens and underscores."""
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


MOST_SHARDS = 100_000
"""Shares that a run may be divided into."""

EmptyReferences = Literal["exclude", "errors", "errors-and-words"]
"""Utterances whose reference holds no token: ``exclude`` them from the rate; count what was recognised as ``errors``
(insertions), as jiwer does; or count it as ``errors-and-words``, so that it also lengthens the reference (MU-Bench)."""


class Part(StrictRecord):
    """A part of a recipe; unknown keys and values of another type are refused."""

    def plain(self) -> dict[str, Any]:
        """For ``run.yaml``: only types that YAML has; what is optional and absent is left out."""
        return self.model_dump(mode="json", exclude_unset=True)


class Analysis(Part):
    """Settings of the statistics.

    Parameters
    ----------
    group_by : axes, each ``axis`` or a crossing ``axis+axis``.
    reference : reference group by axis; an axis left out gets the corpus card's, else the largest group.
    normalizer : name, or None for the default of each row's language.
    tokens : ``words`` (WER), ``characters`` (CER) or ``mixed`` (MER); None by language.
    level : coverage of the intervals.
    seed : of the bootstrap and the permutation test.
    adjust : covariates, label axes or ``duration_s`` and ``speech_rate``, to adjust the ratios for.
    metrics : registered metrics to give for every group, next to the error rate.
    empty_references : see `EmptyReferences`.
    strip_prefix, strip_suffix : what is left out where a hypothesis begins or ends with it, such as the sentence with
        which a speech-LLM introduces a transcript.
    """

    group_by: tuple[str, ...] = Field(default=(), strict=False)
    reference: dict[str, str] = Field(default_factory=dict)
    normalizer: str | None = None
    tokens: Tokens | None = None
    level: float = 0.95
    seed: int = 0
    adjust: tuple[str, ...] = Field(default=(), strict=False)
    metrics: tuple[str, ...] = Field(default=(), strict=False)
    empty_references: EmptyReferences = "exclude"
    strip_prefix: tuple[str, ...] = Field(default=(), strict=False)
    strip_suffix: tuple[str, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _usable(self) -> Analysis:
        if not 0.5 <= self.level < 1:
            raise InputError(f"level must lie in [0.5, 1), such as 0.95; got {self.level}")
        if len(set(self.group_by)) < len(self.group_by):
            raise InputError(f"an axis is named twice in --group-by: {', '.join(self.group_by)}")
        if len(set(self.adjust)) < len(self.adjust):
            raise InputError(f"a covariate is named twice in --adjust: {', '.join(self.adjust)}")
        if len(set(self.metrics)) < len(self.metrics):
            raise InputError(f"a metric is named twice in --metric: {', '.join(self.metrics)}")
        if self.adjust and not self.group_by:
            raise InputError("--adjust compares groups at equal covariates; name the groups with --group-by")
        if not all(words.strip() for words in (*self.strip_prefix, *self.strip_suffix)):
            raise InputError("--strip-prefix and --strip-suffix need words that are to be left out")
        for axis in self.reference:
            if axis not in self.group_by:
                raise InputError(f"a reference is given for {axis!r}, which is not among --group-by")
        return self

    def plain(self) -> dict[str, Any]:
        """For ``run.yaml``."""
        # Only where asked for, so that folders written before there were such settings still compare equal.
        later = ("adjust", "metrics", "strip_prefix", "strip_suffix")
        unasked = {name for name in later if not getattr(self, name)}
        if self.empty_references == "exclude":
            unasked.add("empty_references")
        return self.model_dump(mode="json", exclude=unasked)


class CorpusPart(Part):
    """Which corpus, exactly: its options and the digest of the manifest's content."""

    name: str
    version: str
    options: dict[str, Any]
    manifest_sha256: Digest


class CardPart(Part):
    """What the corpus card said when the folder was prepared.

    `normalizer` None: by language. `speech` None: not said whether it was recorded.
    """

    reference: dict[str, str] = Field(default_factory=dict)
    tokens: Tokens = "words"
    normalizer: str | None = None
    annotations: dict[Marker, Rule] = Field(default_factory=dict)
    speech: Literal["recorded", "augmented", "synthetic"] | None = None


class ModelPart(Part):
    """Which model, exactly. `key` names its folders, so it is a plain name; `architecture` is a speech-LLM's."""

    name: str
    key: PlainName
    family: str
    digest: str
    options: dict[str, Any]
    versions: dict[str, str]
    architecture: Architecture | None = None


class Shard(Part):
    """One of `of` shares of a run's batches; `number` counts from 1."""

    number: int = Field(ge=1)
    of: int = Field(ge=1, le=MOST_SHARDS)

    @model_validator(mode="after")
    def _within(self) -> Shard:
        if self.number > self.of:
            raise InputError(f"shard {self}: number the shards from 1 to {self.of}")
        return self

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


class LanguagePart(Part):
    """How the rows of one language are counted."""

    normalizer: str
    version: str
    tokens: Tokens


class ScoringPart(Part):
    """How every language of the manifest is counted, and the rules for brackets that differ from the usual ones."""

    languages: dict[str, LanguagePart]
    annotations: dict[Marker, Rule] = Field(default_factory=dict)


class CalibrationSettings(Part):
    """What a trial of the short window was made with; keys are those of the two models."""

    window_s: float
    exact: PlainName
    short: PlainName
    group_by: list[str]
    seed: int
    normalizer: str
    tokens: Tokens | Literal["several"]
    relative: float
    absolute: float
    level: float
    scoring: ScoringPart | None = None


class CalibrationGroup(Part):
    """One group's paired change. Rates are errors per reference token; None where undefined, with the reason."""

    axis: str
    value: str
    n_utterances: int
    n_speakers: int
    rate_exact: float | None
    rate_short: float | None
    scale: str
    change: float | None
    low: float | None
    high: float | None
    limit: float | None
    within_margin: bool | None
    reason: str | None


class Calibration(Part):
    """The trial of a short window: settings, sample, one entry per group, and the decision."""

    settings: CalibrationSettings
    utterances: list[str]
    redone: dict[str, int]
    groups: list[CalibrationGroup]
    against: list[str]
    accepted: bool


class RunRecipe(Part):
    """The whole recipe of a run. Parts that are None have not been settled yet.

    Parameters
    ----------
    source : ``audio`` where a model heard the corpus, ``imported`` where transcripts were brought in: then no row
        needs audio; ``counts`` where errors that were counted elsewhere were: then there are no texts either.
    shard : which share of the run the folder holds; None: the whole.
    probe : settings of a probe, by its own names.
    """

    corpus: CorpusPart
    card: CardPart = CardPart()
    source: Literal["audio", "imported", "counts"] = "audio"
    shard: Shard | None = None
    probe: dict[str, Any] | None = None
    calibration: Calibration | None = None
    model: ModelPart | None = None
    analysis: Analysis | None = None
    scoring: ScoringPart | None = None

    def plain(self) -> dict[str, Any]:
        """For ``run.yaml``."""
        parts: dict[str, Any] = {"corpus": self.corpus.plain(), "card": self.card.plain()}
        if self.source != "audio":
            parts["source"] = self.source
        for name in ("shard", "probe", "calibration", "model", "analysis", "scoring"):
            part = getattr(self, name)
            if part is not None:
                parts[name] = part.plain() if isinstance(part, Part) else part
        return parts

    def settled(self) -> tuple[ModelPart, Analysis]:
        """Model and analysis; `RunFolderError` where either has not been settled yet."""
        if self.model is None or self.analysis is None:
            raise RunFolderError(
                "the run has not been scored; run `speechfair transcribe` and `speechfair score`"
            )
        return self.model, self.analysis

    def references(self, axis: str) -> tuple[str | None, dict[str, str]]:
        """The reference group that was asked for on an axis, or None, and those that the card names by axis."""
        return self.analysis.reference.get(axis) if self.analysis is not None else None, self.card.reference

    def having(self, **parts: Any) -> RunRecipe:
        """The recipe with other parts."""
        return self.model_copy(update=parts)


def corpus_part(corpus: Corpus, manifest_sha256: str) -> CorpusPart:
    """The recipe's ``corpus``."""
    return CorpusPart(
        name=corpus.name,
        version=str(corpus.card.version),
        options=plain_value(corpus.options),
        manifest_sha256=manifest_sha256,
    )


def card_part(card: CorpusCard) -> CardPart:
    """The recipe's ``card``."""
    said: dict[str, Any] = {
        "reference": dict(card.reference),
        "tokens": card.tokens,
        "normalizer": card.normalizer,
    }
    if annotations := getattr(card, "annotations", None):
        said["annotations"] = dict(annotations)
    if speech := getattr(card, "speech", None):
        said["speech"] = speech
    return CardPart.model_validate(said)


def model_part(model: Recognizer | SpeechLanguageModel) -> ModelPart:
    """The recipe's ``model``; of a speech-LLM also how speech reaches it (`speechfair.types.Architecture`)."""
    identity = model.identity
    part = {
        "name": identity.name,
        "key": identity.key,
        "family": identity.family,
        "digest": identity.digest,
        "options": plain_value(identity.options),
        "versions": dict(identity.versions),
    }
    architecture = getattr(model, "architecture", None)
    return ModelPart.model_validate(part if architecture is None else {**part, "architecture": architecture})


def plain_value(value: Any) -> Any:
    """`value` with only the types that YAML and JSON have, so that a round trip compares equal."""
    if isinstance(value, Mapping):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, str) or value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Sequence):
        return [plain_value(item) for item in value]
    return str(value)
