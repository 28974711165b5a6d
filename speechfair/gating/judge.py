"""`gate`: hold a scored run against criteria that were frozen before, and say pass, fail, undetermined or error.

A comparison passes only if its whole interval is within the limit and fails only if the whole interval is beyond it.
It never passes for want of data: whatever forbids a verdict is a named guard in `guards`.

Several comparisons: criteria with ``multiplicity: holm`` and the same level are one family over the whole file. Holm's
step-down procedure (1979) is applied twice, once to the one-sided hypotheses "the true value is at or beyond the
limit" (rejecting one is a pass) and once to "the true value is at or within it" (a fail), each at (1 - level) / 2.
So, whatever the dependence between groups, the chance of any false pass in the family is at most (1 - level) / 2, and
that of any false fail too, as far as the intervals keep their level. It is carried out on the intervals: with k
comparisons left each is judged by its interval of level 1 - (1 - level) / k, which is the same as comparing Holm's
adjusted p-values of the log-t statistic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from speechfair import __version__
from speechfair.auditing.result import read_audit
from speechfair.auditing.verify import verify
from speechfair.errors import SpeechfairError
from speechfair.gating.cases import Case, RunFacts, cases_of, measurement
from speechfair.gating.completeness import group_shares, requirements
from speechfair.gating.criteria import CriteriaFile, read_criteria
from speechfair.gating.freezing import standing
from speechfair.gating.gate_result import (
    Comparison,
    CriteriaRecord,
    GateResult,
    GroupShares,
    RunRecord,
    Verdict,
    overall,
)
from speechfair.gating.guards import Guard, first_objection
from speechfair.gating.probability import with_probabilities
from speechfair.gating.settling import more_speakers
from speechfair.metrics.rare_events import smallest_visible_share
from speechfair.running.run_log import log_state
from speechfair.running.run_recipe import RunRecipe
from speechfair.running.run_record import RunRecord as FolderRecord
from speechfair.running.run_record import read_record, scores_name
from speechfair.running.stored_manifest import read_manifest
from speechfair.store import RunFolder
from speechfair.types import Estimate
from speechfair.wording import count, given_percent, precise

__all__ = ["gate", "judge"]

_SOURCES = ("audio", "sample_rate", "audio_sha256", "start_s", "end_s")


def gate(run: str | Path, criteria: str | Path) -> GateResult:
    """Judge a run by a criteria file. Reads both and writes nothing.

    Parameters
    ----------
    run : run folder; its digests and its whole audit are verified first (the audio is not read again).
    criteria : criteria file, frozen by `speechfair.gating.freezing.freeze` before the run's evaluation.

    Raises
    ------
    InputError : the criteria file cannot be used as it is.
    RunFolderError : `run` is no run folder.
    """
    folder = RunFolder(run)
    record = read_record(folder)
    file = read_criteria(Path(criteria))
    facts = _facts(folder, record, Path(criteria))
    comparisons = with_probabilities(judge(file, facts), file, facts)
    shares = group_shares(file, facts) if not facts.differences else []
    needed = requirements(file, facts, shares) if not facts.differences else []
    verdicts = [comparison.verdict for comparison in comparisons]
    state = facts.standing
    return GateResult(
        speechfair=__version__,
        verdict=overall([*verdicts, *(each.verdict for each in needed)]),
        counts={kind: verdicts.count(kind) for kind in ("pass", "fail", "undetermined", "error")},
        criteria=CriteriaRecord(
            file=state.file,
            sha256=state.sha256,
            frozen=state.frozen,
            recorded_in=state.recorded_in,
            evaluated=state.evaluated,
        ),
        run=_run_record(record.recipe, facts),
        comparisons=comparisons,
        requirements=needed,
        groups=shares,
        notes=[*_notes(file, facts), *_group_notes(shares)],
    )


def judge(file: CriteriaFile, facts: RunFacts) -> list[Comparison]:
    """A verdict for every comparison of a criteria file, in the order of the file and of the groups' names."""
    found = _judge(file, facts)
    if facts.standing.problem is None:
        return found
    in_time = _judge(file, replace(facts, standing=replace(facts.standing, problem=None)))
    return [_with_would_be(one, other) for one, other in zip(found, in_time, strict=True)]


def _with_would_be(comparison: Comparison, in_time: Comparison) -> Comparison:
    """Say of a comparison that is open because of the freeze that it would have failed; never that it would pass."""
    if in_time.verdict != "fail" or comparison.verdict != "undetermined":
        return comparison
    reason = f"{comparison.reason}; frozen in time it would have failed: {in_time.reason}"
    return comparison.model_copy(update={"reason": reason, "would_fail": True, "estimate": in_time.estimate})


def _judge(file: CriteriaFile, facts: RunFacts) -> list[Comparison]:
    trials = [_Trial(case) for criterion in file.criteria for case in cases_of(file, criterion, facts)]
    for family in _families(trials):
        _judge_family(family)
    return [trial.comparison() for trial in trials]


class _Trial:
    """One comparison on its way to a verdict."""

    def __init__(self, case: Case) -> None:
        self.interval = measurement(case)
        found = first_objection(case, ("run", "groups"))
        readable = not (found and (found[0].looks_at == "run" and found[0].verdict == "error"))
        nominal = self.interval(case.criterion.level) if readable else None
        self.eligible = found is None
        self.case = replace(case, estimate=nominal)
        self.objection: tuple[Guard, str] | None = found or first_objection(self.case, ("estimate",))
        self.judged: Estimate | None = nominal

    @property
    def open(self) -> bool:
        """Whether its interval decides."""
        return self.objection is None

    def comparison(self) -> Comparison:
        criterion, judged = self.case.criterion, self.judged
        verdict, reason = self._verdict()
        more, why = self._more(verdict)
        reference = self.case.reference
        return Comparison(
            criterion=criterion.id,
            metric=criterion.measured,
            axis=criterion.axis,
            group=self.case.group,
            reference=self.case.reference_name,
            verdict=verdict,
            reason=reason,
            guard=self.objection[0].name if self.objection else None,
            estimate=_writable(judged) if judged is not None else None,
            limit=criterion.limit,
            level=criterion.level,
            n_speakers=_n_speakers(self.case),
            n_reference_speakers=reference.n_speakers if reference is not None else None,
            min_speakers=criterion.min_speakers,
            more_speakers=more,
            more_speakers_reason=why,
        )

    def _verdict(self) -> tuple[Verdict, str]:
        if self.objection is not None:
            return self.objection[0].verdict, self.objection[1]
        assert self.judged is not None
        limit = self.case.criterion.limit
        words = f"{given_percent(self.judged.level)} interval [{precise(self.judged.low)}, {precise(self.judged.high)}]"
        if _within(self.judged, limit):
            return "pass", f"the whole {words} is within the limit {limit:g}"
        if _beyond(self.judged, limit):
            return "fail", f"the whole {words} is beyond the limit {limit:g}"
        return "undetermined", f"the {words} contains the limit {limit:g}"

    def _more(self, verdict: Verdict) -> tuple[int | None, str | None]:
        if verdict != "undetermined":
            return None, None
        if self.objection is None:
            assert self.judged is not None
            return more_speakers(self.case.criterion, self.judged, _n_speakers(self.case) or 0)
        if self.objection[0].name == "min_speakers":
            least = self.case.criterion.min_speakers
            lacking = max(least - members.n_speakers for members in self.case.everyone)
            return (
                lacking,
                "to reach the minimum in each group; whether it then passes or fails is not known yet",
            )
        return None, "more speakers would not change this"


def _families(trials: Sequence[_Trial]) -> list[list[_Trial]]:
    """Comparisons that are corrected for each other; one whose data forbid a verdict beforehand is in none."""
    found: dict[Any, list[_Trial]] = {}
    for number, trial in enumerate(trials):
        criterion = trial.case.criterion
        key = criterion.level if criterion.multiplicity == "holm" else f"alone {number}"
        if trial.eligible:
            found.setdefault(key, []).append(trial)
    return list(found.values())


def _judge_family(family: Sequence[_Trial]) -> None:
    """Give every open comparison the interval that it is judged by.

    Those that have no interval because of what was measured still count: leaving them out would be a choice made
    after the results.
    """
    for side in (_within, _beyond):
        left = [trial for trial in family if trial.open]
        without = len(family) - len(left)
        while left:
            level = 1 - (1 - family[0].case.criterion.level) / (len(left) + without)
            intervals = [trial.interval(level) for trial in left]
            settled = []
            for trial, estimate in zip(left, intervals, strict=True):
                if side is _side_of(trial):
                    trial.judged = estimate
                if side(estimate, trial.case.criterion.limit):
                    settled.append(trial)
            if not settled:
                break
            left = [trial for trial in left if trial not in settled]


def _side_of(trial: _Trial) -> Callable[[Estimate, float], bool]:
    """Only on its estimate's side of the limit can a comparison be settled: intervals hold their estimate."""
    nominal = trial.case.estimate
    assert nominal is not None
    assert nominal.value is not None
    return _within if nominal.value <= trial.case.criterion.limit else _beyond


def _within(estimate: Estimate, limit: float) -> bool:
    """Whether the whole interval is at or below the limit; an interval that is not there is nowhere."""
    return estimate.low is not None and estimate.high is not None and estimate.low <= estimate.high <= limit


def _beyond(estimate: Estimate, limit: float) -> bool:
    """Whether the whole interval is above the limit."""
    return estimate.low is not None and estimate.high is not None and limit < estimate.low <= estimate.high


_IMPORTED = {"imported": "transcripts", "counts": "counts"}


def _facts(folder: RunFolder, record: FolderRecord, criteria: Path) -> RunFacts:
    import polars as pl

    recipe, accepted = record.recipe, record.accepted
    differences = verify(folder.path, audio=False).differences
    scores, sources, normalizer, tokens = None, None, None, None
    if recipe.analysis is not None and recipe.model is not None:
        try:
            name = scores_name(recipe)
            scores = folder.read_table(name, "score the folder again")
            audited = read_audit(folder.path / "audit.json")
            normalizer, tokens = audited.normalizer.name, audited.tokens
            sources = read_manifest(folder).filter(pl.col("excluded").is_null())
            sources = sources.select(*_SOURCES, utterance_id="id")
        except SpeechfairError as error:
            differences = differences or (str(error),)
    return RunFacts(
        scores=scores,
        normalizer=normalizer,
        tokens=tokens,
        card_reference=recipe.card.reference,
        differences=differences,
        standing=standing(criteria, folder.path),
        sources=sources,
        corpus=recipe.corpus.name,
        manifest_sha256=recipe.corpus.manifest_sha256,
        model=(recipe.model.name, recipe.model.key, recipe.model.digest) if recipe.model is not None else (),
        imported=_IMPORTED.get(recipe.source),
        accepted=tuple(map(str, accepted)),
        unlogged=_unlogged(folder),
        stripped=(recipe.analysis.strip_prefix, recipe.analysis.strip_suffix)
        if recipe.analysis
        else ((), ()),
    )


def _unlogged(folder: RunFolder) -> str | None:
    unseen = log_state(folder).unlogged
    if unseen is None:
        return None
    return f"nobody can see {unseen}; run the model into a new folder for a verdict"


def _run_record(recipe: RunRecipe, facts: RunFacts) -> RunRecord:
    model = recipe.model
    return RunRecord(
        corpus=recipe.corpus.name,
        manifest_sha256=recipe.corpus.manifest_sha256,
        model=model.name if model is not None else None,
        model_key=model.key if model is not None else None,
        normalizer=facts.normalizer,
        tokens=facts.tokens,
    )


def _notes(file: CriteriaFile, facts: RunFacts) -> list[str]:
    notes = ["the audio itself was not read again; `speechfair verify` compares it with its digests"]
    if facts.imported:
        notes = [
            f"the {facts.imported} were imported, and existed before; the freeze shows only that the criteria are "
            "older than the import"
        ]
    if facts.standing.recorded_in == "sidecar":
        notes.append("the freeze is recorded next to the criteria file and not in the run folder")
    if facts.standing.others:
        notes.append(f"other criteria were frozen for this run: {', '.join(facts.standing.others)}")
    for criterion in file.criteria:
        if criterion.accept_confounded:
            notes.append(f"{criterion.id}: compares groups even if they differ in corpus or channel as well")
        if criterion.accept_unlabelled:
            notes.append(
                f"{criterion.id}: judged without the utterances that have no label on {criterion.axis}"
            )
        if criterion.accept_repeated_answers:
            notes.append(
                f"{criterion.id}: speakers whose answers agree to the last error count as several, and repeats of an "
                "utterance each time"
            )
        if criterion.accept_alike_speakers:
            notes.append(
                f"{criterion.id}: speaker ids that differ only in case, width or blanks count as several people"
            )
    return notes


def _group_notes(shares: Sequence[GroupShares]) -> list[str]:
    """What was lost of each group, and which groups nobody judges."""
    notes = []
    for one in shares:
        lost = [
            f"{getattr(one, kind)} {kind}" for kind in ("excluded", "failed", "empty") if getattr(one, kind)
        ]
        if lost:
            notes.append(f"{one.axis}={one.group}: of {count(one.n_rows, 'row')} {', '.join(lost)}")
        if not one.judged_by:
            notes.append(f"{one.axis}={one.group}: no criterion judges its {count(one.n_rows, 'row')}")
        if 1 < one.n_speakers == one.n_rows - one.excluded:
            notes.append(
                f"{one.axis}={one.group}: each speaker has one utterance; ids that number utterances would look "
                "the same"
            )
    least = min((one.n_speakers for one in shares if one.judged_by), default=0)
    if least:
        share = 100 * smallest_visible_share(least)
        notes.append(
            f"the smallest judged group has {count(least, 'speaker')}, who show a share of broken speakers of "
            f"{share:.2g} % or more with 95 %; fewer may go unseen, whatever the method"
        )
    return notes


def _n_speakers(case: Case) -> int | None:
    import polars as pl

    if not case.groups:
        return None
    return pl.concat([members.table["speaker"] for members in case.groups]).drop_nulls().n_unique()


def _writable(estimate: Estimate) -> Estimate:
    """Without what JSON cannot hold; the guard's reason says what it was."""
    numbers = (estimate.value, estimate.low, estimate.high)
    value, low, high = (n if n is not None and math.isfinite(n) else None for n in numbers)
    if (value, low, high) == numbers:
        return estimate
    return replace(estimate, value=value, low=low, high=high, reason="not a number")
