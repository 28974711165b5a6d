"""Which column of a table means what: as asked for, else by a usual name; what was taken is said, never hidden.

A name is matched without case and punctuation. A guess is made only from the lists here; two candidates are a choice
for the user where it matters (ids), else the first in the list is taken.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from speechfair.corpora.rows import ColumnMap, LabelColumn
from speechfair.errors import InputError
from speechfair.importing.imported import ImportedTable, Role
from speechfair.registry import did_you_mean
from speechfair.text.unicode_folding import plain_name

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Asked", "Columns", "column_named", "column_there", "could_be_label", "resolve"]

USUAL: Mapping[Role, tuple[str, ...]] = {
    "id": (
        "id", "utterance_id", "utt_id", "uttid", "segment_id", "audio_id", "utterance", "utt", "audio_filepath", "path",
        "file", "filename", "file_name", "audio",
    ),
    "text": (
        "text", "reference", "ref", "sentence", "transcript", "transcription", "reference_text", "ref_text",
        "reference_transcript", "ground_truth", "gold", "raw_text",
    ),
    "speaker": (
        "speaker", "speaker_id", "spk", "spk_id", "client_id", "speaker_name", "participant", "participant_id",
        "talker", "user_id", "speaker_ids", "user_ids",
    ),
    "language": ("language", "lang", "locale", "language_code"),
    "start_s": ("start_s",),
    "end_s": ("end_s",),
    "duration_s": ("duration_s", "duration_sec", "duration", "seconds", "audio_duration"),
}  # fmt: skip
_LABELS = ("first_language", "accent", "gender", "age_band", "variety", "region")
_WEAK_IDS = ("utterance", "utt", "audio_filepath", "path", "file", "filename", "file_name", "audio")
_MOST_VALUES = 200


@dataclass(frozen=True)
class Asked:
    """What the caller says about columns.

    Parameters
    ----------
    columns : a `ColumnMap`; its ``audio`` is not used.
    roles : columns by role, such as ``{"text": "reference"}``; they come before `columns`.
    labels : columns by axis; they come before `columns`.
    group_by : axes to group by; one that is the name of a column is that column.
    """

    columns: ColumnMap = field(default_factory=ColumnMap)
    roles: Mapping[Role, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    group_by: Sequence[str] = ()


@dataclass(frozen=True)
class Columns:
    """The columns of a table, resolved.

    Parameters
    ----------
    roles : by role; a role that is absent has no column.
    labels : by axis.
    said : one line each for a person.
    speaker_within : column that makes speakers unique, or None.
    per_second : units of the time columns in a second.
    """

    roles: Mapping[Role, str]
    labels: Mapping[str, LabelColumn]
    said: tuple[str, ...]
    speaker_within: str | None = None
    per_second: float = 1.0


def resolve(
    table: ImportedTable,
    asked: Asked,
    taken: Sequence[str],
    *,
    text_needed: bool = True,
    without: Collection[Role] = (),
) -> Columns:
    """Which columns of `table` mean what.

    Parameters
    ----------
    taken : columns that are hypotheses or confidences; no role is guessed from them.
    text_needed : whether there must be a reference column.
    without : roles that no column is looked for.

    Raises
    ------
    InputError
        A named column is not there, or there is no reference column; the message names the nearest.
    """
    present = table.columns
    roles: dict[Role, str] = {}
    said = []
    named = _named(asked)
    for role in USUAL:
        if role in without:
            continue
        if role in named:
            roles[role] = column_there(named[role], table, role)
        elif role in table.roles:
            roles[role] = table.roles[role]
        elif found := _guess(role, table.frame, [name for name in present if name not in taken]):
            roles[role] = found
            said.append(f"{_WORDS[role]}: column {found!r}")
    if "text" not in roles and text_needed:
        raise InputError(
            f"{table.name} has no column for the reference text; its columns are {', '.join(present) or 'none'}. "
            "Name it with --text COLUMN"
        )
    labels = _labels(table, asked, present, {*roles.values(), *taken}, "language" in roles)
    said += [f"label {axis}: column {label.column!r}" for axis, label in labels.items()]
    used = {*roles.values(), *taken, *(label.column for label in labels.values())}
    offered = [name for name in present if name not in used and could_be_label(table.frame[name])]
    if offered and not table.roles:
        said.append(
            f"not used: {', '.join(offered)}; a column becomes a label with --label AXIS=COLUMN, such as "
            f"--label {offered[0]}={offered[0]}"
        )
    within = asked.columns.speaker_within
    if within is not None:
        within = column_there(within, table, "speaker_within")
    return Columns(roles, labels, tuple(said), within, _per_second(asked.columns))


def _per_second(columns: ColumnMap) -> float:
    if columns.channel is not None:
        raise InputError("transcripts have no channel; take 'channel' out of --columns")
    if columns.time_unit == "samples" and not columns.sample_rate:
        raise InputError("time_unit: samples needs sample_rate, the Hz in which they are counted")
    return {"milliseconds": 1000.0, "samples": float(columns.sample_rate or 1)}.get(
        columns.time_unit or "seconds", 1.0
    )


_WORDS: Mapping[Role, str] = {
    "id": "id", "text": "reference", "speaker": "speaker", "language": "language", "start_s": "start (s)",
    "end_s": "end (s)", "duration_s": "duration (s)",
}  # fmt: skip


def _named(asked: Asked) -> dict[Role, str]:
    """Roles that the caller named; a default of `ColumnMap` is no naming."""
    found: dict[Role, str] = {}
    for role in USUAL:
        value = getattr(asked.columns, role, None)
        if value is not None and role in asked.columns.model_fields_set:
            found[role] = value
    return {**found, **asked.roles}


def column_named(name: str, present: Sequence[str]) -> str | None:
    """The column of that name; else the only one that differs in case, blanks or invisible characters alone.

    >>> column_named("Accent", ["id", "accent\u200b "]), column_named("a", ["A", "a"]), column_named("a", ["A", "A "])
    ('accent\u200b ', 'a', None)
    """
    if name in present:
        return name
    alike = [each for each in present if plain_name(each) == plain_name(name)]
    return alike[0] if len(alike) == 1 else None


def column_there(column: str, table: ImportedTable, role: str) -> str:
    """`column_named` in a table; `InputError` that names what the column is for where there is none."""
    found = column_named(column, table.columns)
    if found is None:
        raise InputError(
            f"{table.name} has no column {column!r} (for {role}); {did_you_mean(column, table.columns)}"
        )
    return found


def _guess(role: Role, frame: pl.DataFrame, present: Sequence[str]) -> str | None:
    plain: dict[str, str] = {}
    for name in sorted(
        present, key=lambda name: "." in name
    ):  # ``speaker.id``, of an object, after ``speaker_id``
        plain.setdefault(re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_"), name)
    for usual in USUAL[role]:
        found = plain.get(usual)
        if found is None:
            continue
        column = frame[found]
        if role == "id" and usual in _WEAK_IDS and (column.null_count() or column.is_duplicated().any()):
            continue  # a file name that several rows share is no id
        return found
    return None


def _labels(
    table: ImportedTable, asked: Asked, present: Sequence[str], used: set[str], with_languages: bool
) -> dict[str, LabelColumn]:
    found: dict[str, LabelColumn] = dict(asked.columns.labels or {})
    found |= {axis: LabelColumn(column=column) for axis, column in asked.labels.items()}
    axes = [part for axis in asked.group_by for part in axis.split("+")]
    if with_languages and "language" not in found:
        axes = [axis for axis in axes if axis != "language"]  # every row's language is an axis of its own
    for axis in [*axes, *_LABELS]:
        column = column_named(axis, present)
        known = used | {label.column for label in found.values()}
        if axis not in found and column is not None and (axis in axes or column not in known):
            found[axis] = LabelColumn(column=column)
    for axis in axes:
        if axis not in found:
            raise InputError(
                f"{table.name} has no column {axis!r} to group by; {did_you_mean(axis, list(present))}. Map another "
                f"name with --label {axis}=COLUMN"
            )
    return {
        axis: label.model_copy(update={"column": column_there(label.column, table, f"label {axis}")})
        for axis, label in found.items()
    }


def could_be_label(column: pl.Series) -> bool:
    """Whether a column may hold a label: few values for its rows, and not numbers."""
    import polars as pl

    if column.dtype not in (pl.String, pl.Categorical, pl.Enum, pl.Boolean):
        return False
    return 1 < column.n_unique() <= min(_MOST_VALUES, max(2, len(column) // 2))
