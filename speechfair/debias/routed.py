"""The family ``routed``: a Whisper with an adapter for each group, and a router that picks one for every utterance.

A debiasing run of the method ``accent_adapter`` with ``router: true`` writes it: ``RUN/model/routed`` holds the base
model, the adapters, and a linear classifier of the base encoder's mean states that was fitted on training speakers
alone. Every utterance is heard twice by the encoder, once without an adapter, to be routed by itself. No label comes
in, and the group that the router guesses stays inside.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field, ValidationError

from speechfair.errors import InputError, MissingExtraError, ModelError
from speechfair.records import Record
from speechfair.store import write_atomically
from speechfair.types import Audio, Hypothesis, ModelIdentity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from speechfair.models.families.whisper import Whisper

__all__ = ["FOLDER", "Routed", "Router", "fit_router", "load", "read_router", "write_router"]

FOLDER = "routed"
FILE = "router.json"
LONGEST_S = 30.0


class Router(Record):
    """A linear classifier: the group with the largest ``weights @ ((state - mean) / scale) + bias``.

    Parameters
    ----------
    groups : whose adapters are ``adapters/0``, ``adapters/1``, … in this order.
    window_s : of audio that the encoder saw when the states were made.
    """

    groups: list[str] = Field(min_length=2)
    window_s: float = Field(gt=0, le=30)
    mean: list[float]
    scale: list[float]
    weights: list[list[float]]
    bias: list[float]

    def pick(self, states: NDArray[np.float64]) -> NDArray[np.int64]:
        """Group numbers, shape (utterances,), of mean states of shape (utterances, D)."""
        standard = (states - np.array(self.mean)) / np.array(self.scale)
        scores = standard @ np.array(self.weights).T + np.array(self.bias)
        found: NDArray[np.int64] = scores.argmax(axis=1)
        return found


def fit_router(states: NDArray[np.float64], groups: Sequence[str], window_s: float) -> Router:
    """A logistic classifier of standardised states in which every group counts the same.

    Parameters
    ----------
    states : mean encoder states of training utterances, shape (utterances, D).
    """
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise MissingExtraError("a router", "scikit-learn", "discover") from None
    names = sorted(set(groups))
    mean, scale = states.mean(axis=0), states.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000)
    model.fit((states - mean) / scale, list(groups))
    weights, bias = model.coef_, model.intercept_
    if len(names) == 2:  # one row tells the second from the first
        weights, bias = np.stack([-weights[0], weights[0]]), np.array([-bias[0], bias[0]])
    return Router(
        groups=names,
        window_s=window_s,
        mean=mean.tolist(),
        scale=scale.tolist(),
        weights=weights.tolist(),
        bias=bias.tolist(),
    )


def write_router(router: Router, folder: Path) -> None:
    """Write ``router.json`` into `folder`."""
    write_atomically(folder / FILE, (json.dumps(router.model_dump()) + "\n").encode())


def read_router(folder: Path) -> Router:
    """The router of a folder, all its adapters in place; `ModelError` says what is missing."""
    try:
        router = Router.model_validate_json((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise ModelError(
            f"{folder} holds no router: {error}; give the model folder of a run of accent_adapter with router: true"
        ) from None
    for number in range(len(router.groups)):
        if not (folder / "adapters" / str(number) / "adapter_config.json").is_file():
            raise ModelError(f"{folder}: the adapter of the group {router.groups[number]!r} is missing")
    return router


def load(which: str | None, *, name: str | None = None, **options: Any) -> Routed:
    """Load a routed model.

    Parameters
    ----------
    which : ``RUN/model`` of a debiasing run whose router was asked for.
    name : what it is called in results; default ``routed:WHICH``.
    options : those of the family ``whisper``; ``window`` may not be ``auto``.

    Raises
    ------
    InputError
        An option's value is not usable.
    MissingExtraError
        torch, transformers or peft is not installed.
    ModelError
        The folder holds no routed model.
    """
    from speechfair.debias.training.pieces import need_training_packages
    from speechfair.models import check_options
    from speechfair.models.families import whisper

    if not which:
        raise InputError("routed needs a model: routed:RUN/model")
    if options.get("window") == "auto":
        raise InputError("window=auto is not tried for a routed model; give exact or seconds such as 10")
    check_options("routed", whisper.load, options)
    need_training_packages()
    folder = Path(which) / FOLDER if (Path(which) / FOLDER).is_dir() else Path(which)
    return Routed(name or f"routed:{which}", folder, options)


@dataclass(frozen=True)
class _Ears:
    """What the encoder's states are made with, as `speechfair.debias.leakage.encoder_states` wants it."""

    extractor: Any
    tokenizer: Any
    kind: str = "whisper"


class Routed:
    """A `Recognizer`: one Whisper, an adapter for each group, and the router. Made by `load`."""

    def __init__(self, name: str, folder: Path, options: dict[str, Any]) -> None:
        from speechfair.models.families import whisper
        from speechfair.models.weights import quiet_transformers

        self._router = read_router(folder)
        self._whisper: Whisper = whisper.load(str(folder / "base"), name=name, **options)
        with quiet_transformers(), warnings.catch_warnings():
            # peft asks whether more than one adapter is meant; it is
            warnings.filterwarnings("ignore", "Already found a `peft_config` attribute", UserWarning)
            for number in range(len(self._router.groups)):
                self._whisper._model.load_adapter(
                    str(folder / "adapters" / str(number)), adapter_name=f"group{number}"
                )
        self._whisper._model.to(self._whisper._device)  # where adapters are put is peft's affair
        inner = self._whisper.identity
        self._identity = replace(inner, family="routed", digest=_digest(folder, inner.digest))
        self._whisper._identity = self._identity
        self.sample_rate = self._whisper.sample_rate

    @property
    def identity(self) -> ModelIdentity:
        """Base, adapters and router in one digest; options are Whisper's."""
        return self._identity

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        """One hypothesis per audio (16 kHz), in order, each with the adapter that the router picks for it alone."""
        from speechfair.models.batching import refusal

        # what cannot be heard is refused by Whisper itself, whichever adapter is in
        good = [i for i, audio in enumerate(batch) if refusal(audio, self.sample_rate) is None]
        chosen = dict.fromkeys(range(len(batch)), 0)
        chosen.update(zip(good, self.route([batch[i] for i in good]), strict=True))
        found: dict[int, Hypothesis] = {}
        for number in sorted(set(chosen.values())):
            places = [place for place, group in chosen.items() if group == number]
            self._whisper._model.enable_adapters()
            self._whisper._model.set_adapter(f"group{number}")
            found.update(
                zip(places, self._whisper.transcribe([batch[place] for place in places]), strict=True)
            )
        return [found[place] for place in range(len(batch))]

    def route(self, batch: Sequence[Audio]) -> list[int]:
        """Number of the adapter for each audio, from the first 30 s of it."""
        from speechfair.debias.leakage.encoder_states import mean_state_of_samples

        if not batch:
            return []
        model = self._whisper._model
        model.disable_adapters()
        ears: Any = _Ears(self._whisper._extractor, self._whisper._tokenizer)
        longest = int(LONGEST_S * self.sample_rate)
        states = [
            mean_state_of_samples(model, audio.samples[:longest], ears, self._router.window_s)
            for audio in batch
        ]
        return [int(number) for number in self._router.pick(np.stack(states))]


def _digest(folder: Path, base: str) -> str:
    from speechfair.models.weights import sha256_of

    paths = [folder / FILE, *sorted((folder / "adapters").rglob("adapter_model.safetensors"))]
    lines = [base, *(f"{path.relative_to(folder).as_posix()} {sha256_of(path)}" for path in paths)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
