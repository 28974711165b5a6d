"""What `verify` checks of entries in which people speak: who may say it, by whose signature, and until when."""

from __future__ import annotations

from typing import Any

from speechfair.errors import SpeechfairError
from speechfair.process.catalogue import Text
from speechfair.process.finding import said, say
from speechfair.process.identity import SIGNED, signer_problem
from speechfair.process.ledger import Entry
from speechfair.process.material import Material

__all__ = ["attestation_problems"]

_KIND_JA = {"attestation": "確認・署名", "waiver": "免除", "release_decision": "公開判断"}


def attestation_problems(material: Material) -> list[Text]:
    """Everything that is wrong with attestations, waivers and release decisions."""
    newest: dict[tuple[str, str], Entry] = {}
    found = []
    for entry in material.reading.of_kind(*SIGNED):
        newest[entry.kind, str(entry.body.get("item", ""))] = entry
        found += [_at(entry, text) for text in _said(entry, material)]
    for entry in newest.values():
        found += [_at(entry, text) for text in _now(entry, material)]
        day = entry.body["expires"]
        if day < material.today.isoformat():
            what = _what(entry)
            found.append(
                say(
                    f"entry {entry.number}: {what} by {entry.body['by']} expired on {day}",
                    f"記録 {entry.number}:{entry.body['by']} の{_KIND_JA[entry.kind]}は {day} に失効",
                )
            )
    return found


def _said(entry: Entry, material: Material) -> list[Text]:
    body: Any = entry.body
    found = []
    exception = entry.kind == "waiver" or body.get("alternative")
    if (exception or entry.kind == "release_decision") and body["by"] in material.trainers:
        found.append(say("signed by somebody who trained the model", "署名者が学習を行っている"))
    if exception:
        try:
            if not material.catalogue.item(body["item"]).waivable:
                found.append(say("no exception can cover this item", "この項目は免除できない"))
        except SpeechfairError as error:
            found.append(said(error))
    problem = signer_problem(entry, material)
    return [*found, problem] if problem else found


def _now(entry: Entry, material: Material) -> list[Text]:
    """Why the current attestation is invalid: its signer does not, or no longer, hold that role in roles.yaml."""
    by, found = entry.body["by"], []
    if by not in material.people:
        found.append(say("the person is not in roles.yaml", "この人が roles.yaml にいない"))
    approver = material.forms["roles.yaml"].values["fairness_approver"]
    if entry.kind == "release_decision" and by != approver:
        en = f"the fairness approver in roles.yaml is {approver!r}"
        found.append(say(en, f"roles.yaml の承認者は {approver} である"))
    return found


def _at(entry: Entry, text: Text) -> Text:
    by, item = entry.body["by"], entry.body.get("item", "")
    where = f"記録 {entry.number}({by} の{_KIND_JA[entry.kind]}{f' {item}' if item else ''})"
    return say(f"entry {entry.number} ({_what(entry)} by {by}): {text.en}", f"{where}:{text.ja}")


def _what(entry: Entry) -> str:
    return f"{entry.kind} {entry.body.get('item', '')}".strip()
