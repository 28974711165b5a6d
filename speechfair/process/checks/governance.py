"""Phase 7: traces from risks to evidence, waivers, internal audit, red-teaming, and the review (AF-4.12)."""

from __future__ import annotations

from collections.abc import Mapping

from speechfair.process.catalogue import NEVER_WAIVED
from speechfair.process.checks.common import Part, dated, form_part, ok, split_list
from speechfair.process.finding import OPEN, Finding, decide, say
from speechfair.process.material import Material

__all__ = ["CHECKS", "trace"]

_SAID = ("by", "reason", "control", "statement", "expires")


def trace(material: Material, findings: Mapping[str, Finding]) -> Finding:
    """AF-7.1: every risk leads to an item with evidence or to a control; documents are kept long enough."""
    risks, retention = material.forms["risks.yaml"], material.forms["retention.yaml"]
    parts = [form_part(risks), form_part(retention)]
    known = {item.id for item in material.catalogue.items}
    edges: dict[str, list[str]] = {}
    for row in risks.values["risks"]:
        name = row["id"] or "?"
        edges[name] = list(split_list(row["tests"]))
        for item in edges[name]:
            found = findings.get(item)
            if item not in known:
                parts.append(
                    (
                        "fail",
                        say(
                            f"risk {name} names {item}, which is no item",
                            f"リスク {name} の {item} という項目はない",
                        ),
                    )
                )
            elif found is None or found.status in ("not_assessed", "not_applicable") or not found.sources:
                if row["control"]:
                    continue
                parts.append(
                    (
                        "not_assessed",
                        say(
                            f"risk {name} names {item}, which has no evidence",
                            f"リスク {name} の {item} に証拠がない",
                        ),
                    )
                )
            else:
                parts.append(ok())
        if not edges[name] and not row["control"]:
            parts.append(("not_assessed", say(f"risk {name} has no item", f"リスク {name} に対応がない")))
    parts += _assigned(material, known, findings)
    # an empty list of assignments is no evidence of anything
    listed = ["assignments.yaml"] if material.forms["assignments.yaml"].values["assignments"] else []
    years, least = retention.values["documents_years"], material.plan.numbers.documents_years
    if years is not None and years < least:
        parts.append(
            (
                "fail",
                say(
                    f"documents are kept {years} years, {least} planned",
                    f"文書の保存 {years} 年(計画 {least} 年)",
                ),
            )
        )
    return decide(
        parts,
        say("every risk leads to evidence or to a control", "全リスクが証拠または対策につながる"),
        material.sources("risks.yaml", "retention.yaml", *listed),
        {"risks": edges},
    )


def _assigned(material: Material, known: set[str], findings: Mapping[str, Finding]) -> list[Part]:
    """Owners must be people of the project, items must exist, and what is overdue is named."""
    parts, today = list[Part](), material.today.isoformat()
    for row in material.forms["assignments.yaml"].values["assignments"]:
        item, owner, due = row["item"], row["owner"], row["due"]
        if item is not None and item not in known:
            parts.append(
                (
                    "fail",
                    say(f"assignments.yaml: {item} is no item", f"assignments.yaml:{item} という項目はない"),
                )
            )
        if owner is not None and owner not in material.people:
            en = f"assignments.yaml: {owner} is not among people"
            parts.append(("fail", say(en, f"assignments.yaml:{owner} が people にいない")))
        found = findings.get(item)
        if due is not None and due < today and found is not None and found.status in OPEN:
            en, ja = f"{item} was due on {due} and is open", f"{item} は期限 {due} を過ぎて未完"
            parts.append(("undetermined", say(en, ja)))
    return parts


def waivers(material: Material) -> Finding:
    """AF-7.2: no waiver or alternative is expired, on an item that takes none, or by somebody who trained."""
    parts: list[Part] = [ok()] if material.reading.entries else []
    said = [
        *material.reading.of_kind("waiver"),
        *(e for e in material.reading.of_kind("attestation") if e.body.get("alternative")),
    ]
    latest = {(entry.kind, entry.body["item"]): entry for entry in said}
    known = {item.id: item for item in material.catalogue.items}
    for (_, item), entry in latest.items():
        body = entry.body
        if item not in known or not known[item].waivable or item in NEVER_WAIVED:
            parts.append(("fail", say(f"{item} takes no exception", f"{item} は免除できない")))
        if body["by"] in material.trainers:
            parts.append(("fail", say(f"{item}: excepted by a trainer", f"{item}:学習担当が免除している")))
        if body["expires"] < material.today.isoformat():
            parts.append(
                (
                    "fail",
                    say(
                        f"{item}: the exception expired on {body['expires']}",
                        f"{item}:免除が {body['expires']} に失効",
                    ),
                )
            )
    return decide(
        parts,
        say(
            f"{len(latest)} waivers and alternatives, none expired or out of place",
            f"免除・代替手段 {len(latest)} 件、期限切れも不適切なものもない",
        ),
        (),
        {
            kind: {
                item: {k: entry.body[k] for k in _SAID if k in entry.body}
                for (found, item), entry in latest.items()
                if found == kind
            }
            for kind in ("waiver", "attestation")
        },
    )


def audit(material: Material) -> Finding:
    """AF-7.3: audited within the planned days, findings closed, training of every role holder valid."""
    form, roles = material.forms["governance.yaml"], material.forms["roles.yaml"]
    parts = [form_part(form), form_part(roles)]
    what = say("internal audit", "内部監査")
    parts.append(dated(what, form.values["last_audit"], material, material.plan.numbers.valid_days))
    if form.values["open_findings"]:
        n = form.values["open_findings"]
        parts.append(("fail", say(f"{n} findings are open", f"未対応の指摘 {n} 件")))
    for row in roles.values["people"]:
        if row["trained_until"] is None:
            parts.append(
                ("not_assessed", say(f"{row['id']}: training not noted", f"{row['id']}:教育の記載がない"))
            )
        elif row["trained_until"] < material.today.isoformat():
            parts.append(("fail", say(f"{row['id']}: no valid training", f"{row['id']}:有効な教育がない")))
    return decide(
        parts,
        say(
            "audited in time, findings closed, everybody trained",
            "期間内に監査済みで、未対応の指摘がなく、全員が教育済み",
        ),
        material.sources("governance.yaml", "roles.yaml"),
    )


def red_team(material: Material) -> Finding:
    """AF-7.4: complete, and no severe finding is open."""
    form = material.forms["redteam.yaml"]
    parts = [form_part(form)]
    if form.values["open_severe_findings"]:
        n = form.values["open_severe_findings"]
        parts.append(("fail", say(f"{n} severe findings are open", f"重大な指摘 {n} 件が未対応")))
    rows = form.values["success_by_accent"]
    for row in rows:
        if None not in (row["attempts"], row["successes"]) and not 0 <= row["successes"] <= row["attempts"]:
            what = f"{row['accent']}: {row['successes']} / {row['attempts']}"
            parts.append(
                ("error", say(f"successes beyond attempts: {what}", f"成功数が試行数の範囲にない:{what}"))
            )
    if len({row["accent"] for row in rows}) < 2:
        parts.append(
            ("not_assessed", say("fewer than two accents were tried", "二つ以上の訛りで試していない"))
        )
    return decide(
        parts,
        say("complete, no severe finding open", "記入済みで、重大な指摘が残っていない"),
        material.sources(form.name),
        {"attempts and successes": {row["accent"]: [row["attempts"], row["successes"]] for row in rows}},
    )


def review(material: Material) -> Finding:
    """AF-4.12: the reviewer did not train, and all findings are closed."""
    form = material.forms["review.yaml"]
    days = material.plan.numbers.valid_days
    parts = [form_part(form), dated(say("review", "点検"), form.values["reviewed"], material, days)]
    if form.values["reviewer"] in material.trainers:
        parts.append(("fail", say("the reviewer trained the model", "点検者が学習を行っている")))
    people = {row["id"] for row in material.forms["roles.yaml"].values["people"]}
    if form.values["reviewer"] and form.values["reviewer"] not in people:
        parts.append(("fail", say("the reviewer is not in roles.yaml", "点検者が roles.yaml にない")))
    for row in form.values["findings"]:
        if not row["closed"]:
            parts.append(("fail", say(f"open finding: {row['finding']}", f"未対応の指摘:{row['finding']}")))
    return decide(
        parts,
        say(
            "reviewed from outside the training team, findings closed",
            "学習チーム外の人が点検し、指摘への対応が済んでいる",
        ),
        material.sources("review.yaml", "roles.yaml"),
    )


CHECKS = {"AF-4.12": review, "AF-7.2": waivers, "AF-7.3": audit, "AF-7.4": red_team}
