"""What a debiasing method may decide, and where methods are found.

A method inherits from `Method`, which is plain fine-tuning, and overrides what it does otherwise. It imports torch
only inside its functions, so that a recipe can be read and checked without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pydantic import BaseModel, ValidationError

from speechfair.debias.method_options import NoOptions
from speechfair.errors import InputError
from speechfair.registry import Registry, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from speechfair.debias.data.training_data import Row, TrainingData
    from speechfair.debias.method_options import SpecAugment
    from speechfair.debias.recipe import DebiasRecipe, MethodChoice, TrainingSource
    from speechfair.debias.training.development import Development
    from speechfair.debias.training.objectives import Objective
    from speechfair.debias.training.pieces import Pieces
    from speechfair.debias.training.trainer import ExtraLoss
    from speechfair.types import Recognizer

__all__ = ["Method", "NoOptions", "Stage", "debias_methods", "load_method"]


class Stage(Protocol):
    """What a method can ask for before and after training. Figures are over the development speakers."""

    @property
    def folder(self) -> Path:
        """Where the method may keep what it must not compute twice."""

    @property
    def pieces(self) -> Pieces:
        """The base model's parts."""

    @property
    def model(self) -> Any:
        """The model in training, all weights in place."""

    @property
    def development(self) -> Development:
        """The development speakers, and how texts are compared."""

    def base_weights(self) -> Mapping[str, Any]:
        """The weights training started from, by name."""

    def base_model(self) -> Any:
        """A copy of the model that training started from."""

    def development_rates(self) -> dict[str, Any]:
        """Word error rates of `model` on the development speakers: by group, macro and worst."""

    def checkpoints(self) -> list[Path]:
        """Folders of the whole checkpoints that are left, in the order of their steps."""

    def transcripts(
        self, rows: Sequence[Row], *, temperature: float | None = None, seed: int = 0
    ) -> list[str]:
        """What `model` hears in `rows`, decoded greedily, or drawn from `seed` at a temperature."""

    def side_batches(
        self, rows: Sequence[Row], tokens: Sequence[tuple[int, ...]], order: NDArray[np.int64], batch: int
    ) -> Callable[[int], dict[str, Any]]:
        """Batches of rows that are not the training's, by number: the n-th has the n-th `batch` places of `order`.

        Parameters
        ----------
        tokens : target token ids of each row.
        order : row number of every draw.
        """

    def recognizer(self, options: Mapping[str, Any]) -> Recognizer:
        """The recipe's recogniser on the base model, with `options` changed."""

    def decoded_rates(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Word error rates on the development speakers through the recipe's recogniser, with `options` changed."""

    def best_of(self, rates: Sequence[Mapping[str, Any]], before: Mapping[str, Any] | None = None) -> int:
        """Place of the candidate to keep: the best worst group among those that spare the protected speakers.

        Parameters
        ----------
        rates : of each candidate on the development speakers.
        before : rates that the protected are compared with; None takes the model's before training.
        """

    def train_on(self, rows: Sequence[Row], steps: int, name: str) -> Mapping[str, Any]:
        """Weights of a copy of the base model after `steps` of plain training on `rows`, adapters merged.

        Parameters
        ----------
        name : of the folder for its checkpoints, and for its adapter where the recipe asks for adapters.
        """

    def leakage(self, when: str, layer: int | None = None) -> dict[str, Any]:
        """How well a linear probe tells the groups apart from the encoder's states; kept under the name `when`.

        Parameters
        ----------
        layer : after which the states are read, from 1; None is the last.
        """

    @property
    def recipe(self) -> DebiasRecipe:
        """The recipe of the run."""

    @property
    def data(self) -> TrainingData:
        """Training rows and development rows."""

    @property
    def window_s(self) -> float:
        """Seconds of audio that the encoder sees."""

    def train_and_rate(self, steps: int) -> list[float]:
        """Train a copy of the model plainly for `steps`; per training row, its word error rate then."""


class Method:
    """Plain fine-tuning, and the parent of every method.

    Attributes
    ----------
    name : as registered.
    summary : one line for people.
    source : the paper that it comes from.
    trains : False for a method that only changes weights afterwards.
    needs_texts : False for a method that writes the texts of the training rows itself.
    keeps_checkpoints : whether the checkpoint of every check is kept until the method has finished.
    """

    name: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    source: ClassVar[str] = ""
    trains: bool = True
    needs_texts: bool = True
    keeps_checkpoints: bool = False
    Options: ClassVar[type[BaseModel]] = NoOptions

    def __init__(self, options: Any) -> None:
        self.options = options

    def check(self, recipe: DebiasRecipe) -> None:
        """Raise `InputError` for a recipe that the method cannot use; called before anything is read."""

    def side_sources(self) -> Sequence[TrainingSource]:
        """Corpora, named in the options, whose speech is used apart from the training rows; the default has none."""
        return ()

    def extend(self, data: TrainingData, recipe: DebiasRecipe, folder: Path) -> TrainingData:
        """Training data with rows that the method makes, counted in `added`; the default adds none.

        Called once, after the development speakers are split off and before it is looked whether anybody who is
        trained on is also evaluated. The same recipe makes the same rows; audio is kept under ``folder/audio``.
        """
        return data

    def earlier_models(self) -> list[Path]:
        """Folders of finished models that the method combines; none may have heard who it is judged by."""
        return []

    def look(self, rows: Sequence[Row]) -> None:
        """Called once with the training rows, before anything is drawn from them. The default does nothing."""

    def prepare(self, stage: Stage) -> None:
        """Called once before training, or again when a killed run resumes. The default does nothing."""

    def rows(self, stage: Stage) -> tuple[Row, ...]:
        """The rows that are trained on, called once after `prepare`; the default takes them as they are."""
        return stage.data.train

    def draw(
        self, groups: NDArray[np.int64], n_draws: int, batch: int, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Which rows are trained on, in order: `n_draws` row numbers, `batch` of them to a step.

        Parameters
        ----------
        groups : shape (rows,), the group number of every row.
        """
        from speechfair.debias.data.samplers import shuffled

        return shuffled(len(groups), n_draws, rng)

    def objective(self, groups: Sequence[str], rows_per_group: Sequence[int]) -> Objective:
        """The loss of a batch, as a module whose buffers are saved with every checkpoint."""
        from speechfair.debias.training.objectives import TokenMean

        return TokenMean()

    def freezes(self, name: str) -> bool:
        """Whether the parameter `name` stays as it is. The default trains what the recipe trains."""
        return False

    def extra_loss(self, stage: Stage) -> ExtraLoss | None:
        """A loss of the model and the step's number that is added to the objective's; the default adds none.

        It may not depend on anything but these, so that a resumed training ends with the same weights.
        """
        return None

    def alter(
        self, samples: NDArray[np.float32], sample_rate: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """The audio that is trained on in place of `samples`; never called for evaluation."""
        return samples

    def shortest(self) -> float:
        """Share of an utterance's length that `alter` keeps at least; 1 for a method that makes nothing shorter."""
        return 1.0

    def masks(self) -> SpecAugment | None:
        """Masks over the spectrograms that are trained on; never used for evaluation. None hides nothing."""
        return None

    def finish(self, stage: Stage) -> dict[str, Any]:
        """Change the trained weights in `stage.model` in place; what was done and found goes into the record.

        ``recognizer_family`` and ``recognizer_options`` in it decode the audit after, in place of the recipe's.
        """
        return {}

    def keep(self, stage: Stage, model: Path) -> None:
        """Put what belongs to the saved weights into the folder `model`, next to them; the default has nothing."""


@cache
def debias_methods() -> Registry:
    """The debiasing methods."""
    return Registry("speechfair.debias", "debiasing method")


def load_method(choice: MethodChoice) -> Method:
    """The method of a recipe with its options checked.

    Raises
    ------
    InputError
        The method or an option is unknown, or a value is not usable.
    """
    kind: type[Method] = debias_methods().load(choice.name)
    try:
        return kind(kind.Options.model_validate(choice.options))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            hint = did_you_mean(where, list(kind.Options.model_fields))
            raise InputError(f"method {choice.name!r} has no option {where!r}; {hint}") from None
        raise InputError(f"method {choice.name!r}, option {where!r}: {first['msg']}") from None
