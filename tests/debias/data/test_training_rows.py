"""Rows to train on: nothing lost, speakers apart, and bad input refused with its reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.corpora import corpora, load_corpus
from speechfair.corpora.card import load_card
from speechfair.debias.data import training_rows as module
from speechfair.debias.data.same_person import naming_corpus
from speechfair.debias.data.training_data import Row, TrainingData
from speechfair.debias.data.training_rows import gather, refuse_overlap, split_rows
from speechfair.errors import InputError
from speechfair.running.run_manifest import build_manifest
from tests.debias.tiny import accents, recipe, speech
from tests.support import write_tone


@pytest.fixture
def home(tmp_path: Path) -> Path:
    speech(tmp_path, "train", accents("t", 4, 3))
    speech(tmp_path, "test", accents("e", 2, 2))
    return tmp_path


def gathered(home: Path, **changes: Any) -> TrainingData:
    return gather(recipe(home, home / "model", **changes), home)


def append(home: Path, *lines: str) -> None:
    with (home / "train.csv").open("a") as stream:
        stream.writelines(f"{line}\n" for line in lines)


def made_up(groups: dict[str, int], per_speaker: int) -> list[Row]:
    return [
        Row(f"{g}{s}-{u}", Path("x.wav"), f"{g}{s}{u}", None, None, 1.0, "a b", "eng", f"{g}{s}", g)
        for g, speakers in groups.items()
        for s in range(speakers)
        for u in range(per_speaker)
    ]


@settings(deadline=None, max_examples=40)
@given(
    st.dictionaries(st.sampled_from("xyz"), st.integers(2, 9), min_size=1),
    st.integers(1, 5), st.floats(0.05, 0.85), st.integers(1, 30), st.integers(0, 3),
)  # fmt: skip
def test_a_speaker_is_on_one_side_and_every_group_on_both(
    groups: dict[str, int], per_speaker: int, share: float, most: int, seed: int
) -> None:
    chosen = recipe(Path("."), Path("."), dev={"share": share, "max_utterances": most}, seed=seed)
    rows = made_up(groups, per_speaker)
    train, dev = split_rows(rows, chosen)
    assert not {row.speaker for row in train} & {row.speaker for row in dev}
    assert {row.group for row in train} == set(groups)
    assert len(dev) <= most
    if most >= len(groups):
        assert {row.group for row in dev} == set(groups)
    assert split_rows(rows, chosen) == (train, dev)


def test_rows_and_their_groups(home: Path) -> None:
    data = gathered(home)
    assert data.groups == ("x", "y")
    assert {row.id for row in data.train} | {row.id for row in data.dev} <= {
        f"manifest/t{a}{i}-{take}" for a, n in (("x", 4), ("y", 3)) for i in range(n) for take in range(4)
    }
    table = {row["group"]: row for row in data.table()}
    assert table["x"]["train_speakers"] + table["x"]["dev_speakers"] == 4
    assert table["y"]["train_utterances"] == 4 * table["y"]["train_speakers"]
    assert table["y"]["train_hours"] == pytest.approx(
        sum(row.duration_s for row in data.train if row.group == "y") / 3600
    )


def test_what_cannot_be_used_is_counted_with_its_reason(home: Path) -> None:
    write_tone(home / "long.wav", 3.0)
    write_tone(home / "short.wav", 0.5)
    (home / "broken.wav").write_bytes(b"RIFF")
    append(
        home,
        "a,missing.wav,text,tx0,x",
        "b,broken.wav,text,tx0,x",
        "c,short.wav,,tx0,x",
        "d,long.wav,text,tx0,x",
        "e,short.wav,text,,x",
    )
    whole = gathered(home, max_seconds=2.0, dev={"share": 0.3, "max_utterances": 100})
    assert dict(whole.unused) == {
        "audio cannot be decoded: Format not recognised": 1,
        "audio file is missing": 1,
        "longer than 2 s": 1,
        "no reference text": 1,
        "no speaker, so it cannot be kept apart from the evaluation": 1,
    }
    assert len(whole.train) + len(whole.dev) + sum(whole.unused.values()) == 4 * 7 + 5


def test_a_group_of_one_speaker_stops_and_can_be_left_out(home: Path) -> None:
    write_tone(home / "one.wav", 0.5)
    append(home, "z,one.wav,text,tz0,z")
    with pytest.raises(InputError, match=r"accent='z' has 1 speaker .* exclude_groups: \[z\]"):
        gathered(home)
    data = gathered(home, exclude_groups=["z"])
    assert data.groups == ("x", "y")
    assert data.unused == {"group 'z' is excluded by the recipe": 1}


def test_an_axis_without_labels(home: Path) -> None:
    with pytest.raises(InputError, match="no training row has a label on the axis 'region'"):
        gathered(home, axis="region", evaluate=[{"name": "t", "corpus": "manifest", "group_by": ["region"]}])


def test_nothing_to_train_on(home: Path) -> None:
    with pytest.raises(InputError, match="no row of the training corpora can be used"):
        gathered(home, max_seconds=0.1)


def forbid_training(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = load_corpus("manifest", manifest=str(home / "train.csv"))
    licence = corpus.card.licence.model_copy(update={"uses": ["evaluation"], "text": "evaluation only"})  # type: ignore[attr-defined]
    card = corpus.card.model_copy(update={"licence": licence})  # type: ignore[attr-defined]
    monkeypatch.setattr(type(corpus), "card", card)


def test_a_licence_that_forbids_training(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_training(home, monkeypatch)
    with pytest.raises(InputError, match=r"does not allow training: evaluation only; .* permission: WHO"):
        gathered(home)


def test_the_holder_s_permission_is_said_in_words_and_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid_training(home, monkeypatch)
    source = {"corpus": "manifest", "options": {"manifest": str(home / "train.csv")}}
    words = "N. N., the holder, allowed training by us on 2026-01-31"
    data = gathered(home, train=[{**source, "permission": words}])
    assert data.train
    (kept,) = data.permissions
    assert kept["permission"] == words
    assert kept["licence"].endswith("evaluation only")
    with pytest.raises(InputError, match="does not allow training"):
        gathered(home, train=[{**source, "permission": words}, source])


def test_ids_that_two_corpora_share_are_told_apart(home: Path) -> None:
    other = (home / "train.csv").read_text().replace(",tx", ",ux").replace(",ty", ",uy")
    header, *lines = other.splitlines()
    swapped = [",".join([one.split(",")[0], *two.split(",")[1:]])
               for one, two in zip(lines, [*lines[1:], lines[0]], strict=True)]  # fmt: skip
    (home / "other.csv").write_text("\n".join([header, *swapped]))
    sources = [
        {"corpus": "manifest", "options": {"manifest": str(home / f"{name}.csv")}}
        for name in ("train", "other")
    ]
    data = gathered(home, train=sources, dev={"share": 0.3, "max_utterances": 7})
    rows = (*data.train, *data.dev)
    assert len({row.id for row in rows}) == len(rows)
    assert len(data.dev) == 7
    assert {row.id.endswith("#2") for row in data.train} == {False, True}
    with pytest.raises(InputError, match=r"'manifest/tx0-0' comes from two sources .* number 2"):
        gathered(home, train=[sources[0], sources[0]])


def test_thinning_ends_where_ids_come_twice() -> None:
    import numpy as np

    rows = made_up({"x": 1}, 5) * 2
    assert len(module.thinned(rows, 7, np.random.default_rng(0))) == 7


def test_evaluated_speakers_and_audio_are_refused(home: Path) -> None:
    data = gathered(home)
    theirs = build_manifest(load_corpus("manifest", manifest=str(home / "test.csv")), home)
    refuse_overlap(data, theirs, "target")
    ours = build_manifest(load_corpus("manifest", manifest=str(home / "train.csv")), home)
    with pytest.raises(InputError, match=r"7 speakers of the evaluation 'target' are also training or"):
        refuse_overlap(data, ours, "target")
    import polars as pl

    disguised = theirs.with_columns(pl.lit(data.dev[0].audio_sha256).alias("audio_sha256"))
    with pytest.raises(InputError, match="have the very audio of a training row"):
        refuse_overlap(data, disguised, "target")


@pytest.mark.parametrize(
    ("trained_on", "evaluated", "same"),
    [
        ("speechocean762", "speech_accent_archive", False),
        ("speechocean762", "speechocean762", True),
        ("speechocean762", None, True),  # a table of the user's own may hold anybody
        (None, "speech_accent_archive", True),
        (None, None, True),
    ],
)
def test_two_corpora_may_number_their_speakers_alike(
    home: Path, trained_on: str | None, evaluated: str | None, same: bool
) -> None:
    data = gathered(home)
    theirs = build_manifest(load_corpus("manifest", manifest=str(home / "test.csv")), home)
    row = replace(data.train[0], speaker=theirs["speaker"][0], corpus=trained_on)
    data = replace(data, train=(row,))
    if same:
        with pytest.raises(InputError, match="1 speakers of the evaluation 'target' are also training"):
            refuse_overlap(data, theirs, "target", evaluated)
    else:
        refuse_overlap(data, theirs, "target", evaluated)


def test_a_corpus_names_its_speakers_unless_it_is_a_form_of_own_data(home: Path) -> None:
    names = corpora().names()
    own = {name for name in names if load_card(name).speech is None}
    assert {"manifest", "kaldi", "lhotse", "huggingface", "webdataset"} == own
    assert naming_corpus(load_corpus("manifest", manifest=str(home / "test.csv"))) is None


def test_a_corpus_taken_from_another_keeps_its_speakers() -> None:
    """Both loaders give Common Voice's own ids."""
    tables = {name: SimpleNamespace(name=name, card=load_card(name)) for name in ("artie", "common_voice")}
    assert {naming_corpus(table) for table in tables.values()} == {"common_voice"}  # type: ignore[arg-type]
    for name in corpora().names():
        assert (load_card(name).speakers_of or name) in corpora().names()


def test_thinning_spreads_over_groups_and_speakers() -> None:
    import numpy as np

    rows = made_up({"x": 6, "y": 2}, 5)
    kept = module.thinned(rows, 8, np.random.default_rng(0))
    assert [sum(row.group == g for row in kept) for g in "xy"] == [4, 4]
    assert len({row.speaker for row in kept if row.group == "x"}) == 4
    assert len({row.speaker for row in kept if row.group == "y"}) == 2
