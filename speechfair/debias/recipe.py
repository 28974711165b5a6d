"""A debiasing recipe: which model, which speech, which groups, which method, how long, and how it is judged.

Strict YAML; a misspelt key, an impossible value or an unknown method is an error that names the place. Nothing
is read but the recipe itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from speechfair.errors import InputError
from speechfair.records import Record
from speechfair.registry import did_you_mean
from speechfair.resources import data_folder
from speechfair.strict_yaml import parse_yaml, read_model, yaml_value

__all__ = [
    "DebiasRecipe",
    "Development",
    "EvaluationSource",
    "Lora",
    "Margin",
    "MethodChoice",
    "RecognizerChoice",
    "Source",
    "TrainingSource",
    "find_recipe",
    "read_recipe",
    "shipped_recipes",
]


class Source(Record):
    """A corpus, or some of its speakers.

    Parameters
    ----------
    corpus : name of a registered corpus.
    root : its folder; relative to `data_root` where the recipe has one.
    options : of its loader, such as ``split``.
    speakers : take these only.
    without_speakers : take all but these. So a few speakers of a protected corpus can be rehearsed in training while
        the others are audited.
    """

    corpus: str
    root: Path | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    speakers: list[str] = Field(default_factory=list)
    without_speakers: list[str] = Field(default_factory=list)


class TrainingSource(Source):
    """A corpus to train on.

    Parameters
    ----------
    permission : for a corpus whose card does not allow training, where its holder does: who allowed whom what, and
        when, in words. It is not checked; it is kept with the result, in ``debias.json`` and in the training record.
    """

    permission: str | None = None

    @field_validator("permission")
    @classmethod
    def _in_words(cls, words: str | None) -> str | None:
        if words is not None and len(words.split()) < 4:
            raise ValueError(
                f"{words!r} is no permission: say in words who allowed whom what, and when, such as 'the holder N. N. "
                "allowed training by our laboratory, letter of 2026-01-31'"
            )
        return words


class EvaluationSource(Source):
    """A corpus of speakers who are not trained on, audited before and after.

    Parameters
    ----------
    name : of the evaluation: its folder in the run, and its heading on the page.
    group_by : axes to compare groups on; also axes that the training corpora do not have, such as first language.
    protected : whether the groups of the whole set are not the target of the training and must not be degraded by it.
    protected_groups : groups of the set that must not be degraded, as ``AXIS=GROUP``, such as ``first_language=eng``.
    per_speaker : take only the first so many utterances of each speaker. This saves time and loses little, because
        speakers are the unit of sampling.
    """

    name: str = Field(pattern=r"^[\w.-]+$")
    group_by: list[str] = Field(default_factory=list)
    protected: bool = False
    protected_groups: list[str] = Field(default_factory=list)
    per_speaker: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _on_its_axes(self) -> EvaluationSource:
        for place in self.protected_groups:
            if place.partition("=")[0] not in self.group_by or not place.partition("=")[2]:
                raise ValueError(
                    f"{self.name!r}: the protected group {place!r} must be AXIS=GROUP with an axis of group_by "
                    f"({', '.join(self.group_by) or 'none given'})"
                )
        return self


class Development(Record):
    """The development set: a share of each group's training speakers, kept out of training.

    Parameters
    ----------
    share : of each group's training speakers.
    protected : corpora of speakers who must not be degraded, and who are neither trained on nor evaluated: what is
        kept is the best for the worst group among what leaves their rate within the recipe's margin. Name the
        `speakers` of a corpus whose others are evaluated.
    """

    share: float = Field(default=0.2, gt=0, lt=0.9)
    max_utterances: int = Field(default=96, ge=1, description="decoded at each check")
    protected: list[TrainingSource] = Field(default_factory=list)


class MethodChoice(Record):
    """A registered method and its own options.

    Parameters
    ----------
    name : of the method.
    options : of the method, as ``docs/how-to/debias-methods.md`` lists them.
    """

    name: str
    options: dict[str, Any] = Field(default_factory=dict)


class Lora(Record):
    """Low-rank adapters (Hu et al. 2021) instead of all weights; merged into the model at the end.

    Parameters
    ----------
    rank : of the two factors.
    alpha : the adapters are scaled by alpha / rank.
    dropout : share of the adapters' inputs that is dropped in training.
    targets : names of the modules that get an adapter.
    """

    rank: int = Field(default=16, ge=1)
    alpha: float = Field(default=32.0, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: list[str] = Field(default=["q_proj", "v_proj"], min_length=1)


class RecognizerChoice(Record):
    """What decodes for the audits before and after: an adapter family and its options.

    ``faster-whisper`` exports the weights to CTranslate2 first (float32), which is much faster on a CPU;
    ``whisper`` decodes with transformers. A CTC model has one way to be decoded, ``ctc``.

    Parameters
    ----------
    family : the adapter family.
    options : of the family, such as ``window``.
    """

    family: Literal["faster-whisper", "whisper", "ctc"] = "faster-whisper"
    options: dict[str, Any] = Field(default_factory=dict)


class Margin(Record):
    """How much worse a group may get: a share of its rate before or a rate, whichever is the larger.

    Parameters
    ----------
    relative : share of the rate before.
    absolute : a rate; 0.01 is one percentage point.
    """

    relative: float = Field(default=0.10, ge=0)
    absolute: float = Field(default=0.01, ge=0)


class DebiasRecipe(Record):
    """Everything that decides the weights and the verdict of one run.

    Parameters
    ----------
    model : ``bundled:NAME`` or ``whisper:FOLDER``, a transformers Whisper; or ``ctc:FOLDER``, wav2vec 2.0 and kin.
    language : two-letter code; needed for multilingual models.
    axis : label axis (or crossing ``a+b``) whose values are the groups of the method.
    exclude_groups : groups of `axis` whose rows are not trained on.
    case : how transcripts become training targets: as they are, lower or upper case, or the first letter upper.
    lora : adapters instead of all weights.
    window : seconds of audio that the encoder sees in training; ``auto`` takes the corpus's durations.
    max_seconds : longer utterances are not trained on, and counted.
    check_every : steps between checks on the development speakers; a checkpoint is written at each.
    patience : checks without a better worst-group rate after which training ends; None trains to the last step
        and keeps the last weights.
    data_root : folder that the sources' ``root`` is relative to.
    train : corpora to train on.
    dev : the development set.
    evaluate : corpora to audit before and after.
    method : name of the method, and its own options.
    steps : of training, each over one batch.
    batch : utterances of a step.
    learning_rate, weight_decay : of AdamW.
    warmup_share : share of the steps in which the learning rate grows to its value.
    seed : of order, batches and dropout.
    gradient_checkpointing : compute activations twice and keep fewer: slower, in less memory.
    recognizer : what decodes for the audits before and after.
    normalizer : of the audits; None takes that of the language.
    margin : how much worse a group may get in the no-harm test.
    level : coverage of the intervals.
    even_if_undetermined : go on although an evaluation cannot show that some group is not degraded.
    """

    model: str
    language: str | None = Field(default=None, pattern=r"^[a-z]{2,3}$")
    data_root: Path | None = None
    axis: str
    exclude_groups: list[str] = Field(default_factory=list)
    train: list[TrainingSource] = Field(min_length=1)
    dev: Development = Development()
    evaluate: list[EvaluationSource] = Field(min_length=1)
    method: MethodChoice
    case: Literal["verbatim", "lower", "upper", "sentence"] = "verbatim"
    steps: int = Field(ge=1)
    batch: int = Field(default=8, ge=1)
    learning_rate: float = Field(default=1e-5, gt=0, lt=1)
    warmup_share: float = Field(default=0.1, ge=0, lt=1)
    weight_decay: float = Field(default=0.0, ge=0)
    seed: int = Field(default=0, ge=0)
    lora: Lora | None = None
    gradient_checkpointing: bool = False
    window: Literal["auto", "exact"] | Annotated[float, Field(ge=2, le=30)] = "auto"
    max_seconds: float = Field(default=30.0, gt=0, le=30)
    check_every: int = Field(default=25, ge=1)
    patience: int | None = Field(default=4, ge=1)
    recognizer: RecognizerChoice = RecognizerChoice()
    normalizer: str | None = None
    margin: Margin = Margin()
    level: float = Field(default=0.95, ge=0.5, lt=1)
    even_if_undetermined: bool = False

    @model_validator(mode="after")
    def _evaluations_fit(self) -> DebiasRecipe:
        names = [source.name for source in self.evaluate]
        if len(set(names)) < len(names):
            raise ValueError(f"two corpora to evaluate share a name: {', '.join(names)}")
        if self.model.startswith("ctc:") != (self.recognizer.family == "ctc"):
            raise ValueError(
                f"recognizer.family {self.recognizer.family!r} cannot decode model {self.model!r}; "
                "a CTC model takes ctc, a Whisper faster-whisper or whisper"
            )
        if all(source.protected for source in self.evaluate):
            raise ValueError("every corpus to evaluate is protected; name the target too (protected: false)")
        for source in self.evaluate:
            if not source.protected and not source.group_by:
                raise ValueError(
                    f"evaluate {source.name!r}: group_by is empty; name an axis, such as {self.axis!r}"
                )
        return self

    @property
    def model_family(self) -> str:
        """The family that loads what is trained: ``ctc`` or ``whisper``."""
        return "ctc" if self.model.startswith("ctc:") else "whisper"

    def settings(self) -> dict[str, Any]:
        """All keys for the record, less where the data lies; what is optional only where it is given."""
        found = self.model_dump(mode="json", exclude={"data_root", "even_if_undetermined"})
        for source in found["train"]:
            if source["permission"] is None:
                del source["permission"]
        for source in found["evaluate"]:
            if not source["protected_groups"]:
                del source["protected_groups"]
        if not found["dev"]["protected"]:
            del found["dev"]["protected"]
        return found

    def folder_of(self, source: Source) -> Path | None:
        """The root of a source's corpus.

        Where `data_root` lacks the folder but holds ``NAME-subset`` (in any letter case), that one is meant: a part of
        a corpus in the corpus's own layout. What was read is recorded by the digests of the manifests.
        """
        if self.data_root is None or source.root is None:
            return source.root
        folder = self.data_root / source.root
        if folder.exists() or not self.data_root.is_dir():
            return folder
        wanted = f"{source.root.as_posix()}-subset".casefold()
        parts = [path for path in self.data_root.iterdir() if path.name.casefold() == wanted]
        return parts[0] if len(parts) == 1 else folder


def read_recipe(path: Path, settings: Sequence[str] = ()) -> DebiasRecipe:
    """Read a recipe and change it by ``KEY=VALUE`` words, such as ``steps=50`` or ``method.options.lam=0.3``.

    Raises
    ------
    InputError
        The file, a key or a value is not usable; the message says where.
    """
    recipe = read_model(path, DebiasRecipe)
    if not settings:
        return recipe
    content, _ = parse_yaml(path)
    for word in settings:
        content = _changed(content, word)
    try:
        return DebiasRecipe.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the recipe"
        raise InputError(f"{path} with --set {' '.join(settings)}: {where}: {first['msg']}") from None


def find_recipe(name: str) -> Path:
    """The file of a recipe: a path, or the name of one that ships, such as ``erm``."""
    path = Path(name)
    if path.is_file():
        return path
    shipped = shipped_recipes()
    if name in shipped:
        return shipped[name]
    raise InputError(
        f"there is no recipe file {name!r}, and none ships by that name; {did_you_mean(name, list(shipped))}"
    )


def shipped_recipes() -> Mapping[str, Path]:
    """The recipes that ship, by name."""
    return {path.stem: path for path in sorted((data_folder("recipes") / "debias").glob("*.yaml"))}


def _changed(content: Any, word: str) -> Any:
    """`content` with one ``KEY=VALUE`` applied; numbers in the key index lists."""
    key, sign, text = word.partition("=")
    if not sign or not key:
        raise InputError(f"--set {word!r}: write it as KEY=VALUE, such as steps=50")
    value = yaml_value(text)
    *path, last = key.split(".")
    place = content
    for part in path:
        place = _step(place, part, word)
    if isinstance(place, list):
        _step(place, last, word)
        place[int(last)] = value
    elif isinstance(place, dict):
        place[last] = value
    else:
        raise InputError(f"--set {word!r}: {'.'.join(path)} is a plain value and has no {last!r}")
    return content


def _step(place: Any, part: str, word: str) -> Any:
    if isinstance(place, list):
        if not part.isdigit() or int(part) >= len(place):
            raise InputError(f"--set {word!r}: {part!r} is no place in a list of {len(place)}")
        return place[int(part)]
    if not isinstance(place, dict):
        raise InputError(f"--set {word!r}: nothing lies under {part!r}")
    if place.get(part) is None:
        place[part] = {}
    return place[part]
