"""Who signed: the public keys that ``roles.yaml`` pins to people, and whether an entry is by the person it names.

The ledger notes every set of pinned keys (`keys` entries). The first set is taken on trust; a key that is added or
changed later counts only if the entry that notes it is signed with a key pinned before. What this cannot see is two
people who share one private key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

from speechfair.errors import InputError
from speechfair.process.catalogue import Text
from speechfair.process.finding import say
from speechfair.process.forms import FormState
from speechfair.process.ledger import Entry, Ledger, Reading
from speechfair.process.material import Material
from speechfair.process.signing import (
    AFTER,
    SIGNED_AS,
    public_key,
    signature_of,
    signed_body,
    valid_signature,
)

__all__ = [
    "SIGNED",
    "Key",
    "identity_problems",
    "keys_in",
    "note_keys",
    "place_problem",
    "require_key",
    "signer_problem",
]

SIGNED = ("attestation", "waiver", "release_decision")
"""Entries in which a person speaks."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key (Ed25519, hex) of one person; days as YYYY-MM-DD, None where not limited."""

    person: str
    public: str
    valid_from: str | None = None
    valid_until: str | None = None
    revoked: str | None = None

    def problem_on(self, day: str) -> Text | None:
        """Why the key does not count for what was signed on a day; None if it does."""
        if self.valid_from is not None and day < self.valid_from:
            return say(
                f"the key is valid only from {self.valid_from}", f"鍵の有効期間は {self.valid_from} から"
            )
        if self.valid_until is not None and day > self.valid_until:
            return say(
                f"the key expired on {self.valid_until}", f"鍵の有効期限は {self.valid_until} に切れている"
            )
        if self.revoked is not None and day >= self.revoked:
            return say(f"the key was revoked on {self.revoked}", f"鍵は {self.revoked} に取り消されている")
        return None


def keys_in(roles: FormState) -> list[Key]:
    """The keys that ``roles.yaml`` pins; one that cannot be read raises `InputError` with its row."""
    found = []
    for index, row in enumerate(roles.values["keys"]):
        if row["person"] is None or row["public_key"] is None:
            continue
        try:
            public = public_key(row["public_key"])
        except InputError as error:
            raise InputError(f"{roles.path}: keys[{index}]: {error}") from None
        found.append(Key(row["person"], public, row["valid_from"], row["valid_until"], row["revoked"]))
    return found


def note_keys(material: Material, key: Path | None = None) -> Entry | None:
    """Note the pinned keys in the ledger if they are others than those noted last; `key` signs the change."""
    rows = [list(astuple(each)) for each in keys_in(material.forms["roles.yaml"])]
    last = material.reading.last("keys")
    if rows == (list(map(list, last.body["keys"])) if last else []):
        return None
    body = {"keys": rows}
    content = body if key is None else partial(signed_body, "keys", body, key)
    return Ledger(material.folder).append("keys", content, material.given_now)


def require_key(material: Material, by: str, key: Path | None) -> None:
    """Refuse a signature that `verify` would not accept, before it is written.

    Raises
    ------
    InputError : a key is pinned to the person and none, or another one, is given.
    """
    pinned = [each for each in keys_in(material.forms["roles.yaml"]) if each.person == by]
    if pinned and key is None:
        raise InputError(f"roles.yaml pins a key of {by}: sign with it (--key FILE)")
    if key is not None and pinned:
        public = signature_of({}, key)["public_key"]
        mine = next((each for each in pinned if each.public == public), None)
        if mine is None:
            raise InputError(f"{key} is not the key that roles.yaml pins to {by}")
        if problem := mine.problem_on(material.today.isoformat()):
            raise InputError(f"{key}: {problem.en}; pin a new key of {by} in roles.yaml")


def signer_problem(entry: Entry, material: Material) -> Text | None:
    """Why an entry is not shown to be by the person it names; None if it is.

    Without a pinned key of the person an unsigned entry counts, but for the release decision from level 1 on.
    """
    by, signature = str(entry.body.get("by")), entry.body.get("signature")
    noted = _noted(material.reading, entry.number)
    own = [key for key in noted if key.person == by]
    pinned = [key for key in keys_in(material.forms["roles.yaml"]) if key.person == by]
    if signature is None:
        if own:
            return say(
                f"is not signed, although a key of {by} is pinned", f"{by} の鍵が登録されているのに署名がない"
            )
        if entry.kind == "release_decision" and material.plan.aifl >= 1:
            return say(f"is not signed with a pinned key of {by}", f"{by} の登録された鍵による署名がない")
        return None
    if not valid_signature(entry.body):
        return say("the signature does not verify", "署名が検証できない")
    public = str(signature["public_key"])
    others = sorted({key.person for key in noted if key.public == public and key.person != by})
    if others:
        return say(
            f"is signed with the key of {others[0]}, not of {by}",
            f"{by} でなく {others[0]} の鍵で署名されている",
        )
    used = next((key for key in own if key.public == public), None)
    if used is None:
        late = any(key.public == public for key in pinned)
        if late:
            return say(
                f"is signed with a key that was pinned to {by} afterwards",
                f"署名後に登録された {by} の鍵である",
            )
        return say(
            f"is signed with a key that is not pinned to {by}", f"{by} に登録されていない鍵で署名されている"
        )
    day = entry.time[:10]
    now = next((key for key in pinned if key.public == public), used)
    over = used.problem_on(day) or (now.problem_on(day) if now.revoked else None)
    return over or place_problem(entry, material.reading)


def place_problem(entry: Entry, reading: Reading) -> Text | None:
    """Why a signed entry does not belong where it is: copied, repeated, or what was before it is another now.

    A signature covers the digest of the entry that was last when it was made. Entries of older versions do not name it.
    """
    after, kind = entry.body.get(AFTER), entry.body.get(SIGNED_AS)
    if entry.body.get("signature") is None or after is None:
        return None
    if kind != entry.kind:
        return say(f"was signed as {kind}", f"`{kind}` として署名されたものである")
    before = reading.entries[: entry.number]
    twice = next((e for e in before if _unsigned(e) == _unsigned(entry)), None)
    if twice is not None:
        return say(f"repeats entry {twice.number}", f"記録 {twice.number} の使い回しである")
    if any(e.digest == after for e in before):
        return None
    return say(
        "was signed after an entry that is not in this ledger: it was copied from another process folder, or the "
        "entries before it were rewritten",
        "署名時に末尾だった記録がこの台帳にない。別のフォルダーから写されたか、以前の記録が書き換えられている",
    )


def _unsigned(entry: Entry) -> dict[str, Any]:
    """What an entry says, without its signature, which could be written in other letters."""
    return {name: value for name, value in entry.body.items() if name != "signature"}


def identity_problems(material: Material) -> list[Text]:
    """What `verify` reports about people and keys, apart from single entries."""
    roles = material.forms["roles.yaml"]
    return [*_same_person(roles), *_same_key(keys_in(roles)), *_changed_keys(material)]


def _same_person(roles: FormState) -> Iterator[Text]:
    names: dict[str, list[str]] = {}
    for row in roles.values["people"]:
        if row["id"] and row["name"]:
            names.setdefault(" ".join(row["name"].casefold().split()), []).append(row["id"])
    for ids in names.values():
        if len(set(ids)) > 1:
            both = " and ".join(sorted(set(ids)))
            yield say(
                f"roles.yaml: {both} have the same name: one person, one id",
                f"roles.yaml:{'・'.join(ids)} の氏名が同じ。一人に id は一つ",
            )
    ids = [row["id"] for row in roles.values["people"] if row["id"]]
    for twice in sorted({name for name in ids if ids.count(name) > 1}):
        yield say(
            f"roles.yaml: the id {twice} is given to two people", f"roles.yaml:id {twice} が重複している"
        )


def _same_key(keys: list[Key]) -> Iterator[Text]:
    for one, other in combinations(keys, 2):
        if one.public == other.public and one.person != other.person:
            yield say(
                f"roles.yaml: {one.person} and {other.person} have the same key: one person, one key",
                f"roles.yaml:{one.person} と {other.person} の鍵が同じ。一人に鍵は一つ",
            )


def _changed_keys(material: Material) -> Iterator[Text]:
    """Keys in roles.yaml that the ledger does not have, and later sets that nobody with a pinned key signed."""
    entries = material.reading.of_kind("keys")
    rows = [astuple(key) for key in keys_in(material.forms["roles.yaml"])]
    last = [tuple(row) for row in entries[-1].body["keys"]] if entries else []
    if rows != last:
        yield say(
            "roles.yaml: its keys are not those that the ledger noted; `speechfair process freeze --key` notes them",
            "roles.yaml:鍵が台帳の記録と異なる。`speechfair process freeze --key` で記録する",
        )
    for entry in entries[1:]:
        if not _endorsed(entry, material.reading):
            yield say(
                f"entry {entry.number}: keys of roles.yaml were added or changed without the signature of a "
                "key pinned before",
                f"記録 {entry.number}:以前に登録された鍵の署名なしに、鍵が追加・変更されている",
            )


def _endorsed(entry: Entry, reading: Reading) -> bool:
    """Whether a later set of keys only takes something away, or is signed with a key that counted before."""
    before = {(key.person, key.public): key for key in _noted(reading, entry.number)}
    listed = [Key(*row) for row in entry.body["keys"]]
    if all(_no_more(key, before.get((key.person, key.public))) for key in listed):
        return True
    if not valid_signature(entry.body) or place_problem(entry, reading) is not None:
        return False
    public, day = entry.body["signature"]["public_key"], entry.time[:10]
    return any(key.public == public and key.problem_on(day) is None for key in before.values())


def _no_more(key: Key, old: Key | None) -> bool:
    """Whether a key gives no more rights than it did."""
    if old is None or key.valid_from != old.valid_from:
        return False
    shorter = key.valid_until == old.valid_until or (
        key.valid_until is not None and (old.valid_until is None or key.valid_until < old.valid_until)
    )
    return shorter and (old.revoked is None or (key.revoked is not None and key.revoked <= old.revoked))


def _noted(reading: Reading, number: int) -> list[Key]:
    """The keys in force before an entry: of the last set that was noted before it and that was endorsed."""
    sets = [e for e in reading.of_kind("keys") if e.number < number]
    for index in range(len(sets) - 1, -1, -1):
        if index == 0 or _endorsed(sets[index], reading):
            return [Key(*row) for row in sets[index].body["keys"]]
    return []
