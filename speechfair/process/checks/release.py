"""Phase 5: the cards are those that today's evidence gives, the bill of materials is bound to the weights."""

from __future__ import annotations

from speechfair.errors import SpeechfairError
from speechfair.process.checks.common import Part, form_part, need_runs, ok
from speechfair.process.finding import AS_EXPORTED, Finding, Source, decide, said, say
from speechfair.process.identity import signer_problem
from speechfair.process.material import Material
from speechfair.store import file_digest
from speechfair.strict_json import parse_json

__all__ = ["CHECKS"]

_EXPORTS = "exports"
_BOUND = ("cyclonedx.json", "in-toto.json")


def model_card(material: Material) -> Finding:
    """AF-5.1: the model card in exports is the one that today's evidence gives."""
    parts = [form_part(material.forms["card.yaml"]), _as_written_again(material, "model-card")]
    return decide(
        parts,
        say("the card is the one that today's evidence gives", "カードは今の証拠から書き直したものと同一"),
        material.sources(f"{_EXPORTS}/model-card.md", "card.yaml"),
    )


def data_card(material: Material) -> Finding:
    """AF-5.2: the data card in exports is the one that today's evidence gives; biases and limits are said."""
    form = material.forms["data_statement.yaml"]
    parts = [form_part(form), _as_written_again(material, "croissant")]
    return decide(
        parts,
        say(
            "the data card is the one that today's evidence gives",
            "データカードは今の証拠から書き直したものと同一",
        ),
        material.sources(f"{_EXPORTS}/croissant.json", "data_statement.yaml"),
    )


def _as_written_again(material: Material, name: str) -> Part:
    from speechfair.process.export import file_name, render

    path = material.folder / _EXPORTS / file_name(name)
    if not path.is_file():
        return "not_assessed", say(
            f"{path.name} is not in exports; write it with `speechfair process export {name}`",
            f"`exports` に {path.name} がない。`speechfair process export {name}` で書き出す",
        )
    try:
        again = render(name, material)
    except SpeechfairError as error:
        return "error", said(error)
    if path.read_bytes() != again:
        return "fail", say(
            f"{path.name} is not what today's evidence gives; write it again",
            f"{path.name} が今の証拠と一致しない",
        )
    return ok()


def bound(material: Material) -> Finding:
    """AF-5.3: bill of materials and statement name the evaluated weights, and a signature over them verifies."""
    runs, parts = need_runs(material, "evaluation")
    digests = {run.model_sha256 for run in runs if run.model_sha256}
    if len(digests) != 1:
        parts.append(
            ("not_assessed", say("not exactly one evaluated model", "評価したモデルが一つに定まらない"))
        )
    for name in _BOUND:
        parts.append(_names(material, name, digests))
    signed = [
        entry
        for entry in material.reading.of_kind("attestation")
        if entry.body.get("item") == "AF-5.3" and set(entry.body.get("subjects", [])) >= digests
    ]
    if not signed or not digests:
        parts.append(
            ("not_assessed", say("no signature over the weights' digest", "重みのダイジェストへの署名がない"))
        )
    elif not (
        valid := [e for e in signed if e.body.get("signature") and signer_problem(e, material) is None]
    ):
        parts.append(
            (
                "fail",
                say(
                    "no signature over the weights' digest verifies",
                    "重みのダイジェストへの署名が検証できない",
                ),
            )
        )
    elif not any(e.body["expires"] >= material.today.isoformat() for e in valid):
        parts.append(("fail", say("the signature has expired", "署名の期限が切れている")))
    return decide(
        parts,
        say(
            "both name the evaluated weights, and the signature verifies",
            "両方が評価した重みを記し、署名が検証できる",
        ),
        [Source(name, AS_EXPORTED) for name in _bound() if name in material.exported],
        {"weights": sorted(digests)},
    )


def _bound() -> list[str]:
    return [f"{_EXPORTS}/{name}" for name in _BOUND]


def _names(material: Material, name: str, digests: set[str]) -> Part:
    from speechfair.process.export import validate

    path = material.folder / _EXPORTS / name
    if not path.is_file():
        return "not_assessed", say(f"{name} is not in exports", f"`exports` に {name} がない")
    if material.exported.get(f"{_EXPORTS}/{name}") != file_digest(path):
        return "fail", say(
            f"{name} is not what the ledger says was exported", f"{name} が台帳に記録された出力と異なる"
        )
    try:
        data = path.read_bytes()
        validate(name.removesuffix(".json"), data)
        parse_json(data)
    except (SpeechfairError, ValueError) as error:
        return "fail", say(f"{name}: {error}", f"{name}:{error}")
    if not digests or not all(digest in data.decode("utf-8", "replace") for digest in digests):
        return "fail", say(f"{name} does not name the evaluated weights", f"{name} に評価した重みがない")
    return ok()


CHECKS = {
    "AF-5.1": model_card,
    "AF-5.2": data_card,
    "AF-5.3": bound,
}
