"""Corpora on an object store: a real S3-compatible server on loopback, which also restarts in the middle."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from speechfair import audit, load_corpus
from speechfair.corpora import remote
from speechfair.errors import CorpusError, InputError, MissingExtraError, RunFolderError
from speechfair.store import RunFolder
from speechfair.testing import Scripted
from tests.support import write_tone

SECRET = "a-secret-that-nobody-writes"
N = 24


class Store:
    """The server, which can be stopped and started at the same port; what it holds stays."""

    def __init__(self) -> None:
        self.server, self.port = None, 0
        self.start()

    def start(self) -> None:
        from moto.server import ThreadedMotoServer

        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self.server.start()
        _, self.port = self.server.get_host_and_port()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Bucket ``speech`` with a table and `N` recordings below ``calls``."""
    pytest.importorskip("moto.server", reason="moto is not installed")
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    folder = tmp_path_factory.mktemp("calls")
    for n in range(N):
        write_tone(folder / "audio" / f"{n:02d}.wav", 0.1)
    pl.DataFrame(
        {
            "audio": [f"audio/{n:02d}.wav" for n in range(N)],
            "text": "one two three",
            "speaker": [f"s{n // 2}" for n in range(N)],
            "accent": ["xy"[n % 2] for n in range(N)],
        }
    ).write_csv(folder / "calls.csv")
    found = Store()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{found.port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "somebody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3")
        client.create_bucket(Bucket="speech")
        for path in sorted(folder.rglob("*.*")):
            client.upload_file(str(path), "speech", f"calls/{path.relative_to(folder).as_posix()}")
        yield found
        client.close()
        found.server.stop()


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEECHFAIR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(remote, "WAITS_S", (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4))


def test_a_corpus_is_audited_though_the_server_restarts(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = remote.write_atomically, []

    def restarting(path: Path, data: bytes) -> None:
        write(path, data)
        written.append(path)
        if len(written) == 5:
            store.server.stop()
            timer = threading.Timer(0.5, store.start)
            timer.daemon = True
            timer.start()

    monkeypatch.setattr(remote, "write_atomically", restarting)
    corpus = load_corpus("manifest", manifest="s3://speech/calls/calls.csv")
    result = audit(corpus, Scripted({}, default="one two"), ["accent"], out=tmp_path / "run")
    assert (result.totals.scored, result.totals.failed, result.totals.excluded) == (N, 0, 0)
    assert len(written) == N + 2  # each object once, and the index
    assert SECRET not in "".join(path.read_text() for path in (tmp_path / "run").glob("run.*"))


def test_a_copy_holds_what_the_store_holds_now(store: Store) -> None:
    import boto3

    first = remote.fetched_folder("s3://speech/calls")
    client = boto3.client("s3")
    client.put_object(Bucket="speech", Key="calls/notes.txt", Body=b"one")
    assert (remote.fetched_folder("s3://speech/calls") / "notes.txt").read_bytes() == b"one"
    client.put_object(Bucket="speech", Key="calls/notes.txt", Body=b"two")
    assert (remote.fetched_folder("s3://speech/calls/") / "notes.txt").read_bytes() == b"two"
    client.delete_object(Bucket="speech", Key="calls/notes.txt")
    again = remote.fetched_folder("s3://speech/calls")
    client.close()
    assert again == first
    assert not (again / "notes.txt").exists()


def test_nothing_leads_out_of_the_copy(store: Store) -> None:
    import boto3

    client = boto3.client("s3")
    client.put_object(Bucket="speech", Key="evil/../../x.wav", Body=b"one")
    client.close()
    with pytest.raises(CorpusError, match="cannot be a file below it"):
        remote.fetched_folder("s3://speech/evil")


def test_an_address_where_nothing_lies_is_named(store: Store) -> None:
    with pytest.raises(CorpusError, match="s3://speech/nothing: nothing lies there"):
        load_corpus("manifest", root="s3://speech/nothing", manifest="s3://speech/calls/calls.csv")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (f"s3://key:{SECRET}@speech/calls", "must not hold credentials"),
        ("ftp://host/calls", "addresses of s3://, gs://"),
        ("https://host/calls", "a web server lists no folders"),
    ],
)
def test_addresses_that_cannot_be_used_are_refused(address: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected) as refused:
        load_corpus("librispeech", address)
    assert SECRET not in str(refused.value)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'speechfair\[remote\]'"):
        remote.fetched_folder("s3://speech/calls")


@pytest.mark.parametrize("place", ["s3://bucket/run", Path("s3://bucket/run")])
def test_a_run_folder_is_refused_on_a_store(place: str | Path) -> None:
    with pytest.raises(RunFolderError, match="a run folder lies on a file system"):
        RunFolder(place)
