"""Trees that are broken or hostile: a clear error or an exclusion, and nothing read outside the root."""

from __future__ import annotations

import io
import os
import sys
import tarfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from speechfair.corpora import load_corpus
from speechfair.corpora.layout import inside, lines_of, readable, reading_under
from speechfair.curating.corpus_listing import write_listing
from speechfair.errors import CorpusError
from speechfair.registry import corpora
from speechfair.types import Exclusion, Utterance
from tests.contracts.test_corpora import AUDIO, build, load
from tests.corpora.planting import write
from tests.corpora.trees import CV_COLUMNS

MADE = [name for name in corpora().names() if getattr(corpora().load(name), "makes_root", False)]
TEXT = (".txt", ".tsv", ".csv", ".json", ".jsonl", ".scp", ".tab", ".lst", ".data", ".TXT", ".nlp", ".py", "")


class _Read:
    """Files that Python opens to read, while it is listening."""

    def __init__(self) -> None:
        self.listening = False
        self.paths: set[str] = set()
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.listening and event == "open" and isinstance(arguments[0], str):
            self.paths.add(os.path.realpath(arguments[0]))


@pytest.fixture(scope="module")
def opened() -> Iterator[_Read]:
    hook = _Read()
    yield hook
    hook.listening = False


@pytest.mark.parametrize("name", [name for name in corpora().names() if name not in MADE])
def test_links_that_lead_out_are_not_followed(name: str, tmp_path: Path) -> None:
    tree = build(name, tmp_path / "tree")
    before = list(load(name, tree))
    rows = [row for row in before if isinstance(row, Utterance) and isinstance(row.audio, Path)]
    outside = tmp_path / "outside.wav"
    outside.write_bytes(b"secret")
    for path in {row.audio for row in rows if isinstance(row.audio, Path) and row.audio.exists()}:
        path.unlink()
        path.symlink_to(outside)
    linked = [row for row in rows if isinstance(row.audio, Path) and row.audio.is_symlink()]
    listed = list(load(name, tree))
    assert not [
        row
        for row in listed
        if isinstance(row, Utterance) and isinstance(row.audio, Path) and row.audio.is_symlink()
    ]
    known = {row.id for row in before if isinstance(row, Exclusion)}
    told = [row for row in listed if isinstance(row, Exclusion) and row.id not in known]
    assert bool(told) == bool(linked), "what is not followed is told"


@pytest.mark.parametrize("name", [name for name in corpora().names() if name not in MADE])
def test_texts_behind_links_are_not_read(name: str, tmp_path: Path, opened: _Read) -> None:
    """Every text file of the tree in turn becomes a link to itself outside, which neither loading nor listing opens."""
    tree = build(name, tmp_path / "tree")
    outside = tmp_path / "outside"
    outside.mkdir()
    files = [path for path in tree.root.rglob("*") if path.is_file() and path.suffix in TEXT]
    for path in files:
        if path.suffix.lower() in AUDIO:
            continue
        secret = path.rename(outside / "secret")
        path.symlink_to(secret)
        opened.paths.clear()
        opened.listening = True
        try:
            list(load(name, tree))
            told = ""
        except CorpusError as error:
            told = str(error)
        finally:
            opened.listening = False
        path.unlink()
        secret.rename(path)
        if name not in ("manifest", "lhotse", "huggingface"):  # these are given their file, wherever it lies
            assert str(secret) not in opened.paths, f"{path.name}: {told}"


def test_a_folder_that_is_a_link_out(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.txt").write_text("secret")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "sub").symlink_to(tmp_path / "elsewhere")
    with reading_under(tmp_path / "root"):
        with pytest.raises(CorpusError, match=r"leads out of .*root, and nothing outside a corpus is read"):
            readable(tmp_path / "root" / "sub" / "a.txt")
        with pytest.raises(CorpusError, match="leads out"):
            readable(tmp_path / "root" / ".." / "elsewhere" / "a.txt")
    assert readable(tmp_path / "root" / "sub" / "a.txt")
    assert inside(tmp_path / "root", "sub/a.txt") is None


@pytest.mark.parametrize("bad", [b"caf\xe9", b"\xff\xfe", b"\x81\x40"])
def test_mixed_encodings_are_told_with_line_and_byte(tmp_path: Path, bad: bytes) -> None:
    folder = tmp_path / "en"
    (folder / "clips").mkdir(parents=True)
    head = "\t".join(CV_COLUMNS).encode()
    rows = [b"c1\tgood.mp3\tna\xc3\xafve" + b"\t" * 8, b"c2\tbad.mp3\t" + bad + b"\t" * 8]
    (folder / "validated.tsv").write_bytes(b"\n".join([head, *rows]) + b"\n")
    for work in (list, lambda corpus: list(corpus.batches(10))):
        with pytest.raises(
            CorpusError, match=r"validated\.tsv, line 3: byte 0x.. at column \d+ is not UTF-8"
        ):
            work(load_corpus("common_voice", folder))
    write(tmp_path / "calls.csv", "audio,text")
    with (tmp_path / "calls.csv").open("ab") as file:
        file.write(b"a.wav," + bad + b"\n")
    with pytest.raises(CorpusError, match=r"calls\.csv, line 2: byte 0x"):
        list(load_corpus("manifest", manifest=tmp_path / "calls.csv"))


def test_a_line_of_two_gigabytes_is_refused_before_it_is_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "validated.tsv"
    with path.open("wb") as file:
        file.write("\t".join(CV_COLUMNS).encode() + b"\n")
        file.truncate(2 * 2**30)  # a sparse file: zeros without a line end
    (tmp_path / "clips").mkdir()
    corpus = load_corpus("common_voice", tmp_path)
    tracemalloc.start()
    try:
        with pytest.raises(CorpusError, match=r"line 2 is longer than 16 MiB"):
            list(corpus)
        with pytest.raises(CorpusError, match=r"line 2 is longer than 16 MiB"):
            list(corpus.batches(10))  # type: ignore[attr-defined]
        assert tracemalloc.get_traced_memory()[1] < 100 * 2**20
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_rows(tmp_path: Path) -> None:
    peaks = []
    for rows in (500, 5_000):
        folder = tmp_path / str(rows) / "en"
        (folder / "clips").mkdir(parents=True)
        lines = (f"c{n % 50}\tclip{n}.mp3\tsentence {n}" + "\t" * 8 for n in range(rows))
        write(folder / "validated.tsv", "\t".join(CV_COLUMNS), *lines)
        corpus = load_corpus("common_voice", folder)
        next(iter(corpus))
        tracemalloc.start()
        try:
            assert sum(1 for _ in corpus) == rows
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0] + 2**16, peaks


def test_paths_that_lead_out_of_a_manifest_are_excluded_and_a_formula_is_text(tmp_path: Path) -> None:
    write(
        tmp_path / "calls.csv",
        "audio,text,speaker",
        "../../etc/passwd,hello,s1",
        "/etc/passwd,hello,s1",
        'a.wav,"=HYPERLINK(""http://example.org"")",=1+1',
    )
    rows = list(load_corpus("manifest", manifest=tmp_path / "calls.csv"))
    assert [row.id for row in rows if isinstance(row, Exclusion)] == ["../../etc/passwd", "/etc/passwd"]
    (formula,) = (row for row in rows if isinstance(row, Utterance))
    assert (formula.text, formula.speaker) == ('=HYPERLINK("http://example.org")', "=1+1")


def test_audio_of_a_dataset_stays_in_it(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="the extra 'datasets' is not installed")
    datasets.disable_progress_bars()
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    text = datasets.Value("string")
    features = datasets.Features({"audio": {"bytes": datasets.Value("binary"), "path": text}, "text": text})
    cells = {"audio": [{"bytes": None, "path": str(secret)}], "text": ["x"]}
    datasets.Dataset.from_dict(cells, features=features).save_to_disk(str(tmp_path / "saved"))
    (row,) = (row for row in load_corpus("huggingface", tmp_path / "saved") if isinstance(row, Utterance))
    with pytest.raises(OSError, match="is not in the dataset, but at"):
        row.audio.read()  # type: ignore[union-attr]


def test_members_of_an_archive_go_nowhere(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    with tarfile.open(tmp_path / "root" / "a.tar", "w") as archive:
        for name in ("../evil.wav", "/etc/evil.wav"):
            info = tarfile.TarInfo(name)
            info.size = 3
            archive.addfile(info, io.BytesIO(b"RIF"))
    before = sorted(tmp_path.rglob("*"))
    rows = list(load_corpus("webdataset", tmp_path / "root"))
    assert [row.audio.read() for row in rows if isinstance(row, Utterance)] == [b"RIF", b"RIF"]  # type: ignore[union-attr]
    assert sorted(tmp_path.rglob("*")) == before
    assert not Path("/etc/evil.wav").exists()


def test_a_tree_is_left_as_it_was(tmp_path: Path) -> None:
    tree = build("common_voice", tmp_path / "tree")
    before = {path: path.stat().st_mtime_ns for path in tree.root.rglob("*")}
    write_listing(load("common_voice", tree), tmp_path / "out" / "m.parquet", audio=False)
    assert {path: path.stat().st_mtime_ns for path in tree.root.rglob("*")} == before
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["m.parquet"]


def test_lines_of_an_unreadable_path(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read"):
        list(lines_of(tmp_path))
