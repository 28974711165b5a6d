"""Keyless signatures (OIDC), checked without a network against a pinned identity, issuer and trusted root."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from typer.testing import CliRunner

from speechfair.cli.main import app
from speechfair.errors import InputError
from speechfair.process.init import Start, freeze, init
from speechfair.process.project_verify import verify_process
from speechfair.process.signed_folders import SignedFolder, sign_folder_in
from tests.process.sigstore_service import ISSUER, Sigstore
from tests.process.test_japanese import english

ANA = "ana@example.org"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="module")
def service() -> Sigstore:
    return Sigstore()


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, service: Sigstore) -> Path:
    home = tmp_path_factory.mktemp("keyless")
    start = {"name": "made", "aifl": 0, "languages": ["eng"], "language": "en", "facts": {}, "forms": {}}
    init(home / "process", Start.model_validate(start))
    freeze(home / "process")
    (home / "model").mkdir()
    (home / "model" / "model.safetensors").write_bytes(b"weights")
    service.sign(home / "model", home / "model.sig", ANA)
    (home / "root.json").write_text(json.dumps(service.trusted_root(), indent=2))
    (home / "other-root.json").write_text(json.dumps(Sigstore().trusted_root()))
    return home


@pytest.fixture
def home(begun: Path, tmp_path: Path) -> Path:
    shutil.copytree(begun, tmp_path / "home")
    return tmp_path / "home"


def signed(home: Path, bundle: str = "model.sig", **options: Any) -> SignedFolder:
    given = {"identity": ANA, "issuer": ISSUER, "trusted_root": home / "root.json"} | options
    return sign_folder_in(home / "process", home / "model", signature=home / bundle, **given)


def problems(home: Path, *trusted: Path) -> list[str]:
    return list(verify_process(home / "process", public_keys=trusted).problems)


def test_a_bundle_by_the_pinned_identity_holds_without_a_network(home: Path) -> None:
    before = problems(home)
    done = signed(home)
    found = verify_process(home / "process")
    assert list(found.problems) == before
    assert "the signature over ../model" in found.checked
    (note,) = [note for note in found.notes if ANA in note]
    assert ISSUER in note
    assert "this one came with the folder" in note
    assert not any(english(line) for line in found.lines("ja") if ANA in line and "署名" in line)
    kept = json.loads((home / "process" / "signatures" / f"identity-{done.key_sha256[:16]}.json").read_text())
    assert (kept["identity"], kept["issuer"]) == (ANA, ISSUER)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"identity": "tom@example.org"}, "do not match tom@example.org"),
        ({"issuer": "https://elsewhere.example.org"}, "OIDCIssuer does not match"),
        ({"trusted_root": "other-root.json"}, "the signature does not hold"),
        ({"trusted_root": "model.sig"}, "trusted root"),
        ({"trusted_root": "none.json"}, "cannot be read"),
        ({"trusted_root": "model/model.safetensors"}, "cannot be read as JSON"),
        ({"issuer": "accounts"}, "issuer"),
        ({"identity": ""}, "identity"),
        ({"identity": None}, "go together"),
        ({"issuer": None}, "go together"),
    ],
)
def test_another_identity_issuer_or_root_is_refused_and_leaves_nothing(
    home: Path, options: dict[str, Any], words: str
) -> None:
    if "trusted_root" in options:
        options = {"trusted_root": home / options["trusted_root"]}
    with pytest.raises(InputError, match=words):
        signed(home, **options)
    assert not list((home / "process").glob("signatures/*"))


def _edit(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content))

    return edit


def _entry(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["verificationMaterial"]["tlogEntries"][0]
    return found


ATTACKS: list[Callable[[dict[str, Any]], object]] = [
    lambda c: c["dsseEnvelope"]["signatures"][0].update(sig="AAAA"),
    lambda c: c["dsseEnvelope"].update(payload="e30="),
    lambda c: c["verificationMaterial"].update(tlogEntries=[]),
    lambda c: _entry(c)["inclusionPromise"].update(signedEntryTimestamp="AAAA"),
    lambda c: _entry(c).update(integratedTime="1000000000"),
    lambda c: _entry(c)["inclusionProof"].update(rootHash="AAAA"),
    lambda c: _entry(c)["inclusionProof"]["checkpoint"].update(envelope="x"),
    lambda c: _entry(c).update(canonicalizedBody="e30="),
    lambda c: c["verificationMaterial"]["certificate"].update(rawBytes="AAAA"),
    lambda c: c.update(mediaType="other"),
]


@pytest.mark.parametrize("change", ATTACKS)
def test_a_bundle_that_was_altered_is_refused(home: Path, change: Callable[[dict[str, Any]], object]) -> None:
    _edit(change)(home / "model.sig")
    with pytest.raises(InputError, match=r"the signature (does not hold|cannot be read)"):
        signed(home)


def test_what_was_changed_after_signing_is_named(home: Path) -> None:
    signed(home)
    before = problems(home)
    (home / "model" / "model.safetensors").write_bytes(b"other")
    (new,) = [line for line in problems(home) if line not in before]
    assert "'model.safetensors' was changed" in new
    shutil.rmtree(home / "model")
    assert problems(home) == before  # a note says that the folder is not here
    (pinned,) = (home / "process" / "signatures").glob("identity-*.json")
    _edit(lambda c: c.update(identity="tom@example.org"))(pinned)
    assert any("was changed since entry" in line for line in problems(home))


def test_a_forger_with_a_root_of_their_own_is_found(home: Path, service: Sigstore) -> None:
    """They sign other weights as the same person, by an authority of their own, and append what the verb would."""
    signed(home)
    before = problems(home)
    mine = home / "ana.json"
    said = {"schema": "speechfair/signer-identity/1", "identity": ANA, "issuer": ISSUER}
    mine.write_text(json.dumps(said | {"trusted_root": service.trusted_root()}, indent=1))
    assert problems(home, mine) == before
    forger = Sigstore()
    (home / "model" / "model.safetensors").write_bytes(b"poisoned")
    forger.sign(home / "model", home / "forged.sig", ANA)
    (home / "forged.json").write_text(json.dumps(forger.trusted_root()))
    signed(home, "forged.sig", trusted_root=home / "forged.json")
    (new,) = [line for line in problems(home) if line not in before]
    assert "is signed with another key" in new
    (new,) = [line for line in problems(home, mine) if line not in before]
    assert "not with the public key that was given" in new


def test_a_renewed_root_of_the_verifier_counts(home: Path, service: Sigstore) -> None:
    signed(home)
    newer = service.trusted_root()
    newer["tlogs"] += Sigstore().trusted_root()["tlogs"]
    said = {
        "schema": "speechfair/signer-identity/1",
        "identity": ANA,
        "issuer": ISSUER,
        "trusted_root": newer,
    }
    (home / "ana.json").write_text(json.dumps(said))
    assert problems(home, home / "ana.json") == problems(home)
    (home / "tom.json").write_text(json.dumps(said | {"identity": "tom@example.org"}))
    assert any("not with the public key" in line for line in problems(home, home / "tom.json"))
    (home / "bad.json").write_text(json.dumps({"identity": ANA}))
    with pytest.raises(InputError, match="a signer's file has"):
        problems(home, home / "bad.json")


def test_the_command_takes_an_identity_and_says_what_that_shows(home: Path) -> None:
    words = [
        "process", "sign", str(home / "process"), str(home / "model"), "--signature", str(home / "model.sig"),
        "--identity", ANA, "--issuer", ISSUER, "--trusted-root", str(home / "root.json"),
    ]  # fmt: skip
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "whoever could sign in to that account" in done.output
