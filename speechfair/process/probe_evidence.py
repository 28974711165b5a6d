"""Measurements from probe runs: ``grounding.json`` and ``response.json`` as evidence for AF-4.8 to AF-4.11.

Nothing is measured again and nothing is judged here. What a probe has no number for is an error, so that no group and
no measure is missing from a measurement in silence; a number without an interval gets the widest one there can be.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from speechfair.errors import InputError
from speechfair.probes.response.response_results import ResponseResult
from speechfair.probes.results import GroundingResult
from speechfair.process.init import add_measurements
from speechfair.process.ledger import Ledger
from speechfair.process.measurement import Measured, Measurement
from speechfair.process.process_plan import read_plan
from speechfair.running.run_record import RunRecord, read_record, reseal
from speechfair.running.seals import require_sealed
from speechfair.store import RunFolder, file_digest
from speechfair.types import UNKNOWN

if TYPE_CHECKING:
    from speechfair.probes.response.response_results import GroupMeasure, MeasureResult
    from speechfair.probes.results import AxisGrounding, GroupGrounding, LevelShare
    from speechfair.types import Estimate

__all__ = ["measure", "read_probe_result"]

GROUNDING, RESPONSE = "grounding.json", "response.json"
ITEMS: dict[int, str] = {2: "AF-4.8", 3: "AF-4.9", 4: "AF-4.10"}
REPLIES = "AF-4.11"
_OWN = ("counting", "patterns of requests.yaml", "rules, ")
"""How `judged_by` of the response probe begins where no model judged."""


def measure(process: str | Path, run: str | Path) -> list[Path]:
    """Write a probe run's figures as measurements into its folder, and list these in ``runs.yaml``.

    Limits are the plan's ``probe_margin``. The probe must have begun after ``criteria.yaml`` was frozen.

    Returns
    -------
    The files, ``measurement-AF-4.8.json`` and so on.

    Raises
    ------
    InputError
        The folder is no run of the grounding or the response probe, its result was changed, it began before the
        criteria were frozen, or it has no figure for something that an item asks for.
    """
    process, run = Path(process), Path(run)
    folder = RunFolder(run)
    record = read_record(folder)
    margin = read_plan(process).numbers.probe_margin
    found = [name for name in (GROUNDING, RESPONSE) if (run / name).is_file()]
    if len(found) != 1:
        raise InputError(
            f"{run}: holds neither {GROUNDING} nor {RESPONSE}; run `speechfair probe grounding` or `probe response`. "
            "(Accent strength is asked for by no item: audit a corpus that holds several strengths.)"
        )
    require_sealed(folder, record)
    path = run / found[0]
    digest = file_digest(path)
    criteria = _criteria_in_force(process, run, record)
    result = read_probe_result(path)
    if re.fullmatch(r"[0-9a-f]{64}", result.model_record.digest) is None:
        raise InputError(
            f"{path}: the digest of the model, {result.model_record.digest!r}, is no SHA-256; a process wants weights"
        )
    judged_by: Literal["counting", "model"] = "counting"
    judge: str | None = None
    if isinstance(result, GroundingResult):
        if result.items == "sound":
            raise InputError(
                f"{path}: asks about sound; the items {', '.join(ITEMS.values())} are about what was said: "
                "give a run of `probe grounding` without --ask sound"
            )
        values = {item: list(_grounding(result, level, margin, path)) for level, item in ITEMS.items()}
        values = {item: some for item, some in values.items() if some}
    else:
        values = {REPLIES: list(_replies(result, margin, path))}
        judged_by, judge = _judge(result)
    if not any(values.values()):
        raise InputError(f"{path}: compares no groups; give the probe --group-by")
    manifest = result.corpus_record.manifest_sha256
    what = f"speechfair {result.speechfair}, {found[0]} {digest}, corpus manifest {manifest}"
    files = []
    for item, some in values.items():
        one = Measurement(
            schema_="speechfair/measurement/1",
            item=item,
            model_sha256=result.model_record.digest,
            criteria_sha256=criteria,
            measured_with=what,
            judged_by=judged_by,
            judge=judge,
            speech=record.recipe.card.speech if record.recipe.card else None,
            values=some,
        )
        files.append(run / f"measurement-{item}.json")
        folder.write_file(files[-1].name, (one.model_dump_json(by_alias=True, indent=2) + "\n").encode())
    reseal(folder, read_record(folder))
    add_measurements(process, [Path(os.path.relpath(file, process)).as_posix() for file in files])
    return files


def read_probe_result(path: Path) -> GroundingResult | ResponseResult:
    """What a probe found, from its file: ``grounding.json``, or the one of replies.

    Raises
    ------
    InputError : the file cannot be read, or is not what the probe writes; the message names the field.
    """
    kind = GroundingResult if path.name == GROUNDING else ResponseResult
    try:
        return kind.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the top level"
        raise InputError(f"{path}: at {where}: {first['msg']}; give the probe's command again") from None


def _criteria_in_force(process: Path, run: Path, record: RunRecord) -> str:
    """Digest of the criteria, which the ledger must hold from before the probe's folder was made."""
    path = process / "criteria.yaml"
    if not path.is_file():
        raise InputError(f"{path} is not there; write it and freeze it before the probe runs")
    digest = file_digest(path)
    noted = [e for e in Ledger(process).read().of_kind("criteria") if e.body.get("sha256") == digest]
    if not noted:
        raise InputError(
            f"the ledger does not hold {path}; `speechfair process freeze` it before the probe runs"
        )
    begun = record.history.prepared
    if not isinstance(begun, str) or begun <= noted[0].time:
        raise InputError(
            f"{run}: the probe began at {begun or 'an unknown time'}, not after the criteria were frozen "
            f"({noted[0].time}); run it again in a new folder"
        )
    return digest


def _grounding(result: GroundingResult, level: int, limit: float, path: Path) -> Iterator[Measured]:
    for axis in result.axes:
        reference = next((group for group in axis.groups if group.is_reference), None)
        for group in _compared(axis, path):
            share = next((one for one in group.levels if one.level == level), None)
            if share is None:
                continue
            where = f"{path}: L{level}, {axis.axis}={group.value}"
            label = (axis.axis, group.value, group.n_speakers)
            metric = f"L{level} {share.name}, deficit against {axis.reference}, given the level below"
            yield _measured(metric, label, share.deficit, limit, where)
            if level == 3 and reference is not None:
                theirs = next(one for one in reference.levels if one.level == level)
                yield _excess_loss(share, theirs, label, limit, where)


def _compared(axis: AxisGrounding, path: Path) -> list[GroupGrounding]:
    groups = [g for g in axis.groups if not g.is_reference and UNKNOWN not in g.value.split("+")]
    if axis.reference is None:
        raise InputError(
            f"{path}: no reference group on {axis.axis} ({axis.reference_reason}); give --reference"
        )
    if not groups:
        raise InputError(f"{path}: fewer than two groups on {axis.axis}")
    return groups


def _excess_loss(
    share: LevelShare, theirs: LevelShare, label: tuple[str, str, int], limit: float, where: str
) -> Measured:
    """The loss against text beyond the reference group's; limits from the far ends: wide, never too narrow."""
    mine, other = share.modality_gap, theirs.modality_gap
    if mine.value is None or other.value is None:
        raise InputError(f"{where}: no loss against text ({mine.reason or other.reason})")
    known = None not in (mine.low, mine.high, other.low, other.high)
    return Measured(
        metric=f"L{share.level} {share.name}, loss against text beyond the reference group's",
        axis=label[0],
        group=label[1],
        n_speakers=label[2],
        value=mine.value - other.value,
        low=(mine.low or 0.0) - (other.high or 0.0) if known else -2.0,
        high=(mine.high or 0.0) - (other.low or 0.0) if known else 2.0,
        limit=limit,
    )


def _replies(result: ResponseResult, margin: float, path: Path) -> Iterator[Measured]:
    for axis in result.axes:
        if axis.reference is None:
            raise InputError(f"{path}: no reference group on {axis.axis} ({axis.reference_reason})")
        for measured in axis.measures:
            if measured.reason is not None:
                raise InputError(
                    f"{path}: {measured.what}: no figures, {measured.reason}; {REPLIES} asks for them"
                )
            for group in measured.groups:
                if not group.is_reference and UNKNOWN not in group.group.split("+"):
                    yield from _both_sides(measured, group, margin, path)


def _both_sides(
    measured: MeasureResult, group: GroupMeasure, margin: float, path: Path
) -> Iterator[Measured]:
    """The interval must lie within the margin, above and below: two values with one limit each."""
    ratio = measured.measure == "length"
    label = (group.axis, group.group, group.value.n_speakers)
    where = f"{path}: {measured.what}, {group.axis}={group.group}"
    words = f"{measured.what}, {'times' if ratio else 'less'} the reference group's"
    sides: Sequence[tuple[float, Literal["lower", "higher"]]] = (
        (1 + margin if ratio else margin, "lower"),
        (1 / (1 + margin) if ratio else -margin, "higher"),
    )
    for limit, better in sides:
        yield _measured(words, label, group.difference, limit, where, better, ratio=ratio)


def _measured(
    metric: str,
    label: tuple[str, str, int],
    found: Estimate | None,
    limit: float,
    where: str,
    better: Literal["lower", "higher"] = "lower",
    *,
    ratio: bool = False,
) -> Measured:
    if found is None or found.value is None:
        why = found.reason if found is not None else "not compared"
        raise InputError(f"{where}: no figure ({why}); measure more speakers, or leave the group out")
    axis, group, n_speakers = label
    # of a share's difference the widest interval there can be; a ratio has no upper end, so a number far over any limit
    widest = (0.0, 1e9) if ratio else (-1.0, 1.0)
    known = found.low is not None and found.high is not None
    low, high = (found.low, found.high) if known else widest
    return Measured(
        metric=metric,
        axis=axis,
        group=group,
        n_speakers=n_speakers,
        value=found.value,
        low=min(low or 0.0, found.value),
        high=max(high or 0.0, found.value),
        limit=limit,
        better=better,
    )


def _judge(result: ResponseResult) -> tuple[Literal["counting", "model"], str | None]:
    who = {measured.judged_by for axis in result.axes for measured in axis.measures}
    judges = sorted(one for one in who if not one.startswith(_OWN))
    return ("model", ", ".join(judges)) if judges else ("counting", None)
