"""`verify`: recompute every digest and the whole audit of a run folder from its stored hypotheses.

Works offline from the folder alone. Audio is re-read only where the corpus root is still there, and what
could not be checked is said.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from speechfair import __version__
from speechfair.audio import AudioError, load_bytes
from speechfair.auditing.recomputed import recomputed
from speechfair.auditing.result import read_audit
from speechfair.auditing.run import read_manifest
from speechfair.errors import RunFolderError, SpeechfairError
from speechfair.running.run_manifest import locate_audio
from speechfair.running.run_record import RunRecord, read_record, scores_name
from speechfair.running.window_trial import recheck
from speechfair.store import RunFolder, differences

__all__ = ["Verification", "verify"]


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found. `differences` is empty when everything that was checked agrees.

    Parameters
    ----------
    checked : what was compared, one line each.
    differences : what does not agree, each naming a file or a field.
    unchecked : what could not be compared, with the reason.
    """

    checked: tuple[str, ...]
    differences: tuple[str, ...]
    unchecked: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def verify(out: str | Path, *, audio: bool = True) -> Verification:
    """Re-check a run folder.

    Parameters
    ----------
    out : run folder.
    audio : also compare the audio files with the digests in the manifest, where they are reachable.

    Raises
    ------
    RunFolderError : `out` is not a run folder at all.
    """
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
    return Verification(tuple(checked), tuple(found), tuple(unchecked))


def _check_files(run: RunFolder, record: RunRecord, checked: list[str], found: list[str]) -> None:
    recorded, now = record.digests, run.digests()
    for name in sorted({*recorded, *now}):
        if name not in now:
            found.append(f"{name}: is missing")
        elif name not in recorded:
            found.append(f"{name}: is not recorded in run.yaml")
        elif recorded[name] != now[name]:
            found.append(f"{name}: was changed (sha256 {now[name][:12]}…, recorded {recorded[name][:12]}…)")
    checked.append(f"sha256 of {len(recorded)} files")


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
    found.extend(f"audit.json: {line}" for line in differences(stored, again))
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
    n_same = n_gone = 0
    digests: dict[Path, str | None] = {}
    for name, audio, expected in manifest.select("id", "audio", "audio_sha256").iter_rows():
        if expected is None:
            continue
        path = locate_audio(audio, record.root, run.path)
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
    if n_same or n_gone or record.recipe.source != "imported":
        checked.append(f"audio of {n_same} utterances")
    else:
        unchecked.append("audio: there is none, since the transcripts were imported")
    if n_gone:
        unchecked.append(f"audio of {n_gone} utterances: the files are not reachable from here")
