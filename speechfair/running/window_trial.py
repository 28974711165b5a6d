"""Whether a short Whisper window may stand in for the exact one: earned on a sample, group by group, and on record.

A stratified sample of at most `SAMPLE` utterances is transcribed both ways. The short window is taken only if in every
group the speaker-clustered interval of the paired change stays within the margin of non-inferiority; a group with
too few speakers to tell decides against it. All evidence goes into ``run.yaml``, both sets of hypotheses stay in
the run folder (so nothing is paid for twice), and `speechfair verify` derives the decision again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from speechfair.errors import InputError, RunFolderError
from speechfair.models.specification import note_specification, specification_of
from speechfair.running.engine import Engine
from speechfair.running.run_recipe import (
    Analysis,
    Calibration,
    CalibrationGroup,
    CalibrationSettings,
    CardPart,
)
from speechfair.running.run_record import mark_evaluation, read_record, reseal
from speechfair.running.scoring import add_axis, score_table
from speechfair.running.scoring_choice import Scoring, scoring_of, single_scoring
from speechfair.running.transcription import Observer, read_hypotheses, transcribe_missing
from speechfair.store import RunFolder, differences
from speechfair.types import Recognizer

if TYPE_CHECKING:
    import polars as pl


__all__ = ["SAMPLE", "Windowed", "calibration_sample", "describe", "recheck", "settle_window"]

SAMPLE = 60
"""Greatest number of utterances that are transcribed both ways."""
RELATIVE, ABSOLUTE = 0.10, 0.01
"""Margin: a tenth of the group's rate or one point, whichever is the larger."""
LEVEL = 0.90
"""Two-sided; harm beyond the margin passes in one group with probability 0.05 at most."""


@runtime_checkable
class Windowed(Protocol):
    """A recogniser that can change its window and may name a shorter one to be tried."""

    @property
    def candidate_window_s(self) -> float | None:
        """The shorter window in seconds, or None."""

    def with_window(self, window: str | float) -> Recognizer:
        """The same weights with another window."""


def settle_window(
    run: RunFolder,
    manifest: pl.DataFrame,
    model: Recognizer,
    analysis: Analysis,
    scoring: Scoring,
    observe: Observer | None = None,
    engine: Engine | None = None,
) -> Recognizer:
    """`model`, or the same with its candidate window where that is earned; a decision on record is kept.

    Parameters
    ----------
    analysis : its axes are the groups that are compared, its seed draws the sample.
    scoring : how errors are counted.
    engine : what recognises the sample; None is this process.

    Raises
    ------
    InputError
        No axis is given.
    RunFolderError
        The folder holds a run that was begun without this calibration, or with another one.
    """
    window_s = model.candidate_window_s if isinstance(model, Windowed) else None
    if window_s is None or not isinstance(model, Windowed):
        return model
    if not analysis.group_by:
        raise InputError(
            "window=auto is earned group by group: name the label axes with --group-by, or use --window exact"
        )
    exact, short = _with_window(model, "exact"), _with_window(model, window_s)
    record = read_record(run)
    calibration = record.recipe.calibration
    settings = _settings(exact, short, window_s, analysis, scoring)
    if calibration is not None:
        _refuse_other(run, calibration.settings, settings)
    elif record.recipe.model is not None:
        raise RunFolderError(
            f"{run.path} holds a run whose window was chosen without a calibration ({record.recipe.model.name}); "
            "name that window, or choose another --out"
        )
    else:
        ids = calibration_sample(manifest, analysis.group_by, analysis.seed)
        mark_evaluation(run)
        for one in (exact, short):
            transcribe_missing(run, manifest, one, record.root, only=ids, observe=observe, engine=engine)
        calibration = _evidence(run, manifest, ids, settings, _recorded(manifest, settings))
        reseal(run, record, calibration=calibration)
    return short if calibration.accepted else exact


def _with_window(model: Windowed, window: str | float) -> Recognizer:
    other = model.with_window(window)
    if (asked := specification_of(model)) is not None:
        note_specification(other, asked.having(window=window))
    return other


def calibration_sample(
    manifest: pl.DataFrame, group_by: Sequence[str], seed: int = 0, size: int = SAMPLE
) -> list[str]:
    """Ids of at most `size` utterances, as evenly as may be over the crossing of the axes, then over speakers.

    Only utterances with readable audio and a reference text count. The same manifest and seed give the same ids.
    """
    import numpy as np
    import polars as pl

    rng = np.random.default_rng(seed)
    usable = manifest.filter(
        pl.col("excluded").is_null() & pl.col("audio_error").is_null() & pl.col("text").is_not_null()
    )
    cells: dict[tuple[str, ...], dict[str, list[str]]] = {}
    groups = [add_axis(usable, axis)["group"].to_list() for axis in group_by]
    for name, speaker, *values in zip(usable["id"], usable["speaker"], *groups, strict=True):
        # without a speaker's name every utterance is drawn for itself
        cells.setdefault(tuple(values), {}).setdefault(speaker or f"utterance {name}", []).append(name)
    queues = [_in_turn(cells[cell], rng) for cell in sorted(cells)]
    chosen: list[str] = []
    while len(chosen) < size and any(queues):
        for queue in queues:
            if queue and len(chosen) < size:
                chosen.append(queue.pop(0))
    return sorted(chosen)


def describe(calibration: Calibration) -> str:
    """One line for a person: which window was taken, and which group decided."""
    window = f"{calibration.settings.window_s:g} s"
    n = f"{len(calibration.utterances)} utterances"
    if calibration.accepted:
        return f"window: {window}; on {n} transcribed both ways no group is worse off by more than the margin"
    return f"window: exact; {window} was not earned on {n}: {'; '.join(calibration.against)}"


def recheck(run: RunFolder, manifest: pl.DataFrame, calibration: Calibration) -> list[str]:
    """Differences between a calibration on record and what the stored hypotheses give now."""
    scoring = _recorded(manifest, calibration.settings)
    again = _evidence(run, manifest, calibration.utterances, calibration.settings, scoring)
    return differences(calibration.plain(), again.plain())


def _recorded(manifest: pl.DataFrame, settings: CalibrationSettings) -> Scoring:
    """How the trial's errors are counted, by language or, in folders of before, alike for all rows."""
    from speechfair.text.normalizers import recorded_normalizer

    if settings.scoring is not None or settings.tokens == "several":
        return scoring_of(manifest, Analysis(), CardPart(), settings.scoring)
    languages = manifest["language"].drop_nulls().unique().to_list()
    return single_scoring(recorded_normalizer(settings.normalizer), settings.tokens, languages)


def _settings(
    exact: Recognizer,
    short: Recognizer,
    window_s: float,
    analysis: Analysis,
    scoring: Scoring,
) -> CalibrationSettings:
    return CalibrationSettings(
        window_s=window_s,
        exact=exact.identity.key,
        short=short.identity.key,
        group_by=list(analysis.group_by),
        seed=analysis.seed,
        normalizer=scoring.normalizer_name,
        tokens=scoring.unit,
        relative=RELATIVE,
        absolute=ABSOLUTE,
        level=LEVEL,
        scoring=scoring.part(),
    )


def _refuse_other(run: RunFolder, old: CalibrationSettings, new: CalibrationSettings) -> None:
    changed = differences(old.plain(), new.plain())
    if changed:
        raise RunFolderError(
            f"{run.path} holds a run whose window was chosen by another calibration:\n  "
            + "\n  ".join(changed)
            + "\nchoose another --out, or delete the folder"
        )


def _evidence(
    run: RunFolder,
    manifest: pl.DataFrame,
    ids: Sequence[str],
    settings: CalibrationSettings,
    scoring: Scoring,
) -> Calibration:
    """The record: settings, sample, one entry per group, and the decision."""
    import polars as pl

    from speechfair.metrics.paired import non_inferiority
    from speechfair.metrics.pairing import pair_by_group

    sample = manifest.filter(pl.col("id").is_in(list(ids)))
    tables = []
    for key in (settings.exact, settings.short):
        found = read_hypotheses(run, key).filter(pl.col("utterance_id").is_in(list(ids)))
        scores = score_table(sample, found, scoring)
        tables.append(scores.filter(pl.col("excluded").is_null()))
    groups: list[CalibrationGroup] = []
    for axis in settings.group_by:
        exact, short = (add_axis(table, axis) for table in tables)
        for value, pair in pair_by_group(exact, short, "group").items():
            test = non_inferiority(
                pair,
                relative=settings.relative,
                absolute=settings.absolute,
                level=settings.level,
            )
            groups.append(_entry(axis, value, pair, test))
    missed = _missed_groups(manifest, settings.group_by, groups)
    against = missed + [
        f"{entry.axis}={entry.value}: {entry.reason}" for entry in groups if entry.within_margin is not True
    ]
    return Calibration(
        settings=settings,
        utterances=sorted(ids),
        redone={
            name: int(table["redone"].sum()) for name, table in zip(("exact", "short"), tables, strict=True)
        },
        groups=groups,
        against=against,
        accepted=bool(groups) and not against,
    )


def _entry(axis: str, value: str, pair: Any, test: Any) -> CalibrationGroup:
    """One group's change, as plain values."""
    old, new = pair.rates if pair.no_rate is None else (None, None)
    reason = test.reason
    if test.holds is False:
        reason = f"its {test.scale} {test.change.value:.3g} is beyond the limit {test.limit:g}"
    return CalibrationGroup(
        axis=axis,
        value=value,
        n_utterances=test.change.n_utterances,
        n_speakers=test.change.n_speakers,
        rate_exact=_plain(old),
        rate_short=_plain(new),
        scale=test.scale,
        change=_plain(test.change.value),
        low=_plain(test.change.low),
        high=_plain(test.change.high),
        limit=test.limit,
        within_margin=test.holds,
        reason=reason,
    )


def _missed_groups(
    manifest: pl.DataFrame, group_by: Sequence[str], groups: Sequence[CalibrationGroup]
) -> list[str]:
    """Groups of the corpus that the sample does not hold: nothing is known of them."""
    import polars as pl

    seen = {(entry.axis, entry.value) for entry in groups}
    usable = manifest.filter(pl.col("excluded").is_null())
    return [
        f"{axis}={value}: not one utterance in the sample"
        for axis in group_by
        for value in sorted(set(add_axis(usable, axis)["group"]))
        if (axis, value) not in seen
    ]


def _in_turn(speakers: Mapping[str, Sequence[str]], rng: Any) -> list[str]:
    """Utterances of a cell in random order: one of each speaker, then a second of each, and so on."""
    shuffled = [[str(x) for x in rng.permutation(sorted(speakers[name]))] for name in sorted(speakers)]
    rng.shuffle(shuffled)
    longest = max(map(len, shuffled))
    return [names[turn] for turn in range(longest) for names in shuffled if turn < len(names)]


def _plain(value: Any) -> float | None:
    return None if value is None else float(value)
