"""Corpora on an object store: a real S3-compatible server on loopback, which also restarts in the middle."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

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
        client.put_object(Bucket="speech", Key="calls/audio/", Body=b"")  # as consoles mark a new folder
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
    corpus = load_corpus("manifest", manifest=Path("S3://speech/calls/calls.csv"))
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


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A store of fsspec in this process, empty."""
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
    monkeypatch.setitem(remote.PACKAGES, "memory", "fsspec")
    found = fsspec.filesystem("memory")
    found.store.clear()
    return found


def test_what_a_killed_command_left_in_a_copy_is_removed(memory: Any) -> None:
    memory.pipe({"/calls/a.txt": b"one", "/calls/b/c.txt": b"two"})
    copy = remote.fetched_folder("memory://calls")
    (copy / "b" / "gone.wav").write_bytes(
        b"of an object that the store no longer holds, and not in the index"
    )
    (copy / "b" / ".c.txt.x1y2.tmp").write_bytes(b"half")
    assert remote.fetched_folder("memory://calls") == copy
    names = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()}
    assert names == {"a.txt", "b/c.txt", remote.INDEX}


def test_one_process_at_a_time_fetches(memory: Any, caplog: pytest.LogCaptureFixture) -> None:
    memory.pipe("/calls/a.txt", b"one")
    with ThreadPoolExecutor(1) as pool:
        with remote._only_here("memory://calls") as copy:
            second = pool.submit(remote.fetched_folder, "memory://calls")
            while not caplog.messages and not second.done():
                time.sleep(0.01)
            assert not list(copy.iterdir())
        assert (second.result() / "a.txt").read_bytes() == b"one"
    assert caplog.messages == ["another process is fetching memory://calls; waiting for it"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (PermissionError("no"), "reading it is not permitted"),
        (type("NoCredentialsError", (Exception,), {})(), "reading it is not permitted"),
        (type("ClientError", (Exception,), {"status": 403})(), "reading it is not permitted"),
        (ConnectionError("reset"), "what was fetched is kept"),
    ],
)
def test_a_refusal_is_not_asked_again(
    memory: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, expected: str
) -> None:
    asked: list[str] = []

    def refused(*arguments: object, **options: object) -> None:
        asked.append("")
        raise error

    monkeypatch.setattr(remote, "WAITS_S", (0.0, 0.0))
    monkeypatch.setattr(type(memory), "find", refused)
    with pytest.raises(CorpusError, match=expected):
        remote.fetched_folder("memory://calls")
    assert len(asked) == (1 if "permitted" in expected else 3)


def test_a_table_of_a_web_server_with_audio_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    write_tone(tmp_path / "audio" / "a.wav", 0.1)
    (tmp_path / "calls.csv").write_text("audio,text,speaker\naudio/a.wav,one,s1\n")
    handler = functools.partial(QuietHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"HTTP://127.0.0.1:{server.server_port}"
        rows = list(load_corpus("manifest", tmp_path, manifest=Path(f"{base}/calls.csv")))
        with pytest.raises(CorpusError, match=r"none\.csv: nothing lies there"):
            load_corpus("manifest", tmp_path, manifest=f"{base}/none.csv")
        with pytest.raises(InputError, match="give --root a path or an address of s3://"):
            load_corpus("manifest", manifest=f"{base}/calls.csv")
        server.shutdown()
    assert [row.speaker for row in rows] == ["s1"]


class QuietHandler(SimpleHTTPRequestHandler):
    """Says nothing about requests."""

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


@pytest.mark.parametrize("place", ["s3://bucket/run", Path("s3://bucket/run"), "S3://bucket/run"])
def test_a_run_folder_is_refused_on_a_store(place: str | Path) -> None:
    with pytest.raises(RunFolderError, match="a run folder lies on a file system"):
        RunFolder(place)
