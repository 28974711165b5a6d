"""lhotse and `datasets`, there and back: nothing is lost."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speechfair.corpora import load_corpus
from speechfair.corpora.loaders.shards import write_shards
from speechfair.errors import CorpusError, InputError
from speechfair.types import Exclusion, Label, LabelSource, Utterance
from tests.corpora.door_trees import cut
from tests.support import ListCorpus, write_tone

words = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1, max_size=12).map(
    str.strip
)
words = words.filter(bool)
sources: st.SearchStrategy[LabelSource] = st.sampled_from(
    ["self_reported", "corpus", "annotator", "inferred"]
)
labels = st.builds(Label, words, words, sources)
times = st.sampled_from([(None, None), (0.25, None), (None, 0.5), (0.125, 0.875)])
rows = st.lists(
    st.tuples(
        st.none() | words,
        st.sampled_from(["eng", "jpn", "cmn"]),
        st.none() | words,
        st.lists(labels, max_size=3, unique_by=lambda label: label.axis),
        times,
    ),
    min_size=1,
    max_size=5,
)


@pytest.fixture(scope="module")
def tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tone(tmp_path_factory.mktemp("tone") / "a.wav", 1.0)


def corpus_of(tone: Path, content: list[tuple]) -> ListCorpus:  # type: ignore[type-arg]
    made: list[Utterance | Exclusion] = [
        Utterance(f"u{n}", tone, text, language, speaker, tuple(found), *stretch)
        for n, (text, language, speaker, found, stretch) in enumerate(content)
    ]
    return ListCorpus(made, tone.parent)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows)
def test_lhotse_there_and_back(tone: Path, tmp_path: Path, content: list) -> None:  # type: ignore[type-arg]
    pytest.importorskip("lhotse", reason="the extra 'lhotse' is not installed")
    from speechfair.corpora.loaders.lhotse_cuts import write_cuts

    corpus = corpus_of(tone, content)
    path = tmp_path / "cuts.jsonl.gz"
    assert write_cuts(corpus, path) == []
    assert list(load_corpus("lhotse", tone.parent, manifest=path)) == list(corpus)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows)
def test_datasets_there_and_back(
    tone: Path,
    tmp_path_factory: pytest.TempPathFactory,
    content: list,  # type: ignore[type-arg]
) -> None:
    datasets = pytest.importorskip("datasets", reason="the extra 'datasets' is not installed")
    from speechfair.corpora.loaders.huggingface import to_dataset

    datasets.disable_progress_bars()
    corpus = corpus_of(tone, content)
    made, excluded = to_dataset(corpus)
    assert excluded == []
    folder = tmp_path_factory.mktemp("saved")
    made.save_to_disk(str(folder))
    back = [row for row in load_corpus("huggingface", folder) if isinstance(row, Utterance)]
    assert [row.audio.read() for row in back] == [tone.read_bytes()] * len(back)  # type: ignore[union-attr]
    assert [replace(row, audio=tone) for row in back] == list(corpus)


def test_a_streamed_dataset_is_a_corpus(tone: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="the extra 'datasets' is not installed")
    from speechfair.corpora.loaders.huggingface import to_dataset
    from speechfair.corpora.streamed import StreamedDataset

    datasets.disable_progress_bars()
    welsh = (Label("accent", "Welsh", "self_reported"),)
    corpus = corpus_of(
        tone, [("hello", "eng", "s1", welsh, (0.25, None)), (None, "eng", None, (), (None, None))]
    )
    to_dataset(corpus)[0].save_to_disk(str(tmp_path / "saved"))
    stream = datasets.load_from_disk(str(tmp_path / "saved")).to_iterable_dataset()
    found = StreamedDataset(stream)
    back = [row for row in found if isinstance(row, Utterance)]
    assert [row.audio.read() for row in back] == [tone.read_bytes()] * 2  # type: ignore[union-attr]
    assert [replace(row, audio=tone) for row in back] == list(corpus)
    assert list(found) == list(found), "it can be listed again"
    assert found.card.name == found.name
    bare = datasets.Dataset.from_dict({"audio": [{"bytes": None, "path": "/etc/passwd"}], "text": ["x"]})
    (row,) = StreamedDataset(bare)
    assert isinstance(row, Exclusion)
    assert "a path is not opened" in row.reason
    with pytest.raises(CorpusError, match="no column 'sound'"):
        StreamedDataset(bare, columns={"audio": "sound"})


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows)
def test_shards_there_and_back(
    tone: Path,
    tmp_path_factory: pytest.TempPathFactory,
    content: list,  # type: ignore[type-arg]
) -> None:
    corpus = corpus_of(tone, content)
    folder = tmp_path_factory.mktemp("shards")
    assert write_shards(corpus, folder, per_shard=2) == []
    back = [row for row in load_corpus("webdataset", folder) if isinstance(row, Utterance)]
    assert [row.audio.read() for row in back] == [tone.read_bytes()] * len(back)  # type: ignore[union-attr]
    assert [replace(row, audio=tone) for row in back] == list(corpus)


def test_audio_is_not_passed_on_against_the_licence(tone: Path, tmp_path: Path) -> None:
    (tone.parent / "calls.csv").write_text("audio,text\na.wav,hello\nmissing.wav,no\n")
    corpus = load_corpus("manifest", manifest=tone.parent / "calls.csv")
    with pytest.raises(
        InputError, match=r"'manifest' .* does not allow redistribution: speechfair does not know"
    ):
        write_shards(corpus, tmp_path / "shards")
    assert not (tmp_path / "shards").exists()
    left = write_shards(corpus, tmp_path / "shards", permission="I recorded them myself")
    assert [(row.id, row.reason) for row in left] == [("missing.wav", "audio file is missing")]
    assert "Permission: I recorded them myself" in (tmp_path / "shards" / "LICENCE.txt").read_text()
    with pytest.raises(InputError, match="not empty"):
        write_shards(corpus, tmp_path / "shards", permission="I recorded them myself")
    pytest.importorskip("datasets", reason="the extra 'datasets' is not installed")
    from speechfair.corpora.loaders.huggingface import to_dataset

    with pytest.raises(InputError, match=r"does not allow redistribution: .*; audio=False makes a dataset"):
        to_dataset(corpus)
    made, _ = to_dataset(corpus, audio=False)
    assert made["audio"][:1] == ["a.wav"]
    assert made.info.license.startswith("user-supplied: ")
    made, _ = to_dataset(corpus, permission="I recorded them myself")
    assert made.info.license.endswith("Permission: I recorded them myself")


def test_what_lhotse_cannot_hold_is_returned(tmp_path: Path) -> None:
    pytest.importorskip("lhotse", reason="the extra 'lhotse' is not installed")
    from speechfair.corpora.loaders.lhotse_cuts import write_cuts

    soundfile.write(tmp_path / "stereo.wav", np.zeros((160, 2)), 16_000)
    (tmp_path / "broken.wav").write_bytes(b"no")
    good = write_tone(tmp_path / "good.wav", 0.5)
    content: list[Utterance | Exclusion] = [
        Exclusion("e", "because", "there"),
        Utterance("s", tmp_path / "stereo.wav", "x", "eng", None),
        Utterance("b", tmp_path / "broken.wav", "x", "eng", None),
        Utterance("l", good, "x", "eng", None, (), 0.0, 9.0),
        Utterance("g", good, "x", "eng", None),
    ]
    left = write_cuts(ListCorpus(content, tmp_path), tmp_path / "c.jsonl.gz")
    assert [row.id for row in left] == ["e", "s", "b", "l"]
    assert "2 channels" in left[1].reason
    assert [row.id for row in load_corpus("lhotse", manifest=tmp_path / "c.jsonl.gz")] == ["g"]
    with pytest.raises(InputError, match=r"ends in \.jsonl\.gz"):
        write_cuts(ListCorpus([]), tmp_path / "c.json")


@pytest.mark.parametrize(
    "content", [b"{", b'{"id": 3}', b"\x1f\x8bnonsense", b'{"type": "MonoCut", "id": "x"}']
)
def test_cuts_that_are_none(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("lhotse", reason="the extra 'lhotse' is not installed")
    path = tmp_path / "cuts.jsonl.gz"
    path.write_bytes(content if content.startswith(b"\x1f") else gzip.compress(content))
    with pytest.raises(CorpusError, match=r"cuts\.jsonl\.gz, after cut 0: cannot be read as cuts"):
        list(load_corpus("lhotse", manifest=path))


def test_labels_that_are_none(tmp_path: Path) -> None:
    pytest.importorskip("lhotse", reason="the extra 'lhotse' is not installed")
    custom = {"speechfair_labels": [{"axis": "accent", "value": "x", "source": "hearsay"}]}
    line = cut("c", "a.wav", [{"start": 0.0, "duration": 1.0, "text": "x", "custom": custom}])
    path = tmp_path / "cuts.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(CorpusError, match="no label source 'hearsay'"):
        list(load_corpus("lhotse", manifest=path))
    assert json.loads(line)["id"] == "c"


def test_splits_of_a_saved_dataset(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="the extra 'datasets' is not installed")
    datasets.disable_progress_bars()
    part = datasets.Dataset.from_dict({"sound": ["a.wav"], "text": ["x"]})
    datasets.DatasetDict({"train": part, "test": part}).save_to_disk(str(tmp_path / "dict"))
    part.save_to_disk(str(tmp_path / "one"))
    with pytest.raises(CorpusError, match="several splits; choose one"):
        load_corpus("huggingface", tmp_path / "dict")
    with pytest.raises(CorpusError, match="no split 'tset'; did you mean 'test'"):
        load_corpus("huggingface", tmp_path / "dict", split="tset")
    with pytest.raises(CorpusError, match="has no splits"):
        load_corpus("huggingface", tmp_path / "one", split="test")
    with pytest.raises(CorpusError, match="no column 'audio'"):
        load_corpus("huggingface", tmp_path / "one")
