"""The short window has to be earned: in every group, on the record, and re-derivable."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from speechfair import verify
from speechfair.auditing.run import audit, prepare, transcribe
from speechfair.errors import InputError, RunFolderError
from speechfair.running.run_manifest import build_manifest
from speechfair.running.run_recipe import Calibration
from speechfair.running.scoring import add_axis
from speechfair.running.transcription import read_hypotheses
from speechfair.running.window_trial import SAMPLE, calibration_sample, describe
from speechfair.store import RunFolder
from speechfair.testing import Scripted
from speechfair.types import Audio, Hypothesis, ModelIdentity, Recognizer
from tests.support import ListCorpus, scripted_texts, small_corpus

TEXT = " ".join(["one two three four five six seven eight nine ten"] * 4)


class TwoWindows:
    """A scripted recogniser with a window: other words wrong in the short one than in the exact one."""

    sample_rate = 16_000

    def __init__(
        self, exact: Mapping[str, str], short: Mapping[str, str], window_s: float = 30.0, auto: bool = True
    ) -> None:
        self.texts = {30.0: exact, 10.0: short}
        self.window_s, self.auto = window_s, auto
        self.inner = Scripted(self.texts[window_s], name="two")
        self.calls: list[tuple[float, tuple[str, ...]]] = []

    @property
    def identity(self) -> ModelIdentity:
        return replace(self.inner.identity, digest="same weights", options={"window_s": self.window_s})

    @property
    def candidate_window_s(self) -> float | None:
        return 10.0 if self.auto else None

    def with_window(self, window: str | float) -> Recognizer:
        other = TwoWindows(
            self.texts[30.0], self.texts[10.0], 30.0 if window == "exact" else float(window), False
        )
        other.calls = self.calls
        return other

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        self.calls.append((self.window_s, tuple(audio.utterance_id for audio in batch)))
        return [replace(h, model=self.identity.key) for h in self.inner.transcribe(batch)]


@pytest.fixture
def corpus(tmp_path: Path) -> ListCorpus:
    return small_corpus(tmp_path / "wav", speakers=24, per_speaker=4, text=TEXT)


@pytest.fixture
def even(corpus: ListCorpus) -> TwoWindows:
    texts = scripted_texts(corpus, {"x": 1, "y": 3})
    return TwoWindows(texts, texts)


@pytest.fixture
def hurts_y(corpus: ListCorpus) -> TwoWindows:
    return TwoWindows(scripted_texts(corpus, {"x": 1, "y": 3}), scripted_texts(corpus, {"x": 1, "y": 5}))


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = RunFolder(folder).read()["recipe"]["calibration"]
    return found


def described(calibration: dict[str, Any]) -> str:
    return describe(Calibration.model_validate(calibration))


def used_window(folder: Path) -> float:
    return float(RunFolder(folder).read()["recipe"]["model"]["options"]["window_s"])


def test_a_window_that_changes_nothing_is_taken(corpus: ListCorpus, even: TwoWindows, tmp_path: Path) -> None:
    audit(corpus, even, ["accent"], out=tmp_path / "run")
    calibration = record(tmp_path / "run")
    assert calibration["accepted"] is True
    assert used_window(tmp_path / "run") == 10.0
    assert [group["within_margin"] for group in calibration["groups"]] == [True, True]
    assert {group["value"]: group["n_speakers"] for group in calibration["groups"]} == {"x": 12, "y": 12}
    assert "window: 10 s; on 60 utterances" in described(calibration)
    assert verify(tmp_path / "run").ok


def test_the_same_result_as_the_window_asked_for_outright(
    corpus: ListCorpus, even: TwoWindows, tmp_path: Path
) -> None:
    found = audit(corpus, even, ["accent"], out=tmp_path / "auto")
    plain = audit(corpus, even.with_window(10), ["accent"], out=tmp_path / "plain")
    assert [g.rate for g in found.groups] == [g.rate for g in plain.groups]


def test_harm_to_one_group_is_enough_and_it_is_named(
    corpus: ListCorpus, hurts_y: TwoWindows, tmp_path: Path
) -> None:
    result = audit(corpus, hurts_y, ["accent"], out=tmp_path / "run")
    calibration = record(tmp_path / "run")
    assert calibration["accepted"] is False
    assert used_window(tmp_path / "run") == 30.0
    within = {group["value"]: group["within_margin"] for group in calibration["groups"]}
    assert within == {"x": True, "y": False}
    assert len(calibration["against"]) == 1
    assert calibration["against"][0] == "accent=y: its difference 0.05 is beyond the limit 0.01"
    assert "window: exact; 10 s was not earned on 60 utterances: accent=y" in described(calibration)
    rates = {g.value: g.rate.value for g in result.groups}
    assert rates["y"] == pytest.approx((3 + 1 / 3) / 40), "the audit is that of the exact window"
    assert verify(tmp_path / "run").ok


def test_a_group_with_too_few_speakers_decides_against(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "wav", speakers=6, text=TEXT)
    texts = scripted_texts(corpus, {"x": 1, "y": 1})
    audit(corpus, TwoWindows(texts, texts), ["accent"], out=tmp_path / "run")
    calibration = record(tmp_path / "run")
    assert calibration["accepted"] is False
    assert len(calibration["against"]) == 2
    assert "speakers" in calibration["against"][0]


def test_nothing_is_transcribed_twice(corpus: ListCorpus, even: TwoWindows, tmp_path: Path) -> None:
    audit(corpus, even, ["accent"], out=tmp_path / "run")
    heard: dict[float, list[str]] = {}
    for window_s, ids in even.calls:
        heard.setdefault(window_s, []).extend(ids)
    assert len(heard[30.0]) == len(set(heard[30.0])) == SAMPLE
    assert len(heard[10.0]) == len(set(heard[10.0])) == 96
    n_calls = len(even.calls)
    audit(corpus, even, ["accent"], out=tmp_path / "run")
    assert len(even.calls) == n_calls, "a second call reads the decision and the hypotheses"


def test_a_calibration_that_was_killed_goes_on(
    corpus: ListCorpus, even: TwoWindows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = TwoWindows.transcribe

    def killed(self: TwoWindows, batch: Sequence[Audio]) -> list[Hypothesis]:
        if self.window_s == 10.0:
            raise KeyboardInterrupt
        return plain(self, batch)

    monkeypatch.setattr(TwoWindows, "transcribe", killed)
    with pytest.raises(KeyboardInterrupt):
        audit(corpus, even, ["accent"], out=tmp_path / "run")
    monkeypatch.setattr(TwoWindows, "transcribe", plain)
    even.calls.clear()
    audit(corpus, even, ["accent"], out=tmp_path / "run")
    assert {window_s for window_s, _ in even.calls} == {10.0}
    assert record(tmp_path / "run")["accepted"] is True


def test_verify_derives_the_decision_again(corpus: ListCorpus, hurts_y: TwoWindows, tmp_path: Path) -> None:
    audit(corpus, hurts_y, ["accent"], out=tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    content = run.read()
    content["recipe"]["calibration"]["accepted"] = True
    content["recipe"]["calibration"]["groups"][1]["rate_short"] = 0.33
    run.write(content)
    found = verify(tmp_path / "run")
    assert "run.yaml: calibration: accepted: True -> False" in found.differences
    assert any(
        line.startswith("run.yaml: calibration: groups[1].rate_short: 0.33 -> 0.13")
        for line in found.differences
    )


def test_axes_are_needed(corpus: ListCorpus, even: TwoWindows, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="window=auto is earned group by group: name the label axes"):
        audit(corpus, even, out=tmp_path / "run")
    prepare(corpus, tmp_path / "prepared")
    with pytest.raises(InputError, match="--group-by"):
        transcribe(tmp_path / "prepared", even)
    assert not even.calls
    transcribe(tmp_path / "prepared", even, ["accent", "gender"])
    assert used_window(tmp_path / "prepared") == 10.0
    assert {g["axis"] for g in record(tmp_path / "prepared")["groups"]} == {"accent", "gender"}


def test_other_axes_would_be_another_decision(corpus: ListCorpus, even: TwoWindows, tmp_path: Path) -> None:
    prepare(corpus, tmp_path / "run")
    transcribe(tmp_path / "run", even, ["accent"])
    with pytest.raises(RunFolderError, match=r"another calibration:\n  group_by\[0\]: 'accent' -> 'gender'"):
        transcribe(tmp_path / "run", even, ["gender"])


def test_a_run_begun_otherwise_is_not_recalibrated(
    corpus: ListCorpus, even: TwoWindows, tmp_path: Path
) -> None:
    prepare(corpus, tmp_path / "run")
    transcribe(tmp_path / "run", even.with_window("exact"))
    with pytest.raises(RunFolderError, match="chosen without a calibration"):
        transcribe(tmp_path / "run", even, ["accent"])


def test_a_recogniser_without_windows_is_left_alone(corpus: ListCorpus, tmp_path: Path) -> None:
    audit(corpus, Scripted(scripted_texts(corpus, {"x": 1, "y": 1})), ["accent"], out=tmp_path / "run")
    assert "calibration" not in RunFolder(tmp_path / "run").read()["recipe"]


def test_the_sample_is_even_over_groups_and_speakers_and_repeatable(
    corpus: ListCorpus, tmp_path: Path
) -> None:
    manifest = build_manifest(corpus, tmp_path / "m")
    ids = calibration_sample(manifest, ["accent", "gender"], seed=3)
    assert ids == calibration_sample(manifest, ["accent", "gender"], seed=3)
    assert ids != calibration_sample(manifest, ["accent", "gender"], seed=4)
    assert len(ids) == len(set(ids)) == SAMPLE
    crossed = add_axis(manifest.filter(pl.col("id").is_in(ids)), "accent+gender")["group"].value_counts()
    assert dict(crossed.iter_rows()) == {"x+female": 12, "y+female": 12, "x+male": 18, "y+male": 18}
    ids = calibration_sample(manifest, ["accent"])
    speakers = manifest.filter(pl.col("id").is_in(ids)).group_by("speaker").len()["len"].to_list()
    assert len(speakers) == 24
    assert max(speakers) - min(speakers) <= 1
    small = small_corpus(tmp_path / "few", speakers=4)
    assert len(calibration_sample(build_manifest(small, tmp_path / "n"), ["accent"])) == 12


def test_a_rare_group_is_in_the_sample_whole(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "wav", speakers=40, per_speaker=3)
    rows = [
        replace(row, labels=tuple(replace(x, value="rare") if x.axis == "accent" else x for x in row.labels))
        if row.speaker in ("s00", "s07")
        else row
        for row in corpus.rows
    ]
    manifest = build_manifest(replace(corpus, rows=rows), tmp_path / "m")
    ids = set(calibration_sample(manifest, ["accent"]))
    assert {f"s{s:02d}-{u}" for s in (0, 7) for u in range(3)} <= ids


def test_audio_that_cannot_be_read_and_rows_without_text_are_not_drawn(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "wav", speakers=6)
    Path(corpus.rows[0].audio).write_bytes(b"broken")  # type: ignore[union-attr, arg-type]
    rows = [corpus.rows[0], replace(corpus.rows[1], text=None), *corpus.rows[2:]]
    ids = calibration_sample(build_manifest(replace(corpus, rows=rows), tmp_path / "m"), ["accent"])
    assert len(ids) == 16
    assert not {"s00-0", "s00-1"} & set(ids)


def test_the_record_is_plain_yaml_and_both_sets_of_hypotheses_are_kept(
    corpus: ListCorpus, even: TwoWindows, tmp_path: Path
) -> None:
    audit(corpus, even, ["accent"], out=tmp_path / "run")
    calibration = record(tmp_path / "run")
    assert json.loads(json.dumps(calibration)) == calibration
    run = RunFolder(tmp_path / "run")
    settings = calibration["settings"]
    assert read_hypotheses(run, settings["exact"]).height == SAMPLE
    assert read_hypotheses(run, settings["short"]).height == 96


def test_too_few_words_to_tell_is_no_permission(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "wav", speakers=24, per_speaker=4, text="one two three four five")
    texts = scripted_texts(corpus, {"x": 0, "y": 0})
    audit(corpus, TwoWindows(texts, texts), ["accent"], out=tmp_path / "run")
    calibration = record(tmp_path / "run")
    assert calibration["accepted"] is False
    assert [group["within_margin"] for group in calibration["groups"]] == [None, None]
    assert "contains the limit 0.01" in calibration["against"][0]
