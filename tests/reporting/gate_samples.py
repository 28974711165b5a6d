"""A gate's result with every verdict, and names that would break any format that does not escape them."""

from __future__ import annotations

from speechfair.gating.gate_result import (
    Comparison,
    CriteriaRecord,
    GateResult,
    RunRecord,
    Verdict,
    overall,
)
from speechfair.types import Estimate

NASTY = 'a|b <script>*_`[x](http://e.org) @all #1 &amp; "q" \x00\x1b[31m\ud800\n]]>'


def comparison(verdict: Verdict, group: str = "cmn", more: int | None = None) -> Comparison:
    estimate = Estimate(
        value=1.2,
        low=1.0,
        high=1.4,
        level=0.975,
        n_utterances=100,
        n_speakers=80,
        method="jackknife-log-t-ratio",
    )
    return Comparison(
        criterion=f"c-{verdict}",
        metric="rate_ratio",
        axis="first_language",
        group=group,
        reference="eng",
        verdict=verdict,
        reason=f"because of {group}",
        guard=None,
        estimate=None if verdict == "error" else estimate,
        limit=1.25,
        level=0.95,
        n_speakers=40,
        n_reference_speakers=41,
        min_speakers=35,
        more_speakers=more,
        more_speakers_reason="if the estimate stayed" if more is not None else None,
    )


def result(*comparisons: Comparison, notes: tuple[str, ...] = ("a note",)) -> GateResult:
    verdicts = [c.verdict for c in comparisons]
    return GateResult(
        speechfair="0",
        verdict=overall(verdicts),
        counts={kind: verdicts.count(kind) for kind in ("pass", "fail", "undetermined", "error")},
        criteria=CriteriaRecord(
            file="criteria.yaml",
            sha256="ab" * 32,
            frozen="2026-01-01T00:00:00.000000Z",
            recorded_in="sidecar",
            evaluated="2026-01-02T00:00:00.000000Z",
        ),
        run=RunRecord(
            corpus="listed",
            manifest_sha256="cd" * 32,
            model="scripted",
            model_key="ef" * 8,
            normalizer="basic",
            tokens="words",
        ),
        comparisons=list(comparisons),
        notes=list(notes),
    )


EVERY = result(
    comparison("pass"),
    comparison("undetermined", more=37),
    comparison("error"),
    comparison("fail"),
    comparison("pass"),
)
