"""Audit results made by hand, for everything that shows them: realistic ones and nasty ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from speechfair.auditing.result import (
    AuditResult,
    Axis,
    CorpusRecord,
    Group,
    ModelRecord,
    NormalizerRecord,
    ReasonCount,
    Totals,
)
from speechfair.types import Estimate

FEW = "fewer than 5 speakers (1): no interval"
HOSTILE = "<script>alert('x')</script>\"&[bold]\x1b[31m\u202e"


def estimate(
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    *,
    speakers: int = 12,
    reason: str | None = None,
    method: str = "jackknife-log-t",
) -> Estimate:
    if low is None and reason is None:
        reason = FEW
    return Estimate(
        value=value,
        low=low,
        high=high,
        level=0.95,
        n_utterances=10 * speakers,
        n_speakers=speakers,
        method=method if low is not None else "none",
        reason=reason,
    )


def group(
    axis: str,
    value: str,
    rate: Estimate,
    ratio: Estimate | None = None,
    *,
    reference: bool = False,
    speakers: int = 12,
    per_speaker: int = 10,
    words: int = 900,
    failed: int = 0,
    redone: int = 0,
    runaway: int = 0,
    sources: Sequence[str] = ("corpus",),
) -> Group:
    errors = round((rate.value or 0.0) * words)
    deletions, insertions = errors // 5, errors // 8
    difference = None
    if ratio is not None and ratio.value and rate.value is not None:
        gap = rate.value - rate.value / ratio.value
        limits = (gap - 0.09, gap + 0.09) if ratio.low is not None else (None, None)
        difference = estimate(gap, *limits, reason=ratio.reason, method="mover-jackknife-log-t")
    return Group(
        axis=axis,
        value=value,
        is_reference=reference,
        sources=list(sources),
        n_utterances=speakers * per_speaker,
        n_speakers=speakers,
        n_failed=failed,
        n_redone=redone,
        n_runaway=runaway,
        runaway_error_share=0.14 if runaway else (0.0 if errors else None),
        reference_length=words if rate.value is not None else 0,
        substitutions=errors - deletions - insertions,
        deletions=deletions,
        insertions=insertions,
        rate=rate,
        speaker_mean_rate=rate,
        rate_without_failures=rate,
        rate_without_runaways=rate,
        ratio=ratio,
        difference=difference,
    )


def axis(name: str, reference: str | None, gap: Estimate | None = None, **more: Any) -> Axis:
    none = estimate(None, reason="fewer than two labelled groups have enough speakers for an interval")
    settings: dict[str, Any] = {
        "reference_reason": "the corpus card's reference",
        "gap_expected_without_difference": 0.061 if gap else None,
        "gap_p_value": 0.0041 if gap else None,
        "gap_null_reason": None if gap else none.reason,
        "notes": [],
    } | more
    return Axis(
        axis=name,
        reference=reference,
        gap=gap or none,
        worst_best_ratio=none,
        between_group_sd=none,
        **settings,
    )


def audit_result(
    groups: Sequence[Group],
    axes: Sequence[Axis],
    *,
    corpus: str = "speechocean762",
    overall: Estimate | None = None,
    speakers: int = 24,
    utterances: int = 240,
    **more: Any,
) -> AuditResult:
    rate = overall or estimate(0.452, 0.387, 0.528, speakers=speakers)
    whole = group(
        "overall",
        "all",
        rate,
        speakers=speakers,
        per_speaker=utterances // speakers,
        words=1834,
        redone=max((g.n_redone for g in groups), default=0),
        runaway=max((g.n_runaway for g in groups), default=0),
    )
    settings: dict[str, Any] = {
        "schema": "speechfair/audit/1",
        "speechfair": "0.1.0",
        "corpus": corpus,
        "model": "bundled:whisper-tiny.en",
        "corpus_record": CorpusRecord(
            name=corpus, version="1.2.0", options={"split": "test"}, manifest_sha256="5e" * 32
        ),
        "model_record": ModelRecord(
            name="bundled:whisper-tiny.en",
            key="7a1c9e0f42d3b865",
            family="faster-whisper",
            digest="c0ffee" * 10 + "beef",
            options={"beam_size": 5, "window_s": 10.0, "runaway": {"max_ratio": 2.4}},
            versions={"ctranslate2": "4.5.0", "faster-whisper": "1.2.0"},
        ),
        "normalizer": NormalizerRecord(name="whisper-english", version="0.1.10"),
        "tokens": "words",
        "level": 0.95,
        "seed": 20231107,
        "totals": Totals(n_in=utterances, scored=utterances, failed=0, excluded=0),
        "excluded": [],
        "failed": [],
        "overall": whole,
        "groups": list(groups),
        "axes": list(axes),
        "notes": [],
        "audio_seconds": 1033.2,
        "times": {"transcribe": 92.4, "score": 0.6},
    } | more
    return AuditResult(**settings)


def speechocean() -> AuditResult:
    """Two axes with intervals, one failure, one exclusion, redone and runaway decodes."""
    ratio = "jackknife-log-t-ratio"
    groups = [
        group("age_band", "child", estimate(0.561, 0.452, 0.697), estimate(1.59, 1.18, 2.14, method=ratio)),
        group("age_band", "adult", estimate(0.353, 0.281, 0.443), reference=True, redone=1),
        group(
            "gender",
            "female",
            estimate(0.55, 0.45, 0.67),
            estimate(1.53, 1.2, 1.9, method=ratio),
            failed=1,
            redone=3,
            runaway=2,
        ),
        group("gender", "male", estimate(0.36, 0.29, 0.44), reference=True, redone=1),
        group("city", "guangzhou", estimate(0.47, 0.38, 0.58), estimate(1.08, 0.79, 1.47, method=ratio)),
        group("city", "unknown", estimate(0.45), estimate(1.03), speakers=2),
        group("city", "beijing", estimate(0.435, 0.34, 0.55), reference=True),
    ]
    gap = "speaker-bootstrap-bias-corrected-percentile"
    axes = [
        axis("age_band", "adult", estimate(0.208, 0.07, 0.34, method=gap)),
        axis(
            "gender",
            "male",
            estimate(0.19, 0.08, 0.3, method=gap),
            notes=[
                "female: 2 runaway hypotheses make 14% of the errors; without them its rate is 49.2 %",
            ],
        ),
        axis(
            "city",
            "beijing",
            estimate(0.035, 0.0, 0.15, method=gap),
            gap_p_value=0.62,
            notes=["20 of 240 utterances are unlabelled; they form the group 'unknown'"],
        ),
    ]
    return audit_result(
        groups,
        axes,
        totals=Totals(n_in=242, scored=239, failed=1, excluded=2),
        excluded=[
            ReasonCount(
                reason="reference is empty after normalising (whisper-english)",
                n=2,
                examples=["0123", "0456"],
            )
        ],
        failed=[ReasonCount(reason="AudioError: file is cut short at 0.4 s", n=1, examples=["000240011"])],
        notes=[
            "4 runaway first decodes were thrown away and decoded again",
            "1 utterances failed and count as all words deleted",
            "2 rows were excluded; the reasons are listed",
        ],
    )


def synthetic() -> AuditResult:
    """A crossing of first language and strength, with the statement that synthetic speech must carry."""
    name = "first_language+strength"
    found = [("eng+0", 0.081), ("cmn+1", 0.112), ("cmn+2", 0.203), ("jpn+1", 0.131), ("jpn+2", 0.288)]
    found += [("deu+1", 0.085), ("deu+2", 0.097)]
    groups = []
    for value, rate in found:
        ratio = rate / 0.081
        groups.append(
            group(
                name,
                value,
                estimate(rate, rate * 0.8, rate * 1.25),
                None
                if value == "eng+0"
                else estimate(ratio, ratio * 0.75, ratio * 1.33, method="jackknife-log-t-ratio"),
                reference=value == "eng+0",
                redone=int(value == "jpn+2"),
            )
        )
    statement = (
        "Synthetic speech: a difference measured here says nothing about real speakers of any language."
    )
    record = CorpusRecord(
        name="synthetic", version="1", options={"voices": 12}, manifest_sha256="ab" * 32, statement=statement
    )
    return audit_result(
        groups,
        [axis(name, "eng+0", estimate(0.207, 0.15, 0.28))],
        corpus="synthetic",
        overall=estimate(0.142, 0.12, 0.168),
        speakers=84,
        utterances=840,
        corpus_record=record,
    )


def digits() -> AuditResult:
    """One speaker per accent: rates, but no interval anywhere."""
    ratio = f"group: {FEW}"
    rates = {"FRA/French": 0.31, "BEL/French": 0.24, "DEU/German": 0.12, "GRC/Greek": 0.08}
    groups = [
        group("accent", value, estimate(r), estimate(r / 0.09, reason=ratio), speakers=1, per_speaker=50)
        for value, r in rates.items()
    ]
    groups.append(group("accent", "USA/neutral", estimate(0.09), reference=True, speakers=2, per_speaker=50))
    note = f"one speaker only in: {', '.join(rates)}; a difference there may be that person's and not the group's"
    return audit_result(
        groups,
        [axis("accent", "USA/neutral", notes=[note])],
        corpus="fsdd",
        overall=estimate(0.17, 0.09, 0.31, speakers=6),
        speakers=6,
        utterances=300,
    )


def many(count: int = 40) -> AuditResult:
    """Forty groups."""
    groups = [group("region", "region 00", estimate(0.2, 0.15, 0.26), reference=True)]
    for i in range(1, count):
        rate = 0.1 + 0.01 * i
        ratio = estimate(rate / 0.2, rate / 0.28, rate / 0.14)
        groups.append(group("region", f"region {i:02d}", estimate(rate, rate * 0.7, rate * 1.4), ratio))
    return audit_result(groups, [axis("region", "region 00", estimate(0.4, 0.3, 0.5))])


def hostile() -> AuditResult:
    """Every string a stranger chooses tries to be markup."""
    groups = [
        group(HOSTILE, HOSTILE, estimate(0.5, 0.4, 0.6), estimate(1.4, 1.1, 1.8)),
        group(HOSTILE, "</svg></title>" + HOSTILE, estimate(0.35, 0.3, 0.4), reference=True),
    ]
    reasons = [ReasonCount(reason=HOSTILE, n=1, examples=[HOSTILE])]
    return audit_result(
        groups,
        [axis(HOSTILE, "</svg></title>" + HOSTILE, estimate(0.15, 0.05, 0.3), notes=[HOSTILE])],
        corpus=HOSTILE,
        model=HOSTILE,
        corpus_record=CorpusRecord(
            name=HOSTILE,
            version=HOSTILE,
            options={HOSTILE: HOSTILE},
            manifest_sha256="0",
            statement=HOSTILE,
        ),
        totals=Totals(n_in=242, scored=240, failed=1, excluded=1),
        excluded=reasons,
        failed=reasons,
        notes=[HOSTILE],
    )


def characters() -> AuditResult:
    """Japanese labels, scored by character."""
    groups = [
        group("方言", "関西弁", estimate(0.31, 0.22, 0.43), estimate(1.72, 1.2, 2.5)),
        group("方言", "津軽弁", estimate(0.44), estimate(2.44), speakers=2),
        group("方言", "標準語", estimate(0.18, 0.13, 0.25), reference=True),
    ]
    return audit_result(
        groups,
        [axis("方言", "標準語", estimate(0.13, 0.02, 0.24))],
        corpus="cv-ja",
        tokens="characters",
        normalizer=NormalizerRecord(name="basic", version="1"),
    )


def long_labels() -> AuditResult:
    """Labels that are sentences."""
    long = "a label that somebody typed into a form without any limit of its length " * 3
    groups = [
        group(
            "how_would_you_describe_your_accent", long + "A", estimate(0.5, 0.4, 0.6), estimate(1.4, 1, 1.9)
        ),
        group("how_would_you_describe_your_accent", long + "B", estimate(0.35, 0.3, 0.4), reference=True),
    ]
    return audit_result(groups, [axis("how_would_you_describe_your_accent", long + "B")])


def single() -> AuditResult:
    """One group, so nothing to compare it with."""
    return audit_result(
        [group("gender", "female", estimate(0.5, 0.4, 0.6), reference=True)], [axis("gender", "female")]
    )


def empty() -> AuditResult:
    """Nothing was scored."""
    none = estimate(None, reason="no reference words: no rate", speakers=0)
    whole = group("overall", "all", none, speakers=0, per_speaker=0)
    return audit_result(
        [],
        [],
        overall=none,
        totals=Totals(n_in=3, scored=0, failed=0, excluded=3),
        excluded=[ReasonCount(reason="the audio file is missing", n=3, examples=["a", "b", "c"])],
        notes=["nothing was scored: no number here says anything about the model"],
        audio_seconds=0.0,
    ).model_copy(update={"overall": whole})


ALL = {
    f.__name__: f
    for f in (
        speechocean,
        synthetic,
        digits,
        many,
        hostile,
        characters,
        long_labels,
        single,
        empty,
    )
}
