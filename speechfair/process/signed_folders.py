"""Signed folders in a process: the model, or exports of the evidence, each signature named by a ledger entry.

A signature shows that the holder of a key, or of an identity, signed these files. Whose key it is, and that the model
is good, it does not.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from speechfair.errors import InputError
from speechfair.process.catalogue import Text
from speechfair.process.finding import say
from speechfair.process.ledger import Entry, Ledger
from speechfair.process.material import Material
from speechfair.process.model_signature import (
    check_own_signature,
    check_signature,
    public_pem,
    refuse_certificate,
    sign_folder,
    signer_data,
)
from speechfair.process.process_plan import read_plan
from speechfair.process.signer_identity import SignerIdentity, identity_of, is_identity, read_identity
from speechfair.store import file_digest, write_atomically

__all__ = ["FOLDER", "KIND", "SignedFolder", "check_signed_folders", "sign_folder_in"]

FOLDER = "signatures"
KIND = "folder_signature"


@dataclass(frozen=True, slots=True)
class SignedFolder:
    """A folder and the signature over it.

    Parameters
    ----------
    key_sha256 : of the public key in PEM, to be compared with the one that its holder publishes.
    """

    target: Path
    path: Path
    key_sha256: str


def sign_folder_in(
    folder: str | Path,
    target: str | Path,
    *,
    key: str | Path | None = None,
    signature: str | Path | None = None,
    public_key: str | Path | None = None,
    identity: str | None = None,
    issuer: str | None = None,
    trusted_root: str | Path | None = None,
) -> SignedFolder:
    """Sign a model folder with OpenSSF model signing, or add a signature that was made elsewhere, and note it.

    Parameters
    ----------
    folder : process folder.
    target : folder whose files are signed: a model, or ``exports`` of the process folder.
    key : elliptic-curve private key (PEM) to sign with.
    signature, public_key : instead of `key`, a Sigstore bundle that was made elsewhere, and the key (PEM) for it.
    identity, issuer, trusted_root : for a keyless bundle, instead of `public_key`, whose it must be (e-mail address or
        URI), the OIDC issuer that vouched for it, and the file of Sigstore's trusted root, or of one's own.

    Raises
    ------
    InputError : the signature does not hold, a key cannot be used, or `target` holds the ledger, which goes on.
    MissingExtraError : without ``model-signing``.
    """
    folder, target = Path(folder), Path(target)
    read_plan(folder)
    if not target.is_dir():
        raise InputError(f"{target}: is not a folder; name the model's folder")
    if folder.resolve().is_relative_to(target.resolve()):
        raise InputError(
            f"{target}: holds the ledger, which goes on; sign the model's folder, or {folder / 'exports'}"
        )
    if (folder / FOLDER).resolve().is_relative_to(target.resolve()):
        raise InputError(f"{target}: holds the signatures themselves; sign the model's folder")
    named = _named(identity, issuer, trusted_root)
    if signature is not None and named is None:
        refuse_certificate(Path(signature))
    by = sum(one is not None for one in (public_key, named))
    if (key is None) == (signature is None) or by != (signature is not None):
        raise InputError(
            "give --key to sign, or --signature with --public-key (or --identity, --issuer and --trusted-root) to add "
            "a signature made elsewhere"
        )
    (folder / FOLDER).mkdir(exist_ok=True)
    if key is not None:
        draft = folder / FOLDER / ".draft.sig"
        public = sign_folder(target, Path(key), draft)
        bundle = draft.read_bytes()
        draft.unlink()
    else:
        assert signature is not None
        public = named.data() if named is not None else public_pem(Path(str(public_key)))
        try:
            bundle = Path(signature).read_bytes()
        except OSError as error:
            raise InputError(f"{signature}: cannot be read: {error.strerror}") from None
    return _note(folder, target, bundle, public)


def _named(
    identity: str | None, issuer: str | None, trusted_root: str | Path | None
) -> SignerIdentity | None:
    if identity is None and issuer is None and trusted_root is None:
        return None
    if identity is None or issuer is None or trusted_root is None:
        raise InputError(
            "--identity, --issuer and --trusted-root go together: all three say whose signature counts"
        )
    return identity_of(identity, issuer, Path(trusted_root))


def _note(folder: Path, target: Path, bundle: bytes, public: bytes) -> SignedFolder:
    """Keep a signature and its key, check them as `verify` will, and name them in the ledger."""
    digest, pin = hashlib.sha256(bundle).hexdigest(), hashlib.sha256(public).hexdigest()
    kind, end = ("identity", "json") if public.startswith(b"{") else ("key", "pem")
    file, pinned = f"{FOLDER}/{digest[:16]}.sig", f"{FOLDER}/{kind}-{pin[:16]}.{end}"
    new = [name for name in (file, pinned) if not (folder / name).exists()]
    write_atomically(folder / file, bundle)
    write_atomically(folder / pinned, public)
    try:
        check_signature(target, folder / file, folder / pinned)
    except InputError:
        for name in new:
            (folder / name).unlink()
        raise
    body = {
        "target": Path(os.path.relpath(target, folder)).as_posix(), "model_sha256": _model_digest(target),
        "file": file, "sha256": digest, "key": pinned, "key_sha256": pin,
    }  # fmt: skip
    Ledger(folder).append(KIND, body)
    return SignedFolder(target, folder / file, pin)


def _model_digest(target: Path) -> str | None:
    """The digest by which runs name the weights in a folder; None for a folder without weights."""
    from speechfair.models.weights import digest_of

    return digest_of(target) if (target / "config.json").is_file() else None


def check_signed_folders(
    material: Material, *, recompute: bool, public_keys: Collection[str | Path] = ()
) -> tuple[list[Text], list[Text], list[Text]]:
    """What was checked, what is wrong and what was not shown: of each signed folder the newest signature counts.

    Parameters
    ----------
    recompute : open the signatures and read the signed files, too.
    public_keys : files of the signers that the verifier trusts: keys (PEM) or identities. Without any, every signature
        of a folder must be by the signer of its first one: whoever can write here could sign with a key of their own.

    Raises
    ------
    InputError : a file of `public_keys` holds no such key.
    MissingExtraError : there are signatures, and ``model-signing`` is not installed.
    """
    trusted = {hashlib.sha256(signer_data(Path(path))).hexdigest(): Path(path) for path in public_keys}
    signed: dict[str, list[Entry]] = {}
    for entry in material.reading.of_kind(KIND):
        signed.setdefault(os.path.normpath(str(entry.body.get("target"))), []).append(entry)
    checked: list[Text] = []
    problems = [
        text for of in signed.values() for entry in of for text in _file_problems(material.folder, entry)
    ]
    notes: list[Text] = []
    if trusted and not signed:
        problems.append(
            say(
                "no folder is signed, and a signer's public key was given",
                "署名者の公開鍵が指定されたが、署名されたフォルダがない",
            )
        )
    if problems:
        return checked, problems, notes
    for where, of in signed.items():
        newest = of[-1]
        problems += _key_problems(material.folder, where, of, trusted)
        notes += _notes(material, newest, trusted)
        if not recompute:
            notes.append(say(f"the signature over {where} was not checked", f"{where} の署名は調べていない"))
        elif found := _signature_problems(material.folder, newest):
            problems += found
        elif (material.folder / where).is_dir():
            checked.append(say(f"the signature over {where}", f"{where} の署名"))
    return checked, problems, notes


def _by_identity(folder: Path, entry: Entry, trusted: Mapping[str, Path]) -> bool:
    """Whether a keyless signature holds for an identity of the verifier, under the verifier's own trusted root."""
    for path in trusted.values():
        if is_identity(path):
            try:
                check_own_signature(folder / str(entry.body["file"]), path)
            except InputError:
                continue
            return True
    return False


def _key_problems(folder: Path, where: str, entries: list[Entry], trusted: Mapping[str, Path]) -> list[Text]:
    """A newest signature by none of the trusted signers; without those, by another than the first signature's."""
    first, last = entries[0], entries[-1]
    pins = [str(entry.body.get("key_sha256")) for entry in entries]
    if trusted:
        if pins[-1] in trusted or _by_identity(folder, last, trusted):
            return []
        return [
            say(
                f"{where}: is signed with the key {pins[-1][:16]}…, not with the public key that was given "
                f"(entry {last.number})",
                f"{where}:指定された公開鍵ではなく、鍵 {pins[-1][:16]}… で署名されている(記録 {last.number})",
            )
        ]
    return [
        say(
            f"{where}: entry {entry.number} is signed with another key ({pin[:16]}…) than entry {first.number} "
            f"({pins[0][:16]}…). Ask the signer for their key, and give it with --public-key",
            f"{where}:記録 {entry.number} の鍵({pin[:16]}…)が記録 {first.number} の鍵({pins[0][:16]}…)と異なる。"
            "署名者に鍵を確かめ、`--public-key` で指定する",
        )
        for entry, pin in zip(entries, pins, strict=True)
        if pin != pins[0]
    ]


def _file_problems(folder: Path, entry: Entry) -> list[Text]:
    found = []
    for key, digest in (("file", "sha256"), ("key", "key_sha256")):
        name = str(entry.body.get(key))
        path = folder / FOLDER / Path(name).name
        if f"{FOLDER}/{path.name}" != name or not path.is_file():
            found.append(
                say(
                    f"{name}: is missing (entry {entry.number} names it)",
                    f"{name}:ない(記録 {entry.number} にある)",
                )
            )
        elif file_digest(path) != entry.body.get(digest):
            found.append(
                say(
                    f"{name}: was changed since entry {entry.number}",
                    f"{name}:記録 {entry.number} の後に変わっている",
                )
            )
    return found


def _signature_problems(folder: Path, entry: Entry) -> list[Text]:
    body = entry.body
    target = folder / str(body.get("target"))
    signature, key = folder / str(body["file"]), folder / str(body["key"])
    try:
        if target.is_dir():
            check_signature(target, signature, key)
        else:
            check_own_signature(signature, key)
    except InputError as error:
        return [
            say(
                f"{body['target']}: {error} (entry {entry.number})",
                f"{body['target']}:署名(記録 {entry.number})が成り立たない。"
                "ファイルが署名後に変わったか、別の鍵の署名である",
            )
        ]
    return []


def _notes(material: Material, entry: Entry, trusted: Collection[str]) -> list[Text]:
    body = entry.body
    where, pin = body.get("target"), str(body.get("key_sha256"))
    found: list[Text] = []
    signer = material.folder / str(body.get("key"))
    if is_identity(signer):
        who = read_identity(signer)
        found.append(
            say(
                f"{where}: signed as {who.identity}, for whom {who.issuer} vouched, by the root in {body['key']}"
                + (
                    ""
                    if trusted
                    else "; give an identity file of your own with --public-key: this one came with the folder"
                ),
                f"{where}:`{who.identity}`(`{who.issuer}` が保証、`{body['key']}` の信頼の起点による)の署名"
                + (
                    ""
                    if trusted
                    else "。この起点はフォルダーに付属のため、手元の署名者ファイルを `--public-key` で指定する"
                ),
            )
        )
    elif not trusted:
        found.append(
            say(
                f"{where}: signed with the key {pin[:16]}…; compare it with the one that the signer publishes, or give "
                "that with --public-key",
                f"{where}:鍵 {pin[:16]}… の署名。署名者が公開している鍵と照合するか、`--public-key` で指定する",
            )
        )
    if not (material.folder / str(where)).is_dir():
        found.append(
            say(
                f"{where}: is not here, so its files were not compared with the signature",
                f"{where}:フォルダがないため、ファイルと署名を照合していない",
            )
        )
    evaluated = {run.model_sha256 for run in material.of_role("evaluation")} - {None}
    if body.get("model_sha256") and evaluated and body["model_sha256"] not in evaluated:
        found.append(
            say(
                f"{where}: the signed weights are not those of an evaluation run, by their digest",
                f"{where}:署名された重みは、ダイジェストによれば評価に使った重みではない",
            )
        )
    return found
