"""`verify`: recompute every digest and the whole audit of a run folder from its stored hypotheses.

Works offline from the folder alone. Audio is re-read only where the corpus root is still there, and what
could not be checked is said.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from speechfair import __version__
from speechfair.audio import AudioError, load_bytes
from speechfair.auditing.notes import former_wording
from speechfair.auditing.recomputed import recomputed
from speechfair.auditing.result import read_audit
from speechfair.errors import RunFolderError, SpeechfairError
from speechfair.running import seals
from speechfair.running.run_log import log_state
from speechfair.running.run_manifest import audio_locator
from speechfair.running.run_record import RunRecord, read_record, scores_name
from speechfair.running.seals import broken_seals, describe_changes
from speechfair.running.stored_manifest import read_manifest
from speechfair.running.window_trial import recheck
from speechfair.store import OLD_SCHEMA, RunFolder, differences

__all__ = ["Verification", "verify"]

_METHOD = (
    r"^[^:]*\.((low|high|method|reason|n_lost_replicates)(\[\d+\])?|gap_p_value|between_group_sd\.value): "
)


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found. `differences` is empty when everything that was checked agrees.

    Parameters
    ----------
    checked : what was compared, one line each.
    accepted : changes from outside that somebody accepted, with their reason.
    unseen : what no check of the folder alone can see.
    differences : what does not agree, each naming a file or a field.
    unchecked : what could not be compared, with the reason.
    """

    checked: tuple[str, ...]
    differences: tuple[str, ...]
    unchecked: tuple[str, ...]
    accepted: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def verify(out: str | Path, *, audio: bool = True, accept_changes: str | None = None) -> Verification:
    """Re-check a run folder.

    Parameters
    ----------
    out : run folder.
    audio : also compare the audio files with the digests in the manifest, where they are reachable.
    accept_changes : the reason why changes from outside are accepted; they are recorded in the folder first. A gate on
        such a run is undetermined at best.

    Raises
    ------
    RunFolderError : `out` is not a run folder at all.
    """
    if accept_changes is not None:
        seals.accept_changes(out, accept_changes)
    run = RunFolder(out)
    record = read_record(run)
    checked: list[str] = []
    found: list[str] = []
    unchecked: list[str] = []
    _check_files(run, record, checked, found)
    _check_audit(run, record, checked, found, unchecked)
    _check_calibration(run, record, checked, found)
    if audio:
        _check_audio(run, record, checked, found, unchecked)
    else:
        unchecked.append("audio files: not asked for")
    accepted = tuple(map(str, record.accepted))
    return Verification(tuple(checked), tuple(found), tuple(unchecked), accepted, _unseen(run))


def _check_files(run: RunFolder, record: RunRecord, checked: list[str], found: list[str]) -> None:
    found.extend(describe_changes(broken_seals(run, record)))
    checked.append(f"sha256 of {len(record.digests)} files")
    state = log_state(run)
    if state.entries:
        checked.append(
            f"run.yaml against the log, whose {len(state.entries)} lines each follow the one before"
        )


def _unseen(run: RunFolder) -> tuple[str, ...]:
    state = log_state(run)
    lines = [] if state.unlogged is None else [state.unlogged]
    if state.entries:
        lines.append(
            "a folder written anew as a whole, its log included: compare the log's last digest with one that you kept "
            f"or published (now {state.entries[-1].digest})"
        )
    return tuple(lines)


def _check_audit(
    run: RunFolder, record: RunRecord, checked: list[str], found: list[str], unchecked: list[str]
) -> None:
    recipe = record.recipe
    if recipe.analysis is None or recipe.model is None:
        unchecked.append("audit.json: the folder has not been scored yet")
        return
    try:
        stored_result = read_audit(run.path / "audit.json")
        scores, result = recomputed(run, record)
        later: set[str] = set()
        again = _as_stored(stored_result, result, later).model_dump(mode="json", by_alias=True)
        stored = stored_result.model_dump(mode="json", by_alias=True)
        name = scores_name(recipe)
        kept = run.read_table(name, "score the folder again")
    except SpeechfairError as error:
        found.append(str(error))
        return
    for side in (stored, again):
        side.pop("times")
        side.pop("speechfair")
    lines = differences(stored, again)
    if record.schema_ == OLD_SCHEMA:
        methods = [line for line in lines if re.search(_METHOD, line)]
        lines = [line for line in lines if line not in methods]
        if methods:
            unchecked.append(
                f"audit.json: {len(methods)} figures of the statistics, which an earlier version computed in another "
                f"way (first: {methods[0]}); score the folder again"
            )
    found.extend(f"audit.json: {line}" for line in lines)
    if later:
        unchecked.append(
            f"audit.json: was written without {', '.join(sorted(later))}, as versions before {__version__} did; score "
            "the folder again to have them"
        )
    if not kept.equals(scores):
        found.append(f"{name}: differs from the counts recomputed from the hypotheses")
    checked.append(
        f"{scores.height} rows scored again from the stored hypotheses, and every estimate with them"
    )


def _as_stored(stored: Any, again: Any, later: set[str]) -> Any:
    """`again` without the optional fields that `stored` does not have; their names are added to `later`."""
    if isinstance(stored, BaseModel) and isinstance(again, BaseModel):
        update = {}
        for name in type(stored).model_fields:
            if name in stored.model_fields_set:
                update[name] = _as_stored(getattr(stored, name), getattr(again, name), later)
            elif getattr(again, name) != getattr(stored, name):
                later.add(name)
                update[name] = getattr(stored, name)
        return again.model_copy(update=update)
    if isinstance(stored, list) and isinstance(again, list) and len(stored) == len(again):
        return [_as_stored(one, other, later) for one, other in zip(stored, again, strict=True)]
    if isinstance(stored, str) and isinstance(again, str) and stored == former_wording(again):
        return stored
    return again


def _check_calibration(run: RunFolder, record: RunRecord, checked: list[str], found: list[str]) -> None:
    calibration = record.recipe.calibration
    if calibration is None:
        return
    try:
        lines = recheck(run, read_manifest(run), calibration)
    except SpeechfairError as error:
        found.append(f"run.yaml: calibration: {error}")
        return
    found.extend(f"run.yaml: calibration: {line}" for line in lines)
    checked.append(f"the choice of the window, from {len(calibration.utterances)} utterances heard both ways")


def _check_audio(
    run: RunFolder, record: RunRecord, checked: list[str], found: list[str], unchecked: list[str]
) -> None:
    try:
        manifest = read_manifest(run)
    except RunFolderError as error:
        found.append(str(error))
        return
    n_same = n_gone = n_outside = 0
    outside = ""
    digests: dict[Path, str | None] = {}
    locate = audio_locator(record.root, run.path)
    for name, audio, expected in manifest.select("id", "audio", "audio_sha256").iter_rows():
        if expected is None:
            continue
        try:
            path = locate(audio)
        except RunFolderError as error:
            n_outside += 1
            outside = str(error)
            continue
        if path not in digests:
            try:
                digests[path] = hashlib.sha256(load_bytes(path)).hexdigest()
            except AudioError:
                digests[path] = None
        if digests[path] is None:
            n_gone += 1
        elif digests[path] != expected:
            found.append(f"audio of utterance {name!r}: is not the audio that was transcribed ({audio})")
        else:
            n_same += 1
    if n_same or n_gone or record.recipe.source == "audio":
        checked.append(f"audio of {n_same} utterances")
    else:
        what = "counts" if record.recipe.source == "counts" else "the transcripts"
        unchecked.append(f"audio: there is none, since {what} were imported")
    if n_outside:
        unchecked.append(f"audio of {n_outside} utterances, which was not opened: {outside}")
    if n_gone:
        unchecked.append(f"audio of {n_gone} utterances: the files are not reachable from here")
