"""The gate: what passes, what fails and what stays open, on simulated speakers and in whole run folders."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import polars as pl
import pytest

from speechfair.auditing.run import audit, score
from speechfair.corpora import load_corpus
from speechfair.errors import InputError, RunFolderError
from speechfair.gating.cases import RunFacts
from speechfair.gating.freezing import freeze
from speechfair.gating.gate_result import GateResult, json_schema, overall
from speechfair.gating.judge import gate, judge
from speechfair.metrics import holm, rate_ratio, speaker_sums
from speechfair.testing import Scripted
from speechfair.types import Exclusion, Label, Utterance
from tests.gate_support import WAIVED, X, Y, criteria, facts, like, only, rows
from tests.support import ListCorpus, scripted_texts, small_corpus, write_tone


def test_the_whole_interval_decides() -> None:
    verdicts = {}
    for mean in (20, 24, 25, 26, 40):
        found = only(judge(criteria(), facts(X, rows("y", like(mean)))))
        assert found.estimate is not None
        low, high = found.estimate.low, found.estimate.high
        assert low is not None
        assert high is not None
        expected = "pass" if high <= 1.25 else "fail" if low > 1.25 else "undetermined"
        assert found.verdict == expected
        assert found.guard is None
        verdicts[mean] = found.verdict
    assert verdicts == {20: "pass", 24: "undetermined", 25: "undetermined", 26: "undetermined", 40: "fail"}


def test_an_interval_that_ends_at_the_limit_is_within_it() -> None:
    high = rate_ratio(speaker_sums(Y), speaker_sums(X)).high
    assert only(judge(criteria(limit=high), facts(X, Y))).verdict == "pass"
    below = math.nextafter(high or 0.0, 0)
    assert only(judge(criteria(limit=below), facts(X, Y))).verdict == "undetermined"


@pytest.mark.parametrize(
    ("metric", "limit", "group", "value"),
    [
        ("rate", 0.3, "x", 0.2),
        ("speaker_mean_rate", 0.3, "x", 0.2),
        ("rate_ratio", 1.5, "y", 1.0),
        ("rate_difference", 0.1, "y", 0.0),
        ("gap", 0.1, "all groups", 0.0),
        ("worst_best_ratio", 1.5, "all groups", 1.0),
        ("failure_rate", 0.5, "x", 0.0),
        ("runaway_rate", 0.5, "x", 0.0),
    ],
)
def test_every_metric_can_pass(metric: str, limit: float, group: str, value: float) -> None:
    found = judge(criteria(metric=metric, limit=limit), facts(X, Y))
    assert {c.verdict for c in found} == {"pass"}
    assert found[0].group == group
    assert found[0].estimate is not None
    assert found[0].estimate.value == pytest.approx(value, abs=1e-2)


@pytest.mark.parametrize(
    ("metric", "limit"),
    [
        ("rate", 0.3), ("speaker_mean_rate", 0.3), ("rate_ratio", 1.5), ("rate_difference", 0.1), ("gap", 0.1),
        ("worst_best_ratio", 1.5),
    ],
)  # fmt: skip
def test_every_metric_can_fail(metric: str, limit: float) -> None:
    found = judge(criteria(metric=metric, limit=limit), facts(X, rows("y", like(60))))
    assert overall([c.verdict for c in found]) == "fail"


def test_failures_and_runaways_can_fail() -> None:
    broken = Y.with_columns(failed=pl.Series([i % 8 != 0 for i in range(Y.height)]))
    found = judge(criteria(metric="failure_rate", limit=0.3), facts(X, broken))
    assert [(c.group, c.verdict) for c in found] == [("x", "pass"), ("y", "fail")]
    wild = Y.with_columns(runaway=pl.Series([i % 2 == 0 for i in range(Y.height)]))
    for metric in ("runaway_rate", "runaway_share"):
        found = judge(criteria(metric=metric, limit=0.2, groups=["y"]), facts(X, wild))
        assert only(found).verdict == "fail", found[0].reason
        assert found[0].estimate is not None
        assert found[0].estimate.value == pytest.approx(0.5, abs=0.02)


def test_a_share_of_runaways_without_a_runaway_is_open() -> None:
    found = only(judge(criteria(metric="runaway_share", limit=0.5, groups=["y"]), facts(X, Y)))
    assert (found.verdict, found.guard) == ("undetermined", "undefined")
    assert "use runaway_rate" in found.reason


def test_the_worst_verdict_is_that_of_all() -> None:
    order = ["fail", "error", "undetermined", "pass"]
    for i, worst in enumerate(order):
        assert overall(order[i:][::-1]) == worst  # type: ignore[arg-type]
    assert overall([]) == "error"


def test_only_the_named_groups_are_judged() -> None:
    found = judge(criteria(groups=["y"]), facts(X, Y, rows("z", like(80))))
    assert [(c.group, c.verdict) for c in found] == [("y", "pass")]


def test_crossings_are_groups() -> None:
    tables = [rows("x", like(20), labels={"gender": g}, prefix=g) for g in ("f", "m")]
    found = judge(criteria(axis="accent+gender", reference="x+f"), facts(*tables))
    assert [(c.group, c.reference, c.verdict) for c in found] == [("x+m", "x+f", "pass")]


def test_the_reference_is_the_files_or_the_cards_and_never_the_runs() -> None:
    assert only(judge(criteria(reference="y"), facts(X, Y))).group == "x"
    assert only(judge(criteria(), facts(X, Y))).reference == "x"
    found = only(judge(criteria(groups=["y"]), facts(X, Y, card_reference={})))
    assert (found.verdict, found.guard) == ("error", "missing_reference")


# -- several comparisons ------------------------------------------------------------


def one_sided_p(run: RunFacts, group: str, limit: float, *, within: bool) -> float:
    """Half of 1 - the highest level whose interval lies wholly on that side: the log-t test's p-value."""
    assert run.scores is not None
    sums = {g: speaker_sums(run.scores.filter(pl.col("speaker").str.starts_with(g))) for g in (group, "x")}
    low, high = 0.0, 1.0
    for _ in range(60):
        level = (low + high) / 2
        interval = rate_ratio(sums[group], sums["x"], max(level, 1e-9))
        assert interval.low is not None
        assert interval.high is not None
        holds = interval.high <= limit if within else interval.low > limit
        low, high = (level, high) if holds else (low, level)
    return (1 - low) / 2


@pytest.mark.parametrize("seed", range(12))
def test_the_step_down_is_holms(seed: int) -> None:
    rng = np.random.default_rng(seed)
    means = rng.uniform(18, 34, 6)
    tables = [rows("x", rng.poisson(20, 40))]
    tables += [rows(name, rng.poisson(mean, 40)) for name, mean in zip("abcdef", means, strict=True)]
    run = facts(*tables)
    found = judge(criteria(), run)
    assert [c.group for c in found] == list("abcdef")
    verdict = dict.fromkeys("abcdef", "undetermined")
    for within, word in ((True, "pass"), (False, "fail")):
        adjusted = holm([one_sided_p(run, name, 1.25, within=within) for name in "abcdef"])
        verdict |= {name: word for name, p in zip("abcdef", adjusted, strict=True) if p <= 0.025}
    assert {c.group: c.verdict for c in found} == verdict


def test_holm_is_stricter_than_none_and_families_are_by_level() -> None:
    run = facts(X, *(rows(name, like(23)) for name in "abcdefgh"))
    alone = judge(criteria(multiplicity="none"), run)
    together = judge(criteria(), run)
    assert all(c.estimate is not None and c.estimate.level == 0.95 for c in alone)
    assert all(c.estimate is not None and c.estimate.level > 0.95 for c in together)
    two = judge(criteria({}, {"level": 0.9, "groups": ["a"]}, {"groups": ["a"]}), run)
    assert two[8].estimate is not None
    assert two[8].estimate.level == pytest.approx(0.9), "the only one of its level"
    assert two[9].estimate is not None
    assert two[9].estimate.level > 0.99, "in the family of the first criterion"


def test_a_comparison_without_interval_still_counts_in_its_family() -> None:
    one_unknown = pl.when(pl.col("speaker") != "z0").then(pl.col("speaker"))
    found = judge(criteria(), facts(X, Y, rows("z", like(20)).with_columns(speaker=one_unknown)))
    assert [c.verdict for c in found] == ["pass", "undetermined"]
    assert found[0].estimate is not None
    assert found[0].estimate.level == pytest.approx(0.975)


# -- error rates of the gate ------------------------------------------------------------


def simulated(
    rng: np.random.Generator, ratios: Sequence[float], n: int = 60, variation: float = 0.5
) -> RunFacts:
    """Speakers with gamma-distributed rates and talk time; the first group is the reference."""

    def one(name: str, ratio: float) -> pl.DataFrame:
        words = 60 + rng.poisson(rng.gamma(2.0, 60.0, n))
        talent = rng.gamma(variation**-2, variation**2, n)
        table = rows(name, rng.poisson(0.12 * ratio * words * talent))
        return table.with_columns(reference_length=pl.Series(words, dtype=pl.Int64))

    return facts(*(one(name, ratio) for name, ratio in zip("xabcdefg", ratios, strict=False)))


DRAWS = 60


@pytest.mark.parametrize(
    ("ratio", "wrong", "right"),
    [(1.0, {"fail"}, "pass"), (1.25, {"fail", "pass"}, ""), (1.5, {"pass"}, "fail")],
)
def test_a_wrong_verdict_is_rare(ratio: float, wrong: set[str], right: str) -> None:
    """No true gap seldom fails, one beyond the limit seldom passes, one at the limit seldom does either."""
    rng = np.random.default_rng(int(100 * ratio))
    counts = dict.fromkeys(("pass", "fail", "undetermined"), 0)
    for _ in range(DRAWS):
        for verdict in {c.verdict for c in judge(criteria(), simulated(rng, (1.0, ratio, ratio, ratio)))}:
            counts[verdict] += 1
    for verdict in wrong:
        assert counts[verdict] <= 0.05 * DRAWS, counts
    if right:
        assert counts[right] > 0.3 * DRAWS, "it does decide"


# -- whole run folders ------------------------------------------------------------

FILE = f"schema: speechfair/criteria/1\nnormalizer: basic\ntokens: words\n{WAIVED}criteria:\n"
EASY = FILE + "- {id: r, metric: rate_ratio, axis: accent, limit: 2, min_speakers: 10}\n"


def frozen(folder: Path, text: str = EASY) -> Path:
    path = folder / "criteria.yaml"
    path.write_text(text, encoding="utf-8")
    freeze(path)
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> ListCorpus:
    return small_corpus(tmp_path / "wav", speakers=24)


def run_of(corpus: ListCorpus, folder: Path, wrong: Mapping[str, int] | None = None, **how: Any) -> Path:
    audit(
        corpus,
        Scripted(scripted_texts(corpus, wrong or {"x": 2, "y": 2})),
        ["accent"],
        out=folder / "run",
        **how,
    )
    return folder / "run"


def test_a_run_in_order_passes_and_one_that_is_not_fails(corpus: ListCorpus, tmp_path: Path) -> None:
    path = frozen(tmp_path)
    good = gate(run_of(corpus, tmp_path / "good"), path)
    assert (good.verdict, good.exit_code, good.counts["pass"]) == ("pass", 0, 1)
    bad = gate(run_of(corpus, tmp_path / "bad", {"x": 1, "y": 7}), path)
    assert (bad.verdict, bad.exit_code) == ("fail", 1)
    jsonschema.Draft202012Validator(json_schema()).validate(json.loads(bad.to_json()))
    assert GateResult.model_validate_json(bad.to_json()) == bad
    assert str(tmp_path) not in bad.to_json()


def test_the_published_schema_is_the_one_in_the_package() -> None:
    published = Path(__file__).parents[2] / "docs" / "schemas" / "gate-1.json"
    assert json.loads(published.read_text()) == json_schema(), (
        "write it again: speechfair.gating.gate_result.json_schema()"
    )


def test_it_writes_nothing_and_says_the_same_again(corpus: ListCorpus, tmp_path: Path) -> None:
    path, run = frozen(tmp_path), run_of(corpus, tmp_path)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert gate(run, path) == gate(run, path)
    assert before == {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}


def test_changing_the_limit_afterwards_buys_nothing(corpus: ListCorpus, tmp_path: Path) -> None:
    path = frozen(tmp_path)
    run = run_of(corpus, tmp_path, {"x": 1, "y": 7})
    path.write_text(EASY.replace("limit: 2", "limit: 20"), encoding="utf-8")
    changed = gate(run, path)
    assert changed.verdict == "undetermined"
    assert changed.comparisons[0].guard == "criteria_changed"
    assert changed.comparisons[0].estimate is not None, "the number may be seen; it is no verdict"
    freeze(path)
    assert gate(run, path).comparisons[0].guard == "criteria_changed"
    other = tmp_path / "other.yaml"
    other.write_text(EASY.replace("limit: 2", "limit: 20"), encoding="utf-8")
    assert gate(run, other).comparisons[0].guard == "never_frozen"
    freeze(other)
    assert gate(run, other).comparisons[0].guard == "frozen_late"


def test_scoring_again_in_another_way_moves_no_goal(corpus: ListCorpus, tmp_path: Path) -> None:
    path, run = frozen(tmp_path), run_of(corpus, tmp_path, {"x": 1, "y": 7})
    first = gate(run, path).comparisons
    score(run, ["gender", "accent"], reference={"accent": "y"}, level=0.5, seed=9)
    assert gate(run, path).comparisons == first
    score(run, ["accent"], tokens="characters")
    assert [(c.verdict, c.guard) for c in gate(run, path).comparisons] == [("error", "other_tokens")]
    score(run, ["accent"], normalizer="verbatim")
    assert [(c.verdict, c.guard) for c in gate(run, path).comparisons] == [("error", "other_normalizer")]


def test_any_edit_of_the_folder_is_an_error(corpus: ListCorpus, tmp_path: Path) -> None:
    path, run = frozen(tmp_path), run_of(corpus, tmp_path)
    for file in [p for p in run.rglob("*") if p.is_file() and p.name not in ("run.yaml", ".lock")]:
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
        found = gate(run, path)
        assert (found.verdict, found.comparisons[0].guard) == ("error", "broken_folder"), file.name
        file.unlink()
        assert gate(run, path).comparisons[0].guard == "broken_folder", file.name
        file.write_bytes(whole)
    assert gate(run, path).verdict == "pass"


def test_a_run_that_is_not_scored_or_scored_nothing(corpus: ListCorpus, tmp_path: Path) -> None:
    from speechfair.auditing.run import prepare, transcribe

    path = frozen(tmp_path)
    prepare(corpus, tmp_path / "run")
    assert [c.guard for c in gate(tmp_path / "run", path).comparisons] == ["unscored"]
    transcribe(tmp_path / "run", Scripted({}))
    assert [c.guard for c in gate(tmp_path / "run", path).comparisons] == ["unscored"]
    score(tmp_path / "run", ["accent"])
    found = gate(tmp_path / "run", path)
    assert (found.verdict, found.comparisons[0].guard) == ("error", "empty_run")


def test_what_is_no_run_or_no_criteria_raises(corpus: ListCorpus, tmp_path: Path) -> None:
    path = frozen(tmp_path)
    with pytest.raises(RunFolderError, match="not a run folder"):
        gate(tmp_path / "nowhere", path)
    run = run_of(corpus, tmp_path)
    path.write_text(FILE + "  []\n", encoding="utf-8")
    with pytest.raises(InputError, match="at least 1 item"):
        gate(run, path)


def test_run_yaml_without_digests_is_an_error_not_a_crash(corpus: ListCorpus, tmp_path: Path) -> None:
    import yaml

    path, run = frozen(tmp_path), run_of(corpus, tmp_path)
    content = yaml.safe_load((run / "run.yaml").read_text())
    del content["digests"]
    (run / "run.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(RunFolderError, match=r"run\.yaml: digests: Field required; restore"):
        gate(run, path)


def six_speakers(folder: Path) -> ListCorpus:
    rows: list[Utterance | Exclusion] = []
    for s in range(6):
        for u in range(5):
            wav = write_tone(folder / f"{s}-{u}.wav", 0.2)
            rows.append(
                Utterance(
                    f"{s}-{u}", wav, "one two three", "eng", f"s{s}", (Label("accent", f"l{s}", "corpus"),)
                )
            )
    return ListCorpus(rows, folder)


def test_six_speakers_of_six_groups_settle_nothing(tmp_path: Path) -> None:
    metrics = [
        ("rate", 0.9), ("speaker_mean_rate", 0.9), ("failure_rate", 0.9), ("runaway_rate", 0.9), ("gap", 0.9),
        ("runaway_share", 0.9), ("rate_ratio", 9.0), ("rate_difference", 0.9), ("worst_best_ratio", 9.0),
    ]  # fmt: skip
    text = FILE + "".join(
        f"- {{id: {m}, metric: {m}, axis: accent, limit: {limit}, min_speakers: 5"
        + (", reference: l0}\n" if m in ("rate_ratio", "rate_difference") else "}\n")
        for m, limit in metrics
    )
    path = frozen(tmp_path, text)
    corpus = six_speakers(tmp_path / "wav")
    audit(corpus, Scripted({}, default="one two"), ["accent"], out=tmp_path / "run")
    found = gate(tmp_path / "run", path)
    assert found.verdict == "undetermined"
    assert {c.criterion for c in found.comparisons} == {m for m, _ in metrics}
    for c in found.comparisons:
        assert (c.verdict, c.guard) == ("undetermined", "min_speakers")
        assert "1 speaker in" in c.reason
        assert c.more_speakers == 4


@pytest.mark.data
def test_the_real_digits_settle_nothing(data_root: Path, tmp_path: Path) -> None:
    root = data_root / "fsdd-subset"
    corpus = load_corpus("fsdd", root)
    keep = list(corpus)[::20]
    few = ListCorpus(keep, corpus.root)
    path = frozen(tmp_path, EASY.replace("axis: accent", "axis: accent, groups: all, reference: USA/neutral"))
    audit(few, Scripted({}, default="one"), ["accent"], out=tmp_path / "run")
    found = gate(tmp_path / "run", path)
    assert found.verdict == "undetermined"
    assert {c.guard for c in found.comparisons} == {"min_speakers"}


@pytest.mark.data
def test_librispeech_against_speechocean762_is_confounded(data_root: Path, tmp_path: Path) -> None:
    merged: list[Utterance] = []
    for name, root, accent in (
        ("librispeech", "librispeech-subset/LibriSpeech", "native"),
        ("speechocean762", "speechocean762-subset", "mandarin"),
    ):
        by_speaker: dict[str, Utterance] = {}
        for row in load_corpus(name, data_root / root):
            if isinstance(row, Utterance) and row.speaker is not None:
                by_speaker.setdefault(row.speaker, row)
        for speaker, row in sorted(by_speaker.items())[:12]:
            label = (Label("accent", accent, "corpus"),)
            merged.append(replace(row, id=f"{name}/{row.id}", speaker=f"{name}-{speaker}", labels=label))
    assert len(merged) == 24
    line = EASY.removeprefix(FILE).replace("limit: 2", "limit: 2, reference: native")
    accepting = line.replace("id: r", "id: accepting").replace("}", ", accept_confounded: true}")
    path = frozen(tmp_path, FILE + line + accepting)
    audit(ListCorpus(merged), Scripted({}, default="the"), ["accent"], out=tmp_path / "run")
    found, accepted = gate(tmp_path / "run", path).comparisons
    assert (found.verdict, found.guard) == ("undetermined", "confounded")
    assert "confounded (channel, corpus, texts)" in found.reason
    assert (accepted.verdict, accepted.guard) == ("pass", None)
