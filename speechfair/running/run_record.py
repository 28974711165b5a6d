"""``run.yaml`` as a typed record: the recipe, when things happened, and the digests of all that was written.

Nothing outside of this module looks into the file. A record is read strictly: an unknown key, a value of another type
or a name that leads out of the folder is refused with file and key.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from speechfair import __version__
from speechfair.errors import RunFolderError
from speechfair.records import StrictRecord
from speechfair.running.audio_root import remember_root
from speechfair.running.run_log import log_state
from speechfair.running.run_recipe import Digest, Part, RunRecipe, plain_value
from speechfair.store import RunFolder, differences, file_digest

__all__ = [
    "Acceptance",
    "Change",
    "Freeze",
    "History",
    "RunRecord",
    "environment",
    "mark_evaluation",
    "read_record",
    "recipe_changes",
    "refuse_other_recipe",
    "reseal",
    "scores_name",
    "seal",
    "utc_now",
]

Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]

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


class Freeze(StrictRecord):
    """One version of a criteria file and when it was frozen (UTC, by the clock of the machine)."""

    file: str
    sha256: Digest
    time: Time


class History(StrictRecord):
    """When the manifest was made, when a model was first asked, when labels changed, which criteria were frozen."""

    prepared: Time | None = None
    evaluated: Time | None = None
    relabelled: Time | None = None
    criteria: list[Freeze] = Field(default_factory=list)


class Change(StrictRecord):
    """A file that was not as it was written: its sha256 as recorded and as found; None where there was none."""

    file: str
    before: str | None
    after: str | None


class Acceptance(StrictRecord):
    """Changes from outside that somebody accepted, with their reason. A gate on such a run cannot pass."""

    time: Time
    reason: str = Field(min_length=1)
    changes: list[Change]

    def __str__(self) -> str:
        names = ", ".join(change.file for change in self.changes)
        return f"{names}: changed outside of speechfair, accepted at {self.time} ({self.reason})"


class LogPlace(StrictRecord):
    """How many lines the log had before this ``run.yaml``, and the digest of the last of them."""

    entries: int
    head: Digest


class RunRecord(StrictRecord):
    """The content of ``run.yaml``.

    Parameters
    ----------
    root : folder that relative audio paths of the manifest lie under, or None.
    statement : what the corpus card says wherever the corpus is used, or None.
    environment : Python, platform and package versions of the last writer.
    digests : sha256 by relative path of every file that was written.
    """

    schema_: Literal["speechfair/run/2", "speechfair/run/1"] = Field(
        default="speechfair/run/2", alias="schema"
    )
    log: LogPlace | None = None
    speechfair: str
    recipe: RunRecipe
    root: str | None
    statement: str | None
    environment: dict[str, Any]
    history: History = History()
    digests: dict[str, Digest]
    accepted: list[Acceptance] = Field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """For ``run.yaml``."""
        content: dict[str, Any] = {
            "speechfair": self.speechfair,
            "recipe": self.recipe.plain(),
            "root": self.root,
            "statement": self.statement,
            "environment": self.environment,
            "history": self.history.model_dump(mode="json", exclude_unset=True),
            "digests": self.digests,
        }
        if self.accepted:
            content["accepted"] = [one.model_dump(mode="json") for one in self.accepted]
        return content


def read_record(run: RunFolder) -> RunRecord:
    """The record of a run folder; `RunFolderError` names the key that cannot be used."""
    try:
        return RunRecord.model_validate(run.read())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise RunFolderError(f"{run.path / 'run.yaml'}: {where}: {first['msg']}; restore the file") from None


def scores_name(recipe: RunRecipe) -> str:
    """Where the counts per utterance lie in the folder; `RunFolderError` before a model was asked."""
    if recipe.model is None:
        raise RunFolderError("there are no hypotheses yet; run `speechfair transcribe` first")
    return f"scores/{recipe.model.key}.parquet"


def refuse_other_recipe(run: RunFolder, part: str, new: Any) -> None:
    """Raise `RunFolderError` with every difference if the folder's recipe has another `part`.

    Parameters
    ----------
    part : the name of a part of `RunRecipe`.
    new : that part as it would be now.
    """
    changed = recipe_changes(getattr(read_record(run).recipe, part), new, part)
    if changed:
        then = "choose another --out, or delete the folder"
        if part == "analysis":
            then += "; to score the same hypotheses in another way use `speechfair score`"
        raise RunFolderError(
            f"{run.path} holds a run of another recipe ({part}):\n  " + "\n  ".join(changed) + f"\n{then}"
        )


def recipe_changes(old: Any, new: Any, part: str) -> list[str]:
    """Where two values of a recipe's `part` differ, one line each; a part that was not settled differs from nothing.

    The name of a model says how it was asked for, not what it is.
    """
    if old is None:
        return []
    old_plain, new_plain = (
        value.plain() if isinstance(value, Part) else plain_value(value) for value in (old, new)
    )
    return [
        line
        for line in differences(old_plain, new_plain)
        if not (part == "model" and line.startswith("name:"))
    ]


def environment() -> dict[str, Any]:
    """Python, platform and the versions of the packages that can change a number."""
    return {
        "python": ".".join(map(str, sys.version_info[:3])),
        "platform": platform.platform(),
        "packages": dict(_versions()),
    }


@cache
def _versions() -> Mapping[str, str]:
    """Versions of the packages of this process; reading them takes tenths of a second."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return MappingProxyType(versions)


def utc_now() -> str:
    """This machine's clock in UTC, to the microsecond, such as ``2026-01-31T09:00:00.000000Z``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seal(
    run: RunFolder,
    recipe: RunRecipe,
    root: str | None,
    statement: str | None,
    *,
    root_is_named: bool = True,
    **history: Any,
) -> RunRecord:
    """Write ``run.yaml`` with the digests of what this package wrote into the folder, and nothing else.

    What was changed or added from outside keeps its old digest or has none, so that it is found later too. The history
    is kept, but for what `history` names anew (see `History`), and so are accepted changes. The root of a new folder is
    remembered as one that the user named, unless `root_is_named` is false.
    """
    old = read_record(run) if run.exists else None
    before = old.history if old is not None else History(prepared=utc_now())
    kept = {name: getattr(before, name) for name in before.model_fields_set}
    record = RunRecord(
        speechfair=__version__,
        recipe=recipe,
        root=root,
        statement=statement,
        environment=environment(),
        history=History(**{**kept, **history}),
        digests=_digests_now(run, old),
        accepted=old.accepted if old is not None else [],
    )
    run.write(record.plain())
    if old is None and root_is_named:
        remember_root(root, run.path)
    return record


def reseal(run: RunFolder, record: RunRecord, **changes: Any) -> RunRecord:
    """Write `record` again with other parts of its recipe (`changes`) and the digests as they are now."""
    return seal(run, record.recipe.having(**changes), record.root, record.statement)


def _digests_now(run: RunFolder, old: RunRecord | None) -> dict[str, str]:
    """The digests of `old`, and of what was written or removed since ``run.yaml`` was last sealed.

    Audio that came as bytes is named by its digest and needs no other witness.
    """
    state = log_state(run)
    gone = {name for name in state.removed if not (run.path / name).exists()}
    before = old.digests if old is not None else _stored_audio(run)
    found = {name: digest for name, digest in before.items() if name not in gone}
    for name, written in state.pending.items():
        path = run.within(name)
        if path.is_file() and (digest := file_digest(path)) in written:
            found[name] = digest
    return found


def _stored_audio(run: RunFolder) -> dict[str, str]:
    """The files of ``audio/`` whose names are the digests of their content."""
    return {name: digest for name, digest in run.digests().items() if name == f"audio/{digest}"}


def mark_evaluation(run: RunFolder) -> None:
    """Record, once, that the first utterance is about to be given to a model.

    A folder that already holds hypotheses but no such record (an older one, or an edited one) gets none: a later
    time would make criteria look as if they had been frozen before it.
    """
    record = read_record(run)
    if record.history.evaluated is None and not any((run.path / "hypotheses").rglob("part-*")):
        seal(run, record.recipe, record.root, record.statement, evaluated=utc_now())
