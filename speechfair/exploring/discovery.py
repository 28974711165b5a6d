"""Slices of a finished run that no label names: speakers who talk fast, in noise, softly, or alike, and fare worse.

Features come from durations, reference texts and audio, never from errors; the search and its test on held-out
speakers are `speechfair.metrics.slices`. Reads a run folder and writes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError, SpeechfairError
from speechfair.wording import count, percent

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from speechfair.metrics.slices import Method, Slice
    from speechfair.types import Estimate

__all__ = ["Discovery", "Found", "LabelShare", "Mark", "discover"]

_MARKS = 3
_LEAST_MARK = 0.5
_LEAST_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Mark:
    """A feature in which the slice differs from the other speakers.

    Parameters
    ----------
    inside, outside : means over speakers, in the feature's unit.
    distance : inside - outside in standard deviations of all speakers.
    """

    feature: str
    inside: float
    outside: float
    distance: float


@dataclass(frozen=True, slots=True)
class LabelShare:
    """A label that is more common in the slice: shares of speakers who have it, inside and outside."""

    axis: str
    value: str
    inside: float
    outside: float


@dataclass(frozen=True, slots=True)
class Found:
    """One slice that was tested on held-out speakers; see `speechfair.metrics.slices.Slice`."""

    features: str
    cluster: int
    n_clusters: int
    speakers: tuple[str, ...]
    n_chosen_on: int
    n_tested_on: int
    ratio: Estimate
    p_value: float | None
    p_adjusted: float | None
    found: bool
    reason: str | None
    marks: tuple[Mark, ...]
    labels: tuple[LabelShare, ...]


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the search found, and what it rests on.

    Parameters
    ----------
    slices : those tested, found ones first.
    n_speakers, n_left_out : searched, and left out since something could not be measured; `notes` say what.
    n_clusters_tried : clusters from which the slices were chosen on one half of the speakers.
    level : 1 - level is the probability of finding anything where there is nothing.
    """

    run: str
    slices: tuple[Found, ...]
    n_speakers: int
    n_left_out: int
    n_chosen_on: int
    n_tested_on: int
    n_clusters_tried: int
    features: tuple[str, ...]
    method: str
    level: float
    seed: int
    notes: tuple[str, ...]

    def to_json(self) -> str:
        """All of it as JSON, two-space indent, newline at the end."""
        content = {"schema": "speechfair/discovery/1", **asdict(self)}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def discover(
    run: str | Path,
    *,
    audio: bool = True,
    utterances: int = 10,
    method: Method = "kmeans",
    level: float = 0.95,
    seed: int = 0,
    most_clusters: int = 4,
    most_slices: int = 3,
    observe: Callable[[int, int], None] | None = None,
) -> Discovery:
    """Search a scored run for slices of speakers with a higher error rate than the others.

    Parameters
    ----------
    run : a scored run folder.
    audio : also measure loudness, signal-to-noise ratio and mel cepstra; the audio must be reachable.
    utterances : of each speaker that are listened to, chosen by a digest of their ids.
    method, level, most_clusters, most_slices : see `speechfair.metrics.slices.find_slices`.
    seed : of the halving and the clustering.
    observe : called with (speakers listened to, speakers).

    Raises
    ------
    InputError, RunFolderError : too few speakers with an id, or a folder that is not scored.
    MissingExtraError : scikit-learn is not installed.
    """
    import numpy as np

    from speechfair.exploring.planning import read_scores
    from speechfair.metrics import speaker_sums
    from speechfair.metrics.slices import MIN_SEARCHED, find_slices

    if utterances < 1:
        raise InputError(f"utterances is {utterances}; it must be at least 1")
    _, scores = read_scores(run)
    if "reference" not in scores.columns:
        raise InputError(f"{run} holds counts without texts or audio to search by; give a run with texts")
    notes: list[str] = []
    usable = _usable(scores, notes)
    _require_speakers(usable["speaker"].n_unique(), MIN_SEARCHED)
    heard = _heard(run, usable, utterances, notes, observe) if audio else None
    names, columns, table = _table(_spoken(usable), heard)
    _require_speakers(len(names), MIN_SEARCHED)
    sets = {name: [columns.index(c) for c in wanted] for name, wanted in _sets(columns).items()}
    kept = usable.filter(usable["speaker"].is_in(list(names)))
    sums = speaker_sums(kept)
    counts = dict(kept["speaker"].value_counts().iter_rows())
    search = find_slices(
        table,
        sets,
        sums,
        np.array([counts[name] for name in names]),
        rng=np.random.default_rng(seed),
        method=method,
        most_clusters=most_clusters,
        most_slices=most_slices,
        level=level,
    )
    assert sums.speakers == names
    labels = _labels_of(kept)
    return Discovery(
        run=str(run),
        slices=tuple(_described(part, table, columns, names, labels) for part in search.slices),
        n_speakers=len(names),
        n_left_out=scores["speaker"].drop_nulls().n_unique() - len(names),
        n_chosen_on=search.n_chosen_on,
        n_tested_on=search.n_tested_on,
        n_clusters_tried=search.n_clusters_tried,
        features=columns,
        method=method,
        level=level,
        seed=seed,
        notes=tuple(notes),
    )


def _described(
    part: Slice,
    table: NDArray[np.float64],
    columns: Sequence[str],
    names: Sequence[str],
    labels: Mapping[str, set[tuple[str, str]]],
) -> Found:
    """The slice with the names of its speakers, and how they differ from the others."""
    import numpy as np

    inside = np.isin(np.arange(len(names)), part.members)
    shared = ("features", "cluster", "n_clusters", "n_chosen_on", "n_tested_on", "ratio", "p_value")
    return Found(
        **{name: getattr(part, name) for name in (*shared, "p_adjusted", "found", "reason")},
        speakers=tuple(names[i] for i in part.members),
        marks=_marks(table, columns, inside),
        labels=_label_shares(labels, names, inside),
    )


def _require_speakers(count: int, least: int) -> None:
    if count < least:
        raise InputError(
            f"{count} speakers with an id can be measured; a search for slices needs at least {least}, since it "
            "chooses on one half of them and tests on the other"
        )


def _usable(scores: pl.DataFrame, notes: list[str]) -> pl.DataFrame:
    """Rows of known speakers with a duration; what is left out is noted."""
    import polars as pl

    nobody = scores["speaker"].null_count()
    if nobody:
        notes.append(f"{nobody} of {scores.height} utterances have no speaker id and are left out")
    known = scores.filter(pl.col("speaker").is_not_null())
    timed = known.filter(pl.col("duration_s").fill_null(0.0) > 0)
    if timed.height < known.height:
        notes.append(f"{known.height - timed.height} utterances without a duration are left out")
    return timed


def _spoken(scores: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Reference tokens per second and mean duration in seconds, by speaker."""
    import polars as pl

    seconds = pl.col("duration_s")
    table = scores.group_by("speaker").agg(
        (pl.col("reference_length").sum() / seconds.sum()).alias("speech_rate"),
        seconds.mean().alias("duration_s"),
    )
    return {row.pop("speaker"): row for row in table.iter_rows(named=True)}


def _table(
    spoken: Mapping[str, dict[str, float]], heard: Mapping[str, dict[str, float]] | None
) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.float64]]:
    """Speakers, features, and their values of shape (n_speakers, n_features); only speakers with all features."""
    import numpy as np

    measured = spoken if heard is None else {name: {**spoken[name], **heard[name]} for name in heard}
    names = tuple(sorted(measured))
    columns = tuple(measured[names[0]]) if names else ()
    return names, columns, np.array([[measured[name][column] for column in columns] for name in names])


def _sets(columns: Sequence[str]) -> dict[str, list[str]]:
    """What is clustered together: each feature alone, all cepstra, and all there is."""
    voice = [name for name in columns if name.startswith("mfcc")]
    single = {name: [name] for name in columns if name not in voice}
    return {**single, **({"voice": voice} if voice else {}), "all": list(columns)}


def _heard(
    run: str | Path,
    scores: pl.DataFrame,
    utterances: int,
    notes: list[str],
    observe: Callable[[int, int], None] | None,
) -> dict[str, dict[str, float]]:
    """Mean audio features by speaker; speakers of whom nothing could be heard are left out, and noted."""
    import numpy as np

    from speechfair.running.seals import read_sealed
    from speechfair.running.stored_manifest import read_manifest
    from speechfair.store import RunFolder

    folder = RunFolder(run)
    root = read_sealed(folder).root
    rows = {row["id"]: row for row in read_manifest(folder).iter_rows(named=True)}
    chosen: dict[str, list[str]] = defaultdict(list)
    for name, speaker in scores.select("utterance_id", "speaker").iter_rows():
        chosen[speaker].append(name)
    found: dict[str, dict[str, float]] = {}
    failures: list[str] = []

    def listen(speaker: str) -> tuple[list[dict[str, float]], list[str]]:
        order = sorted(chosen[speaker], key=lambda name: hashlib.sha256(name.encode()).digest())
        results = [_listen(rows[name], root, folder.path) for name in order[:utterances]]
        return [r for r in results if isinstance(r, dict)], [r for r in results if isinstance(r, str)]

    with ThreadPoolExecutor(2) as pool:
        for done, (speaker, (values, why)) in enumerate(
            zip(sorted(chosen), pool.map(listen, sorted(chosen)), strict=True), 1
        ):
            failures += why
            if values:
                found[speaker] = {k: float(np.mean([v[k] for v in values])) for k in values[0]}
            if observe is not None:
                observe(done, len(chosen))
    if failures:
        notes.append(f"{len(failures)} utterances could not be listened to (first: {failures[0]})")
    if len(found) < len(chosen):
        notes.append(f"{len(chosen) - len(found)} speakers could not be listened to at all and are left out")
    return found


def _listen(row: Mapping[str, Any], root: str | None, folder: Path) -> dict[str, float] | str:
    """Features of one utterance, or why there are none."""
    from speechfair.audio import AudioError, decode, load_bytes
    from speechfair.exploring.voice_features import RATE, voice_features
    from speechfair.running.run_manifest import locate_audio

    try:
        data = load_bytes(locate_audio(row["audio"], root, folder))
        if hashlib.sha256(data).hexdigest() != row["audio_sha256"]:
            raise AudioError("audio file has changed since the manifest was made")
        return voice_features(decode(data, RATE, row["start_s"], row["end_s"], row["channel"]))
    except SpeechfairError as error:
        return f"{row['id']}: {error}"


def _marks(table: NDArray[np.float64], columns: Sequence[str], inside: NDArray[np.bool_]) -> tuple[Mark, ...]:
    """The features that set the slice apart most, but not the cepstra, whose numbers tell a person nothing."""
    found = []
    for index, name in enumerate(columns):
        values = table[:, index]
        spread = float(values.std())
        if name.startswith("mfcc") or not spread or inside.all():
            continue
        ours, others = float(values[inside].mean()), float(values[~inside].mean())
        found.append(Mark(name, ours, others, (ours - others) / spread))
    clear = [mark for mark in found if abs(mark.distance) >= _LEAST_MARK]
    return tuple(sorted(clear, key=lambda mark: -abs(mark.distance))[:_MARKS])


def _labels_of(scores: pl.DataFrame) -> dict[str, set[tuple[str, str]]]:
    """Labels of each speaker, as (axis, value)."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for speaker, labels in scores.select("speaker", "labels").iter_rows():
        found[speaker] |= {(label["axis"], label["value"]) for label in labels or []}
    return found


def _label_shares(
    labels: Mapping[str, set[tuple[str, str]]], names: Sequence[str], inside: NDArray[np.bool_]
) -> tuple[LabelShare, ...]:
    ours = [labels[name] for name, is_in in zip(names, inside, strict=True) if is_in]
    others = [labels[name] for name, is_in in zip(names, inside, strict=True) if not is_in]
    shares = []
    for axis, value in sorted({label for one in ours for label in one}):
        within, without = (
            sum((axis, value) in one for one in part) / max(1, len(part)) for part in (ours, others)
        )
        if within - without >= _LEAST_SHARE:
            shares.append(LabelShare(axis, value, within, without))
    return tuple(sorted(shares, key=lambda s: s.outside - s.inside)[:_MARKS])


def _lines(result: Discovery) -> list[str]:
    found = [part for part in result.slices if part.found]
    chance = 100 * (1 - result.level)
    lines = [
        f"{count(result.n_speakers, 'speaker')} of {result.run}: {result.n_clusters_tried} clusters made on "
        f"{result.n_chosen_on}, the worst {len(result.slices)} tested on the other {result.n_tested_on}",
        *(f"Note: {note}" for note in result.notes),
        "",
        f"{count(len(found), 'slice')} with a higher error rate found; noise alone would be called a slice in at most "
        f"{chance:g} % of such searches",
    ]
    if not found:
        lines.append("That is no proof that there is none: smaller differences need more speakers.")
    for number, part in enumerate(result.slices, 1):
        lines += ["", *_slice_lines(number, part)]
    return lines


def _slice_lines(number: int, part: Found) -> list[str]:
    from speechfair.wording import p_value, printable

    ratio = part.ratio
    head = f"{number}. {'FOUND' if part.found else 'not confirmed'}: {part.features}"
    lines = [f"{head}, cluster {part.cluster} of {part.n_clusters}, {len(part.speakers)} speakers"]
    if part.p_adjusted is None:
        lines.append(f"   not testable: {part.reason or ratio.reason}")
    elif ratio.value is not None and ratio.low is not None and ratio.high is not None:
        lines.append(
            f"   error rate {ratio.value:.2f} times that of the rest [{ratio.low:.2f}, {ratio.high:.2f}] on "
            f"{part.n_tested_on} held-out speakers, Holm {p_value(part.p_adjusted)}"
        )
    for mark in part.marks:
        found = f"{mark.inside:.3g} against {mark.outside:.3g} ({mark.distance:+.1f} standard deviations)"
        lines.append(f"   {mark.feature}: {found}")
    for share in part.labels:
        label = printable(f"{share.axis} {share.value}")
        inside, outside = (percent(part, sign=True) for part in (share.inside, share.outside))
        lines.append(f"   {label}: {inside} of its speakers against {outside}")
    return lines
