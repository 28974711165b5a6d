"""Whose time-stamps count: of pinned certificates, a root, one that was revoked; and a real authority over HTTP."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.x509 import ReasonFlags
from typer.testing import CliRunner

from speechfair.cli.main import app
from speechfair.errors import InputError
from speechfair.process.init import Start, freeze, init
from speechfair.process.ledger import Ledger
from speechfair.process.project_verify import verify_process
from speechfair.process.stamps import KIND, stamp
from speechfair.process.time_stamp_token import request_for, stamped_time
from tests.process.authority import Authority, authority
from tests.process.test_japanese import english
from tests.process.test_project_verify import rewrite

ROOT = authority("A root", stamps=False)
ONE, TWO, THREE = (authority(name, above=ROOT) for name in ("one", "two", "three"))
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose first entry is stamped by ONE, and whose pinned file holds it and the root."""
    folder = tmp_path_factory.mktemp("trust") / "process"
    init(folder, Start.model_validate({"name": "made", "aifl": 0, "languages": ["eng"]}))
    freeze(folder)
    pem, answer = folder.parent / "tsa.pem", folder.parent / "answer.tsr"
    pem.write_bytes(ONE.pem + ROOT.pem)
    answer.write_bytes(ONE.answer(request_for(Ledger(folder).read().entries[0])))
    stamp(folder, token=answer, authority=pem)
    return folder


@pytest.fixture
def process(begun: Path, tmp_path: Path) -> Path:
    shutil.copytree(begun.parent, tmp_path / "project")
    return tmp_path / "project" / "process"


def test_of_several_pinned_certificates_each_counts_and_no_other_below_the_root(begun: Path) -> None:
    over = Ledger(begun).read().entries[0]
    pinned = ONE.pem + TWO.pem + ROOT.pem
    for one in (ONE, TWO):
        assert stamped_time(one.answer(request_for(over)), over.digest, pinned)
    with pytest.raises(InputError, match="not by the pinned authority"):
        stamped_time(THREE.answer(request_for(over)), over.digest, pinned)
    assert stamped_time(THREE.answer(request_for(over)), over.digest, ROOT.pem)


def test_a_root_alone_is_noted_as_trusting_every_authority_below_it(process: Path) -> None:
    (process.parent / "root.pem").write_bytes(ROOT.pem)
    found = verify_process(process, authority=process.parent / "root.pem")
    assert any("any authority below them counts" in note for note in found.notes)
    assert not any("any authority below" in note for note in verify_process(process).notes)


def test_granted_with_modifications_is_granted(begun: Path) -> None:
    over = Ledger(begun).read().entries[0]
    answer = ONE.answer(request_for(over), status="granted_with_mods")
    assert stamped_time(answer, over.digest, ONE.pem + ROOT.pem)


def revoked(process: Path, *lists: bytes) -> list[str]:
    """What `verify` finds with revocation lists, and does not find without."""
    paths = [process.parent / f"{number}.crl" for number in range(len(lists))]
    for path, data in zip(paths, lists, strict=True):
        path.write_bytes(data)
    before = verify_process(process).problems
    return [line for line in verify_process(process, revocations=paths).problems if line not in before]


def test_a_stamp_of_a_day_that_does_not_exist_is_a_finding(process: Path) -> None:
    impossible = "2999-02-30T00:00:00.000000Z"
    rewrite(process, lambda e: {**e, "time": impossible} if e["kind"] == KIND else e)
    line = len(Ledger(process).read().entries) + 1
    assert f"ledger.jsonl, line {line}: was edited: '{impossible}'" in verify_process(process).problems[0]


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("by", "of", "since", "reason", "words"),
    [
        (ROOT, TWO, NOW - DAY, None, None),
        (ROOT, ONE, NOW - DAY, ReasonFlags.superseded, "was revoked on"),
        (ROOT, ONE, NOW + DAY, ReasonFlags.superseded, None),  # the stamp is from before
        (ROOT, ONE, NOW + DAY, ReasonFlags.key_compromise, "(keyCompromise)"),
        (ROOT, ONE, NOW + DAY, None, "no reason given"),
        (TWO, ONE, NOW - DAY, None, "no revocation list that was given is by CN=A root"),
        (authority("A root", stamps=False), ONE, NOW - DAY, None, "signed with a trusted certificate"),
    ],
)
def test_a_revoked_authority_is_found(
    process: Path,
    by: Authority,
    of: Authority,
    since: datetime,
    reason: ReasonFlags | None,
    words: str | None,
) -> None:
    found = revoked(process, by.revoking(of, since, reason))
    assert [words in line for line in found] == [True] if words else found == []


def test_an_old_list_and_what_is_no_list_are_named(process: Path) -> None:
    (line,) = revoked(process, ROOT.revoking(TWO, NOW - DAY, until=NOW - DAY))
    assert "is out of date" in line
    with pytest.raises(InputError, match="is no certificate revocation list"):
        verify_process(process, revocations=[process / "plan.yaml"])
    with pytest.raises(InputError, match="cannot be read"):
        verify_process(process, revocations=[process / "none.crl"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ((TWO, None, {}), (TWO, None, {}), None),
        (
            (ONE, ReasonFlags.key_compromise, {}),
            (TWO, None, {}),
            "(keyCompromise)",
        ),  # a newer one may omit the expired
        ((ONE, ReasonFlags.certificate_hold, {}), (TWO, None, {}), None),
        ((TWO, None, {}), (ONE, ReasonFlags.certificate_hold, {}), "(certificateHold)"),
        ((TWO, None, {}), (TWO, None, {"until": NOW - DAY}), "is out of date"),
    ],
)
def test_of_several_lists_the_newest_must_be_current_and_each_revocation_counts(
    process: Path,
    old: tuple[Authority, ReasonFlags | None, dict[str, datetime]],
    new: tuple[Authority, ReasonFlags | None, dict[str, datetime]],
    words: str | None,
) -> None:
    (first, why, _), (second, now_why, until) = old, new
    lists = [
        ROOT.revoking(first, NOW - 9 * DAY, why, until=NOW - 2 * DAY),
        ROOT.revoking(second, NOW - 9 * DAY, now_why, issued=NOW - 3 * DAY, **until),
    ]
    for given in (lists, lists[::-1]):
        found = revoked(process, *given)
        assert [words in line for line in found] == [True] if words else found == []


def test_what_is_reported_of_revocation_is_japanese_too(process: Path) -> None:
    path, root = process.parent / "list.crl", process.parent / "root.pem"
    root.write_bytes(ROOT.pem)
    for data in (
        ROOT.revoking(ONE, NOW - DAY),
        TWO.revoking(ONE, NOW),
        ROOT.revoking(TWO, NOW, until=NOW - DAY),
    ):
        path.write_bytes(data)
        found = verify_process(process, authority=root, revocations=[path])
        assert [line for line in found.lines("ja") if english(line)] == []
    assert [line for line in verify_process(process, authority=root).lines("ja") if english(line)] == []


def test_without_a_list_the_command_says_that_revocation_was_not_checked(process: Path) -> None:
    path = process.parent / "list.crl"
    path.write_bytes(ROOT.revoking(TWO, NOW - DAY))
    command = ["process", "verify", str(process)]
    assert "revoked was not checked (--crl)" in CliRunner().invoke(app, command).output
    assert "--crl" not in CliRunner().invoke(app, [*command, "--crl", str(path)]).output


CONFIG = """
[tsa]
default_tsa = own
[own]
serial = {home}/serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class OpenSsl(BaseHTTPRequestHandler):
    """Answers as `openssl ts -reply` does; `home` holds its key and certificate."""

    home: Path

    def do_POST(self) -> None:
        query, reply = self.home / "query.tsq", self.home / "reply.tsr"
        query.write_bytes(self.rfile.read(int(self.headers["content-length"])))
        files = {"-config": "ts.cnf", "-queryfile": query.name, "-signer": "tsa.pem", "-inkey": "key.pem",
                 "-chain": "root.pem", "-out": reply.name}  # fmt: skip
        words = [word for pair in files.items() for word in pair]
        subprocess.run(["openssl", "ts", "-reply", *words], cwd=self.home, check=True, capture_output=True)
        known = self.headers["content-type"] == "application/timestamp-query"
        self.send_response(200 if known else 415)
        self.send_header("content-type", "application/timestamp-reply")
        self.end_headers()
        self.wfile.write(reply.read_bytes())

    def log_message(self, *words: object) -> None:
        """Says nothing."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where a time-stamping authority of OpenSSL answers, on this machine."""
    private = TWO.key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    home = tmp_path / "authority"
    home.mkdir()
    for name, data in {"key.pem": private, "tsa.pem": TWO.pem, "root.pem": ROOT.pem, "serial": b"01"}.items():
        (home / name).write_bytes(data)
    (home / "ts.cnf").write_text(CONFIG.format(home=home))
    server = HTTPServer(("127.0.0.1", 0), type("Here", (OpenSsl,), {"home": home}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/tsa"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="asks an authority of the openssl program")
def test_an_authority_of_openssl_is_asked_over_http(process: Path, tmp_path: Path, address: str) -> None:
    pem = tmp_path / "two.pem"
    pem.write_bytes(TWO.pem + ROOT.pem)
    words = ["process", "stamp", str(process), "--url", address, "--authority", str(pem)]
    done = CliRunner().invoke(app, words)
    assert "entry 2 and all before it existed at" in done.output, done.output
    assert "CN=two" in done.output
    assert not [line for line in verify_process(process, authority=pem).problems if "entry 3" in line]
