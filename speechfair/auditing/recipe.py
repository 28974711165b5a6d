"""What a run is: the settings that decide its numbers, kept in ``run.yaml`` and compared before anything is reused.

A recipe has three parts: ``corpus`` (with the manifest's digest), ``model`` and ``analysis``. A folder with
another recipe is refused with the difference; only `score` may change the analysis, because it says so.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from typing import Any

from speechfair import __version__
from speechfair.auditing.scoring import Tokens
from speechfair.errors import InputError, RunFolderError
from speechfair.store import RunFolder, differences
from speechfair.types import Corpus, ModelIdentity

__all__ = ["Analysis", "corpus_part", "environment", "model_part", "refuse_other_recipe", "seal"]

_PACKAGES = (
    "speechfair",
    "ctranslate2",
    "faster-whisper",
    "jiwer",
    "numpy",
    "pocketsphinx",
    "polars",
    "rapidfuzz",
    "scipy",
    "soundfile",
    "soxr",
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
    """

    group_by: tuple[str, ...] = ()
    reference: Mapping[str, str] = field(default_factory=dict)
    normalizer: str | None = None
    tokens: Tokens | None = None
    level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0.5 <= self.level < 1:
            raise InputError(f"level must lie in [0.5, 1), such as 0.95; got {self.level}")
        if len(set(self.group_by)) < len(self.group_by):
            raise InputError(f"an axis is named twice in --group-by: {', '.join(self.group_by)}")
        for axis in self.reference:
            if axis not in self.group_by:
                raise InputError(f"a reference is given for {axis!r}, which is not among --group-by")

    def as_dict(self) -> dict[str, Any]:
        """For ``run.yaml``."""
        return {**asdict(self), "group_by": list(self.group_by), "reference": dict(self.reference)}


def corpus_part(corpus: Corpus, manifest_sha256: str) -> dict[str, Any]:
    """The recipe's ``corpus``."""
    card = corpus.card
    return {
        "name": corpus.name,
        "version": str(getattr(card, "version", "")),
        "options": _plain(corpus.options),
        "manifest_sha256": manifest_sha256,
    }


def model_part(identity: ModelIdentity) -> dict[str, Any]:
    """The recipe's ``model``."""
    return {
        "name": identity.name,
        "key": identity.key,
        "family": identity.family,
        "digest": identity.digest,
        "options": _plain(identity.options),
        "versions": dict(identity.versions),
    }


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


def seal(run: RunFolder, recipe: Mapping[str, Any], root: str | None, statement: str | None) -> None:
    """Write ``run.yaml`` with the digests of everything that is in the folder now."""
    run.write(
        {
            "speechfair": __version__,
            "recipe": _plain(recipe),
            "root": root,
            "statement": statement,
            "environment": environment(),
            "digests": run.digests(),
        }
    )


def _plain(value: Any) -> Any:
    """`value` with only the types that YAML and JSON have, so that a round trip compares equal."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, str) or value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return str(value)
