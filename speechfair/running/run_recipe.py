"""What a run is: the settings that decide its numbers, kept in ``run.yaml`` and compared before anything is reused.

A recipe has three parts: ``corpus`` (with the manifest's digest), ``model`` and ``analysis``. A folder with
another recipe is refused with the difference; only `score` may change the analysis, because it says so.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from speechfair import __version__
from speechfair.errors import InputError, RunFolderError
from speechfair.running.scoring import Tokens
from speechfair.store import RunFolder, differences
from speechfair.types import Corpus, Recognizer, SpeechLanguageModel

__all__ = [
    "Analysis",
    "corpus_part",
    "environment",
    "mark_evaluation",
    "model_part",
    "refuse_other_recipe",
    "seal",
    "utc_now",
]

_PACKAGES = (
    "speechfair",
    "ctranslate2",
    "faster-whisper",
    "gpboost",
    "jiwer",
    "numpy",
    "pocketsphinx",
    "polars",
    "pyopenjtalk-plus",
    "rapidfuzz",
    "scipy",
    "soundfile",
    "soxr",
    "torch",
    "transformers",
    "whisper-normalizer",
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """Settings of the statistics.

    Parameters
    ----------
    group_by : axes, each ``axis`` or a crossing ``axis+axis``.
    reference : reference group by axis; an axis left out gets the corpus card's, else the largest group.
    normalizer : name, or None for the default of the corpus's language.
    tokens : ``words`` (WER) or ``characters`` (CER); None for the corpus card's.
    level : coverage of the intervals.
    seed : of the bootstrap and the permutation test.
    adjust : covariates, label axes or ``duration_s`` and ``speech_rate``, to adjust the ratios for.
    """

    group_by: tuple[str, ...] = ()
    reference: Mapping[str, str] = field(default_factory=dict)
    normalizer: str | None = None
    tokens: Tokens | None = None
    level: float = 0.95
    seed: int = 0
    adjust: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0.5 <= self.level < 1:
            raise InputError(f"level must lie in [0.5, 1), such as 0.95; got {self.level}")
        if len(set(self.group_by)) < len(self.group_by):
            raise InputError(f"an axis is named twice in --group-by: {', '.join(self.group_by)}")
        if len(set(self.adjust)) < len(self.adjust):
            raise InputError(f"a covariate is named twice in --adjust: {', '.join(self.adjust)}")
        if self.adjust and not self.group_by:
            raise InputError("--adjust compares groups at equal covariates; name the groups with --group-by")
        for axis in self.reference:
            if axis not in self.group_by:
                raise InputError(f"a reference is given for {axis!r}, which is not among --group-by")

    def as_dict(self) -> dict[str, Any]:
        """For ``run.yaml``."""
        settings = {**asdict(self), "group_by": list(self.group_by), "reference": dict(self.reference)}
        del settings["adjust"]
        # Only where asked for, so that folders written before there was such a setting still compare equal.
        return {**settings, "adjust": list(self.adjust)} if self.adjust else settings


def corpus_part(corpus: Corpus, manifest_sha256: str) -> dict[str, Any]:
    """The recipe's ``corpus``."""
    card = corpus.card
    return {
        "name": corpus.name,
        "version": str(getattr(card, "version", "")),
        "options": _plain(corpus.options),
        "manifest_sha256": manifest_sha256,
    }


def model_part(model: Recognizer | SpeechLanguageModel) -> dict[str, Any]:
    """The recipe's ``model``; of a speech-LLM also how speech reaches it (`speechfair.types.Architecture`)."""
    identity = model.identity
    part = {
        "name": identity.name,
        "key": identity.key,
        "family": identity.family,
        "digest": identity.digest,
        "options": _plain(identity.options),
        "versions": dict(identity.versions),
    }
    architecture = getattr(model, "architecture", None)
    return part if architecture is None else {**part, "architecture": architecture}


def refuse_other_recipe(run: RunFolder, part: str, new: Mapping[str, Any]) -> None:
    """Raise `RunFolderError` with every difference if the folder's recipe has another `part`."""
    old = run.read()["recipe"].get(part)
    if old is None:
        return
    changed = [
        line for line in differences(old, _plain(new)) if not (part == "model" and line.startswith("name:"))
    ]
    if changed:
        then = "choose another --out, or delete the folder"
        if part == "analysis":
            then += "; to score the same hypotheses in another way use `speechfair score`"
        raise RunFolderError(
            f"{run.path} holds a run of another recipe ({part}):\n  " + "\n  ".join(changed) + f"\n{then}"
        )


def environment() -> dict[str, Any]:
    """Python, platform and the versions of the packages that can change a number."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "python": ".".join(map(str, sys.version_info[:3])),
        "platform": platform.platform(),
        "packages": versions,
    }


def utc_now() -> str:
    """This machine's clock in UTC, to the microsecond, such as ``2026-01-31T09:00:00.000000Z``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seal(run: RunFolder, recipe: Mapping[str, Any], root: str | None, statement: str | None) -> None:
    """Write ``run.yaml`` with the digests of everything that is in the folder now; its history is kept."""
    history = run.read().get("history", {}) if run.exists else {"prepared": utc_now()}
    run.write(
        {
            "speechfair": __version__,
            "recipe": _plain(recipe),
            "root": root,
            "statement": statement,
            "environment": environment(),
            "history": history,
            "digests": run.digests(),
        }
    )


def mark_evaluation(run: RunFolder) -> None:
    """Record, once, that the first utterance is about to be given to a model.

    A folder that already holds hypotheses but no such record (an older one, or an edited one) gets none: a later
    time would make criteria look as if they had been frozen before it.
    """
    content = run.read()
    history = content.setdefault("history", {})
    if not isinstance(history, dict):
        raise RunFolderError(
            f"{run.path / 'run.yaml'}: history is not a mapping; the file was edited, restore it"
        )
    if "evaluated" not in history and not any((run.path / "hypotheses").rglob("part-*")):
        history["evaluated"] = utc_now()
        run.write(content)


def _plain(value: Any) -> Any:
    """`value` with only the types that YAML and JSON have, so that a round trip compares equal."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, str) or value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return str(value)
