"""What every corpus must keep to, run over every registered one with its tiny tree (`tests.corpora.trees`)."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from speechfair.corpora import load_corpus
from speechfair.corpora.card import Card, load_card
from speechfair.errors import CorpusError, InputError, MissingExtraError
from speechfair.registry import corpora
from speechfair.types import Corpus, Exclusion, Utterance
from tests.corpora.trees import TREES, Tree, hollow

AUDIO = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".sph")
every_corpus = pytest.mark.parametrize("name", corpora().names())


class _Opened:
    """Audio files that Python opens for reading, while it is listening."""

    def __init__(self) -> None:
        self.listening = False
        self.paths: list[str] = []
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.listening or event != "open" or not str(arguments[1]).startswith("r"):
            return
        if str(arguments[0]).lower().endswith(AUDIO):
            self.paths.append(str(arguments[0]))


@cache
def opened() -> _Opened:
    return _Opened()


@pytest.fixture
def tree(name: str, tmp_path: Path) -> Tree:
    return build(name, tmp_path / "tree")


def build(name: str, folder: Path) -> Tree:
    if name not in TREES:
        pytest.fail(
            f"the corpus {name!r} is registered, but has no tree: add a function for it to TREES in "
            "tests/corpora/trees.py, which makes a tiny tree in its true layout"
        )
    folder.mkdir(exist_ok=True)
    return TREES[name](folder)


@pytest.fixture
def corpus(name: str, tree: Tree) -> Corpus:
    return load(name, tree)


def load(name: str, tree: Tree) -> Corpus:
    try:
        return load_corpus(name, tree.root, **tree.options)
    except MissingExtraError as error:
        pytest.skip(str(error))


def utterances(corpus: Corpus) -> list[Utterance]:
    return [row for row in corpus if isinstance(row, Utterance)]


def exclusions(corpus: Corpus) -> list[Exclusion]:
    return [row for row in corpus if isinstance(row, Exclusion)]


def files(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@every_corpus
def test_it_is_a_corpus_of_its_name(name: str, corpus: Corpus) -> None:
    assert isinstance(corpus, Corpus)
    assert corpus.name == name
    assert corpus.card.name == name
    assert json.loads(json.dumps(dict(corpus.options))) == dict(corpus.options)


@every_corpus
def test_its_card_is_strict_and_states_a_licence(name: str) -> None:
    load_card.cache_clear()
    card = load_card(name)
    assert card.name == name
    assert card.licence.id
    assert len(card.licence.text) > 20, "the licence in a sentence"
    assert card.layout
    assert card.citation


@every_corpus
def test_every_row_is_usable_or_says_why_not(name: str, tree: Tree, corpus: Corpus) -> None:
    rows = list(corpus)
    assert all(isinstance(row, (Utterance, Exclusion)) for row in rows)
    assert {row.id for row in exclusions(corpus)} == tree.excluded
    assert all(row.reason.strip() and row.where.strip() for row in exclusions(corpus))
    assert len(utterances(corpus)) == tree.utterances
    assert len({row.speaker for row in utterances(corpus)} - {None}) == tree.speakers
    assert len(rows) == tree.utterances + len(tree.excluded)


@every_corpus
def test_ids_are_unique(name: str, corpus: Corpus) -> None:
    twice = [key for key, count in Counter(row.id for row in corpus).items() if count > 1]
    assert not twice
    assert all(row.id.strip() == row.id and row.id for row in corpus)


@every_corpus
def test_the_order_is_stable(name: str, tree: Tree, corpus: Corpus) -> None:
    first = list(corpus)
    assert list(corpus) == first, "listing twice gives the same rows"
    assert list(load(name, tree)) == first, "and so does loading again"


@every_corpus
def test_listing_opens_no_audio_and_changes_nothing(name: str, tree: Tree) -> None:
    makes_root = getattr(corpora().load(name), "makes_root", False)
    before = {} if makes_root else files(tree.root)
    hook = opened()
    hook.paths.clear()
    hook.listening = True
    try:
        rows = iter(load(name, tree))
        assert isinstance(rows, Iterator), "a corpus is a stream"
        assert sum(isinstance(row, Utterance) for row in rows) == tree.utterances
    finally:
        hook.listening = False
    assert hook.paths == []
    assert makes_root or files(tree.root) == before


@every_corpus
def test_labels_are_those_of_the_card(name: str, corpus: Corpus) -> None:
    card = corpus.card
    assert isinstance(card, Card)
    for row in utterances(corpus):
        axes = [label.axis for label in row.labels]
        assert len(set(axes)) == len(axes), f"{row.id}: two labels on one axis"
        for label in row.labels:
            assert label.axis in card.axes, f"{row.id}: the card does not know the axis {label.axis}"
            axis = card.axes[label.axis]
            assert label.source == axis.source, f"{row.id}: {label}"
            assert label.value == label.value.strip() != "", f"{row.id}: {label}"
            assert axis.values is None or label.value in axis.values, f"{row.id}: {label}"


@every_corpus
def test_common_axes_have_common_values(name: str, corpus: Corpus) -> None:
    known = {
        "gender": {"female", "male", "other", "unknown"},
        "age_band": {"child", "adult", "senior", "unknown"},
    }
    for row in utterances(corpus):
        for label in row.labels:
            assert label.value in known.get(label.axis, {label.value}), f"{row.id}: {label}"
            if label.axis == "first_language":
                assert re.fullmatch("[a-z]{3}", label.value), f"{row.id}: {label} is not ISO 639-3"


@every_corpus
def test_the_language_is_one_of_the_card_and_iso_639_3(name: str, corpus: Corpus) -> None:
    card = corpus.card
    assert isinstance(card, Card)
    for row in utterances(corpus):
        assert re.fullmatch("[a-z]{3}", row.language), row
        assert row.language in card.languages or {"und", "mul"} & set(card.languages), row


@every_corpus
def test_texts_and_speakers_are_words_or_none(name: str, corpus: Corpus) -> None:
    for row in utterances(corpus):
        assert row.text is None or row.text.strip(), f"{row.id}: a text that is blank is None"
        assert row.speaker is None or row.speaker.strip(), f"{row.id}: a speaker that is blank is None"
        assert (row.start_s or 0.0) >= 0
        assert row.end_s is None or row.end_s > (row.start_s or 0.0)


@every_corpus
def test_audio_stays_inside_the_root(name: str, corpus: Corpus) -> None:
    assert corpus.root is not None
    for row in utterances(corpus):
        if isinstance(row.audio, Path):
            assert row.audio.resolve().is_relative_to(corpus.root.resolve()), row
        else:
            assert row.audio.name, row


@every_corpus
def test_a_wrong_root_says_what_was_expected(name: str, tree: Tree, tmp_path: Path) -> None:
    if getattr(corpora().load(name), "makes_root", False):
        pytest.skip(f"{name} makes its own folder, so that none is wrong")
    options = {**tree.options, **tree.wrong}
    empty = tmp_path / "empty"
    empty.mkdir()
    for root in (empty, tmp_path / "nowhere"):
        with pytest.raises((CorpusError, InputError)) as caught:
            list(load_corpus(name, root, **options))
        assert (tree.expected if root.exists() else root.name) in str(caught.value)


@every_corpus
def test_an_unknown_option_is_refused(name: str, tree: Tree) -> None:
    with pytest.raises(InputError, match="flavour"):
        load_corpus(name, tree.root, **{**tree.options, "flavour": 1})


def test_every_tree_belongs_to_a_registered_corpus() -> None:
    assert sorted(set(TREES) - set(corpora().names())) == []


def test_a_missing_tree_is_told_where_to_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(TREES, "fsdd")
    with pytest.raises(pytest.fail.Exception, match=r"tests/corpora/trees\.py"):
        build("fsdd", tmp_path)


def test_opened_audio_would_be_noticed(tmp_path: Path) -> None:
    hook = opened()
    hook.paths.clear()
    path = hollow(tmp_path / "a.wav")
    hook.listening = True
    try:
        path.read_bytes()
    finally:
        hook.listening = False
    assert hook.paths == [str(path)]
