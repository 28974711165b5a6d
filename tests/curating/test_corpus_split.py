"""Splitting: no speaker, audio or (where asked) text in two parts, groups alike, and refusals that say why."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.corpora import load_corpus
from speechfair.curating import corpus_split
from speechfair.curating.corpus_listing import listing_frames
from speechfair.curating.corpus_split import shares_of, split_corpus, split_table
from speechfair.errors import CorpusError, InputError
from speechfair.running.content_digest import content_digest
from speechfair.store import file_digest
from speechfair.types import Exclusion, Label, Utterance
from tests.corpora.trees import TREES
from tests.support import ListCorpus, small_corpus

HALVES = {"train": 0.5, "test": 0.5}


def corpus(speakers: list[tuple[str, list[tuple[str, str]]]]) -> ListCorpus:
    """Speakers s0, s1, … with their accent, and the text and audio file of each of their utterances."""
    rows: list[Utterance | Exclusion] = []
    for s, (accent, spoken) in enumerate(speakers):
        labels = (Label("accent", accent, "corpus"),) if accent else ()
        rows += [
            Utterance(f"s{s}-{n}", Path(f"/audio/{audio}"), text, "eng", f"s{s}", labels)
            for n, (text, audio) in enumerate(spoken)
        ]
    return ListCorpus(rows, Path("/audio"))


def table(listed: ListCorpus) -> pl.DataFrame:
    return pl.concat(listing_frames(listed, audio=False))


def plain(accents: str, each: int = 2) -> ListCorpus:
    return corpus([(a, [(f"text {n}", f"{s}-{n}.wav") for n in range(each)]) for s, a in enumerate(accents)])


def test_every_group_is_dealt_out_by_the_shares() -> None:
    rows = table(plain("x" * 40 + "y" * 20 + "z" * 10))
    shares = shares_of("train=8,dev=1,test=1")
    parts, reasons, result = split_table(rows, shares, by=["accent"])
    assert reasons.null_count() == rows.height == sum(part.n_utterances for part in result.parts.values())
    assert [dict(part.strata) for part in result.parts.values()] == [
        {"x": 32, "y": 16, "z": 8},
        {"x": 4, "y": 2, "z": 1},
        {"x": 4, "y": 2, "z": 1},
    ]
    assert result.notes == ()
    assert parts.n_unique() == 3


def test_a_seed_gives_the_same_split_and_another_a_different_one() -> None:
    rows = table(plain("xy" * 20))
    splits = [split_table(rows, HALVES, by=["accent"], seed=seed)[0].to_list() for seed in (1, 1, 2)]
    assert splits[0] == splits[1]
    assert splits[0] != splits[2]


spoken = st.lists(
    st.tuples(
        st.sampled_from(["x", "y", ""]),
        st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 40)), min_size=1, max_size=4),
    ),
    min_size=2,
    max_size=14,
)


@settings(deadline=None, max_examples=40)
@given(spoken, st.integers(0, 5), st.sampled_from(["shared", "together", "drop"]), st.booleans())
def test_nothing_is_in_two_parts_and_no_row_is_lost(
    speakers: list[Any], seed: int, texts: Any, stratified: bool
) -> None:
    listed = corpus([(a, [(text, f"{n}.wav") for text, n in each]) for a, each in speakers])
    rows = table(listed)
    by = ["accent"] if stratified and any(accent for accent, _ in speakers) else []
    try:
        parts, reasons, result = split_table(rows, HALVES, by=by, seed=seed, texts=texts, allow_missing=True)
    except InputError as error:
        if "cannot be had" in str(error) or "nothing is left" in str(error):
            return
        raise
    told = rows.with_columns(parts, reasons.alias("reason")).filter(pl.col("part").is_not_null())
    for key in ("speaker", "audio", *(() if texts == "shared" else ("text",))):
        assert told.group_by(key).agg(pl.col("part").n_unique())["part"].max() == 1, key
    assert (parts.is_null() == reasons.is_not_null()).all()
    assert sum(result.left_out.values()) + told.height == rows.height
    if texts != "drop":
        assert result.left_out == {}
    assert set(told["part"].unique()) == {"train", "test"}


def test_with_enough_speakers_no_part_lacks_a_group() -> None:
    for seed in range(10):
        _, _, result = split_table(
            table(plain("xxxyyyzzzz")), shares_of("train=98,dev=1,test=1"), by=["accent"], seed=seed
        )
        assert result.missing == {}
        assert all(set(part.strata) == {"x", "y", "z"} for part in result.parts.values())
        assert result.notes, "and the shares that this costs are told"


def test_a_group_that_is_too_small_is_refused_by_name() -> None:
    rows = table(plain("xxxxy"))
    with pytest.raises(InputError, match=r"fewer than 2 can be told apart in: y \(1\); stratify by fewer"):
        split_table(rows, HALVES, by=["accent"])
    _, _, result = split_table(rows, HALVES, by=["accent"], allow_missing=True)
    assert list(result.missing.values()) == [("y",)]


def test_an_unknown_label_is_a_stratum_but_no_reason_to_refuse() -> None:
    listed = plain("xxxx")
    rows = [*listed.rows, Utterance("u", Path("/audio/u.wav"), "t", "eng", "su")]
    _, _, result = split_table(table(ListCorpus(rows, listed.root)), HALVES, by=["accent"])
    assert sum(part.strata.get("unknown", 0) for part in result.parts.values()) == 1
    assert result.missing == {}


def test_everybody_reads_the_same_text() -> None:
    rows = table(plain("xxyy"))
    with pytest.raises(InputError, match=r"share audio or a text, make 1 group .* split with --texts drop"):
        split_table(rows, HALVES, texts="together")
    _, reasons, result = split_table(rows, HALVES, texts="drop")
    assert result.left_out == {"its text is in another part": 4}
    assert reasons.null_count() == 4


def test_rows_without_a_speaker() -> None:
    listed = plain("xxxx")
    rows = [
        *listed.rows,
        Utterance("u", Path("/audio/u.wav"), "t", "eng", None),
        Exclusion("e", "why", "there"),
    ]
    whole = table(ListCorpus(rows, listed.root))
    with pytest.raises(InputError, match="1 of 10 rows do not name their speaker"):
        split_table(whole, HALVES)
    _, _, result = split_table(whole, HALVES, drop_unknown_speakers=True)
    assert result.left_out == {"no speaker": 1, "why": 1}
    nobody = ListCorpus([replace(row, speaker=None) for row in listed.rows if isinstance(row, Utterance)])
    with pytest.raises(InputError, match="nothing to split"):
        split_table(table(nobody), HALVES, drop_unknown_speakers=True)


def test_an_axis_and_a_rule_that_are_not_there() -> None:
    with pytest.raises(InputError, match="no row has a label 'acent'; did you mean 'accent'"):
        split_table(table(plain("xxyy")), HALVES, by=["acent"])
    with pytest.raises(InputError, match="did you mean 'shared'"):
        split_table(table(plain("xxyy")), HALVES, texts="share")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("train=1", "two parts or more"),
        ("train=1,train=2", "given twice"),
        ("train,test=1", "is not NAME=SHARE"),
        ("train=0,test=1", "is not NAME=SHARE"),
        ("train=inf,test=1", "is not NAME=SHARE"),
        ("../x=1,test=1", "is not NAME=SHARE"),
    ],
)
def test_shares_that_are_none(words: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        shares_of(words)


def test_files_hold_digests_and_can_be_loaded(tmp_path: Path) -> None:
    listed = small_corpus(tmp_path / "tones", speakers=12)
    twice = listed.rows[0]
    assert isinstance(twice, Utterance)
    assert isinstance(twice.audio, Path)
    copy = tmp_path / "tones" / "copy.wav"
    copy.write_bytes(twice.audio.read_bytes())
    (tmp_path / "tones" / "broken.wav").write_bytes(b"no")
    rows = [
        *listed.rows,
        replace(twice, id="copy", speaker="s11", audio=copy),
        replace(twice, id="broken", audio=tmp_path / "tones" / "broken.wav"),
    ]
    whole = ListCorpus(rows, listed.root)
    result = split_corpus(whole, tmp_path / "out", {"train": 0.75, "test": 0.25}, by=["gender"], seed=3)
    record = json.loads((tmp_path / "out" / "split.json").read_text())
    assert record["asked"]["seed"] == 3
    assert set(record["files"]) == {"train.parquet", "test.parquet", "left_out.parquet"}
    for name, digests in record["files"].items():
        assert file_digest(tmp_path / "out" / name) == digests["sha256"]
    train, test = (pl.read_parquet(tmp_path / "out" / f"{part}.parquet") for part in ("train", "test"))
    assert content_digest(train) == record["files"]["train.parquet"]["rows_sha256"]
    assert train["audio_sha256"].null_count() == 0
    homes = {s: part for part, rows in (("a", train), ("b", test)) for s in rows["speaker"].unique()}
    assert homes["s00"] == homes["s11"], "who shares audio stays together"
    left = pl.read_parquet(tmp_path / "out" / "left_out.parquet")
    assert left["id"].to_list() == ["broken"]
    assert sum(result.left_out.values()) == 1
    with pytest.raises(InputError, match="not empty; choose another --out"):
        split_corpus(whole, tmp_path / "out", HALVES)


def test_a_part_is_the_corpus_with_fewer_rows(tmp_path: Path) -> None:
    TREES["fsdd"](tmp_path / "fsdd")
    whole = load_corpus("fsdd", tmp_path / "fsdd")
    split_corpus(whole, tmp_path / "out", HALVES, audio=False)
    parts = [
        list(load_corpus("fsdd", tmp_path / "fsdd", listing=str(tmp_path / "out" / f"{part}.parquet")))
        for part in ("train", "test")
    ]
    rows = [row for row in whole if isinstance(row, Utterance)]
    assert sorted([*parts[0], *parts[1]], key=lambda row: row.id) == sorted(rows, key=lambda row: row.id)
    one = load_corpus("fsdd", tmp_path / "fsdd", listing=tmp_path / "out" / "train.parquet")
    assert (one.name, one.card, one.options["listing"]) == ("fsdd", whole.card, "train.parquet")
    first = parts[0][0]
    assert isinstance(first, Utterance)
    assert isinstance(first.audio, Path)
    first.audio.unlink()
    with pytest.raises(CorpusError, match="1 rows are no longer in the corpus"):
        list(one)


def test_a_listing_of_something_else_is_refused(tmp_path: Path) -> None:
    for name in ("fsdd", "fleurs"):
        (tmp_path / name).mkdir()
        TREES[name](tmp_path / name)
    split_corpus(load_corpus("fsdd", tmp_path / "fsdd"), tmp_path / "out", HALVES, audio=False)
    listing = tmp_path / "out" / "train.parquet"
    with pytest.raises(CorpusError, match="lists a part of 'fsdd' with options"):
        load_corpus("fleurs", tmp_path / "fleurs", listing=listing)
    with pytest.raises(CorpusError, match="is no listing"):
        load_corpus("fsdd", tmp_path / "fsdd", listing=tmp_path / "out" / "left_out.parquet")
    with pytest.raises(CorpusError, match="no such file"):
        load_corpus("fsdd", tmp_path / "fsdd", listing=tmp_path / "nowhere.parquet")
    (tmp_path / "text.parquet").write_text("no")
    with pytest.raises(CorpusError, match="cannot be read as Parquet"):
        load_corpus("fsdd", tmp_path / "fsdd", listing=tmp_path / "text.parquet")


def test_a_row_that_has_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("audio,text,speaker\n" + "".join(f"{n}.wav,text {n},s{n}\n" for n in range(4)))
    whole = load_corpus("manifest", manifest=path)
    split_corpus(whole, tmp_path / "out", HALVES, audio=False)
    path.write_text(path.read_text().replace("text 1", "other").replace("text 2", "other"))
    refused = 0
    for part in ("train", "test"):
        try:
            list(load_corpus("manifest", manifest=path, listing=tmp_path / "out" / f"{part}.parquet"))
        except CorpusError as error:
            refused += ".wav' is not what was listed" in str(error)
    assert refused


class Tripwire:
    """Counts writes, and kills the process (as far as a test can) before the one whose number is given."""

    def __init__(self, patch: pytest.MonkeyPatch, deadly: int = -1) -> None:
        self.count, self.deadly = 0, deadly
        for owner, name in (
            (corpus_split, "write_frames"),
            (corpus_split, "write_atomically"),
            (pl.DataFrame, "write_parquet"),
            (pl.LazyFrame, "sink_parquet"),
            (os, "replace"),
        ):
            patch.setattr(owner, name, self.armed(getattr(owner, name)))

    def armed(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def written(*arguments: Any, **options: Any) -> Any:
            self.count += 1
            if self.count == self.deadly:
                raise KeyboardInterrupt
            return write(*arguments, **options)

        return written


def test_a_split_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    listed = plain("x" * 10 + "y" * 10)
    with pytest.MonkeyPatch.context() as patch:
        wire = Tripwire(patch)
        split_corpus(listed, tmp_path / "whole", HALVES, audio=False)
    expected = {path.name: file_digest(path) for path in (tmp_path / "whole").iterdir()}
    assert wire.count >= 10
    for deadly in range(1, wire.count + 1):
        out = tmp_path / f"killed{deadly}"
        with pytest.MonkeyPatch.context() as patch:
            Tripwire(patch, deadly)
            with pytest.raises(KeyboardInterrupt):
                split_corpus(listed, out, HALVES, audio=False)
        assert not out.exists()
        split_corpus(listed, out, HALVES, audio=False)  # the same command goes on
        assert {path.name: file_digest(path) for path in out.iterdir()} == expected


def test_what_a_kill_leaves_is_cleared_away(tmp_path: Path) -> None:
    left = tmp_path / ".out.unfinished"
    left.mkdir()
    (left / "train.parquet").write_bytes(b"half")
    split_corpus(plain("xxxxyyyy"), tmp_path / "out", HALVES, audio=False)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
