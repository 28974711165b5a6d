"""A model folder signed with OpenSSF model signing: by us, or by the project's own tool; and every change after it."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from typer.testing import CliRunner

from speechfair.cli.main import app
from speechfair.errors import InputError, MissingExtraError
from speechfair.process.init import Start, freeze, init
from speechfair.process.ledger import Ledger
from speechfair.process.project_verify import verify_process
from speechfair.process.signed_folders import sign_folder_in


def _write(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, path: Path) -> None:
    path.write_bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()))
    public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    path.with_suffix(".pub").write_bytes(public)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("signed")
    start = {"name": "made", "aifl": 0, "languages": ["eng"], "language": "en", "facts": {}, "forms": {}}
    init(home / "process", Start.model_validate(start))
    freeze(home / "process")
    (home / "model").mkdir()
    (home / "model" / "config.json").write_text("{}")
    (home / "model" / "model.safetensors").write_bytes(b"weights")
    for name in ("ours", "theirs"):
        _write(ec.generate_private_key(ec.SECP256R1()), home / f"{name}.pem")
    _write(ed25519.Ed25519PrivateKey.generate(), home / "ed.pem")
    return home


@pytest.fixture
def home(begun: Path, tmp_path: Path) -> Path:
    shutil.copytree(begun, tmp_path / "home")
    return tmp_path / "home"


def problems(home: Path) -> list[str]:
    return list(verify_process(home / "process").problems)


def test_a_signature_of_ours_holds_and_the_projects_tool_agrees(home: Path) -> None:
    before = problems(home)
    done = sign_folder_in(home / "process", home / "model", key=home / "ours.pem")
    found = verify_process(home / "process")
    assert list(found.problems) == before
    assert "the signature over ../model" in found.checked
    assert any(done.key_sha256[:16] in note for note in found.notes)
    from model_signing import verifying

    theirs = verifying.Config().use_elliptic_key_verifier(public_key=home / "ours.pub")
    theirs.verify(home / "model", done.path)


def test_a_signature_of_the_projects_tool_is_added_and_checked(home: Path) -> None:
    from model_signing import hashing, signing

    own = home / "model" / "model.sig"  # where that tool puts it, and leaves it out
    left_out = hashing.Config().set_ignored_paths(paths=[own])
    signer = signing.Config().set_hashing_config(left_out)
    signer.use_elliptic_key_signer(private_key=home / "theirs.pem").sign(home / "model", own)
    before = problems(home)
    process, model = home / "process", home / "model"
    sign_folder_in(process, model, signature=own, public_key=home / "theirs.pub")
    assert problems(home) == before
    with pytest.raises(InputError, match="Key mismatch"):
        sign_folder_in(process, model, signature=own, public_key=home / "ours.pub")
    assert not list(process.glob("signatures/key-*"))[1:], "what was refused leaves nothing"
    own.write_text(own.read_text().replace("mediaType", "media"))
    with pytest.raises(InputError, match="does not hold"):
        sign_folder_in(process, model, signature=own, public_key=home / "theirs.pub")


def test_a_signature_that_leaves_weights_out_is_refused(home: Path) -> None:
    from model_signing import hashing, signing

    config = hashing.Config().set_ignored_paths(paths=[home / "model" / "model.safetensors"])
    signer = signing.Config().set_hashing_config(config)
    signer.use_elliptic_key_signer(private_key=home / "ours.pem").sign(home / "model", home / "partly.sig")
    with pytest.raises(InputError, match=r"leaves out 'model\.safetensors'"):
        sign_folder_in(
            home / "process", home / "model", signature=home / "partly.sig", public_key=home / "ours.pub"
        )


@pytest.mark.parametrize("kind", ["certificate", "x509CertificateChain"])
def test_a_keyless_signature_is_refused_with_the_reason(home: Path, kind: str) -> None:
    bundle = home / "model.sig"
    bundle.write_text(json.dumps({"verificationMaterial": {kind: {"rawBytes": "AA=="}}, "dsseEnvelope": {}}))
    process, model = home / "process", home / "model"
    for key in (None, home / "theirs.pub"):
        with pytest.raises(InputError, match="Give --identity, --issuer and --trusted-root"):
            sign_folder_in(process, model, signature=bundle, public_key=key)
    with pytest.raises(InputError, match="cannot be read"):
        sign_folder_in(process, model, signature=home / "none.sig", public_key=home / "theirs.pub")


def _write_text(name: str) -> Callable[[Path], None]:
    return lambda home: (home / name).write_text("other") and None


def _swap_key(home: Path) -> None:
    (key,) = (home / "process" / "signatures").glob("key-*.pem")
    key.write_bytes((home / "theirs.pub").read_bytes())


def _forged(home: Path) -> None:
    """Somebody with write access signs other weights with a key of their own, and appends what the verb would."""
    last = Ledger(home / "process").read().last("folder_signature")
    assert last is not None
    Ledger(home / "process").append("folder_signature", {**last.body, "key_sha256": "0" * 64})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_write_text("model/model.safetensors"), "'model.safetensors' was changed"),
        (_write_text("model/more.bin"), "added: more.bin"),
        (lambda home: (home / "model" / "config.json").unlink(), "removed: config.json"),
        (_swap_key, "was changed since entry"),
        (_forged, "was changed since entry"),
        (lambda home: next((home / "process/signatures").glob("*.sig")).unlink(), "is missing"),
        (lambda home: next((home / "process/signatures").glob("*.sig")).write_text("{}"), "was changed"),
    ],
)
def test_what_was_changed_after_signing_is_named(
    home: Path, change: Callable[[Path], object], words: str
) -> None:
    sign_folder_in(home / "process", home / "model", key=home / "ours.pem")
    before = problems(home)
    change(home)
    new = [line for line in problems(home) if line not in before]
    assert any(words in line for line in new), new


def test_the_newest_signature_counts_and_a_missing_folder_is_a_note(home: Path) -> None:
    process, exports = home / "process", home / "process" / "exports"
    exports.mkdir(exist_ok=True)
    (exports / "card.md").write_text("one")
    before = problems(home)
    sign_folder_in(process, exports, key=home / "ours.pem")
    (exports / "card.md").write_text("two")
    assert any("'card.md' was changed" in line for line in problems(home))
    sign_folder_in(process, exports, key=home / "ours.pem")
    assert problems(home) == before
    shutil.rmtree(exports)
    found = verify_process(process)
    assert any("exports: is not here" in note for note in found.notes)
    assert not any("signature over" in line for line in found.checked)
    quick = verify_process(process, recompute=False)
    assert any("signature over exports was not checked" in note for note in quick.notes)


def test_a_missing_folder_does_not_hide_a_signature_that_does_not_hold(home: Path) -> None:
    process = home / "process"
    sign_folder_in(process, home / "model", key=home / "ours.pem")
    shutil.rmtree(home / "model")
    before = problems(home)
    (bundle,) = (process / "signatures").glob("*.sig")
    content = json.loads(bundle.read_text())
    content["dsseEnvelope"]["signatures"][0]["sig"] = "AAAA"
    forged = process / "signatures" / "forged.sig"
    forged.write_text(json.dumps(content))
    last = Ledger(process).read().last("folder_signature")
    assert last is not None
    names = {"file": "signatures/forged.sig", "sha256": hashlib.sha256(forged.read_bytes()).hexdigest()}
    Ledger(process).append("folder_signature", {**last.body, **names})
    (new,) = [line for line in problems(home) if line not in before]
    assert "the signature does not hold" in new


def test_another_key_is_a_problem_unless_the_verifier_trusts_it(home: Path) -> None:
    process, model = home / "process", home / "model"
    sign_folder_in(process, model, key=home / "ours.pem")
    before = problems(home)
    (model / "model.safetensors").write_bytes(b"other weights")
    sign_folder_in(process, model, key=home / "theirs.pem")
    (new,) = [line for line in problems(home) if line not in before]
    assert "is signed with another key" in new
    trusting = verify_process(process, public_keys=[home / "theirs.pub"])
    assert list(trusting.problems) == before
    assert "the signature over ../model" in trusting.checked
    (other,) = set(verify_process(process, public_keys=[home / "ours.pub"]).problems) - set(before)
    assert "not with the public key that was given" in other
    with pytest.raises(InputError, match="is not an EC key"):
        verify_process(process, public_keys=[home / "ed.pub"])
    words = ["process", "verify", str(process), "--public-key", str(home / "ours.pub")]
    assert "not with the public key" in CliRunner().invoke(app, words).output


def test_bad_input_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process, model = home / "process", home / "model"
    for options, words in (
        ({"key": home / "ed.pem"}, "is not an EC key"),
        ({"key": home / "model" / "config.json"}, "is not an EC key"),
        ({"key": home / "none.pem"}, "cannot be read"),
        ({}, "give --key to sign"),
        ({"signature": home / "ours.pub"}, "give --key to sign"),
        ({"signature": home / "none.sig", "public_key": home / "ours.pub"}, "cannot be read"),
    ):
        with pytest.raises(InputError, match=words):
            sign_folder_in(process, model, **options)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="holds the ledger"):
        sign_folder_in(process, home, key=home / "ours.pem")
    with pytest.raises(InputError, match="is not a folder"):
        sign_folder_in(process, home / "nowhere", key=home / "ours.pem")
    sign_folder_in(process, model, key=home / "ours.pem")
    monkeypatch.setitem(sys.modules, "model_signing", None)
    with pytest.raises(MissingExtraError, match=r"speechfair\[model-signing\]"):
        verify_process(process)


def test_the_command_says_what_a_signature_shows(home: Path) -> None:
    words = ["process", "sign", str(home / "process"), str(home / "model"), "--key", str(home / "ours.pem")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "does not prove" in done.output
    (bundle,) = (home / "process" / "signatures").glob("*.sig")
    assert json.loads(bundle.read_text())["mediaType"].startswith("application/vnd.dev.sigstore.bundle")
